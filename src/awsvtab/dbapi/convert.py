"""A row as SQLite gives it to one with converters and ``text_factory`` applied."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from awsvtab.dbapi.adaptation import Converter, converters
from awsvtab.dbapi.pep249 import first_word

PARSE_DECLTYPES = 1
"""``detect_types``: convert by the type that a column is declared with."""
PARSE_COLNAMES = 2
"""``detect_types``: convert by the type in the column's name, ``"at [timestamp]"``."""

TextFactory = Callable[[bytes], Any]


class Conversion:
    """A function from row to row."""

    __slots__ = ("_converters", "_text_factory")

    def __init__(
        self,
        columns: Sequence[tuple[str, str | None]],
        detect_types: int,
        text_factory: TextFactory | None,
    ) -> None:
        self._converters = tuple(_converter(*column, detect_types) for column in columns)
        self._text_factory = text_factory

    @property
    def changes_nothing(self) -> bool:
        """True where every row would come out as it went in."""
        return self._text_factory is None and not any(self._converters)

    def __call__(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple([self._value(*pair) for pair in zip(row, self._converters, strict=True)])

    def _value(self, value: Any, converter: Converter | None) -> Any:
        if value is None:
            return None
        if converter is not None:
            raw = as_bytes(value)
            return converter(raw) if raw else None
        if self._text_factory is not None and isinstance(value, str):
            return self._text_factory(value.encode())
        return value


def as_bytes(value: Any) -> bytes:
    """What ``sqlite3_column_blob`` gives for a value; converters and factories take bytes."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, float):
        return _real_as_text(value).encode()
    return str(value).encode()


def _real_as_text(value: float) -> str:
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    mantissa, e, exponent = f"{value:.15g}".partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}{e}{exponent}"


def _converter(name: str, declared: str | None, detect_types: int) -> Converter | None:
    found = None
    if detect_types & PARSE_COLNAMES and "[" in name:
        found = converters.get(name.partition("[")[2].partition("]")[0].upper())
    if found is None and detect_types & PARSE_DECLTYPES and declared:
        found = converters.get(first_word(declared))
    return found
