"""Sends a plan of changes to AWS and waits until each is done."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from functools import partial
from heapq import heappop, heappush
from queue import Empty, SimpleQueue

from awsvtab.asking import Asker
from awsvtab.changes import Change, Operation
from awsvtab.cloudcontrol import CloudControl, ProgressEvent
from awsvtab.errors import Cancelled, Error, InternalError, ProgrammingError
from awsvtab.fold import together
from awsvtab.journal import Step
from awsvtab.ledger import Ledger
from awsvtab.masking import keep_secrets
from awsvtab.outcome import failure, report
from awsvtab.pool import Pool
from awsvtab.sending import (
    Policy,
    Request,
    answered,
    given_up,
    going_out,
    refused,
    without_secrets,
)
from awsvtab.snapshot import POLL_S
from awsvtab.values import dump_json
from awsvtab.waiting import Clock

# How long answers that are on their way are waited for, once the user has interrupted.
GRACE_S = 0.3

Answer = Future[ProgressEvent]


@dataclass(frozen=True, slots=True)
class WriteProgress:
    """How far a COMMIT has got: changes done, failed, in all, and the event that came last."""

    done: int
    failed: int
    total: int
    event: ProgressEvent | None


@dataclass(frozen=True, slots=True)
class Means:
    """What changes are applied with.

    ``interrupted`` is asked, in the committing thread, whether to stop.
    """

    cloudcontrol: CloudControl
    pool: Pool
    concurrency: int
    clock: Clock
    interrupted: Callable[[], bool]
    ledger: Ledger
    policy: Policy


class Applier:
    """Applies plans. ``progress`` is called in the committing thread as answers come."""

    progress: Callable[[WriteProgress], object] | None = None

    def __init__(self, means: Means) -> None:
        self._means = means

    def apply(self, plan: Sequence[Change], asker: Asker) -> None:
        """Sends the changes: those of one statement to one type together, all others in order.

        The first failure stops what was not yet sent; what is under way is waited for. The error
        that is then raised has the failed change's class and attributes, and says what was applied
        and what was not sent.
        """
        run = _Run(self._means, plan, asker, self.progress)
        try:
            run.go(plan)
        except BaseException as stop:  # Ctrl-C: what AWS has must not be lost from sight
            run.abandon()
            stop.add_note("\n".join(report(run.requests())))
            raise
        requests = run.requests()
        if run.stopped or any(request.error is not None for request in requests):
            raise failure(requests, run.stopped)


class _Run:
    """One plan on its way.

    All decisions are made in the committing thread. The pool's threads make single requests and
    never wait between them: what is due later waits in a heap.
    """

    def __init__(
        self,
        means: Means,
        plan: Sequence[Change],
        asker: Asker,
        progress: Callable[[WriteProgress], object] | None,
    ) -> None:
        self.stopped: Error | None = None
        self._means = means
        self._policy = means.policy
        self._progress = progress
        self._asker = asker
        self._futures: dict[int, Answer] = {}
        self._random = random.Random()  # not the program's, which may be seeded
        self._waiting: list[tuple[float, int, Request]] = []
        self._under_way: dict[int, Request] = {}
        self._landed: SimpleQueue[tuple[int, Answer]] = SimpleQueue()
        self._landing = threading.Lock()
        self._abandoned = False
        self._done = self._failures = 0
        self._requests = means.ledger.open(plan)

    def requests(self) -> list[Request]:
        """How far the plan's changes have got."""
        return self._means.ledger.latest(request.position for request in self._requests)

    def go(self, plan: Sequence[Change]) -> None:
        """Applies group after group, until one has a failure or the user interrupts."""
        requests = iter(self._requests)
        later = Counter(each.key for each in plan)
        for group in together(plan):
            later.subtract(each.key for each in group)
            # A resource that is changed again has to be done with before that.
            wait = self._means.policy.wait or any(later[change.key] for change in group)
            self._policy = self._means.policy._replace(wait=wait)
            self._apply([next(requests) for _ in group])
            if self._failures or self.stopped:
                return

    def _apply(self, group: Sequence[Request]) -> None:
        now = self._means.clock.time()
        for request in group:
            self._schedule(replace(request, due=now))
        while self._waiting or self._under_way:
            self._launch()
            self._land()
            if self._means.interrupted():
                self.stopped = Cancelled("interrupted")
                self.abandon()

    def abandon(self) -> None:
        """Sends no more, takes in answers for a moment, and gives up what is still under way.

        An answer that comes later is entered in the ledger.
        """
        self._asker.set()
        deadline = time.monotonic() + GRACE_S
        while self._under_way and time.monotonic() < deadline:
            self._take_in(GRACE_S / 10)
        with self._landing:
            self._abandoned = True
        self._take_in(0)
        self._means.pool.give_up(list(self._futures.values()))
        left = [*self._under_way.values(), *(request for _, _, request in self._waiting)]
        self._under_way, self._waiting = {}, []
        for request in left:
            self._means.ledger.enter(None, given_up(request, Cancelled("interrupted")))

    def _schedule(self, request: Request) -> None:
        heappush(self._waiting, (request.due, request.position, request))

    def _launch(self) -> None:
        """Makes the requests that are due, as many as may be under way."""
        now = self._means.clock.time()
        room = self._means.concurrency - len(self._under_way)
        due: list[Request] = []
        while len(due) < room and self._waiting and self._waiting[0][0] <= now:
            due.append(heappop(self._waiting)[2])
        out = [going_out(request, now) for request in due]
        self._means.ledger.enter(Step.SENDING, *(each for each in out if not each.polling))
        for before, request in zip(due, out, strict=True):
            try:
                future = self._means.pool.submit(self._ask, request)
            except ProgrammingError:  # it was closed
                self._means.ledger.enter(None, *due[due.index(before) :])
                raise
            self._under_way[request.position] = request
            self._futures[request.position] = future
            future.add_done_callback(partial(self._arrive, request))

    def _land(self) -> None:
        """Waits for what comes first: an answer, or the time for the next request."""
        pause = POLL_S
        if self._waiting and len(self._under_way) < self._means.concurrency:
            pause = min(pause, max(self._waiting[0][0] - self._means.clock.time(), 0.0))
        if self._under_way:
            self._take_in(pause)
        elif self._waiting:
            self._means.clock.sleep(pause, self._asker)

    def _take_in(self, timeout_s: float) -> None:
        """Takes in the answers that are there, after waiting for the first."""
        try:
            landed = self._landed.get(timeout=timeout_s)
            while True:
                self._take(*landed)
                landed = self._landed.get_nowait()
        except Empty:
            return

    def _take(self, position: int, answer: Answer) -> None:
        before = self._under_way.pop(position)
        del self._futures[position]
        request = self._after(before, answer)
        if self._failures or self._asker.is_set:
            request = given_up(request)
        known = before.event is not None or request.event is None
        self._enter(request, None if known else Step.ANSWERED)
        if not request.over:
            self._schedule(request)

    def _enter(self, request: Request, step: Step | None) -> None:
        """Notes how far a request has got, and tells who wants to know."""
        self._means.ledger.enter(Step.OVER if request.over else step, request)
        if request.over:
            first_failure = request.failed and not self._failures
            self._failures += request.failed
            self._done += not request.failed
            if first_failure:
                self._begin_no_more()
        if self._progress is not None and (request.over or request.event is not None):
            total = len(self._requests)
            self._progress(WriteProgress(self._done, self._failures, total, request.event))

    def _begin_no_more(self) -> None:
        """Drops what was not sent, or is to be sent anew after it has failed."""
        waiting, self._waiting = self._waiting, []
        for _, _, request in waiting:
            ended = given_up(request)
            if ended.over:
                self._enter(ended, None)
            elif request.attempts:
                self._schedule(request)

    def _after(self, request: Request, answer: Answer) -> Request:
        """The request after its answer."""
        now, chance, policy = self._means.clock.time(), self._random.random(), self._policy
        try:
            return answered(request, answer.result(), now, chance, policy)
        except CancelledError:  # the pool was shut down, and has not begun
            return refused(request, _closed(), now, chance, policy)
        except Error as error:
            return refused(request, error, now, chance, policy)

    def _arrive(self, request: Request, answer: Answer) -> None:
        """Hands over an answer, in one of the pool's threads."""
        with self._landing:
            if not self._abandoned:
                self._landed.put((request.position, answer))
                return
        late = given_up(self._after(request, answer), Cancelled("interrupted"))
        self._means.ledger.enter(Step.OVER if late.settled else Step.ANSWERED, late)

    def _ask(self, request: Request) -> ProgressEvent:
        """Makes one request to AWS, in one of the pool's threads.

        AWS repeats values in its messages; what is returned or raised has no secrets in it.
        """
        change = request.change
        try:
            return without_secrets(change, self._answer(request))
        except Error as error:
            keep_secrets(error, change.resource_type, change.document)
            raise
        except Exception as bug:
            internal = InternalError(f"{change}: {bug!r}")
            internal.__cause__ = bug
            keep_secrets(internal, change.resource_type, change.document)
            raise internal  # noqa: B904 - its cause is set, if it may be shown

    def _answer(self, request: Request) -> ProgressEvent:
        change, event, asker = request.change, request.event, self._asker
        aws, place, type_name = self._means.cloudcontrol, change.place, change.resource_type.name
        if request.polling and event is not None:
            return aws.status(place, event, asker, request.tries + 1)
        identifier = change.identifier or ""
        rest = request.client_token, asker, request.attempts
        match change.operation:
            case Operation.CREATE:
                return aws.create(place, type_name, change.document, *rest)
            case Operation.UPDATE:
                return aws.update(place, type_name, identifier, dump_json(change.document), *rest)
            case Operation.DELETE:
                return aws.delete(place, type_name, identifier, *rest)


def _closed() -> Error:
    return ProgrammingError("the registration of the AWS tables was closed")
