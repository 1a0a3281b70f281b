"""A registry schema to the catalog's record: pure, for the build and for types read live.

A record is a JSON object that holds what `ResourceType` does and nothing of AWS's prose:

- ``identifier``: pointers below ``/properties/``
- ``properties``: ``{name: "<JSON type or any> <flag> ..."}``, in the registry's order
- ``handlers``: ``{handler: [IAM action, ...]}``
- ``list_requires``, ``nested_read_only``, ``nested_create_only``, ``nested_write_only``,
  ``not_in``, ``parent``: only where there is something to say
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from awsvtab.catalog import names
from awsvtab.catalog.model import Parent, Property, ResourceType

Schema = Mapping[str, Any]
Record = dict[str, Any]

HANDLERS = ("create", "read", "update", "delete", "list")
FLAGS = ("required", "read_only", "create_only", "write_only", "unordered")
NESTED = ("nested_read_only", "nested_create_only", "nested_write_only")
ANY = "any"  # a union such as object or string, or no type at all
_JSON_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object"})


def record(schema: Schema, order: Sequence[str] = ()) -> Record:
    """The record of a registry schema, its properties in ``order``, then required, then by name."""
    result: Record = {
        "identifier": _pointers(schema, "primaryIdentifier"),
        "handlers": {
            name: schema["handlers"][name].get("permissions", [])
            for name in HANDLERS
            if name in schema.get("handlers", {})
        },
        "list_requires": list_requirements(schema),
        "nested_read_only": _nested(schema, "readOnlyProperties"),
        "nested_create_only": _nested(schema, "createOnlyProperties"),
        "nested_write_only": _nested(schema, "writeOnlyProperties"),
        "properties": _properties(schema, order),
    }
    return {key: value for key, value in result.items() if value or key in ("properties",)}


def list_requirements(schema: Schema) -> list[list[str]]:
    """The sets of properties of which a ListResources request has to have one, whole."""
    handler = schema.get("handlers", {}).get("list", {}).get("handlerSchema", {})
    always = handler.get("required", [])
    choices = [
        choice["required"]
        for key in ("oneOf", "anyOf")
        for choice in handler.get(key, ())
        if "required" in choice
    ]
    return [[*always, *choice] for choice in choices] or ([always] if always else [])


def resource_type(type_name: str, record: Record) -> ResourceType:
    """The resource type that a record describes."""
    parent = record.get("parent")
    return ResourceType(
        name=type_name,
        service=names.service_name(type_name),
        resource=names.resource_name(type_name),
        properties=tuple(_property(*item) for item in record["properties"].items()),
        identifier=tuple(record.get("identifier", ())),
        handlers={name: tuple(actions) for name, actions in record.get("handlers", {}).items()},
        list_requires=tuple(map(tuple, record.get("list_requires", ()))),
        parent=_parent(parent) if parent else None,
        not_in=frozenset(record.get("not_in", ())),
        **{key: tuple(record.get(key, ())) for key in NESTED},
    )


def _property(name: str, words: str) -> Property:
    json_type, *flags = words.split()
    return Property(name, json_type, **dict.fromkeys(flags, True))


def _parent(parent: Mapping[str, Any]) -> Parent:
    return Parent(
        type_name=parent.get("type"),
        take=parent.get("take", {}),
        values={name: tuple(values) for name, values in parent.get("values", {}).items()},
        account=tuple(parent.get("account", ())),
    )


def _properties(schema: Schema, order: Sequence[str]) -> dict[str, str]:
    required = set(schema.get("required", ()))
    marks = {
        "required": required,
        "read_only": set(_pointers(schema, "readOnlyProperties")),
        "create_only": set(_pointers(schema, "createOnlyProperties")),
        "write_only": set(_pointers(schema, "writeOnlyProperties")),
        "unordered": {
            name
            for name, prop in schema["properties"].items()
            if resolve(schema, prop).get("insertionOrder") is False
        },
    }
    return {
        name: " ".join([json_type(schema, name), *(flag for flag in FLAGS if name in marks[flag])])
        for name in _ordered(schema["properties"], order, required)
    }


def _ordered(properties: Iterable[str], order: Sequence[str], required: Iterable[str]) -> list[str]:
    place = {name: n for n, name in enumerate(order)}
    return sorted(
        properties, key=lambda name: (place.get(name, len(place)), name not in required, name)
    )


def json_type(schema: Schema, name: str) -> str:
    """The JSON type of a property; ``any`` where the schema allows several or says none."""
    prop = resolve(schema, schema["properties"][name])
    stated = prop.get("type")
    if isinstance(stated, list) and len(stated) == 1:
        stated = stated[0]
    if stated is None and ("properties" in prop or "patternProperties" in prop):
        return "object"
    return stated if isinstance(stated, str) and stated in _JSON_TYPES else ANY


def resolve(schema: Schema, node: Schema) -> Schema:
    """The node that ``$ref`` leads to; what stands beside the reference wins."""
    seen = set()
    while "$ref" in node and node["$ref"] not in seen:
        seen.add(node["$ref"])
        target: Any = schema
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target.get(key, {})
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        if "$ref" in target:
            node = {**node, "$ref": target["$ref"]}
    return node


def _pointers(schema: Schema, key: str) -> list[str]:
    return [pointer.removeprefix("/properties/") for pointer in schema.get(key, ())]


def _nested(schema: Schema, key: str) -> list[str]:
    """The pointers below a top-level property, without the schema's ``properties``, ``items``."""
    pointers = [pointer for pointer in _pointers(schema, key) if "/" in pointer]
    return sorted({_instance_pointer(pointer) for pointer in pointers})


def _instance_pointer(pointer: str) -> str:
    steps = [step for step in pointer.split("/") if step != "properties"]
    return "/".join("*" if step == "items" else step for step in steps)
