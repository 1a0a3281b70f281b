"""Where the input of a list handler comes from: build-time guesses from the schemas, and overrides.

A list handler may require properties (an event stream's DomainName). A parent is a type of the
same service, listable itself, whose rows hold all of them. The rules go from certain to likely;
a guess that the rules cannot make, or make wrongly, stands in ``OVERRIDES``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awsvtab.catalog.schema import Schema, list_requirements, resolve

ParentRecord = dict[str, Any]

ACCOUNT_PROPERTIES = frozenset({"AwsAccountId", "CatalogId"})
# Too many kinds of things have these: a parent is never guessed from them alone.
VAGUE_PROPERTIES = frozenset({"Arn", "Id", "Name", "ResourceArn", "ResourceId"})
SUFFIXES = ("Identifier", "Arn", "Name", "Id")
MAX_HOPS = 3

OVERRIDES: Mapping[str, ParentRecord] = {
    **{
        f"AWS::AppSync::{child}": {"type": "AWS::AppSync::GraphQLApi", "take": {"ApiId": "ApiId"}}
        for child in ("Resolver", "DataSource", "FunctionConfiguration")
    },
    "AWS::Lambda::Url": {
        "type": "AWS::Lambda::Function",
        "take": {"TargetFunctionArn": "FunctionName"},
    },
}


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A parent type, and which of its properties gives each required one."""

    type_name: str
    take: Mapping[str, str]


def find_parents(schemas: Mapping[str, Schema]) -> dict[str, ParentRecord]:
    """``{type name: parent record}`` for each type whose list handler requires properties."""
    found: dict[str, ParentRecord] = {}
    for type_name, schema in schemas.items():
        for required in list_requirements(schema):
            parent = OVERRIDES.get(type_name) or _parent(type_name, required, schemas)
            if parent is not None:
                found[type_name] = parent
                break
    return {name: parent for name, parent in found.items() if _ends(name, schemas, found)}


def _parent(
    type_name: str, required: Sequence[str], schemas: Mapping[str, Schema]
) -> ParentRecord | None:
    schema = schemas[type_name]
    values = {name: enum for name in required if (enum := _enum(schema, name))}
    account = [name for name in required if name in ACCOUNT_PROPERTIES]
    rest = [name for name in required if name not in values and name not in account]
    result: ParentRecord = {}
    if rest:
        candidate = next(_candidates(type_name, rest, schemas), None)
        if candidate is None:
            return None
        result = {"type": candidate.type_name, "take": dict(candidate.take)}
    if values:
        result["values"] = values
    if account:
        result["account"] = account
    return result


def _enum(schema: Schema, name: str) -> list[str]:
    return list(resolve(schema, schema["properties"].get(name, {})).get("enum", ()))


def _candidates(
    type_name: str, required: Sequence[str], schemas: Mapping[str, Schema]
) -> Iterator[_Candidate]:
    """The parents that the rules give, the most certain first."""
    for rule in (_by_reference, _by_identifier, _by_own_name, _by_suffix):
        for name in required:
            for candidate in rule(type_name, name, schemas):
                whole = _complete(candidate, required, schemas)
                if whole is not None and whole.type_name != type_name:
                    yield whole


def _complete(
    candidate: _Candidate, required: Sequence[str], schemas: Mapping[str, Schema]
) -> _Candidate | None:
    """The candidate with the other required properties, all of the same row; None if it has not."""
    properties = schemas[candidate.type_name]["properties"]
    take = {name: candidate.take.get(name, name) for name in required}
    if not all(source.split("/")[0] in properties for source in take.values()):
        return None
    return _Candidate(candidate.type_name, take)


def _by_reference(type_name: str, name: str, schemas: Mapping[str, Schema]) -> Iterator[_Candidate]:
    """The property's own ``relationshipRef``."""
    schema = schemas[type_name]
    prop = resolve(schema, schema["properties"].get(name, {}))
    for node in (prop, *prop.get("anyOf", ())):
        reference = node.get("relationshipRef", {})
        target = reference.get("typeName")
        if target in schemas and _listable(schemas[target]):
            yield _Candidate(target, {name: _top(reference["propertyPath"])})


def _by_identifier(
    type_name: str, name: str, schemas: Mapping[str, Schema]
) -> Iterator[_Candidate]:
    """A type that this property alone identifies; of several, one that is called like it."""
    owners = [
        sibling
        for sibling in _siblings(type_name, schemas)
        if name not in VAGUE_PROPERTIES and _identifier(schemas[sibling])[-1:] == [name]
    ]
    single = [owner for owner in owners if _identifier(schemas[owner]) == [name]]
    chosen = single or owners
    named = [owner for owner in chosen if _stem(name) == _last(owner)]
    if named or len(chosen) == 1:
        yield _Candidate((named or chosen)[0], {name: name})


def _by_own_name(type_name: str, name: str, schemas: Mapping[str, Schema]) -> Iterator[_Candidate]:
    """``ClusterName`` <- Cluster.ClusterName."""
    for sibling in _siblings(type_name, schemas):
        if _stem(name) == _last(sibling) and name in schemas[sibling]["properties"]:
            yield _Candidate(sibling, {name: name})


def _by_suffix(type_name: str, name: str, schemas: Mapping[str, Schema]) -> Iterator[_Candidate]:
    """``ClusterArn`` <- Cluster.Arn; an ``Identifier`` is whatever identifies the type."""
    for sibling in _siblings(type_name, schemas):
        if _stem(name) != _last(sibling):
            continue
        identifier = _identifier(schemas[sibling])
        suffix = name.removeprefix(_stem(name))
        if suffix in schemas[sibling]["properties"]:
            yield _Candidate(sibling, {name: suffix})
        elif len(identifier) == 1:
            yield _Candidate(sibling, {name: identifier[0]})


def _ends(type_name: str, schemas: Mapping[str, Schema], found: Mapping[str, ParentRecord]) -> bool:
    """Whether the chain of parents ends, within MAX_HOPS, at a type that lists without input."""
    for _ in range(MAX_HOPS + 1):
        parent = found.get(type_name)
        if parent is None:
            return not list_requirements(schemas[type_name])
        if "type" not in parent:
            return True
        type_name = parent["type"]
    return False


def _siblings(type_name: str, schemas: Mapping[str, Schema]) -> Iterator[str]:
    service = type_name.rsplit("::", 1)[0] + "::"
    for other, schema in schemas.items():
        if other.startswith(service) and other != type_name and _listable(schema):
            yield other


def _listable(schema: Schema) -> bool:
    return "list" in schema.get("handlers", {})


def _identifier(schema: Schema) -> list[str]:
    return [pointer.removeprefix("/properties/") for pointer in schema["primaryIdentifier"]]


def _top(pointer: str) -> str:
    return pointer.removeprefix("/properties/").split("/")[0]


def _stem(name: str) -> str:
    for suffix in SUFFIXES:
        if name.endswith(suffix) and name != suffix:
            return name.removesuffix(suffix)
    return name


def _last(type_name: str) -> str:
    return type_name.rsplit("::", 1)[1]
