"""What a connection remembers of its calls and of what it could not read: aws_calls, aws_errors."""

from __future__ import annotations

import apsw
import pytest

import awsvtab
from awsvtab import activity
from awsvtab.emulator import Emulator
from awsvtab.sqltokens import without_literals
from conftest import DOMAIN, EVENT_STREAM, Connect, operations, put_domain

URIS = "SELECT uri FROM event_streams WHERE domain_name = 'three'"


@pytest.mark.parametrize(
    ("sql", "redacted"),
    [
        ("SELECT 'secret', 1, 2.5, .5, 1e3, 0xff, x'00', -5", "SELECT ?, ?, ?, ?, ?, ?, ?, -?"),
        ("SELECT a1, b_2 FROM t WHERE c='it''s'", "SELECT a1, b_2 FROM t WHERE c=?"),
        ("SELECT ?, ?1, :name, @x, $y", "SELECT ?, ?1, :name, @x, $y"),
        ("SELECT 1 -- secret\n, /* secret */ 2", "SELECT ? , ?"),
        ("-- secret\nSELECT a /* secret", "SELECT a"),
        ("SELECT 'secret", "SELECT ?"),
        ('UPDATE "t" SET a = "secret"', 'UPDATE "t" SET a = ?'),
        (
            'SELECT t."a", "t".b FROM "main"."t" AS "u"',
            'SELECT t."a", "t".b FROM "main"."t" AS "u"',
        ),
        ("SELECT [a b], `c` FROM t", "SELECT [a b], `c` FROM t"),
        ("SELECT a->>'$.b' LIMIT 5", "SELECT a->>? LIMIT ?"),
        ("", ""),
    ],
)
def test_literals_and_comments_are_taken_out(sql: str, redacted: str) -> None:
    assert without_literals(sql) == redacted


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            "aws_calls",
            "position, statement, operation, type_name, region, identifier, attempt, started_at, "
            "ms, outcome, request_id",
        ),
        (
            "aws_errors",
            "statement, region, type_name, operation, identifier, code, message, request_id",
        ),
    ],
)
def test_the_columns_are_these(
    connection: awsvtab.Connection, emulator: Emulator, table: str, columns: str
) -> None:
    cursor = connection.execute(f"SELECT * FROM {table}")
    assert [column[0] for column in cursor.description] == columns.split(", ")
    assert cursor.fetchall() == []
    assert len(emulator.calls) == 0


def test_each_call_is_noted_with_its_statement(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    estate.faults.throttle(operation="GetResource", identifier="two|a", times=1)
    connection.execute(
        "SELECT uri FROM event_streams WHERE data__Identifier = 'two|a' -- secret"
    ).fetchall()
    operations(estate)
    rows = connection.execute(
        """SELECT position, statement, operation, type_name, region, identifier, attempt, outcome,
        ms >= 0, request_id IS NOT NULL, abs(julianday(started_at) - julianday('now')) < 1
        FROM aws_calls"""
    ).fetchall()
    statement = (
        "SELECT uri FROM event_streams WHERE data__Identifier = ?"  # its short name is a table's
    )
    common = (statement, "GetResource", EVENT_STREAM, "us-east-1", "two|a")
    assert rows == [
        (1, *common, 1, "ThrottlingException", 1, 1, 1),
        (2, *common, 2, "ok", 1, 1, 1),
    ]
    assert len(estate.calls) == 0


def test_changes_are_noted_as_commits(connection: awsvtab.Connection, estate: Emulator) -> None:
    connection.execute("DELETE FROM event_streams WHERE data__Identifier = 'two|a'")
    connection.commit()
    rows = connection.execute("SELECT statement, operation FROM aws_calls").fetchall()
    assert rows == [
        ("DELETE FROM event_streams WHERE data__Identifier = ?", "GetResource"),
        ("COMMIT", "DeleteResource"),
    ]


def test_what_commits_by_itself_is_noted_as_itself(connect: Connect, estate: Emulator) -> None:
    connection = connect(isolation_level=None)
    connection.execute("INSERT INTO aws.sqs.queues (queue_name) VALUES ('q')")
    (row,) = connection.execute("SELECT statement, operation FROM aws_calls").fetchall()
    assert row == ("INSERT INTO aws_sqs_queues (queue_name) VALUES (?)", "CreateResource")


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "CALLS_KEPT", 3)
    memory = activity.Activity()
    for number in range(5):
        memory.note_call(activity.Call("GetResource", None, "r", str(number), 1, 0, 0, "ok", None))
    assert [(call.position, call.identifier) for call in memory.calls] == [
        (3, "2"),
        (4, "3"),
        (5, "4"),
    ]


def test_the_time_of_a_call_converts(connect: Connect, estate: Emulator) -> None:
    connection = connect(detect_types=awsvtab.PARSE_DECLTYPES)
    connection.execute("SELECT count(*) FROM aws.sqs.queues").fetchall()
    (at,) = connection.execute("SELECT started_at FROM aws_calls").fetchone()
    assert at.tzinfo is not None


def test_a_row_that_vanished_is_noted(connection: awsvtab.Connection, estate: Emulator) -> None:
    where = {"operation": "GetResource", "identifier": "three|b"}
    estate.faults.error("ResourceNotFoundException", "gone", **where)
    assert len(connection.execute(URIS).fetchall()) == 2
    (row,) = connection.execute("SELECT * FROM aws_errors").fetchall()
    assert row[1:6] == ("us-east-1", EVENT_STREAM, "GetResource", "three|b", "NotFound")
    assert row[0] == "SELECT uri FROM event_streams WHERE domain_name = ?"
    assert "left out" in row[6]


def test_a_parent_that_vanished_is_noted(connection: awsvtab.Connection, estate: Emulator) -> None:
    where = {"operation": "ListResources", "type_name": EVENT_STREAM}
    estate.faults.error("ResourceNotFoundException", "gone", nth=1, **where)
    connection.execute("SELECT count(*) FROM event_streams").fetchall()
    rows = connection.execute("SELECT type_name, operation, code, identifier FROM aws_errors")
    assert rows.fetchall() == [(EVENT_STREAM, "ListResources", "ResourceNotFoundException", None)]


def test_a_key_that_finds_nothing_is_no_error(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    connection.execute(
        "SELECT uri FROM event_streams WHERE data__Identifier IN ('no|no', 'one|a')"
    ).fetchall()
    connection.execute("SELECT * FROM event_streams WHERE domain_name = 'nowhere'").fetchall()
    assert connection.execute("SELECT count(*) FROM aws_errors").fetchone() == (0,)


def test_an_error_is_noted_once(connection: awsvtab.Connection, estate: Emulator) -> None:
    estate.faults.deny(operation="ListResources", type_name=EVENT_STREAM)
    for _ in range(2):
        with pytest.raises(awsvtab.OperationalError, match="AccessDenied"):
            connection.execute("SELECT count(*) FROM event_streams").fetchall()
    rows = connection.execute("SELECT type_name, code, request_id IS NOT NULL FROM aws_errors")
    assert rows.fetchall() == [(EVENT_STREAM, "AccessDeniedException", 1)] * 2


def test_a_bare_connection_has_the_tables(emulator: Emulator) -> None:
    put_domain(emulator, "d")
    connection = apsw.Connection(":memory:")
    registration = awsvtab.register(
        connection, session=emulator.session, endpoint_url=emulator.endpoint_url
    )
    connection.execute("SELECT count(*) FROM aws_customerprofiles_domains WHERE 1").fetchall()
    assert connection.execute("SELECT statement, type_name FROM aws_calls").fetchall() == [
        ("SELECT count(*) FROM aws_customerprofiles_domains WHERE ?", DOMAIN)
    ]
    registration.close()
