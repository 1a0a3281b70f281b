"""Which resource type a list handler's required property names: the parent of what is listed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from . import schemas
from .schemas import ResourceSchema


@cache
def parents(type_name: str, region: str) -> tuple[tuple[str, str], ...]:
    """(property, parent type) of the list handler's required properties, where it is clear.

    It is where the property's name is the only identifying property of exactly one other listable
    type of the service: ``DomainName`` of an event stream is that of a ``Domain``.
    """
    schema = schemas.find(type_name, region)
    required = schema.list_input.get("required", ()) if schema else ()
    if schema is None or not required:
        return ()
    prefix = type_name.rpartition("::")[0] + "::"
    names = [name for name in schemas.type_names(region) if name.startswith(prefix)]
    found = [schemas.find(name, region) for name in names]
    return links(schema, [sibling for sibling in found if sibling is not None])


def links(schema: ResourceSchema, service: Iterable[ResourceSchema]) -> tuple[tuple[str, str], ...]:
    """`parents`, of a schema among those of its service."""
    others = [other for other in service if other is not schema and "list" in other.handlers]
    found = []
    for name in schema.list_input.get("required", ()):
        types = [other.type_name for other in others if other.identifier == ((name,),)]
        if len(types) == 1:
            found.append((name, types[0]))
    return tuple(found)
