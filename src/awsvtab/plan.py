"""Constraints in, a plan out: which calls a scan will make. Pure.

SQLite offers constraints by number (https://www.sqlite.org/c3ref/index_info.html). The plan says
which of their values the scan wants, in which order; SQLite checks every constraint again itself,
so a plan may leave any of them aside but may never take one for more than it says.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from awsvtab.catalog.columns import Column, Kind
from awsvtab.catalog.model import ResourceType
from awsvtab.predicates import EQUALITIES, Operator, compares

KEY_TYPES = frozenset({"string", "integer"})  # types whose SQL comparison AWS shares
USED_BITS = 63  # columns from here on share one bit of SQLite's colUsed


class Estimate(NamedTuple):
    """What SQLite's planner is told about a scan."""

    cost: float
    rows: int


# SQLite takes a local table that was never analyzed for one of a million rows. Looking up what its
# rows name has to win over listing all and looking that up locally.
GET_IN_REGION = Estimate(10, 1)
GET = Estimate(20, 1)
LIST_BY_MODEL = Estimate(100, 100)
LIST_IN_REGION = Estimate(5e14, 10**9)
LIST = Estimate(1e15, 10**9)
# What lists its parents first costs more than they do: they go before it in a join.
LIST_BY_PARENTS_IN_REGION = Estimate(5e15, 10**9)
LIST_BY_PARENTS = Estimate(1e16, 10**9)

# Looking rows up in one listing, for each row of a local table: more than getting each by its key,
# less than beginning with the listing.
HASH_SHARE = 1e-7
HASH_ROWS = 100
# The rows that a predicate leaves: one in ten. Three are all that is believed.
PREDICATES_BELIEVED = 3
# A scan whose region another table would tell if it came first: it shall.
REGION_TOLD_LATER = 1e15


class Access(StrEnum):
    """How a scan gets its rows."""

    GET = "get"
    LIST = "list"


class Role(StrEnum):
    """What a constraint is about: the region, the whole identifier, or a property."""

    REGION = "region"
    IDENTIFIER = "identifier"
    PROPERTY = "property"


class Use(StrEnum):
    """What a constraint's value is for.

    A KEY narrows the calls themselves. A FILTER decides about regions, parents and rows, before
    more is read of them. By a HASH the rows are looked up where a listing is gone through again.
    """

    KEY = "key"
    FILTER = "filter"
    HASH = "hash"


Subject = tuple[Role, str]  # the property's name, or ''
REGION: Subject = (Role.REGION, "")
IDENTIFIER: Subject = (Role.IDENTIFIER, "")


class Constraint(NamedTuple):
    """One constraint of the WHERE clause or a join, ``number`` being SQLite's own.

    ``operator`` is None for one that is not known here. ``many``: it is an IN whose values come
    together. ``literal``: its value stands in the SQL.
    """

    number: int
    column: int
    operator: Operator | None
    usable: bool
    binary: bool
    many: bool = False
    literal: bool = False


class Argument(NamedTuple):
    """A value that the scan is given: about what, and whether it is a set of values."""

    role: Role
    property: str
    many: bool
    literal: bool
    use: Use = Use.KEY
    operator: Operator = Operator.EQ


@dataclass(frozen=True, slots=True)
class Plan:
    """What a scan does. ``needs`` are the properties that the statement may look at.

    ``limited``: there is a LIMIT, so the reader may stop early, and calls run less far ahead.
    """

    access: Access
    arguments: tuple[Argument, ...] = ()
    needs: frozenset[str] = frozenset()
    whole: bool = False
    limited: bool = False

    @property
    def narrowed(self) -> bool:
        """Whether more than the region is told beforehand."""
        keys = (each for each in self.arguments if each.use is Use.KEY)
        return any(each.role is not Role.REGION for each in keys)


@dataclass(frozen=True, slots=True)
class Choice:
    """A plan, and what SQLite wants to know about it.

    ``taken`` are the numbers of the constraints whose values are the plan's arguments, in order.
    ``unique``: there is at most one such row.
    """

    plan: Plan
    taken: tuple[Constraint, ...]
    estimate: Estimate
    unique: bool


def choose(
    resource_type: ResourceType,
    columns: Sequence[Column],
    constraints: Iterable[Constraint],
    used: Iterable[int],
) -> Choice:
    """The plan with the fewest calls for the constraints that SQLite offers."""
    constraints = list(constraints)
    about = _subjects(columns, constraints)
    keys = _keys(resource_type, columns, about)
    access = Access.GET if _fixes_identifier(resource_type, keys) else Access.LIST
    keys = _narrowing(resource_type, access, keys)
    uses = dict.fromkeys(keys.values(), Use.KEY)
    for constraint, subject in about.items():
        if not _is_write_only(columns[constraint.column]):
            uses.setdefault(constraint, _use(constraint, subject, access))
    needs, whole = needed_properties(columns, used)
    limited = any(constraint.operator is Operator.LIMIT for constraint in constraints)
    plan = Plan(
        access,
        tuple(_argument(each, about[each], use) for each, use in uses.items()),
        needs,
        whole,
        limited,
    )
    told_later = any(
        each.operator in EQUALITIES and each.binary and _subject(columns, each) == REGION
        for each in constraints
        if not each.usable
    )
    return Choice(
        plan,
        taken=tuple(uses),
        estimate=_estimate(resource_type, plan, told_later),
        unique=access is Access.GET and _names_one(resource_type, keys),
    )


def needed_properties(
    columns: Sequence[Column], used: Iterable[int]
) -> tuple[frozenset[str], bool]:
    """The properties behind the used columns, and whether the resource is wanted whole.

    Columns whose use SQLite cannot tell apart are left out: they are fetched when they are read.
    """
    needs = set()
    whole = False
    for number in used:
        if number >= min(len(columns), USED_BITS):
            continue
        column = columns[number]
        whole = whole or column.kind is Kind.RAW
        if column.property is not None and not column.property.write_only:
            needs.add(column.property.name)
    return frozenset(needs), whole


def _subjects(
    columns: Sequence[Column], constraints: Iterable[Constraint]
) -> dict[Constraint, Subject]:
    """The constraints that say something about rows, and what each is about."""
    found = {}
    for each in constraints:
        if each.usable and each.operator is not None and compares(each.operator, each.binary):
            subject = _subject(columns, each)
            if subject is not None:
                found[each] = subject
    return found


def _subject(columns: Sequence[Column], constraint: Constraint) -> Subject | None:
    """What a constraint is about; None for what only the row itself can tell."""
    if constraint.column < 0:
        return None
    column = columns[constraint.column]
    if column.kind is Kind.REGION:
        return REGION
    if column.kind is Kind.IDENTIFIER:
        return IDENTIFIER
    return None if column.property is None else (Role.PROPERTY, column.property.name)


def _keys(
    resource_type: ResourceType,
    columns: Sequence[Column],
    about: Mapping[Constraint, Subject],
) -> dict[Subject, Constraint]:
    """The constraint to use for each key, a single value before a set of them.

    Only a comparison that is SQLite's BINARY one means what AWS means by equal.
    """
    required = _required(resource_type)
    found: dict[Subject, Constraint] = {}
    for constraint, subject in about.items():
        column = columns[constraint.column]
        if constraint.operator not in EQUALITIES or not _is_key(resource_type, column, required):
            continue
        if subject not in found or found[subject].many > constraint.many:
            found[subject] = constraint
    return found


def _is_key(resource_type: ResourceType, column: Column, required: Collection[str]) -> bool:
    """Whether a column is one: an object's JSON text only where a listing requires it."""
    prop = column.property
    if prop is None:
        return True
    if prop.name not in resource_type.identifier and prop.name not in required:
        return False
    return prop.json_type in KEY_TYPES or (prop.json_type == "object" and prop.name in required)


def _required(resource_type: ResourceType) -> frozenset[str]:
    return frozenset[str]().union(*resource_type.list_requires)


def _fixes_identifier(resource_type: ResourceType, keys: Mapping[Subject, Constraint]) -> bool:
    if not resource_type.can("read"):
        return False
    parts = ((Role.PROPERTY, pointer) in keys for pointer in resource_type.identifier)
    return IDENTIFIER in keys or all(parts)


def _narrowing(
    resource_type: ResourceType, access: Access, keys: Mapping[Subject, Constraint]
) -> dict[Subject, Constraint]:
    """The keys that narrow calls: a part of the identifier alone does not."""
    narrowing = {REGION} | {(Role.PROPERTY, name) for name in _required(resource_type)}
    if access is Access.GET and IDENTIFIER in keys:
        narrowing = {REGION, IDENTIFIER}
    elif access is Access.GET:
        narrowing |= {(Role.PROPERTY, name) for name in resource_type.identifier}
    return {subject: each for subject, each in keys.items() if subject in narrowing}


def _is_write_only(column: Column) -> bool:
    return column.property is not None and column.property.write_only


def _use(constraint: Constraint, subject: Subject, access: Access) -> Use:
    """What a constraint is for that is no key: constants need no hash."""
    joined = constraint.operator is Operator.EQ and not (constraint.many or constraint.literal)
    return Use.HASH if joined and access is Access.LIST and subject != REGION else Use.FILTER


def _argument(constraint: Constraint, subject: Subject, use: Use) -> Argument:
    operator = constraint.operator or Operator.EQ
    return Argument(*subject, constraint.many, constraint.literal, use, operator)


def _names_one(resource_type: ResourceType, keys: Mapping[Subject, Constraint]) -> bool:
    """Whether one row at most has these keys.

    An identifier of one part may be compared with a number, which equals several texts.
    """
    if REGION not in keys or any(constraint.many for constraint in keys.values()):
        return False
    whole = keys.get(IDENTIFIER)
    return whole is not None and (len(resource_type.identifier) > 1 or whole.literal)


def _estimate(resource_type: ResourceType, plan: Plan, told_later: bool) -> Estimate:
    keys = {(each.role, each.property) for each in plan.arguments if each.use is Use.KEY}
    region = REGION in keys
    if plan.access is Access.GET:
        return GET_IN_REGION if region else GET
    cost, rows = LIST_IN_REGION if region else LIST
    if any(
        all((Role.PROPERTY, name) in keys for name in required)
        for required in resource_type.list_requires
    ):
        cost, rows = LIST_BY_MODEL
    elif resource_type.list_requires:
        cost, rows = LIST_BY_PARENTS_IN_REGION if region else LIST_BY_PARENTS
    uses = Counter(each.use for each in plan.arguments)
    rows = max(1, rows // 10 ** min(uses[Use.FILTER], PREDICATES_BELIEVED))
    if uses[Use.HASH]:
        cost, rows = max(1, cost * HASH_SHARE), max(1, min(rows // 10, HASH_ROWS))
    if told_later and not region:
        cost *= REGION_TOLD_LATER
    return Estimate(cost, rows)


def encode(plan: Plan) -> str:
    """The plan as text for idxStr."""
    return json.dumps(
        [plan.access, plan.arguments, sorted(plan.needs), plan.whole, plan.limited],
        separators=(",", ":"),
    )


@lru_cache(maxsize=1024)
def decode(text: str) -> Plan:
    """The plan that `encode` wrote."""
    access, arguments, needs, whole, limited = json.loads(text)
    return Plan(
        Access(access),
        tuple(map(_decoded, arguments)),
        frozenset(needs),
        whole,
        limited,
    )


def _decoded(values: Sequence[Any]) -> Argument:
    role, name, many, literal, use, operator = values
    return Argument(Role(role), name, many, literal, Use(use), Operator(operator))
