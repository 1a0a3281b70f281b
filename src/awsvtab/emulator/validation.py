"""Models checked against their type's schema, and the sentences that AWS says about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import regex  # type: ignore[import-untyped]
from jsonschema.protocols import Validator  # type: ignore[import-untyped]
from jsonschema.validators import extend  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT7

from awsvtab.catalog.overrides import LIST_INPUT

from . import errors, pointers
from .pointers import Json
from .schemas import RESOURCE_SCHEMA, ResourceSchema

# AWS validates with a Java library and shows the names of its types.
JAVA_TYPES = {
    "array": "JSONArray",
    "boolean": "Boolean",
    "integer": "Integer",
    "null": "Null",
    "number": "Number",
    "object": "JSONObject",
    "string": "String",
}


def check_desired_state(schema: ResourceSchema, properties: Json) -> None:
    """Raise ValidationException unless the properties make a resource of the type."""
    given = [pointer for pointer in schema.read_only if _given(properties, pointer)]
    if given:
        names = ", ".join(pointers.text(pointer) for pointer in given)
        raise errors.validation(f"Model validation failed (#: readOnlyProperties [{names}] found)")
    check_model(schema, properties)


def check_model(schema: ResourceSchema, properties: Json, before: Json | None = None) -> None:
    """Raise ValidationException unless the properties fit the schema.

    What did not fit ``before`` a change is not held against it: tests put what they need.
    """
    found = list(violations(model_validator(schema), properties))
    if found and before is not None:
        known = set(violations(model_validator(schema), before))
        found = [sentence for sentence in found if sentence not in known]
    if found:
        count = f"#: {len(found)} schema violations found, " if len(found) > 1 else ""
        raise errors.validation(f"Model validation failed ({count}{', '.join(found)})")


def check_list_input(schema: ResourceSchema, model: Json) -> None:
    """Raise InvalidRequestException where the list handler requires properties not given."""
    found = list(violations(_list_validator(schema), model))
    if found:
        raise errors.CloudControlError(
            "InvalidRequestException",
            f"Missing or invalid ResourceModel property in {schema.type_name} list handler "
            f"request input.Required property: ({found[0]})",
        )


def violations(validator: Validator, instance: Any) -> Iterator[str]:
    """One sentence for each violation, such as ``#/DelaySeconds: expected type: …``."""
    found = validator.iter_errors(instance)
    for error in sorted(found, key=lambda error: [str(part) for part in error.absolute_path]):
        place = "/".join(["#", *(str(part) for part in error.absolute_path)])
        describe = DESCRIPTIONS.get(str(error.validator))
        for sentence in describe(error) if describe else [error.message]:
            yield f"{place}: {sentence}"


def _given(properties: Json, pointer: pointers.Pointer) -> bool:
    return any(True for _ in pointers.select(properties, pointer))


def _type(error: Any) -> list[str]:
    wanted = error.validator_value
    names = [wanted] if isinstance(wanted, str) else wanted
    expected = ", ".join(JAVA_TYPES[name] for name in names)
    return [f"expected type: {expected}, found: {_java_type(error.instance)}"]


def _java_type(value: Any) -> str:
    names = {bool: "Boolean", int: "Integer", float: "Double", str: "String", type(None): "Null"}
    return names.get(type(value), "JSONArray" if isinstance(value, list) else "JSONObject")


def _required(error: Any) -> list[str]:
    # jsonschema reports each missing name by itself, and only in the message.
    name = error.message.split("'")[1]
    return [f"required key [{name}] not found"]


def _extraneous(error: Any) -> list[str]:
    known = error.schema.get("properties", {})
    patterns = error.schema.get("patternProperties", {})
    return [
        f"extraneous key [{name}] is not permitted"
        for name in error.instance
        if name not in known and not any(regex.search(pattern, name) for pattern in patterns)
    ]


def _one_of(error: Any) -> list[str]:
    matched = 0 if error.context else 2
    return [f"#: {matched} subschemas matched instead of one"]


DESCRIPTIONS: dict[str, Callable[[Any], list[str]]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _extraneous,
    "enum": lambda e: [f"{e.instance} is not a valid enum value"],
    "const": lambda e: [f"{e.instance} is not a valid enum value"],
    "pattern": lambda e: [f"string [{e.instance}] does not match pattern {e.validator_value}"],
    "minLength": lambda e: [f"expected minLength: {e.validator_value}, actual: {len(e.instance)}"],
    "maxLength": lambda e: [f"expected maxLength: {e.validator_value}, actual: {len(e.instance)}"],
    "minimum": lambda e: [f"{e.instance} is not greater or equal to {e.validator_value}"],
    "maximum": lambda e: [f"{e.instance} is not less or equal to {e.validator_value}"],
    "minItems": lambda e: [
        f"expected minimum item count: {e.validator_value}, found: {len(e.instance)}"
    ],
    "maxItems": lambda e: [
        f"expected maximum item count: {e.validator_value}, found: {len(e.instance)}"
    ],
    "minProperties": lambda e: [f"minimum size: [{e.validator_value}], found: [{len(e.instance)}]"],
    "maxProperties": lambda e: [f"maximum size: [{e.validator_value}], found: [{len(e.instance)}]"],
    "uniqueItems": lambda e: ["array items are not unique"],
    "oneOf": _one_of,
    "anyOf": lambda e: [
        f"#: no subschema matched out of the total {len(e.validator_value)} subschemas"
    ],
}


def _pattern(_: Validator, pattern: str, instance: Any, __: Any) -> Iterator[Any]:
    r"""The schemas' patterns are Java's and ECMA's: ``\p{L}`` is beyond Python's `re`."""
    if isinstance(instance, str) and not matches(pattern, instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text; a pattern that nobody can read matches all."""
    compiled = _compile(pattern)
    return compiled is None or compiled.search(text) is not None


@lru_cache(maxsize=4096)
def _compile(pattern: str) -> regex.Pattern[str] | None:
    try:
        return regex.compile(pattern)
    except regex.error:
        return None


_Validator = extend(jsonschema.Draft7Validator, {"pattern": _pattern})


@cache
def model_validator(schema: ResourceSchema) -> Validator:
    """Of the whole model, where nobody is asked for what only AWS can know."""
    made_up = {pointer[0] for pointer in schema.read_only if len(pointer) == 1}
    required = [name for name in schema.document.get("required", ()) if name not in made_up]
    validator: Validator = _Validator({**schema.document, "required": required})
    return validator


@cache
def _list_validator(schema: ResourceSchema) -> Validator:
    resource = (RESOURCE_SCHEMA, DRAFT7.create_resource(schema.document))
    registry = Registry().with_resources([resource])
    validator: Validator = _Validator(_absolute(_list_input(schema)), registry=registry)
    return validator


def _list_input(schema: ResourceSchema) -> Json:
    """The list handler's input, with what it needs although its schema calls it optional."""
    needed = LIST_INPUT.get(schema.type_name)
    if needed is None:
        return schema.list_input
    if len(needed) == 1:
        return {**schema.list_input, "required": list(needed[0])}
    return {**schema.list_input, "anyOf": [{"required": list(names)} for names in needed]}


def _absolute(node: Any) -> Any:
    """A list handler's input schema, of which some refer to the type's schema as to themselves."""
    if isinstance(node, list):
        return [_absolute(item) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref", "")
    if reference.startswith("#"):
        return {"$ref": RESOURCE_SCHEMA + reference}
    return {key: _absolute(value) for key, value in node.items()}
