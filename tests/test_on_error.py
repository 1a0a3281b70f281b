"""on_error="warn": the rows that could be read, a warning for the rest, and never half a row."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator
from typing import Any

import apsw
import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import DOMAIN, EVENT_STREAM, Connect, operations, put_domain, put_stream

REGIONS = ["us-east-1", "eu-central-1", "us-west-2"]


@pytest.fixture
def three(emulator: Emulator) -> Emulator:
    """A domain with two streams in each of three regions."""
    for region in REGIONS:
        put_domain(emulator, "d", region)
        for name in "ab":
            put_stream(emulator, "d", name, region)
    return emulator


@pytest.fixture
def lenient(connect: Connect, three: Emulator) -> awsvtab.Connection:
    return connect(tables=["customerprofiles.event_streams"], regions=REGIONS, on_error="warn")


def read(connection: awsvtab.Connection, sql: str) -> tuple[list[Any], list[str]]:
    """A statement's rows, and the warnings that came."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = connection.execute(sql).fetchall()
    assert all(issubclass(each.category, awsvtab.AwsWarning) for each in caught)
    assert all(each.filename == __file__ for each in caught)
    return rows, [str(each.message) for each in caught]


def errors(connection: awsvtab.Connection) -> list[Any]:
    sql = "SELECT region, type_name, operation, identifier, code FROM aws_errors"
    return connection.execute(sql).fetchall()


def test_a_warning_is_of_both_families() -> None:
    assert issubclass(awsvtab.AwsWarning, UserWarning)
    assert issubclass(awsvtab.AwsWarning, awsvtab.Warning)
    assert issubclass(awsvtab.AwsWarning, sqlite3.Warning)


@pytest.mark.parametrize("type_name", [DOMAIN, EVENT_STREAM])
def test_a_region_that_fails_is_left_out(
    lenient: awsvtab.Connection, three: Emulator, type_name: str
) -> None:
    three.faults.deny(operation="ListResources", type_name=type_name, region="eu-central-1")
    rows, told = read(lenient, "SELECT region, uri FROM event_streams ORDER BY region")
    assert [region for region, _ in rows] == ["us-east-1"] * 2 + ["us-west-2"] * 2
    assert all(uri is not None for _, uri in rows)
    (message,) = told
    assert "AccessDenied" in message
    assert "eu-central-1" in message
    assert errors(lenient) == [
        ("eu-central-1", type_name, "ListResources", None, "AccessDeniedException")
    ]


def test_each_region_that_fails_is_warned_of(lenient: awsvtab.Connection, three: Emulator) -> None:
    three.faults.deny(operation="ListResources")
    rows, told = read(lenient, "SELECT * FROM event_streams")
    assert rows == []
    assert len(told) == len(errors(lenient)) == 3


def test_a_row_that_cannot_be_read_whole_is_left_out(
    lenient: awsvtab.Connection, three: Emulator
) -> None:
    three.faults.deny(operation="GetResource", region="us-west-2", identifier="d|a")
    rows, told = read(lenient, "SELECT region, event_stream_name, uri FROM event_streams")
    assert len(rows) == 5
    assert None not in [uri for _, _, uri in rows]
    assert ("us-west-2", "a") not in [row[:2] for row in rows]
    assert len(told) == 1
    assert errors(lenient) == [
        ("us-west-2", EVENT_STREAM, "GetResource", "d|a", "AccessDeniedException")
    ]


def test_rows_that_fail_alike_are_warned_of_once_and_all_noted(
    lenient: awsvtab.Connection, three: Emulator
) -> None:
    three.faults.deny(operation="GetResource", region="us-west-2")
    rows, told = read(lenient, "SELECT uri FROM event_streams")
    assert (len(rows), len(told)) == (4, 1)
    assert "aws_errors" in told[0]
    assert [error[3] for error in errors(lenient)] == ["d|a", "d|b"]


def test_rows_that_need_not_be_read_are_all_there(
    lenient: awsvtab.Connection, three: Emulator
) -> None:
    three.faults.deny(operation="GetResource")
    rows, told = read(lenient, "SELECT region, event_stream_name FROM event_streams")
    assert (len(rows), told) == (6, [])


def test_a_key_that_cannot_be_looked_up_is_left_out(
    lenient: awsvtab.Connection, three: Emulator
) -> None:
    three.faults.deny(operation="GetResource", region="us-west-2")
    rows, told = read(lenient, "SELECT region FROM event_streams WHERE data__Identifier = 'd|b'")
    assert sorted(rows) == [("eu-central-1",), ("us-east-1",)]
    assert len(told) == 1


def test_the_pages_before_the_one_that_failed_are_read(
    lenient: awsvtab.Connection, emulator: Emulator
) -> None:
    emulator.listing.page_size = 1
    for name in "xyz":
        put_stream(emulator, "d", name)
    emulator.faults.deny(operation="ListResources", type_name=EVENT_STREAM, page=3)
    sql = "SELECT event_stream_name FROM event_streams WHERE region = 'us-east-1'"
    rows, told = read(lenient, sql)
    assert (rows, len(told)) == ([("a",), ("b",)], 1)


def test_what_fails_is_told_once_in_a_statement(
    lenient: awsvtab.Connection, three: Emulator
) -> None:
    three.faults.deny(operation="ListResources", type_name=EVENT_STREAM, region="us-west-2")
    sql = """SELECT a.uri FROM event_streams a, event_streams b
        WHERE (SELECT count(*) FROM event_streams c WHERE c.uri = a.uri) = 1"""
    rows, told = read(lenient, sql)
    assert len(rows) == 16
    assert len(told) == len(errors(lenient)) == 1


def test_a_statement_that_writes_raises_all_the_same(
    lenient: awsvtab.Connection, three: Emulator
) -> None:
    three.faults.deny(operation="ListResources", type_name=EVENT_STREAM, region="us-west-2")
    lenient.execute("CREATE TABLE mine (name)")
    for sql in (
        "DELETE FROM mine WHERE name NOT IN (SELECT event_stream_name FROM event_streams)",
        "INSERT INTO mine SELECT event_stream_name FROM event_streams",
        "CREATE TABLE copy AS SELECT * FROM event_streams",
        "DELETE FROM event_streams",
    ):
        lenient.execute("INSERT INTO mine VALUES ('a')")
        with pytest.raises(awsvtab.OperationalError, match="AccessDenied"):
            lenient.execute(sql)
    lenient.rollback()


def test_a_statement_that_is_wrong_raises_all_the_same(
    lenient: awsvtab.Connection, three: Emulator
) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="unknown region"):
        lenient.execute("SELECT * FROM event_streams WHERE region = 'us-esat-1'")
    three.faults.error("ValidationException", "no", operation="ListResources")
    with pytest.raises(awsvtab.ProgrammingError, match="ValidationException"):
        lenient.execute("SELECT * FROM event_streams").fetchall()


def test_rows_that_can_all_not_be_read_are_still_an_error(
    lenient: awsvtab.Connection, three: Emulator
) -> None:
    three.faults.error("ResourceNotFoundException", "gone", operation="GetResource")
    with pytest.raises(awsvtab.OperationalError, match="none of them can be read"):
        lenient.execute("SELECT uri FROM event_streams").fetchall()


def test_a_row_that_vanished_warns_of_nothing(lenient: awsvtab.Connection, three: Emulator) -> None:
    where = {"operation": "GetResource", "identifier": "d|b", "region": "us-east-1"}
    three.faults.error("ResourceNotFoundException", "gone", **where)
    rows, told = read(lenient, "SELECT uri FROM event_streams")
    assert (len(rows), told) == (5, [])
    assert errors(lenient) == [("us-east-1", EVENT_STREAM, "GetResource", "d|b", "NotFound")]


def test_a_warning_that_is_an_error_ends_the_statement(
    lenient: awsvtab.Connection, three: Emulator
) -> None:
    three.faults.deny(operation="ListResources", region="us-west-2")
    with pytest.raises(awsvtab.AwsWarning, match="us-west-2"):
        lenient.execute("SELECT * FROM event_streams").fetchall()
    operations(three)
    assert lenient.execute("SELECT 1").fetchone() == (1,)


def test_the_region_of_a_global_type_is_the_same_kind_of_warning(
    lenient: awsvtab.Connection, three: Emulator
) -> None:
    rows, told = read(lenient, "SELECT * FROM aws.iam.roles WHERE region = 'us-west-2'")
    assert rows == []
    assert told == ["the rows of aws.iam.roles are in us-east-1"]


@pytest.fixture
def bare(three: Emulator) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    registration = awsvtab.register(
        connection,
        session=three.session,
        endpoint_url=three.endpoint_url,
        regions=REGIONS,
        on_error="warn",
    )
    yield connection
    registration.close()


def test_a_bare_connection_warns_at_its_own_line(bare: apsw.Connection, three: Emulator) -> None:
    three.faults.deny(operation="ListResources", region="us-west-2")
    sql = "SELECT count(*) FROM aws_customerprofiles_event_streams"
    with pytest.warns(awsvtab.AwsWarning, match="us-west-2") as caught:
        assert bare.execute(sql).fetchall() == [(4,)]
    assert [each.filename for each in caught] == [__file__]


def test_another_way_to_go_on_is_refused(connect: Connect) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="'raise' or 'warn'"):
        connect(on_error="ignore")


def test_a_join_goes_on_past_a_key_that_cannot_be_read(
    lenient: awsvtab.Connection, three: Emulator
) -> None:
    lenient.execute("CREATE TABLE mine (id)")
    lenient.executemany("INSERT INTO mine VALUES (?)", [("d|a",), ("d|no",), ("d|b",)])
    lenient.commit()
    three.faults.deny(operation="GetResource", identifier="d|a", region="us-east-1")
    operations(three)
    sql = """SELECT id, uri FROM mine JOIN event_streams ON data__Identifier = id
        AND region = 'us-east-1'"""
    rows, told = read(lenient, sql)
    assert [identifier for identifier, _ in rows] == ["d|b"]
    assert len(told) == 1
    assert operations(three) == {"GetResource": 3}
