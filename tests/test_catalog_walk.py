"""Every type of the catalog as a table: what was put is found by region, identifier and input."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import awsvtab
from awsvtab.catalog import ResourceType, catalog
from awsvtab.catalog.columns import property_columns
from awsvtab.catalog.overrides import LIST_INPUT, NO_WAY
from awsvtab.emulator import Emulator, schemas
from awsvtab.errors import NotSupportedError
from awsvtab.values import to_sql
from planting import Planted, Planter

Row = dict[str, Any]

METHODS = {"GetResource": "get_resource", "ListResources": "list_resources"}
EXCEPTIONS: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("catalog_walk_exceptions.json").read_text()
)
NEEDING = [each for each in catalog() if each.list_requires]
# As the schemas of us-east-1 say themselves, without what the catalog knows besides.
DECLARED = [
    each.name for each in NEEDING if "us-east-1" not in each.not_in and each.name not in LIST_INPUT
]
# All that need input, and an eighth of the others.
SAMPLE = [each for n, each in enumerate(catalog()) if each.list_requires or n % 40 == 0]


class Walk:
    """One type after another, each alone in the emulator with the parents that it needs."""

    def __init__(self, emulator: Emulator, connection: awsvtab.Connection) -> None:
        self.emulator = emulator
        self.connection = connection
        self.done: dict[str, set[str]] = {}
        self.failed: dict[str, dict[str, str]] = {}

    def take(self, resource_type: ResourceType) -> None:
        """Put a resource of the type and look for it in all ways that the type allows."""
        self.emulator.reset()
        if not resource_type.can("read"):
            self.emulator.listing.properties = "all"
        visit = Visit(self.emulator, self.connection, resource_type)
        if resource_type.can("list"):
            self._step("region", visit)
        if resource_type.can("read"):
            self._step("identifier", visit)
        if resource_type.can("list") and resource_type.list_requires:
            self._step("input", visit)
            self._step("input_alone", visit)

    def _step(self, step: str, visit: Visit) -> None:
        name = visit.resource_type.name
        try:
            getattr(visit, step)()
        except (AssertionError, awsvtab.Error) as reason:
            self.failed.setdefault(step, {})[name] = str(reason)
        else:
            self.done.setdefault(step, set()).add(name)


class Visit:
    """Planted resources, one below each parent that the type may have, and the queries for them."""

    def __init__(
        self, emulator: Emulator, connection: awsvtab.Connection, resource_type: ResourceType
    ) -> None:
        self.emulator = emulator
        self.connection = connection
        self.resource_type = resource_type
        self.columns = property_columns(resource_type)
        regions = ("us-east-1", *catalog().regions)
        self.at = next(each for each in regions if each not in resource_type.not_in)
        self.planted = Planter(emulator, self.at).plant_all(resource_type.name)

    def region(self) -> None:
        """Nothing but a region gives each resource once."""
        rows = self._query("")
        assert len(rows) == len(self.planted)
        for planted in self.planted:
            assert sum(self._is(planted, row) for row in rows) == 1

    def identifier(self) -> None:
        """The identifier gives the same row with one call."""
        for planted in self.planted:
            self._one(planted, " AND data__Identifier = ?", [planted.identifier])
            assert self.emulator.calls.operations == ["GetResource"]

    def input(self) -> None:
        """The columns that the list handler requires give the same row."""
        for planted in self.planted:
            where, values = self._input(planted)
            self._one(planted, where, values)

    def input_alone(self) -> None:
        """That lists nothing but the type itself."""
        where, values = self._input(self.planted[0])
        self._query(where, *values)
        listed = {call.type_name for call in self.emulator.calls}
        assert listed == {self.resource_type.name}

    def _input(self, planted: Planted) -> tuple[str, list[Any]]:
        selects = schemas.find(self.resource_type.name, self.at).list_selects
        sets = self.resource_type.list_requires
        required = next((each for each in sets if planted.model.keys() >= set(each)), sets[0])
        names = [selects[name] for name in required]
        where = "".join(f" AND {self.columns[name]} = ?" for name in names)
        return where, [to_sql(planted.properties[name]) for name in names]

    def _one(self, planted: Planted, where: str, values: list[Any]) -> None:
        rows = self._query(where, *values)
        assert len(rows) == 1
        assert self._is(planted, rows[0])

    def _query(self, where: str, *values: Any) -> list[Row]:
        self.emulator.calls.clear()
        sql = f"SELECT * FROM {self.resource_type.dotted_name} WHERE region = ?{where}"
        cursor = self.connection.execute(sql, [self.at, *values])
        names = [description[0] for description in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
        paths = self.connection.explain(sql, [self.at, *values]).paths
        explained = {use for path in paths for use in path.uses}
        assert {(call.type_name, METHODS[call.operation]) for call in self.emulator.calls} <= (
            explained
        )
        return rows

    def _is(self, planted: Planted, row: Row) -> bool:
        """Whether a row shows the resource: all of it but what AWS does not return."""
        hidden = {pointer.split("/")[0] for pointer in self.resource_type.nested_write_only}
        return row["region"] == self.at and all(
            row[self.columns[prop.name]] == to_sql(planted.properties.get(prop.name))
            for prop in self.resource_type.properties
            if not prop.write_only and prop.name not in hidden
        )


@pytest.fixture(scope="module")
def everything() -> Iterator[tuple[Emulator, awsvtab.Connection]]:
    """An emulator of this module's own, and a connection to it."""
    with Emulator() as emulator:
        connection = emulator.connect()
        yield emulator, connection
        connection.close()


@pytest.mark.parametrize(
    "types", [pytest.param(SAMPLE, id="sample"), pytest.param([*catalog()], marks=pytest.mark.slow)]
)
def test_a_type_is_found_in_all_its_ways(
    everything: tuple[Emulator, awsvtab.Connection],
    types: list[ResourceType],
    capsys: pytest.CaptureFixture[str],
) -> None:
    walk = Walk(*everything)
    for resource_type in types:
        if resource_type.can("list") or resource_type.can("read"):
            walk.take(resource_type)
    counts = {step: len(names) for step, names in walk.done.items()}
    declared = len(walk.done["region"].intersection(DECLARED))
    listable = sum(each.can("list") for each in types)
    readable = sum(each.can("read") for each in types)
    with capsys.disabled():
        sys.stdout.write(
            f"\nof {listable} types, {counts['region']} are listed by a region alone "
            f"({declared} of {len(DECLARED)} whose schemas require input);\n"
            f"of {readable}, {counts['identifier']} are read by identifier;\n"
            f"of {len(NEEDING)}, {counts['input']} are listed by their input, "
            f"{counts['input_alone']} without listing anything else\n"
        )
        for step, failed in walk.failed.items():
            new = failed.keys() - EXCEPTIONS.get(step, {}).keys()
            sys.stdout.writelines(f"{step}: {name}: {failed[name]}\n" for name in sorted(new))
    assert len(DECLARED) == 388
    assert declared >= 360
    assert {step: set(names) for step, names in walk.failed.items()} == {
        step: set(names) for step, names in EXCEPTIONS.items()
    }


def test_types_that_a_region_does_not_list_are_those_that_the_docs_name() -> None:
    assert EXCEPTIONS["region"] == NO_WAY


def test_every_table_is_described_without_a_call(
    everything: tuple[Emulator, awsvtab.Connection],
) -> None:
    emulator, connection = everything
    emulator.calls.clear()
    for resource_type in catalog():
        cursor = connection.execute(f"SELECT * FROM {resource_type.dotted_name} LIMIT 0")
        names = [description[0] for description in cursor.description or ()]
        assert cursor.fetchall() == []
        assert names == [*property_columns(resource_type).values(), "region"]
    assert emulator.calls.operations == []


def test_types_without_handlers_raise_when_they_are_scanned(
    everything: tuple[Emulator, awsvtab.Connection],
) -> None:
    emulator, connection = everything
    emulator.calls.clear()
    seen = Counter(bool(each.handlers) for each in catalog())
    for resource_type in catalog():
        if not resource_type.can("list") and not resource_type.can("read"):
            name = resource_type.dotted_name
            connection.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {name}").fetchall()
            with pytest.raises(NotSupportedError, match="can neither list nor read"):
                connection.execute(f"SELECT * FROM {name} WHERE region = 'us-east-1'").fetchall()
    assert emulator.calls.operations == []
    assert seen[False] > 100
