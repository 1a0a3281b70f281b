"""What the driver knows of a statement once SQLite has prepared it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from awsvtab.dbapi.deprecation import NAMED_WANT_NAMES
from awsvtab.dbapi.pep249 import type_code
from awsvtab.dbapi.row import Description
from awsvtab.errors import ProgrammingError
from awsvtab.sql import Rewritten

Columns = tuple[tuple[str, str | None], ...]

_BLANK = r"(?>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))*"
_KEYWORD = re.compile(_BLANK + r"(\w*)", re.DOTALL)
_NOTHING = re.compile(_BLANK + r";*" + _BLANK, re.DOTALL)

_DML = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE"})

# What leaves names, columns and attached databases as they were.
_KEEPS_SCHEMA = _DML | {
    "SELECT",
    "VALUES",
    "WITH",
    "EXPLAIN",
    "BEGIN",
    "COMMIT",
    "END",
    "SAVEPOINT",
    "RELEASE",
}


@dataclass(slots=True, eq=False)
class Statement:
    """One prepared statement.

    ``text`` is what SQLite is given: ``rewritten`` without what follows the semicolon.
    ``columns`` are the (name, declared type) of its rows, empty where it returns none.
    ``writes`` is True for INSERT, UPDATE, DELETE and REPLACE, with or without a WITH clause:
    what opens a transaction and has a ``rowcount``; ``inserts`` where it may set ``lastrowid``.
    ``keeps_schema`` is False where what is known of other statements may be wrong after it.
    ``names`` are those of its parameters, None where it has a number only; empty where it makes
    no difference.
    ``counts_only_its_rows`` is True where SQLite's ``total_changes`` grows by its rows and no
    others; None as long as nobody asked.
    """

    rewritten: Rewritten
    text: str
    writes: bool
    inserts: bool
    keeps_schema: bool
    columns: Columns
    names: tuple[str | None, ...] = ()
    counts_only_its_rows: bool | None = None


def describe(source: apsw.Cursor, text: str, rewritten: Rewritten) -> Statement:
    """The statement that ``source`` has prepared; to be called from its ``exec_trace``."""
    keyword = first_keyword(text)
    writes = keyword in _DML or (keyword == "WITH" and not source.is_readonly)
    return Statement(
        rewritten,
        text,
        writes,
        writes and keyword not in ("UPDATE", "DELETE"),
        keyword in _KEEPS_SCHEMA,
        source.get_description(),
        _names(source.bindings_names) if NAMED_WANT_NAMES else (),
    )


def _names(names: Sequence[str | None]) -> tuple[str | None, ...]:
    """Without those of parameters such as ``?1``."""
    found = tuple([None if name is None or name.isdigit() else name for name in names])
    return found if any(found) else ()


def describe_columns(columns: Columns, strip_names: bool) -> Description | None:
    """PEP 249's ``description``; with ``strip_names``, ``"at [timestamp]"`` is named ``at``."""
    if not columns:
        return None
    if strip_names:
        columns = tuple([(name.split(" [", 1)[0], declared) for name, declared in columns])
    nothing = (None, None, None, None, None)
    return tuple([(name, type_code(declared), *nothing) for name, declared in columns])


def first_keyword(sql: str) -> str:
    """The first word after blanks and comments, in capitals."""
    word = sql.partition(" ")[0]
    if word.isalpha():  # as nearly always, and much faster than a match
        return word.upper()
    match = _KEYWORD.match(sql)
    return match[1].upper() if match else ""


def check_text(sql: str) -> None:
    """Raises TypeError or ProgrammingError for what no statement can be."""
    if not isinstance(sql, str):
        raise TypeError(f"the SQL must be str, not {type(sql).__name__}")
    if "\0" in sql:
        raise ProgrammingError("the query contains a null character")


def is_blank(sql: str) -> bool:
    """True where nothing but blanks, comments and a semicolon is left."""
    return _NOTHING.fullmatch(sql) is not None


def counts_only_its_rows(database: apsw.Connection, statement: Statement, bindings: Any) -> bool:
    """Whether ``total_changes()`` is to be trusted for what ``statement`` writes.

    Triggers and foreign key actions are subprograms, and virtual tables may write elsewhere. Those
    that are only read may want a statement to be run again, which APSW's executemany does not do.
    """
    if statement.rewritten.edits:
        return False
    # Not from APSW's cache, see Execution._describe.
    steps = database.execute(statement.text, bindings, explain=1, can_cache=False)
    return {"Program", "VUpdate", "VFilter"}.isdisjoint(step[1] for step in steps)
