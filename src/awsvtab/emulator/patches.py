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

    ``properties`` is what AWS holds, write-only values included; paths that address those must
    be ``add``, since no reader can know what is there. Raises the exception that AWS answers.
    """
    patch = _parse(document)
    _refuse(schema, patch)
    visible = pointers.without(properties, schema.write_only)
    patched = _apply(patch, visible)
    _refuse_changes(schema, visible, patched)
    return _with_secrets(schema, properties, patched)


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
    touched = list(_touched(patch))
    create_only = _hit(schema.create_only, [path for _, path in touched])
    if create_only:
        raise errors.CloudControlError("NotUpdatableException", CREATE_ONLY.format(create_only))
    read_only = _hit(schema.read_only, [path for _, path in touched])
    if read_only:
        raise errors.validation(READ_ONLY.format(read_only))
    write_only = _hit(schema.write_only, [path for name, path in touched if name != "add"])
    if write_only:
        raise errors.validation(WRITE_ONLY.format(write_only))


def _refuse_changes(schema: ResourceSchema, before: Json, after: Json) -> None:
    """Raise where a patch of something larger changed what no patch may touch."""
    for what, code, message in (
        (schema.create_only, "NotUpdatableException", CREATE_ONLY),
        (schema.read_only, "ValidationException", READ_ONLY),
    ):
        changed = [p for p in what if _values(before, p) != _values(after, p)]
        if changed:
            raise errors.CloudControlError(code, message.format(_names(changed)))


def _touched(patch: jsonpatch.JsonPatch) -> list[tuple[str, Pointer]]:
    """(operation, path) of all that is written; ``test`` writes nothing."""
    touched = []
    for operation in patch.patch:
        name = operation["op"]
        if name != "test":
            touched.append((name, _path(operation["path"])))
        if name == "move":
            touched.append((name, _path(operation["from"])))
    return touched


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


def _values(document: Json, pointer: Pointer) -> list[Any]:
    return list(pointers.select(document, pointer))


def _with_secrets(schema: ResourceSchema, before: Json, after: Json) -> Json:
    """Write-only values that the patch did not set anew stay what they were."""
    for pointer in schema.write_only:
        if "*" not in pointer and not _values(after, pointer):
            for value in _values(before, pointer)[:1]:
                if len(pointer) == 1 or _values(after, pointer[:-1]):
                    pointers.put(after, pointer, value)
    return after
