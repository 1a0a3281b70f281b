"""What a connection has sent, or was about to: each change with its last progress event."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice

from awsvtab.changes import Change, Changes
from awsvtab.cloudcontrol import ProgressEvent
from awsvtab.journal import Journal, Step
from awsvtab.sending import Request

REQUESTS_KEPT = 10_000


class Ledger:
    """The last requests of a connection, by position, and the journal if it keeps one.

    An answer may come after nobody waits for it any more: it is entered from another thread.
    """

    def __init__(self, journal: Journal | None, time: Callable[[], float]) -> None:
        self._journal = journal
        self._time = time
        self._lock = threading.Lock()
        self._requests: dict[int, Request] = {}
        self.position = 0

    def __iter__(self) -> Iterator[Request]:
        with self._lock:
            return iter(list(self._requests.values()))

    def open(self, plan: Sequence[Change]) -> list[Request]:
        """Requests for the changes of a plan, none of which is sent; the oldest others go."""
        surplus = len(self._requests) + len(plan) - REQUESTS_KEPT
        for position in list(islice(self._requests, max(surplus, 0))):
            del self._requests[position]
        first = self.position + 1
        requests = [
            Request(position, change, change.client_token)
            for position, change in enumerate(plan, start=first)
        ]
        self.position += len(requests)
        self.enter(Step.PLANNED, *requests)
        return requests

    def enter(self, step: Step | None, *requests: Request) -> None:
        """Takes in how far requests have got; in the journal too, where that is a ``step``.

        Raises OperationalError if the journal cannot be written: what is to be noted before it
        happens does not happen then.
        """
        with self._lock:
            news = {request.position: request for request in requests}
            if step not in (Step.PLANNED, Step.SENDING):
                self._requests.update(news)
            if self._journal is not None and step is not None:
                self._journal.note(step, requests, self._time())
            self._requests.update(news)

    def latest(self, positions: Iterable[int]) -> list[Request]:
        """How far these have got."""
        with self._lock:
            return [self._requests[each] for each in positions if each in self._requests]

    def events(self, after: int, until: int, tokens: Collection[str]) -> list[ProgressEvent]:
        """The last progress events of the requests at positions above ``after`` up to ``until``,
        and of those that stand for changes with these client tokens, in the order made.
        """
        return [
            request.event
            for request in self
            if request.event is not None
            and (after < request.position <= until or _stands_for(request.change, tokens))
        ]

    def close(self) -> None:
        """Closes the journal."""
        if self._journal is not None:
            self._journal.close()


class Written:
    """What a statement queued and sent, from the time that this is made to its `end`."""

    def __init__(self, ledger: Ledger, changes: Changes) -> None:
        self._ledger = ledger
        self._changes = changes
        self._length = len(changes)
        self._after = self._until = ledger.position
        self._queued: tuple[str, ...] = ()

    def end(self) -> None:
        """The statement is over."""
        self._queued = self._changes.tokens_after(self._length)
        self._until = self._ledger.position

    def events(self) -> list[ProgressEvent]:
        """The last progress events of what it sent, and of what it queued, once that is sent."""
        return self._ledger.events(self._after, self._until, self._queued)


def _stands_for(change: Change, tokens: Collection[str]) -> bool:
    return bool(tokens) and not {change.client_token, *change.folded}.isdisjoint(tokens)
