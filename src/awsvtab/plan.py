"""Constraints in, a plan out: which calls a scan will make. Pure.

SQLite offers constraints by number (https://www.sqlite.org/c3ref/index_info.html). The plan says
which of their values the scan wants, in which order; SQLite checks every constraint again itself,
so a plan may leave any of them aside but may never take one for more than it says.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from awsvtab.catalog.columns import Column, Kind
from awsvtab.catalog.model import ResourceType

EQ = 2  # SQLITE_INDEX_CONSTRAINT_EQ, what = and IN arrive as
LIMIT_OP = 73  # SQLITE_INDEX_CONSTRAINT_LIMIT
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


class Access(StrEnum):
    """How a scan gets its rows."""

    GET = "get"
    LIST = "list"


class Role(StrEnum):
    """What a constraint's value is for: the region, the whole identifier, or a property."""

    REGION = "region"
    IDENTIFIER = "identifier"
    PROPERTY = "property"


class Constraint(NamedTuple):
    """One constraint of the WHERE clause or a join, ``number`` being SQLite's own.

    ``many``: it is an IN whose values come together. ``literal``: its value stands in the SQL.
    """

    number: int
    column: int
    op: int
    usable: bool
    binary: bool
    many: bool = False
    literal: bool = False


class Argument(NamedTuple):
    """A value that the scan is given: what for, and whether it is a set of values."""

    role: Role
    property: str
    many: bool
    literal: bool


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


@dataclass(frozen=True, slots=True)
class Choice:
    """A plan, and what SQLite wants to know about it.

    ``taken`` are the numbers of the constraints whose values are the plan's arguments, in order.
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
    limited = any(constraint.op == LIMIT_OP for constraint in constraints)
    keys = _key_constraints(resource_type, columns, constraints)
    access = Access.GET if _fixes_identifier(resource_type, keys) else Access.LIST
    if access is Access.GET and (Role.IDENTIFIER, "") in keys:
        keys = {key: c for key, c in keys.items() if key[0] is not Role.PROPERTY}
    arguments = tuple(
        Argument(role, name, constraint.many, constraint.literal)
        for (role, name), constraint in keys.items()
    )
    needs, whole = needed_properties(columns, used)
    return Choice(
        Plan(access, arguments, needs, whole, limited),
        taken=tuple(keys.values()),
        estimate=_estimate(resource_type, access, keys),
        unique=access is Access.GET
        and (Role.REGION, "") in keys
        and not any(constraint.many for constraint in keys.values()),
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


def _key_constraints(
    resource_type: ResourceType, columns: Sequence[Column], constraints: Iterable[Constraint]
) -> dict[tuple[Role, str], Constraint]:
    """The constraint to use for each key, a single value before a set of them.

    Only a comparison that is SQLite's BINARY one means what AWS means by equal.
    """
    required = frozenset[str]().union(*resource_type.list_requires)
    found: dict[tuple[Role, str], Constraint] = {}
    for constraint in constraints:
        if not constraint.usable or constraint.op != EQ or not constraint.binary:
            continue
        if constraint.column < 0:
            continue
        key = _key(columns[constraint.column], resource_type.identifier, required)
        if key is not None and (key not in found or found[key].many > constraint.many):
            found[key] = constraint
    return found


def _key(
    column: Column, identifier: Collection[str], required: Collection[str]
) -> tuple[Role, str] | None:
    """What a column is the key for: an object's JSON text only where a listing requires it."""
    if column.kind is Kind.REGION:
        return Role.REGION, ""
    if column.kind is Kind.IDENTIFIER:
        return Role.IDENTIFIER, ""
    prop = column.property
    if prop is None or not (prop.name in identifier or prop.name in required):
        return None
    fits = prop.json_type in KEY_TYPES or (prop.json_type == "object" and prop.name in required)
    return (Role.PROPERTY, prop.name) if fits else None


def _fixes_identifier(
    resource_type: ResourceType, keys: Mapping[tuple[Role, str], Constraint]
) -> bool:
    if not resource_type.can("read"):
        return False
    parts = ((Role.PROPERTY, pointer) in keys for pointer in resource_type.identifier)
    return (Role.IDENTIFIER, "") in keys or all(parts)


def _estimate(
    resource_type: ResourceType, access: Access, keys: Mapping[tuple[Role, str], Constraint]
) -> Estimate:
    region = (Role.REGION, "") in keys
    if access is Access.GET:
        return GET_IN_REGION if region else GET
    if any(
        all((Role.PROPERTY, name) in keys for name in required)
        for required in resource_type.list_requires
    ):
        return LIST_BY_MODEL
    if resource_type.list_requires:
        return LIST_BY_PARENTS_IN_REGION if region else LIST_BY_PARENTS
    return LIST_IN_REGION if region else LIST


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
        tuple(Argument(Role(role), name, many, literal) for role, name, many, literal in arguments),
        frozenset(needs),
        whole,
        limited,
    )
