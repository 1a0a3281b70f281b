"""How the changes of a process that was killed have ended: a journal, and what AWS says of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from awsvtab.asking import Asker
from awsvtab.cloudcontrol import FINAL, CloudControl, ProgressEvent
from awsvtab.errors import RequestTokenNotFound
from awsvtab.journal import Entry, Path, Step, read_journal
from awsvtab.options import Options, Place
from awsvtab.sending import NOT_SENT, UNKNOWN

# How far this machine's clock may be from AWS's.
SKEW_S = 300.0


@dataclass(frozen=True, slots=True)
class Recovered:
    """A change of a journal and how it ended.

    ``operation_status`` is AWS's word, NOT_SENT, or UNKNOWN: a request of which nobody knows
    whether it arrived. AWS does not tell client tokens, so that it cannot be asked for one;
    ``candidates`` are the requests that it may be, by type, operation, identifier and time.
    """

    operation: str
    type_name: str
    region: str
    identifier: str | None
    operation_status: str
    error_code: str | None
    status_message: str | None
    client_token: str
    request_token: str | None
    candidates: tuple[ProgressEvent, ...] = ()


def recover(path: Path, **options: Any) -> list[Recovered]:
    """How each change in a journal ended, in the order in which they were planned.

    The keyword arguments are those of `connect`: AWS is asked with them about what the journal does
    not know, and only asked. Raises OperationalError and ProgrammingError for a file that cannot be
    read, and `AwsError` where AWS cannot be asked.
    """
    chosen = Options.of(options)
    entries = list(read_journal(path))
    last = {entry.change: entry for entry in entries}
    known = frozenset(entry.request_token for entry in entries if entry.request_token)
    aws = CloudControl(chosen)
    try:
        with ThreadPoolExecutor(chosen.concurrency) as pool:
            return list(pool.map(lambda entry: _recovered(aws, entry, known), last.values()))
    finally:
        aws.close()


def _recovered(aws: CloudControl, entry: Entry, known: frozenset[str]) -> Recovered:
    if entry.step is Step.PLANNED:
        return _as_noted(entry, NOT_SENT)
    if entry.operation_status in FINAL:
        return _as_noted(entry, entry.operation_status)
    if entry.request_token is not None:
        return _asked_by_token(aws, entry)
    return _looked_for(aws, entry, known)


def _as_noted(entry: Entry, status: str, **more: Any) -> Recovered:
    return Recovered(
        **{
            "operation": entry.operation,
            "type_name": entry.type_name,
            "region": entry.region,
            "identifier": entry.identifier,
            "operation_status": status,
            "error_code": entry.error_code,
            "status_message": None,
            "client_token": entry.client_token,
            "request_token": entry.request_token,
            **more,
        }
    )


def _told(entry: Entry, event: ProgressEvent) -> Recovered:
    return _as_noted(
        entry,
        event.operation_status,
        identifier=event.identifier or entry.identifier,
        error_code=event.error_code,
        status_message=event.status_message,
        request_token=event.request_token,
    )


def _asked_by_token(aws: CloudControl, entry: Entry) -> Recovered:
    asked = ProgressEvent(
        entry.operation,
        entry.operation_status,
        entry.type_name,
        entry.request_token or "",
        entry.identifier,
    )
    try:
        return _told(entry, aws.status(_place(entry), asked, Asker()))
    except RequestTokenNotFound as forgotten:  # AWS keeps requests for seven days
        return _as_noted(entry, UNKNOWN, error_code=forgotten.code, status_message=str(forgotten))


def _looked_for(aws: CloudControl, entry: Entry, known: frozenset[str]) -> Recovered:
    """What went out, and whose answer was lost with the process."""
    candidates: list[ProgressEvent] = []
    token: str | None = None
    while True:
        events, token = aws.requests_page(_place(entry), [entry.operation], [], token, Asker())
        candidates += (event for event in events if _may_be(event, entry, known))
        if token is None:
            break
    message = (
        "AWS lists no request that this could be: it has most likely not arrived"
        if not candidates
        else f"AWS lists {len(candidates)} that this may be: compare the candidates"
    )
    return _as_noted(entry, UNKNOWN, status_message=message, candidates=tuple(candidates))


def _may_be(event: ProgressEvent, entry: Entry, known: frozenset[str]) -> bool:
    return (
        event.type_name == entry.type_name
        and event.request_token not in known
        and (entry.identifier is None or event.identifier in (None, entry.identifier))
        and (event.event_time is None or event.event_time >= entry.at - SKEW_S)
    )


def _place(entry: Entry) -> Place:
    return Place(entry.profile, entry.region)
