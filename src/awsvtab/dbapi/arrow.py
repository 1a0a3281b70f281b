"""Rows to Arrow: what a column becomes, and batches of columns. Needs pyarrow.

A column's type is its declared type's, so that it is the same for every result, the empty one
included; where nothing is declared, as for expressions, it is that of the values.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa

from awsvtab.dbapi.pep249 import first_word
from awsvtab.dbapi.statement import Columns
from awsvtab.errors import DataError

Values = tuple[Any, ...]
Take = Callable[[int | None], list[Values]]
"""The next so many rows, or all that are left; fewer, and then none, at the end."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """An Arrow type, what SQLite may hold for it besides NULL, and what makes one of the other."""

    arrow: Any
    holds: frozenset[type]
    read: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the result."""

    name: str
    declared: str | None
    kind: Kind


def _flag(value: int) -> bool:
    if value not in (0, 1):
        raise ValueError("neither 0 nor 1")
    return value == 1


def _moment(value: str) -> datetime.datetime:
    """In UTC, which is what SQLite's functions take a time without a zone for."""
    moment = datetime.datetime.fromisoformat(value)
    return moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment


_INTEGER = Kind(pa.int64(), frozenset({int}))
_REAL = Kind(pa.float64(), frozenset({float, int}))
_TEXT = Kind(pa.string(), frozenset({str}))
_BLOB = Kind(pa.binary(), frozenset({bytes}))
_BOOLEAN = Kind(pa.bool_(), frozenset({int}), _flag)
_DATE = Kind(pa.date32(), frozenset({str}), datetime.date.fromisoformat)
_TIMESTAMP = Kind(pa.timestamp("us", "UTC"), frozenset({str}), _moment)
_NULL = Kind(pa.null(), frozenset())

_BY_WORD = {
    "BOOLEAN": _BOOLEAN,
    "BOOL": _BOOLEAN,
    "DATE": _DATE,
    "DATETIME": _TIMESTAMP,
    "TIMESTAMP": _TIMESTAMP,
    "JSON": _TEXT,
}
# The rules by which SQLite reads a declared type: https://www.sqlite.org/datatype3.html#determination_of_column_affinity
_BY_PART = (
    (_INTEGER, ("INT",)),
    (_TEXT, ("CHAR", "CLOB", "TEXT")),
    (_BLOB, ("BLOB",)),
    (_REAL, ("REAL", "FLOA", "DOUB")),
)
_OF_VALUES = (_NULL, _INTEGER, _REAL, _TEXT, _BLOB)


def kind_of_declared(declared: str | None) -> Kind | None:
    """What a declared type says; None where it leaves the values free (NUMERIC, or nothing)."""
    if not declared:
        return None
    found = _BY_WORD.get(first_word(declared))
    if found is not None:
        return found
    words = declared.upper()
    return next((kind for kind, parts in _BY_PART if any(part in words for part in parts)), None)


def kind_of_values(name: str, values: Sequence[Any]) -> Kind:
    """What holds all ``values``. Raises DataError, which names the row, if nothing does."""
    seen = set(map(type, values)) - {type(None)}
    for kind in _OF_VALUES:
        if seen <= kind.holds:
            return kind
    before: set[type] = set()
    for number, value in enumerate(values, 1):
        now = before if value is None else before | {type(value)}
        if not any(now <= kind.holds for kind in _OF_VALUES):
            kinds = " and ".join(sorted(each.__name__ for each in now))
            raise DataError(
                f"column {name}, row {number}: {_shown(value)} makes the column hold {kinds}, "
                f"and Arrow wants one type; write for example CAST({name} AS TEXT) AS {name}"
            )
        before = now
    raise AssertionError  # pragma: no cover - some row has to be the first


def read_table(columns: Columns, take: Take) -> Any:
    """All rows as a ``pyarrow.Table``. Raises DataError for a value that does not fit."""
    rows = take(None)
    fields = _fields(columns, rows)
    return pa.Table.from_batches([_batch(fields, rows, 0)])


def read_batches(columns: Columns, take: Take, size: int) -> Any:
    """The rows as a ``pyarrow.RecordBatchReader``, which takes ``size`` of them at a time.

    Where types are not declared, the first batch's rows are taken at once, and as many more as it
    takes until no such column is all NULL. Raises DataError for a value that does not fit.
    """
    ahead = _ahead(columns, take, size)
    fields = _fields(columns, ahead)

    def batches() -> Iterator[Any]:
        start = 0
        waiting = iter(ahead)
        while rows := list(islice(waiting, size)) or take(size):
            yield _batch(fields, rows, start)
            start += len(rows)

    return pa.RecordBatchReader.from_batches(_schema(fields), batches())


def _ahead(columns: Columns, take: Take, size: int) -> list[Values]:
    """The rows that it takes to know the type of every column."""
    open_places = {
        place for place, (_, declared) in enumerate(columns) if kind_of_declared(declared) is None
    }
    rows: list[Values] = []
    while open_places and (more := take(size)):
        rows += more
        open_places = {place for place in open_places if all(row[place] is None for row in more)}
    return rows


def _fields(columns: Columns, rows: Sequence[Values]) -> list[Field]:
    fields = []
    for place, (name, declared) in enumerate(columns):
        kind = kind_of_declared(declared) or kind_of_values(name, [row[place] for row in rows])
        fields.append(Field(name, declared, kind))
    return fields


def _schema(fields: Sequence[Field]) -> Any:
    return pa.schema([(field.name, field.kind.arrow) for field in fields])


def _batch(fields: Sequence[Field], rows: Sequence[Values], start: int) -> Any:
    columns = zip(*rows, strict=True) if rows else [()] * len(fields)
    pairs = zip(fields, columns, strict=True)
    arrays = [_array(field, column, start) for field, column in pairs]
    return pa.record_batch(arrays, schema=_schema(fields))


def _array(field: Field, values: Values, start: int) -> Any:
    try:
        return _converted(field.kind, values)
    except (ValueError, TypeError, OverflowError, pa.ArrowException):
        for number, value in enumerate(values, start + 1):
            _check(field, number, value)
        raise


def _converted(kind: Kind, values: Values) -> Any:
    # Arrow itself would take bytes for text and text for bytes.
    if not set(map(type, values)) <= kind.holds | {type(None)}:
        raise TypeError
    if kind.read is not None:
        read = kind.read
        values = tuple([None if value is None else read(value) for value in values])
    return pa.array(values, kind.arrow)


def _check(field: Field, number: int, value: Any) -> None:
    try:
        _converted(field.kind, (value,))
    except (ValueError, TypeError, OverflowError, pa.ArrowException):
        reason = f"is declared {field.declared}" if field.declared else "holds other values so far"
        raise DataError(
            f"column {field.name}, row {number}: {_shown(value)} does not fit {field.kind.arrow}; "
            f"the column {reason}; write for example CAST({field.name} AS TEXT) AS {field.name}"
        ) from None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
