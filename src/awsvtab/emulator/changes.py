"""Changes under way and done: progress events, and when each change takes effect."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from . import errors
from .pointers import Json

CLIENT_TOKEN_SECONDS = 36 * 3600
KEPT_SECONDS = 7 * 24 * 3600
ACTIVE = ("PENDING", "IN_PROGRESS")


@dataclass
class Asynchrony:
    """How long changes take: so many status requests, or seconds of ``clock``; at once by default.

    Set before a change is sent; what is under way keeps what it was sent with.
    """

    polls: int = 0
    seconds: float = 0.0
    clock: Callable[[], float] = time.time
    retry_after: float = 0.2


@dataclass
class Change:
    """One create, update or delete. ``work`` does it and returns the resource's model."""

    operation: str
    type_name: str
    identifier: str
    work: Callable[[], Json | None]
    polls: int
    ready_at: float
    event_time: float
    retry_after: float
    shows_identifier: bool = True
    status: str = "PENDING"
    error_code: str | None = None
    message: str | None = None
    model: Json | None = None
    token: str = field(default_factory=lambda: str(uuid.uuid4()))

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
        elif self.status == "PENDING" and (polled or now > self.event_time):
            self.shows_identifier = True
            self._become("IN_PROGRESS", now)

    def cancel(self, now: float) -> None:
        if not self.active:
            raise errors.validation(
                f"Request with token {self.token} is {self.status} and cannot be canceled"
            )
        self._become("CANCEL_IN_PROGRESS", now)

    def event(self, now: float) -> Json:
        """The ProgressEvent, without the members that have no value."""
        members = {
            "TypeName": self.type_name,
            "Identifier": self.identifier if self.shows_identifier else None,
            "RequestToken": self.token,
            "Operation": self.operation,
            "OperationStatus": self.status,
            "EventTime": round(self.event_time, 3),
            "ResourceModel": None if self.model is None else json.dumps(self.model),
            "StatusMessage": self.message,
            "ErrorCode": self.error_code,
            "RetryAfter": round(now + self.retry_after, 3) if self.active else None,
        }
        return {name: value for name, value in members.items() if value is not None}

    def _finish(self, now: float) -> None:
        self.shows_identifier = True
        try:
            self.model = self.work()
        except errors.HandlerError as error:
            self.error_code, self.message = error.code, error.message
            self._become("FAILED", now)
        else:
            self._become("SUCCESS", now)

    def _become(self, status: str, now: float) -> None:
        self.status, self.event_time = status, now


class Changes:
    """The changes of one account and region, oldest first. Not locked by itself."""

    def __init__(self) -> None:
        self._changes: dict[str, Change] = {}
        self._active: dict[str, Change] = {}
        self._client_tokens: dict[str, tuple[str, Change, float]] = {}

    def repeated(self, client_token: str | None, request: str, now: float) -> Change | None:
        """The change that the same request with the same client token began earlier."""
        sent, change, at = self._client_tokens.get(client_token or "", ("", None, 0.0))
        if change is None or now - at > CLIENT_TOKEN_SECONDS:
            return None
        if sent != request:
            raise errors.CloudControlError(
                "ClientTokenConflictException",
                f"Client token {client_token} was used with another request",
            )
        return change

    def begin(self, change: Change, client_token: str | None, request: str, now: float) -> None:
        """Take the change on, and do it where it takes no time.

        Raises ConcurrentOperationException where the resource is being changed.
        """
        key = f"{change.type_name} {change.identifier}"
        busy = self._active.get(key)
        if busy is not None and busy.active:
            raise errors.CloudControlError(
                "ConcurrentOperationException",
                f"Resource of type '{change.type_name}' with identifier '{change.identifier}' has "
                f"a conflicting operation in progress with RequestToken {busy.token}",
            )
        self._changes[change.token] = change
        if client_token:
            self._client_tokens[client_token] = (request, change, now)
        change.advance(now)
        if change.active:
            self._active[key] = change

    def settle(self, now: float) -> None:
        """Finish every change whose time has come."""
        for key, change in list(self._active.items()):
            change.advance(now)
            if not change.active:
                del self._active[key]

    def find(self, token: str) -> Change:
        change = self._changes.get(token)
        if change is None:
            raise errors.CloudControlError(
                "RequestTokenNotFoundException", f"Request with token {token} was not found"
            )
        return change

    def page(
        self, operations: Iterable[str], statuses: Iterable[str], now: float, size: int, after: int
    ) -> tuple[list[Change], int | None]:
        """Changes of the last seven days, newest first, and where the next page begins."""
        found = [
            change
            for change in reversed(self._changes.values())
            if change.operation in operations
            and change.status in statuses
            and now - change.event_time <= KEPT_SECONDS
        ]
        end = after + size
        return found[after:end], end if len(found) > end else None


def encode_token(*values: object) -> str:
    """An opaque NextToken."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def decode_token(token: str) -> list[object]:
    """What a NextToken holds. Raises InvalidRequestException for what is none."""
    try:
        values = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        values = None
    if not isinstance(values, list):
        raise errors.CloudControlError("InvalidRequestException", "Invalid NextToken")
    return values
