"""The SQL that makes a database again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import apsw

_TABLES = """
    SELECT name, sql FROM sqlite_schema
    WHERE type = 'table' AND sql IS NOT NULL AND name LIKE ? ORDER BY name
"""
_OTHERS = """
    SELECT sql FROM sqlite_schema
    WHERE type IN ('index', 'trigger', 'view') AND sql IS NOT NULL AND name LIKE ?
"""


def dump(database: apsw.Connection, like: str) -> Iterator[str]:
    """The statements, one at a time, for all whose name is ``like``.

    Rows of virtual tables are left out: those of AWS are not the database's to restore.
    """
    writable_schema = False
    sequences: list[str] = []
    if sys.version_info >= (3, 13) and _breaks_foreign_keys(database):
        yield "PRAGMA foreign_keys=OFF;"
    yield "BEGIN TRANSACTION;"
    tables: Any = database.execute(_TABLES, (like,)).fetchall()
    for name, sql in tables:
        if name == "sqlite_sequence":
            sequences = ['DELETE FROM "sqlite_sequence";', *_rows(database, name)]
        elif name == "sqlite_stat1":
            yield 'ANALYZE "sqlite_schema";'
        elif name.startswith("sqlite_"):
            continue
        elif sql.upper().startswith("CREATE VIRTUAL TABLE"):
            if not writable_schema:
                writable_schema = True
                yield "PRAGMA writable_schema=ON;"
            yield _virtual_table(name, sql)
        else:
            yield f"{sql};"
            yield from _rows(database, name)
    for (sql,) in database.execute(_OTHERS, (like,)).fetchall():
        yield f"{sql};"
    yield from sequences
    if writable_schema:
        yield "PRAGMA writable_schema=OFF;"
    yield "COMMIT;"


def _breaks_foreign_keys(database: apsw.Connection) -> bool:
    try:
        return database.execute("PRAGMA foreign_key_check").fetchone() is not None
    except apsw.SQLError:  # a key refers to what no key can
        return True


def _virtual_table(name: str, sql: str) -> str:
    """Written into the schema: its shadow tables are dumped too and must not be made twice."""
    name, sql = apsw.format_sql_value(name), apsw.format_sql_value(sql)
    return (
        "INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)"
        f"VALUES('table',{name},{name},0,{sql});"
    )


def _rows(database: apsw.Connection, table: str) -> Iterator[str]:
    quoted = _quote(table)
    columns: Any = database.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
    names = ", ".join(_quote(name) for (name,) in columns)
    for row in database.execute(f"SELECT {names} FROM {quoted}"):
        yield f"INSERT INTO {quoted} VALUES({','.join(map(apsw.format_sql_value, row))});"


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
