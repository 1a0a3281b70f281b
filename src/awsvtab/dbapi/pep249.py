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
    """A column's ``type_code``: which kind its declared type is of.

    An object and no name: polars would take a name at its word, and SQLite does not.
    """

    def __init__(self, name: str, *declared: str) -> None:
        self._name = name
        self.declared = frozenset(declared)

    def __repr__(self) -> str:
        return self._name


_TEXTS = ("TEXT", "VARCHAR", "CHAR", "CHARACTER", "CLOB", "NVARCHAR", "NCHAR", "JSON")
_INTEGERS = ("INTEGER", "INT", "BIGINT", "SMALLINT", "TINYINT", "BOOLEAN")
_REALS = ("REAL", "FLOAT", "DOUBLE", "NUMERIC", "DECIMAL")

STRING = TypeObject("STRING", *_TEXTS)
BINARY = TypeObject("BINARY", "BLOB", "BINARY", "VARBINARY")
NUMBER = TypeObject("NUMBER", *_INTEGERS, *_REALS)
DATETIME = TypeObject("DATETIME", "DATE", "TIME", "DATETIME", "TIMESTAMP")
ROWID = TypeObject("ROWID")

_BY_DECLARED = {name: kind for kind in (STRING, BINARY, NUMBER, DATETIME) for name in kind.declared}


def type_code(declared: str | None) -> TypeObject | None:
    """STRING for ``VARCHAR(20)``; None for what is not declared, or not as a usual type."""
    return _BY_DECLARED.get(first_word(declared)) if declared else None


def first_word(declared: str) -> str:
    """``NUMBER(10)`` and ``number not null`` are both ``NUMBER``."""
    return declared.split("(", 1)[0].split(" ", 1)[0].upper()
