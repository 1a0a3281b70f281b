"""Rows of a listing that is gone through again: kept by what they are looked up by."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain, compress, islice, product
from typing import Final

from awsvtab.keys import Condition, Conditions, Keys, admitted
from awsvtab.predicates import hash_keys, is_hashed
from awsvtab.resources import MISSING, Missing, Resource
from awsvtab.values import SQLValue

Rows = Iterator[Resource]
Read = Callable[[Conditions], Rows]
Complete = Callable[[Rows, frozenset[str]], Rows]
Key = tuple[Hashable, ...]
Operand = SQLValue | frozenset[SQLValue]
ANY: Final[Key] = ("any",)  # where it is not known by what a row is to be found


class Lookups:
    """The tables of rows that one run of a statement looks things up in.

    SQLite asks an inner table of a join anew for each row of the outer ones. The first time the
    listing is read as it comes, and nothing is kept; from the second time on each row is looked at
    once, when it is first needed, and found by a hash from then on.
    """

    def __init__(self) -> None:
        self._repeated: dict[Hashable, _Repeated] = {}

    def rows(self, scope: Hashable, keys: Keys, read: Read, complete: Complete) -> Rows:
        """The rows that may satisfy the conditions of ``keys``.

        ``read`` gives those that may satisfy the conditions that it is given, ``complete`` those
        of the rows that are still there, with some properties. ``scope`` tells which rows there
        are to read.
        """
        subjects = tuple((each.role, each.property) for each in keys.equal)
        name = (scope, keys.identity, subjects)
        repeated = self._repeated.get(name)
        if repeated is None:
            self._repeated[name] = _Repeated(keys.filters)
            return read(keys.filters.union(keys.equal))
        return repeated.rows(keys, read, complete)


class _Repeated:
    """A listing that has been read before.

    ``fixed`` are the conditions that were the same all times so far. Rows are found by what the
    listing tells of them, and those found completed to be found by the rest: each is completed
    only if it has to be.
    """

    def __init__(self, fixed: Conditions) -> None:
        self._fixed = fixed
        self._known: list[bool] = []
        self._listed: _Table | None = None
        self._completed: dict[tuple[Condition, ...], _Table] = {}

    def rows(self, keys: Keys, read: Read, complete: Complete) -> Rows:
        fixed = self._fixed & keys.filters
        if self._listed is None or self._listed.broken or fixed != self._fixed:
            self._fixed = fixed
            self._listed = self._begin(read(fixed), keys.equal)
        known = tuple(compress(keys.equal, self._known))
        unknown = tuple(each for each in keys.equal if each not in known)
        found = admitted(self._listed.find(known), known)
        if unknown:
            table = self._completed.get(known)
            if table is None or table.broken:
                needs = frozenset(each.property for each in unknown)
                table = self._completed[known] = _Table(complete(found, needs), unknown)
            found = admitted(table.find(unknown), unknown)
        return admitted(found, keys.filters - fixed)

    def _begin(self, rows: Rows, equal: Sequence[Condition]) -> _Table:
        """The table by what is known of the first row: a listing tells of all rows the same."""
        first = list(islice(rows, 1))
        self._completed = {}
        self._known = [any(each.value(row) is not MISSING for row in first) for each in equal]
        return _Table(chain(first, rows), tuple(compress(equal, self._known)))


class _Table:
    """Rows by their values of some columns, filled as far as they have been asked for."""

    def __init__(self, rows: Rows, columns: Sequence[Condition]) -> None:
        self.broken = False
        self._rows = rows
        self._columns = columns
        self._buckets: dict[Key, list[Resource]] = {}

    def find(self, conditions: Sequence[Condition]) -> Rows:
        """The rows that may have these values, those first that were read before."""
        wanted = _wanted([each.predicate.operand for each in conditions])
        if wanted is None:
            while self._read_one():
                pass
            wanted = list(self._buckets)
        given = dict.fromkeys((*wanted, ANY), 0)
        while True:
            for key in given:
                bucket = self._buckets.get(key, ())
                while given[key] < len(bucket):
                    given[key] += 1
                    yield bucket[given[key] - 1]
            if not self._read_one():
                return

    def _read_one(self) -> bool:
        """Takes in one more row; False if there is none."""
        try:
            row = next(self._rows, None)
        except BaseException:
            self.broken = True  # what comes after an error is not all
            raise
        if row is None:
            return False
        for key in _keys_of([each.value(row) for each in self._columns]):
            self._buckets.setdefault(key, []).append(row)
        return True


def _keys_of(values: Sequence[SQLValue | Missing]) -> Iterable[Key]:
    """The key of a row with these values; none where one is NULL, which equals nothing."""
    known = [each for each in values if not isinstance(each, Missing)]
    if len(known) < len(values):
        return (ANY,)
    return product(*(hash_keys(each)[:1] for each in known))


def _wanted(operands: Sequence[Operand]) -> list[Key] | None:
    """The keys of all that may equal the values; None where all keys have to be looked at."""
    choices = []
    for operand in operands:
        values = operand if isinstance(operand, frozenset) else (operand,)
        if not all(map(is_hashed, values)):
            return None
        choices.append(dict.fromkeys(key for value in values for key in hash_keys(value)))
    return list(product(*choices))
