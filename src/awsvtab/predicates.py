"""What SQLite's comparisons rule out, before SQLite makes them: pure.

A predicate may let a row pass that SQLite then drops, and must never drop one that SQLite would
keep. What it cannot know, it allows for:

- the affinity with which SQLite compares. That is a matter of both sides
  (https://www.sqlite.org/datatype3.html#type_conversions_prior_to_comparison), and of the right
  side there is only the value: ``'05' = CAST(5 AS INTEGER)`` is true, ``'05' = 5`` is not, and
  both arrive as 5;
- how SQLite reads or spells a REAL that is a text, to the last digit;
- the order of texts beyond ASCII, which in a UTF-16 database is not that of code points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from awsvtab.values import SQLValue, numeric_text, plain_integer

Match = Callable[[str, str], bool]


class Operator(StrEnum):
    """How a constraint compares; LIMIT and OFFSET compare nothing."""

    EQ = "="
    NE = "<>"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    IS = "IS"
    IS_NOT = "IS NOT"
    IS_NULL = "IS NULL"
    NOT_NULL = "IS NOT NULL"
    LIKE = "LIKE"
    GLOB = "GLOB"
    LIMIT = "LIMIT"
    OFFSET = "OFFSET"


EQUALITIES = frozenset({Operator.EQ, Operator.IS})
PATTERNS = frozenset({Operator.LIKE, Operator.GLOB})
# These say what they mean of NULL; every other comparison with NULL is never true.
_OF_NULL = frozenset({Operator.IS, Operator.IS_NOT, Operator.IS_NULL, Operator.NOT_NULL})
# SQLite does not tell their collation: only what is identical is surely equal in each.
_ANY_COLLATION = frozenset({Operator.NE, Operator.IS_NOT})
_LESS = frozenset({Operator.LT, Operator.LE})
_OR_EQUAL = frozenset({Operator.LE, Operator.GE})


def compares(operator: Operator, binary: bool) -> bool:
    """Whether a constraint is one that a predicate can be made of."""
    return operator not in (Operator.LIMIT, Operator.OFFSET) and (
        binary or operator in _ANY_COLLATION
    )


class _Rough(float):
    """A number that is written as a text, as near as it is read here."""


UNSURE: Final = ("unsure",)  # the key of numbers that are not read exactly


@dataclass(frozen=True, slots=True)
class Predicate:
    """A comparison of a column with a value, or with a set of them (IN).

    ``numeric``: the column's declared type makes SQLite compare as numbers what can be read as
    such. ``literal``: the value stands in the SQL, so that a text is compared as one. ``match`` is
    what compares a pattern with a text.
    """

    operator: Operator
    operand: SQLValue | frozenset[SQLValue]
    numeric: bool = False
    literal: bool = False
    match: Match | None = None

    @property
    def never(self) -> bool:
        """Whether no value at all satisfies it, as for ``= NULL``."""
        if isinstance(self.operand, frozenset):
            return not self.operand - {None}
        return self.operand is None and self.operator not in _OF_NULL

    def admits(self, value: SQLValue) -> bool:
        """Whether a row with this value may satisfy it."""
        operand = self.operand
        match self.operator:
            case Operator.IS_NULL:
                return value is None
            case Operator.NOT_NULL:
                return value is not None
            case Operator.IS if value is None or operand is None:
                return value is operand
            case Operator.IS_NOT if value is None or operand is None:
                return value is not operand
        if value is None or operand is None:
            return False
        if isinstance(operand, frozenset):
            return self._may_be_among(value, operand)
        if self.operator in EQUALITIES:
            return self._may_equal(value, operand)
        if self.operator in _ANY_COLLATION:
            return not self._must_equal(value, operand)
        if self.operator in PATTERNS:
            return self._may_match(value, operand)
        return self._may_be_ordered(value, operand)

    def _may_be_among(self, value: SQLValue, operands: frozenset[SQLValue]) -> bool:
        if value in operands:
            return True
        if _number(value) is None:
            return False
        return any(self._may_equal(value, each) for each in operands if each is not None)

    def _may_equal(self, value: SQLValue, operand: SQLValue) -> bool:
        if value == operand and type(value) is type(operand):
            return True
        if isinstance(operand, str) and isinstance(value, str) and self._as_texts:
            return False
        return _same_number(value, operand)

    def _must_equal(self, value: SQLValue, operand: SQLValue) -> bool:
        if isinstance(value, str) or isinstance(operand, str):
            return value == operand
        return self.numeric and value == operand

    def _may_match(self, value: SQLValue, pattern: SQLValue) -> bool:
        """SQLite turns numbers into texts first; how it spells a REAL is its own affair."""
        if self.match is None or not isinstance(pattern, str) or isinstance(value, float | bytes):
            return True
        text = str(value)
        if "\0" in pattern or "\0" in text:  # where C ends a text
            return True
        return self.match(pattern, text)

    def _may_be_ordered(self, value: SQLValue, operand: SQLValue) -> bool:
        """``<``, ``<=``, ``>``, ``>=``: numbers come before texts, and these before BLOBs."""
        if isinstance(operand, bytes):
            return self.operator in _LESS
        if isinstance(value, bytes):
            return True
        if isinstance(value, str) and isinstance(operand, str):
            certain = self._as_texts or not (numeric_text(value) or numeric_text(operand))
            if not certain or not (value.isascii() and operand.isascii()):
                return True
            return self._ordered(value < operand, value == operand)
        if not self.numeric:
            return True
        one, other = _number(value), _number(operand)
        if one is None or other is None:
            return self._ordered(one is not None, False)
        near = isinstance(one, _Rough) or isinstance(other, _Rough)
        if near and _are_close(one, other):
            return True
        return self._ordered(one < other, one == other)

    @property
    def _as_texts(self) -> bool:
        """Whether SQLite compares two texts as they are."""
        return self.literal and not self.numeric

    def _ordered(self, less: bool, equal: bool) -> bool:
        if equal:
            return self.operator in _OR_EQUAL
        return less == (self.operator in _LESS)


def hash_keys(value: SQLValue) -> tuple[Hashable, ...]:
    """The keys under which what may equal a value is found: the first is the value's own.

    There is none for NULL, which equals nothing. What equals a number may be a text, and the other
    way round; the numbers that are not read exactly have one key for all.
    """
    if value is None:
        return ()
    if isinstance(value, str) and "\0" in value:  # what looks for a number stops there
        return (UNSURE,)
    number = _number(value)
    if number is None:
        return (value,)
    if isinstance(number, float):
        return (UNSURE,)
    return number, UNSURE


def is_hashed(value: SQLValue) -> bool:
    """Whether `hash_keys` leads to all that may equal the value."""
    return UNSURE not in hash_keys(value)[:1]


def _same_number(one: SQLValue, other: SQLValue) -> bool:
    """Whether two values may be the same number, for an affinity that makes them one."""
    first, second = _number(one), _number(other)
    if first is None or second is None:
        return False
    if isinstance(first, _Rough) or isinstance(second, _Rough):
        return _are_close(first, second)
    return first == second


def _are_close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-300)


def _number(value: SQLValue) -> int | float | None:
    """The number that a value is or can be read as; None for what is no number."""
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and numeric_text(value):
        exact = plain_integer(value)
        return _Rough(value) if exact is None else exact
    return None
