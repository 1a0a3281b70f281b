"""Changed properties to a desired state or an RFC 6902 patch document: pure.

https://datatracker.ietf.org/doc/html/rfc6902
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from awsvtab.catalog.model import ResourceType
from awsvtab.errors import DataError, NotSupportedError
from awsvtab.values import JSONValue, Properties, SQLValue, parse_json, same_json

PatchDocument = list[dict[str, Any]]

OPERATIONS = frozenset({"add", "remove", "replace", "move", "copy", "test"})
_EXAMPLE = """'[{"op":"replace","path":"/Tags","value":[]}]'"""


def desired_state(properties: Mapping[str, JSONValue]) -> dict[str, JSONValue]:
    """The desired state of a new resource: the properties that have a value."""
    return {name: value for name, value in properties.items() if value is not None}


def patch_document(
    resource_type: ResourceType, current: Properties, changed: Mapping[str, JSONValue]
) -> PatchDocument:
    """The operations from all of a resource's properties to changed ones, None meaning absent.

    Nothing for a property that has its value already. AWS shows no write-only property, so those
    are always added.
    """
    operations: PatchDocument = []
    for name, value in changed.items():
        write_only = resource_type.by_name[name].write_only
        present = None if write_only else current.get(name)
        operation = _operation(f"/{escaped(name)}", present, value, write_only)
        if operation is not None:
            operations.append(operation)
    return operations


def parse_patch_document(text: SQLValue, column: str, resource_type: ResourceType) -> PatchDocument:
    """A patch document that the user wrote; DataError where it is none."""
    try:
        document = parse_json(text) if isinstance(text, str) else None
    except ValueError as error:
        raise DataError(
            f"column {column}: the patch document is not JSON ({error}); write for example "
            f"{column} = {_EXAMPLE}"
        ) from None
    if not isinstance(document, list) or not document or not all(map(_is_operation, document)):
        raise DataError(
            f"column {column}: a patch document is a list of operations, each with op and path "
            f"(RFC 6902); write for example {column} = {_EXAMPLE}"
        )
    _check_paths(document, resource_type)
    return document


def _check_paths(document: PatchDocument, resource_type: ResourceType) -> None:
    for operation in document:
        if operation["op"] == "test":
            continue
        name = top_property(operation["path"])
        prop = resource_type.by_name.get(name)
        if prop is None:
            raise DataError(
                f"patch document: {resource_type.dotted_name} has no property {name!r} "
                f"(path {operation['path']!r}); paths begin with a property, as in /Tags/0/Value"
            )
        if prop.create_only or prop.read_only:
            raise NotSupportedError(
                f"patch document: {name} of {resource_type.dotted_name} is "
                f"{'create' if prop.create_only else 'read'}-only and cannot be changed"
            )


def top_property(path: str) -> str:
    """The property that a JSON pointer begins with."""
    return path.split("/")[1].replace("~1", "/").replace("~0", "~")


def escaped(name: str) -> str:
    """A name as a step of a JSON pointer: https://datatracker.ietf.org/doc/html/rfc6901"""
    return name.replace("~", "~0").replace("/", "~1")


def _operation(
    path: str, present: JSONValue, value: JSONValue, write_only: bool
) -> dict[str, Any] | None:
    if value is None:
        return {"op": "remove", "path": path} if present is not None else None
    if write_only or present is None:
        return {"op": "add", "path": path, "value": value}
    if same_json(present, value):
        return None
    return {"op": "replace", "path": path, "value": value}


def apply_patches(properties: Properties, documents: Iterable[PatchDocument]) -> Properties:
    """The properties after patch documents; DataError where one does not fit them."""
    import jsonpatch  # not needed, and not loaded, by those who only read
    import jsonpointer

    try:
        for document in documents:
            properties = jsonpatch.apply_patch(properties, document)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise DataError(f"patch document: {error}") from error
    return properties


def _is_operation(operation: object) -> bool:
    if not isinstance(operation, dict) or operation.get("op") not in OPERATIONS:
        return False
    if not _is_pointer(operation.get("path")):
        return False
    match operation["op"]:
        case "add" | "replace" | "test":
            return "value" in operation
        case "move" | "copy":
            return _is_pointer(operation.get("from"))
    return True


def _is_pointer(path: object) -> bool:
    return isinstance(path, str) and path.startswith("/")
