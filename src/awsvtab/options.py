"""What a connection may be told about AWS."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from awsvtab.errors import ProgrammingError
from awsvtab.waiting import Clock, SystemClock

if TYPE_CHECKING:
    import boto3


ALL: Final = "all"
SESSION_ACCOUNT = ""


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
    transaction may have more than ``max_changes`` of them. Of what a statement reads, it keeps
    ``rows_in_memory``, the others in a temporary file. With ``wait=False`` COMMIT returns when AWS
    has accepted the changes. ``journal`` is the path of a file that outlives the process: what was
    sent, and what AWS answered. Times are in seconds. ``clock`` is for tests.
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
        for name in ("concurrency", "rows_in_memory"):
            number = getattr(self, name)
            if not isinstance(number, int) or number < 1:
                raise ProgrammingError(f"{name}={number!r}: write 1 or more")
        most = self.max_changes
        if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 0):
            raise ProgrammingError(f"max_changes={most!r}: write a number, or None for any number")
        for name in ("read_timeout", "write_timeout"):
            seconds = getattr(self, name)
            if not isinstance(seconds, int | float) or not seconds > 0:
                raise ProgrammingError(f"{name}={seconds!r}: write seconds, for example {name}=60")

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
