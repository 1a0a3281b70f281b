"""Who asks AWS: a statement, with what it may cost, what it has cost, and what it makes do with."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from awsvtab.activity import Activity, Failure
from awsvtab.errors import AwsError, AwsWarning, ProgrammingError, TooManyCalls, TypeNotFound
from awsvtab.resources import ResourceKey
from awsvtab.waiting import Cancel

PACKAGE = f"{Path(__file__).parent}{os.sep}"


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """How far a statement has come with reading.

    ``calls`` are HTTP requests, repeated ones included, ``throttled`` of them refused because they
    came too fast; ``pages`` those of listings, with ``rows`` resources in all, ``resources`` were
    read one by one. ``regions`` is how many the statement's listings have turned out to be about
    so far, ``regions_done`` how many of them are read through. ``seconds`` have passed since the
    statement first asked. ``done`` says that the statement is over.
    """

    calls: int
    pages: int
    rows: int
    resources: int
    regions_done: int
    regions: int
    throttled: int
    seconds: float
    done: bool = False


class Asker(Cancel):
    """A statement as AWS's caller: it can be cancelled, has a budget, and is named in the notes.

    ``max_calls`` is how many requests it may make. One that is ``tolerant`` makes do with what can
    be read. ``sql`` is its text, and ``redact`` what takes the literals out of it, once, if it
    makes a call. Without ``activity`` nothing is noted, and nobody warned. May be used from
    several threads, but for what says otherwise.
    """

    def __init__(
        self,
        sql: str | None = None,
        *,
        redact: Callable[[str], str] = str,
        max_calls: int | None = None,
        tolerant: bool = False,
        activity: Activity | None = None,
    ) -> None:
        super().__init__()
        self.tolerant = tolerant
        self._sql = sql
        self._redact = redact
        self._max_calls = max_calls
        self._activity = activity
        self._lock = threading.Lock()
        self._calls = self._pages = self._rows = self._resources = self._throttled = 0
        self._regions: dict[str, int] = {}  # how much is being read in each
        self._told: set[Hashable] = set()

    @cached_property
    def statement(self) -> str | None:
        """The statement's text with ``?`` for each literal; None where no statement asks."""
        return None if self._sql is None else self._redact(self._sql)

    def spend(self, operation: str, type_name: str | None, region: str) -> None:
        """Counts a request that is about to be sent; TooManyCalls instead of one too many."""
        with self._lock:
            if self._max_calls is not None and self._calls >= self._max_calls:
                about = f"{operation} {type_name}" if type_name else operation
                raise TooManyCalls(
                    f"the statement needs more than max_calls={self._max_calls} calls to AWS; the "
                    f"next one is {about} in {region}: narrow its WHERE (region = '{region}' AND "
                    f"data__Identifier = '…'), or connect(max_calls={10 * self._max_calls})"
                )
            self._calls += 1

    def note_throttled(self) -> None:
        """Counts a request that came too fast."""
        with self._lock:
            self._throttled += 1

    def note_page(self, rows: int) -> None:
        """Counts a page that came, and its resources."""
        with self._lock:
            self._pages += 1
            self._rows += rows

    def note_resource(self) -> None:
        """Counts a resource that was read by itself."""
        with self._lock:
            self._resources += 1

    def begin_region(self, region: str) -> None:
        """A listing of a region, or of what its listings are made by, is to be read."""
        with self._lock:
            self._regions[region] = self._regions.get(region, 0) + 1

    def end_region(self, region: str) -> None:
        """What was begun is read."""
        with self._lock:
            self._regions[region] -= 1

    def progress(self, seconds: float, done: bool = False) -> ReadProgress:
        """How far the statement has come after so many seconds."""
        with self._lock:
            return ReadProgress(
                calls=self._calls,
                pages=self._pages,
                rows=self._rows,
                resources=self._resources,
                regions_done=sum(not left for left in self._regions.values()),
                regions=len(self._regions),
                throttled=self._throttled,
                seconds=seconds,
                done=done,
            )

    def failed(self, error: AwsError) -> None:
        """Notes that something could not be read, and raises the error unless that is tolerated.

        To be called in the thread that reads. That gets a warning, one for what fails alike.
        """
        self._note_once(error, _failure(self.statement, error))
        if not self.tolerant or is_of_the_statement(error):
            raise error
        alike = (error.operation, error.type_name, error.region, error.code)
        self.warn(f"left out (see aws_errors): {error}", alike)

    def gone(self, resource: ResourceKey) -> None:
        """Notes a resource that vanished after it was listed; in the thread that reads."""
        failure = Failure(
            self.statement,
            resource.place.region,
            resource.type_name,
            "GetResource",
            resource.identifier,
            "NotFound",
            "it was listed, and was gone when it was to be read: left out",
            None,
        )
        self._note_once(resource, failure)

    def parent_gone(self, error: AwsError) -> None:
        """Notes that what a listing was to be made by has vanished; in the thread that reads."""
        self._note_once(error, _failure(self.statement, error))

    def warn(self, message: str, alike: Hashable = None) -> None:
        """Warns the user, once in a statement of what is ``alike``; in the thread that reads."""
        told = alike or message
        if self._activity is not None and told not in self._told:
            self._told.add(told)
            warnings.warn(message, AwsWarning, stacklevel=users_level())

    def _note_once(self, about: Hashable, failure: Failure) -> None:
        if self._activity is not None and about not in self._told:
            self._told.add(about)
            self._activity.note_failure(failure)


def is_of_the_statement(error: AwsError) -> bool:
    """Whether the statement itself is wrong, not what one region or resource has to do with it."""
    return isinstance(error, ProgrammingError) and not isinstance(error, TypeNotFound)


def _failure(statement: str | None, error: AwsError) -> Failure:
    return Failure(
        statement,
        error.region,
        error.type_name,
        error.operation,
        error.identifier,
        error.code,
        str(error),
        error.request_id,
    )


def users_level() -> int:
    """How many calls up from the caller the user's own code is: the ``stacklevel`` of a warning."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
        level += 1
    return level
