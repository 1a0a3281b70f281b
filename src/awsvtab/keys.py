"""The values that SQLite hands to a scan, as the texts that AWS knows: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from awsvtab.catalog.model import Parent, Property, ResourceType
from awsvtab.errors import ProgrammingError
from awsvtab.options import Place
from awsvtab.plan import Argument, Plan, Role
from awsvtab.resources import (
    SEPARATOR,
    identifier_form,
    identifier_parts,
    join_identifier,
    split_identifier,
)
from awsvtab.values import JSONValue, SQLValue, integer_key, parse_json, text_key

LONGEST_IDENTIFIER = 1024


@dataclass(frozen=True, slots=True)
class Keys:
    """The values that a scan's rows must have; None: any.

    ``written_regions`` are those of ``regions`` that the user wrote and did not join with.
    ``properties`` has only properties that are compared with something.
    """

    regions: frozenset[str] | None = None
    written_regions: frozenset[str] = frozenset()
    identifiers: frozenset[str] | None = None
    properties: Mapping[str, frozenset[str | int]] = field(default_factory=dict)

    @property
    def impossible(self) -> bool:
        """Whether no row can match, as for ``= NULL``."""
        given = [self.regions, self.identifiers, *self.properties.values()]
        return any(values is not None and not values for values in given)


def read_keys(
    resource_type: ResourceType,
    plan: Plan,
    values: Sequence[SQLValue | set[SQLValue]],
    wrote: Callable[[str, Argument], bool],
) -> Keys:
    """The keys that a plan's values stand for.

    An identifier with too few parts belongs to no row. Where ``wrote`` says that the user wrote it
    as this argument, it is a mistake, and ProgrammingError shows how identifiers look.
    """
    regions: frozenset[str] | None = None
    written_regions: frozenset[str] = frozenset()
    identifiers: frozenset[str] | None = None
    properties: dict[str, frozenset[str | int]] = {}
    for argument, value in zip(plan.arguments, values, strict=True):
        given = value if isinstance(value, set) else {value}
        if _holds_real(resource_type, argument, given):
            continue  # text_key cannot say what equals it; SQLite will
        if argument.role is Role.PROPERTY:
            prop = resource_type.by_name[argument.property]
            properties[prop.name] = _property_keys(prop, given)
        elif argument.role is Role.REGION:
            regions = _texts(given)
            written_regions = frozenset(each for each in regions if wrote(each, argument))
        else:
            identifiers = frozenset(_identifiers(resource_type, argument, _texts(given), wrote))
    return Keys(regions, written_regions, identifiers, properties)


def full_identifiers(resource_type: ResourceType, keys: Keys) -> list[str] | None:
    """The identifiers that the keys fix, whole or by all their parts; None where they do not."""
    if keys.identifiers is not None:
        return sorted(keys.identifiers)
    if not all(pointer in keys.properties for pointer in resource_type.identifier):
        return None
    parts = (_sorted(keys.properties[pointer]) for pointer in resource_type.identifier)
    texts = ([str(part) for part in each] for each in product(*parts))
    return [join_identifier(each) for each in texts if _may_identify(each)]


def resource_models(resource_type: ResourceType, keys: Keys) -> list[dict[str, JSONValue]] | None:
    """The resource models that the keys give to a list handler; None where they do not suffice."""
    for required in resource_type.list_requires:
        if all(name in keys.properties for name in required):
            values = (_model_values(resource_type, name, keys) for name in required)
            return [dict(zip(required, each, strict=True)) for each in product(*values)]
    return None if resource_type.list_requires else [{}]


def covering_models(resource_type: ResourceType, identifier: str) -> list[dict[str, JSONValue]]:
    """The resource models whose listings have the resource with an identifier, if there is one."""
    if not resource_type.list_requires:
        return [{}]
    parts = identifier_parts(resource_type, identifier)
    return [
        {name: parts[name] for name in required}
        for required in resource_type.list_requires
        if parts.keys() >= set(required)
    ]


def _model_values(resource_type: ResourceType, name: str, keys: Keys) -> Iterator[JSONValue]:
    """The values of one property; for an object, those of the texts that are JSON objects."""
    prop = resource_type.by_name.get(name)
    for value in _sorted(keys.properties[name]):
        if prop is None or prop.json_type != "object":
            yield value
        elif (parsed := _json_object(value)) is not None:
            yield parsed


def _json_object(value: str | int) -> JSONValue:
    try:
        parsed = parse_json(str(value))
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def parent_keys(parent: Parent, parent_type: ResourceType, place: Place, keys: Keys) -> Keys:
    """The keys of the parent's rows that may have children with these keys."""
    here = place.region
    return Keys(
        regions=None if parent_type.is_global else frozenset({here}),
        properties={
            source: keys.properties[name]
            for name, source in parent.take.items()
            if name in keys.properties and _is_key(parent_type, source)
        },
    )


def _is_key(resource_type: ResourceType, name: str) -> bool:
    prop = resource_type.by_name.get(name)
    return prop is not None and prop.json_type == "string"


def agrees(keys: Keys, properties: Mapping[str, JSONValue]) -> bool:
    """Whether a resource with these properties may be among the wanted ones.

    What is said of objects may be a part of them.
    """
    return all(
        properties[name] in wanted
        for name, wanted in keys.properties.items()
        if name in properties and not isinstance(properties[name], dict)
    )


def _holds_real(resource_type: ResourceType, argument: Argument, given: set[SQLValue]) -> bool:
    """Whether a REAL is compared with a text that it may equal: no region, no parts with ``|``."""
    if argument.role is Role.REGION:
        return False
    if argument.role is Role.IDENTIFIER:
        text = len(resource_type.identifier) == 1
    else:
        text = resource_type.by_name[argument.property].json_type == "string"
    return text and any(isinstance(value, float) for value in given)


def _property_keys(prop: Property, given: set[SQLValue]) -> frozenset[str | int]:
    if prop.json_type == "integer":
        return frozenset(key for value in given if (key := integer_key(value)) is not None)
    return _texts(given)


def _texts(given: set[SQLValue]) -> frozenset[str]:
    return frozenset(text for value in given if (text := text_key(value)) is not None)


def _identifiers(
    resource_type: ResourceType,
    argument: Argument,
    given: Iterable[str],
    wrote: Callable[[str, Argument], bool],
) -> Iterator[str]:
    for identifier in given:
        parts = split_identifier(resource_type, identifier)
        if len(parts) < len(resource_type.identifier):  # more is no mistake that people make
            if wrote(identifier, argument):
                raise ProgrammingError(
                    f"identifier '{identifier}' of {resource_type.dotted_name} has {len(parts)} "
                    f"of {len(resource_type.identifier)} parts: write "
                    f"data__Identifier = '{identifier_form(resource_type)}'"
                )
        elif len(parts) == len(resource_type.identifier) and _may_identify(parts):
            yield identifier


def _may_identify(parts: Sequence[str]) -> bool:
    """Whether AWS takes an identifier with these parts; what it does not take names nothing."""
    identifier = join_identifier(parts)
    return (
        all(parts)
        and len(identifier) <= LONGEST_IDENTIFIER
        and "\n" not in identifier  # the service's own pattern is .+
        and (len(parts) == 1 or not any(SEPARATOR in part for part in parts))
    )


def _sorted(values: Iterable[str | int]) -> list[str | int]:
    return sorted(values, key=str)
