"""A row as Datasette wants it: a tuple, which JSON takes, that also knows its columns."""

from __future__ import annotations

from typing import Any, Self

import awsvtab


class Row(tuple[Any, ...]):
    """A row factory; ``row["name"]``, ``row[0]`` and ``dict(row)`` work as those of sqlite3.Row."""

    _names: dict[str, int]

    def __new__(cls, cursor: awsvtab.Cursor, values: tuple[Any, ...]) -> Self:
        """The row that a cursor has read."""
        row = super().__new__(cls, values)
        row._names = {column[0]: number for number, column in enumerate(cursor.description or ())}
        return row

    def keys(self) -> list[str]:
        """The names of its columns."""
        return list(self._names)

    def with_text(self) -> Row:
        """The row with its binary values as SQL writes them: ``X'00FF'``."""
        row = tuple.__new__(
            Row, (f"X'{each.hex().upper()}'" if isinstance(each, bytes) else each for each in self)
        )
        row._names = self._names
        return row

    def __getitem__(self, key: Any) -> Any:
        """A value by name or number, or a slice; IndexError where there is none."""
        if isinstance(key, str):
            if key not in self._names:
                raise IndexError(f"no column {key}")
            key = self._names[key]
        return super().__getitem__(key)
