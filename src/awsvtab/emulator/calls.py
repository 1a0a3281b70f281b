"""The log of requests."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .pointers import Json


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request, retries included. ``request`` is its body."""

    operation: str
    region: str
    account: str
    type_name: str | None
    identifier: str | None
    request: Json


class Calls:
    """The requests that arrived, in order: the last 100,000 of them.

    ``peak`` is how many were under way at once, at most.
    """

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=100_000)
        self._lock = threading.Lock()
        self._under_way = 0
        self.peak = 0

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, position: int) -> Call:
        return self._calls[position]

    def __repr__(self) -> str:
        return f"<{len(self)} calls>"

    @property
    def operations(self) -> list[str]:
        return [call.operation for call in self]

    def count(
        self,
        operation: str | None = None,
        type_name: str | None = None,
        region: str | None = None,
        identifier: str | None = None,
    ) -> int:
        """How many calls were like this; what is None may be anything."""
        wanted = (operation, type_name, region, identifier)
        return sum(
            all(w is None or w == got for w, got in zip(wanted, _facts(call), strict=True))
            for call in self
        )

    @contextmanager
    def record(self, call: Call) -> Iterator[None]:
        """Log a call, which is under way until the context ends."""
        with self._lock:
            self._calls.append(call)
            self._under_way += 1
            self.peak = max(self.peak, self._under_way)
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self.peak = self._under_way


def _facts(call: Call) -> tuple[str | None, ...]:
    return (call.operation, call.type_name, call.region, call.identifier)
