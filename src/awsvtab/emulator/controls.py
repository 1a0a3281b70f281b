"""What a test can set and look at: calls, faults, how listings and changes behave."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from .calls import Calls
from .faults import Faults

Carried = Literal["identifier", "all"] | Collection[str]

# Types whose listings are known to carry more than the identifier.
RICHER: Mapping[str, Carried] = {
    "AWS::S3::Bucket": (
        *("BucketName", "Arn", "DomainName", "RegionalDomainName", "DualStackDomainName"),
        "WebsiteURL",
    ),
}


@dataclass
class Listing:
    """How ListResources answers.

    ``properties`` is what a description carries: ``"identifier"``, which is the least that AWS
    promises (with the names and ARNs of S3 buckets, which it is known to give), ``"all"``, or
    names; ``by_type`` says so for single types. ``order`` is ``"created"``,
    ``"newest"``, ``"identifier"`` or ``"shuffled"``: AWS promises none.
    """

    page_size: int = 100
    order: str = "created"
    properties: Carried = "identifier"
    by_type: dict[str, Carried] = field(default_factory=dict)

    def carried(self, type_name: str) -> Carried:
        if self.properties == "identifier":
            return self.by_type.get(type_name, RICHER.get(type_name, "identifier"))
        return self.by_type.get(type_name, self.properties)


@dataclass
class Asynchrony:
    """How long changes take: so many status requests, or seconds of ``clock``; at once by default.

    Read when a change is sent: what is under way keeps what it was sent with. ``retry_after_s`` is
    how far ahead of now an event's RetryAfter is.
    """

    polls: int = 0
    seconds: float = 0.0
    clock: Callable[[], float] = time.time
    retry_after_s: float = 0.2


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
