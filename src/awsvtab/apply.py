"""Sends a plan of changes to AWS and waits until each is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

from awsvtab.aws_errors import Subject, make_error
from awsvtab.changes import Change, Operation
from awsvtab.cloudcontrol import CloudControl, ProgressEvent
from awsvtab.errors import AwsError, NotFound
from awsvtab.options import Cancel
from awsvtab.values import dump_json

OUTCOMES_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change: its last progress event, and an error where it failed."""

    change: Change
    event: ProgressEvent | None
    error: AwsError | None


class Applier:
    """Applies changes: those of one statement to one type together, all others in order."""

    def __init__(self, cloudcontrol: CloudControl, executor: ThreadPoolExecutor) -> None:
        self.outcomes: deque[Outcome] = deque(maxlen=OUTCOMES_KEPT)
        self._cloudcontrol = cloudcontrol
        self._executor = executor

    def apply(self, changes: Sequence[Change]) -> None:
        """Sends the changes and waits for each.

        The first failure stops what was not yet sent. The error that is then raised has the
        failed change's class and attributes, and says what was applied and what was not sent.
        """
        done: list[Outcome] = []
        for group in together(changes):
            outcomes = list(self._executor.map(self._apply_one, group))
            self.outcomes.extend(outcomes)
            done += outcomes
            if any(outcome.error for outcome in outcomes):
                raise failure(done, changes[len(done) :])

    def _apply_one(self, change: Change) -> Outcome:
        cancel = Cancel()
        event = None
        try:
            event = self._send(change, cancel)
            event = self._cloudcontrol.wait(change.place, event, cancel)
        except AwsError as error:
            return Outcome(change, event, error)
        return Outcome(change, event, event_error(change, event))

    def _send(self, change: Change, cancel: Cancel) -> ProgressEvent:
        type_name, token = change.resource_type.name, change.client_token
        identifier = change.identifier or ""
        aws = self._cloudcontrol
        match change.operation:
            case Operation.CREATE:
                return aws.create(change.place, type_name, change.document, token, cancel)
            case Operation.UPDATE:
                document = dump_json(change.document)
                return aws.update(change.place, type_name, identifier, document, token, cancel)
            case Operation.DELETE:
                return aws.delete(change.place, type_name, identifier, token, cancel)


def together(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """The changes in groups that may go out at once, in order."""
    for _, group in groupby(changes, key=lambda each: (each.statement, each.resource_type.name)):
        yield list(group)


def event_error(change: Change, event: ProgressEvent) -> AwsError | None:
    """The error that a final progress event stands for; None for success.

    A resource that was to be deleted and is not there is as it should be.
    """
    if event.operation_status == "SUCCESS":
        return None
    error = make_error(
        event.error_code or event.operation_status,
        event.status_message or "no reason given",
        f"{change.operation.title()}Resource",
        change.place.region,
        Subject(change.resource_type.name, event.identifier, event.request_token),
    )
    if change.operation is Operation.DELETE and isinstance(error, NotFound):
        return None
    return error


def failure(done: Sequence[Outcome], not_sent: Sequence[Change]) -> AwsError:
    """The error that reports a plan that was applied in part."""
    failed = [(outcome, outcome.error) for outcome in done if outcome.error is not None]
    first = failed[0][1]
    applied = [outcome for outcome in done if outcome.error is None]
    if len(done) + len(not_sent) == 1:
        return first
    lines = [
        f"{len(applied)} of {len(done) + len(not_sent)} changes applied, {len(failed)} failed",
        *(f"applied: {_described(outcome)}" for outcome in applied),
        *(f"failed: {error}" for _, error in failed),
        *(f"not sent: {change}" for change in not_sent),
    ]
    return type(first)(
        "\n".join(lines),
        code=first.code,
        operation=first.operation,
        type_name=first.type_name,
        identifier=first.identifier,
        region=first.region,
        request_id=first.request_id,
        request_token=first.request_token,
    )


def _described(outcome: Outcome) -> str:
    event = outcome.event
    if event is None:
        return str(outcome.change)
    made = f" '{event.identifier}'" if event.identifier and not outcome.change.identifier else ""
    return f"{outcome.change}{made}, request token {event.request_token}"
