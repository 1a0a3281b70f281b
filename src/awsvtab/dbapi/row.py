"""The row that ``row_factory = Row`` makes: a tuple with names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from awsvtab.dbapi.pep249 import TypeObject

if TYPE_CHECKING:
    from awsvtab.dbapi.cursor import Cursor

Description = tuple[tuple[str, TypeObject | None, None, None, None, None, None], ...]


class Row(Sequence[Any]):
    """Values by position, by slice and, whatever the case of its letters, by column name.

    It is no tuple: two rows are equal where names and values are.
    """

    __slots__ = ("_description", "_values")

    _description: Description
    _values: tuple[Any, ...]

    def __new__(cls, cursor: Cursor, values: tuple[Any, ...], /) -> Row:
        from awsvtab.dbapi.cursor import Cursor

        if not issubclass(type(cursor), Cursor):
            raise TypeError(f"Row() takes a Cursor and a tuple, not {type(cursor).__name__}")
        if not isinstance(values, tuple):
            raise TypeError(f"Row() takes a Cursor and a tuple, not {type(values).__name__}")
        row = super().__new__(cls)
        row._description = cursor.description or ()
        row._values = values
        return row

    @classmethod
    def _maker(cls, description: Description | None) -> Callable[[tuple[Any, ...]], Row]:
        """A function from values to rows of one result, without the checks of ``Row()``."""
        new = object.__new__
        names = description or ()

        def make(values: tuple[Any, ...]) -> Row:
            row = new(cls)
            row._description = names
            row._values = values
            return row

        return make

    def keys(self) -> list[str]:
        """The column names, in order."""
        return [column[0] for column in self._description]

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._values[self._position(key)]
        if isinstance(key, slice):
            return self._values[key]
        try:
            return self._values[key]
        except TypeError:
            raise IndexError("Index must be int or string") from None

    def _position(self, name: str) -> int:
        for position, column in enumerate(self._description):
            if column[0] == name:
                return position
        folded = _fold(name)
        for position, column in enumerate(self._description):
            if _fold(column[0]) == folded:
                return position
        raise IndexError(f"No item with that key: {name!r}")

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return NotImplemented
        return self.keys() == other.keys() and self._values == other._values

    def __hash__(self) -> int:
        return hash((tuple(self.keys()), self._values))

    def __repr__(self) -> str:
        pairs = ", ".join(
            f"{name}={value!r}" for name, value in zip(self.keys(), self, strict=True)
        )
        return f"<Row {pairs}>"


def _fold(name: str) -> str:
    """ASCII letters only: SQLite knows no case for others."""
    return (
        name.lower() if name.isascii() else "".join(c.lower() if c.isascii() else c for c in name)
    )
