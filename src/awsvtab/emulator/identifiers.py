"""Primary identifiers: the values of the identifying properties, joined by ``|``."""

from __future__ import annotations

import json
from typing import Any

from . import errors, pointers
from .pointers import Json
from .schemas import ResourceSchema

SEPARATOR = "|"


def compose(schema: ResourceSchema, properties: Json) -> str:
    """The identifier of a resource that has all of its identifying properties."""
    parts = (pointers.get(properties, pointer) for pointer in schema.identifier)
    return SEPARATOR.join(_text(part) for part in parts)


def parse(schema: ResourceSchema, text: str) -> str:
    """The identifier as `compose` writes it, from either form that a request may use.

    JSON forms are ``{"DomainName": …}`` and ``{"/properties/DomainName": …}``. Raises
    ValidationException where parts are missing.
    """
    parts = _from_json(schema, text) if text.startswith("{") else _split(schema, text)
    if parts is None or not all(parts):
        raise invalid(schema, text)
    return SEPARATOR.join(parts)


def invalid(schema: ResourceSchema, text: str) -> errors.CloudControlError:
    names = ", ".join(pointers.text(pointer) for pointer in schema.identifier)
    return errors.validation(f"Identifier {text} is not valid for identifier [{names}]")


def _split(schema: ResourceSchema, text: str) -> list[str] | None:
    if len(schema.identifier) == 1:
        return [text]
    parts = text.split(SEPARATOR)
    return parts if len(parts) == len(schema.identifier) else None


def _from_json(schema: ResourceSchema, text: str) -> list[str] | None:
    try:
        given = json.loads(text)
    except ValueError:
        return _split(schema, text)
    parts = []
    for pointer in schema.identifier:
        value = given.get(pointers.text(pointer), pointers.get(given, pointer))
        if value is None:
            return None
        parts.append(_text(value))
    return parts


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
