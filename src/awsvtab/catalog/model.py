"""What a resource type is: the facts of its schema that a table needs.

Registry schemas: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from awsvtab.catalog import names


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


@dataclass(frozen=True, slots=True)
class Parent:
    """Where the values that a list handler requires come from, when the SQL does not give them.

    ``take`` maps each required property to the property of the parent's row that holds its value.
    ``values`` are the properties whose every value is known (an enum). ``account`` are those that
    hold the id of the caller's account. With ``take`` empty there is no parent type.
    """

    type_name: str | None = None
    take: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    account: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResourceType:
    """One resource type.

    ``identifier`` holds the pointers of the primary identifier's parts below ``/properties/``, in
    order. ``handlers`` maps create, read, update, delete and list to the IAM actions they need.
    ``list_requires`` are alternatives: the list handler takes any one of these sets of properties.
    The ``nested_`` pointers name parts of properties, ``*`` being any array index or map key.
    ``not_in`` are the catalog's regions that lack the type.
    """

    name: str
    service: str
    resource: str
    properties: tuple[Property, ...]
    identifier: tuple[str, ...]
    handlers: Mapping[str, tuple[str, ...]]
    list_requires: tuple[tuple[str, ...], ...] = ()
    parent: Parent | None = None
    nested_read_only: tuple[str, ...] = ()
    nested_create_only: tuple[str, ...] = ()
    nested_write_only: tuple[str, ...] = ()
    not_in: frozenset[str] = frozenset()

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

    def can(self, handler: str) -> bool:
        """Whether AWS has the handler: create, read, update, delete or list."""
        return handler in self.handlers
