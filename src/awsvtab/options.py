"""What a connection may be told about AWS."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from math import inf
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from awsvtab.errors import ProgrammingError
from awsvtab.waiting import Clock, SystemClock

if TYPE_CHECKING:
    import boto3


ALL: Final = "all"
SESSION_ACCOUNT = ""
RAISE: Final = "raise"
WARN: Final = "warn"


class Place(NamedTuple):
    """Where a resource is: the account, by the AWS profile that leads to it, and the region.

    The empty account is the session's own.
    """

    account: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The keyword arguments of `connect` and `register`.

    ``regions`` are the connection's regions, or "all" that are enabled for the account; without
    them there is only the session's own, and statements may name any. ``tables`` are short names
    wanted, as ``service.resource``. ``types`` are resource types beyond the catalog: names, whose
    schemas AWS is asked for, or the path of a folder or zip file of registry schemas.
    ``trusted_schema`` lets tables and triggers that the database file brings along write to AWS,
    and tables use the profile that they name. ``read_only`` tables of AWS's take no writes, and no
    transaction may have more than ``max_changes`` of them. With ``wait=False`` COMMIT returns when
    AWS has accepted the changes. ``journal`` is the path of a file that outlives the process: what
    was sent, and what AWS answered.

    ``concurrency`` is how many calls are made at once, ``max_requests_per_second`` how many at most
    in a second to one service in one region of an account, and ``max_calls`` how many requests one
    statement may make. ``cache_ttl`` is how long what was read is good for later statements, 0 for
    not at all. ``on_error`` is "raise", or "warn" for the rows that could be read. Of what a
    statement reads, it keeps ``rows_in_memory``, the others in a temporary file. Times are in
    seconds. ``clock`` is for tests.
    """

    tables: Sequence[str] = ()
    regions: Sequence[str] | Literal["all"] | None = None
    types: Sequence[str] | str | os.PathLike[str] = ()
    trusted_schema: bool = False
    read_only: bool = False
    max_changes: int | None = None
    session: boto3.Session | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    concurrency: int = 16
    max_requests_per_second: float | None = None
    max_calls: int | None = None
    cache_ttl: float = 0
    on_error: Literal["raise", "warn"] = RAISE
    rows_in_memory: int = 20_000
    read_timeout: float = 60
    write_timeout: float = 7200
    wait: bool = True
    journal: str | os.PathLike[str] | None = None
    clock: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        _check_names("tables", self.tables, "sqs.queues")
        if self.regions is not None and self.regions != ALL:
            _check_names("regions", self.regions, "us-east-1", empty=False)
        if not isinstance(self.types, str | os.PathLike):
            _check_names("types", self.types, "Org::Service::Resource")
        if self.session is not None and self.profile is not None:
            raise ProgrammingError("session and profile: write one of them")
        _check_count("concurrency", self.concurrency)
        _check_count("rows_in_memory", self.rows_in_memory)
        if self.max_calls is not None:
            _check_count("max_calls", self.max_calls)
        if self.on_error not in (RAISE, WARN):
            raise ProgrammingError(f"on_error={self.on_error!r}: write 'raise' or 'warn'")
        if self.max_requests_per_second is not None:
            _check_number("max_requests_per_second", self.max_requests_per_second, "requests", 20)
        most = self.max_changes
        if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 0):
            raise ProgrammingError(f"max_changes={most!r}: write a number, or None for any number")
        for name in ("read_timeout", "write_timeout"):
            _check_number(name, getattr(self, name), "seconds", 60)
        if self.cache_ttl != 0:
            _check_number("cache_ttl", self.cache_ttl, "seconds", 60)

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


def _check_names(option: str, given: object, example: str, empty: bool = True) -> None:
    """Raises ProgrammingError for anything but a list of texts."""
    texts = (
        isinstance(given, Sequence)
        and not isinstance(given, str)
        and all(isinstance(each, str) for each in given)
    )
    if not texts or not (given or empty):
        raise ProgrammingError(f"{option}={given!r}: write a list of names, as {[example]!r}")


def _check_count(option: str, given: object) -> None:
    """Raises ProgrammingError for anything but a whole number from 1 on."""
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise ProgrammingError(f"{option}={given!r}: write 1 or more")


def _check_number(option: str, given: object, unit: str, example: int) -> None:
    """Raises ProgrammingError for anything but a finite number above 0."""
    if not isinstance(given, int | float) or not 0 < given < inf:
        raise ProgrammingError(f"{option}={given!r}: write {unit}, for example {option}={example}")
