"""Write-only values, which are secrets, out of whatever a person or a log sees: pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from awsvtab.catalog.marks import Marks
from awsvtab.catalog.model import ResourceType
from awsvtab.errors import Error
from awsvtab.values import JSONValue, Properties

MASK = "***"
SHORT = 4  # characters; a shorter secret is part of many words


def visible(resource_type: ResourceType, properties: Properties) -> Properties:
    """The properties as AWS tells them: without those that are write-only, at any depth."""
    shown: Properties = _without(properties, resource_type.marks)
    return shown


def masked(resource_type: ResourceType, document: JSONValue) -> JSONValue:
    """A desired state or a patch document with ``***`` for every write-only value."""
    if not resource_type.marks.write_only:
        return document
    if isinstance(document, list):
        return [_masked_operation(resource_type, each) for each in document]
    return _masked(document, resource_type.marks)


def hide(text: str, resource_type: ResourceType, document: JSONValue) -> str:
    """A text, such as what AWS says of a change, with ``***`` for the document's secrets in it."""
    if not resource_type.marks.write_only:
        return text
    spelled = {form for secret in secrets(resource_type, document) for form in _spellings(secret)}
    for secret in sorted(spelled, key=len, reverse=True):
        if len(secret) < SHORT:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, text)
        else:
            text = text.replace(secret, MASK)
    return text


def keep_secrets(error: Error, resource_type: ResourceType, document: JSONValue) -> None:
    """Takes the document's secrets out of an error's message, and out of what it was raised from.

    A traceback shows both.
    """
    message = str(error)
    hidden = hide(message, resource_type, document)
    if hidden != message:
        error.args = (hidden,)
        error.__cause__ = error.__context__ = None


def secrets(resource_type: ResourceType, document: JSONValue) -> Iterator[str]:
    """The write-only texts and numbers in a desired state or a patch document."""
    if isinstance(document, list):
        for operation in document:
            if isinstance(operation, dict):
                marks = marks_at(resource_type.marks, steps(str(operation.get("path", ""))))
                yield from _secrets(operation.get("value"), marks)
    else:
        yield from _secrets(document, resource_type.marks)


def steps(pointer: str) -> Sequence[str]:
    """The steps of a JSON pointer: https://datatracker.ietf.org/doc/html/rfc6901"""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def marks_at(marks: Marks, path: Iterable[str]) -> Marks:
    """What is said of the place that a JSON pointer's steps lead to."""
    for step in path:
        marks = marks.item() if step.isdecimal() or step == "-" else marks.member(step)
    return marks


def _masked_operation(resource_type: ResourceType, operation: Any) -> Any:
    if not isinstance(operation, dict) or "value" not in operation:
        return operation
    marks = marks_at(resource_type.marks, steps(str(operation.get("path", ""))))
    return {**operation, "value": _masked(operation["value"], marks)}


def _masked(value: JSONValue, marks: Marks) -> JSONValue:
    if marks.is_write_only:
        return MASK
    if not marks.write_only:
        return value
    if isinstance(value, dict):
        return {name: _masked(inner, marks.member(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, marks.item()) for inner in value]
    return value


def _without(value: JSONValue, marks: Marks) -> JSONValue:
    if not marks.write_only:
        return value
    if isinstance(value, dict):
        return {
            name: _without(inner, marks.member(name))
            for name, inner in value.items()
            if not marks.member(name).is_write_only
        }
    if isinstance(value, list):
        return [_without(inner, marks.item()) for inner in value]
    return value


def _secrets(value: JSONValue, marks: Marks) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _secrets(inner, marks.member(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner, marks.item())
    elif marks.is_write_only and value not in (None, True, False, ""):
        yield str(value)


def _spellings(secret: str) -> Iterator[str]:
    """As it is, and as JSON and Python would quote it."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
