"""Where the input of a list handler comes from: build-time guesses from the schemas, and overrides.

A list handler may require properties (an event stream's DomainName). A parent is a type of the
same service, listable itself, whose rows hold all of them. The rules go from certain to likely.
What they cannot find, or get wrong, stands in `awsvtab.catalog.overrides`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from awsvtab.catalog.overrides import HOME_VALUES, NO_WAY, PARENTS
from awsvtab.catalog.schema import Record, Schema, list_input, list_requirements, resolve

Schemas = Mapping[str, Schema]
ParentRecord = Mapping[str, object]

ACCOUNT_PROPERTIES = frozenset({"AwsAccountId", "CatalogId"})
# Too many kinds of things have these: a parent is never guessed from them alone.
VAGUE_PROPERTIES = frozenset({"Arn", "Id", "Name", "ResourceArn", "ResourceId"})
SUFFIXES = ("Identifier", "Arn", "ARN", "Name", "Id")
MAX_HOPS = 3


@dataclass(frozen=True, slots=True)
class Way:
    """How the rules, or an override, reach all that a list handler requires."""

    rule: str
    parents: tuple[ParentRecord, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A parent type, and which of its properties gives one required property."""

    type_name: str
    source: str


_Rule = Callable[[str, str, Schemas], Iterator[_Candidate]]


def find_ways(schemas: Schemas) -> dict[str, Way]:
    """``{type name: way}`` for each type whose list handler requires properties that can be had.

    A way counts if the chain of parents ends, within MAX_HOPS, at types that list without input.
    """
    found: dict[str, Way] = {}
    waiting = {name: list(_ways(name, schemas)) for name in schemas}
    for _ in range(MAX_HOPS):
        reached = {
            name: way
            for name, ways in waiting.items()
            if name not in found
            for way in [_first_that_ends(name, ways, schemas, found)]
            if way is not None
        }
        found |= reached
    return found


def _first_that_ends(
    type_name: str, ways: Sequence[Way], schemas: Schemas, found: Mapping[str, Way]
) -> Way | None:
    def ends(parent: ParentRecord) -> bool:
        target = str(parent.get("type", type_name))
        if target == type_name or target in found:
            return True
        return target in schemas and not list_requirements(schemas[target])

    return next((way for way in ways if all(map(ends, way.parents))), None)


def _ways(type_name: str, schemas: Schemas) -> Iterator[Way]:
    """The ways of a type, the most certain first; none if it is known to have none."""
    if type_name in PARENTS:
        yield Way("override", tuple(PARENTS[type_name]))
        return
    if type_name in NO_WAY:
        return
    for required in list_requirements(schemas[type_name]):
        yield from _guesses(type_name, required, schemas)


def _guesses(type_name: str, required: Sequence[str], schemas: Schemas) -> Iterator[Way]:
    schema = schemas[type_name]
    values = {name: enum for name in required if (enum := _enum(schema, name))}
    account = [name for name in required if name in ACCOUNT_PROPERTIES]
    rest = [name for name in required if name not in values and name not in account]
    known = _values(values)
    if account:
        known["account"] = account
    if not rest:
        yield Way("account" if account else "enum", (known,))
        return
    for rule, candidate, name in _candidates(type_name, rest, schemas):
        take = _take(candidate, name, rest, schema, schemas[candidate.type_name])
        if take is not None:
            yield Way(rule, ({"type": candidate.type_name, "take": take} | known,))


def _values(values: Mapping[str, Sequence[str]]) -> Record:
    """The values that every region takes, and those that only the home region does."""
    record: Record = {}
    for key, at_home in (("values", False), ("home_values", True)):
        kept = {
            name: [value for value in enum if (value in HOME_VALUES.get(name, ())) is at_home]
            for name, enum in values.items()
        }
        if some := {name: enum for name, enum in kept.items() if enum}:
            record[key] = some
    return record


def _candidates(
    type_name: str, required: Sequence[str], schemas: Schemas
) -> Iterator[tuple[str, _Candidate, str]]:
    """What each rule gives for each required property, the most certain rule first."""
    for rule in _RULES:
        for name in required:
            for candidate in rule(type_name, name, schemas):
                if candidate.type_name != type_name:
                    yield rule.__name__.removeprefix("_"), candidate, name


def _take(
    candidate: _Candidate, name: str, required: Sequence[str], child: Schema, parent: Schema
) -> dict[str, str] | None:
    """Which property of the parent's row gives each required one; None if one is not there."""
    take: dict[str, str] = {}
    for each in required:
        sources = [candidate.source] if each == name else _same_things(each)
        fitting = (source for source in sources if _fits(child, each, parent, source))
        source = next(fitting, None)
        if source is None:
            return None
        take[each] = source
    return take


def _same_things(name: str) -> list[str]:
    """The names by which rows know a value: ``DomainIdentifier`` is often read as ``DomainId``."""
    if not name.endswith("Identifier"):
        return [name]
    stem = name.removesuffix("Identifier")
    return [name, f"{stem}Id", f"{stem}Arn"]


def _fits(child: Schema, name: str, parent: Schema, source: str) -> bool:
    """Whether the parent's property can be read, and is an ARN if an ARN is wanted."""
    if source not in parent["properties"]:
        return False
    if f"/properties/{source}" in parent.get("writeOnlyProperties", ()):
        return False
    return not _wants_arn(child, name) or source.lower().endswith("arn")


def _wants_arn(schema: Schema, name: str) -> bool:
    pattern = list_input(schema, name).get("pattern", "")
    return name.lower().endswith("arn") or (pattern.startswith("^arn") and "|^" not in pattern)


def _by_reference(type_name: str, name: str, schemas: Schemas) -> Iterator[_Candidate]:
    """The property's own ``relationshipRef``."""
    schema = schemas[type_name]
    prop = resolve(schema, schema["properties"].get(name, {}))
    for node in (prop, *prop.get("anyOf", ())):
        reference = node.get("relationshipRef", {})
        target = reference.get("typeName")
        if target in schemas and _listable(schemas[target]):
            yield _Candidate(target, _top(reference["propertyPath"]))


def _by_name(type_name: str, name: str, schemas: Schemas) -> Iterator[_Candidate]:
    """``ClusterName`` <- Cluster's ClusterName or Name; ``ClusterIdentifier`` <- what names it."""
    for sibling in _siblings(type_name, schemas):
        stem = _stem(name)
        if stem != _last(sibling):
            continue
        suffix = name.removeprefix(stem)
        identifier = _identifier(schemas[sibling])
        whole = identifier if len(identifier) == 1 and suffix not in ("Name", "") else []
        for source in (name, suffix or "Name", *whole, *_same_things(name)[1:], "Id", "Arn"):
            if _fits(schemas[type_name], name, schemas[sibling], source):
                yield _Candidate(sibling, source)


def _by_identifier(type_name: str, name: str, schemas: Schemas) -> Iterator[_Candidate]:
    """The one type that this property alone identifies."""
    if name in VAGUE_PROPERTIES:
        return
    owners = [
        sibling
        for sibling in _siblings(type_name, schemas)
        if _identifier(schemas[sibling]) == [name]
    ]
    if len(owners) == 1:
        yield _Candidate(owners[0], name)


_RULES: tuple[_Rule, ...] = (_by_reference, _by_name, _by_identifier)


def _enum(schema: Schema, name: str) -> list[str]:
    return list(list_input(schema, name).get("enum", ()))


def _siblings(type_name: str, schemas: Schemas) -> Iterator[str]:
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
