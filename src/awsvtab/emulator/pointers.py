"""Property pointers of resource schemas (``/properties/A/*/B``) as tuples, and what they select."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any]
Pointer = tuple[str, ...]

ROOT = "/properties/"


def parse(text: str) -> Pointer:
    """``/properties/A/*/B`` as ``("A", "*", "B")``; ``*`` stands for each item of an array or map.

    Some schemas write ``/items/`` or ``/properties/`` inside the path: both are left out.
    """
    parts = text.removeprefix(ROOT).strip("/").split("/")
    names = [part.replace("~1", "/").replace("~0", "~") for part in parts]
    return (names[0], *(name for name in names[1:] if name not in ("properties", "items")))


def text(pointer: Pointer) -> str:
    return ROOT + "/".join(pointer)


def select(value: Any, pointer: Pointer) -> Iterator[Any]:
    """Every value that the pointer selects; none where the path is absent."""
    if not pointer:
        yield value
        return
    for child in _children(value, pointer[0]):
        yield from select(child, pointer[1:])


def get(document: Json, pointer: Pointer) -> Any:
    """The first value that the pointer selects, or None."""
    return next(select(document, pointer), None)


def put(document: Json, pointer: Pointer, value: Any) -> None:
    """Set the value, making the objects on the way to it."""
    for name in pointer[:-1]:
        document = document.setdefault(name, {})
    document[pointer[-1]] = value


def pick(document: Json, pointers: Iterable[Pointer]) -> Json:
    """Only what the pointers (without ``*``) select."""
    picked: Json = {}
    for pointer in pointers:
        for value in select(document, pointer):
            put(picked, pointer, value)
    return picked


def without(document: Any, pointers: Iterable[Pointer]) -> Any:
    """A copy that lacks what the pointers select; the parts on no path are shared, not copied."""
    for pointer in pointers:
        document = _without(document, pointer)
    return document


def _children(value: Any, name: str) -> Iterable[Any]:
    if name == "*" and isinstance(value, dict):
        return value.values()
    if isinstance(value, list):
        return value if name == "*" else [c for item in value for c in _children(item, name)]
    return (value[name],) if isinstance(value, dict) and name in value else ()


def _without(value: Any, pointer: Pointer) -> Any:
    name, rest = pointer[0], pointer[1:]
    if isinstance(value, list):
        inner = rest if name == "*" else pointer
        return [_without(item, inner) if inner else item for item in value]
    if not isinstance(value, dict):
        return value
    if not rest:
        return {k: v for k, v in value.items() if name not in (k, "*")}
    return {k: _without(v, rest) if name in (k, "*") else v for k, v in value.items()}
