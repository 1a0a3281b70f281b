"""The connection: opening, cursors, closing."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from threading import get_ident
from typing import Any, Literal, TypeVar, overload

import apsw

from awsvtab import errors
from awsvtab.dbapi.adaptation import Parameters, convert_binding
from awsvtab.dbapi.callbacks import Callbacks
from awsvtab.dbapi.convert import PARSE_COLNAMES, Conversion
from awsvtab.dbapi.cursor import Cursor, RowFactory
from awsvtab.dbapi.deprecation import keywords
from awsvtab.dbapi.execution import NOTHING
from awsvtab.dbapi.statement import Statement, check_text
from awsvtab.dbapi.storage import Storage
from awsvtab.dbapi.transactions import (
    LEGACY_TRANSACTION_CONTROL,
    Transactions,
    check_autocommit,
    check_isolation_level,
)
from awsvtab.dbapi.translate import translate, translating
from awsvtab.explain import Explanation
from awsvtab.registration import register
from awsvtab.write_tables import PendingChange

Database = str | bytes | os.PathLike[str] | os.PathLike[bytes]
C = TypeVar("C", bound=Cursor)

CLOSE_WAIT_S = 10
"""How long `Connection.close` waits for other threads; what reads from AWS ends within one."""

KEYWORDS = (
    "timeout",
    "detect_types",
    "isolation_level",
    "check_same_thread",
    "factory",
    "cached_statements",
    "uri",
)
"""Parameters of `connect` that are to be given by keyword, and need not be."""


class BaseConnection(Transactions, Callbacks, Storage):
    """All of a connection but its being a ``sqlite3.Connection``; see `Connection`."""

    Warning = errors.Warning
    Error = errors.Error
    InterfaceError = errors.InterfaceError
    DatabaseError = errors.DatabaseError
    DataError = errors.DataError
    OperationalError = errors.OperationalError
    IntegrityError = errors.IntegrityError
    InternalError = errors.InternalError
    ProgrammingError = errors.ProgrammingError
    NotSupportedError = errors.NotSupportedError

    row_factory: RowFactory | None = None
    _text_factory: Callable[[bytes], Any] = str
    _converts = False
    _detect_types = 0
    _most_statements = 128

    @property
    def total_changes(self) -> int:
        """How many rows were written since the connection was opened."""
        return self._open_database().total_changes() - self._registration.all_ignored

    @property
    def apsw_connection(self) -> apsw.Connection:
        """The APSW connection beneath, for what this one has no method for.

        AWS tables have their underscore names there, and errors are APSW's. To begin or end a
        transaction there is the same as to do so here.
        """
        return self._open_database()

    @overload
    def cursor(self) -> Cursor: ...
    @overload
    def cursor(self, factory: Callable[[Connection], C]) -> C: ...
    def cursor(self, factory: Callable[..., Any] = Cursor) -> Any:
        """A new cursor: what ``factory`` returns for this connection, a `Cursor` at any rate."""
        if factory is Cursor:
            return Cursor(self)  # type: ignore[arg-type]
        self._open_database()
        cursor = factory(self)
        if not issubclass(type(cursor), Cursor):
            raise TypeError(f"factory must return a cursor, not {type(cursor).__name__}")
        return cursor

    def execute(self, sql: str, parameters: Parameters = (), /) -> Cursor:
        """`Cursor.execute` on a new cursor, which is returned."""
        return self.cursor().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Cursor:
        """`Cursor.executemany` on a new cursor, which is returned."""
        return self.cursor().executemany(sql, parameters)

    def executescript(self, script: str, /) -> Cursor:
        """`Cursor.executescript` on a new cursor, which is returned."""
        return self.cursor().executescript(script)

    def explain(self, sql: str, parameters: Parameters = (), /) -> Explanation:
        """How a statement would reach AWS: access paths, calls as far as they are known, actions.

        AWS is asked nothing, and the statement is not run; local tables are read for the keys that
        they hold. Raises what is wrong with the statement.
        """
        check_text(sql)
        self._open_database()
        rewritten = self._registration.rewrite(sql)
        try:
            return self._registration.explain(rewritten.text, parameters or None)
        except apsw.Error as error:
            message = self._registration.hint(str(error), rewritten.text)
            raise translate(error, rewritten, message) from None

    def pending_changes(self) -> list[PendingChange]:
        """What `commit` would send to AWS now, in order: the rows of ``aws_pending``.

        A table or view of that name in a database of the connection hides the one in SQL.
        """
        self._open_database()
        return self._registration.pending_changes()

    def __call__(self, sql: str, /) -> Statement:
        """Prepare ``sql`` without running it, and raise what is wrong with it."""
        check_text(sql)
        rewritten = self._registration.rewrite(sql)
        source = self._open_database().cursor()
        source.exec_trace = lambda *_: False
        try:
            source.execute(rewritten.text)
        except (apsw.ExecTraceAbort, apsw.BindingsError):
            pass  # prepared, and that was all
        except apsw.TooBigError:
            raise errors.DataError("query string is too large") from None
        except apsw.Error as error:
            raise translate(error, rewritten) from None
        return NOTHING

    def interrupt(self) -> None:
        """Stop what is running, from any thread: it raises OperationalError."""
        database = self._database
        if database is None:
            self._open_database()
        else:
            database.interrupt()

    def close(self) -> None:
        """Close; what is not committed is lost, queued AWS changes with it.

        What another thread runs is interrupted, and waited for: it raises OperationalError.
        """
        self._check_thread()
        if self._database is None:
            if not self._closed:
                self._open_database()
            return
        if self._thread is None:
            _stop_others(self._database)
        if self._autocommit is False:
            self._end_at_close()
        with translating:  # from a function that a statement calls it cannot be closed
            self._database.close(True)
        self._database = None
        self._closed = True
        self._statements.clear()
        self._registration.close()

    def __del__(self) -> None:
        # As sqlite3 does, since 3.13.
        if self._database is not None and sys.version_info >= (3, 13):
            warnings.warn(f"unclosed database in {self!r}", ResourceWarning, 1, self)

    @property
    def _strips_names(self) -> bool:
        return bool(self._detect_types & PARSE_COLNAMES)

    @property
    def text_factory(self) -> Callable[[bytes], Any]:
        """What makes a value of the UTF-8 bytes of text: ``str``."""
        return self._text_factory

    @text_factory.setter
    def text_factory(self, factory: Callable[[bytes], Any]) -> None:
        self._text_factory = factory
        self._converts = self._detect_types != 0 or factory is not str

    def _conversion(self, columns: tuple[tuple[str, str | None], ...]) -> Conversion:
        text_factory = None if self.text_factory is str else self.text_factory
        return Conversion(columns, self._detect_types, text_factory)

    def _remember(self, sql: str, statement: Statement) -> None:
        statements = self._statements
        if len(statements) >= self._most_statements:
            del statements[next(iter(statements))]
        statements[sql] = statement


class Connection(BaseConnection, sqlite3.Connection):  # type: ignore[misc]
    """A SQLite database in which AWS resources are tables.

    Takes what ``sqlite3.connect`` takes; further keywords are those of `awsvtab.register`. With
    ``share``, a connection that is closed after this one, it has that one's options, and both use
    its threads, its pace, its cache and its record of calls.

    It is a ``sqlite3.Connection`` for code that asks isinstance, as pandas does, or is annotated
    so. Every attribute is replaced; the base is a closed connection that nothing uses.
    """

    @keywords("_sqlite3.Connection", *KEYWORDS)
    def __init__(
        self,
        database: Database,
        timeout: float = 5.0,
        detect_types: int = 0,
        isolation_level: str | None = "",
        check_same_thread: bool = True,
        factory: Callable[..., Any] | None = None,
        cached_statements: int = 128,
        uri: bool = False,
        *,
        autocommit: bool | Literal[-1] = LEGACY_TRANSACTION_CONTROL,
        share: Connection | None = None,
        **aws_options: Any,
    ) -> None:
        # Without these two, ``sqlite3.Cursor(connection)`` would crash the process.
        sqlite3.Connection.__init__(self, ":memory:")
        sqlite3.Connection.close(self)
        self._database = None
        self._closed = False
        self._isolation_level = check_isolation_level(isolation_level)
        self._autocommit = check_autocommit(autocommit)
        self._thread = get_ident() if check_same_thread else None
        self._detect_types = detect_types
        self.row_factory = None
        self.text_factory = str
        self._statements: dict[str, Statement] = {}
        self._most_statements = max(cached_statements, 1)
        with translating:
            opened = apsw.Connection(
                os.fsdecode(database), _flags(uri), statementcachesize=cached_statements
            )
        opened.set_busy_timeout(int(timeout * 1000))
        opened.convert_binding = convert_binding
        shared = None if share is None else share._registration
        self._registration = register(opened, share=shared, **aws_options)
        self._database = opened
        self._set_begin()
        self._begin_always()


@keywords("sqlite3.connect", *KEYWORDS)
def connect(
    database: Database,
    timeout: float = 5.0,
    detect_types: int = 0,
    isolation_level: str | None = "",
    check_same_thread: bool = True,
    factory: Callable[..., Connection] | None = None,
    cached_statements: int = 128,
    uri: bool = False,
    *,
    autocommit: bool | Literal[-1] = LEGACY_TRANSACTION_CONTROL,
    share: Connection | None = None,
    **aws_options: Any,
) -> Connection:
    """A `Connection`, or what ``factory`` returns for the same arguments."""
    return (factory or Connection)(
        database,
        timeout=timeout,
        detect_types=detect_types,
        isolation_level=isolation_level,
        check_same_thread=check_same_thread,
        cached_statements=cached_statements,
        uri=uri,
        autocommit=autocommit,
        share=share,
        **aws_options,
    )


def _stop_others(database: apsw.Connection) -> None:
    """Interrupt what runs in another thread until nothing does. ProgrammingError if it stays."""
    deadline = time.monotonic() + CLOSE_WAIT_S
    while _is_busy_elsewhere(database):
        if time.monotonic() > deadline:
            raise errors.ProgrammingError(
                f"cannot close: another thread still runs a statement {CLOSE_WAIT_S} seconds after "
                "it was interrupted. Wait for it, then close() again."
            )
        database.interrupt()
        time.sleep(0.01)


def _is_busy_elsewhere(database: apsw.Connection) -> bool:
    try:
        database.total_changes()
    except apsw.ThreadingViolationError:
        return True
    return False


def _flags(uri: bool) -> int:
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    return flags | apsw.SQLITE_OPEN_URI if uri else flags
