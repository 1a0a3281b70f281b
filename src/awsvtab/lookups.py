"""Rows of a listing that is gone through again: kept by what they are looked up by."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import chain, compress, product
from typing import Final

from awsvtab.flow import Flow, Waiting
from awsvtab.keys import Condition, Conditions, Keys, admitted
from awsvtab.predicates import hash_keys, is_hashed
from awsvtab.resources import MISSING, Missing, Resource
from awsvtab.values import SQLValue

Rows = Flow[Resource]
Read = Callable[[Conditions], Rows]
Complete = Callable[[Rows, frozenset[str]], Rows]
Key = tuple[Hashable, ...]
Operand = SQLValue | frozenset[SQLValue]
ANY: Final[Key] = ("any",)  # where it is not known by what a row is to be found


class Lookups:
    """The tables of rows that one run of a statement looks things up in.

    SQLite asks an inner table of a join anew for each row of the outer ones. The first time the
    listing is read as it comes, and nothing is kept; from the second time on each row is looked at
    once, when it is first needed, and found by a hash from then on. What is compared with nothing
    that a hash could find is read as it comes each time.
    """

    def __init__(self) -> None:
        self._repeated: dict[Hashable, _Repeated] = {}

    def rows(
        self,
        scope: Hashable,
        keys: Keys,
        read: Read,
        complete: Complete,
        enough: Callable[[Resource], bool] | None = None,
    ) -> Rows:
        """The rows that may satisfy the conditions of ``keys``, and others that are ``enough``.

        ``read`` gives those that may satisfy the conditions that it is given, ``complete`` those
        of the rows that are still there, with some properties. ``scope`` tells which rows there
        are to read.
        """
        if not keys.equal:
            return read(keys.filters)
        subjects = tuple((each.role, each.property) for each in keys.equal)
        name = (scope, keys.identity, subjects)
        repeated = self._repeated.get(name)
        if repeated is None:
            self._repeated[name] = _Repeated(keys.filters)
            return read(keys.filters.union(keys.equal))
        return repeated.rows(keys, read, complete, enough)


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

    def rows(
        self,
        keys: Keys,
        read: Read,
        complete: Complete,
        enough: Callable[[Resource], bool] | None,
    ) -> Rows:
        fixed = self._fixed & keys.filters
        if self._listed is None or self._listed.broken or fixed != self._fixed:
            self._fixed = fixed
            self._listed = None
            yield from self._begin(read(fixed), keys.equal)
        if self._listed is None:
            return
        known = tuple(compress(keys.equal, self._known))
        unknown = tuple(each for each in keys.equal if each not in known)
        found = admitted(self._listed.find(known), known, None if unknown else enough)
        if unknown:
            table = self._completed.get(known)
            if table is None or table.broken:
                needs = frozenset(each.property for each in unknown)
                table = self._completed[known] = _Table(complete(found, needs), unknown)
            found = admitted(table.find(unknown), unknown, enough)
        yield from admitted(found, keys.filters - fixed, enough)

    def _begin(self, rows: Rows, equal: Sequence[Condition]) -> Rows:
        """Begins the table by what is known of the first row: a listing tells of all the same.

        Gives no rows, only what has to be waited for.
        """
        first: list[Resource] = []
        for step in rows:
            if isinstance(step, Waiting):
                yield step
            elif step:
                first = list(step)
                break
        self._completed = {}
        self._known = [any(each.value(row) is not MISSING for row in first[:1]) for each in equal]
        columns = tuple(compress(equal, self._known))
        self._listed = _Table(chain([first], rows), columns)


class _Table:
    """Rows by their values of some columns, filled as far as they have been asked for."""

    def __init__(self, rows: Rows, columns: Sequence[Condition]) -> None:
        self.broken = False
        self._ended = False
        self._rows = rows
        self._columns = columns
        self._buckets: dict[Key, list[Resource]] = {}

    def find(self, conditions: Sequence[Condition]) -> Rows:
        """The rows that may have these values, those first that were read before."""
        wanted = _wanted([each.predicate.operand for each in conditions])
        if wanted is None:
            while not self._ended:
                waiting = self._take_in()
                if waiting is not None:
                    yield waiting
            wanted = list(self._buckets)
        given = dict.fromkeys((*wanted, ANY), 0)
        while True:
            yield self._beyond(given)
            waiting = self._take_in()
            if waiting is not None:
                yield waiting
            elif self._ended:
                yield self._beyond(given)
                return

    def _beyond(self, given: dict[Key, int]) -> list[Resource]:
        """The rows that have come since as many were given, by key."""
        new: list[Resource] = []
        for key, count in given.items():
            bucket = self._buckets.get(key, ())
            new += bucket[count:]
            given[key] = len(bucket)
        return new

    def _take_in(self) -> Waiting | None:
        """Takes in the rows that come next; or says what they wait for."""
        try:
            step = next(self._rows, None)
        except BaseException:
            self.broken = True  # what comes after an error is not all
            raise
        if isinstance(step, Waiting):
            return step
        self._ended = step is None
        for row in step or ():
            for key in _keys_of([each.value(row) for each in self._columns]):
                self._buckets.setdefault(key, []).append(row)
        return None


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
