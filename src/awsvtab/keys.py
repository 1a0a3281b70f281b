"""The values that SQLite hands to a scan, as AWS knows them: pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, NamedTuple

from awsvtab.catalog.model import Parent, Property, ResourceType
from awsvtab.errors import ProgrammingError
from awsvtab.flow import Flow, mapped
from awsvtab.options import Place
from awsvtab.plan import Argument, Plan, Role, Use
from awsvtab.predicates import (
    Match,
    Operator,
    Predicate,
)
from awsvtab.resources import (
    MISSING,
    SEPARATOR,
    Missing,
    Resource,
    identifier_form,
    identifier_parts,
    join_identifier,
    split_identifier,
)
from awsvtab.values import JSONValue, SQLValue, integer_key, parse_json, text_key, to_sql

LONGEST_IDENTIFIER = 1024
Wrote = Callable[[str, Argument], bool]
Matching = Mapping[Operator, Match]
NO_MATCHING: Matching = {}


class Condition(NamedTuple):
    """A predicate, and what of a row it is about."""

    role: Role
    property: str
    predicate: Predicate

    def value(self, row: Resource) -> SQLValue | Missing:
        """What the predicate is about, as SQLite would see it; MISSING where it is not known."""
        if self.role is Role.REGION:
            return row.place.region
        if self.role is Role.IDENTIFIER:
            return None if row.unnamed else row.identifier
        value = row.value(self.property)
        return MISSING if isinstance(value, Missing) else to_sql(value)

    def admits(self, row: Resource) -> bool:
        """Whether the row may satisfy it, as far as the row is known."""
        value = self.value(row)
        return isinstance(value, Missing) or self.predicate.admits(value)


Conditions = frozenset[Condition]


@dataclass(frozen=True, slots=True)
class Keys:
    """What a scan's rows must have; None: any.

    ``regions``, ``identifiers`` and ``properties`` narrow what AWS is asked; ``properties`` has
    only those that are compared with something. ``conditions`` are what they mean for a row,
    ``filters`` other conditions, and ``equal`` those to look rows up by.

    ``written_regions`` are those of ``regions`` that the user wrote and did not join with,
    ``other_regions`` those that were written to be left out.
    """

    regions: frozenset[str] | None = None
    written_regions: frozenset[str] = frozenset()
    identifiers: frozenset[str] | None = None
    properties: Mapping[str, frozenset[str | int]] = field(default_factory=dict)
    conditions: Conditions = frozenset()
    filters: Conditions = frozenset()
    equal: tuple[Condition, ...] = ()
    other_regions: frozenset[str] = frozenset()

    @property
    def impossible(self) -> bool:
        """Whether no row can match, as for ``= NULL``."""
        given = [self.regions, self.identifiers, *self.properties.values()]
        return any(values is not None and not values for values in given) or any(
            condition.predicate.never for condition in self.all_conditions
        )

    @property
    def all_conditions(self) -> Conditions:
        """The conditions, whatever else is made of them."""
        return self.conditions.union(self.filters, self.equal)

    @property
    def identity(self) -> Hashable:
        """What tells the listings of these keys from those of others."""
        return self.regions, self.identifiers, frozenset(self.properties.items())

    def of_property(self, name: str) -> list[Predicate]:
        """The predicates on a property."""
        return [
            each.predicate
            for each in self.all_conditions
            if each.role is Role.PROPERTY and each.property == name
        ]

    def without(self, names: Collection[str]) -> Keys:
        """The keys without what is said of some properties."""

        def keeps(condition: Condition) -> bool:
            return condition.property not in names

        return replace(
            self,
            properties={name: v for name, v in self.properties.items() if name not in names},
            conditions=frozenset(filter(keeps, self.conditions)),
            filters=frozenset(filter(keeps, self.filters)),
            equal=tuple(filter(keeps, self.equal)),
        )

    def takes_region(self, region: str) -> bool:
        """Whether rows of a region may match."""
        predicates = (each.predicate for each in self.filters if each.role is Role.REGION)
        return all(predicate.admits(region) for predicate in predicates)


def admitted(
    rows: Flow[Resource],
    conditions: Collection[Condition],
    enough: Callable[[Resource], bool] | None = None,
) -> Flow[Resource]:
    """The rows that may satisfy the conditions, as far as they are known.

    Those of which ``enough`` is known cost nothing more, and SQLite is quicker to check them.
    """
    if not conditions:
        return rows

    def admits(row: Resource) -> bool:
        passed = enough is not None and enough(row)
        return passed or all(each.admits(row) for each in conditions)

    return mapped(rows, lambda batch: list(filter(admits, batch)))


def read_keys(
    resource_type: ResourceType,
    plan: Plan,
    values: Sequence[SQLValue | set[SQLValue]],
    wrote: Wrote,
    matching: Matching = NO_MATCHING,
) -> Keys:
    """The keys that a plan's values stand for.

    An identifier with too few parts belongs to no row. Where ``wrote`` says that the user wrote it
    as this argument, it is a mistake, and ProgrammingError shows how identifiers look. ``matching``
    are the functions that compare patterns with texts, as far as they are known.
    """
    keys: list[_Given] = []
    filters: list[_Given] = []
    equal: list[Condition] = []
    for argument, value in zip(plan.arguments, values, strict=True):
        texts = value if isinstance(value, set) else {value}
        given = _Given(argument, texts, _condition(resource_type, argument, value, matching))
        if argument.use is Use.HASH:
            equal.append(given.condition)
        elif argument.use is Use.KEY and _is_key_value(resource_type, argument, texts):
            keys.append(given)
        else:
            filters.append(given)
    found = Keys(
        conditions=frozenset(each.condition for each in keys),
        filters=frozenset(each.condition for each in filters),
        equal=tuple(equal),
        other_regions=_left_out(filters, wrote),
        **_key_values(resource_type, keys, wrote),
    )
    return _narrowed(resource_type, found) if filters or equal else found


class _Given(NamedTuple):
    """What SQLite gave for an argument."""

    argument: Argument
    values: set[SQLValue]
    condition: Condition


def _key_values(
    resource_type: ResourceType, keys: Iterable[_Given], wrote: Wrote
) -> dict[str, Any]:
    """What is known of regions, identifiers and properties, as `Keys` names them."""
    known: dict[str, Any] = {}
    for argument, values, _ in keys:
        if argument.role is Role.PROPERTY:
            prop = resource_type.by_name[argument.property]
            known.setdefault("properties", {})[prop.name] = _property_keys(prop, values)
        elif argument.role is Role.REGION:
            known["regions"] = _texts(values)
            known["written_regions"] = _written(argument, values, wrote)
        else:
            identifiers = _identifiers(resource_type, argument, _texts(values), wrote)
            known["identifiers"] = frozenset(identifiers)
    return known


def _left_out(filters: Iterable[_Given], wrote: Wrote) -> frozenset[str]:
    """The regions that the user wrote to be left out; ``<> ''`` names none."""
    regions = (
        _written(argument, values, wrote)
        for argument, values, _ in filters
        if argument.role is Role.REGION and argument.operator in (Operator.NE, Operator.IS_NOT)
    )
    return frozenset[str]().union(*regions) - {""}


def _written(argument: Argument, values: set[SQLValue], wrote: Wrote) -> frozenset[str]:
    return frozenset(each for each in _texts(values) if wrote(each, argument))


def _condition(
    resource_type: ResourceType,
    argument: Argument,
    value: SQLValue | set[SQLValue],
    matching: Matching,
) -> Condition:
    prop = resource_type.by_name.get(argument.property)
    predicate = Predicate(
        argument.operator,
        frozenset(value) if isinstance(value, set) else value,
        numeric=prop is not None and prop.json_type != "string",
        literal=argument.literal,
        match=matching.get(argument.operator),
    )
    return Condition(argument.role, argument.property, predicate)


def _narrowed(resource_type: ResourceType, keys: Keys) -> Keys:
    """The keys without the values that other conditions rule out."""
    properties = {
        name: frozenset(
            each for each in values if all(p.admits(each) for p in keys.of_property(name))
        )
        for name, values in keys.properties.items()
    }
    identifiers = keys.identifiers
    if identifiers is not None:
        identifiers = frozenset(
            each for each in identifiers if _admits_identifier(resource_type, keys, each)
        )
    return replace(keys, properties=properties, identifiers=identifiers)


def _admits_identifier(resource_type: ResourceType, keys: Keys, identifier: str) -> bool:
    parts = identifier_parts(resource_type, identifier)
    for role, name, predicate in keys.all_conditions:
        value = identifier if role is Role.IDENTIFIER else parts.get(name)
        if value is not None and not predicate.admits(value):
            return False
    return True


def full_identifiers(resource_type: ResourceType, keys: Keys) -> list[str] | None:
    """The identifiers that the keys fix, whole or by all their parts; None where they do not."""
    if keys.identifiers is not None:
        return sorted(keys.identifiers)
    if not all(pointer in keys.properties for pointer in resource_type.identifier):
        return None
    parts = (_sorted(keys.properties[pointer]) for pointer in resource_type.identifier)
    texts = ([str(part) for part in each] for each in product(*parts))
    return [join_identifier(each) for each in texts if _may_identify(each)]


def among(identifiers: Iterable[str]) -> Keys:
    """The keys of rows that are looked up in a listing by their identifiers."""
    predicate = Predicate(Operator.EQ, frozenset(identifiers), literal=True)
    return Keys(equal=(Condition(Role.IDENTIFIER, "", predicate),))


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


def parent_keys(
    resource_type: ResourceType, parent: Parent, parent_type: ResourceType, place: Place, keys: Keys
) -> Keys:
    """The keys of the parent's rows that may have children with these keys."""
    here = place.region
    taken = parent_properties(resource_type, parent, parent_type)
    return Keys(
        regions=None if parent_type.is_global else frozenset({here}),
        properties={
            source: keys.properties[name]
            for name, source in taken.items()
            if name in keys.properties
        },
        filters=frozenset(
            each._replace(property=taken[each.property])
            for each in keys.all_conditions
            if each.property in taken and _is_text(resource_type, each.property)
        ),
    )


def parent_properties(
    resource_type: ResourceType, parent: Parent, parent_type: ResourceType
) -> dict[str, str]:
    """The properties of which a row has the value that its parent has, with the parent's names."""
    return {
        name: source
        for name, source in parent.take.items()
        if _means_the_same(resource_type, name) and _is_text(parent_type, source)
    }


def inherited_keys(resource_type: ResourceType, keys: Keys) -> Keys:
    """What holds for a row of a tree only if it holds for all rows above it.

    What rows have of the row above them, its own identifier, is another on each level.
    """
    changing = [
        name
        for parent in resource_type.parents
        if parent.type_name == resource_type.name
        for name, source in parent.take.items()
        if source == resource_type.identifier[-1]
    ]
    return keys.without(changing)


def _is_text(resource_type: ResourceType, name: str) -> bool:
    prop = resource_type.by_name.get(name)
    return prop is not None and prop.json_type == "string"


def _means_the_same(resource_type: ResourceType, name: str) -> bool:
    """Whether what a listing is given by a name is what its rows have by that name.

    If it were all that identifies a row there would be nothing to list: it is another's.
    """
    return resource_type.identifier != (name,)


def agrees(resource_type: ResourceType, keys: Keys, model: Mapping[str, JSONValue]) -> bool:
    """Whether rows that were listed by a resource model may be among the wanted ones.

    What is said of objects may be a part of them.
    """
    return all(
        predicate.admits(to_sql(value))
        for name, value in model.items()
        if not isinstance(value, dict) and _means_the_same(resource_type, name)
        for predicate in keys.of_property(name)
    )


def _is_key_value(resource_type: ResourceType, argument: Argument, given: set[SQLValue]) -> bool:
    """Whether what equals the values is known, and is no NULL.

    What equals a number in a column of texts is not: SQLite may compare them as numbers. But no
    region is a number, nor an identifier of several parts.
    """
    if argument.operator is Operator.IS and None in given:
        return False
    if argument.role is Role.REGION:
        return True
    if argument.role is Role.IDENTIFIER:
        text = len(resource_type.identifier) == 1
    else:
        text = resource_type.by_name[argument.property].json_type == "string"
    return not (text and any(isinstance(value, int | float) for value in given))


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
    wrote: Wrote,
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
