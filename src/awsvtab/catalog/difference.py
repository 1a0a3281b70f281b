"""What changed between two catalogs, in lines that a reviewer can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from awsvtab.catalog.model import Property, ResourceType
from awsvtab.catalog.store import Catalog

_MAPPINGS = ("properties", "handlers")


def differences(old: Catalog, new: Catalog) -> Iterator[str]:
    """A line for each type added (+), removed (-) or changed (~), with what changed in it."""
    before = {each.name: each for each in old}
    after = {each.name: each for each in new}
    yield from (f"- {name}" for name in sorted(before.keys() - after.keys()))
    yield from (f"+ {name}" for name in sorted(after.keys() - before.keys()))
    for name in sorted(before.keys() & after.keys()):
        if changed := list(_changes(before[name], after[name])):
            yield f"~ {name}: {'; '.join(changed)}"


def _changes(old: ResourceType, new: ResourceType) -> Iterator[str]:
    yield from _members("", _words(old), _words(new))
    if old.by_name.keys() == new.by_name.keys() and list(old.by_name) != list(new.by_name):
        yield "order of properties"
    yield from _members("handler ", old.handlers, new.handlers)
    for field in fields(ResourceType):
        if field.name not in _MAPPINGS and getattr(old, field.name) != getattr(new, field.name):
            yield field.name


def _members(what: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    yield from (f"-{what}{name}" for name in old if name not in new)
    yield from (f"+{what}{name}" for name in new if name not in old)
    for name in old:
        if name in new and old[name] != new[name]:
            yield f"{what}{name}" if what else f"{name} {old[name]} -> {new[name]}"


def _words(resource_type: ResourceType) -> dict[str, str]:
    return {prop.name: _word(prop) for prop in resource_type.properties}


def _word(prop: Property) -> str:
    flags = (field.name for field in fields(Property) if getattr(prop, field.name) is True)
    return " ".join((prop.json_type, *flags))
