"""A plausible valid value for a node of a resource schema, always the same for the same seed."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
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

# Ids that resources of many services refer to.
ID_PREFIXES = {
    "GroupId": "sg",
    "ImageId": "ami",
    "InstanceId": "i",
    "NetworkInterfaceId": "eni",
    "SecurityGroupId": "sg",
    "SubnetId": "subnet",
    "TransitGatewayId": "tgw",
    "VolumeId": "vol",
    "VpcEndpointId": "vpce",
    "VpcId": "vpc",
}

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
    wanted = kind(node)
    if wanted == "string":
        return string(node, name, seed)
    if wanted in ("integer", "number"):
        return _number(node, name, wanted)
    if wanted == "array":
        return _array(schema, node, name, seed, depth)
    if wanted == "object":
        return _object(schema, node, seed, depth)
    return False if wanted == "boolean" else None


def desired_state(schema: ResourceSchema, seed: str = "") -> Json:
    """The smallest DesiredState that `validation.check_desired_state` accepts."""
    made_up = {pointer[0] for pointer in schema.read_only if len(pointer) == 1}
    required = [name for name in schema.document.get("required", ()) if name not in made_up]
    node = {k: v for k, v in schema.document.items() if k != "definitions"}
    state: Json = example(schema, {**node, "required": required}, schema.resource, seed)
    return state


def string(node: Json, name: str, seed: str) -> str:
    """A string that the node's pattern and lengths allow, as the name suggests it."""
    shortest, longest = node.get("minLength", 0), node.get("maxLength", 1 << 18)
    pattern = node.get("pattern")
    candidates = [
        _fitted(candidate, shortest, longest)
        for candidate in (*_suggested(name, seed), *_arns(pattern, seed), *_plain(name, seed))
    ]
    for candidate in candidates:
        if pattern is None or matches(pattern, candidate):
            return candidate
    with suppress(ValueError):
        return patterns.example(pattern or "", shortest, longest, seed)
    return candidates[0]


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
            found = {k: v for k, v in found.items() if k != key}
            for choice in choices if key == "allOf" else choices[:1]:
                found = _merged(found, _telling(combined(schema, choice), key))
    return found


def _telling(choice: Json, key: str) -> Json:
    """One of ``oneOf`` that requires nothing would fit everything: let it have a property."""
    if key == "oneOf" and "required" not in choice and choice.get("properties"):
        return {**choice, "required": list(choice["properties"])[:1]}
    return choice


def _merged(left: Json, right: Json) -> Json:
    """A node that asks for both. Of two limits it keeps the first."""
    both = {**right, **left}
    if "pattern" in left and "pattern" in right:
        both["pattern"] = patterns.both(left["pattern"], right["pattern"])
    if "required" in left and "required" in right:
        both["required"] = list(dict.fromkeys([*left["required"], *right["required"]]))
    shared = left.get("properties", {}).keys() & right.get("properties", {}).keys()
    if "properties" in left and "properties" in right:
        both["properties"] = {**right["properties"], **left["properties"]}
    for name in shared:
        nodes = [left["properties"][name], right["properties"][name]]
        both["properties"][name] = {"allOf": nodes}
    return both


def kind(node: Json) -> str:
    """The JSON type of the node's values, the first of several."""
    stated = node.get("type")
    if isinstance(stated, list):
        stated = next((each for each in stated if each != "null"), "null")
    if stated:
        return str(stated)
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
            others = _others(schema, items, seed, depth + 1)
            value = next((other for other in others if other not in made), value)
        made.append(value)
    return made


def _others(schema: ResourceSchema, node: Any, seed: str, depth: int) -> Iterator[Any]:
    """More values that fit the node, which the seed alone would not vary."""
    node = combined(schema, node)
    yield from node.get("enum", ())
    if kind(node) in ("integer", "number"):
        yield from range(int(node.get("minimum", 0)), int(node.get("maximum", 100)) + 1)
    if kind(node) == "object":
        for name in node.get("properties", ()):
            required = [*node.get("required", ()), name]
            yield _object(schema, {**node, "required": required}, seed, depth)


def _object(schema: ResourceSchema, node: Json, seed: str, depth: int) -> Json:
    properties = node.get("properties", {})
    made = {
        name: example(schema, properties.get(name, {}), name, f"{seed}/{name}", depth + 1)
        for name in node.get("required", ())
    }
    optional = [(name, properties[name]) for name in properties if name not in made]
    for name, child in [*optional, *_keys(node, seed)]:
        if len(made) >= node.get("minProperties", 0):
            break
        made[name] = example(schema, child, name, f"{seed}/{name}", depth + 1)
    return made


def _keys(node: Json, seed: str) -> Iterator[tuple[str, Any]]:
    """Keys of a map, and the schema of their values."""
    for pattern, child in node.get("patternProperties", {}).items():
        for n in range(node.get("minProperties", 0)):
            yield patterns.example(pattern, 1, 64, f"{seed}/{n}"), child
    if node.get("additionalProperties", True) is not False:
        for n in range(node.get("minProperties", 0)):
            yield f"key{n}", node.get("additionalProperties", {})


def _plain(name: str, seed: str) -> Iterator[str]:
    """Strings of the usual forms: the name's words and some digits, ids, numbers, addresses."""
    digest = hexadecimal(seed, 64)
    words = "-".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)).lower() or "value"
    guid = str(uuid.UUID(digest[:32]))
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


def _arns(pattern: str | None, seed: str) -> Iterator[str]:
    """ARNs, where the pattern is one of ARNs: with its own words, and as AWS writes the rest."""
    if pattern is None or "arn" not in pattern:
        return
    digest = hexadecimal(seed)
    service = re.search(r":([a-z][a-z0-9-]+):", pattern)
    yield f"arn:aws:{service[1] if service else 'service'}:us-east-1:123456789012:{digest}"
    with suppress(ValueError):
        text = patterns.example(pattern, 0, 2048, seed)
        if text.startswith("arn:"):
            yield as_arn(text, "aws", "us-east-1", "123456789012")


def as_arn(text: str, partition: str, region: str, account: str) -> str:
    """The ARN, if it is one, with these in place of its own, where it has them."""
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return text
    parts[1] = partition
    parts[3] = region if parts[3] else ""
    parts[4] = account if parts[4] else ""
    return ":".join(parts)


def _suggested(name: str, seed: str) -> Iterator[str]:
    """What the name of a property alone tells about its value."""
    digest = hexadecimal(seed, 64)
    if TIME.search(name):
        yield STAMP
    if name.endswith(("State", "Status")):
        yield SETTLED[0]
    if name.endswith(("Url", "URL", "Uri", "URI", "Endpoint")):
        yield f"https://{digest[:8]}.example.com"
    if name.endswith(("DnsName", "DNSName", "HostName", "Hostname", "Address")):
        yield f"{digest[:8]}.example.com"
    if name.endswith(("Ip", "IP", "IpAddress")):
        yield "10." + ".".join(str(int(digest[n : n + 2], 16)) for n in (0, 2, 4))
    if "Role" in name:
        yield f"arn:aws:iam::123456789012:role/role-{digest[:8]}"
    if name in ID_PREFIXES:
        yield f"{ID_PREFIXES[name]}-{digest[:17]}"
    if name.endswith(("Id", "ID", "Identifier")):
        yield str(uuid.UUID(digest[:32]))
    if name.endswith("Port"):
        yield "443"


def _fitted(text: str, shortest: int, longest: int) -> str:
    return text.ljust(shortest, "0")[-longest:] if longest else ""
