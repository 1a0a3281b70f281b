"""A resource as far as it is known, and its identifier's parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from awsvtab.catalog.model import ResourceType
from awsvtab.errors import InternalError
from awsvtab.options import Place
from awsvtab.values import JSONValue, Properties, parse_json

SEPARATOR = "|"
NO_MODEL: Properties = {}


class ResourceKey(NamedTuple):
    """What tells one resource from all others."""

    place: Place
    type_name: str
    identifier: str


class Missing:
    """The type of `MISSING`: a property of which nothing is known yet, unlike an absent one."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()


class Resource:
    """A resource in a place: its identifier, and properties, all of them if ``whole``.

    ``text`` is the JSON of its properties as AWS returned it, parsed when one is asked for. A
    property that a listing left out is not absent; one that GetResource left out is. ``model`` is
    what it was listed by: AWS does not return a property that is write-only, but a row that was
    listed by one has it. ``known`` are the names that it was last found to know, and ``cells`` the
    row that was last made of it, of that ``shape``. One that is ``unnamed`` waits for COMMIT,
    and AWS will name it: its identifier is a stand-in.
    """

    __slots__ = (
        "_parts",
        "_properties",
        "cells",
        "identifier",
        "known",
        "model",
        "place",
        "resource_type",
        "shape",
        "text",
        "unnamed",
        "whole",
    )

    def __init__(
        self,
        resource_type: ResourceType,
        place: Place,
        identifier: str,
        text: str,
        whole: bool,
        model: Properties = NO_MODEL,
        unnamed: bool = False,
    ) -> None:
        self.unnamed = unnamed
        self.resource_type = resource_type
        self.place = place
        self.identifier = identifier
        self.text = text
        self.whole = whole
        self.model = model
        self.shape: object = None
        self.cells: Sequence[Any] = ()
        self._properties: Properties | None = None
        self._parts: Mapping[str, str] | None = None
        self.known: frozenset[str] | None = None

    @property
    def properties(self) -> Properties:
        """The properties that AWS returned."""
        if self._properties is None:
            self._properties = parse_properties(self.text)
        return self._properties

    @property
    def key(self) -> ResourceKey:
        """What tells it from all others."""
        return ResourceKey(self.place, self.resource_type.name, self.identifier)

    def at(self, place: Place) -> Resource:
        """The same resource in its own region, which the listing did not tell."""
        return Resource(
            self.resource_type, place, self.identifier, self.text, self.whole, self.model
        )

    def learn(self, found: Resource) -> None:
        """Takes over what GetResource has found."""
        self.identifier = found.identifier
        self.text = found.text
        self.whole = found.whole
        self.shape = None
        self._properties = None
        self._parts = None

    def value(self, name: str) -> JSONValue | Missing:
        """A property's value: None where it is absent, MISSING where that is not known."""
        properties = self._properties
        if properties is None:
            properties = self.properties
        if name in properties and (self.whole or name not in self.resource_type.split_names):
            return properties[name]
        if not self.whole:
            if self._parts is None:
                self._parts = identifier_parts(self.resource_type, self.identifier)
            if name in self._parts:
                return self._parts[name]
        # A list handler may mean another property by a name, and name only a part of an object.
        if name in self.model and not isinstance(self.model[name], dict):
            return self.model[name]
        return None if self.whole else MISSING

    def values(self, names: Sequence[str]) -> Sequence[JSONValue | Missing]:
        """The values of several properties, in order."""
        if not names:
            return ()
        properties, split_names = self.properties, self.resource_type.split_names
        return [
            properties[name] if name in properties and name not in split_names else self.value(name)
            for name in names
        ]

    def knows(self, names: frozenset[str]) -> bool:
        """Whether every one of these properties is known, present or absent."""
        known = self.whole or self._lists(names)
        if not known and any(self.value(name) is MISSING for name in names):
            return False
        self.known = names
        return True

    def _lists(self, names: frozenset[str]) -> bool:
        """Whether AWS returned all of these, the identifier aside."""
        split_names = self.resource_type.split_names
        return names <= self.properties.keys() and names.isdisjoint(split_names)


def parse_properties(text: str) -> Properties:
    """The properties of a JSON text; none for an empty one. InternalError if it is no object."""
    try:
        properties = parse_json(text) if text else {}
    except ValueError as error:
        raise InternalError(f"AWS answered with properties that are not JSON: {error}") from error
    if not isinstance(properties, dict):
        raise InternalError("AWS answered with properties that are no JSON object")
    return properties


def identifier_parts(resource_type: ResourceType, identifier: str) -> dict[str, str]:
    """The properties that an identifier gives: those that are text and no part of another.

    Empty where the parts cannot be told apart because one holds the separator.
    """
    values = split_identifier(resource_type, identifier)
    if len(values) != len(resource_type.identifier):
        return {}
    known = resource_type.by_name
    return {
        pointer: value
        for pointer, value in zip(resource_type.identifier, values, strict=True)
        if pointer in known and known[pointer].json_type == "string"
    }


def split_identifier(resource_type: ResourceType, identifier: str) -> list[str]:
    """The parts of an identifier; a single one may hold the separator itself."""
    if len(resource_type.identifier) == 1:
        return [identifier]
    return identifier.split(SEPARATOR)


def join_identifier(parts: Sequence[str]) -> str:
    """The identifier with these parts."""
    return SEPARATOR.join(parts)


def known_parts(resource_type: ResourceType, properties: Properties) -> list[str | None]:
    """The parts of the identifier that properties give; None for each that they do not."""
    return [_part(properties, pointer.split("/")) for pointer in resource_type.identifier]


def known_identifier(resource_type: ResourceType, properties: Properties) -> str | None:
    """The identifier, if the properties give all its parts; AWS may make up some."""
    parts = known_parts(resource_type, properties)
    given = [part for part in parts if part]
    return join_identifier(given) if given and len(given) == len(parts) else None


def _part(value: JSONValue, path: Sequence[str]) -> str | None:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return None if value is None or isinstance(value, bool | dict | list) else str(value)


def identifier_form(resource_type: ResourceType) -> str:
    """How an identifier looks: ``<DomainName>|<EventStreamName>``."""
    return SEPARATOR.join(f"<{pointer.rsplit('/', 1)[-1]}>" for pointer in resource_type.identifier)
