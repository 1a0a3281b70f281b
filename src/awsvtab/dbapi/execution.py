"""Running a statement: what is prepared, what begins a transaction, what was written."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import apsw

from awsvtab.dbapi.statement import (
    Statement,
    check_text,
    describe,
    is_blank,
    look_for_subprograms,
)
from awsvtab.dbapi.translate import translate
from awsvtab.errors import DataError, ProgrammingError
from awsvtab.sql import Rewritten

if TYPE_CHECKING:
    from awsvtab.dbapi.connection import Connection

Values = tuple[Any, ...]


class Execution:
    """The half of a cursor that runs statements; `Cursor` is the half that gives rows."""

    connection: Connection
    rowcount: int = -1
    lastrowid: int | None = None

    _statement: Statement | None = None
    _rewritten: Rewritten | None = None
    # The rows of a statement that wrote (RETURNING), see _wrote.
    _returned: Iterator[Values] | None = None

    def _run(self, source: apsw.Cursor, sql: str, bindings: Any) -> None:
        """Run one statement as far as its first row."""
        try:
            statement = self.connection._statements.get(sql)
            if statement is None:
                self._run_unknown(source, sql, bindings)
            else:
                self._start(statement)
                _trace_as_connection(source)
                source.execute(statement.text, bindings)
        except Exception as error:
            self._failed(source, error, bindings)
            raise
        statement = self._statement
        if statement is not None:
            if statement.writes:
                self._wrote(source.connection, source, statement)
            elif not statement.keeps_schema:
                self.connection._statements.clear()

    def _run_unknown(self, source: apsw.Cursor, sql: str, bindings: Any) -> None:
        """Run a statement that the connection has not seen, and note what SQLite says of it."""
        rewritten = self._rewrite(sql)
        # Held in a variable: APSW does not hold a tracer that takes itself out while it runs.
        tracer = partial(self._prepared, sql, rewritten)
        source.exec_trace = tracer
        try:
            # Not from APSW's cache: there, columns are those that a table had in the past.
            source.execute(rewritten.text, bindings, can_cache=False)
        except apsw.ExecTraceAbort:
            statement = self._statement
            if statement is None or statement.text == rewritten.text:
                raise
            self._start(statement)
            _trace_as_connection(source)
            source.execute(statement.text, bindings)

    def _prepared(
        self, sql: str, rewritten: Rewritten, source: apsw.Cursor, text: str, bindings: Any
    ) -> bool:
        """APSW's exec_trace, called when a statement is prepared and has not run."""
        _trace_as_connection(source)
        statement = self._describe(source, text, sql, rewritten)
        if text != rewritten.text:
            # Again without the comment after it, or APSW would wait to run that too.
            self._statement = statement
            return False
        self._start(statement)
        tracer = source.exec_trace
        return tracer is None or tracer(source, text, bindings)

    def _describe(
        self, source: apsw.Cursor, text: str, sql: str, rewritten: Rewritten
    ) -> Statement:
        if not is_blank(rewritten.text[len(text) :]):
            raise ProgrammingError("You can only execute one statement at a time.")
        connection = self.connection
        statement = describe(source, text, rewritten, connection._strips_names)
        connection._remember(sql, statement)
        return statement

    def _start(self, statement: Statement) -> None:
        self._statement = statement
        self._rewritten = statement.rewritten
        if statement.writes:
            self.connection._begin_if_needed()

    def _wrote(self, database: apsw.Connection, source: apsw.Cursor, statement: Statement) -> None:
        if statement.columns:
            # SQLite has written all rows before it gives the first. While one is unread the
            # statement is open, and COMMIT would fail.
            self._returned = iter(source.fetchall())
        self.rowcount = database.changes()
        if statement.inserts:
            self.lastrowid = database.last_insert_rowid()

    def _run_many(self, source: apsw.Cursor, sql: str, rows: Iterator[Any]) -> int:
        """Run one statement that writes for all ``rows``; how many rows it wrote."""
        for first in rows:
            try:
                statement = self._look_at(source, sql, first)
                if not statement.writes:
                    raise ProgrammingError("executemany() can only execute DML statements.")
                self._start(statement)
                return self._run_all(source, statement, chain((first,), rows))
            except Exception as error:
                self._failed(source, error, first)
                raise
        return 0

    def _look_at(self, source: apsw.Cursor, sql: str, bindings: Any) -> Statement:
        """What SQLite says of a statement, and whether it counts only its rows; runs nothing."""
        statement = self.connection._statements.get(sql)
        if statement is None:
            rewritten = self._rewrite(sql)
            found: list[Statement] = []

            def look(source: apsw.Cursor, text: str, bindings: Any) -> bool:
                found.append(self._describe(source, text, sql, rewritten))
                return False

            source.exec_trace = look
            with suppress(apsw.ExecTraceAbort):
                source.execute(rewritten.text, bindings)
            _trace_as_connection(source)
            statement = found[0]
        if statement.writes and statement.counts_only_its_rows is None:
            statement = look_for_subprograms(source.connection, statement, bindings)
            self.connection._remember(sql, statement)
        return statement

    def _run_all(self, source: apsw.Cursor, statement: Statement, rows: Iterable[Any]) -> int:
        database = source.connection
        if statement.counts_only_its_rows:
            before = database.total_changes()
            deque(source.executemany(statement.text, rows), maxlen=0)
            return database.total_changes() - before
        written = 0
        for bindings in rows:
            deque(source.execute(statement.text, bindings), maxlen=0)
            written += database.changes()
        return written

    def _rewrite(self, sql: str) -> Rewritten:
        check_text(sql)
        self._rewritten = rewritten = self.connection._registration.rewrite(sql)
        return rewritten

    def _failed(self, source: apsw.Cursor, error: Exception, bindings: Any) -> None:
        """Raise what ``error`` means, where it is not an exception for the user already."""
        _trace_as_connection(source)
        if isinstance(error, apsw.TooBigError) and self._statement is None:
            raise DataError("query string is too large") from None
        if isinstance(error, apsw.Error):
            raise translate(error, self._rewritten) from None
        if isinstance(error, KeyError) and isinstance(bindings, dict):
            name = error.args[0]
            if name not in bindings:
                raise ProgrammingError(
                    f"You did not supply a value for binding parameter :{name}."
                ) from None
        if isinstance(error, OverflowError) and str(error) == "int too big to convert":
            raise OverflowError("Python int too large to convert to SQLite INTEGER") from None


def _trace_as_connection(source: apsw.Cursor) -> None:
    """A cursor that has had a tracer never falls back to its connection's, not even with None.

    The connection's is how virtual tables and `set_trace_callback` learn of statements.
    """
    source.exec_trace = source.connection.exec_trace
