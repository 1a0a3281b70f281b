"""The user's functions, called by SQLite: what happens when one of them fails."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NoReturn

import apsw

from awsvtab.errors import DataError, Error, OperationalError

_show_tracebacks = False


def enable_callback_tracebacks(enable: bool, /) -> None:
    """Hand the errors of functions and handlers to ``sys.unraisablehook`` too."""
    global _show_tracebacks
    _show_tracebacks = bool(enable)


def report(error: BaseException, callback: object) -> None:
    """Show an error that will not reach the user in full, if he has asked for that."""
    if not _show_tracebacks:
        return
    if sys.unraisablehook is sys.__unraisablehook__:  # which takes what only CPython can make
        print(f"Exception ignored in: {callback!r}", file=sys.stderr)  # noqa: T201
        traceback.print_exception(error)
        return
    hook: Callable[[Any], object] = sys.unraisablehook
    hook(
        SimpleNamespace(
            exc_type=type(error),
            exc_value=error,
            exc_traceback=error.__traceback__,
            err_msg=None,
            object=callback,
        )
    )


def failure(message: str, error: Exception, callback: object) -> Exception:
    """What the statement that called ``callback`` raises: sqlite3's error, ours as its cause."""
    report(error, callback)
    if isinstance(error, MemoryError):
        return error
    if isinstance(error, OverflowError):
        raised: Error = DataError("string or blob too big")
        raised.sqlite_errorcode, raised.sqlite_errorname = apsw.SQLITE_TOOBIG, "SQLITE_TOOBIG"
    else:
        raised = OperationalError(message)
        raised.sqlite_errorcode, raised.sqlite_errorname = apsw.SQLITE_ERROR, "SQLITE_ERROR"
    raised.__cause__ = error
    return raised


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, with its errors and unfit results as sqlite3 raises them."""

    def call(*arguments: Any) -> Any:
        try:
            return storable(function(*arguments))
        except Exception as error:
            raise failure("user-defined function raised exception", error, function)  # noqa: B904

    return call


def storable(value: Any) -> Any:
    """``value``. Raises what Python raises for it if SQLite cannot store it."""
    if isinstance(value, str):
        if not value.isascii():
            value.encode()  # a lone surrogate cannot be
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise OverflowError("Python int too large to convert to SQLite INTEGER")
    elif not isinstance(value, (float, bytes, type(None))):
        _refuse_scattered(memoryview(value))
    return value


def _refuse_scattered(buffer: memoryview) -> None:
    if not buffer.c_contiguous:
        raise BufferError("underlying buffer is not C-contiguous")


class Aggregation:
    """One evaluation of an aggregate or window function.

    The user's object is made with the first row: where there is none, the result is NULL.
    """

    __slots__ = ("_factory", "_failed", "_object")

    def __init__(self, factory: Callable[[], Any]) -> None:
        self._factory = factory
        self._object: Any = None
        self._failed = False

    def step(self, *arguments: Any) -> None:
        self._call("step", *arguments)

    def inverse(self, *arguments: Any) -> None:
        self._call("inverse", *arguments)

    def value(self) -> Any:
        return self._call("value")

    def final(self) -> Any:
        if self._object is None:
            return None
        if not self._failed:
            return self._call("finalize")
        return self.final_of_window()

    def final_of_window(self) -> Any:
        """SQLite has no way to report an error here, and neither has a step that failed."""
        try:
            return self._call("finalize") if self._object is not None else None
        except Exception:
            return None

    def _call(self, method: str, *arguments: Any) -> Any:
        if self._object is None:
            self._make()
        function = getattr(self._object, method, None)
        if function is None:
            missing = AttributeError(f"{self._object!r} has no attribute {method!r}")
            self._fail(f"'{method}' method not defined", missing)
        try:
            return storable(function(*arguments))
        except Exception as error:
            self._fail(f"'{method}' method raised error", error)

    def _make(self) -> None:
        try:
            self._object = self._factory()
        except Exception as error:
            self._fail("'__init__' method raised error", error)

    def _fail(self, what: str, error: Exception) -> NoReturn:
        self._failed = True
        raise failure(f"user-defined aggregate's {what}", error, self._factory)
