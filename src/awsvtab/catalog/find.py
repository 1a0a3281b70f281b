"""The names that people write, to resource types; and the nearest names where there is none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from awsvtab.catalog.model import ResourceType
from awsvtab.catalog.store import Catalog
from awsvtab.errors import ProgrammingError

PROVIDERS = frozenset({"aws", "awscc"})


def find_table(catalog: Catalog, name: str) -> ResourceType | None:
    """The type behind ``service.resource``, with or without ``aws.``, or an underscore name."""
    parts = name.lower().split(".")
    if parts[0] in PROVIDERS and len(parts) == 3:
        parts = parts[1:]
    return catalog.find(*parts) if len(parts) == 2 else catalog.table(name)


def short_names(catalog: Catalog, wanted: Iterable[str]) -> dict[str, ResourceType]:
    """The types by the short names that were asked for, each written as `find_table` takes it."""
    found: dict[str, ResourceType] = {}
    for name in wanted:
        resource_type = find_table(catalog, name)
        if resource_type is None:
            raise ProgrammingError(f"tables: {no_such_table(catalog, name)}")
        short = resource_type.resource
        if found.setdefault(short, resource_type) is not resource_type:
            raise ProgrammingError(
                f"tables: {found[short].dotted_name} and {resource_type.dotted_name} would both "
                f"be called {short}; ask for one of them"
            )
    return found


def no_such_table(catalog: Catalog, name: str) -> str:
    """The message for an unknown table, with the names that come nearest."""
    near = nearest(catalog, name)
    if not near:
        return f"no such table: {name}"
    return f"no such table: {name}; did you mean {' or '.join(near)}?"


def nearest(catalog: Catalog, name: str, most: int = 3) -> list[str]:
    """The dotted names of tables with this short name; without any, those spelled alike."""
    parts = [part for part in name.lower().split(".") if part not in PROVIDERS]
    dotted = list(catalog.dotted_names())
    same = [each for each in dotted if each.partition(".")[2] == parts[-1]]
    if same:
        return [f"aws.{each}" for each in same[:most]]
    if len(parts) == 1 and parts[0].startswith("aws_"):
        parts = parts[0].split("_", 2)[1:]
    if len(parts) == 1:  # probably a local table's: only a slip of the key counts
        resources = {each.partition(".")[2]: each for each in dotted}
        close = difflib.get_close_matches(parts[0], resources, n=most, cutoff=0.9)
        return [f"aws.{resources[each]}" for each in close]
    return [f"aws.{each}" for each in difflib.get_close_matches(".".join(parts), dotted, n=most)]
