"""Resources to rows of SQL values: those cells that a statement looks at, and others on demand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from awsvtab.catalog.columns import Column, Kind
from awsvtab.plan import USED_BITS
from awsvtab.resources import MISSING, Missing, Resource
from awsvtab.values import SQLValue, to_sql

Cell = SQLValue | Missing
Reader = Callable[[Resource], Cell]
Cells = Sequence[Cell] | Mapping[int, SQLValue]

KEY_SEPARATOR = "|"  # no region has it in its name


class Shape:
    """Which cells of a table's rows a statement looks at, as SQLite has said (colUsed).

    A row is a tuple as wide as need be, with MISSING where nobody looks. It is made once for each
    resource that is kept in memory. Where SQLite cannot say what it will look at, there is no such
    row: `LazyRow` reads each cell when it is asked for.
    """

    def __init__(self, columns: Sequence[Column], used: Collection[int]) -> None:
        # SQLite asks for the key where an OR may find a row twice, and does not say so before.
        shown = {n for n, column in enumerate(columns) if n in used or column.kind is Kind.KEY}
        self.exact = all(
            number < USED_BITS and columns[number].kind is not Kind.ACCOUNT for number in shown
        )
        # Most columns are of properties as AWS returned them: these are read together.
        names = {
            number: column.property.name
            for number, column in enumerate(columns)
            if column.property is not None and not column.property.write_only and number in shown
        }
        self._blank: list[Cell] = [MISSING] * (max(shown) + 1)
        self._numbers = tuple(names)
        self._names = tuple(names.values())
        self._readers = [(n, column_reader(columns[n])) for n in sorted(shown - names.keys())]

    def cells(self, resource: Resource) -> Sequence[Cell]:
        """The row of a resource."""
        cells = self._blank.copy()
        for number, read in self._readers:
            cells[number] = read(resource)
        for number, value in zip(self._numbers, resource.values(self._names), strict=True):
            cells[number] = value if value is MISSING else to_sql(value)
        resource.cells = tuple(cells)
        resource.shape = self
        return resource.cells


class LazyRow(dict[int, SQLValue]):
    """The cells of one row, each read when it is first asked for."""

    __slots__ = ("_read",)

    def __init__(self, read: Callable[[int], SQLValue]) -> None:
        self._read = read

    def __missing__(self, number: int) -> SQLValue:
        value = self[number] = self._read(number)
        return value


def column_reader(column: Column) -> Reader:
    """What reads a column from a resource; MISSING where GetResource has to be asked first."""
    if column.property is not None:
        return _property_reader(column.property.name, column.property.write_only)
    return _READERS[column.kind]


def _property_reader(name: str, write_only: bool) -> Reader:
    if write_only:  # AWS never returns it: only what the row was listed by may tell
        return lambda resource: to_sql(resource.model.get(name))

    def read(resource: Resource) -> Cell:
        value = resource.value(name)
        return value if value is MISSING else to_sql(value)

    return read


def _unread(resource: Resource) -> Cell:
    return MISSING


_READERS: Mapping[Kind, Reader] = {
    Kind.IDENTIFIER: lambda resource: None if resource.unnamed else resource.identifier,
    Kind.KEY: lambda resource: f"{resource.place.region}{KEY_SEPARATOR}{resource.identifier}",
    Kind.REGION: lambda resource: resource.place.region,
    Kind.PATCH: lambda resource: None,
    Kind.RAW: lambda resource: resource.text if resource.whole else MISSING,
    Kind.ACCOUNT: _unread,
}
