"""The values that AWS makes up: identifiers that nobody gave, ARNs, ids, times, states."""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from string import Formatter
from typing import Any

from . import examples, parents, pointers
from .formats import FORMATS
from .pointers import Json, Pointer
from .schemas import ResourceSchema
from .validation import matches


@dataclass(frozen=True)
class Place:
    """Where a resource is: what ARNs and host names are made of."""

    account: str
    region: str
    partition: str = "aws"

    @property
    def dns_suffix(self) -> str:
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"


@dataclass(frozen=True)
class Birth:
    """What tells one resource's made-up values from another's: all but ``now`` decide them."""

    place: Place
    seed: str
    now: float


def complete(schema: ResourceSchema, given: Json, place: Place, serial: int, now: float) -> Json:
    """The given properties and, where absent, identifying and read-only ones made up.

    The same place, type and serial number give the same values, times apart.
    """
    properties = copy.deepcopy(given)
    seed = f"{place.account}/{place.region}/{schema.type_name}/{serial}"
    birth = Birth(place, seed, now)
    wanted = [*schema.identifier, *_selecting(schema), *schema.read_only]
    # ARNs contain names, so names come first.
    for pointer in sorted(dict.fromkeys(wanted), key=_is_arn):
        _fill(schema, properties, pointer, birth)
    return properties


def _selecting(schema: ResourceSchema) -> list[Pointer]:
    """What the listing selects by: every resource has it, or no listing would show it."""
    names = schema.list_requires[0] if schema.list_requires else ()
    return [(schema.list_selects[name],) for name in names if name in schema.list_selects]


def _fill(schema: ResourceSchema, properties: Json, pointer: Pointer, birth: Birth) -> None:
    if pointer in schema.identifier or _is_only_read(schema, pointer[:1]):
        _make_holders(schema, properties, pointer)
    for n, holder in enumerate(list(pointers.select(properties, pointer[:-1]))):
        if isinstance(holder, dict) and pointer[-1] != "*" and pointer[-1] not in holder:
            here = replace(birth, seed=f"{birth.seed}/{'/'.join(pointer)}/{n}")
            holder[pointer[-1]] = _made_up(schema, properties, pointer, here)


def _make_holders(schema: ResourceSchema, properties: Json, pointer: Pointer) -> None:
    """Make the objects that the property is in. Arrays stay as they are."""
    holders = [pointer[:depth] for depth in range(1, len(pointer))]
    if any("items" in _node(schema, holder) for holder in holders):
        return
    for holder in holders:
        if pointers.get(properties, holder) is None:
            pointers.put(properties, holder, {})


def _made_up(schema: ResourceSchema, properties: Json, pointer: Pointer, birth: Birth) -> Any:
    place, seed = birth.place, birth.seed
    node = _node(schema, pointer)
    template = FORMATS.get(f"{schema.type_name}.{'.'.join(pointer)}")
    if template is not None:
        return _formatted(schema, properties, template, place, seed)
    if examples.TIME.search(pointer[-1]) and _is_time(node):
        return _time(node, birth)
    if pointer[-1] in ("AwsAccountId", "AccountId", "OwnerId", "OwnerAccount"):
        return place.account
    if examples.kind(node) != "string" or {"const", "enum"} & node.keys():
        return examples.example(schema, node, pointer[-1], seed)
    demands = parents.demands(schema.type_name) if len(pointer) == 1 else {}
    below = demands.get(pointer[-1], ())
    texts = _texts(schema, properties, pointer, (node, *below), birth)
    return _first_fitting(texts, node, below) or examples.string(node, pointer[-1], seed)


def _first_fitting(texts: Iterable[str], node: Json, below: Sequence[Json]) -> str | None:
    """The first text that fits the node and what is below it; else the first that fits the node."""
    first = None
    for text in texts:
        if _fits(node, text):
            if all(_fits(each, text) for each in below):
                return text
            first = first or text
    return first


def _texts(
    schema: ResourceSchema,
    properties: Json,
    pointer: Pointer,
    nodes: Sequence[Json],
    birth: Birth,
) -> Iterator[str]:
    """Texts that the property may have, the likeliest first, made for each of the nodes."""
    place, name, seed = birth.place, pointer[-1], birth.seed
    given = (properties.get(synonym) for synonym in _synonyms(pointer))
    yield from (value for value in given if isinstance(value, str))
    if _is_arn(pointer):
        if "pattern" in nodes[0]:
            yield from _holders(properties)
        for region in ("", place.region) if schema.is_global else (place.region,):
            yield _arn(schema, properties, replace(place, region=region), seed)
    for each in nodes:
        text = examples.string(each, name, seed)
        yield examples.as_arn(text, place.partition, place.region, place.account)
        yield text


def _holders(properties: Json) -> Iterator[str]:
    """What the ARNs among the properties begin with: a table's with that of its bucket."""
    for name, value in properties.items():
        parts = value.split("/") if _is_arn((name,)) and isinstance(value, str) else []
        for count in range(2, len(parts)):
            yield "/".join(parts[:count])


def _synonyms(pointer: Pointer) -> list[str]:
    """Names under which the same may be given: ``DomainId`` is what a ``DomainIdentifier`` names.

    Which of the two a type takes and which it gives differs.
    """
    stem = re.sub(r"(Identifier|Id|Arn)$", "", pointer[-1])
    if len(pointer) > 1 or stem in ("", pointer[-1]):
        return []
    names = [f"{stem}Identifier", stem, f"{stem}Id", f"{stem}Arn"]
    return names if pointer[-1] == names[0] else names[:2]


def _formatted(
    schema: ResourceSchema, properties: Json, template: str, place: Place, seed: str
) -> str:
    digest = examples.hexadecimal(seed, 32)
    fields = {f"hex{n}": digest[:n] for n in (6, 8, 10, 17)}
    fields |= {f"HEX{n}": digest[:n].upper() for n in (13, 17)}
    fields |= {"uuid": str(uuid.UUID(digest)), "account": place.account, "region": place.region}
    fields |= {"partition": place.partition, "dns_suffix": place.dns_suffix}
    for _, name, _, _ in Formatter().parse(template):
        if name and name not in fields:
            # AWS names what nobody has named, and reads give that name.
            if name not in properties:
                node = schema.resolve(schema.properties[name])
                properties[name] = examples.string(node, name, seed)
            fields[name] = str(properties[name])
    return template.format_map(fields)


def _time(node: Json, birth: Birth) -> Any:
    """The time of creation, as text or as a number, where the property takes it."""
    stamp = datetime.fromtimestamp(int(birth.now), UTC).isoformat().replace("+00:00", "Z")
    if node.get("type") in ("integer", "number"):
        return int(birth.now)
    return stamp if _fits(node, stamp) else examples.string(node, "Time", birth.seed)


def _is_time(node: Json) -> bool:
    kind = node.get("type", "string")
    return kind in ("string", "integer", "number") and not {"enum", "maximum"} & node.keys()


def _arn(schema: ResourceSchema, properties: Json, place: Place, seed: str) -> str:
    kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", schema.resource).lower()
    name = _name(schema, properties) or examples.hexadecimal(seed)
    service = _arn_service(schema)
    return f"arn:{place.partition}:{service}:{place.region}:{place.account}:{kind}/{name}"


def _arn_service(schema: ResourceSchema) -> str:
    """The service's name in ARNs is that of its IAM actions, which the handlers declare."""
    for handler in ("read", "create", "list"):
        permissions = schema.document.get("handlers", {}).get(handler, {}).get("permissions")
        if permissions:
            return str(permissions[0].split(":")[0])
    return schema.service.lower()


def _name(schema: ResourceSchema, properties: Json) -> str:
    """What an ARN ends with: the resource's own name, or else its identifier as far as known."""
    parts = [pointers.get(properties, pointer) for pointer in schema.identifier]
    known = [str(part) for part in parts if part is not None and "arn:" not in str(part)]
    if len(known) == len(parts):
        return "/".join(known)
    for name in (f"{schema.resource}Name", "Name", f"{schema.resource}Id", "Id"):
        if isinstance(properties.get(name), str):
            return str(properties[name])
    return "/".join(known)


def _node(schema: ResourceSchema, pointer: Pointer) -> Json:
    """The schema node that a property pointer leads to."""
    node: Json = {"properties": schema.properties}
    for name in pointer:
        node = examples.combined(schema, node)
        if "items" in node and name not in node.get("properties", {}):
            node = examples.combined(schema, node["items"])
            if name == "*":
                continue
        node = node.get("properties", {}).get(name, {})
    return examples.combined(schema, node)


def _is_arn(pointer: Pointer) -> bool:
    return pointer[-1].endswith(("Arn", "ARN"))


def _is_only_read(schema: ResourceSchema, pointer: Pointer) -> bool:
    """Whether the property, or everything in it, is read-only: then it is AWS's to make."""
    if pointer in schema.read_only:
        return True
    if not any(p[: len(pointer)] == pointer for p in schema.read_only):
        return False
    names = _node(schema, pointer).get("properties", {})
    return bool(names) and all(_is_only_read(schema, (*pointer, name)) for name in names)


def _fits(node: Json, text: str) -> bool:
    in_length = node.get("minLength", 0) <= len(text) <= node.get("maxLength", len(text))
    return in_length and matches(node.get("pattern", ""), text)
