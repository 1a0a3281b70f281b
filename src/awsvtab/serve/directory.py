"""What the pages without rows show: services and their resource types, from the catalog. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from awsvtab.catalog import Catalog, ResourceType
from awsvtab.catalog.columns import property_columns
from awsvtab.serve.paging import IDENTIFIER


@dataclass(frozen=True, slots=True)
class Service:
    """A service, and how many tables it has."""

    name: str
    tables: int


@dataclass(frozen=True, slots=True)
class Table:
    """A resource type's table: what SQL calls it, what AWS does, and what a page of it needs.

    ``needs`` are the columns that have to be given before AWS lists anything.
    """

    name: str
    dotted_name: str
    type_name: str
    needs: tuple[str, ...]
    can_read: bool


def services(catalog: Catalog) -> list[Service]:
    """All services, by name."""
    counted = Counter(dotted.partition(".")[0] for dotted in catalog.dotted_names())
    return [Service(name, count) for name, count in sorted(counted.items())]


def tables_of(catalog: Catalog, service: str) -> list[Table]:
    """The tables of a service, by name; none where there is no such service."""
    dotted = (each for each in catalog.dotted_names() if each.partition(".")[0] == service)
    return _tables(catalog, sorted(dotted))


def search(catalog: Catalog, words: str, most: int) -> list[Table]:
    """The tables with all of the words in their names, those with the shortest names first."""
    wanted = words.lower().replace("::", " ").replace(".", " ").split()
    found = [
        each
        for each in catalog.dotted_names()
        if all(word in f"aws.{each} {each.replace('_', '')}" for word in wanted)
    ]
    return _tables(catalog, sorted(found, key=lambda each: (len(each), each))[:most])


def _tables(catalog: Catalog, dotted: Iterable[str]) -> list[Table]:
    found = (catalog.find(*each.split(".")) for each in dotted)
    return [table(each) for each in found if each is not None]


def table(resource_type: ResourceType) -> Table:
    """A resource type's table."""
    return Table(
        resource_type.table_name,
        resource_type.dotted_name,
        resource_type.name,
        tuple(needs(resource_type)),
        resource_type.can("read") or resource_type.can("list"),
    )


def needs(resource_type: ResourceType) -> Sequence[str]:
    """The columns without which AWS lists nothing of a type; the identifier where it never does."""
    if not resource_type.can("list"):
        return [IDENTIFIER] if resource_type.can("read") else []
    if resource_type.parents or not resource_type.list_requires:
        return []
    columns = property_columns(resource_type)
    required = resource_type.list_requires[0]
    return [columns[name] for name in required] if columns.keys() >= set(required) else [IDENTIFIER]
