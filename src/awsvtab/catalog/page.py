"""The page that lists how each listing that needs input gets it: Markdown, from the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from awsvtab.catalog.columns import property_columns
from awsvtab.catalog.model import Parent, ResourceType
from awsvtab.catalog.overrides import NO_WAY
from awsvtab.catalog.store import Catalog

_INTRODUCTION = """\
# Listings that need input

<!-- Written by `python -m awsvtab.catalog.build`, from the catalog. -->

Cloud Control lists some resource types only within something that holds them: event streams within
a domain. awsvtab lists the domains first, and then the event streams of each. These {ways} types
are listed so. A WHERE that fixes the columns in the second column spares the calls in the third.

| table | input | comes from |
|---|---|---|
{found}

## Input that has to be told

For these {untold} types awsvtab knows no way to the input. Write it into the WHERE, or name the
resource itself by its identifier. An object is compared as compact JSON text, which `json('…')`
makes.

| table | columns to give | because |
|---|---|---|
{told}
"""


def parents_page(catalog: Catalog) -> str:
    """The whole page."""
    needing = sorted((t for t in catalog if t.list_requires), key=lambda t: t.dotted_name)
    found = [_way(each) for each in needing if each.parents]
    told = [_untold(each) for each in needing if not each.parents]
    return _INTRODUCTION.format(
        ways=len(found), untold=len(told), found="\n".join(found), told="\n".join(told)
    )


def way_cells(wanted: str, parents: Iterable[Parent]) -> tuple[str, str]:
    """What a listing requires, and where it comes from."""
    return wanted, "; ".join(", ".join(_origins(parent)) for parent in parents)


def _way(resource_type: ResourceType) -> str:
    cells = way_cells(_columns(resource_type, ", "), resource_type.parents)
    return _row(resource_type.dotted_name, *cells)


def _origins(parent: Parent) -> Iterator[str]:
    if parent.type_name is not None:
        names = ", ".join(
            name if name == source else f"{name} = {source}" for name, source in parent.take.items()
        )
        yield f"{parent.type_name} ({names})"
    for name, values in parent.values.items():
        yield f"{name} = each of {', '.join(values)}"
    for name, values in parent.home_values.items():
        yield f"{name} = {', '.join(values)} in the home region"
    for name in parent.account:
        yield f"{name} = the account's id"


def _untold(resource_type: ResourceType) -> str:
    reason = NO_WAY.get(resource_type.name, "not known yet")
    return _row(resource_type.dotted_name, _columns(resource_type, " and "), reason)


def _columns(resource_type: ResourceType, join: str) -> str:
    column = property_columns(resource_type)
    return " or ".join(
        join.join(column.get(name, name) for name in names) for names in resource_type.list_requires
    )


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
