"""Two states of a resource to an RFC 6902 patch document, and a document to a state: pure.

https://datatracker.ietf.org/doc/html/rfc6902

What makes two values the same here is what makes them the same to AWS: the order of an object's
members means nothing, nor does that of an array that the schema calls unordered, or of one of
objects that each have a ``Key`` of their own; and 1 is 1.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from awsvtab.catalog.marks import EVERY, Marks, Pointer
from awsvtab.catalog.model import ResourceType
from awsvtab.errors import DataError, NotSupportedError
from awsvtab.masking import marks_at, steps
from awsvtab.values import JSONValue, Properties, SQLValue, dump_json, parse_json

Operation = dict[str, Any]
PatchDocument = list[Operation]

OPERATIONS = frozenset({"add", "remove", "replace", "move", "copy", "test"})
_EXAMPLE = """'[{"op":"replace","path":"/Tags","value":[]}]'"""
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")


class Fixed(NamedTuple):
    """A place that no update may change, and the word for why."""

    pointer: str
    word: str


def desired_state(properties: Mapping[str, JSONValue]) -> dict[str, JSONValue]:
    """The desired state of a new resource: the properties that have a value."""
    return {name: value for name, value in properties.items() if value is not None}


def diff(resource_type: ResourceType, before: Properties, after: Properties) -> PatchDocument:
    """The operations that make ``after`` of ``before``; none if both are the same to AWS.

    Objects are changed member by member, so that nothing is lost that AWS does not tell. Ordered
    arrays are changed element by element where that is shorter than the whole; others are replaced
    whole. Write-only values, which ``before`` cannot have, are added wherever ``after`` has some.
    What is read-only stays as it is, whether ``after`` has it or not.
    """
    return list(_of_members("", before, after, resource_type.marks))


def apply(document: PatchDocument, properties: Properties) -> Properties:
    """The properties after a patch document; DataError where it does not fit them."""
    import jsonpatch  # not needed, and not loaded, by those who only read
    import jsonpointer

    patched: Any = deepcopy(properties)
    for operation in deepcopy(document):
        about = f"patch document: {operation['op']} {operation['path']}"
        try:
            patched = jsonpatch.JsonPatch([operation]).apply(patched, in_place=True)
        except jsonpatch.JsonPatchTestFailed:
            raise DataError(f"{about}: the resource has another value there") from None
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException):
            raise DataError(f"{about}: the resource has no such place") from None
        if not isinstance(patched, dict):
            raise DataError(f"{about}: a resource is an object")
    return patched  # type: ignore[no-any-return]  # jsonpatch has no types


def fixed_change(
    resource_type: ResourceType, before: Properties, after: Properties
) -> Fixed | None:
    """The first place, top-level or nested, that differs and may not; None if there is none.

    What is read-only may be left out. Elements of arrays come and go: what is in them is compared
    where the array keeps its order and its length.
    """
    marks = resource_type.marks
    for pointer in sorted(marks.read_only):
        known = {_canonical(value, Marks()) for value in _select(before, pointer)}
        if any(_canonical(value, Marks()) not in known for value in _select(after, pointer)):
            return Fixed("/".join(pointer), "read-only")
    for pointer in sorted(marks.create_only - marks.read_only):
        if _differs(before, after, pointer, marks):
            return Fixed("/".join(pointer), "create-only")
    return None


def same(before: JSONValue, after: JSONValue, marks: Marks) -> bool:
    """Whether two values at a place are the same to AWS, leaving out what is read-only."""
    return _canonical(before, marks) == _canonical(after, marks)


def parse_patch_document(text: SQLValue, column: str, resource_type: ResourceType) -> PatchDocument:
    """A patch document that the user wrote; DataError where it is none.

    NotSupportedError where it would change, by name, what AWS lets no update change.
    """
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
    for operation in document:
        for verb, path in _touched(operation):
            _check_path(resource_type, verb, path)
    return document


def escaped(name: str) -> str:
    """A name as a step of a JSON pointer: https://datatracker.ietf.org/doc/html/rfc6901"""
    return name.replace("~", "~0").replace("/", "~1")


def _of_members(
    path: str, before: Properties, after: Properties, marks: Marks
) -> Iterator[Operation]:
    for name, value in before.items():
        if name not in after and _is_removable(value, marks.member(name)):
            yield {"op": "remove", "path": f"{path}/{escaped(name)}"}
    for name, value in after.items():
        place, inner = f"{path}/{escaped(name)}", marks.member(name)
        if name in before and not inner.is_write_only:
            yield from _of_value(place, before[name], value, inner)
        elif not inner.is_read_only:
            yield {"op": "add", "path": place, "value": value}


def _of_value(path: str, before: JSONValue, after: JSONValue, marks: Marks) -> Iterator[Operation]:
    if marks.is_read_only or same(before, after, marks):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_members(path, before, after, marks)
        return
    whole = {"op": "replace", "path": path, "value": after}
    both_lists = isinstance(before, list) and isinstance(after, list)
    if both_lists and not _is_unordered(before, after, marks):
        yield from _of_elements(path, before, after, marks.item(), whole)
    else:
        yield whole


def _of_elements(
    path: str, before: list[JSONValue], after: list[JSONValue], marks: Marks, whole: Operation
) -> Iterator[Operation]:
    """The operations on elements, or that on the ``whole`` if it is shorter.

    But not where elements have parts that AWS does not tell, or that it sets.
    """
    operations = list(_element_by_element(path, before, after, marks))
    plain = not (marks.read_only or marks.create_only or marks.write_only)
    if plain and len(dump_json([whole])) <= len(dump_json(operations)):
        yield whole
    else:
        yield from operations


def _element_by_element(
    path: str, before: list[JSONValue], after: list[JSONValue], marks: Marks
) -> Iterator[Operation]:
    start = _common(before, after, marks)
    end = _common(before[start:][::-1], after[start:][::-1], marks)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    both = min(len(old), len(new))
    for number in range(both):
        yield from _of_value(f"{path}/{start + number}", old[number], new[number], marks)
    for number in reversed(range(both, len(old))):
        yield {"op": "remove", "path": f"{path}/{start + number}"}
    for number in range(both, len(new)):
        yield {"op": "add", "path": f"{path}/{start + number}", "value": new[number]}


def _common(before: Sequence[JSONValue], after: Sequence[JSONValue], marks: Marks) -> int:
    """How many elements both begin with."""
    for number, (old, new) in enumerate(zip(before, after, strict=False)):
        if not same(old, new, marks):
            return number
    return min(len(before), len(after))


def _is_removable(value: JSONValue, marks: Marks) -> bool:
    """Whether there is anything that AWS did not set itself, and tells."""
    if marks.is_read_only or marks.is_write_only:
        return False
    if isinstance(value, dict) and value:
        return any(_is_removable(inner, marks.member(name)) for name, inner in value.items())
    return True


def _is_unordered(before: list[JSONValue], after: list[JSONValue], marks: Marks) -> bool:
    return marks.is_unordered or (_is_keyed(before) and _is_keyed(after))


def _is_keyed(elements: list[JSONValue]) -> bool:
    """Whether each element is an object with a ``Key`` of its own, as tags are."""
    keys = [element.get("Key") if isinstance(element, dict) else None for element in elements]
    return all(isinstance(key, str) for key in keys) and len(set(keys)) == len(keys)


def _canonical(value: JSONValue, marks: Marks) -> str:
    """A text that is the same for values that are the same."""
    if isinstance(value, dict):
        members = sorted(
            f"{json.dumps(name)}:{_canonical(inner, marks.member(name))}"
            for name, inner in value.items()
            if not marks.member(name).is_read_only
        )
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        elements = [_canonical(element, marks.item()) for element in value]
        if _is_unordered(value, value, marks):
            elements.sort()
        return f"[{','.join(elements)}]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value)


def _select(value: JSONValue, pointer: Pointer) -> Iterator[JSONValue]:
    """The values that a schema's pointer leads to. It may lack the ``*`` of an array."""
    if not pointer:
        yield value
    elif isinstance(value, list):
        for element in value:
            yield from _select(element, pointer[1:] if pointer[0] == EVERY else pointer)
    elif isinstance(value, dict):
        for name in value if pointer[0] == EVERY else [pointer[0]]:
            if name in value:
                yield from _select(value[name], pointer[1:])


def _differs(before: JSONValue, after: JSONValue, pointer: Pointer, marks: Marks) -> bool:
    if not pointer:
        return not same(before, after, marks)
    if isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after) or _is_unordered(before, after, marks):
            return False
        inner = pointer[1:] if pointer[0] == EVERY else pointer
        pairs = zip(before, after, strict=True)
        return any(_differs(old, new, inner, marks.item()) for old, new in pairs)
    old, new = (each if isinstance(each, dict) else {} for each in (before, after))
    names = old.keys() & new.keys() if pointer[0] == EVERY else {pointer[0]}
    return any(
        _differs(old.get(name), new.get(name), pointer[1:], marks.member(name)) for name in names
    )


def _touched(operation: Operation) -> Iterator[tuple[str, str]]:
    """What an operation does to which path; one that moves also removes."""
    yield operation["op"], operation["path"]
    if operation["op"] == "move":
        yield "remove", operation["from"]
    elif operation["op"] == "copy":
        yield "test", operation["from"]


def _check_path(resource_type: ResourceType, verb: str, path: str) -> None:
    names = steps(path)
    if not names:
        return
    if names[0] not in resource_type.by_name:
        raise DataError(
            f"patch document: {resource_type.dotted_name} has no property {names[0]!r} "
            f"(path {path!r}); paths begin with a property, as in /Tags/0/Value"
        )
    marks = marks_at(resource_type.marks, names)
    if verb != "test" and (marks.is_read_only or marks.is_create_only):
        raise NotSupportedError(
            f"patch document: {path} of {resource_type.dotted_name} is "
            f"{'read' if marks.is_read_only else 'create'}-only and cannot be changed"
        )
    if verb != "add" and marks.is_write_only:
        raise NotSupportedError(
            f"patch document: {path} of {resource_type.dotted_name} is write-only: "
            "AWS takes no operation on it but add"
        )


def _is_operation(operation: object) -> bool:
    if not isinstance(operation, dict) or operation.get("op") not in OPERATIONS:
        return False
    path, source = operation.get("path"), operation.get("from")
    if not _is_pointer(path):
        return False
    match operation["op"]:
        case "add" | "replace" | "test":
            return "value" in operation
        case "move":
            return _is_pointer(source) and not str(path).startswith(f"{source}/")
        case "copy":
            return _is_pointer(source)
    return True


def _is_pointer(path: object) -> bool:
    return isinstance(path, str) and _POINTER.fullmatch(path) is not None
