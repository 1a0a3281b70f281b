"""A registry schema to the catalog's record: pure, for the build and for types read live.

A record is a JSON object that holds what `ResourceType` does and nothing of AWS's prose:

- ``identifier``: pointers below ``/properties/``
- ``properties``: ``{name: "<JSON type or any> <flag> ..."}``, in the registry's order
- ``handlers``: ``{handler: [IAM action, ...]}``
- ``list_requires``, ``nested_read_only``, ``nested_create_only``, ``nested_write_only``,
  ``nested_unordered``, ``not_in``, ``parents``, ``scope``, ``spans_regions``: only where there is
  something to say
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from awsvtab.catalog import names
from awsvtab.catalog.marks import EVERY
from awsvtab.catalog.model import Parent, Property, RegionSource, ResourceType
from awsvtab.catalog.overrides import LIST_INPUT

Schema = Mapping[str, Any]
Record = dict[str, Any]

HANDLERS = ("create", "read", "update", "delete", "list")
FLAGS = ("required", "read_only", "create_only", "write_only", "unordered", "timestamp")
NESTED = ("nested_read_only", "nested_create_only", "nested_write_only", "nested_unordered")
ANY = "any"  # a union such as object or string, or no type at all
JSON_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object"})


def record(schema: Schema, order: Sequence[str] | None = None) -> Record:
    """The record of a registry schema, its properties in the schema's own order.

    A source that sorts properties by name gives the ``order`` instead, as far as it is known: those
    in it come first, then the required ones, then the rest by name.
    """
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
        "nested_unordered": sorted(set(_unordered(schema))),
        "properties": _properties(schema, order),
    }
    return {key: value for key, value in result.items() if value or key in ("properties",)}


def list_requirements(schema: Schema) -> list[list[str]]:
    """The sets of properties of which a ListResources request has to have one, whole."""
    known = LIST_INPUT.get(schema.get("typeName", ""))
    if known is not None:
        return [list(names) for names in known]
    handler = _list_schema(schema)
    always = handler.get("required", [])
    choices = [
        choice["required"]
        for key in ("oneOf", "anyOf")
        for choice in handler.get(key, ())
        if "required" in choice
    ]
    return [[*always, *choice] for choice in choices] or ([always] if always else [])


def list_input(schema: Schema, name: str) -> Schema:
    """What the list handler says of a property that it takes, resolved; else what the type says.

    A handler may mean another property by a name: ``Arn`` of APS rule groups is a Workspace.
    """
    prop = resolve(schema, schema["properties"].get(name, {}))
    stated = _list_schema(schema).get("properties", {}).get(name, {})
    if "$ref" in stated:
        stated = {**stated, "$ref": stated["$ref"].removeprefix("resource-schema.json")}
    return {**prop, **resolve(schema, stated)}


def _list_schema(schema: Schema) -> Schema:
    found: Schema = schema.get("handlers", {}).get("list", {}).get("handlerSchema", {})
    return found


def resource_type(type_name: str, record: Record) -> ResourceType:
    """The resource type that a record describes."""
    spans = record.get("spans_regions")
    return ResourceType(
        name=type_name,
        service=names.service_name(type_name),
        resource=names.resource_name(type_name),
        properties=tuple(_property(*item) for item in record["properties"].items()),
        identifier=tuple(record.get("identifier", ())),
        handlers={name: tuple(actions) for name, actions in record.get("handlers", {}).items()},
        list_requires=tuple(map(tuple, record.get("list_requires", ()))),
        parents=tuple(map(parent_of, record.get("parents", ()))),
        not_in=frozenset(record.get("not_in", ())),
        is_global=record.get("scope") == "global",
        region_source=RegionSource(spans["property"], spans.get("type")) if spans else None,
        **{key: tuple(record.get(key, ())) for key in NESTED},
    )


def _property(name: str, words: str) -> Property:
    json_type, *flags = words.split()
    return Property(name, json_type, **dict.fromkeys(flags, True))


def parent_of(parent: Mapping[str, Any]) -> Parent:
    """The parent that a record's part describes."""
    return Parent(
        type_name=parent.get("type"),
        take=parent.get("take", {}),
        values=_tuples(parent.get("values", {})),
        home_values=_tuples(parent.get("home_values", {})),
        account=tuple(parent.get("account", ())),
    )


def _tuples(lists: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in lists.items()}


def _properties(schema: Schema, order: Sequence[str] | None) -> dict[str, str]:
    required = set(schema.get("required", ()))
    properties: Mapping[str, Schema] = schema.get("properties", {})
    ordered = list(properties) if order is None else _ordered(properties, order, required)
    marks = {
        "required": required,
        "read_only": set(_pointers(schema, "readOnlyProperties")),
        "create_only": set(_pointers(schema, "createOnlyProperties")),
        "write_only": set(_pointers(schema, "writeOnlyProperties")),
        "unordered": {
            name
            for name, prop in properties.items()
            if resolve(schema, prop).get("insertionOrder") is False
        },
        "timestamp": {
            name for name, prop in properties.items() if _is_timestamp(resolve(schema, prop))
        },
    }
    return {
        name: " ".join([json_type(schema, name), *(flag for flag in FLAGS if name in marks[flag])])
        for name in ordered
    }


def _is_timestamp(prop: Schema) -> bool:
    """Whether the texts are RFC 3339's: https://json-schema.org/understanding-json-schema/reference/type#dates-and-times"""
    return prop.get("type") == "string" and prop.get("format") == "date-time"


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
    return stated if isinstance(stated, str) and stated in JSON_TYPES else ANY


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


def _unordered(schema: Schema) -> Iterator[str]:
    """The pointers of the arrays below top-level properties whose order means nothing.

    That is ``"insertionOrder": false``; ``uniqueItems`` alone makes an ordered set:
    https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
    """
    for name, prop in schema.get("properties", {}).items():
        for pointer in _unordered_in(schema, prop, name, ()):
            if pointer != name:
                yield pointer


def _unordered_in(
    schema: Schema, node: Any, pointer: str, references: tuple[str, ...]
) -> Iterator[str]:
    """Those at and below a node. What contains itself is gone into once."""
    if not isinstance(node, dict) or node.get("$ref") in references:
        return
    if "$ref" in node:
        references = (*references, node["$ref"])
        node = resolve(schema, node)
    if node.get("insertionOrder") is False:
        yield pointer
    for name, inner in node.get("properties", {}).items():
        yield from _unordered_in(schema, inner, f"{pointer}/{name}", references)
    for inner in (node.get("items"), *node.get("patternProperties", {}).values()):
        yield from _unordered_in(schema, inner, f"{pointer}/{EVERY}", references)
    for key in ("allOf", "anyOf", "oneOf"):
        for inner in node.get(key, ()):
            yield from _unordered_in(schema, inner, pointer, references)


def _instance_pointer(pointer: str) -> str:
    steps = [step for step in pointer.split("/") if step != "properties"]
    return "/".join(EVERY if step == "items" else step for step in steps)
