"""What the driver knows of a statement once SQLite has prepared it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import apsw

from awsvtab.dbapi.row import Description
from awsvtab.errors import ProgrammingError
from awsvtab.sql import Rewritten

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


@dataclass(frozen=True, slots=True)
class Statement:
    """One prepared statement.

    ``text`` is what SQLite is given: ``rewritten`` without what follows the semicolon.
    ``columns`` are the (name, declared type) of its rows, empty where it returns none.
    ``writes`` is True for INSERT, UPDATE, DELETE and REPLACE, with or without a WITH clause:
    what opens a transaction and has a ``rowcount``. ``counts_only_its_rows`` is True where
    SQLite's ``total_changes`` grows by its rows and no others; None as long as nobody asked.
    """

    rewritten: Rewritten
    text: str
    keyword: str
    writes: bool
    columns: tuple[tuple[str, str | None], ...]
    description: Description | None
    counts_only_its_rows: bool | None = None

    @property
    def keeps_schema(self) -> bool:
        """False where what is known of other statements may be wrong after this one."""
        return self.keyword in _KEEPS_SCHEMA

    @property
    def inserts(self) -> bool:
        """True where it may set ``lastrowid``."""
        return self.writes and self.keyword not in ("UPDATE", "DELETE")


def describe(source: apsw.Cursor, text: str, rewritten: Rewritten, strip_names: bool) -> Statement:
    """The statement that ``source`` has prepared; to be called from its ``exec_trace``."""
    keyword = first_keyword(text)
    columns = source.get_description() if source.has_vdbe else ()
    return Statement(
        rewritten,
        text,
        keyword,
        keyword in _DML or (keyword == "WITH" and not source.is_readonly),
        columns,
        describe_columns(columns, strip_names),
    )


def describe_columns(
    columns: tuple[tuple[str, str | None], ...], strip_names: bool
) -> Description | None:
    """PEP 249's ``description``; with ``strip_names``, ``"at [timestamp]"`` is named ``at``."""
    if not columns:
        return None
    names = (name.split(" [", 1)[0] if strip_names else name for name, _ in columns)
    return tuple((name, None, None, None, None, None, None) for name in names)


def first_keyword(sql: str) -> str:
    """The first word after blanks and comments, in capitals."""
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


def look_for_subprograms(
    database: apsw.Connection, statement: Statement, bindings: Any
) -> Statement:
    """``statement``, with ``counts_only_its_rows`` known.

    Triggers and foreign key actions are subprograms, and virtual tables may write elsewhere.
    """
    source = database.cursor()
    source.exec_trace = lambda *_: True  # not the user's: this is none of his statements
    steps = source.execute(statement.text, bindings, explain=1)
    plain = {"Program", "VUpdate"}.isdisjoint(step[1] for step in steps)
    return replace(statement, counts_only_its_rows=plain)
