"""Running a statement: what is prepared, what begins a transaction, what was written."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import apsw

from awsvtab.cloudcontrol import ProgressEvent
from awsvtab.commit import DoneButBusy
from awsvtab.dbapi.deprecation import warn_of_names
from awsvtab.dbapi.statement import (
    Statement,
    check_text,
    counts_only_its_rows,
    describe,
    is_blank,
)
from awsvtab.dbapi.translate import translate
from awsvtab.errors import DataError, ProgrammingError
from awsvtab.ledger import Written
from awsvtab.sql import Rewritten
from awsvtab.statements import EMPTY_SET

if TYPE_CHECKING:
    from awsvtab.dbapi.connection import Connection

Values = tuple[Any, ...]


# What a text is that holds no statement: blanks and comments.
NOTHING = Statement(Rewritten(""), "", False, False, True, ())


class Execution:
    """The half of a cursor that runs statements; `Cursor` is the half that gives rows."""

    connection: Connection
    rowcount: int = -1
    lastrowid: int | None = None

    _statement: Statement | None = None
    _rewritten: Rewritten | None = None
    _had_tracer = False
    # While executemany runs: its parameters may come from code that uses this cursor.
    _busy = False
    # The rows of a statement that wrote (RETURNING), see _wrote.
    _returned: Iterator[Values] | None = None
    # What a statement that is no query has changed of AWS's.
    _written: Written | None = None

    @property
    def progress_events(self) -> list[ProgressEvent]:
        """The last progress events of the changes that the last statement has applied.

        Of a COMMIT, or a statement outside of transactions, those that it sent; of a statement
        inside of one those that it queued, once they are applied.
        """
        return [] if self._written is None else self._written.events()

    def _run(self, source: apsw.Cursor, sql: str, bindings: Any) -> None:
        """Run one statement as far as its first row."""
        try:
            statement = self._run_either(source, sql, bindings)
            if statement.writes:
                self._wrote(source, statement)
        except DoneButBusy as done:  # outside of transactions: SQLite has forgotten the count
            self.rowcount = done.rows
            return
        except Exception as error:
            if self._is_done_despite(error):
                return
            self._failed(source, error, bindings)
            raise
        finally:
            if self._written is not None:
                self._written.end()
        if not statement.keeps_schema:
            self.connection._statements.clear()
            self._warn_of_hidden(statement.text)

    def _warn_of_hidden(self, sql: str) -> None:
        if "create" in sql.lower():
            self.connection._registration.warn_of_hidden(sql)

    def _is_done_despite(self, error: Exception) -> bool:
        return self.connection._registration.committer.is_done_despite(error)

    def _run_either(self, source: apsw.Cursor, sql: str, bindings: Any) -> Statement:
        """Run a statement; once more, without sets, where APSW cannot make an empty one."""
        statement = self.connection._statements.get(sql)
        try:
            if statement is None:
                return self._run_unknown(source, sql, bindings)
            if statement.names and isinstance(bindings, tuple | list):
                warn_of_names(statement.names)
            self._start(source, statement)
            source.execute(statement.text, bindings)
            return statement
        except apsw.SQLError as error:
            if str(error) != EMPTY_SET:
                raise
        with self.connection._registration.without_sets():
            return self._run_unknown(source, sql, bindings)

    def _run_unknown(self, source: apsw.Cursor, sql: str, bindings: Any) -> Statement:
        """Run a statement that the connection has not seen, and note what SQLite says of it."""
        rewritten = self._rewrite(sql)
        statement = NOTHING

        def prepared(source: apsw.Cursor, text: str, bindings: Any) -> bool:
            nonlocal statement
            connection = self.connection
            # This tracer hides the connection's, by which virtual tables know which statement was
            # prepared: it is told before any other statement, such as BEGIN, is.
            tracer = source.connection.exec_trace
            if tracer is not None:
                # Not `_trace_held`: a context manager would cost a tenth of the whole.
                connection._holds_trace = True
                try:
                    tracer(source, text, bindings)
                finally:
                    connection._holds_trace = False
            statement = self._describe(source, text, sql, rewritten)
            if statement.names and isinstance(bindings, tuple | list):
                warn_of_names(statement.names)
            if text != rewritten.text:
                # Again without the comment after it, or APSW would wait to run that too.
                return False
            self._start(source, statement)
            if connection._trace is not None:
                connection._call_trace(source, text)
            return True

        try:
            self._trace(source, prepared)
            # Not from APSW's cache: there, columns are those that a table had in the past.
            source.execute(rewritten.text, bindings, can_cache=False)
        except apsw.ExecTraceAbort:
            if statement is NOTHING or statement.text == rewritten.text:
                raise
            source.exec_trace = None
            self._start(source, statement)
            source.execute(statement.text, bindings, can_cache=False)
        finally:
            source.exec_trace = None
        return statement

    def _trace(self, source: apsw.Cursor, tracer: apsw.ExecTracer) -> None:
        self._had_tracer = True
        source.exec_trace = tracer

    def _describe(
        self, source: apsw.Cursor, text: str, sql: str, rewritten: Rewritten
    ) -> Statement:
        if text != rewritten.text and not is_blank(rewritten.text[len(text) :]):
            raise ProgrammingError("You can only execute one statement at a time.")
        statement = describe(source, text, rewritten)
        if not source.is_explain:
            # SQLite (3.54.1) crashes where an EXPLAIN that was prepared before the schema changed
            # runs after, as one from APSW's cache may: those are prepared each time.
            self.connection._remember(sql, statement)
        return statement

    def _start(self, source: apsw.Cursor, statement: Statement) -> None:
        self._statement = statement
        connection = self.connection
        if (self._had_tracer or statement.writes or not statement.columns) and (
            connection._registration.is_used or connection._dispatches_trace
        ):
            self._start_observed(source, statement)
        if statement.writes:
            begin = connection._begin
            if begin is not None and not source.connection.in_transaction:
                source.connection.execute(begin)
        elif self._busy:
            raise ProgrammingError("executemany() can only execute DML statements.")

    def _start_observed(self, source: apsw.Cursor, statement: Statement) -> None:
        """What is to be done before a statement where AWS tables or a trace may ask about it."""
        registration = self.connection._registration
        if self._written is None and (statement.writes or not statement.columns):
            self._written = registration.written() if registration.is_used else None
        if self._had_tracer:
            # Such a cursor never falls back to its connection's tracer, not even with None.
            source.exec_trace = source.connection.exec_trace

    def _wrote(self, source: apsw.Cursor, statement: Statement) -> None:
        if statement.columns:
            # RETURNING: SQLite has written all rows before it gives the first. While one is
            # unread the statement is open, and COMMIT would fail. What ends a transaction may
            # fail after the last.
            rows: list[Values] = []
            self._returned = iter(rows)
            for row in source:
                rows.append(row)
        database = source.connection
        if self._written is None:  # no AWS table, so nothing is counted that was left out
            self.rowcount = database.changes()
        else:
            self.rowcount = self._rows_written(database)
        if statement.inserts and not self._busy:
            self.lastrowid = database.last_insert_rowid()

    def _run_many(self, source: apsw.Cursor, sql: str, rows: Iterator[Any]) -> int:
        """Run one statement that writes for all ``rows``; how many rows it wrote."""
        for first in rows:
            self._run(source, sql, first)
            written, self._returned = max(self.rowcount, 0), None
            try:
                return written + self._run_rest(source, first, rows)
            except Exception as error:
                self._failed(source, error, {})
                raise
            finally:
                if self._written is not None:
                    self._written.end()
        return 0

    def _run_rest(self, source: apsw.Cursor, first: Any, rows: Iterator[Any]) -> int:
        statement, database = self._statement or NOTHING, source.connection
        if statement.counts_only_its_rows is None:
            with self.connection._trace_held():
                plain = counts_only_its_rows(database, statement, first)
            statement.counts_only_its_rows = plain
        self._start(source, statement)
        if statement.counts_only_its_rows:
            before = database.total_changes()
            deque(source.executemany(statement.text, rows), maxlen=0)
            return database.total_changes() - before
        return sum(self._run_again(source, statement, bindings) for bindings in rows)

    def _run_again(self, source: apsw.Cursor, statement: Statement, bindings: Any) -> int:
        """Run the same statement with other parameters; how many rows it wrote."""
        try:
            self._drain(source, statement, bindings)
        except DoneButBusy as done:
            return done.rows
        except apsw.BusyError as error:
            if not self._is_done_despite(error):
                raise
            return 0
        return self._rows_written(source.connection)

    def _drain(self, source: apsw.Cursor, statement: Statement, bindings: Any) -> None:
        """Run a statement to its end; without sets, where APSW cannot make an empty one."""
        try:
            deque(source.execute(statement.text, bindings), maxlen=0)
            return
        except apsw.SQLError as error:
            if str(error) != EMPTY_SET:
                raise
        with self.connection._registration.without_sets():
            deque(source.execute(statement.text, bindings, can_cache=False), maxlen=0)

    def _rows_written(self, database: apsw.Connection) -> int:
        """How many rows the last statement wrote. SQLite counts those that OR IGNORE left out."""
        return database.changes() - self.connection._registration.ignored

    def _run_script(self, source: apsw.Cursor, rewritten: Rewritten) -> None:
        """Run all statements of a script, without their rows."""
        script = rewritten.text
        begun = 0  # characters

        def begins(source: apsw.Cursor, text: str, bindings: Any) -> bool:
            nonlocal begun
            begun += len(text)
            tracer = source.connection.exec_trace
            return tracer is None or tracer(source, text, bindings)

        if self.connection._registration.is_used or rewritten.edits:  # it costs local scripts
            self._trace(source, begins)
        try:
            while True:
                try:
                    deque(source.execute(script[begun:], can_cache=False), maxlen=0)
                    return
                except Exception as error:
                    if not begun or not self._is_done_despite(error):
                        raise
        finally:
            source.exec_trace = None

    def _rewrite(self, sql: str) -> Rewritten:
        check_text(sql)
        self._rewritten = rewritten = self.connection._registration.rewrite(sql)
        return rewritten

    def _failed(self, source: apsw.Cursor, error: Exception, bindings: Any) -> None:
        """Raise what ``error`` means, where it is not an exception for the user already."""
        self.rowcount = -1
        if isinstance(error, apsw.TooBigError) and self._statement is None:
            raise DataError("query string is too large") from None
        if isinstance(error, apsw.Error):
            statement = self._statement
            rewritten = self._rewritten if statement is None else statement.rewritten
            text = "" if rewritten is None else rewritten.text
            hint = self.connection._registration.hint(str(error), text)
            raise translate(error, rewritten, hint) from None
        if isinstance(error, KeyError) and isinstance(bindings, dict):
            name = error.args[0]
            if name not in bindings:
                raise ProgrammingError(
                    f"You did not supply a value for binding parameter :{name}."
                ) from None
        if isinstance(error, OverflowError) and str(error) == "int too big to convert":
            raise OverflowError("Python int too large to convert to SQLite INTEGER") from None
