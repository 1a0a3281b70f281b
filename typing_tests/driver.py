"""The driver as a user under strict type checking sees it. Checked, never run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, assert_type

import apsw

import awsvtab


class TracedCursor(awsvtab.Cursor):
    pass


class TracedConnection(awsvtab.Connection):
    pass


def half(number: float) -> float:
    return number / 2


def takes_sqlite3(connection: sqlite3.Connection) -> None: ...


def connections() -> None:
    connection = awsvtab.connect(
        "inventory.db", 5.0, awsvtab.PARSE_DECLTYPES, None, autocommit=True, regions=["us-east-1"]
    )
    assert_type(connection, awsvtab.Connection)
    takes_sqlite3(connection)
    with connection as same:
        assert_type(same, awsvtab.Connection)
    assert_type(connection.isolation_level, str | None)
    assert_type(connection.autocommit, bool | int)
    assert_type(connection.in_transaction, bool)
    assert_type(connection.total_changes, int)
    assert_type(connection.iterdump(filter="aws%"), Iterator[str])
    assert_type(connection.serialize(), bytes)
    assert_type(connection.getlimit(awsvtab.SQLITE_LIMIT_LENGTH), int)
    assert_type(connection.getconfig(awsvtab.SQLITE_DBCONFIG_ENABLE_FKEY), bool)
    connection.row_factory = awsvtab.Row
    connection.row_factory = lambda cursor, row: dict(enumerate(row))
    connection.create_function("half", 1, half, deterministic=True)
    connection.set_trace_callback(None)
    with connection.blobopen("t", "b", 1, readonly=True) as blob:
        assert_type(blob, awsvtab.Blob)
        assert_type(blob.read(), bytes)
    connection.close()


def cursors(connection: awsvtab.Connection) -> None:
    cursor = connection.execute("SELECT ?", (1,))
    assert_type(cursor, awsvtab.Cursor)
    assert_type(cursor.execute("SELECT :a", {"a": 1}).fetchall(), list[Any])
    assert_type(cursor.fetchmany(10), list[Any])
    assert_type(cursor.rowcount, int)
    assert_type(cursor.lastrowid, int | None)
    assert_type(cursor.connection, awsvtab.Connection)
    assert_type(connection.cursor(TracedCursor), TracedCursor)
    assert_type(TracedCursor(connection).execute("SELECT 1"), TracedCursor)
    if cursor.description is not None:
        assert_type(cursor.description[0][0], str)
    for row in cursor:
        assert_type(row, Any)


def rows(cursor: awsvtab.Cursor) -> None:
    row = awsvtab.Row(cursor, (1, 2))
    assert_type(row.keys(), list[str])
    assert_type(len(row), int)


def errors(connection: awsvtab.Connection) -> None:
    try:
        connection.commit()
    except awsvtab.AwsError as error:
        assert_type(error.code, str)
        assert_type(error.request_token, str | None)
        assert_type(error.retryable, bool)
    except connection.IntegrityError as error:
        assert_type(error.sqlite_errorname, str)
    except sqlite3.Error as error:
        assert_type(error.sqlite_errorcode, int)


def module() -> None:
    assert_type(awsvtab.version, str)
    assert_type(awsvtab.sqlite_version_info, tuple[int, ...])
    assert_type(awsvtab.complete_statement("SELECT 1;"), bool)
    assert_type(awsvtab.register(apsw.Connection(""), regions="all"), awsvtab.Registration)
    awsvtab.register_adapter(set, sorted)
    awsvtab.register_converter("json", lambda raw: raw.decode())


def mistakes(connection: awsvtab.Connection) -> None:
    awsvtab.connect(5)  # type: ignore[arg-type]
    connection.isolation_level = 1  # type: ignore[assignment]
    connection.execute(b"SELECT 1")  # type: ignore[arg-type]
    connection.nonsense  # type: ignore[attr-defined]
    awsvtab.nonsense  # type: ignore[attr-defined]
