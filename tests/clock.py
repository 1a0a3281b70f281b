"""A clock that tests let pass."""

from __future__ import annotations

from awsvtab.waiting import Cancel


class FakeClock:
    """Sleeping takes no time and is noted in ``slept``; the time goes on by as much."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0
        self.slept: list[float] = []

    def time(self) -> float:
        """Seconds since the epoch."""
        return self.now

    def sleep(self, seconds: float, cancel: Cancel) -> None:
        """Notes the wait; raises Cancelled if that is set."""
        cancel.check()
        self.slept.append(seconds)
        self.now += seconds
