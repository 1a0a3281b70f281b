"""What a connection may be told about AWS, and the clock it waits by."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from awsvtab.errors import OperationalError, ProgrammingError

if TYPE_CHECKING:
    import boto3


class Place(NamedTuple):
    """Where a resource is: the account (empty: the session's own) and the region."""

    account: str
    region: str


class Cancelled(OperationalError):
    """The statement was interrupted, or its cursor closed, while AWS was being asked."""


class Cancel:
    """A flag that ends waiting, set from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ends what waits and stops what would start."""
        self._event.set()

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The keyword arguments of `connect` and `register`.

    ``regions`` are the connection's regions; without them there is only the session's own, and
    statements may name any. ``tables`` are short names wanted, as ``service.resource``. Times are
    in seconds. ``clock`` is for tests.
    """

    tables: Sequence[str] = ()
    regions: Sequence[str] | None = None
    session: boto3.Session | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    concurrency: int = 16
    read_timeout: float = 60
    write_timeout: float = 7200
    clock: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        if isinstance(self.regions, str) or (self.regions is not None and not self.regions):
            raise ProgrammingError(
                f"regions={self.regions!r}: write a list of names, for example ['us-east-1']"
            )
        if isinstance(self.tables, str):
            raise ProgrammingError(
                f"tables={self.tables!r}: write a list, for example [{self.tables!r}]"
            )
        if self.session is not None and self.profile is not None:
            raise ProgrammingError("session and profile: write one of them")
        if self.concurrency < 1:
            raise ProgrammingError(f"concurrency={self.concurrency}: write 1 or more")

    @classmethod
    def names(cls) -> frozenset[str]:
        """The keyword arguments that are awsvtab's own."""
        return frozenset(each.name for each in fields(cls))

    @classmethod
    def of(cls, arguments: dict[str, Any]) -> Options:
        """Options from keyword arguments; ProgrammingError names an unknown one."""
        unknown = sorted(arguments.keys() - cls.names())
        if unknown:
            raise ProgrammingError(
                f"unknown option {unknown[0]!r}; there are: {', '.join(sorted(cls.names()))}"
            )
        return cls(**arguments)
