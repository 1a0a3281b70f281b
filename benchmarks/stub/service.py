"""Cloud Control's operations: the bytes of a request to the bytes of an answer.

An answer is made once for each request body, for as long as nothing changes.
"""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jsonpatch

from .estate import IDENTIFIERS, LIST_REQUIRES, Sizes, identifier_of, resources

Json = dict[str, Any]
Answer = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Settings:
    """How the stub answers.

    ``latency_s`` passes before any answer. A change is done at the poll numbered ``polls``, and
    asks to be polled every ``retry_after_s``. More than ``rate`` requests a second in a region,
    after a ``burst`` of so many, are throttled; 0 for no limit.
    """

    latency_s: float = 0.05
    polls: int = 0
    retry_after_s: float = 0.2
    rate: float = 0
    burst: float = 30


class Refusal(Exception):
    """An error that AWS answers with: its code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def answer(self) -> Answer:
        kind = f"com.amazon.cloudapiservice#{self.code}"
        return 400, json.dumps({"__type": kind, "Message": str(self)}).encode()


THROTTLED = Refusal("ThrottlingException", "Rate exceeded")


class Bucket:
    """Tokens that come back at a rate, up to a burst."""

    def __init__(self, settings: Settings, now: float) -> None:
        self._settings = settings
        self._tokens = settings.burst
        self._at = now

    def take(self, now: float) -> bool:
        """Whether there was a token."""
        gained = (now - self._at) * self._settings.rate
        self._tokens = min(self._settings.burst, self._tokens + gained)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Service:
    """Counts each request by operation as answered or refused, and answers it."""

    def __init__(
        self, sizes: Sizes, settings: Settings, clock: Callable[[], float] = time.time
    ) -> None:
        self._page = sizes.page
        self._settings = settings
        self._clock = clock
        self._held: dict[tuple[str, str], dict[str, Json]] = defaultdict(dict)
        for region, type_name, properties in resources(sizes):
            identifier = identifier_of(type_name, properties)
            self._held[region, type_name][identifier] = properties
        self._answers: dict[tuple[str, str, bytes], Answer] = {}
        self._events: dict[str, Json] = {}
        self._errors: dict[str, str] = {}
        self._polls: Counter[str] = Counter()
        self._by_client_token: dict[str, str] = {}
        self._operations: dict[str, Callable[[str, Json], Json]] = {
            "ListResources": self._list,
            "GetResource": self._get,
            "CreateResource": self._create,
            "UpdateResource": self._update,
            "DeleteResource": self._delete,
            "GetResourceRequestStatus": self._status,
        }
        self.reset()

    def reset(self) -> None:
        """Counts from nothing, with full buckets."""
        self._answered: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._buckets: dict[str, Bucket] = {}

    def counts(self) -> Json:
        """Calls by operation since the last reset: those answered, and those throttled."""
        return {"answered": self._answered, "throttled": self._refused}

    def answer(self, operation: str, region: str, body: bytes) -> Answer:
        if self._settings.rate and not self._bucket(region).take(self._clock()):
            self._refused[operation] += 1
            return THROTTLED.answer
        self._answered[operation] += 1
        request = (operation, region, body)
        found = self._answers.get(request)
        if found is None:
            found = self._made(operation, region, json.loads(body))
            if operation in ("ListResources", "GetResource"):
                self._answers[request] = found
        return found

    def _bucket(self, region: str) -> Bucket:
        if region not in self._buckets:
            self._buckets[region] = Bucket(self._settings, self._clock())
        return self._buckets[region]

    def _made(self, operation: str, region: str, request: Json) -> Answer:
        try:
            if operation not in self._operations:
                raise Refusal("UnknownOperationException", operation)
            type_name = request.get("TypeName")
            if type_name not in IDENTIFIERS and "RequestToken" not in request:
                raise Refusal("TypeNotFoundException", f"The type '{type_name}' cannot be found.")
            return 200, json.dumps(self._operations[operation](region, request)).encode()
        except Refusal as refusal:
            return refusal.answer

    def _list(self, region: str, request: Json) -> Json:
        type_name = request["TypeName"]
        model = json.loads(request.get("ResourceModel", "{}"))
        required = LIST_REQUIRES.get(type_name)
        if required is not None and required not in model:
            raise Refusal(
                "InvalidRequestException",
                f"Missing or invalid ResourceModel property in {type_name} list handler request "
                f"input.Required property: (#: required key [{required}] not found)",
            )
        matching = [
            (identifier, properties)
            for identifier, properties in self._held[region, type_name].items()
            if all(properties.get(name) == value for name, value in model.items())
        ]
        start = int(request.get("NextToken", 0))
        answer: Json = {
            "TypeName": type_name,
            "ResourceDescriptions": [
                {"Identifier": identifier, "Properties": json.dumps(_key(type_name, properties))}
                for identifier, properties in matching[start : start + self._page]
            ],
        }
        if start + self._page < len(matching):
            answer["NextToken"] = str(start + self._page)
        return answer

    def _get(self, region: str, request: Json) -> Json:
        type_name, identifier = request["TypeName"], request["Identifier"]
        properties = json.dumps(self._find(region, type_name, identifier))
        return {
            "TypeName": type_name,
            "ResourceDescription": {"Identifier": identifier, "Properties": properties},
        }

    def _find(self, region: str, type_name: str, identifier: str) -> Json:
        found = self._held[region, type_name].get(identifier)
        if found is None:
            raise Refusal(
                "ResourceNotFoundException",
                f"{type_name} Handler returned status FAILED: Resource of type '{type_name}' with "
                f"identifier '{identifier}' was not found. (HandlerErrorCode: NotFound)",
            )
        return found

    def _create(self, region: str, request: Json) -> Json:
        properties = json.loads(request["DesiredState"])
        identifier = identifier_of(request["TypeName"], properties)

        def create() -> str | None:
            held = self._held[region, request["TypeName"]]
            if identifier in held:
                return "AlreadyExists"
            held[identifier] = properties
            return None

        return self._change("CREATE", request, identifier, create)

    def _update(self, region: str, request: Json) -> Json:
        identifier = request["Identifier"]
        held = self._held[region, request["TypeName"]]
        found = self._find(region, request["TypeName"], identifier)

        def update() -> None:
            held[identifier] = jsonpatch.apply_patch(found, request["PatchDocument"])

        return self._change("UPDATE", request, identifier, update)

    def _delete(self, region: str, request: Json) -> Json:
        identifier = request["Identifier"]

        def delete() -> str | None:
            gone = self._held[region, request["TypeName"]].pop(identifier, None)
            return "NotFound" if gone is None else None

        return self._change("DELETE", request, identifier, delete)

    def _change(
        self, operation: str, request: Json, identifier: str, act: Callable[[], str | None]
    ) -> Json:
        """The first event of a change, which is made at once; the same request is made once."""
        client_token = request.get("ClientToken")
        known = self._by_client_token.get(client_token or "")
        if known is not None:
            return self._event(known)
        token = str(uuid.uuid4())
        error = act()
        self._answers.clear()
        self._events[token] = {
            "TypeName": request["TypeName"],
            "Identifier": identifier,
            "RequestToken": token,
            "Operation": operation,
        }
        if error:
            self._errors[token] = error
        if client_token:
            self._by_client_token[client_token] = token
        return self._event(token)

    def _status(self, region: str, request: Json) -> Json:
        token = request["RequestToken"]
        if token not in self._events:
            raise Refusal("RequestTokenNotFoundException", f"Request token {token} was not found")
        self._polls[token] += 1
        return self._event(token)

    def _event(self, token: str) -> Json:
        """How far a change has come, in the eyes of who polls it."""
        now = self._clock()
        if self._polls[token] < self._settings.polls:
            retry_after = now + self._settings.retry_after_s
            progress: Json = {"OperationStatus": "IN_PROGRESS", "RetryAfter": retry_after}
        elif token in self._errors:
            error = self._errors[token]
            progress = {"OperationStatus": "FAILED", "ErrorCode": error, "StatusMessage": error}
        else:
            progress = {"OperationStatus": "SUCCESS"}
        return {"ProgressEvent": {**self._events[token], **progress, "EventTime": now}}


def _key(type_name: str, properties: Json) -> Json:
    """The properties that a listing has: those of the identifier."""
    return {name: properties[name] for name in IDENTIFIERS[type_name]}
