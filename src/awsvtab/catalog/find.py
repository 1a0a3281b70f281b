"""The names that people write, to resource types; and the nearest names where there is none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from awsvtab.catalog.model import ResourceType
from awsvtab.catalog.names import LIST_ONLY, OLDER_NAMES
from awsvtab.catalog.store import Catalog
from awsvtab.errors import ProgrammingError

PROVIDERS = frozenset({"aws", "awscc"})


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that StackQL's documentation uses for a table that has another name here.

    ``list_only`` tables show the region and the identifier, all that a listing is sure to give.
    """

    resource_type: ResourceType
    list_only: bool = False


def find_alias(catalog: Catalog, name: str) -> Alias | None:
    """The table behind one of StackQL's other names, written as `find_table` takes names.

    None for the names that tables have themselves.
    """
    plain = name.lower().removesuffix(LIST_ONLY)
    list_only = plain != name.lower()
    parts = plain.split(".")
    if parts[0] in PROVIDERS and len(parts) == 3:
        parts = parts[1:]
    elif len(parts) == 1:
        parts = plain.removeprefix("aws_").split("_", 1)
    older = OLDER_NAMES.get((parts[0], parts[-1]))
    if older is not None:
        plain = ".".join(older)
    found = find_table(catalog, plain) if older is not None or list_only else None
    return None if found is None else Alias(found, list_only)


def list_only_properties(resource_type: ResourceType) -> tuple[str, ...]:
    """The properties that a ``_list_only`` table shows besides the region: the identifier's."""
    return tuple(dict.fromkeys(pointer.split("/")[0] for pointer in resource_type.identifier))


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
        resources = {each.partition(".")[2] for each in dotted}
        close = difflib.get_close_matches(parts[0], resources, n=most, cutoff=0.9)
        return [f"aws.{each}" for each in dotted if each.partition(".")[2] in close][:most]
    return [f"aws.{each}" for each in difflib.get_close_matches(".".join(parts), dotted, n=most)]
