"""What went wrong, as an HTTP status and words: pure."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from datasette.database import QueryInterrupted
from datasette.utils import InvalidSql
from datasette.utils.asgi import Base400, Forbidden
from datasette.views.base import DatasetteError

from awsvtab import errors


@dataclass(frozen=True, slots=True)
class Problem:
    """An HTTP status, a heading, and what to know about it."""

    status: int
    title: str
    message: str


# The first that an error is an instance of.
_STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (errors.AccessDenied, 403),
    (errors.InvalidCredentials, 403),
    (errors.Throttling, 429),
    (errors.TimedOut, 504),
    (errors.ProgrammingError, 400),
    (errors.DataError, 400),
    (errors.NotSupportedError, 400),
    (errors.AwsError, 502),
    (sqlite3.Error, 400),
    (InvalidSql, 400),
    (errors.Warning, 400),
)
_TITLES = {
    400: "This cannot be shown",
    403: "This is not allowed",
    404: "There is no such page",
    429: "AWS asks for fewer calls",
    500: "Something is wrong with awsvtab",
    502: "AWS did not answer",
    503: "The file is busy",
    504: "It took too long",
}


def problem_of(
    error: Exception, time_limit_s: float, spelled: Callable[[str], str] = str
) -> Problem:
    """What to tell about an exception. ``spelled`` puts messages into words that users can use."""
    cause = _cause(error)
    status, message = 500, f"{type(cause).__name__}: {cause}"
    if isinstance(cause, QueryInterrupted):
        status = 504
        message = (
            f"The statement took longer than {time_limit_s:g} seconds, and was stopped: ask for "
            "less, by a region or a filter, or begin with awsvtab serve --time-limit SECONDS"
        )
    elif isinstance(cause, sqlite3.OperationalError) and _is_busy(cause):
        status = 503
        message = f"Another program is writing to the file ({cause}): ask again when it has ended"
    elif isinstance(cause, Base400):
        status, message = cause.status, str(cause) or "There is nothing here."
    elif isinstance(cause, DatasetteError):
        status = 400 if cause.status == 500 else cause.status  # 500 where Datasette says none
        message = cause.message
    elif isinstance(cause, Forbidden):
        status, message = 403, "This server does not show that."
    elif isinstance(cause, ValueError):  # what stands in an address is read where it is needed
        status, message = 400, f"The address is not understood: {cause}"
    else:
        for kind, code in _STATUSES:
            if isinstance(cause, kind):
                status, message = code, str(cause)
                break
    return Problem(status, _TITLES.get(status, f"Error {status}"), spelled(message))


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _cause(error: BaseException) -> BaseException:
    """What Datasette turned into an error of its own."""
    context = error.__context__
    if isinstance(error, DatasetteError) and isinstance(context, sqlite3.Error | QueryInterrupted):
        return context
    return error
