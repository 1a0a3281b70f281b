"""PEP 249's constructors and type objects."""

from __future__ import annotations

import datetime
import time

Date = datetime.date
Time = datetime.time
Timestamp = datetime.datetime
Binary = memoryview


def DateFromTicks(ticks: float) -> datetime.date:  # noqa: N802 - PEP 249 gives the name
    """The local date, ``ticks`` seconds after the epoch."""
    return Date(*time.localtime(ticks)[:3])


def TimeFromTicks(ticks: float) -> datetime.time:  # noqa: N802 - PEP 249 gives the name
    """The local time of day, ``ticks`` seconds after the epoch."""
    return Time(*time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks: float) -> datetime.datetime:  # noqa: N802 - PEP 249 gives the name
    """The local date and time, ``ticks`` seconds after the epoch."""
    return Timestamp(*time.localtime(ticks)[:6])


class TypeObject:
    """Equal to each of the declared types that PEP 249 groups under one name."""

    def __init__(self, *names: str) -> None:
        self.names = frozenset(names)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TypeObject):
            return self.names == other.names
        return isinstance(other, str) and other.upper().split("(")[0] in self.names

    def __hash__(self) -> int:
        return hash(self.names)


STRING = TypeObject("TEXT", "VARCHAR", "CHAR", "CLOB", "NVARCHAR", "NCHAR", "JSON")
BINARY = TypeObject("BLOB", "BINARY", "VARBINARY")
NUMBER = TypeObject(
    "INTEGER",
    "INT",
    "BIGINT",
    "SMALLINT",
    "REAL",
    "FLOAT",
    "DOUBLE",
    "NUMERIC",
    "DECIMAL",
    "BOOLEAN",
)
DATETIME = TypeObject("DATE", "TIME", "DATETIME", "TIMESTAMP")
ROWID = TypeObject("ROWID")
