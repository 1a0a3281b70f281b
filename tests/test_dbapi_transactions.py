"""What begins and ends a transaction, and that AWS changes wait for a COMMIT that was meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import Connect, operations

INSERT = """
    INSERT INTO aws.customerprofiles.event_streams (domain_name, event_stream_name, uri)
    VALUES ('one', 'new', 'arn:aws:kinesis:us-east-1:123456789012:stream/new')
"""

IMPLICIT: dict[str, Callable[[awsvtab.Connection], Any]] = {
    "executescript": lambda connection: connection.executescript("SELECT 1"),
    "isolation_level": lambda connection: setattr(connection, "isolation_level", None),
    "autocommit": lambda connection: setattr(connection, "autocommit", True),
}


@pytest.mark.parametrize("implicit", IMPLICIT.values(), ids=IMPLICIT)
def test_an_implicit_commit_applies_no_aws_change(
    connection: awsvtab.Connection, implicit: Callable[[awsvtab.Connection], Any]
) -> None:
    connection.execute(INSERT)
    with pytest.raises(awsvtab.ProgrammingError, match=r"1 AWS change is waiting.*commit\(\)"):
        implicit(connection)
    assert connection.in_transaction
    connection.rollback()
    implicit(connection)


def test_a_script_that_commits_nothing_implicitly_may_run_before_commit(
    connect: Connect, emulator: Emulator
) -> None:
    connection = connect(autocommit=False)
    connection.execute(INSERT)
    connection.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
    assert operations(emulator) == {}
    assert connection.execute("SELECT count(*) FROM aws_pending").fetchone() == (1,)
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)


def test_local_changes_are_committed_implicitly_as_in_sqlite3(tmp_path: Path) -> None:
    for implicit in IMPLICIT.values():
        connection = awsvtab.connect(tmp_path / "a.db")
        connection.execute("CREATE TABLE IF NOT EXISTS t (x)")
        connection.execute("INSERT INTO t VALUES (1)")
        implicit(connection)
        assert not connection.in_transaction
        connection.close()
    again = awsvtab.connect(tmp_path / "a.db")
    assert again.execute("SELECT count(*) FROM t").fetchone() == (3,)
    again.close()


def test_leaving_a_with_block_by_an_error_rolls_back() -> None:
    connection = awsvtab.connect(":memory:")
    connection.execute("CREATE TABLE t (x)")
    connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(ZeroDivisionError), connection:
        connection.execute("INSERT INTO t VALUES (?)", (1 // 0,))
    assert connection.execute("SELECT * FROM t").fetchall() == []
    connection.close()


def test_a_commit_that_fails_at_the_end_of_a_with_block_rolls_back() -> None:
    connection = awsvtab.connect(":memory:")
    connection.executescript(
        """
        PRAGMA foreign_keys = ON;
        CREATE TABLE a (id INTEGER PRIMARY KEY);
        CREATE TABLE b (a REFERENCES a DEFERRABLE INITIALLY DEFERRED);
        """
    )
    with pytest.raises(awsvtab.IntegrityError), connection:
        connection.execute("INSERT INTO b VALUES (1)")
    assert not connection.in_transaction
    connection.close()


def test_without_autocommit_there_is_always_a_transaction() -> None:
    connection = awsvtab.connect(":memory:", autocommit=False)
    states = [connection.in_transaction]
    for end in (connection.commit, connection.rollback):
        end()
        states.append(connection.in_transaction)
    connection.autocommit = True
    states.append(connection.in_transaction)
    connection.close()
    assert states == [True, True, True, False]


def test_with_autocommit_commit_and_rollback_do_nothing() -> None:
    connection = awsvtab.connect(":memory:", autocommit=True)
    connection.execute("BEGIN")
    connection.commit()
    connection.rollback()
    assert connection.in_transaction
    connection.close()


@pytest.mark.parametrize("value", [None, 1, 0, -2, "legacy"])
def test_autocommit_takes_true_false_and_legacy_only(value: Any) -> None:
    with pytest.raises(ValueError, match="autocommit"):
        awsvtab.connect(":memory:", autocommit=value)


def insert_stream(connection: awsvtab.Connection, name: str) -> None:
    connection.execute(
        "INSERT INTO aws.customerprofiles.event_streams"
        " (domain_name, event_stream_name, uri, region)"
        " VALUES ('one', ?, 'arn:aws:kinesis:us-east-1:123456789012:stream/s', 'us-east-1')",
        (name,),
    )


def insert_and_fail(connection: awsvtab.Connection) -> None:
    with connection:
        insert_stream(connection, "never")
        raise ZeroDivisionError


def test_a_with_block_is_plan_and_apply(connection: awsvtab.Connection, estate: Emulator) -> None:
    operations(estate)
    with pytest.raises(ZeroDivisionError):
        insert_and_fail(connection)
    with connection:
        insert_stream(connection, "x")
        insert_stream(connection, "y")
        assert operations(estate).get("CreateResource", 0) == 0
    assert operations(estate)["CreateResource"] == 2
    query = "SELECT event_stream_name FROM event_streams WHERE domain_name = 'one' ORDER BY 1"
    assert connection.execute(query).fetchall() == [("a",), ("b",), ("x",), ("y",)]
