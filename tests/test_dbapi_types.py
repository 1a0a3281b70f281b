"""Values on their way in and out."""

from __future__ import annotations

import datetime
import enum
import sqlite3
from collections import OrderedDict, UserDict
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

import awsvtab
from awsvtab.dbapi import adaptation
from awsvtab.emulator import Emulator
from conftest import Connect

# From Python 3.12 on they are deprecated, as in sqlite3.
DEFAULTS = pytest.mark.filterwarnings("ignore:The default .* is deprecated:DeprecationWarning")


@pytest.fixture
def converting() -> Iterator[awsvtab.Connection]:
    options = awsvtab.PARSE_DECLTYPES | awsvtab.PARSE_COLNAMES
    connection = awsvtab.connect(":memory:", detect_types=options)
    yield connection
    connection.close()


@pytest.fixture
def local() -> Iterator[awsvtab.Connection]:
    connection = awsvtab.connect(":memory:")
    yield connection
    connection.close()


class Level(enum.IntEnum):
    LOW = 1


class Name(str):
    def __conform__(self, protocol: type) -> str | None:
        return f"<{self}>" if protocol is awsvtab.PrepareProtocol else None


@DEFAULTS
@pytest.mark.parametrize(
    ("declared", "stored", "read"),
    [
        ("JSON", '{"a": [1, null]}', {"a": [1, None]}),
        ("BOOLEAN", 1, True),
        ("boolean not null", 0, False),
        ("DATE", "2026-03-01", datetime.date(2026, 3, 1)),
        ("TIMESTAMP", "2026-03-01 10:20:30.5", datetime.datetime(2026, 3, 1, 10, 20, 30, 500_000)),
        (
            "TIMESTAMP",
            "2026-03-01T10:20:30Z",
            datetime.datetime(2026, 3, 1, 10, 20, 30, tzinfo=datetime.UTC),
        ),
        ("JSON", None, None),
        ("TEXT", "2026", "2026"),
    ],
)
def test_declared_types_are_converted_when_asked(
    converting: awsvtab.Connection, declared: str, stored: Any, read: Any
) -> None:
    converting.execute(f"CREATE TABLE t (x {declared})")
    converting.execute("INSERT INTO t VALUES (?)", (stored,))
    assert converting.execute("SELECT x FROM t").fetchall() == [(read,)]


def test_column_names_ask_for_a_converter(converting: awsvtab.Connection) -> None:
    cursor = converting.execute("""SELECT '[1]' AS "tags [json]" """)
    assert (cursor.description or ())[0][0] == "tags"
    assert cursor.fetchone() == ([1],)


@pytest.mark.parametrize(
    "value", [3.14, 1.0, 1e300, -0.5, float("inf"), 12345678901234567, "é", b"\0"]
)
def test_converters_get_the_bytes_that_sqlite3_gives_them(value: Any) -> None:
    seen = []
    for module in (sqlite3, awsvtab):
        module.register_converter("seen", lambda raw: raw)
        connection: Any = module.connect(":memory:", detect_types=module.PARSE_COLNAMES)
        seen.append(connection.execute('SELECT ? AS "x [seen]"', (value,)).fetchone())
        connection.close()
        module.converters.pop("SEEN")
    assert seen[0] == seen[1]


@DEFAULTS
@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (datetime.date(2026, 3, 1), "2026-03-01"),
        (datetime.datetime(2026, 3, 1, 10, 20), "2026-03-01 10:20:00"),
        (Level.LOW, 1),
        (Name("x"), "<x>"),
        (memoryview(b"abc"), b"abc"),
        (True, 1),
    ],
)
def test_values_are_adapted(local: awsvtab.Connection, value: Any, stored: Any) -> None:
    assert local.execute("SELECT ?", (value,)).fetchone() == (stored,)
    assert local.execute("SELECT :x", {"x": value}).fetchone() == (stored,)


@pytest.mark.parametrize("type_", [bool, str, type(None)])
def test_an_adapter_for_a_plain_type_is_used(
    local: awsvtab.Connection, type_: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adaptation, "_PLAIN", set(adaptation._PLAIN))
    monkeypatch.setattr(adaptation, "adapters", dict(adaptation.adapters))
    awsvtab.register_adapter(type_, lambda value: "adapted")
    value = None if type_ is type(None) else type_()
    assert local.execute("SELECT ?", (value,)).fetchone() == ("adapted",)


@pytest.mark.parametrize("mapping", [dict, OrderedDict, UserDict])
def test_any_mapping_gives_named_parameters(local: awsvtab.Connection, mapping: Any) -> None:
    row = local.execute("SELECT :a, @b, $c", mapping({"a": 1, "b": 2, "c": 3})).fetchone()
    assert row == (1, 2, 3)


@pytest.mark.parametrize("parameters", [{1, 2}, 42, iter([1]), None])
def test_what_is_neither_sequence_nor_mapping_is_refused(
    local: awsvtab.Connection, parameters: Any
) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="unsupported type"):
        local.execute("SELECT ?", parameters)


def test_text_factory_gets_utf_8(local: awsvtab.Connection) -> None:
    local.text_factory = bytes
    assert local.execute("SELECT 'é', 1, x'00'").fetchone() == ("é".encode(), 1, b"\0")


def test_text_that_is_not_utf_8_is_an_operational_error(local: awsvtab.Connection) -> None:
    for read in (list, lambda cursor: cursor.fetchone(), lambda cursor: cursor.fetchall()):
        with pytest.raises(awsvtab.OperationalError, match="Could not decode to UTF-8 column 'x'"):
            read(local.execute("SELECT CAST(x'61ff' AS TEXT) AS x"))


@DEFAULTS
def test_a_converters_own_decoding_error_is_left_alone(converting: awsvtab.Connection) -> None:
    with pytest.raises(UnicodeDecodeError):
        converting.execute("""SELECT x'ff' AS "x [date]" """).fetchall()


def test_adapters_that_others_registered_with_sqlite3_count(local: awsvtab.Connection) -> None:
    with mock.patch.dict(sqlite3.adapters):
        sqlite3.register_adapter(datetime.time, lambda value: "theirs")
        sqlite3.register_adapter(datetime.date, lambda value: "theirs")
        values = (datetime.time(1), datetime.date(2026, 3, 1))
        assert local.execute("SELECT ?, ?", values).fetchone() == ("theirs", "theirs")
        with mock.patch.dict(adaptation.adapters):
            awsvtab.register_adapter(datetime.date, lambda value: "ours")
            assert local.execute("SELECT ?, ?", values).fetchone() == ("theirs", "ours")


def test_a_timestamp_as_aws_writes_it_is_converted_without_a_warning(
    converting: awsvtab.Connection,
) -> None:
    (at,) = converting.execute("""SELECT '2026-03-01T10:20:30Z' AS "at [timestamp]" """).fetchone()
    assert at == datetime.datetime(2026, 3, 1, 10, 20, 30, tzinfo=datetime.UTC)


GROUP = {
    "Name": "edge",
    "Enabled": True,
    "Tags": [{"Key": "team", "Value": "retail"}],
    "CreatedTime": "2026-03-01T10:20:30.500Z",
}


@pytest.mark.parametrize("detect_types", [0, awsvtab.PARSE_DECLTYPES])
def test_columns_of_aws_tables_are_converted_when_asked(
    emulator: Emulator, connect: Connect, detect_types: int
) -> None:
    emulator.put("AWS::CloudFront::ConnectionGroup", GROUP, region="us-east-1")
    connection = connect(detect_types=detect_types)
    row = connection.execute(
        "SELECT name, enabled, tags, created_time, anycast_ip_list_id"
        " FROM aws.cloudfront.connection_groups"
    ).fetchone()
    moment = datetime.datetime(2026, 3, 1, 10, 20, 30, 500_000, datetime.UTC)
    if detect_types:
        assert row == ("edge", True, GROUP["Tags"], moment, None)
        assert isinstance(row[1], bool)
    else:
        tags = '[{"Key":"team","Value":"retail"}]'
        assert row == ("edge", 1, tags, GROUP["CreatedTime"], None)
