"""A clock that tests let pass."""

from __future__ import annotations

import threading

from awsvtab.waiting import Cancel


class FakeClock:
    """Sleeping takes no time and is noted in ``slept``; the time goes on by as much.

    For threads that sleep at once it goes on to the latest of their times.
    """

    def __init__(self) -> None:
        self.now = 1_000_000_000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def time(self) -> float:
        """Seconds since the epoch."""
        return self.now

    def sleep(self, seconds: float, cancel: Cancel) -> None:
        """Notes the wait; raises Cancelled if that is set."""
        cancel.check()
        wake_at = self.now + seconds
        with self._lock:
            self.slept.append(seconds)
            self.now = max(self.now, wake_at)
