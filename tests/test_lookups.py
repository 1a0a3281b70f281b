"""A listing that is gone through again: each row is looked at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest

from awsvtab.catalog import catalog
from awsvtab.flow import Flow, Waiting, drained, mapped, ready
from awsvtab.keys import Condition, Keys
from awsvtab.lookups import Lookups
from awsvtab.options import Place
from awsvtab.plan import Role
from awsvtab.predicates import Operator, Predicate
from awsvtab.resources import Resource
from awsvtab.values import SQLValue, dump_json

STREAM = catalog().type("AWS::CustomerProfiles::EventStream")
HERE = Place("", "us-east-1")


class Listed(Resource):
    """A row that counts how often it is looked at."""

    looks = 0

    def value(self, name: str) -> Any:
        Listed.looks += 1
        return super().value(name)


def row(number: int, whole: bool = False, **properties: SQLValue) -> Listed:
    return Listed(STREAM, HERE, f"d|{number}", dump_json(properties), whole)


class Scan:
    """Goes through the same rows again and again, as the inner table of a join is gone through."""

    def __init__(self, rows: list[Listed], hidden: dict[str, dict[str, SQLValue]] | None = None):
        self.rows = rows
        self.hidden = hidden or {}
        self.lookups = Lookups()
        self.read = self.waited = 0
        self.completed: list[str] = []
        self.fails_after: int | None = None
        Listed.looks = 0

    def find(self, *filters: Condition, **equal: SQLValue) -> list[str]:
        """The identifiers of the rows that are found, after all conditions were asked."""
        return list(self.stream(*filters, **equal))

    def stream(self, *filters: Condition, **equal: SQLValue) -> Iterator[str]:
        conditions = tuple(on(name, Operator.EQ, value) for name, value in equal.items())
        keys = Keys(filters=frozenset(filters), equal=conditions)
        found = self.lookups.rows("scope", keys, self._read, self._complete)
        for each in chain.from_iterable(drained(found, self._wait)):
            whole = each if each.whole else self._whole(each)
            if all(condition.admits(whole) for condition in keys.all_conditions):
                yield each.identifier

    def _read(self, conditions: frozenset[Condition]) -> Flow[Resource]:
        for number, each in enumerate(self.rows):
            yield Waiting(())
            if number == self.fails_after:
                raise OSError("no more")
            self.read += 1
            if all(condition.admits(each) for condition in conditions):
                yield [each]

    def _wait(self, futures: object) -> None:
        self.waited += 1

    def _complete(self, rows: Flow[Resource], needs: frozenset[str]) -> Flow[Resource]:
        return mapped(rows, lambda batch: [self._completed(each) for each in batch])

    def _completed(self, each: Resource) -> Resource:
        self.completed.append(each.identifier)
        return self._whole(each)

    def _whole(self, each: Resource) -> Resource:
        properties = {**each.properties, **self.hidden.get(each.identifier, {})}
        return Resource(STREAM, HERE, each.identifier, dump_json(properties), whole=True)


def on(name: str, operator: Operator, value: SQLValue) -> Condition:
    return Condition(Role.PROPERTY, name, Predicate(operator, value))


def test_a_join_looks_at_each_row_a_few_times_only() -> None:
    size = 300
    scan = Scan([row(number, Uri=f"u{number}") for number in range(size)])
    for number in range(size):
        assert scan.find(Uri=f"u{number}") == [f"d|{number}"]
    assert scan.read == 2 * size
    assert Listed.looks < 5 * size


def test_the_second_time_reads_no_further_than_it_is_asked_for() -> None:
    scan = Scan([row(number, Uri="u") for number in range(100)])
    scan.find(Uri="x")
    scan.read = 0
    assert next(scan.stream(Uri="u")) == "d|0"
    assert next(scan.stream(Uri="u")) == "d|0"
    assert scan.read == 1
    assert len(scan.find(Uri="u")) == 100
    assert scan.read == 100


def test_two_readers_of_one_table_each_get_all_rows() -> None:
    scan = Scan([row(number, Uri="u") for number in range(5)])
    scan.find(Uri="u")
    pairs = [(one, other) for one in scan.stream(Uri="u") for other in scan.stream(Uri="u")]
    assert len(set(pairs)) == 25
    assert scan.read == 10


def test_only_rows_that_the_listing_does_not_rule_out_are_completed() -> None:
    rows = [row(number, State="s" if number < 3 else "t") for number in range(10)]
    scan = Scan(rows, {f"d|{number}": {"Uri": f"u{number % 2}"} for number in range(10)})
    for _ in range(3):
        assert scan.find(State="s", Uri="u0") == ["d|0", "d|2"]
    assert scan.find(State="s", Uri="u1") == ["d|1"]
    assert sorted(scan.completed) == ["d|0", "d|1", "d|2"]


def test_conditions_that_do_not_change_are_asked_once() -> None:
    fixed = on("State", Operator.NE, "t")
    scan = Scan([row(number, State="st"[number % 2], Uri=f"u{number}") for number in range(10)])
    for number in range(10):
        varying = on("Uri", Operator.NE, f"u{9 - number}")
        found = scan.find(fixed, varying, Uri=f"u{number}")
        assert found == ([f"d|{number}"] if number % 2 == 0 else [])
    assert scan.read == 2 * 10


def test_a_number_is_found_however_it_is_written() -> None:
    texts = ("5", "05", " 5", "5.0", "5e0", "6", "5x")
    scan = Scan([row(number, Uri=text) for number, text in enumerate(texts)])
    for value in (0, 5, 5.0, "5", "5.0", "6"):
        fives = [f"d|{number}" for number in range(5)]
        assert sorted(scan.find(Uri=value)) == {0: [], "6": ["d|5"]}.get(value, fives)


@pytest.mark.parametrize("value", [None, b"u", "x"])
def test_what_equals_nothing_finds_nothing(value: SQLValue) -> None:
    scan = Scan([row(0, Uri="u"), row(1, whole=True)])
    assert [scan.find(Uri=value) for _ in range(3)] == [[], [], []]


def test_what_a_failed_reading_left_is_not_taken_for_all() -> None:
    scan = Scan([row(number, Uri="u") for number in range(4)])
    scan.find(Uri="u")
    scan.fails_after = 2
    for _ in range(2):
        with pytest.raises(OSError, match="no more"):
            scan.find(Uri="u")
    scan.fails_after = None
    assert len(scan.find(Uri="u")) == 4


def test_a_row_of_which_the_listing_tells_less_is_found_all_the_same() -> None:
    scan = Scan([row(0, Uri="u"), row(1), row(2, Uri="v")], {"d|1": {"Uri": "u"}})
    assert [scan.find(Uri="u") for _ in range(2)] == [["d|0", "d|1"]] * 2


def test_other_keys_have_tables_of_their_own() -> None:
    scan = Scan([row(0, Uri="u")])
    lookups = scan.lookups
    for identifiers in ({"d|0"}, {"d|1"}, {"d|0"}):
        given = (on("Uri", Operator.EQ, "u"),)
        keys = replace(Keys(), identifiers=frozenset(identifiers), equal=given)
        rows = [row(0, Uri="u")] if "d|0" in identifiers else []
        found = lookups.rows("scope", keys, lambda _, rows=rows: ready(rows), lambda rows, _: rows)
        assert [len(batch) for batch in found if batch] == [1] * len(rows)


def test_what_no_hash_can_find_is_not_kept() -> None:
    scan = Scan([row(number, Uri=f"u{number}") for number in range(10)])
    for times in (1, 2, 3):
        assert len(scan.find(on("Uri", Operator.NE, "u3"))) == 9
        assert scan.read == 10 * times
