"""The protocol (``application/x-amz-json-1.0``): bytes to requests, answers to bytes."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
import regex  # type: ignore[import-untyped]

from . import errors
from .calls import Call
from .controls import Controls
from .faults import Effect
from .pointers import Json
from .service import OPERATIONS

TARGET = "CloudApiService."
CONTENT_TYPE = "application/x-amz-json-1.0"

# Validation is done before the service is reached, by the framework that all of AWS uses.
NAMESPACES = {
    "SerializationException": "com.amazon.coral.service",
    "UnknownOperationException": "com.amazon.coral.service",
    "ValidationException": "com.amazon.coral.validate",
}


# One operation, of a checked request, with the effects of faults that only it can bring about.
Service = Callable[[str, Json, Sequence[Effect]], Json]

# botocore's shapes, as far as Cloud Control's requests have them.
PYTHON_TYPES = {"structure": dict, "list": list, "string": str, "integer": int}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; ``connection`` as in `Effect`, or ``"close"``, for whoever sends it."""

    status: int
    headers: dict[str, str]
    body: bytes
    connection: str = ""

    @property
    def dropped(self) -> bool:
        return self.connection in ("drop", "lose")

    @property
    def sent(self) -> bytes:
        """The part of the body that is sent; the headers tell of all of it."""
        return self.body[: len(self.body) // 2] if self.connection == "truncate" else self.body


@dataclass(frozen=True)
class Caller:
    """Who asks, and where; ``headers`` tell who signed."""

    account: str
    region: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def answer(
    target: str, body: bytes, caller: Caller, controls: Controls, service: Service
) -> Answer:
    """What the service says to the request, which is logged first and hit by its faults."""
    operation = target.removeprefix(TARGET)
    request = _parsed(body)
    call = _call(operation, request, caller)
    with controls.calls.record(call):
        try:
            effects = controls.faults.hit(call)
        except Exception as error:
            return _encoded(*_bug(call, error), "")
        for effect in effects:
            if effect.seconds:
                controls.faults.sleep(effect.seconds)
        connection = next((effect.connection for effect in effects if effect.connection), "")
        if connection == "drop":
            return Answer(0, {}, b"", connection)
        status, result = _result(operation, request, effects, service)
        return _encoded(status, result, connection)


def _result(
    operation: str, request: Json | None, effects: Sequence[Effect], service: Service
) -> tuple[int, Json]:
    try:
        for effect in effects:
            if effect.error:
                raise effect.error
        check(operation, request)
        return 200, service(operation, request or {}, effects)
    except errors.CloudControlError as error:
        return error.status, {"__type": _kind(error.code), "Message": error.message}
    except RecursionError:
        code = "ValidationException"
        return 400, {"__type": _kind(code), "Message": "The request is nested too deeply"}
    except Exception as error:
        return _bug(operation, error)


def refusal(status: int, code: str, message: str) -> Answer:
    """The answer to what is no request. The connection ends: where the next begins is unknown."""
    answer = _encoded(status, {"__type": _kind(code), "Message": message}, "close")
    answer.headers["Connection"] = "close"
    return answer


def _kind(code: str) -> str:
    return f"{NAMESPACES.get(code, 'com.amazon.cloudapiservice')}#{code}"


def _bug(request: Any, error: Exception) -> tuple[int, Json]:
    """A bug of ours is an answer too: a client that sees the connection drop would retry."""
    logging.getLogger(__name__).error("%s", request, exc_info=error)
    return 500, {"__type": "InternalFailure", "Message": f"bug in the emulator: {error!r}"}


def check(operation: str, request: Json | None) -> None:
    """Raise unless the request has the operation's shape."""
    if operation not in OPERATIONS:
        raise errors.CloudControlError("UnknownOperationException", "")
    if request is None:
        raise errors.CloudControlError("SerializationException", "The body is no JSON object")
    found = list(_violations(_input_shape(operation), request, ""))
    if found:
        many = "s" if len(found) > 1 else ""
        raise errors.validation(f"{len(found)} validation error{many} detected: {'; '.join(found)}")


def _parsed(body: bytes) -> Json | None:
    try:
        request = json.loads(body or b"{}")
    except (RecursionError, ValueError):
        return None
    return request if isinstance(request, dict) else None


def _call(operation: str, request: Json | None, caller: Caller) -> Call:
    request = request or {}
    return Call(
        operation=operation,
        region=caller.region,
        account=caller.account,
        type_name=_string(request.get("TypeName")),
        identifier=_string(request.get("Identifier")),
        request=request,
    )


def _string(value: Any) -> str | None:
    """Requests are logged before their members are checked."""
    return value if isinstance(value, str) else None


def _encoded(status: int, value: Json, connection: str) -> Answer:
    body = json.dumps(value).encode()
    headers = {
        "x-amzn-RequestId": str(uuid.uuid4()),
        "Content-Type": CONTENT_TYPE,
        "Content-Length": str(len(body)),
    }
    return Answer(status, headers, body, connection)


@cache
def _input_shape(operation: str) -> Any:
    model = botocore.session.get_session().get_service_model("cloudcontrol")
    return model.operation_model(operation).input_shape


def _violations(shape: Any, value: Any, path: str) -> Iterator[str]:
    """The sentences of AWS's request validation, for botocore's shapes."""
    fits = isinstance(value, PYTHON_TYPES[shape.type_name])
    if not fits:
        message = f"{path or 'The request'} has to be of type {shape.type_name}"
        raise errors.CloudControlError("SerializationException", message)
    if shape.type_name == "structure":
        yield from _structure_violations(shape, value, path)
    elif shape.type_name == "list":
        for n, item in enumerate(value):
            yield from _violations(shape.member, item, f"{path}.{n + 1}.member")
    else:
        for constraint in _broken(shape, value):
            sentence = f"Value '{value}' at '{path}' failed to satisfy constraint"
            yield f"{sentence}: Member must {constraint}"


def _structure_violations(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        place = f"{path}.{name}" if path else name[0].lower() + name[1:]
        if name in value:
            yield from _violations(member, value[name], place)
        elif name in shape.required_members:
            yield f"Value null at '{place}' failed to satisfy constraint: Member must not be null"


def _broken(shape: Any, value: Any) -> Iterator[str]:
    facts = shape.metadata
    size = len(value) if isinstance(value, str) else value
    unit = "have length " if isinstance(value, str) else "have value "
    if "pattern" in facts and not regex.fullmatch(facts["pattern"], value):
        yield f"satisfy regular expression pattern: {facts['pattern']}"
    if "enum" in facts and value not in facts["enum"]:
        yield f"satisfy enum value set: [{', '.join(facts['enum'])}]"
    if "min" in facts and size < facts["min"]:
        yield f"{unit}greater than or equal to {facts['min']}"
    if "max" in facts and size > facts["max"]:
        yield f"{unit}less than or equal to {facts['max']}"
