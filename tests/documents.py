"""Hypothesis strategies for resources of a type, from its registry schema."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from awsvtab.emulator import examples, schemas
from awsvtab.emulator.schemas import ResourceSchema
from awsvtab.emulator.validation import model_validator, violations

DEEPEST = 5
SEEDS = "abc"

Strategy = st.SearchStrategy[Any]


@cache
def schema_of(type_name: str) -> ResourceSchema:
    """The schema that the emulator goes by."""
    schema = schemas.find(type_name)
    assert schema is not None
    return schema


@cache
def resources(type_name: str) -> Strategy:
    """All properties that a resource of a type may have, those that AWS makes up included."""
    schema = schema_of(type_name)
    node = {k: v for k, v in schema.document.items() if k not in ("definitions", "allOf", "anyOf")}
    return _object(schema, node, 0).filter(lambda made: conforms(type_name, made))


def conforms(type_name: str, properties: dict[str, Any]) -> bool:
    """Whether the schema takes the properties."""
    return not any(True for _ in violations(model_validator(schema_of(type_name)), properties))


def _value(schema: ResourceSchema, node: Any, name: str, depth: int) -> Strategy:
    node = examples.combined(schema, node)
    if "const" in node:
        return st.just(node["const"])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    match examples.kind(node):
        case "string":
            return st.sampled_from([examples.string(node, name, seed) for seed in SEEDS])
        case "integer":
            return _integers(node)
        case "number":
            return _integers(node) | _integers(node).map(float)
        case "boolean":
            return st.booleans()
        case "array":
            return _array(schema, node, name, depth)
        case "object":
            return _object(schema, node, depth)
    return st.nothing()


def _integers(node: Any) -> Strategy:
    least = node.get("minimum", 0)
    return st.integers(int(least), int(min(node.get("maximum", least + 9), least + 9)))


def _array(schema: ResourceSchema, node: Any, name: str, depth: int) -> Strategy:
    least = node.get("minItems", 0)
    elements = _value(schema, node.get("items", {}), name, depth + 1)
    most = least if depth > DEEPEST else min(node.get("maxItems", least + 3), least + 3)
    unique = repr if node.get("uniqueItems") else None
    return st.lists(elements, min_size=least, max_size=most, unique_by=unique)


def _object(schema: ResourceSchema, node: Any, depth: int) -> Strategy:
    members = {
        name: _value(schema, inner, name, depth + 1)
        for name, inner in node.get("properties", {}).items()
        if depth < DEEPEST or name in node.get("required", ())
    }
    required = {name: each for name, each in members.items() if name in node.get("required", ())}
    optional = {name: each for name, each in members.items() if name not in required}
    fixed = st.fixed_dictionaries(required, optional={**optional})
    patterns = node.get("patternProperties", {})
    if members or not patterns or depth >= DEEPEST:
        return fixed
    (pattern, inner), *_ = patterns.items()
    keys = st.sampled_from([examples.string({"pattern": pattern}, "key", s) for s in SEEDS])
    return st.dictionaries(keys, _value(schema, inner, "key", depth + 1), max_size=3)
