"""What does not fit in memory: the same rows, for the same calls, and no file is left."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

import awsvtab
from awsvtab.emulator import Emulator
from awsvtab.options import Place
from awsvtab.resources import ResourceKey
from awsvtab.spool import KeySet, Spool, Text
from conftest import EVENT_STREAM, Connect, operations, put_domain, put_stream

PLACE = Place("", "us-east-1")
ROWS = 23
KEPT = 5
FOLDER = "SQLITE_TMPDIR"


def key(identifier: str) -> ResourceKey:
    return ResourceKey(PLACE, "AWS::SQS::Queue", identifier)


@pytest.fixture
def spool() -> Iterator[Spool]:
    spool = Spool()
    yield spool
    spool.close()


def test_rows_of_listings_are_found_by_their_position(spool: Spool) -> None:
    one, two = spool.new_number(), spool.new_number()
    spool.add_listed(one, 5, [("a", "{}"), ("b", '{"ü":"\ud800\0"}')])
    spool.add_listed(two, 0, [("c", "")])
    spool.add_listed(one, 7, [("d", "1")])
    assert spool.listed(one, 6, 10) == [Text("b", '{"ü":"\ud800\0"}'), Text("d", "1")]
    assert spool.listed(one, 5, 1) == [Text("a", "{}")]
    assert spool.listed(two, 0, 10) == [Text("c", "")]


def test_rows_of_listings_are_found_by_their_identifier(spool: Spool) -> None:
    one, two = spool.new_number(), spool.new_number()
    spool.add_listed(one, 5, [("a", "{}"), ("b", "1")])
    spool.add_listed(two, 0, [("b", "2"), ("c", "")])
    assert spool.find_listed(one, "b") == Text("b", "1")
    assert spool.find_listed(two, "b") == Text("b", "2")
    assert spool.find_listed(one, "c") is None
    spool.add_listed(one, 7, [("c", "3")])
    assert spool.find_listed(one, "c") == Text("c", "3")


def test_a_resource_that_is_not_there_is_told_from_one_that_was_not_asked_for(
    spool: Spool,
) -> None:
    assert spool.fetched(key("a")) is None
    spool.add_fetched([(key("a"), Text("A", "{}")), (key("b"), None)])
    assert spool.fetched(key("a")) == (Text("A", "{}"),)
    assert spool.fetched(key("b")) == (None,)
    assert spool.fetched(key("c")) is None
    assert spool.fetched(key("a")._replace(place=Place("", "eu-west-1"))) is None


def test_a_set_has_each_key_once_in_memory_and_beyond(spool: Spool) -> None:
    first, second = KeySet(spool, most=2), KeySet(spool, most=2)
    assert [first.add(key(name)) for name in "abcdabcd"] == [True] * 4 + [False] * 4
    assert second.add(key("d"))


def test_a_closed_spool_is_not_opened_again(spool: Spool) -> None:
    spool.close()
    with pytest.raises(apsw.MisuseError):
        spool.note(1, key("a"))


@pytest.fixture
def many(emulator: Emulator) -> Emulator:
    """Two domains with streams on several pages, more than are kept in memory."""
    for domain in ("one", "two"):
        put_domain(emulator, domain)
        for number in range(ROWS):
            put_stream(emulator, domain, f"s{number:02}", Tags=[{"Key": "k", "Value": "v"}])
    emulator.listing.page_size = 4
    return emulator


STATEMENTS = [
    "SELECT count(*), min(data__Identifier), max(uri) FROM event_streams",
    "SELECT a.uri, b.data__Identifier FROM event_streams a CROSS JOIN event_streams b",
    "SELECT a.domain_name, b.uri, b.event_stream_name FROM event_streams a "
    "JOIN event_streams b ON +a.event_stream_name = +b.event_stream_name",
    "SELECT data__Identifier, (SELECT count(uri) FROM event_streams b "
    "WHERE +b.domain_name = a.domain_name) FROM event_streams a",
    "SELECT uri FROM event_streams UNION ALL SELECT uri FROM event_streams",
    "SELECT data__Identifier, (SELECT uri FROM event_streams b "
    "WHERE b.data__Identifier = a.data__Identifier) FROM event_streams a",
]


@pytest.mark.parametrize("listed", ["identifier", "all"])
@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_statement_that_spools_has_the_same_rows_for_the_same_calls(
    connect: Connect, many: Emulator, sql: str, listed: str
) -> None:
    many.listing.properties = listed
    answers = []
    for kept in (10_000, KEPT):
        con = connect(tables=["customerprofiles.event_streams"], rows_in_memory=kept)
        rows = sorted(con.execute(sql).fetchall(), key=repr)
        answers.append((rows, operations(many)))
    assert answers[0][0]
    assert answers[1] == answers[0]


def test_rows_of_a_tree_come_once_however_many(connect: Connect, emulator: Emulator) -> None:
    """Their identifiers do not tell the parents apart that they are listed by."""
    emulator.put("AWS::Organizations::Organization", {"RootId": "r-abcd"})
    for number in range(7):
        emulator.put(
            "AWS::Organizations::OrganizationalUnit",
            {"ParentId": "r-abcd", "Name": f"u{number}"},
        )
    con = connect(rows_in_memory=2)
    rows = con.execute("SELECT id FROM aws.organizations.organizational_units").fetchall()
    assert len(rows) == len(set(rows)) == 7


def test_a_statement_that_writes_remembers_what_it_was_shown(
    connect: Connect, many: Emulator
) -> None:
    con = connect(tables=["customerprofiles.event_streams"], rows_in_memory=KEPT)
    con.execute("UPDATE event_streams SET tags = '[]' WHERE domain_name = 'one'")
    assert operations(many)["GetResource"] == ROWS
    con.commit()
    assert operations(many).get("GetResource", 0) == 0
    held = [many.get(EVENT_STREAM, f"one|s{number:02}") for number in range(ROWS)]
    assert all(each is not None and each["Tags"] == [] for each in held)


def open_files(folder: Path) -> list[str]:
    """The files in a folder that this process has open, deleted ones too."""
    found = []
    for each in Path("/proc/self/fd").iterdir():
        try:
            found.append(os.readlink(each))
        except OSError:
            continue
    return [name for name in found if name.startswith(str(folder))]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("end", ["read to its end", "closed early", "failed"])
def test_no_file_is_left(
    connect: Connect,
    emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    end: str,
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    put_domain(emulator, "one")
    for number in range(ROWS):  # more than SQLite keeps of a temporary database in memory
        put_stream(emulator, "one", f"s{number:02}", Tags=[{"Key": "k", "Value": "v" * 200_000}])
    emulator.listing.page_size = 4
    emulator.listing.properties = "all"
    if end == "failed":
        emulator.faults.deny(operation="ListResources", page=6)
    con = connect(rows_in_memory=1)
    cursor = con.execute(
        "SELECT event_stream_name FROM aws.customerprofiles.event_streams "
        "WHERE region = 'us-east-1' AND domain_name = 'one'"
    )
    cursor.fetchmany(18)
    assert open_files(tmp_path)
    if end == "failed":
        with pytest.raises(awsvtab.OperationalError, match="AccessDenied"):
            cursor.fetchall()
    elif end == "closed early":
        cursor.close()
    else:
        cursor.fetchall()
    assert open_files(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
