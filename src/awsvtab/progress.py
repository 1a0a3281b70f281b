"""Tells the user how far a statement has come."""

from __future__ import annotations

from collections.abc import Callable

from awsvtab.asking import Asker, ReadProgress
from awsvtab.errors import Cancelled
from awsvtab.waiting import Clock

EVERY_S = 0.25

ReadCallback = Callable[[ReadProgress], object]


class Reporter:
    """Calls the user's function, in the thread that reads, and no more often than `EVERY_S`.

    What the function raises reaches the user through the statement; a true answer cancels it.
    """

    def __init__(self, callback: ReadCallback, asker: Asker, clock: Clock) -> None:
        self._callback = callback
        self._asker = asker
        self._clock = clock
        self._begun = clock.time()
        self._due = self._begun + EVERY_S
        self._finished = False

    def tell(self) -> None:
        """Calls the function if it is time. Raises Cancelled if it says so."""
        now = self._clock.time()
        if now < self._due or self._finished:
            return
        self._due = now + EVERY_S
        if self._callback(self._asker.progress(now - self._begun)):
            raise Cancelled("interrupted by the callback of set_read_progress")

    def finish(self) -> None:
        """Calls the function once more: the statement is over."""
        if not self._finished:
            self._finished = True
            self._callback(self._asker.progress(self._clock.time() - self._begun, done=True))
