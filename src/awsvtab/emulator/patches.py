"""Patch documents (RFC 6902) on resource models: AWS's refusals, then the jsonpatch library."""

from __future__ import annotations

import json
from typing import Any

import jsonpatch
import jsonpointer

from . import errors, pointers
from .pointers import Json, Pointer
from .schemas import ResourceSchema

WRITE_ONLY = (
    "Invalid patch update: writeOnlyProperties {} can only be updated using 'add' operation"
)
READ_ONLY = "Invalid patch update: readOnlyProperties {} cannot be updated"
CREATE_ONLY = "Invalid patch update: createOnlyProperties {} cannot be updated"


def apply(schema: ResourceSchema, properties: Json, document: str) -> Json:
    """The properties as the patch document leaves them.

    ``properties`` is all that AWS holds. Raises the exception that AWS answers for what a patch may
    not do: change what is create-only or read-only, or do anything to write-only values but ``add``
    them, since no reader knows what is there.
    """
    patch = _parse(document)
    _refuse(schema, patch)
    patched = _apply(patch, properties)
    _refuse_changes(schema, properties, patched)
    # A patch that replaces everything can leave out what its author may not or cannot name.
    hidden = [p for p in (*schema.read_only, *schema.write_only) if len(p) == 1]
    return {**pointers.pick(properties, hidden), **patched}


def _parse(document: str) -> jsonpatch.JsonPatch:
    try:
        operations = json.loads(document)
        if not isinstance(operations, list):
            raise errors.validation("PatchDocument must be a JSON array of operations")
        return jsonpatch.JsonPatch(operations)
    except (jsonpatch.InvalidJsonPatch, jsonpointer.JsonPointerException, ValueError) as error:
        raise errors.validation(f"Invalid patch document: {error}") from None


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
        raise errors.validation(WRITE_ONLY.format(write_only))


def _refuse_changes(schema: ResourceSchema, before: Json, after: Json) -> None:
    """Raise where a patch of something larger changed what is create-only."""
    changed = [p for p in schema.create_only if _value(before, p) != _value(after, p)]
    if changed:
        message = CREATE_ONLY.format(_names(changed))
        raise errors.CloudControlError("NotUpdatableException", message)


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
    """The value at the pointer; None below arrays, whose items come and go."""
    for name in pointer:
        document = document.get(name) if isinstance(document, dict) else None
    return document
