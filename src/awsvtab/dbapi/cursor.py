"""A cursor: one statement at a time, and its rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from threading import get_ident
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn, Self

import apsw

from awsvtab.dbapi.adaptation import Parameters, bindable
from awsvtab.dbapi.convert import Conversion
from awsvtab.dbapi.execution import Execution, Values
from awsvtab.dbapi.row import Description, Row
from awsvtab.dbapi.statement import Columns, describe_columns
from awsvtab.dbapi.translate import translate, translate_undecodable
from awsvtab.errors import ProgrammingError

if TYPE_CHECKING:
    import pyarrow

    from awsvtab.dbapi.connection import Connection

RowFactory = Callable[["Cursor", tuple[Any, ...]], Any]


_NONE: tuple[()] = ()


class Cursor(Execution):
    """PEP 249's cursor, made by `Connection.cursor`.

    ``rowcount`` is the number of rows that INSERT, UPDATE, DELETE or REPLACE wrote, else -1.
    ``lastrowid`` is the rowid of the last row inserted with `execute`.
    """

    arraysize: int = 1
    row_factory: RowFactory | None = None
    """Called with the cursor and each row; what it returns is the row."""

    _source: apsw.Cursor | None = None
    _closed = False
    _conversion: Conversion | None = None
    _make_row: Callable[[Values], Any] | None = None
    _description: Description | None = None
    # Whose rows are being read for Arrow.
    _reading: object | None = None

    def __init__(self, connection: Connection, /) -> None:
        if self._busy:
            self._refuse()
        try:
            database, thread = connection._database, connection._thread
        except AttributeError:
            kind = type(connection).__name__
            raise TypeError(f"Cursor() takes a Connection, not {kind}") from None
        if database is None or (thread is not None and thread != get_ident()):
            database = connection._open_database()
        self._source = database.cursor()
        self.connection = connection
        self.row_factory = connection.row_factory

    @property
    def description(self) -> Description | None:
        """One tuple of seven for each column, the name first; None where there are no rows."""
        if self._description is None:
            self._description = describe_columns(self._columns(), self.connection._strips_names)
        return self._description

    @property
    def declared_types(self) -> tuple[str | None, ...]:
        """The declared type of each column, None for an expression; empty where there are no rows.

        JSON and BOOLEAN are those whose values are more than SQLite's text and integers.
        """
        return tuple([declared for _, declared in self._columns()])

    def execute(self, sql: str, parameters: Parameters = _NONE, /) -> Self:
        """Run one statement, as far as its first row."""
        source = self._source  # as in `_ready`: a call would be a twentieth of the whole
        if source is None or self._busy:
            self._refuse()
        connection = self.connection
        thread = connection._thread
        if connection._database is None or (thread is not None and thread != get_ident()):
            connection._open_database()
        bindings = parameters if parameters is _NONE else bindable(parameters)
        if self._statement is not None:
            self._forget()
        self._run(source, sql, bindings)
        return self

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Self:
        """Run one INSERT, UPDATE, DELETE or REPLACE for each of ``parameters``."""
        source = self._ready()
        rows = map(bindable, parameters)
        self._forget()
        self._busy = True
        try:
            self.rowcount = self._run_many(source, sql, rows)
        finally:
            self._busy = False
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
        self._rewritten = self.connection._registration.rewrite(script)
        self._written = self.connection._registration.written()
        try:
            self._run_script(source, self._rewritten)
        except Exception as error:
            self._failed(source, error, ())
            raise
        finally:
            self.connection._statements.clear()
            if self._written is not None:
                self._written.end()
        self._warn_of_hidden(self._rewritten.text)
        return self

    def fetchone(self) -> Any:
        """The next row, or None."""
        source = self._ready()
        try:
            row = next(self._returned or source, None)
            if row is None or (self.row_factory is None and not self.connection._converts):
                return row
            shape = self._shape()
            return row if shape is None else shape(row)
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

    def fetch_arrow_table(self) -> pyarrow.Table:
        """The rows that are left as a ``pyarrow.Table``, typed by the columns' declared types.

        Rows are as SQLite gives them: neither row_factory nor converters are asked. Raises
        DataError, which names column and row, for a value that does not fit the column's type;
        ImportError without pyarrow (extra ``arrow``).
        """
        arrow = _arrow()
        return arrow.read_table(self._result_columns(), self._taking())

    def fetch_record_batches(self, rows_per_batch: int = 1024) -> pyarrow.RecordBatchReader:
        """The rows that are left as a ``pyarrow.RecordBatchReader``, as `fetch_arrow_table`.

        It reads ``rows_per_batch`` rows when it is asked for a batch, from this cursor: nothing
        else may be run on that before it has come to its end.
        """
        if rows_per_batch < 1:
            raise ProgrammingError(f"rows_per_batch is {rows_per_batch}: it must be at least 1")
        arrow = _arrow()
        return arrow.read_batches(self._result_columns(), self._taking(), rows_per_batch)

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
        if self._busy or (self._source is None and not self._closed):
            self._refuse()
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
        if source is None or self._busy:
            self._refuse()
        connection = self.connection
        thread = connection._thread
        if connection._database is None or (thread is not None and thread != get_ident()):
            connection._open_database()
        return source

    def _refuse(self) -> NoReturn:
        if self._busy:
            raise ProgrammingError("Recursive use of cursors not allowed.")
        if self._closed:
            raise ProgrammingError("Cannot operate on a closed cursor.")
        raise ProgrammingError("Base Cursor.__init__ not called.")

    def _forget(self) -> None:
        self.rowcount = -1
        self._statement = self._returned = self._description = self._reading = None
        if self._written is not None:
            self._written = None
        if self._conversion is not None or self._make_row is not None:
            self._conversion = self._make_row = None

    def _shape(self) -> Callable[[Values], Any] | None:
        """What makes a row as SQLite gives it one as the user wants it; None for nothing."""
        convert = self._convert() if self.connection._converts else None
        factory = self.row_factory
        if factory is None:
            return convert
        if factory in (Row, sqlite3.Row):
            make = self._make_row or Row._maker(self.description)
            self._make_row = make
        else:
            # Not kept, or the cursor would keep itself, and its statement, alive.
            make = partial(factory, self)
        return make if convert is None else lambda row: make(convert(row))

    def _convert(self) -> Callable[[Values], Values] | None:
        if self._conversion is None:
            self._conversion = self.connection._conversion(self._columns())
        conversion = self._conversion
        if conversion.changes_nothing:
            return None

        def convert(row: Values) -> Values:
            self._busy = True
            try:
                return conversion(row)
            finally:
                self._busy = False

        return convert

    def _columns(self) -> Columns:
        """(name, declared type) of each column, as SQLite says now: another connection may have
        changed the table since the statement was first prepared here. As then, if it is done."""
        statement, source = self._statement, self._source
        if statement is None or source is None or not statement.columns:
            return ()
        try:
            return source.get_description()
        except apsw.Error:  # all rows are read
            return statement.columns

    def _result_columns(self) -> Columns:
        self._ready()
        columns = self._columns()
        if not columns:
            raise ProgrammingError("there are no rows: the last statement returns none")
        return columns

    def _taking(self) -> Callable[[int | None], list[Values]]:
        """What gives the next rows, as SQLite gives them, while the statement is the same."""
        rows: Iterator[Values] = self._returned or self._ready()
        reading = self._reading = object()

        def take(count: int | None) -> list[Values]:
            self._ready()
            if self._reading is not reading:
                raise ProgrammingError("the cursor has run another statement since")
            try:
                return list(islice(rows, count))
            except (apsw.Error, UnicodeDecodeError) as error:
                self._fetch_failed(error)
                raise

        return take

    def _fetch_failed(self, error: Exception) -> None:
        if isinstance(error, apsw.Error):
            raise translate(error) from None
        # One that was raised by a converter has that converter's frame in its traceback.
        from_sqlite = error.__traceback__ is not None and error.__traceback__.tb_next is None
        if isinstance(error, UnicodeDecodeError) and from_sqlite:
            raise translate_undecodable(error, self.description) from None


def _arrow() -> ModuleType:
    try:
        from awsvtab.dbapi import arrow
    except ImportError as error:
        raise ImportError("Arrow needs pyarrow: pip install 'awsvtab[arrow]'") from error
    return arrow
