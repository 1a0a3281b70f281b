"""What a list handler's model names, the rows that hold a listing, and what it selects.

Which types hold others, and which of their properties have the model's values, is reviewed data of
the catalog. A type that the catalog lacks has no parents here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from awsvtab.catalog import Parent, ResourceType, catalog, names

from . import examples, schemas
from .pointers import Json, Pointer
from .schemas import ResourceSchema


@dataclass(frozen=True)
class Named:
    """A row that a model names: ``parent`` is how, without what the model does not say."""

    parent: Parent
    model: Json

    @property
    def type_name(self) -> str:
        return self.parent.type_name or ""

    @property
    def values(self) -> dict[str, Any]:
        """What the row has: a value for each of its properties, or of the pointers into them."""
        return {source: _at(self.model, name) for name, source in self.parent.take.items()}

    def is_row(self, properties: Json) -> bool:
        """Whether a resource with these properties is the row."""
        models = self.parent.models(properties.get, {})
        return any(_within(model, self.model) for model in models)


@dataclass(frozen=True)
class Selection:
    """What a listing shows: resources with ``values`` in the places ``by``.

    ``picks`` are properties with the values of which a resource has to have one.
    """

    by: tuple[Pointer, ...]
    values: tuple[Any, ...]
    picks: tuple[tuple[str, Any], ...]

    @property
    def text(self) -> str:
        """What tells it from others."""
        return json.dumps([self.by, self.values, self.picks], sort_keys=True)

    def picked(self, properties: Json) -> bool:
        return all(properties.get(name) in wanted for name, wanted in self.picks)


@cache
def ways(type_name: str) -> tuple[Parent, ...]:
    """How the catalog reaches the type's listings from other rows."""
    try:
        found = catalog().type(type_name).parents
    except KeyError:
        return ()
    return tuple(parent for parent in found if parent.type_name is not None)


def named(schema: ResourceSchema, model: Json) -> list[Named]:
    """The rows, of which one has to exist, that a list handler's model names."""
    found = []
    for parent in ways(schema.type_name):
        take = {n: source for n, source in parent.take.items() if _at(model, n) is not None}
        if take:
            found.append(Named(replace(parent, take=take), model))
    return found


@cache
def demands(type_name: str) -> Mapping[str, tuple[Json, ...]]:
    """What the types below ask of a type's properties: the schema nodes of what they take them for.

    AWS::Connect::ContactFlowVersion wants whole ARNs, and its flows call anything an ARN. Only
    types of the same service are looked at: there are few of others.
    """
    found: dict[str, list[Json]] = {}
    for child in _siblings(type_name):
        for parent in child.parents:
            schema = _schema(child) if parent.type_name == type_name else None
            if schema is not None:
                for name, source in parent.take.items():
                    found.setdefault(source, []).extend(_nodes(schema, name))
    return {source: tuple(nodes) for source, nodes in found.items()}


def selection(schema: ResourceSchema, model: Json) -> Selection:
    """What the model selects. Members that are nothing of the resources select nothing."""
    chosen = [
        ((schema.list_selects[name], *inner), value)
        for name in sorted(model)
        if name in schema.list_selects
        for inner, value in _leaves(model[name])
    ]
    picks = [(schema.list_picks[name], model[name]) for name in model if name in schema.list_picks]
    by, values = zip(*chosen, strict=True) if chosen else ((), ())
    return Selection(by, values, tuple(picks))


def model_of(schema: ResourceSchema, properties: Json) -> Json:
    """The list handler's model that a resource with these properties is listed by."""
    selects = schema.list_selects.items()
    return {name: properties[own] for name, own in selects if own in properties}


def _siblings(type_name: str) -> Iterator[ResourceType]:
    known = catalog()
    service = names.service_name(type_name)
    for dotted in known.dotted_names():
        if dotted.startswith(f"{service}."):
            found = known.find(*dotted.split("."))
            if found is not None:
                yield found


def _schema(resource_type: ResourceType) -> ResourceSchema | None:
    """The type's schema in the first region that has it: they differ little."""
    regions = (schemas.DEFAULT_REGION, *catalog().regions)
    region = next((each for each in regions if each not in resource_type.not_in), "")
    return schemas.find(resource_type.name, region)


def _nodes(schema: ResourceSchema, member: str) -> Iterator[Json]:
    """What the list handler and the resources themselves say of a member of the model."""
    stated = schema.list_input.get("properties", {}).get(member, {})
    own = schema.properties.get(schema.list_selects.get(member, member), {})
    for node in (stated, own):
        yield examples.combined(schema, node)


def _leaves(value: Any) -> Iterator[tuple[Pointer, Any]]:
    if not isinstance(value, dict):
        yield (), value
        return
    for name in sorted(value):
        for inner, leaf in _leaves(value[name]):
            yield (name, *inner), leaf


def _at(model: Json, pointer: str) -> Any:
    value: Any = model
    for name in pointer.split("/"):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _within(part: Any, whole: Any) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and _within(part[name], whole[name]) for name in part)
    return bool(part == whole)
