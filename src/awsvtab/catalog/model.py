"""What a resource type is: the facts of its schema that a table needs.

Registry schemas: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

from awsvtab.catalog import names
from awsvtab.catalog.marks import Marks, marks

_WORD = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Property:
    """A top-level property. ``json_type`` is JSON Schema's word, or ``any`` where several fit."""

    name: str
    json_type: str
    required: bool = False
    read_only: bool = False
    create_only: bool = False
    write_only: bool = False
    unordered: bool = False
    timestamp: bool = False


@dataclass(frozen=True, slots=True)
class Parent:
    """Where the values that a list handler requires come from, when the SQL does not give them.

    ``take`` maps each required property to the property of the parent's row that holds its value.
    ``Schema/SchemaArn`` on the left is a member of an object; on the right, ``*`` is every element
    of an array, every key of an object at the end, and every word of a text. ``values`` are the
    properties whose every value is known (an enum), ``home_values`` those of which the partition's
    home region takes more values than the others. ``account`` are those that hold the id of the
    caller's account. Without ``type_name`` there is no parent type.
    """

    type_name: str | None = None
    take: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    home_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    account: tuple[str, ...] = ()

    @property
    def sources(self) -> frozenset[str]:
        """The properties that a row of the parent has to have."""
        return frozenset(source.split("/")[0] for source in self.take.values())

    def constants(self, at_home: bool) -> dict[str, tuple[str, ...]]:
        """The values of the properties that have a known set of them, in a region."""
        more = self.home_values if at_home else {}
        names = dict.fromkeys((*self.values, *more))
        return {name: (*self.values.get(name, ()), *more.get(name, ())) for name in names}

    def models(
        self, value: Callable[[str], object], constants: Mapping[str, Sequence[object]]
    ) -> Iterator[dict[str, object]]:
        """The resource models of the listings that one row of the parent gives rise to.

        ``value`` gives a property of the row, None where it is absent: such a row has no children.
        ``constants`` are all values of the other properties, the account's id included.
        """
        given = {
            name: list(_every(value(source.split("/")[0]), source.split("/")[1:]))
            for name, source in self.take.items()
        }
        choices = {**given, **constants}
        for chosen in product(*choices.values()):
            yield _nested(dict(zip(choices, chosen, strict=True)))


def _every(value: object, steps: Sequence[str]) -> Iterator[object]:
    """The values that a pointer leads to, none where there is nothing."""
    if value is None:
        return
    if not steps:
        yield value
    elif steps[0] != "*":
        yield from _every(value.get(steps[0]) if isinstance(value, dict) else None, steps[1:])
    else:
        for each in _WORD.findall(value) if isinstance(value, str) else _members(value):
            yield from _every(each, steps[1:])


def _members(value: object) -> Iterable[object]:
    return value if isinstance(value, list | dict) else ()


def _nested(values: Mapping[str, object]) -> dict[str, object]:
    """``{"Schema/SchemaArn": a}`` -> ``{"Schema": {"SchemaArn": a}}``."""
    model: dict[str, object] = {}
    for pointer, value in values.items():
        top, _, member = pointer.partition("/")
        if member:
            outer = model.get(top)
            value = {**(outer if isinstance(outer, dict) else {}), member: value}
        model[top] = value
    return model


@dataclass(frozen=True, slots=True)
class RegionSource:
    """What tells the region of a row, where a listing in any region gives the rows of all.

    ``property`` holds a host name with the region in it (`scope.host_region`); of the row itself,
    or, where ``type_name`` is given, of that type's row whose identifier is the same.
    """

    property: str
    type_name: str | None = None


@dataclass(frozen=True)
class ResourceType:
    """One resource type.

    ``identifier`` holds the pointers of the primary identifier's parts below ``/properties/``, in
    order. ``handlers`` maps create, read, update, delete and list to the IAM actions they need.
    ``list_requires`` are alternatives: the list handler takes any one of these sets of properties.
    ``parents`` together give all values that a listing needs: each gives some, and a type that is
    among its own parents is a tree, walked down from the rows that the others give. The same row
    may be reached through several. The ``nested_`` pointers name parts of properties, ``*`` being
    any array index or map key; the unordered are arrays. ``not_in`` are the catalog's regions that
    lack the type. ``is_global`` types have each row once per partition, in its home region
    (`scope.home_region`).
    """

    name: str
    service: str
    resource: str
    properties: tuple[Property, ...]
    identifier: tuple[str, ...]
    handlers: Mapping[str, tuple[str, ...]]
    list_requires: tuple[tuple[str, ...], ...] = ()
    parents: tuple[Parent, ...] = ()
    nested_read_only: tuple[str, ...] = ()
    nested_create_only: tuple[str, ...] = ()
    nested_write_only: tuple[str, ...] = ()
    nested_unordered: tuple[str, ...] = ()
    not_in: frozenset[str] = frozenset()
    is_global: bool = False
    region_source: RegionSource | None = None

    @property
    def table_name(self) -> str:
        """The underscore name, ``aws_customerprofiles_event_streams``."""
        return names.table_name(self.service, self.resource)

    @property
    def dotted_name(self) -> str:
        """The name in SQL, ``aws.customerprofiles.event_streams``."""
        return f"aws.{self.service}.{self.resource}"

    @cached_property
    def by_name(self) -> Mapping[str, Property]:
        """The properties by AWS's name."""
        return {prop.name: prop for prop in self.properties}

    @cached_property
    def marks(self) -> Marks:
        """What the schema says of the properties and their parts."""

        def flagged(flag: str) -> list[str]:
            return [prop.name for prop in self.properties if getattr(prop, flag)]

        return marks(
            (*flagged("read_only"), *self.nested_read_only),
            (*flagged("create_only"), *self.nested_create_only, *self.identifier),
            (*flagged("write_only"), *self.nested_write_only),
            (*flagged("unordered"), *self.nested_unordered),
        )

    @cached_property
    def split_names(self) -> frozenset[str]:
        """The properties of which the identifier holds a part: a listing may give just that."""
        return frozenset(pointer.split("/")[0] for pointer in self.identifier if "/" in pointer)

    def can(self, handler: str) -> bool:
        """Whether AWS has the handler: create, read, update, delete or list."""
        return handler in self.handlers
