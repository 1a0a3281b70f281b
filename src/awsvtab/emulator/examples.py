"""A plausible valid value for a node of a resource schema, always the same for the same seed."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator
from typing import Any

from . import patterns
from .pointers import Json
from .schemas import ResourceSchema
from .validation import matches

# What a resource that has settled says of its state, the most settled first.
SETTLED = (
    *("ACTIVE", "AVAILABLE", "READY", "RUNNING", "HEALTHY", "ENABLED", "DEPLOYED", "COMPLETED"),
    *("COMPLETE", "SUCCEEDED", "SUCCESS", "CREATED", "CREATE_COMPLETE", "IN_SERVICE", "INSERVICE"),
    *("ISSUED", "CONNECTED", "ASSOCIATED", "ATTACHED", "ONLINE", "OK"),
)

# Properties that are named like times.
TIME = re.compile(r"(Time|At|Date|Timestamp)$")

STAMP = "2024-01-01T00:00:00Z"
EPOCH = 1_704_067_200

# Schemas refer to themselves: below this depth only what is required is made.
DEEPEST = 12


def example(schema: ResourceSchema, node: Any, name: str, seed: str, depth: int = 0) -> Any:
    """The smallest value that fits: required properties only, arrays as short as allowed."""
    node = combined(schema, node)
    if "const" in node:
        return node["const"]
    if "enum" in node:
        return _settled(node["enum"])
    kind = _kind(node)
    if kind == "string":
        return string(node, name, seed)
    if kind in ("integer", "number"):
        return _number(node, name, kind)
    if kind == "array":
        return _array(schema, node, name, seed, depth)
    if kind == "object":
        return _object(schema, node, seed, depth)
    return kind == "null" and None


def string(node: Json, name: str, seed: str) -> str:
    """A string that the node's pattern and lengths allow, as the name suggests it."""
    shortest, longest = node.get("minLength", 0), node.get("maxLength", 1 << 18)
    pattern = node.get("pattern")
    for candidate in _candidates(name, seed):
        text = _fitted(candidate, shortest, longest)
        if pattern is None or matches(pattern, text):
            return text
    return patterns.example(pattern or "", shortest, longest, seed)


def hexadecimal(seed: str, length: int = 17) -> str:
    return hashlib.sha256(seed.encode()).hexdigest()[:length]


def combined(schema: ResourceSchema, node: Any) -> Json:
    """The node with its ``$ref``s followed and the first choice of its alternatives merged in."""
    node = schema.resolve(node)
    if not isinstance(node, dict):
        return {}
    found: Json = node
    for key in ("allOf", "oneOf", "anyOf"):
        choices = found.get(key)
        if choices:
            rest = {k: v for k, v in found.items() if k != key}
            for choice in choices if key == "allOf" else choices[:1]:
                rest = _merged(rest, combined(schema, choice))
            found = rest
    return found


def _merged(left: Json, right: Json) -> Json:
    both = {**left, **right}
    for key, join in (("properties", dict), ("required", list)):
        if key in left and key in right:
            both[key] = (
                {**left[key], **right[key]}
                if join is dict
                else list(dict.fromkeys([*left[key], *right[key]]))
            )
    return both


def _kind(node: Json) -> str:
    kind = node.get("type")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "null")
    if kind:
        return str(kind)
    if "properties" in node or "required" in node or "patternProperties" in node:
        return "object"
    return "array" if "items" in node else "string"


def _settled(values: list[Any]) -> Any:
    ranks = {name: rank for rank, name in enumerate(SETTLED)}
    return min(values, key=lambda value: ranks.get(str(value).upper(), len(ranks)))


def _number(node: Json, name: str, kind: str) -> int | float:
    low: float = node.get("minimum", min(0, node.get("maximum", 0)))
    if "exclusiveMinimum" in node:
        low = node["exclusiveMinimum"] + 1
    if TIME.search(name) and "maximum" not in node:
        low = max(low, EPOCH)
    step = node.get("multipleOf")
    value = -(-low // step) * step if step else low
    return int(value) if kind == "integer" else float(value)


def _array(schema: ResourceSchema, node: Json, name: str, seed: str, depth: int) -> list[Any]:
    items = node.get("items", {})
    if depth > DEEPEST:
        return []
    made: list[Any] = []
    for n in range(node.get("minItems", 0)):
        value = example(schema, items, name, f"{seed}/{n}", depth + 1)
        if node.get("uniqueItems") and value in made:
            value = next((v for v in _others(schema, items) if v not in made), value)
        made.append(value)
    return made


def _others(schema: ResourceSchema, node: Any) -> Iterator[Any]:
    node = combined(schema, node)
    yield from node.get("enum", ())
    if _kind(node) in ("integer", "number"):
        yield from range(int(node.get("minimum", 0)), int(node.get("maximum", 100)) + 1)


def _object(schema: ResourceSchema, node: Json, seed: str, depth: int) -> Json:
    properties = node.get("properties", {})
    made = {
        name: example(schema, properties.get(name, {}), name, f"{seed}/{name}", depth + 1)
        for name in node.get("required", ())
    }
    for name in properties:
        if len(made) >= node.get("minProperties", 0):
            break
        if name not in made:
            made[name] = example(schema, properties[name], name, f"{seed}/{name}", depth + 1)
    return made


def _candidates(name: str, seed: str) -> Iterator[str]:
    digest = hexadecimal(seed, 64)
    words = "-".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)).lower() or "value"
    guid = str(uuid.UUID(digest[:32]))
    if TIME.search(name):
        yield STAMP
    if name.endswith(("Url", "URL", "Uri", "URI", "Endpoint")):
        yield f"https://{digest[:8]}.example.com"
    if name.endswith(("Id", "ID", "Identifier")):
        yield guid
    yield f"{words}-{digest[:8]}"
    yield guid
    yield f"{words.replace('-', '_')}_{digest[:8]}"
    yield f"{words.replace('-', '')}{digest[:8]}"
    yield digest[:17]
    yield digest[:32]
    yield digest
    yield str(int(digest[:10], 16)).zfill(12)[:12]
    yield STAMP
    yield f"https://{digest[:8]}.example.com"
    yield "1"
    yield "10.0.0.0/16"
    yield "10.0.0.1"
    yield f"{words}-{digest[:8]}@example.com"


def _fitted(text: str, shortest: int, longest: int) -> str:
    return text.ljust(shortest, "0")[-longest:] if longest else ""
