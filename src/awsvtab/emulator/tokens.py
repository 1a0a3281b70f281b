"""NextToken: opaque to clients, and good for the listing that it came from only."""

from __future__ import annotations

import base64
import json
from typing import Any

from .errors import CloudControlError


def encode(scope: list[str], position: tuple[Any, ...], page: int) -> str:
    """A token that says which listing it goes on with, where, and with which page, from 1."""
    return base64.urlsafe_b64encode(json.dumps([scope, position, page]).encode()).decode()


def decode(token: str | None, scope: list[str], kind: type) -> tuple[tuple[Any, ...] | None, int]:
    """The position, one value of the kind, and the page; (None, 1) for no token.

    Raises InvalidRequestException for what is no token of the listing.
    """
    if token is None:
        return None, 1
    found = _decoded(token)
    if found is None or found[0] != scope:
        raise invalid()
    position = found[1]
    if not isinstance(position, list) or [type(value) for value in position] != [kind]:
        raise invalid()
    return tuple(position), found[2]


def invalid() -> CloudControlError:
    return CloudControlError("InvalidRequestException", "Invalid NextToken")


def page_number(token: Any) -> int:
    """Which page a request with this token asks for, from 1; 0 for what is no token."""
    if token is None:
        return 1
    found = _decoded(token)
    return int(found[2]) if found else 0


def _decoded(token: Any) -> list[Any] | None:
    try:
        values = json.loads(base64.urlsafe_b64decode(token))
    except (RecursionError, TypeError, ValueError):
        return None
    well_formed = isinstance(values, list) and len(values) == 3 and type(values[2]) is int
    return values if well_formed else None
