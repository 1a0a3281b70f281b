"""How fast one place of AWS may be asked: a limit of the user's, and what throttling teaches.

AWS throttles by account and region, so all callers of a place share one pace. Nobody knows AWS's
limits: as long as nothing is throttled there is no pace but the user's. When something is, requests
are spaced out to somewhat less than what was lately answered, and the pace then grows until it is
forgotten or AWS throttles again. It is the idea of TCP's congestion control (multiplicative
decrease), and of botocore's adaptive mode, which has one pace for each client and none for waiting
that can be cut short:
https://docs.aws.amazon.com/boto3/latest/guide/retries.html#adaptive-retry-mode
"""

from __future__ import annotations

import threading
from collections import deque
from math import inf
from typing import NamedTuple

from awsvtab.waiting import Cancel, Clock

MEASURED_S = 1.0  # over which time requests and answers are counted
OF_ANSWERED, OF_SENT = 0.8, 0.5  # what the pace becomes of what was answered, and of itself at most
GROWTH = 1.15  # in a second
FORGOTTEN_AFTER_S = 60.0
SLOWEST = 2.0  # requests in a second; below that, single calls back off


class Slot(NamedTuple):
    """When a request may go out, and how often the place had been throttled when that was said."""

    at: float
    round: int


class Pace:
    """When requests to one place may be sent, at most ``limit`` of them in any second.

    May be used from several threads. Times are a clock's, in seconds.
    """

    def __init__(self, limit: float | None = None) -> None:
        self._lock = threading.Lock()
        # At most so many in so many seconds: a limit of 0.5 is 1 in 2, one of 30 is 30 in 1.
        self._most = 0 if limit is None else max(int(limit), 1)
        self._most_in_s = 0.0 if limit is None else self._most / limit
        self._slots: deque[float] = deque()
        self._answered: deque[float] = deque()
        self._round = 0
        self._rate = inf
        self._slowed_at = -inf
        self._free_at = -inf
        self._latest = -inf

    def wait(self, clock: Clock, cancel: Cancel) -> Slot:
        """Waits until a request may be sent; Cancelled as soon as ``cancel`` is set."""
        while True:
            now = clock.time()
            slot = self.reserve(now)
            if slot.at > now:
                clock.sleep(slot.at - now, cancel)
            if self.holds(slot):
                return slot

    def reserve(self, now: float) -> Slot:
        """The next free slot. It is void if the place is throttled before it comes."""
        with self._lock:
            if now < self._latest - MEASURED_S:  # the machine's clock was set back
                self._slots.clear()
                self._free_at = self._slowed_at = -inf
            self._latest = now
            at = max(now, self._free_at)
            if self._most and len(self._slots) >= self._most:
                at = max(at, self._slots[-self._most] + self._most_in_s)
            self._free_at = at + 1 / self._rate_at(now)
            self._slots.append(at)
            _forget(self._slots, now - max(MEASURED_S, self._most_in_s))
            return Slot(at, self._round)

    def holds(self, slot: Slot) -> bool:
        """Whether the place was not throttled since the slot was given."""
        return slot.round == self._round

    def answered(self, now: float) -> None:
        """A request was answered, with whatever but throttling."""
        with self._lock:
            self._answered.append(now)
            _forget(self._answered, now - MEASURED_S)

    def throttled(self, slot: Slot, now: float) -> None:
        """A request was throttled. Those that were under way meanwhile tell nothing new."""
        with self._lock:
            if not self.holds(slot):
                return
            _forget(self._answered, now - MEASURED_S)
            rate = self._rate_at(now)
            sent = sum(now - MEASURED_S < at <= now for at in self._slots)
            self._rate = max(
                SLOWEST,
                OF_ANSWERED * min(rate, len(self._answered) / MEASURED_S),
                OF_SENT * min(rate, sent / MEASURED_S),
            )
            self._slowed_at = now
            self._free_at = now + 1 / self._rate
            self._round += 1
            self._answered.clear()

    def _rate_at(self, now: float) -> float:
        """Requests in a second."""
        age = now - self._slowed_at
        return inf if age > FORGOTTEN_AFTER_S else self._rate * GROWTH ** max(age, 0.0)


def _forget(times: deque[float], before: float) -> None:
    while times and times[0] <= before:
        times.popleft()
