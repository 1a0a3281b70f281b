"""Changes under way and done: progress events, and when each change takes effect."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from . import errors
from .pointers import Json

CLIENT_TOKEN_SECONDS = 36 * 3600
KEPT_SECONDS = 7 * 24 * 3600
# Does a change: the identifier and the model of the resource that it was done to.
Work = Callable[[], tuple[str, Json | None]]

ACTIVE = ("PENDING", "IN_PROGRESS")


@dataclass
class Change:
    """One create, update or delete.

    ``work`` does it, and returns the resource's identifier and model. The identifier that the
    change begins with is final where the user has given all of it (``named``); otherwise AWS gives
    one in the end. ``hook`` is the one that fails it.
    """

    operation: str
    type_name: str
    identifier: str
    work: Work
    polls: int
    ready_at: float
    event_time: float
    retry_after_s: float
    named: bool = True
    status: str = "PENDING"
    error_code: str | None = None
    message: str | None = None
    model: Json | None = None
    hook: str = ""
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    hooks_token: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    def advance(self, now: float, polled: bool = False) -> None:
        """Bring the change to what it is at this time."""
        self.polls -= polled
        if self.status == "CANCEL_IN_PROGRESS" and polled:
            self._become("CANCEL_COMPLETE", now)
        elif self.active and self.polls <= 0 and now >= self.ready_at:
            self._finish(now)
        elif self.status == "PENDING" and polled:
            self._become("IN_PROGRESS", now)

    def cancel(self, now: float) -> None:
        """Raises ValidationException for a change that has ended."""
        if not self.active:
            message = f"Request with token {self.token} is {self.status} and cannot be canceled"
            raise errors.validation(message)
        self._become("CANCEL_IN_PROGRESS", now)

    def event(self, now: float) -> Json:
        """The ProgressEvent, without the members that have no value."""
        members = {
            "TypeName": self.type_name,
            "Identifier": self.identifier if self.named else None,
            "RequestToken": self.token,
            "HooksRequestToken": self.hooks_token if self.hook else None,
            "Operation": self.operation,
            "OperationStatus": self.status,
            "EventTime": round(self.event_time, 3),
            "ResourceModel": None if self.model is None else json.dumps(self.model),
            "StatusMessage": self._message(),
            "ErrorCode": self.error_code,
            "RetryAfter": round(now + self.retry_after_s, 3) if self.active else None,
        }
        return {name: value for name, value in members.items() if value is not None}

    def hook_events(self) -> list[Json]:
        """What the hook says, once it has failed the change."""
        if not self.hook or self.status != "FAILED":
            return []
        return [
            {
                "HookTypeName": self.hook,
                "InvocationPoint": "PRE_PROVISION",
                "HookStatus": "HOOK_COMPLETE_FAILED",
                "HookEventTime": round(self.event_time, 3),
                "HookStatusMessage": self.message,
                "FailureMode": "FAIL",
            }
        ]

    def _message(self) -> str | None:
        if self.hook and self.status == "FAILED":
            return f"The following hook(s) failed: [{self.hook}]"
        return self.message

    def _finish(self, now: float) -> None:
        try:
            self.identifier, self.model = self.work()
        except errors.HandlerError as error:
            self.error_code, self.message = error.code, error.message
            self._become("FAILED", now)
        else:
            self.named = True
            self._become("SUCCESS", now)

    def _become(self, status: str, now: float) -> None:
        self.status, self.event_time = status, now


class Pending:
    """The changes under way of the resources that one region holds, at most one for each."""

    def __init__(self) -> None:
        self._changes: dict[tuple[str, str], Change] = {}

    def begin(self, change: Change, now: float) -> None:
        """Do the change, or keep it until its time has come.

        Raises ConcurrentOperationException where the resource is being changed.
        """
        key = (change.type_name, change.identifier)
        busy = self._changes.get(key)
        if busy is not None and busy.active:
            raise errors.CloudControlError(
                "ConcurrentOperationException",
                f"Resource of type '{change.type_name}' with identifier '{change.identifier}' has "
                f"a conflicting operation in progress with RequestToken {busy.token}",
            )
        change.advance(now)
        if change.active:
            self._changes[key] = change

    def settle(self, now: float) -> None:
        """Finish every change whose time has come."""
        for key, change in list(self._changes.items()):
            change.advance(now)
            if not change.active:
                del self._changes[key]


class Requests:
    """The changes that were asked for in one region, oldest first, and their client tokens."""

    def __init__(self) -> None:
        self._changes: dict[str, Change] = {}
        self._client_tokens: dict[str, tuple[str, Change, float]] = {}

    def add(self, change: Change, client_token: str | None, request: str, now: float) -> None:
        self._changes[change.token] = change
        if client_token:
            self._client_tokens[client_token] = (request, change, now)

    def repeated(self, client_token: str | None, request: str, now: float) -> Change | None:
        """The change that the same request with the same client token began earlier.

        Raises ClientTokenConflictException where the token came with another request.
        """
        sent, change, at = self._client_tokens.get(client_token or "", ("", None, 0.0))
        if change is None or now - at > CLIENT_TOKEN_SECONDS:
            return None
        if sent != request:
            message = f"Client token {client_token} was used with another request"
            raise errors.CloudControlError("ClientTokenConflictException", message)
        return change

    def find(self, token: str) -> Change:
        """Raises RequestTokenNotFoundException where there is none."""
        change = self._changes.get(token)
        if change is None:
            message = f"Request with token {token} was not found"
            raise errors.CloudControlError("RequestTokenNotFoundException", message)
        return change

    def page(
        self,
        operations: Collection[str],
        statuses: Collection[str],
        now: float,
        size: int,
        after: tuple[int] | None,
    ) -> tuple[list[Change], tuple[int] | None]:
        """Changes of the last seven days, newest first, and the key to go on from if any are left.

        The key is the serial number of the last one: what is asked for meanwhile moves no page.
        """
        numbered = reversed(list(enumerate(self._changes.values(), 1)))
        found = [
            (number, change)
            for number, change in numbered
            if (after is None or number < after[0])
            and change.operation in operations
            and change.status in statuses
            and now - change.event_time <= KEPT_SECONDS
        ]
        page = found[:size]
        more = len(found) > size
        return [change for _, change in page], (page[-1][0],) if more else None
