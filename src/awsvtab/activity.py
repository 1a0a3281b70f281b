"""What a connection remembers of its calls to AWS, and of what could not be read."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace

CALLS_KEPT = 10_000
FAILURES_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request to AWS: its duration in ms, and its outcome, "ok" or AWS's code.

    ``statement`` is the text that made it necessary, with ``?`` for each literal; None where no
    statement did. ``started_at`` is in seconds since the epoch; ``position`` grows by 1.
    """

    operation: str
    type_name: str | None
    region: str
    identifier: str | None
    attempt: int
    started_at: float
    ms: float
    outcome: str
    request_id: str | None
    statement: str | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that a statement was to read and did not: a region, a listing, or a resource."""

    statement: str | None
    region: str | None
    type_name: str | None
    operation: str | None
    identifier: str | None
    code: str
    message: str
    request_id: str | None


class Activity:
    """The calls and failures of one connection, the latest last. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self._failures: deque[Failure] = deque(maxlen=FAILURES_KEPT)
        self._made = 0

    @property
    def calls(self) -> list[Call]:
        """The last `CALLS_KEPT` calls."""
        with self._lock:
            return list(self._calls)

    @property
    def failures(self) -> list[Failure]:
        """The last `FAILURES_KEPT` failures."""
        with self._lock:
            return list(self._failures)

    def note_call(self, call: Call) -> None:
        """Remembers a call, under the next position."""
        with self._lock:
            self._made += 1
            self._calls.append(replace(call, position=self._made))

    def note_failure(self, failure: Failure) -> None:
        """Remembers a failure."""
        with self._lock:
            self._failures.append(failure)
