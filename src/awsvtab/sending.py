"""A change on its way to AWS, and what each answer means for it: pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from awsvtab import errors
from awsvtab.aws_errors import TRIES, Subject, backoff, make_error
from awsvtab.catalog.model import ResourceType
from awsvtab.changes import Change, Operation
from awsvtab.cloudcontrol import ProgressEvent
from awsvtab.errors import AwsError, Cancelled, Error, NotFound, ProgrammingError, short_code
from awsvtab.masking import hide, visible
from awsvtab.values import dump_json, parse_json

FIRST_POLL_S, LONGEST_POLL_S = 0.2, 30.0
LONGEST_RETRY_AFTER_S = 300.0

# The most tries, the first included, of one request. A write bears repeating whose answer was lost:
# AWS takes a client token once. Whatever else changes a resource is waited for, about a minute.
SEND_TRIES: Mapping[type[AwsError], int] = {**TRIES, errors.TimedOut: 3, errors.Conflict: 10}
# The change goes on whether it is asked for or not.
POLL_TRIES: Mapping[type[AwsError], int] = {
    **dict.fromkeys((errors.Throttling, errors.ServiceFailed, errors.NetworkFailed), 12),
    errors.TimedOut: 3,
    errors.RequestTokenNotFound: 3,
}
# What handlers may be asked again after: "Retriable" in
# https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html
RETRIABLE = frozenset({"NetworkFailure", "ResourceConflict", "ServiceInternalError", "Throttling"})
# After these nobody knows whether AWS has the request.
LOST = (errors.NetworkFailed, errors.TimedOut, errors.ServiceFailed)

NOT_SENT, UNKNOWN = "NOT_SENT", "UNKNOWN"


class Policy(NamedTuple):
    """How a change is waited for: how long in seconds, and whether at all."""

    write_timeout: float = 7200
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """A change of a plan, and how far it has got.

    ``position`` numbers the changes of a connection, from 1. ``due`` is when the next request to
    AWS is to be made, ``started`` when the first was; where it is ``polling``, that asks how the
    change goes on. ``attempts`` counts the requests that asked for the change, ``begun`` the client
    tokens that they had, ``tries`` how often the request that is due has failed. ``lost`` says that
    AWS may have the change though it has not answered. Without an error, one that is ``over`` is
    done: where there is no event either, there was nothing to delete.
    """

    position: int
    change: Change
    client_token: str
    due: float = 0.0
    started: float | None = None
    attempts: int = 0
    begun: int = 0
    tries: int = 0
    polling: bool = False
    polls: int = 0
    lost: bool = False
    event: ProgressEvent | None = None
    error: Error | None = None
    over: bool = False

    @property
    def failed(self) -> bool:
        """Whether it is over and not done."""
        return self.over and self.error is not None

    @property
    def operation_status(self) -> str:
        """AWS's word; NOT_SENT, or UNKNOWN where no answer has come.

        SUCCESS also for the deletion of what is not there.
        """
        if self.over and self.error is None and (self.event is None or self.event.final):
            return "SUCCESS"
        if self.event is not None:
            return self.event.operation_status
        if self.attempts == 0:
            return NOT_SENT
        return UNKNOWN if self.lost or not self.over else "FAILED"

    @property
    def settled(self) -> bool:
        """Whether AWS has ended it."""
        return self.event is not None and self.event.final

    @property
    def identifier(self) -> str | None:
        """The resource's identifier, as far as it is known."""
        made = self.event.identifier if self.event is not None else None
        return made or self.change.identifier

    @property
    def request_token(self) -> str | None:
        """The token by which AWS knows the change."""
        if self.event is not None:
            return self.event.request_token
        return self.error.request_token if isinstance(self.error, AwsError) else None


def going_out(request: Request, now: float) -> Request:
    """The request as it is made: from then on AWS may have the change."""
    if request.polling:
        return replace(request, polls=request.polls + 1)
    return replace(
        request,
        started=now if request.started is None else request.started,
        attempts=request.attempts + 1,
        begun=max(request.begun, 1),
        event=None,
        error=None,
    )


def answered(
    request: Request, event: ProgressEvent, now: float, chance: float, policy: Policy
) -> Request:
    """The request after a progress event; ``chance`` is a random number from 0 to 1."""
    request = replace(request, event=event, error=None, lost=False, tries=0, polling=True)
    if event.final:
        if _hooks_may_tell(event) and not request.polls:
            return replace(request, due=now)
        return _ended(request, event, now, chance, policy)
    if not policy.wait:
        return replace(request, over=True)
    deadline = _deadline(request, now, policy)
    if now >= deadline:
        return replace(request, error=out_of_time(request.change, event, policy), over=True)
    due = now + poll_delay(event, request.polls, chance)
    return replace(request, due=min(due, deadline))


def refused(request: Request, error: Error, now: float, chance: float, policy: Policy) -> Request:
    """The request after an error instead of an answer: it is tried again, or over."""
    event = request.event
    if event is not None and event.final:  # there was only to be asked what hooks say
        return _ended(request, event, now, chance, policy)
    if isinstance(error, Cancelled | ProgrammingError) and not isinstance(error, AwsError):
        return _unsent(request, error)  # before anything went out
    lost = request.lost or (not request.polling and _is_lost(error))
    request = replace(request, error=error, tries=request.tries + 1, lost=lost)
    most = _tries(error, POLL_TRIES if request.polling else SEND_TRIES)
    if request.tries < most and now < _deadline(request, now, policy):
        return replace(request, due=now + backoff(request.tries, chance))
    if _found_gone(request.change, error) and not request.polling:
        return replace(request, error=None, lost=False, over=True)
    return replace(request, over=True)


def given_up(request: Request, error: Error | None = None) -> Request:
    """The request once nothing more is to be sent.

    What was never sent stays so, and what failed has failed. What is under way ends in ``error``,
    without which it is waited for.
    """
    if request.over or request.attempts == 0:
        return request
    if request.event is not None and request.event.final:
        return replace(request, over=True)
    if error is None:
        return request
    return replace(request, error=error, lost=request.event is None, over=True)


def poll_delay(event: ProgressEvent, polls: int, chance: float) -> float:
    """Seconds until AWS is to be asked again: as AWS says, else ever longer.

    Both times of the event are AWS's: this machine's clock may be wrong.
    """
    if event.retry_after is not None and event.event_time is not None:
        return min(max(event.retry_after - event.event_time, 0.0), LONGEST_RETRY_AFTER_S)
    longest: float = min(FIRST_POLL_S * 2.0 ** min(polls, 16), LONGEST_POLL_S)
    return longest * (1 + chance) / 2


def event_error(change: Change, event: ProgressEvent) -> AwsError | None:
    """The error that a final progress event stands for; None for success.

    A resource that was to be deleted and is not there is as it should be.
    """
    if event.operation_status == "SUCCESS":
        return None
    error = make_error(
        event.error_code or event.operation_status,
        "; ".join((event.status_message or "no reason given", *_about(change, event))),
        f"{change.operation.title()}Resource",
        change.place.region,
        Subject(change.resource_type.name, event.identifier, event.request_token),
    )
    return None if _found_gone(change, error) else error


def without_secrets(change: Change, event: ProgressEvent) -> ProgressEvent:
    """The event without the write-only values of the change, which AWS may repeat."""
    resource_type, document = change.resource_type, change.document

    def hidden(text: str | None) -> str | None:
        return None if text is None else hide(text, resource_type, document)

    return replace(
        event,
        status_message=hidden(event.status_message),
        resource_model=visible_model(resource_type, event.resource_model),
        hooks=tuple(
            replace(hook, hook_status_message=hidden(hook.hook_status_message))
            for hook in event.hooks
        ),
    )


def visible_model(resource_type: ResourceType, text: str | None) -> str | None:
    """The JSON of a resource model without write-only values; None for what is no model."""
    try:
        model = parse_json(text or "")
    except ValueError:
        return None
    return dump_json(visible(resource_type, model)) if isinstance(model, dict) else None


def out_of_time(change: Change, event: ProgressEvent, policy: Policy) -> AwsError:
    """The error of a change that has not ended within ``write_timeout``."""
    return errors.TimedOut(
        f"{change} is still {event.operation_status} after {policy.write_timeout:g} s and may yet "
        f"finish: ask with request token {event.request_token}, or connect(write_timeout=…) for "
        "longer",
        code="ServiceTimeout",
        operation="GetResourceRequestStatus",
        type_name=change.resource_type.name,
        identifier=event.identifier,
        region=change.place.region,
        request_token=event.request_token,
    )


def _ended(
    request: Request, event: ProgressEvent, now: float, chance: float, policy: Policy
) -> Request:
    """The request after its last event.

    After a failure that may pass, the change begins anew, with a new token: AWS has ended it.
    """
    change = request.change
    error = event_error(change, event)
    if error is None:
        return replace(request, event=event, error=None, over=True)
    passes = short_code(error.code) in RETRIABLE or isinstance(error, errors.Throttling)
    # A resource that AWS named itself would be made a second time.
    left = event.identifier not in (None, change.identifier)
    twice = change.operation is Operation.CREATE and left
    late = now >= _deadline(request, now, policy)
    failed = event.operation_status == "FAILED"
    if not (passes and failed) or twice or late or request.begun >= _tries(error, TRIES):
        return replace(request, error=error, over=True)
    return replace(
        request,
        error=error,
        client_token=str(uuid.uuid4()),
        due=now + backoff(request.begun, chance),
        begun=request.begun + 1,
        polling=False,
        polls=0,
    )


def _unsent(request: Request, error: Error) -> Request:
    """The request as it was before it was to go out, except that it has ended in an error."""
    attempts = request.attempts if request.polling else request.attempts - 1
    return replace(request, attempts=attempts, error=error, over=True)


def _is_lost(error: Error) -> bool:
    """Whether nobody knows if AWS has what was sent; an answer that cannot be read is none."""
    return isinstance(error, LOST) or type(error) is errors.InternalError


def _hooks_may_tell(event: ProgressEvent) -> bool:
    """Whether hooks had to do with a failure, and have not been asked about it."""
    failed = event.operation_status != "SUCCESS"
    return failed and event.hooks_request_token is not None and not event.hooks


def _found_gone(change: Change, error: Error) -> bool:
    return change.operation is Operation.DELETE and isinstance(error, NotFound)


def _about(change: Change, event: ProgressEvent) -> list[str]:
    """What else is to be said of a failure: hooks, and what was left behind."""
    said = [
        f"hook {hook.hook_type_name} ({hook.invocation_point}) is {hook.hook_status}: "
        f"{hook.hook_status_message or 'no reason given'}"
        for hook in event.hooks
        if hook.hook_status.endswith("FAILED")
    ]
    if event.hooks_request_token and not said:
        said.append(f"hooks request token {event.hooks_request_token}")
    exists = short_code(event.error_code or "") == "AlreadyExists"
    if change.operation is Operation.CREATE and event.identifier and not exists:
        said.append(
            f"AWS gave it the identifier '{event.identifier}': it may be there, whole or in part; "
            "look before you create it again"
        )
    return said


def _deadline(request: Request, now: float, policy: Policy) -> float:
    return (now if request.started is None else request.started) + policy.write_timeout


def _tries(error: Error, tries: Mapping[type[AwsError], int]) -> int:
    return next((most for kind, most in tries.items() if isinstance(error, kind)), 1)
