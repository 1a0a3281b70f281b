"""Read-only tables whose rows a Python function gives: the mechanism of the ``aws_*`` tables.

https://rogerbinns.github.io/apsw/vtable.html. `apsw.ext.make_virtual_module` is no use here: it
takes arguments in hidden columns of their own, so that ``WHERE type_name = …`` would make every
row, and its import alone costs more than opening a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from awsvtab.values import SQLValue

Given = Mapping[str, SQLValue]
Row = tuple[SQLValue, ...]

# What SQLite is told, to put a table in the right place of a join. An estimate is enough.
_ROWS_OF_A_KEY = 20
_ROWS_OF_ALL = 20_000


@dataclass(frozen=True, slots=True)
class IntrospectionTable:
    """A table's name, its columns with their declared types, and what makes its rows.

    ``rows`` is called for each scan, with the values that the statement fixes by ``=`` or ``IN``
    for the columns named in ``keys``, one of each, never NULL. It may use them to make fewer rows:
    SQLite checks every row again. An exception that it raises ends the statement.
    """

    name: str
    columns: Mapping[str, str]
    rows: Callable[[Given], Iterable[Row]]
    keys: frozenset[str] = frozenset()


def register_tables(connection: apsw.Connection, tables: Iterable[IntrospectionTable]) -> None:
    """Makes the tables known to a connection; its own of the same name hide them."""
    for table in tables:
        module: Any = _Module(table)  # APSW's stub asks for methods that it treats as optional
        connection.create_module(
            table.name,
            module,
            use_bestindex_object=True,
            eponymous=True,
            eponymous_only=True,
            read_only=True,
        )


class _Module:
    def __init__(self, table: IntrospectionTable) -> None:
        self._table = table

    def Connect(self, connection: apsw.Connection, *names: str) -> tuple[str, _Table]:  # noqa: N802
        columns = ", ".join(f"{name} {declared}" for name, declared in self._table.columns.items())
        return f"CREATE TABLE x({columns})", _Table(self._table)


class _Table:
    def __init__(self, table: IntrospectionTable) -> None:
        self._rows = table.rows
        self._keys = {
            number: name for number, name in enumerate(table.columns) if name in table.keys
        }

    def BestIndexObject(self, index: apsw.IndexInfo) -> bool:  # noqa: N802
        taken: dict[str, int] = {}
        for number in range(index.nConstraint):
            name = self._keys.get(index.get_aConstraint_iColumn(number))
            if name is not None and _is_equality(index, number):
                taken.setdefault(name, number)
        for position, number in enumerate(taken.values(), start=1):
            index.set_aConstraintUsage_argvIndex(number, position)
        index.idxStr = " ".join(taken)
        index.estimatedRows = _ROWS_OF_A_KEY if taken else _ROWS_OF_ALL
        index.estimatedCost = float(index.estimatedRows)
        return True

    def Open(self) -> _Cursor:  # noqa: N802
        return _Cursor(self._rows)

    def Disconnect(self) -> None:  # noqa: N802
        """Nothing to let go of."""

    Destroy = Disconnect


class _Cursor:
    def __init__(self, rows: Callable[[Given], Iterable[Row]]) -> None:
        self._rows_of = rows
        self._rows: Iterator[Row] = iter(())
        self._row: Row | None = None
        self._number = 0

    def Filter(self, number: int, text: str, values: Sequence[SQLValue]) -> None:  # noqa: N802
        given = dict(zip(text.split(), values, strict=True))
        is_possible = None not in values  # nothing equals NULL
        self._rows = iter(self._rows_of(given) if is_possible else ())
        self._number = 0
        self.Next()

    def Next(self) -> None:  # noqa: N802
        self._row = next(self._rows, None)
        self._number += 1

    def Eof(self) -> bool:  # noqa: N802
        return self._row is None

    def Column(self, number: int) -> SQLValue:  # noqa: N802
        if self._row is None:
            raise apsw.MisuseError("no row")
        return self._row[number]

    def Rowid(self) -> int:  # noqa: N802
        return self._number

    def Close(self) -> None:  # noqa: N802
        self._rows = iter(())


def _is_equality(index: apsw.IndexInfo, number: int) -> bool:
    return (
        index.get_aConstraint_usable(number)
        and index.get_aConstraint_op(number) == apsw.SQLITE_INDEX_CONSTRAINT_EQ
        and index.get_aConstraint_collation(number) == "BINARY"
    )
