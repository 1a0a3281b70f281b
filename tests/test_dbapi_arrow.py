"""Results as Arrow tables and batches: typed by declaration, streamed, strict."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import Connect, operations

pa = pytest.importorskip("pyarrow")

UTC = datetime.UTC


@pytest.fixture
def local() -> Iterator[awsvtab.Connection]:
    connection = awsvtab.connect(":memory:")
    yield connection
    connection.close()


def table_of(local: awsvtab.Connection, declared: str, values: list[Any]) -> Any:
    local.execute(f"CREATE TABLE t (x {declared})")
    local.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
    return local.execute("SELECT x FROM t").fetch_arrow_table()


@pytest.mark.parametrize(
    ("declared", "values", "arrow", "read"),
    [
        ("INTEGER", [1, None, -(2**63)], pa.int64(), None),
        ("unsigned big int", [1], pa.int64(), None),
        ("REAL", [1.5, 2], pa.float64(), [1.5, 2.0]),
        ("DOUBLE PRECISION", [1.5], pa.float64(), None),
        ("VARCHAR(20) NOT NULL", ["é", ""], pa.string(), None),
        ("JSON", ['{"a":1}', None], pa.string(), None),
        ("BLOB", [b"\xff", None], pa.binary(), None),
        ("BOOLEAN", [1, 0, None], pa.bool_(), [True, False, None]),
        ("DATE", ["2026-03-01"], pa.date32(), [datetime.date(2026, 3, 1)]),
        (
            "TIMESTAMP",
            ["2026-03-01 10:20:30.5", "2026-03-01T10:20:30Z", "2026-03-01T10:20:30+02:00", None],
            pa.timestamp("us", "UTC"),
            [
                datetime.datetime(2026, 3, 1, 10, 20, 30, 500_000, UTC),
                datetime.datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC),
                datetime.datetime(2026, 3, 1, 8, 20, 30, tzinfo=UTC),
                None,
            ],
        ),
        ("NUMERIC", [1, 2.5], pa.float64(), [1.0, 2.5]),
        ("", ["a", None], pa.string(), None),
    ],
)
def test_columns_have_the_declared_type(
    local: awsvtab.Connection, declared: str, values: list[Any], arrow: Any, read: list[Any] | None
) -> None:
    table = table_of(local, declared, values)
    assert table.schema == pa.schema([("x", arrow)])
    assert table.column("x").to_pylist() == (values if read is None else read)
    empty = local.execute("SELECT x FROM t WHERE 0").fetch_arrow_table()
    assert len(empty) == 0
    assert declared in ("", "NUMERIC") or empty.schema == table.schema


@pytest.mark.parametrize(
    ("values", "arrow"),
    [
        (["NULL", "1"], pa.int64()),
        (["1", "1.5"], pa.float64()),
        (["'a'", "NULL"], pa.string()),
        (["x'00'"], pa.binary()),
        (["NULL"], pa.null()),
    ],
)
def test_what_is_not_declared_has_the_type_of_its_values(
    local: awsvtab.Connection, values: list[str], arrow: Any
) -> None:
    sql = " UNION ALL ".join(f"SELECT {value} AS x" for value in values)
    assert local.execute(sql).fetch_arrow_table().schema.field("x").type == arrow
    assert local.execute(sql).fetch_record_batches(10).schema.field("x").type == arrow


def test_what_is_not_declared_keeps_the_type_of_the_first_batch(local: awsvtab.Connection) -> None:
    reader = local.execute("SELECT 1 AS x UNION ALL SELECT 'a'").fetch_record_batches(1)
    assert reader.read_next_batch().to_pylist() == [{"x": 1}]
    with pytest.raises(awsvtab.DataError, match="column x, row 2: 'a' does not fit int64"):
        reader.read_next_batch()


@pytest.mark.parametrize(
    ("declared", "values", "message"),
    [
        ("INTEGER", [1, "much"], "column x, row 2: 'much' does not fit int64"),
        ("INTEGER", [1.5], "column x, row 1: 1.5 does not fit int64"),
        ("TEXT", ["a", b"a"], "row 2: b'a' does not fit string; the column is declared TEXT"),
        ("BLOB", [b"a", "a"], "row 2: 'a' does not fit binary"),
        ("BOOLEAN", [1, 2], "row 2: 2 does not fit bool"),
        ("TIMESTAMP", ["2026-03-01", "soon"], "row 2: 'soon' does not fit timestamp"),
        ("REAL", [2**53 + 1], None),
        ("", [1, "a"], "row 2: 'a' makes the column hold int and str.*CAST"),
    ],
)
def test_a_value_that_does_not_fit_is_named(
    local: awsvtab.Connection, declared: str, values: list[Any], message: str | None
) -> None:
    if message is None:  # REAL makes it one
        assert table_of(local, declared, values).column("x").to_pylist() == [float(values[0])]
        return
    with pytest.raises(awsvtab.DataError, match=message):
        table_of(local, declared, values)


def numbers(local: awsvtab.Connection, count: int) -> awsvtab.Cursor:
    local.execute("CREATE TABLE n (i INTEGER)")
    local.executemany("INSERT INTO n VALUES (?)", [(number,) for number in range(count)])
    return local.execute("SELECT i FROM n ORDER BY i")


def test_batches_hold_as_many_rows_as_asked_for(local: awsvtab.Connection) -> None:
    reader = numbers(local, 25).fetch_record_batches(10)
    assert [batch.num_rows for batch in reader] == [10, 10, 5]


def test_batches_count_rows_through(local: awsvtab.Connection) -> None:
    cursor = numbers(local, 25)
    local.execute("UPDATE n SET i = 'x' WHERE i = 22")
    cursor.execute("SELECT i FROM n ORDER BY rowid")
    reader = cursor.fetch_record_batches(10)
    assert reader.read_next_batch().num_rows == reader.read_next_batch().num_rows == 10
    with pytest.raises(awsvtab.DataError, match="column i, row 23: 'x'"):
        reader.read_next_batch()


def test_batches_know_a_type_that_only_a_later_row_tells(local: awsvtab.Connection) -> None:
    numbers(local, 25)
    cursor = local.execute("SELECT i, CASE WHEN i > 17 THEN 'late' END AS x FROM n ORDER BY i")
    reader = cursor.fetch_record_batches(5)
    assert reader.schema.field("x").type == pa.string()
    table = reader.read_all()
    assert (table.num_rows, table.column("x").null_count) == (25, 18)


def test_reading_is_over_once_the_cursor_runs_something_else(local: awsvtab.Connection) -> None:
    cursor = numbers(local, 25)
    reader = cursor.fetch_record_batches(10)
    cursor.execute("SELECT 'other'")
    with pytest.raises(awsvtab.ProgrammingError, match="another statement"):
        reader.read_next_batch()
    assert cursor.fetchall() == [("other",)]


def test_no_batches_from_a_closed_cursor(local: awsvtab.Connection) -> None:
    cursor = numbers(local, 25)
    reader = cursor.fetch_record_batches(10)
    cursor.close()
    with pytest.raises(awsvtab.ProgrammingError, match="closed cursor"):
        reader.read_next_batch()


def test_neither_row_factory_nor_converters_are_asked() -> None:
    connection = awsvtab.connect(":memory:", detect_types=awsvtab.PARSE_DECLTYPES)
    connection.row_factory = awsvtab.Row
    connection.execute("CREATE TABLE t (x JSON)")
    connection.execute("""INSERT INTO t VALUES ('["a"]')""")
    cursor = connection.execute("SELECT * FROM t")
    assert cursor.fetch_arrow_table().to_pylist() == [{"x": '["a"]'}]
    connection.close()


def test_returned_rows_are_a_table_too(local: awsvtab.Connection) -> None:
    local.execute("CREATE TABLE t (x TEXT)")
    table = local.execute("INSERT INTO t VALUES ('a') RETURNING x").fetch_arrow_table()
    assert table.to_pylist() == [{"x": "a"}]


@pytest.mark.parametrize(
    "read",
    [
        lambda cursor: cursor.fetch_arrow_table(),
        lambda cursor: cursor.execute("CREATE TABLE t (x)").fetch_arrow_table(),
        lambda cursor: cursor.execute("SELECT 1").fetch_record_batches(0),
    ],
)
def test_what_cannot_be_read_is_a_programming_error(local: awsvtab.Connection, read: Any) -> None:
    with pytest.raises(awsvtab.ProgrammingError):
        read(local.cursor())


def test_errors_of_the_statement_come_up_in_the_batch(local: awsvtab.Connection) -> None:
    numbers(local, 5)
    overflow = "SELECT i, abs(CASE i WHEN 4 THEN -9223372036854775807 - 1 ELSE i END) FROM n"
    with pytest.raises(awsvtab.OperationalError, match="integer overflow"):
        local.execute(overflow).fetch_arrow_table()
    reader = local.execute(overflow).fetch_record_batches(4)
    assert reader.read_next_batch().num_rows == 4
    with pytest.raises(awsvtab.OperationalError, match="integer overflow"):
        reader.read_next_batch()


def test_an_aws_table_has_its_declared_types(connection: awsvtab.Connection, estate: Any) -> None:
    sql = "SELECT * FROM aws.customerprofiles.event_streams WHERE domain_name = ?"
    table = connection.execute(sql, ("one",)).fetch_arrow_table()
    assert table.schema.field("tags").type == pa.string()
    assert table.column("event_stream_name").to_pylist() == ["a", "b"]
    none = connection.execute(sql, ("nowhere",)).fetch_arrow_table()
    assert (none.num_rows, none.schema) == (0, table.schema)


def test_times_of_aws_are_arrow_timestamps(emulator: Emulator, connect: Connect) -> None:
    group = {"Name": "edge", "CreatedTime": "2026-03-01T10:20:30Z"}
    emulator.put("AWS::CloudFront::ConnectionGroup", group, region="us-east-1")
    cursor = connect().execute("SELECT created_time FROM aws.cloudfront.connection_groups")
    (created,) = cursor.fetch_arrow_table().column("created_time").to_pylist()
    assert created == datetime.datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)


def test_batches_stop_aws_calls_where_the_reader_stops(
    connection: awsvtab.Connection, estate: Any
) -> None:
    operations(estate)
    cursor = connection.execute("SELECT event_stream_name, uri FROM event_streams")
    reader = cursor.fetch_record_batches(1)
    assert reader.read_next_batch().num_rows == 1
    cursor.close()
    assert operations(estate)["GetResource"] < 6
