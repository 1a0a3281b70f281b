"""Waiting that can be cut short, and the clock it goes by."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from awsvtab.errors import Cancelled


class Cancel:
    """A flag that ends waiting, set from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ends what waits and stops what would start."""
        self._event.set()

    @property
    def is_set(self) -> bool:
        """Whether waiting is over."""
        return self._event.is_set()

    def check(self) -> None:
        """Raises Cancelled once the flag is set."""
        if self._event.is_set():
            raise Cancelled("interrupted")

    def wait(self, timeout_s: float) -> None:
        """Waits; raises Cancelled as soon as the flag is set."""
        if self._event.wait(timeout_s):
            raise Cancelled("interrupted")


class Clock(Protocol):
    """What tells the time and lets it pass."""

    def time(self) -> float:
        """Seconds since the epoch."""

    def sleep(self, seconds: float, cancel: Cancel) -> None:
        """Returns after ``seconds``; raises Cancelled when ``cancel`` is set before."""


class SystemClock:
    """The machine's clock."""

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float, cancel: Cancel) -> None:
        """Returns after ``seconds``; raises Cancelled when ``cancel`` is set before."""
        cancel.wait(seconds)
