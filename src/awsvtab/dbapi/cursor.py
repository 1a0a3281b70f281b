"""A cursor: one statement at a time, and its rows."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Self

import apsw

from awsvtab.dbapi.adapt import Parameters, bindable
from awsvtab.dbapi.convert import Conversion
from awsvtab.dbapi.row import Description, Row
from awsvtab.dbapi.statement import (
    Statement,
    check_text,
    counts_only_its_rows,
    describe,
    describe_columns,
    is_blank,
)
from awsvtab.dbapi.translate import translate, translate_undecodable
from awsvtab.errors import DataError, ProgrammingError
from awsvtab.sql import Rewritten

if TYPE_CHECKING:
    from awsvtab.dbapi.connection import Connection

RowFactory = Callable[["Cursor", tuple[Any, ...]], Any]
Values = tuple[Any, ...]


class Cursor:
    """PEP 249's cursor, made by `Connection.cursor`.

    ``rowcount`` is the number of rows that INSERT, UPDATE, DELETE or REPLACE wrote, else -1.
    ``lastrowid`` is the rowid of the last row inserted with `execute`.
    """

    arraysize: int = 1
    rowcount: int = -1
    lastrowid: int | None = None
    connection: Connection
    row_factory: RowFactory | None = None
    """Called with the cursor and each row; what it returns is the row."""

    _source: apsw.Cursor | None = None
    _closed = False
    _statement: Statement | None = None
    _rewritten: Rewritten | None = None
    # The rows of a statement that wrote (RETURNING), which are read at once: see _executed.
    _returned: Iterator[Values] | None = None
    _conversion: Conversion | None = None
    _make_row: Callable[[Values], Row] | None = None

    def __init__(self, connection: Connection, /) -> None:
        from awsvtab.dbapi.connection import Connection

        self._refuse_recursion()
        if not isinstance(connection, Connection):
            raise TypeError(f"Cursor() takes a Connection, not {type(connection).__name__}")
        self._source = connection._open_database().cursor()
        self._closed = False
        self.connection = connection
        self.row_factory = connection.row_factory

    @property
    def description(self) -> Description | None:
        """One tuple of seven for each column, the name first; None where there are no rows."""
        statement = self._statement
        if statement is None:
            return None
        columns = self._columns()
        if columns is statement.columns:
            return statement.description
        return describe_columns(columns, self.connection._strips_names)

    def execute(self, sql: str, parameters: Parameters = (), /) -> Self:
        """Run one statement, as far as its first row."""
        source = self._ready()
        bindings = bindable(parameters)
        try:
            source.execute(self._start(source, sql), bindings)
        except Exception as error:
            self._failed(source, error, self._rewritten, bindings)
            raise
        statement = self._statement
        if statement is not None:
            if statement.writes:
                self._wrote(source, statement)
            elif not statement.keeps_schema:
                self.connection._statements.clear()
        return self

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Self:
        """Run one INSERT, UPDATE, DELETE or REPLACE for each of ``parameters``."""
        source = self._ready()
        rows = map(bindable, parameters)
        written = 0
        try:
            text = self._start(source, sql, many=True)
            for first in rows:
                written = self._run_all(source, text, first, chain((first,), rows))
        except Exception as error:
            self._failed(source, error, self._rewritten, ())
            raise
        source.exec_trace = None
        self.rowcount = written
        return self

    def executescript(self, script: str, /) -> Self:
        """Commit what is open, then run every statement of ``script``, without parameters.

        Raises ProgrammingError while AWS changes are queued: an implicit commit applies none.
        """
        if not isinstance(script, str):
            raise TypeError(f"executescript() takes a str, not {type(script).__name__}")
        if "\0" in script:
            raise ValueError("embedded null character")
        source = self._ready()
        self.connection._commit_implicitly("run executescript()")
        self._forget()
        rewritten = self.connection._registration.rewrite(script)
        try:
            deque(source.execute(rewritten.text), maxlen=0)
        except Exception as error:
            self._failed(source, error, rewritten, ())
            raise
        finally:
            self.connection._statements.clear()
        return self

    def fetchone(self) -> Any:
        """The next row, or None."""
        source = self._ready()
        try:
            row = next(self._returned or source, None)
            shape = self._shape()
            return row if row is None or shape is None else shape(row)
        except (apsw.Error, UnicodeDecodeError) as error:
            self._fetch_failed(error)
            raise

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next ``size`` rows, by default ``arraysize``; fewer, and then none, at the end."""
        self._ready()
        return list(islice(self, self.arraysize if size is None else size))

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        source = self._ready()
        try:
            shape = self._shape()
            rows = self._returned or source
            return list(rows) if shape is None else list(map(shape, rows))
        except (apsw.Error, UnicodeDecodeError) as error:
            self._fetch_failed(error)
            raise

    def __iter__(self) -> Iterator[Any]:
        """The rows that are left. A generator: a method call for each row would cost more."""
        source = self._ready()
        shape = self._shape()
        rows = self._returned or source
        try:
            # No `yield from`: it would close the APSW cursor with the generator.
            for row in rows if shape is None else map(shape, rows):  # noqa: UP028
                yield row
        except (apsw.Error, UnicodeDecodeError) as error:
            self._fetch_failed(error)
            raise

    def __next__(self) -> Any:
        return next(iter(self))

    def close(self) -> None:
        """Give up the rows that are left; the cursor cannot be used again."""
        if self._source is None and not self._closed:
            raise ProgrammingError("Base Cursor.__init__ not called.")
        self._refuse_recursion()
        self.connection._check_thread()
        if self._source is not None:
            self._source.close(True)
        self._source = None
        self._closed = True
        self._forget()

    def setinputsizes(self, sizes: object, /) -> None:
        """Nothing to do: SQLite needs no sizes (PEP 249 requires the method)."""

    def setoutputsize(self, size: object, column: object = None, /) -> None:
        """Nothing to do: SQLite needs no sizes (PEP 249 requires the method)."""

    def _ready(self) -> apsw.Cursor:
        """The APSW cursor. Raises ProgrammingError if it may not be used here and now."""
        source = self._source
        if source is None:
            raise ProgrammingError(
                "Cannot operate on a closed cursor."
                if self._closed
                else "Base Cursor.__init__ not called."
            )
        self.connection._open_database()
        self._refuse_recursion()
        return source

    def _refuse_recursion(self) -> None:
        if self._conversion is not None and self._conversion.busy:
            raise ProgrammingError("Recursive use of cursors not allowed.")

    def _forget(self) -> None:
        self._statement = self._returned = self._conversion = self._make_row = None
        self.rowcount = -1

    def _start(self, source: apsw.Cursor, sql: str, many: bool = False) -> str:
        """The text to run. What is not yet known of it is noted once SQLite has prepared it."""
        self._forget()
        connection = self.connection
        statement = connection._statements.get(sql)
        if statement is None:
            check_text(sql)
            self._rewritten = rewritten = connection._registration.rewrite(sql)
            source.exec_trace = partial(self._prepared, sql, rewritten, many)
            return rewritten.text
        self._statement = statement
        self._rewritten = statement.rewritten
        if statement.writes:
            connection._begin_if_needed()
        elif many:
            raise ProgrammingError("executemany() can only execute DML statements.")
        return statement.rewritten.text

    def _prepared(
        self,
        sql: str,
        rewritten: Rewritten,
        many: bool,
        source: apsw.Cursor,
        text: str,
        bindings: Any,
    ) -> bool:
        """APSW's exec_trace, called when a statement is prepared and not yet run."""
        source.exec_trace = None
        connection = self.connection
        # A cursor's tracer hides the connection's, by which virtual tables know which statement
        # was prepared: it is told before any other statement, such as BEGIN, is.
        tracer = source.connection.exec_trace
        if tracer is not None and not tracer(source, text, bindings):
            return False
        if not is_blank(rewritten.text[len(text) :]):
            raise ProgrammingError("You can only execute one statement at a time.")
        statement = describe(source, rewritten, connection._strips_names)
        if many and not statement.writes:
            raise ProgrammingError("executemany() can only execute DML statements.")
        connection._remember(sql, statement)
        self._statement = statement
        if statement.writes:
            connection._begin_if_needed()
        return True

    def _wrote(self, source: apsw.Cursor, statement: Statement) -> None:
        database = source.connection
        if statement.columns:
            # RETURNING: SQLite has written all rows before it gives the first. While one is
            # unread the statement is open, and COMMIT would fail.
            self._returned = iter(source.fetchall())
        self.rowcount = database.changes()
        if statement.inserts:
            self.lastrowid = database.last_insert_rowid()

    def _run_all(self, source: apsw.Cursor, text: str, first: Any, rows: Iterable[Any]) -> int:
        """Run ``text`` for all rows and return how many rows it wrote."""
        database = source.connection
        if counts_only_its_rows(database, text, first):
            before = database.total_changes()
            deque(source.executemany(text, rows), maxlen=0)
            return database.total_changes() - before
        written = 0
        for bindings in rows:
            deque(source.execute(text, bindings), maxlen=0)
            written += database.changes()
        return written

    def _shape(self) -> Callable[[Values], Any] | None:
        """What makes a row as SQLite gives it one as the user wants it; None for nothing."""
        convert = self._convert()
        factory = self.row_factory
        if factory is None:
            return convert
        if factory in (Row, sqlite3.Row):
            if self._make_row is None:
                self._make_row = Row.maker(self.description)
            make: Callable[[Values], Any] = self._make_row
        else:
            make = partial(factory, self)
        return make if convert is None else lambda row: make(convert(row))

    def _convert(self) -> Conversion | None:
        connection = self.connection
        if not connection._converts:
            return None
        if self._conversion is None:
            self._conversion = connection._conversion(self._columns())
        return None if self._conversion.changes_nothing else self._conversion

    def _columns(self) -> tuple[tuple[str, str | None], ...]:
        """(name, declared type) of each column: SQLite's, which another connection may have
        changed since the statement was first prepared here, else as prepared."""
        statement = self._statement
        if statement is None or self._source is None:
            return ()
        try:
            columns = self._source.get_description()
        except apsw.Error:  # all rows are read
            return statement.columns
        return statement.columns if columns == statement.columns else columns

    def _failed(
        self, source: apsw.Cursor, error: Exception, rewritten: Rewritten | None, bindings: Any
    ) -> None:
        """Raise what ``error`` means, where it is not an exception for the user already."""
        source.exec_trace = None
        if isinstance(error, apsw.TooBigError) and self._statement is None:
            raise DataError("query string is too large") from None
        if isinstance(error, apsw.Error):
            raise translate(error, rewritten) from None
        if isinstance(error, KeyError) and isinstance(bindings, dict):
            name = error.args[0]
            if name not in bindings:
                raise ProgrammingError(
                    f"You did not supply a value for binding parameter :{name}."
                ) from None
        if isinstance(error, OverflowError) and str(error) == "int too big to convert":
            raise OverflowError("Python int too large to convert to SQLite INTEGER") from None

    def _fetch_failed(self, error: Exception) -> None:
        if isinstance(error, apsw.Error):
            raise translate(error) from None
        # One that was raised by a converter has that converter's frame in its traceback.
        from_sqlite = error.__traceback__ is not None and error.__traceback__.tb_next is None
        if isinstance(error, UnicodeDecodeError) and from_sqlite:
            raise translate_undecodable(error, self.description) from None
