"""What a test can set and look at: calls, faults, how listings and changes behave."""

from __future__ import annotations

import time
from collections import UserDict
from collections.abc import Callable, Collection, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .calls import Calls
from .faults import Faults
from .store import ORDERS

Carried = Literal["identifier", "all"] | Collection[str]

# Types whose listings are known to carry more than the identifier.
RICHER: Mapping[str, Carried] = {
    "AWS::S3::Bucket": (
        *("BucketName", "Arn", "DomainName", "RegionalDomainName", "DualStackDomainName"),
        "WebsiteURL",
    ),
}


class CarriedByType(UserDict[str, Carried]):
    """What the descriptions of single types carry; checked when it is set."""

    def __setitem__(self, type_name: str, carried: Carried) -> None:
        super().__setitem__(type_name, _carried("by_type", carried))


@dataclass(slots=True)
class Listing:
    """How ListResources answers.

    ``properties`` is what a description carries: ``"identifier"``, which is the least that AWS
    promises (with the names and ARNs of S3 buckets, which it is known to give), ``"all"``, or
    names; ``by_type`` says so for single types. ``order`` is ``"created"``,
    ``"newest"``, ``"identifier"`` or ``"shuffled"``: AWS promises none. Raises AttributeError,
    TypeError or ValueError when something is set that there is not.
    """

    page_size: int = 100
    order: str = "created"
    properties: Carried = "identifier"
    by_type: MutableMapping[str, Carried] = field(default_factory=dict)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "page_size":
            _number(name, value, 1, int)
        elif name == "order" and value not in ORDERS:
            raise ValueError(f"order has to be one of {', '.join(ORDERS)}, not {value!r}")
        elif name == "properties":
            _carried(name, value)
        elif name == "by_type":
            value = CarriedByType(value)
        object.__setattr__(self, name, value)

    def carried(self, type_name: str) -> Carried:
        if self.properties == "identifier":
            return self.by_type.get(type_name, RICHER.get(type_name, "identifier"))
        return self.by_type.get(type_name, self.properties)


@dataclass(slots=True)
class Asynchrony:
    """How long changes take: so many status requests, or seconds of ``clock``; at once by default.

    Read when a change is sent: what is under way keeps what it was sent with. ``retry_after_s`` is
    how far ahead of now an event's RetryAfter is. Raises as `Listing` does.
    """

    polls: int = 0
    seconds: float = 0.0
    clock: Callable[[], float] = time.time
    retry_after_s: float = 0.2

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "polls":
            _number(name, value, 0, int)
        elif name in ("seconds", "retry_after_s"):
            _number(name, value, 0, int, float)
        elif name == "clock" and not callable(value):
            raise TypeError(f"clock has to be a function, not {value!r}")
        object.__setattr__(self, name, value)


class Clock:
    """A clock that stands still until told otherwise: ``emulator.changes.clock = Clock()``."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Controls:
    """All settings of one emulator, and its call log."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.faults = Faults()
        self.reset()

    def reset(self) -> None:
        """Default settings, no faults, an empty log."""
        self.calls.clear()
        self.faults.reset()
        self.listing = Listing()
        self.changes = Asynchrony()


def _number(name: str, value: Any, least: int, *kinds: type) -> None:
    if type(value) not in kinds:
        raise TypeError(f"{name} has to be of type {kinds[-1].__name__}, not {value!r}")
    if not value >= least:
        raise ValueError(f"{name} has to be at least {least}, not {value}")


def _carried(name: str, value: Any) -> Carried:
    if isinstance(value, str) and value not in ("identifier", "all"):
        raise ValueError(f"{name} has to be 'identifier', 'all' or names, not {value!r}")
    if not isinstance(value, Collection) or not all(isinstance(each, str) for each in value):
        raise TypeError(f"{name} has to be 'identifier', 'all' or names, not {value!r}")
    carried: Carried = value
    return carried
