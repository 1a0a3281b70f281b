"""Which resource type a list handler's required property names: the parent of what is listed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from . import examples, schemas
from .schemas import ResourceSchema
from .validation import matches


@cache
def parents(type_name: str, region: str) -> tuple[tuple[str, str], ...]:
    """(member, parent type) of what the list handler requires, where it is clear.

    It is where the member's name is the only identifying property of exactly one other listable
    type of the service, which the name names: ``DomainName`` of an event stream is a ``Domain``'s,
    but ``PortfolioId`` is not an ``AcceptedPortfolioShare``'s.
    """
    schema = schemas.find(type_name, region)
    if schema is None or not schema.list_required:
        return ()
    prefix = type_name.rpartition("::")[0] + "::"
    names = [name for name in schemas.type_names(region) if name.startswith(prefix)]
    found = [schemas.find(name, region) for name in names]
    return links(schema, [sibling for sibling in found if sibling is not None])


def links(schema: ResourceSchema, service: Iterable[ResourceSchema]) -> tuple[tuple[str, str], ...]:
    """`parents`, of a schema among those of its service."""
    others = [other for other in service if other is not schema and "list" in other.handlers]
    found = []
    for name in schema.list_required:
        types = [other.type_name for other in others if _is_parent(other, schema, name)]
        if len(types) == 1:
            found.append((name, types[0]))
    return tuple(found)


def _is_parent(other: ResourceSchema, schema: ResourceSchema, name: str) -> bool:
    return (
        other.identifier == ((name,),)
        # A type that is itself listed by this property only is a sibling, not the parent.
        and name not in other.list_required
        and _names(name, re.sub(r"V\d+$", "", other.resource))
        and _accepts(schema, name, other)
    )


def _names(name: str, resource: str) -> bool:
    """``WindowId`` names a ``MaintenanceWindow``, ``AgentRuntimeId`` a ``Runtime``."""
    stem = re.sub(r"(Id|Identifier|Arn|Name)$", "", name)
    return any(resource.endswith(part) or part.endswith(resource) for part in (stem, name))


def _accepts(schema: ResourceSchema, name: str, parent: ResourceSchema) -> bool:
    """Whether an identifier of the parent can be the property's value, by their patterns."""
    node = schema.resolve(schema.properties.get(schema.list_selects.get(name, name), {}))
    own = parent.resolve(parent.properties[name])
    if "pattern" not in node or "pattern" not in own:
        return True
    return matches(node["pattern"], examples.string(own, name, parent.type_name))
