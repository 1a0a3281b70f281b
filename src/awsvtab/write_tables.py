"""What a connection will send, what it has sent, and what AWS says was asked of it, as tables."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from awsvtab.activity_tables import timestamp
from awsvtab.catalog import Catalog
from awsvtab.changes import Change, Changes, Operation
from awsvtab.cloudcontrol import ProgressEvent
from awsvtab.errors import AwsError, Error
from awsvtab.fold import fold
from awsvtab.ledger import Ledger
from awsvtab.masking import hide, masked
from awsvtab.options import SESSION_ACCOUNT, Place
from awsvtab.rowtables import Given, IntrospectionTable, Row
from awsvtab.sending import Request, visible_model
from awsvtab.snapshot import Snapshot
from awsvtab.values import dump_json

_PENDING = {
    "position": "INTEGER",
    **dict.fromkeys(("operation", "type_name", "region", "identifier"), "TEXT"),
    **dict.fromkeys(("desired_state", "patch_document"), "JSON"),
    "statement": "TEXT",
}
_REQUESTS = {
    "position": "INTEGER",
    **dict.fromkeys(("operation", "type_name", "region", "identifier"), "TEXT"),
    **dict.fromkeys(("operation_status", "error_code", "status_message"), "TEXT"),
    **dict.fromkeys(("client_token", "request_token"), "TEXT"),
    "event_time": "TIMESTAMP",
    "attempts": "INTEGER",
}
_RESOURCE_REQUESTS = {
    **dict.fromkeys(("type_name", "identifier", "request_token", "hooks_request_token"), "TEXT"),
    **dict.fromkeys(("operation", "operation_status"), "TEXT"),
    "event_time": "TIMESTAMP",
    "resource_model": "JSON",
    **dict.fromkeys(("status_message", "error_code"), "TEXT"),
    "retry_after": "TIMESTAMP",
    "region": "TEXT",
}
RESOURCE_REQUESTS = "aws_resource_requests"
_KEYS = ("region", "operation", "operation_status")


class PendingChange(NamedTuple):
    """A row of ``aws_pending``: a change that COMMIT would send. The documents are JSON text."""

    position: int
    operation: str
    type_name: str
    region: str
    identifier: str | None
    desired_state: str | None
    patch_document: str | None
    statement: str


def pending_table(changes: Changes, redact: Callable[[str], str]) -> IntrospectionTable:
    """``aws_pending``: a row for each of the `pending_changes`."""
    return IntrospectionTable(
        "aws_pending", _PENDING, lambda given: pending_changes(changes, redact)
    )


def pending_changes(changes: Changes, redact: Callable[[str], str]) -> Iterator[PendingChange]:
    """What COMMIT would send now, in order.

    Secrets are masked; ``redact`` takes the literals out of the statements.
    """
    for position, change in enumerate(fold(changes.pending()), start=1):
        yield _pending_change(position, change, redact)


def _pending_change(position: int, change: Change, redact: Callable[[str], str]) -> PendingChange:
    document = None
    if change.document is not None:
        document = dump_json(masked(change.resource_type, change.document))
    creates = change.operation is Operation.CREATE
    return PendingChange(
        position,
        str(change.operation),
        change.resource_type.name,
        change.place.region,
        change.identifier,
        document if creates else None,
        None if creates else document,
        redact(change.sql),
    )


def requests_table(ledger: Ledger) -> IntrospectionTable:
    """``aws_requests``: a row for each change that a COMMIT of this connection was to send."""

    def rows(given: Given) -> Iterator[Row]:
        return (_request_row(request) for request in ledger)

    return IntrospectionTable("aws_requests", _REQUESTS, rows)


def _request_row(request: Request) -> Row:
    change, event = request.change, request.event
    code, message = _error(request.error)
    return (
        request.position,
        str(change.operation),
        change.resource_type.name,
        change.place.region,
        request.identifier,
        request.operation_status,
        code if event is None else event.error_code,
        message if event is None else event.status_message,
        request.client_token,
        request.request_token,
        _time(None if event is None else event.event_time),
        request.attempts,
    )


def _error(error: Error | None) -> tuple[str | None, str | None]:
    if error is None:
        return None, None
    return error.code if isinstance(error, AwsError) else None, str(error)


def resource_requests_table(
    catalog: Catalog,
    ledger: Ledger,
    new_snapshot: Callable[[], Snapshot],
    regions: Callable[[Snapshot, str | None], Sequence[str]],
    surveys: Callable[[], bool],
) -> IntrospectionTable:
    """``aws_resource_requests``: what AWS lists of the last seven days, asked live.

    ``regions`` gives those to ask, where a statement names one or none; while it ``surveys`` what a
    statement would ask, none is asked. AWS may repeat values in its messages: the secrets that this
    connection sent are taken out of them.
    """

    def rows(given: Given) -> Iterator[Row]:
        if surveys():
            return
        snapshot = new_snapshot()
        try:
            region, operation, status = (_text(given.get(key)) for key in _KEYS)
            operations = [] if operation is None else [operation]
            statuses = [] if status is None else [status]
            known = not operation or operation in _OPERATIONS
            if not known or (status and status not in _STATUSES):
                return
            for place, event in _listed(snapshot, regions(snapshot, region), operations, statuses):
                yield _event_row(catalog, place.region, _without_secrets(event, ledger))
        finally:
            snapshot.close()

    return IntrospectionTable(RESOURCE_REQUESTS, _RESOURCE_REQUESTS, rows, frozenset(_KEYS))


# Of anything else AWS would say that it is invalid; it just has no rows.
_OPERATIONS = frozenset({"CREATE", "UPDATE", "DELETE"})
_STATUSES = frozenset(
    {
        *("PENDING", "IN_PROGRESS", "SUCCESS", "FAILED"),
        *("CANCEL_IN_PROGRESS", "CANCEL_COMPLETE"),
    }
)


def _listed(
    snapshot: Snapshot,
    regions: Sequence[str],
    operations: Sequence[str],
    statuses: Sequence[str],
) -> Iterator[tuple[Place, ProgressEvent]]:
    """The requests of some regions, which are asked at the same time."""
    places = [Place(SESSION_ACCOUNT, region) for region in regions]
    pages = deque(
        (place, snapshot.requests_page(place, operations, statuses, None)) for place in places
    )
    while pages:
        place, future = pages.popleft()
        events, token = snapshot.result(future)
        if token is not None:
            page = snapshot.requests_page(place, operations, statuses, token)
            pages.appendleft((place, page))
        for event in events:
            yield place, event


def _without_secrets(event: ProgressEvent, ledger: Ledger) -> ProgressEvent:
    message = event.status_message
    if message:
        for change in (request.change for request in ledger):
            if change.resource_type.name == event.type_name:
                message = hide(message, change.resource_type, change.document)
    return replace(event, status_message=message)


def _event_row(catalog: Catalog, region: str, event: ProgressEvent) -> Row:
    return (
        event.type_name,
        event.identifier,
        event.request_token,
        event.hooks_request_token,
        event.operation,
        event.operation_status,
        _time(event.event_time),
        _model(catalog, event),
        event.status_message,
        event.error_code,
        _time(event.retry_after),
        region,
    )


def _model(catalog: Catalog, event: ProgressEvent) -> str | None:
    """The resource model; nobody knows what is secret in that of an unknown type."""
    try:
        return visible_model(catalog.type(event.type_name), event.resource_model)
    except KeyError:
        return None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else timestamp(seconds)
