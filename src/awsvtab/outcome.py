"""What became of a plan, in words: the error of a COMMIT that failed. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from awsvtab.errors import AwsError, Error
from awsvtab.sending import NOT_SENT, UNKNOWN, Request


def failure(requests: Sequence[Request], stopped: Error | None = None) -> Error:
    """The error that reports a plan that was applied in part, or not at all.

    It has the class and the attributes of the first failure; where nothing failed, of what
    ``stopped`` it.
    """
    failures = (request.error for request in requests if request.error is not None)
    first = next(failures, stopped)
    if first is None:
        raise ValueError("nothing has failed")
    if len(requests) == 1 and isinstance(first, AwsError) and _says_all(requests[0]):
        return first
    return reworded(first, "\n".join(report(requests)))


def _says_all(request: Request) -> bool:
    """Whether a request's error says what became of it."""
    return request.operation_status == "FAILED" and request.begun == 1


def reworded(error: Error, message: str) -> Error:
    """The same error with another message."""
    if not isinstance(error, AwsError):
        return type(error)(message)
    return type(error)(
        message,
        code=error.code,
        operation=error.operation,
        type_name=error.type_name,
        identifier=error.identifier,
        region=error.region,
        request_id=error.request_id,
        request_token=error.request_token,
    )


def report(requests: Sequence[Request]) -> list[str]:
    """What became of each change of a plan, a line each after one that counts them."""
    by_kind: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for request in requests:
        by_kind[kind_of(request)].append(described(request))
    others = [f"{len(by_kind[kind])} {kind}" for kind in KINDS[1:] if by_kind[kind]]
    head = ", ".join([f"{len(by_kind['applied'])} of {len(requests)} changes applied", *others])
    return [head, *(f"{kind}: {each}" for kind in KINDS for each in by_kind[kind])]


KINDS = ("applied", "accepted", "failed", "under way", "may be under way", "not sent")


def kind_of(request: Request) -> str:
    """One of `KINDS`."""
    if request.over and request.error is None:
        final = request.event is None or request.event.final
        return "applied" if final else "accepted"
    match request.operation_status:
        case "FAILED" | "CANCEL_COMPLETE":
            return "failed"
        case status if status == NOT_SENT:
            return "not sent"
        case status if status == UNKNOWN:
            return "may be under way"
    return "under way"


def described(request: Request) -> str:
    """A change and what became of it, with the tokens by which AWS can be asked."""
    parts = [str(request.change)]
    event = request.event
    if event is not None:
        if request.change.identifier is None and event.identifier:
            parts[0] += f", identifier '{event.identifier}'"
        parts.append(event.operation_status)
    if request.begun > 1:
        parts.append(f"begun {request.begun} times")
    if request.request_token:
        parts.append(f"request token {request.request_token}")
    elif request.attempts:
        parts.append(f"client token {request.client_token}")
    text = ", ".join(parts)
    return f"{text}: {request.error}" if request.error is not None else text
