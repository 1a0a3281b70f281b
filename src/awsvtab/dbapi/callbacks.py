"""Functions, collations and handlers that SQLite calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import apsw

from awsvtab.apply import WriteProgress
from awsvtab.dbapi.deprecation import positional
from awsvtab.dbapi.guard import Aggregation, failure, guarded, report
from awsvtab.dbapi.handle import Handle
from awsvtab.dbapi.translate import translating
from awsvtab.errors import DataError, OperationalError, ProgrammingError
from awsvtab.progress import ReadCallback

Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]


class Callbacks(Handle):
    """``create_*`` and ``set_*``: what a connection calls of the user's."""

    _trace: Callable[[str], object] | None = None
    _dispatches_trace = False
    _holds_trace = False

    @positional("name", "narg", "func")
    def create_function(
        self,
        name: str,
        narg: int,
        func: Callable[..., Any] | None,
        *,
        deterministic: bool = False,
    ) -> None:
        """Make ``func`` a function of SQL; -1 arguments are any number, None removes it."""
        database = self._open_database()
        function = None if func is None else guarded(func)
        try:
            database.create_scalar_function(name, function, narg, deterministic=deterministic)
        except apsw.Error:
            raise OperationalError("Error creating function") from None

    @positional("name", "n_arg", "aggregate_class")
    def create_aggregate(
        self, name: str, n_arg: int, aggregate_class: Callable[[], Any] | None
    ) -> None:
        """Make a class with ``step`` and ``finalize`` an aggregate function of SQL."""
        database = self._open_database()

        start = None if aggregate_class is None else partial(_aggregate, aggregate_class)
        try:
            database.create_aggregate_function(name, start, n_arg)
        except apsw.Error:
            raise OperationalError("Error creating aggregate") from None

    def create_window_function(
        self, name: str, num_params: int, aggregate_class: Callable[[], Any] | None, /
    ) -> None:
        """Make a class with ``step``, ``inverse``, ``value`` and ``finalize`` a window function."""
        database = self._open_database()

        start = None if aggregate_class is None else partial(_window, aggregate_class)
        try:
            database.create_window_function(name, start, num_params)
        except apsw.Error as error:
            raise ProgrammingError(str(error)) from None

    def create_collation(self, name: str, callback: Callable[[str, str], int] | None, /) -> None:
        """Order text by ``callback``: below, at or above 0 as the first comes first."""
        database = self._open_database()
        if callback is not None and not callable(callback):
            raise TypeError("parameter must be callable")

        with translating:
            database.create_collation(name, callback and partial(_compare, callback))

    @positional("authorizer_callback")
    def set_authorizer(self, authorizer_callback: Authorizer | None) -> None:
        """Ask ``authorizer_callback`` about each access while preparing; its failure denies."""
        ask = authorizer_callback
        self._open_database().authorizer = ask and partial(_authorize, ask)

    @positional("progress_handler")
    def set_progress_handler(self, progress_handler: Callable[[], object] | None, n: int) -> None:
        """Call ``progress_handler`` every ``n`` steps of SQLite; a true answer interrupts."""
        stop = progress_handler and partial(_stop, progress_handler)
        self._open_database().set_progress_handler(stop, n, id=Callbacks)

    def set_read_progress(self, callback: ReadCallback | None) -> None:
        """Call ``callback`` with a `ReadProgress` while statements read from AWS, and as they end.

        At most four times a second. A true answer cancels the statement, which raises
        OperationalError; an exception ends it too, and is raised as it is. None ends the calls.
        """
        self._open_database()
        self._registration.set_read_progress(callback)

    def set_write_progress(self, callback: Callable[[WriteProgress], object] | None) -> None:
        """Call ``callback`` as AWS answers to the changes that a COMMIT sends, in its thread.

        What the callback raises stops nothing: see `enable_callback_tracebacks`.
        """
        self._open_database()
        self._registration.applier.progress = callback and partial(_tell, callback)

    def set_approval(self, callback: Callable[[int], object] | None) -> None:
        """Call ``callback`` with the number of changes before a COMMIT sends them to AWS.

        It is called for whatever commits. What it raises is raised from there, the transaction is
        rolled back, and nothing was sent. None ends the calls.
        """
        self._open_database()
        self._registration.set_approval(callback)

    @positional("trace_callback")
    def set_trace_callback(self, trace_callback: Callable[[str], object] | None) -> None:
        """Call ``trace_callback`` with the text of each statement, parameters filled in."""
        database = self._open_database()
        self._trace = trace_callback
        if trace_callback is not None and not self._dispatches_trace:
            self._dispatches_trace = True
            database.exec_trace = self._dispatch(database.exec_trace)

    def _dispatch(self, others: apsw.ExecTracer | None) -> apsw.ExecTracer:
        """APSW has one tracer per connection. It stays: others may be put around it."""

        def trace(source: apsw.Cursor, sql: str, bindings: Any) -> bool:
            if not self._holds_trace:
                self._call_trace(source, sql)
            return others is None or others(source, sql, bindings)

        return trace

    def _call_trace(self, source: apsw.Cursor, sql: str) -> None:
        callback = self._trace
        if callback is not None:
            try:
                callback(_expanded(source, sql, callback))
            except Exception as error:
                report(error, callback)

    @contextmanager
    def _trace_held(self) -> Iterator[None]:
        """For what is not to call the user's: `trace_callback` is called elsewhere, or not."""
        self._holds_trace = True
        try:
            yield
        finally:
            self._holds_trace = False


def _tell(callback: Callable[[WriteProgress], object], progress: WriteProgress) -> None:
    try:
        callback(progress)
    except Exception as error:
        report(error, callback)


def _aggregate(make: Callable[[], Any]) -> Any:
    return Aggregation(make), Aggregation.step, Aggregation.final


def _window(make: Callable[[], Any]) -> Any:
    methods = (Aggregation.final_of_window, Aggregation.value, Aggregation.inverse)
    return Aggregation(make), Aggregation.step, *methods


def _compare(callback: Callable[[str, str], int], left: str, right: str) -> int:
    try:
        order = callback(left, right)
        return (order > 0) - (order < 0)
    except Exception as error:
        raise failure("user-defined collation raised exception", error, callback)  # noqa: B904


def _authorize(ask: Authorizer, *arguments: Any) -> int:
    try:
        answer = ask(*arguments)
    except Exception as error:
        report(error, ask)
        return apsw.SQLITE_DENY
    known = isinstance(answer, int) and answer in (apsw.SQLITE_OK, apsw.SQLITE_IGNORE)
    return answer if known else apsw.SQLITE_DENY


def _stop(ask: Callable[[], object]) -> bool:
    try:
        return bool(ask())
    except Exception as error:
        report(error, ask)
        return True


def _expanded(source: apsw.Cursor, sql: str, callback: object) -> str:
    try:
        return source.expanded_sql
    except (MemoryError, apsw.Error):
        report(DataError("Expanded SQL string exceeds the maximum string length"), callback)
        return sql
