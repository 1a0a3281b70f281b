"""The same statements through sqlite3 and through awsvtab end the same."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import awsvtab

TABLES = """
    CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE child (id INTEGER PRIMARY KEY, parent REFERENCES parent ON DELETE CASCADE);
    CREATE TABLE log (line TEXT);
    CREATE TRIGGER noted AFTER UPDATE ON parent BEGIN
        INSERT INTO log VALUES (new.name); INSERT INTO log VALUES (old.name);
    END;
    INSERT INTO parent VALUES (1, 'a'), (2, 'b'), (3, 'c');
    INSERT INTO child VALUES (1, 1), (2, 1), (3, 2);
    PRAGMA foreign_keys = ON;
"""

STATEMENTS: list[tuple[Any, ...]] = [
    ("SELECT * FROM parent",),
    ("SELECT * FROM parent WHERE id > 99",),
    ('SELECT name AS "it\'s", count(*), 1.5 FROM parent',),
    ("  -- a comment\n /* and another */ SELECT 1; -- and more",),
    ("",),
    ("-- nothing",),
    (";",),
    ("INSERT INTO parent (name) VALUES (?), (?)", ("x", "y")),
    ("INSERT INTO parent (name) VALUES (:name)", {"name": "x"}),
    ("INSERT INTO parent (name) VALUES ('x') RETURNING id, name",),
    ("INSERT OR IGNORE INTO parent VALUES (1, 'again')",),
    ("REPLACE INTO parent VALUES (3, 'z')",),
    ("UPDATE parent SET name = name || '!'",),
    ("UPDATE parent SET name = 'x' WHERE id > 99",),
    ("DELETE FROM parent WHERE id = 1",),
    ("DELETE FROM log",),
    ("CREATE TABLE another (x)",),
    ("CREATE TABLE another AS SELECT * FROM parent",),
    ("PRAGMA user_version",),
    ("EXPLAIN QUERY PLAN SELECT 1",),
    ("VALUES (1, 2), (3, 4)",),
    ("SELECT 1; SELECT 2",),
    ("SELEC 1",),
    ("SELECT nothing FROM nowhere",),
    ("INSERT INTO parent VALUES (1, 'again')",),
    ("INSERT INTO child VALUES (9, 99)",),
    ("SELECT ?",),
    ("SELECT ?", (1, 2)),
    ("SELECT ?", {"a": 1}),
    ("SELECT :a", {}),
    ("SELECT ?", 42),
    ("SELECT ?", (object(),)),
    ("SELECT ?", (1 << 64,)),
    ("SELECT ?", ("\ud800",)),
    ("SELECT ?, ?, ?, ?", (None, float("nan"), b"bytes", True)),
    ("SELECT abs(-9223372036854775807 - 1)",),
    ("SELECT x'61', 'a', 1e999, NULL",),
    ("BEGIN",),
    ("COMMIT",),
    ("SELECT 1\0",),
    (b"SELECT 1",),
]

MANY: list[tuple[str, list[Any]]] = [
    ("INSERT INTO parent (name) VALUES (?)", [("x",), ["y"]]),
    ("INSERT INTO parent (name) VALUES (:name)", [{"name": "x"}, {"name": "y"}]),
    ("UPDATE parent SET name = ? WHERE id >= ?", [("x", 2), ("y", 1)]),
    ("DELETE FROM parent WHERE id = ?", [(1,), (2,), (99,)]),
    ("INSERT INTO parent VALUES (?, 'x')", [(10,), (1,), (11,)]),
    ("INSERT INTO parent (name) VALUES (?)", [("x",), ("y", 1)]),
    ("SELECT ?", [(1,)]),
]


def opened(module: ModuleType, **options: Any) -> Any:
    connection = module.connect(":memory:", **options)
    connection.executescript(TABLES)
    return connection


def outcome(connection: Any, method: str, *arguments: Any) -> dict[str, Any]:
    """All that can be seen of a statement, its error's class included."""
    cursor = connection.cursor()
    seen: dict[str, Any] = {}
    try:
        getattr(cursor, method)(*arguments)
        seen["names"] = [column[0] for column in cursor.description or ()]
        seen["described"] = cursor.description is not None
        seen["rows"] = cursor.fetchall()
    except Exception as error:
        seen["error"] = type(error).__name__
        seen["code"] = getattr(error, "sqlite_errorname", None)
    seen["rowcount"] = cursor.rowcount
    seen["in_transaction"] = connection.in_transaction
    seen["parents"] = connection.execute("SELECT * FROM parent").fetchall()
    connection.rollback()
    cursor.close()
    connection.close()
    return seen


@pytest.mark.parametrize("isolation_level", ["", None, "IMMEDIATE"])
@pytest.mark.parametrize("arguments", STATEMENTS, ids=lambda arguments: repr(arguments[0])[:40])
def test_execute(arguments: tuple[Any, ...], isolation_level: str | None) -> None:
    ours = opened(awsvtab, isolation_level=isolation_level)
    theirs = opened(sqlite3, isolation_level=isolation_level)
    assert outcome(ours, "execute", *arguments) == outcome(theirs, "execute", *arguments)


@pytest.mark.parametrize("again", [False, True], ids=["first run", "known statement"])
@pytest.mark.parametrize(("sql", "rows"), MANY)
def test_executemany(sql: str, rows: list[Any], again: bool) -> None:
    connections = opened(awsvtab), opened(sqlite3)
    if again:
        for connection in connections:
            connection.execute(sql, rows[0]).fetchall()
            connection.rollback()
    ours, theirs = (outcome(connection, "executemany", sql, rows) for connection in connections)
    assert ours == theirs


@pytest.mark.parametrize("sql", ["INSERT INTO log VALUES ('x')", "DELETE FROM log", "SELECT 1"])
def test_lastrowid_is_that_of_the_last_insert(sql: str) -> None:
    def run(module: ModuleType) -> Any:
        connection = opened(module)
        cursor = connection.execute("INSERT INTO parent VALUES (77, 'x')")
        cursor.execute(sql)
        found = cursor.lastrowid
        connection.close()
        return found

    assert run(awsvtab) == run(sqlite3)


def test_has_every_name_of_sqlite3() -> None:
    deprecated = {"OptimizedUnicode", "enable_shared_cache", "version", "version_info"}
    names = {name for name in dir(sqlite3) if not name.startswith("_")}
    modules = {"collections", "datetime", "time"}
    assert names - deprecated - modules <= set(awsvtab.__all__)


def test_has_the_constants_of_sqlite3() -> None:
    names = [name for name in dir(sqlite3) if name.startswith(("SQLITE_", "PARSE_"))]
    ours = {name: getattr(awsvtab, name) for name in names}
    assert ours == {name: getattr(sqlite3, name) for name in names}


@pytest.mark.parametrize("name", ["Connection", "Cursor", "Blob", "Row"])
def test_classes_have_every_public_attribute_of_sqlite3s(name: str) -> None:
    ours = getattr(awsvtab, name)
    theirs = {each for each in vars(getattr(sqlite3, name)) if not each.startswith("_")}
    made_here = {
        each for base in ours.__mro__ if base.__module__ != "sqlite3" for each in vars(base)
    }
    made_here |= {each for base in ours.__mro__ for each in getattr(base, "__annotations__", {})}
    assert theirs <= made_here


DEPRECATED: list[Callable[[Any, ModuleType], object]] = [
    lambda connection, module: module.version,
    lambda connection, module: module.version_info,
    lambda connection, module: module.dbapi2.version,
    lambda connection, module: module.connect(":memory:", 1.0).close(),
    lambda connection, module: module.connect(":memory:", timeout=1.0).close(),
    lambda connection, module: connection.execute("SELECT :a, ?", (1, 2)),
    lambda connection, module: connection.execute("SELECT :a", {"a": 1}),
    lambda connection, module: connection.execute("SELECT ?", [dt.date(2026, 3, 1)]),
    lambda connection, module: connection.execute("SELECT ?", [dt.datetime(2026, 3, 1)]),
    lambda connection, module: connection.execute("SELECT at FROM t").fetchall(),
    lambda connection, module: connection.execute("SELECT day FROM t").fetchall(),
    lambda connection, module: connection.create_function("f", 0, func=None),
    lambda connection, module: connection.create_function("f", 0, None, deterministic=True),
    lambda connection, module: connection.create_aggregate("f", n_arg=0, aggregate_class=None),
    lambda connection, module: connection.set_authorizer(authorizer_callback=None),
    lambda connection, module: connection.set_progress_handler(progress_handler=None, n=1),
    lambda connection, module: connection.set_progress_handler(None, n=1),
    lambda connection, module: connection.set_trace_callback(trace_callback=None),
]


def warnings_of(
    module: ModuleType, use: Callable[[Any, ModuleType], object]
) -> list[tuple[str, str]]:
    """What is warned of in two calls."""
    connection = module.connect(":memory:", detect_types=module.PARSE_DECLTYPES)
    connection.executescript(
        "CREATE TABLE t (at TIMESTAMP, day DATE);"
        "INSERT INTO t VALUES ('2026-03-01 10:20:30', '2026-03-01')"
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            use(connection, module)
    connection.close()
    # APSW does not say whether a parameter is written :a, @a or $a.
    return [(each.category.__name__, re.sub("'[:@$]", "'", str(each.message))) for each in caught]


@pytest.mark.parametrize("use", DEPRECATED)
def test_warns_of_what_sqlite3_warns_of(use: Callable[[Any, ModuleType], object]) -> None:
    ours, theirs = warnings_of(awsvtab, use), warnings_of(sqlite3, use)
    # connect() calls Connection(), which warns again, with keywords here.
    assert ours == [each for each in theirs if "_sqlite3.Connection() " not in each[1]]


def test_numbered_parameters_are_not_named() -> None:
    assert warnings_of(awsvtab, lambda connection, _: connection.execute("SELECT ?1", (1,))) == []


def test_warnings_are_for_the_line_that_called() -> None:
    connection = awsvtab.connect(":memory:")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        connection.execute("SELECT :a", (1,))
        connection.execute("SELECT ?", [dt.date(2026, 3, 1)])
        connection.set_trace_callback(trace_callback=None)
    connection.close()
    assert {each.filename for each in caught} <= {__file__}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sqlite3 has no autocommit attribute")
@pytest.mark.parametrize("autocommit", [True, False, -1])
@pytest.mark.parametrize("sql", ["INSERT INTO parent VALUES (9, 'x')", "SELECT 1", "SAVEPOINT s"])
def test_autocommit(sql: str, autocommit: Any) -> None:
    ours = opened(awsvtab, autocommit=autocommit)
    theirs = opened(sqlite3, autocommit=autocommit)
    assert outcome(ours, "execute", sql) == outcome(theirs, "execute", sql)


def test_what_fails_after_the_rows_of_returning_fails_alike() -> None:
    def refused(module: ModuleType) -> Exception:
        connection = module.connect(":memory:", isolation_level=None)
        connection.executescript("""
            PRAGMA foreign_keys = ON;
            CREATE TABLE parent (id PRIMARY KEY);
            CREATE TABLE child (parent REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
        """)
        with pytest.raises(module.IntegrityError) as caught:
            connection.execute("INSERT INTO child VALUES (1) RETURNING parent").fetchall()
        connection.close()
        return caught.value

    assert str(refused(awsvtab)) == str(refused(sqlite3))
