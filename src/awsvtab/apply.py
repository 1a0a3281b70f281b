"""Sends a plan of changes to AWS and waits until each is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from itertools import groupby

from awsvtab.asking import Asker
from awsvtab.aws_errors import Subject, make_error
from awsvtab.changes import Change, Operation
from awsvtab.cloudcontrol import CloudControl, ProgressEvent
from awsvtab.errors import AwsError, Error, InternalError, NotFound
from awsvtab.masking import hide, keep_secrets
from awsvtab.pool import Pool
from awsvtab.snapshot import POLL_S
from awsvtab.values import dump_json

OUTCOMES_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change: its last progress event, and an error where it failed.

    Without either it was not there to be deleted. An error with an event that is not final says
    that nobody waited for the end.
    """

    change: Change
    event: ProgressEvent | None
    error: Error | None


class Applier:
    """Applies changes: those of one statement to one type together, all others in order.

    ``outcomes`` has every change that was sent, the latest last. ``interrupted`` is asked, in the
    waiting thread, whether to stop.
    """

    def __init__(
        self,
        cloudcontrol: CloudControl,
        pool: Pool,
        interrupted: Callable[[], bool],
    ) -> None:
        self.outcomes: deque[Outcome] = deque(maxlen=OUTCOMES_KEPT)
        self._cloudcontrol = cloudcontrol
        self._pool = pool
        self._interrupted = interrupted

    def apply(self, changes: Sequence[Change], asker: Asker) -> None:
        """Sends the changes and waits for each.

        The first failure stops what was not yet sent. The error that is then raised has the
        failed change's class and attributes, and says what was applied and what was not sent.
        """
        done: list[Outcome] = []
        for group in together(changes):
            try:
                self._apply_group(group, done, asker)
            except BaseException as stop:  # Ctrl-C: what AWS has must not be lost from sight
                stop.add_note("\n".join(report(done, changes[len(done) :])))
                raise
            if any(outcome.error for outcome in done):
                raise failure(done, changes[len(done) :])

    def _apply_group(self, group: Sequence[Change], done: list[Outcome], asker: Asker) -> None:
        """Applies changes at once, and notes in ``done`` what became of each, however it ends."""
        futures = [self._pool.submit(self._told, change, asker) for change in group]
        try:
            while wait(futures, timeout=POLL_S).not_done:
                if self._interrupted():
                    asker.set()
        except BaseException:
            asker.set()
            raise
        finally:
            outcomes = [future.result() for future in _ended(futures)]
            self.outcomes.extend(outcomes)
            done += outcomes

    def _told(self, change: Change, asker: Asker) -> Outcome:
        """What became of a change, without its secrets: AWS repeats values in its messages."""
        outcome = self._apply_one(change, asker)
        if outcome.error is not None:
            keep_secrets(outcome.error, change.resource_type, change.document)
        event = outcome.event
        if event is None or not event.status_message:
            return outcome
        message = hide(event.status_message, change.resource_type, change.document)
        return replace(outcome, event=replace(event, status_message=message))

    def _apply_one(self, change: Change, asker: Asker) -> Outcome:
        event = None
        try:
            event = self._send(change, asker)
            event = self._cloudcontrol.wait(change.place, event, asker)
        except NotFound as error:
            gone = change.operation is Operation.DELETE and event is None
            return Outcome(change, event, None if gone else error)
        except Error as error:
            return Outcome(change, event, error)
        except Exception as bug:
            internal = InternalError(f"{change}: {bug!r}")
            internal.__cause__ = bug
            return Outcome(change, event, internal)
        return Outcome(change, event, event_error(change, event))

    def _send(self, change: Change, asker: Asker) -> ProgressEvent:
        type_name, token = change.resource_type.name, change.client_token
        identifier = change.identifier or ""
        aws = self._cloudcontrol
        match change.operation:
            case Operation.CREATE:
                return aws.create(change.place, type_name, change.document, token, asker)
            case Operation.UPDATE:
                document = dump_json(change.document)
                return aws.update(change.place, type_name, identifier, document, token, asker)
            case Operation.DELETE:
                return aws.delete(change.place, type_name, identifier, token, asker)


def together(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """The changes in groups that may go out at once, in order: one for each resource."""
    for _, made in groupby(changes, key=lambda each: (each.statement, each.resource_type.name)):
        group: list[Change] = []
        for change in made:
            if change.identifier and any(change.is_of_same(other) for other in group):
                yield group
                group = []
            group.append(change)
        yield group


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


def failure(done: Sequence[Outcome], not_sent: Sequence[Change]) -> Error:
    """The error that reports a plan that was applied in part."""
    first = next(outcome.error for outcome in done if outcome.error is not None)
    if len(done) + len(not_sent) == 1 and isinstance(first, AwsError):
        return first
    message = "\n".join(report(done, not_sent))
    if not isinstance(first, AwsError):
        return type(first)(message)
    return type(first)(
        message,
        code=first.code,
        operation=first.operation,
        type_name=first.type_name,
        identifier=first.identifier,
        region=first.region,
        request_id=first.request_id,
        request_token=first.request_token,
    )


def report(done: Sequence[Outcome], not_sent: Sequence[Change]) -> list[str]:
    """What became of each change of a plan, a line each after one that counts them."""
    applied = [outcome for outcome in done if outcome.error is None]
    failed = [outcome for outcome in done if outcome.error is not None]
    return [
        f"{len(applied)} of {len(done) + len(not_sent)} changes applied, {len(failed)} failed",
        *(f"applied: {_described(outcome)}" for outcome in applied),
        *(f"failed: {_described(outcome)}: {outcome.error}" for outcome in failed),
        *(f"not sent: {change}" for change in not_sent),
    ]


def _described(outcome: Outcome) -> str:
    event = outcome.event
    if event is None:
        return str(outcome.change)
    made = event.identifier if outcome.change.identifier is None else None
    return (
        f"{outcome.change}"
        + (f", identifier '{made}'" if made else "")
        + f", {event.operation_status}, request token {event.request_token}"
    )


def _ended(futures: Sequence[Future[Outcome]]) -> Sequence[Future[Outcome]]:
    wait(futures)
    return futures
