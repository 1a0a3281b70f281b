"""What a test can set and look at: calls, faults, how listings and changes behave."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Literal

from .changes import Asynchrony
from .pointers import Json

Carried = Literal["identifier", "all"] | Collection[str]


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
    """The requests that arrived, in order: the last 100,000 of them."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=100_000)

    def __iter__(self) -> Iterator[Call]:
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

    def record(self, call: Call) -> None:
        self._calls.append(call)

    def clear(self) -> None:
        self._calls.clear()


def _facts(call: Call) -> tuple[str | None, ...]:
    return (call.operation, call.type_name, call.region, call.identifier)


@dataclass
class Listing:
    """How ListResources answers.

    ``properties`` is what a description carries: ``"identifier"``, which is the least that AWS
    promises, ``"all"``, or names; ``by_type`` says so for single types. ``order`` is ``"created"``,
    ``"newest"``, ``"identifier"`` or ``"shuffled"``: AWS promises none.
    """

    page_size: int = 100
    order: str = "created"
    properties: Carried = "identifier"
    by_type: dict[str, Carried] = field(default_factory=dict)

    def carried(self, type_name: str) -> Carried:
        return self.by_type.get(type_name, self.properties)


class Controls:
    """All settings of one emulator, and its call log."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.calls = Calls()
        self.reset()

    def reset(self) -> None:
        """Default settings, no faults, an empty log."""
        self.calls.clear()
        self.listing = Listing()
        self.changes = Asynchrony()
