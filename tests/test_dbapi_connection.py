"""Connections: what they pass for, who may use them, and what else they do."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import Connect


@pytest.fixture
def local() -> Iterator[awsvtab.Connection]:
    connection = awsvtab.connect(":memory:")
    connection.executescript("CREATE TABLE t (x, b BLOB); INSERT INTO t VALUES (1, x'00112233')")
    yield connection
    connection.close()


def in_thread(function: Callable[[], Any]) -> Any:
    """What ``function`` returns or raises in another thread."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(function())
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def test_is_a_sqlite3_connection_for_those_who_ask(local: awsvtab.Connection) -> None:
    assert isinstance(local, sqlite3.Connection)


@pytest.mark.parametrize(
    "use",
    [
        lambda connection: sqlite3.Cursor(connection).execute("SELECT 1"),
        lambda connection: sqlite3.Connection.execute(connection, "SELECT 1"),
        lambda connection: sqlite3.Connection.commit(connection),
        lambda connection: connection.cursor(sqlite3.Cursor),
    ],
    ids=["Cursor", "execute", "commit", "factory"],
)
def test_the_sqlite3_connection_beneath_raises_and_does_not_crash(
    local: awsvtab.Connection, use: Callable[[Any], Any]
) -> None:
    with pytest.raises((sqlite3.ProgrammingError, TypeError)):
        use(local)


def test_an_unknown_option_is_refused_by_name() -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="'regoins'"):
        awsvtab.connect(":memory:", regoins=["us-east-1"])


def test_errors_of_sqlite3_are_caught_by_its_names(local: awsvtab.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError) as caught:
        local.execute("SELECT * FROM nothing")
    assert (caught.value.sqlite_errorcode, caught.value.sqlite_errorname) == (1, "SQLITE_ERROR")


@pytest.mark.parametrize(
    "use",
    [
        lambda connection, cursor: connection.execute("SELECT 1"),
        lambda connection, cursor: connection.commit(),
        lambda connection, cursor: connection.close(),
        lambda connection, cursor: cursor.fetchone(),
        lambda connection, cursor: list(cursor),
        lambda connection, cursor: cursor.close(),
        lambda connection, cursor: connection.create_function("f", 0, None),
        lambda connection, cursor: connection.total_changes,
    ],
)
def test_another_thread_may_not_use_it(local: awsvtab.Connection, use: Any) -> None:
    cursor = local.execute("SELECT 1")
    error = in_thread(lambda: use(local, cursor))
    assert isinstance(error, awsvtab.ProgrammingError)
    assert "that same thread" in str(error)


def test_another_thread_may_if_told_so() -> None:
    connection = awsvtab.connect(":memory:", check_same_thread=False)
    assert in_thread(lambda: connection.execute("SELECT 1").fetchall()) == [(1,)]
    connection.close()


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n"


def closed_while_reading(connection: awsvtab.Connection, sql: str, reads: Any) -> Any:
    """What a thread's statement raises when this one closes the connection under it."""
    found: list[Any] = []
    reader = threading.Thread(
        target=lambda: found.append(raised_by(lambda: connection.execute(sql).fetchall()))
    )
    reader.start()
    while not reads():
        time.sleep(0.001)
    connection.close()
    reader.join(10)
    assert not reader.is_alive()
    with pytest.raises(awsvtab.ProgrammingError, match="closed database"):
        connection.execute("SELECT 1")
    return found[0]


def raised_by(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except Exception as error:
        return error


def test_close_ends_what_another_thread_runs() -> None:
    connection = awsvtab.connect(":memory:", check_same_thread=False)
    started = threading.Event()
    connection.set_progress_handler(started.set, 1000)
    error = closed_while_reading(connection, ENDLESS, started.is_set)
    assert isinstance(error, awsvtab.OperationalError)
    assert error.sqlite_errorname == "SQLITE_INTERRUPT"


def test_close_ends_what_another_thread_reads_from_aws(connect: Connect, estate: Emulator) -> None:
    connection = connect(check_same_thread=False)
    estate.calls.clear()
    estate.faults.delay(30)
    sql = "SELECT * FROM aws.customerprofiles.event_streams WHERE domain_name = 'one'"
    error = closed_while_reading(connection, sql, lambda: estate.calls)
    assert isinstance(error, awsvtab.OperationalError)
    estate.faults.clear()


def test_a_function_cannot_close_the_connection_that_calls_it(local: awsvtab.Connection) -> None:
    local.create_function("close", 0, local.close)
    with pytest.raises(awsvtab.OperationalError) as caught:
        local.execute("SELECT close()").fetchall()
    assert isinstance(caught.value.__cause__, awsvtab.ProgrammingError)
    assert local.execute("SELECT x FROM t").fetchall() == [(1,)]


def test_another_thread_may_interrupt(local: awsvtab.Connection) -> None:
    timer = threading.Timer(0.05, local.interrupt)
    timer.start()
    started = time.monotonic()
    with pytest.raises(awsvtab.OperationalError, match="interrupted") as caught:
        local.execute(ENDLESS).fetchall()
    assert caught.value.sqlite_errorname == "SQLITE_INTERRUPT"
    assert time.monotonic() - started < 5


def test_waits_for_a_lock_as_long_as_timeout(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    holder, waiting = awsvtab.connect(path), awsvtab.connect(path, timeout=0.1)
    holder.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    with pytest.raises(awsvtab.OperationalError, match="locked"):
        waiting.execute("BEGIN IMMEDIATE")
    assert 0.05 < time.monotonic() - started < 5
    holder.close()
    waiting.close()


def test_dump_makes_the_database_again(local: awsvtab.Connection) -> None:
    local.executescript(
        """
        CREATE INDEX ix ON t (x); CREATE VIEW v AS SELECT x FROM t;
        INSERT INTO t VALUES ('it''s', NULL), (1.5, x''), (1e999, 'é');
        """
    )
    again = awsvtab.connect(":memory:")
    again.executescript("\n".join(local.iterdump()))
    rows = [c.execute("SELECT * FROM t").fetchall() for c in (local, again)]
    assert rows[0] == rows[1]
    assert list(again.iterdump()) == list(local.iterdump())
    again.close()


def test_backup_and_serialize_carry_everything_over(local: awsvtab.Connection) -> None:
    copy, image = awsvtab.connect(":memory:"), awsvtab.connect(":memory:")
    local.backup(copy)
    image.deserialize(local.serialize())
    for each in (copy, image):
        assert each.execute("SELECT x FROM t").fetchall() == [(1,)]
        each.close()


@pytest.mark.parametrize("key", [0, -1, slice(1, 3), slice(None, None, 2), slice(3, 0, -2)])
def test_a_blob_is_indexed_like_bytes(local: awsvtab.Connection, key: Any) -> None:
    with local.blobopen("t", "b", 1) as blob:
        data = bytearray(blob.read())
        assert blob[key] == bytes(data)[key]
        new: Any = b"ab" if isinstance(key, slice) else 7
        blob[key] = data[key] = new
        assert blob[:] == data


def test_configuration_switches_are_read_and_set(local: awsvtab.Connection) -> None:
    switch = awsvtab.SQLITE_DBCONFIG_ENABLE_FKEY
    local.setconfig(switch)
    assert local.getconfig(switch)
    local.setconfig(switch, False)
    assert local.execute("PRAGMA foreign_keys").fetchone() == (0,)
