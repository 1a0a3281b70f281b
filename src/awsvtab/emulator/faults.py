"""Faults to order: which calls they hit, and what happens to those."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypedDict, Unpack, get_type_hints

from .calls import Call
from .errors import CloudControlError, HandlerError, handler_message
from .tokens import page_number

CHANGES = frozenset({"CreateResource", "UpdateResource", "DeleteResource"})
OPERATIONS = CHANGES | {
    *("CancelResourceRequest", "GetResource", "GetResourceRequestStatus"),
    *("ListResourceRequests", "ListResources"),
}
RATE_EXCEEDED = "Rate exceeded"


class Where(TypedDict, total=False):
    """Which calls a fault hits: those that are like this, where anything is said.

    ``page`` is the page of a listing, from 1. Of the calls that match, the ``nth`` is the first
    that is hit and ``times`` are hit in all: by default every one, or the ``nth`` alone where that
    is given.
    """

    operation: str
    type_name: str
    region: str
    identifier: str
    page: int
    nth: int
    times: int


KINDS: Mapping[str, type] = get_type_hints(Where)


@dataclass(frozen=True)
class Effect:
    """What happens to a call that is hit.

    ``connection`` is ``"drop"`` (before anything is done), ``"lose"`` (done, and the connection
    dropped instead of an answer) or ``"truncate"`` (done, and half of the answer sent).
    ``change_error`` is what the change that the call begins fails with, ``hook`` the hook that
    makes it.
    """

    error: CloudControlError | None = None
    seconds: float = 0.0
    connection: str = ""
    change_error: HandlerError | None = None
    hook: str = ""
    stalls: bool = False

    @property
    def of_change(self) -> bool:
        return self.stalls or self.change_error is not None


@dataclass(eq=False)
class Bucket:
    """How AWS limits rates: a call takes a token, of which some more come each second."""

    per_second: float
    most: float
    clock: Callable[[], float]

    def __post_init__(self) -> None:
        self._tokens = self.most
        self._at = self.clock()

    def is_empty(self) -> bool:
        """Whether there was no token left to take."""
        now = self.clock()
        self._tokens = min(self.most, self._tokens + (now - self._at) * self.per_second)
        self._at = now
        empty = self._tokens < 1
        self._tokens -= not empty
        return empty


@dataclass(eq=False)
class Fault:
    """One ordered fault. ``hits`` counts the calls that it has hit."""

    effect: Effect | Callable[[Call], Effect]
    where: Where
    bucket: Bucket | None = None
    seen: int = 0
    hits: int = 0

    def strikes(self, call: Call) -> bool:
        """Whether this call is hit; to be asked once for each call."""
        if not _matches(self.where, call) or not self._applies(call):
            return False
        if self.bucket is not None and not self.bucket.is_empty():
            return False
        self.seen += 1
        first = self.where.get("nth", 1)
        times = self.where.get("times", 1 if "nth" in self.where else None)
        struck = self.seen >= first and (times is None or self.hits < times)
        self.hits += struck
        return struck

    def _applies(self, call: Call) -> bool:
        """Faults of changes leave calls that begin none alone."""
        of_change = isinstance(self.effect, Effect) and self.effect.of_change
        return call.operation in CHANGES or not of_change


class Faults:
    """The faults ordered now. Each method orders one and returns it.

    They raise TypeError for a keyword that `Where` has not, or a value of another type, and
    ValueError for an operation that there is not, or a number that counts nothing.
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._woken = threading.Event()
        #: How a delay waits; a test may set its own.
        self.sleep: Callable[[float], object] = self._woken.wait

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._faults))

    def __len__(self) -> int:
        return len(self._faults)

    def throttle(self, **where: Unpack[Where]) -> Fault:
        """ThrottlingException."""
        return self.error("ThrottlingException", RATE_EXCEEDED, **where)

    def limit(
        self,
        per_second: float,
        burst: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        **where: Unpack[Where],
    ) -> Fault:
        """ThrottlingException for calls that come faster, after ``burst`` that may come at once.

        By default that is a second's worth. Raises ValueError for a rate that lets nothing through.
        """
        most = per_second if burst is None else burst
        if not per_second > 0 or not most >= 1:
            raise ValueError(f"a limit of {per_second} a second, {most} at once, lets nothing pass")
        error = CloudControlError("ThrottlingException", RATE_EXCEEDED)
        return self._order(Effect(error), where, Bucket(per_second, most, clock))

    def throttle_behind(self, **where: Unpack[Where]) -> Fault:
        """Throttling of the service behind a handler, which comes as GeneralServiceException."""

        def effect(call: Call) -> Effect:
            # The type may be none: what a request says is not checked yet.
            _, _, rest = (call.type_name or "").partition("::")
            service = rest.partition("::")[0] or "CloudControl"
            reason = f"{RATE_EXCEEDED} (Service: {service}, Status Code: 400)"
            message = handler_message(
                call.type_name or "", reason, "GeneralServiceException", "none"
            )
            return Effect(CloudControlError("GeneralServiceException", message))

        return self._order(effect, where)

    def deny(self, **where: Unpack[Where]) -> Fault:
        """AccessDeniedException."""

        def effect(call: Call) -> Effect:
            message = (
                f"User: arn:aws:iam::{call.account}:user/emulator is not authorized to perform: "
                f"cloudformation:{call.operation} on resource: *"
            )
            return Effect(CloudControlError("AccessDeniedException", message))

        return self._order(effect, where)

    def error(
        self, code: str, message: str = "", status: int | None = None, **where: Unpack[Where]
    ) -> Fault:
        """Any error: the code as in ``__type``; 400 or, for AWS's own failures, 500.

        Raises ValueError for a status that HTTP has not, or not for errors.
        """
        if status is not None and HTTPStatus(status) < HTTPStatus.BAD_REQUEST:
            raise ValueError(f"{status} is no status of an error")
        return self._order(Effect(CloudControlError(code, message, status)), where)

    def delay(self, seconds: float, **where: Unpack[Where]) -> Fault:
        """Answer later. Other calls are not held up."""
        if seconds < 0:
            raise ValueError(f"a delay has to be at least 0 seconds, not {seconds}")
        return self._order(Effect(seconds=seconds), where)

    def drop(self, **where: Unpack[Where]) -> Fault:
        """Drop the connection and do nothing."""
        return self._order(Effect(connection="drop"), where)

    def lose_answer(self, **where: Unpack[Where]) -> Fault:
        """Do what is asked, and drop the connection instead of answering."""
        return self._order(Effect(connection="lose"), where)

    def truncate(self, **where: Unpack[Where]) -> Fault:
        """Do what is asked, send half of the answer and drop the connection."""
        return self._order(Effect(connection="truncate"), where)

    def fail_change(
        self,
        code: str = "GeneralServiceException",
        message: str = "The handler failed",
        **where: Unpack[Where],
    ) -> Fault:
        """Accept the change and let it end as FAILED, with a HandlerErrorCode."""
        return self._order(Effect(change_error=HandlerError(code, message)), where)

    def fail_hook(
        self,
        hook: str = "Org::Policy::Hook",
        message: str = "The resource does not comply",
        **where: Unpack[Where],
    ) -> Fault:
        """Accept the change and let a hook fail it; the hook's reason is in its own event."""
        failed = HandlerError("GeneralServiceException", message)
        return self._order(Effect(change_error=failed, hook=hook), where)

    def stall_change(self, **where: Unpack[Where]) -> Fault:
        """Accept the change and never finish it."""
        return self._order(Effect(stalls=True), where)

    def remove(self, fault: Fault) -> None:
        with self._lock:
            self._faults.remove(fault)

    def clear(self) -> None:
        """Order none; answers that are being delayed go out."""
        with self._lock:
            self._faults.clear()
        self._woken.set()

    def reset(self) -> None:
        self.clear()
        self.sleep = self._woken.wait

    def hit(self, call: Call) -> list[Effect]:
        """What happens to this call, in the order in which it was ordered."""
        with self._lock:
            struck = [fault for fault in self._faults if fault.strikes(call)]
        return [f.effect(call) if callable(f.effect) else f.effect for f in struck]

    def _order(
        self,
        effect: Effect | Callable[[Call], Effect],
        where: Where,
        bucket: Bucket | None = None,
    ) -> Fault:
        _check(where)
        fault = Fault(effect, where, bucket)
        with self._lock:
            self._faults.append(fault)
            self._woken.clear()
        return fault


def _check(where: Where) -> None:
    for name, value in where.items():
        kind = KINDS.get(name)
        if kind is None:
            raise TypeError(f"a fault has no {name}: it has {', '.join(KINDS)}")
        if type(value) is not kind:
            raise TypeError(f"{name} has to be of type {kind.__name__}, not {value!r}")
        if isinstance(value, int) and value < 1:
            raise ValueError(f"{name} has to be at least 1, not {value}")
    operation = where.get("operation", "GetResource")
    if operation not in OPERATIONS:
        raise ValueError(f"no operation {operation}: there are {', '.join(sorted(OPERATIONS))}")


def _matches(where: Where, call: Call) -> bool:
    facts = {
        "operation": call.operation,
        "type_name": call.type_name,
        "region": call.region,
        "identifier": call.identifier,
    }
    if any(where.get(name, fact) != fact for name, fact in facts.items()):
        return False
    return "page" not in where or where["page"] == page_number(call.request.get("NextToken"))
