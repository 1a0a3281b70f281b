"""Patch documents (RFC 6902) on resource models: AWS's refusals, then the jsonpatch library."""

from __future__ import annotations

import json
from typing import Any

import jsonpatch
import jsonpointer

from . import errors, identifiers, pointers
from .pointers import Json, Pointer
from .schemas import ResourceSchema

WRITE_ONLY = (
    "Invalid patch update: writeOnlyProperties {} can only be updated using 'add' operation"
)
READ_ONLY = "Invalid patch update: readOnlyProperties {} cannot be updated"
CREATE_ONLY = "Invalid patch update: createOnlyProperties {} cannot be updated"
IDENTIFIER = "Invalid patch update: primaryIdentifier {} cannot be updated"

# What the libraries raise for documents that are none.
INVALID = (
    jsonpatch.InvalidJsonPatch,
    jsonpointer.JsonPointerException,
    RecursionError,
    TypeError,
    ValueError,
)


def apply(schema: ResourceSchema, properties: Json, document: str) -> Json:
    """The properties as the patch document leaves them.

    ``properties`` is all that AWS holds. Raises the exception that AWS answers for what a patch may
    not do: change what is create-only or read-only, or do anything to write-only values but ``add``
    them, since no reader knows what is there.
    """
    patch = _parse(document)
    _refuse(schema, patch)
    patched = _kept(schema, properties, _apply(patch, properties))
    _refuse_changes(schema, properties, patched)
    return patched


def _kept(schema: ResourceSchema, before: Json, after: Json) -> Json:
    """With what a patch of something larger left out, as its author may not or cannot name it."""
    hidden = [p for p in (*schema.read_only, *schema.write_only) if len(p) == 1]
    kept = {**pointers.pick(before, hidden), **after}
    for pointer in schema.read_only:
        parent, had = _value(kept, pointer[:-1]), _value(before, pointer[:-1])
        if isinstance(parent, dict) and isinstance(had, dict) and pointer[-1] in had:
            parent.setdefault(pointer[-1], had[pointer[-1]])
    return kept


def _parse(document: str) -> jsonpatch.JsonPatch:
    try:
        operations = json.loads(document)
        if not isinstance(operations, list):
            raise errors.validation("PatchDocument must be a JSON array of operations")
        patch = jsonpatch.JsonPatch(operations)
        # The library looks at what a value is copied from only when it copies.
        _paths(patch)
    except INVALID as error:
        raise errors.validation(f"Invalid patch document: {error}") from None
    return patch


def _apply(patch: jsonpatch.JsonPatch, properties: Json) -> Json:
    try:
        patched = patch.apply(properties)
    except jsonpatch.JsonPatchTestFailed:
        raise _invalid("value differs from expectations") from None
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException):
        raise _invalid("no such path in target JSON document") from None
    if not isinstance(patched, dict):
        raise _invalid("the patched document is not an object")
    return patched


def _invalid(reason: str) -> errors.CloudControlError:
    return errors.CloudControlError("InvalidRequestException", f"Invalid patch update: {reason}")


def _refuse(schema: ResourceSchema, patch: jsonpatch.JsonPatch) -> None:
    """Raise for operations on what no patch may touch."""
    written = [path for name, path in _paths(patch) if name not in ("test", "copy from")]
    create_only = _hit(schema.create_only, written)
    if create_only:
        raise errors.CloudControlError("NotUpdatableException", CREATE_ONLY.format(create_only))
    read_only = _hit(schema.read_only, written)
    if read_only:
        raise errors.validation(READ_ONLY.format(read_only))
    write_only = _hit(schema.write_only, [path for name, path in _paths(patch) if name != "add"])
    if write_only:
        # Unlike the other two, AWS names these without /properties.
        names = write_only.replace(pointers.ROOT, "/")
        raise errors.validation(WRITE_ONLY.format(names))


def _refuse_changes(schema: ResourceSchema, before: Json, after: Json) -> None:
    """Raise where a patch of something larger changed what no patch may."""
    create_only = _names([p for p in schema.create_only if _differs(before, after, p)])
    if create_only:
        raise errors.CloudControlError("NotUpdatableException", CREATE_ONLY.format(create_only))
    read_only = _names([p for p in schema.read_only if _invented(before, after, p)])
    if read_only:
        raise errors.validation(READ_ONLY.format(read_only))
    if identifiers.compose(schema, before) != identifiers.compose(schema, after):
        names = _names([p for p in schema.identifier if _differs(before, after, p)])
        raise errors.CloudControlError("NotUpdatableException", IDENTIFIER.format(names))


def _differs(before: Any, after: Any, pointer: Pointer) -> bool:
    """Whether the values there are others. Arrays of another length do not tell: items come and go.

    A pointer may lack the ``*`` of an array.
    """
    if not pointer:
        return bool(before != after)
    name, rest = pointer[0], pointer[1:]
    if isinstance(before, list) and isinstance(after, list):
        inner = rest if name == "*" else pointer
        pairs = zip(before, after, strict=False)
        return len(before) == len(after) and any(_differs(b, a, inner) for b, a in pairs)
    old, new = (d if isinstance(d, dict) else {} for d in (before, after))
    keys = old.keys() & new.keys() if name == "*" else {name}
    return any(_differs(old.get(key), new.get(key), rest) for key in keys)


def _invented(before: Json, after: Json, pointer: Pointer) -> bool:
    """Whether there are values that were not there before."""
    known = list(pointers.select(before, pointer))
    return any(value not in known for value in pointers.select(after, pointer))


def _paths(patch: jsonpatch.JsonPatch) -> list[tuple[str, Pointer]]:
    """(operation, path) of all that is addressed; a source counts as an operation of its own."""
    paths = []
    for operation in patch.patch:
        paths.append((operation["op"], _path(operation["path"])))
        if "from" in operation:
            paths.append((f"{operation['op']} from", _path(operation["from"])))
    return paths


def _path(text: str) -> Pointer:
    return tuple(jsonpointer.JsonPointer(text).parts)


def _hit(properties: tuple[Pointer, ...], paths: list[Pointer]) -> str:
    """The properties that a path leads to or into, as AWS lists them."""
    return _names([p for p in properties if any(_leads_into(path, p) for path in paths)])


def _leads_into(path: Pointer, property_: Pointer) -> bool:
    pairs = zip(path, property_, strict=False)
    return len(path) >= len(property_) and all(b in ("*", a) for a, b in pairs)


def _names(properties: list[Pointer]) -> str:
    return f"[{', '.join(pointers.text(p) for p in properties)}]" if properties else ""


def _value(document: Any, pointer: Pointer) -> Any:
    """The value at the pointer; None below arrays."""
    for name in pointer:
        document = document.get(name) if isinstance(document, dict) else None
    return document
