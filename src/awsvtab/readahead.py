"""Fetching ahead of a join.

SQLite's nested loop asks an AWS table for one key, waits, and asks for the next. `ReadAhead` stands
between such a scan and the statement's `Snapshot`: on a key that is not yet known it has the
statement run once more, in which unknown keys have no rows and are only noted (`Discovery`), and
from then on fetches what was noted ahead of the reader. Knows nothing of SQLite.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from awsvtab.asking import Asker
from awsvtab.catalog.model import ResourceType
from awsvtab.flow import Flow, Waiting
from awsvtab.lookups import Lookups
from awsvtab.options import Place
from awsvtab.resources import Resource, ResourceKey
from awsvtab.snapshot import ListingKey, Snapshot, listing_key
from awsvtab.spool import KeySet
from awsvtab.values import Properties

T = TypeVar("T")
Request = ListingKey | ResourceKey
Start = Callable[[], object]

FIRST_WINDOW = 4
WINDOW_GROWTH = 4
# A reader that nothing is known to stop early may cause this many calls too many.
HEAD_START = 4
# About what a call takes. A pass that takes longer than its keys' calls had better be the last.
CALL_S = 0.05
SHORTEST_PASS_S = 2 * CALL_S  # that a pass may last


class Unknown(Exception):
    """In discovery: AWS would have to be asked."""


class Enough(Exception):
    """Discovery has found what it was to find, or cannot go on without waiting."""


class Discovery:
    """What one more run of the statement is shown, and what it would have asked for.

    It has lookups of its own: its scans find less than those of the statement itself.

    ``found`` is at most ``wanted`` requests (None: all) that are not among the ``known`` ones, with
    what starts each, in the order in which the statement came to them. It ends after ``deadline_s``
    at the latest: without rows, not even LIMIT ends a statement.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        known: Container[Request],
        wanted: int | None,
        deadline_s: float,
    ) -> None:
        self.snapshot = snapshot
        self.out_of_time = False
        self._deadline = time.perf_counter() + deadline_s
        self.found: dict[Request, Start] = {}
        self.asker = Asker(tolerant=snapshot.asker.tolerant)  # what fails is told to nobody
        self.lookups = Lookups()
        self._known = known
        self._wanted = wanted
        self._path: list[Probe] = []

    def probe(self, reference: str, keyed: bool, narrowed: bool) -> Probe:
        """The source for a scan of a table reference, ``keyed`` by values of other tables.

        One that is ``narrowed`` may be, by values that are also bound. A reference that is scanned
        again begins its part of the nested loop anew.
        """
        return self._enter(Probe(self, reference, keyed or narrowed))

    def _enter(self, probe: Probe) -> Probe:
        if time.perf_counter() > self._deadline:
            self.out_of_time = True
            raise Enough
        for position, other in enumerate(self._path):
            if other.reference == probe.reference:
                del self._path[position:]
                break
        self._path.append(probe)
        return probe

    def note(self, probe: Probe, request: Request, start: Start) -> None:
        """Notes a request, unless the rows that led to it were themselves made without knowing."""
        if self.guesses(probe) or request in self._known or request in self.found:
            return
        self.found[request] = start
        if len(self.found) == self._wanted:
            raise Enough

    def guesses(self, probe: Probe) -> bool:
        """Whether a scan's keys come from rows that are not to be trusted."""
        return any(other.unknown for other in self._path[: self._path.index(probe)])


class Probe:
    """A `Source` that gives what is known, notes what is not, and never waits.

    ``unknown`` says that the row that is shown just now, or the lack of one, is not to be trusted.
    """

    def __init__(self, discovery: Discovery, reference: str, keyed: bool) -> None:
        self.reference = reference
        self.unknown = False
        self.asker = discovery.asker
        self.lookups = discovery.lookups
        self._discovery = discovery
        self._snapshot = discovery.snapshot
        self._keyed = keyed

    def rows(self, rows: Iterator[Resource]) -> Iterator[Resource]:
        """The rows of a scan as far as they are known."""
        try:
            for row in rows:
                self.unknown = False
                yield row
        except Unknown:
            self._unknown()

    def listing(
        self, place: Place, resource_type: ResourceType, resource_model: Properties
    ) -> Iterable[Sequence[Resource] | Waiting]:
        """The pages that were read; if there are more, the scan ends there."""
        request = listing_key(place, resource_type, resource_model)
        known = self._snapshot.known_listing(request)
        if known is None:
            self._discovery.note(
                self, request, lambda: self._snapshot.listing(place, resource_type, resource_model)
            )
            return _and_then_unknown(())
        return known.fetched() if known.complete else _and_then_unknown(known.fetched())

    def resource(
        self, place: Place, resource_type: ResourceType, identifier: str
    ) -> Future[Resource | None]:
        """A future, which may be one that nothing will ever fulfil."""
        request = ResourceKey(place, resource_type.name, identifier)
        known = self._snapshot.known_resource(request, resource_type)
        if known is None:
            self._discovery.note(
                self, request, lambda: self._snapshot.resource(place, resource_type, identifier)
            )
            return Future()
        return known

    def listed(self, place: Place, resource_type: ResourceType, identifier: str) -> Resource | None:
        """A resource, if a listing that was asked for has given it by now."""
        return self._snapshot.listed(place, resource_type, identifier)

    def whole(self, key: ResourceKey, resource_type: ResourceType) -> Resource:
        """A resource, if it was read; else raises Unknown."""
        future = self.resource(key.place, resource_type, key.identifier)
        if not future.done():
            self._unknown()
            raise Unknown
        found = future.result()
        if found is None:  # the statement will not see the row
            self.unknown = True
            raise Unknown
        return found

    def account_id(self, place: Place) -> str:
        """The account that a place is in."""
        return self._snapshot.account_id(place)

    def enabled_regions(self, account: str) -> tuple[str, ...]:
        """The regions that are enabled for an account."""
        return self._snapshot.enabled_regions(account)

    def key_set(self) -> KeySet:
        """A new set of resources."""
        return self._snapshot.key_set()

    def result(self, future: Future[T]) -> T:
        """What a call gave; raises Unknown if it is not yet there."""
        self.wait((future,))
        return future.result()

    def wait(self, futures: Sequence[Future[Any]]) -> None:
        """Raises Unknown if none of them is done."""
        if not any(future.done() for future in futures):
            raise Unknown

    def _unknown(self) -> None:
        """Nothing is known of a keyed scan's rows: the statement goes on to the next key.

        The rows of any other scan lead the statement: without them it cannot go on.
        """
        self.unknown = True
        if not self._keyed:
            raise Enough


@dataclass(slots=True)
class ReadAhead:
    """A `Source` for the scans of one statement that other tables give the keys for.

    ``discover`` runs the statement with a `Discovery`. At most ``width`` calls run at once.
    ``eager``: nothing is known to end the statement before its last row.
    """

    snapshot: Snapshot
    discover: Callable[[Discovery], None]
    width: int
    eager: bool
    _order: list[Start] = field(default_factory=list)
    _positions: dict[Request, int] = field(default_factory=dict)
    _reached: int = -1
    _sent: int = 0
    _window: int | None = FIRST_WINDOW
    _fruitless: int = 0
    _rests: int = 0
    _cheap: bool = False
    _began: float = 0

    @property
    def asker(self) -> Asker:
        """The statement."""
        return self.snapshot.asker

    def listing(
        self, place: Place, resource_type: ResourceType, resource_model: Properties
    ) -> Iterable[Sequence[Resource] | Waiting]:
        """A type's listing in a place, under way from the first call on."""
        request = listing_key(place, resource_type, resource_model)
        known = self.snapshot.known_listing(request)
        if known is None or request in self._positions:
            self._reach(
                request, lambda: self.snapshot.listing(place, resource_type, resource_model)
            )
        return known or self.snapshot.listing(place, resource_type, resource_model)

    def resource(
        self, place: Place, resource_type: ResourceType, identifier: str
    ) -> Future[Resource | None]:
        """A resource by GetResource, under way from the first call on; None if it is not there."""
        request = ResourceKey(place, resource_type.name, identifier)
        known = self.snapshot.known_resource(request, resource_type)
        if known is None or request in self._positions:
            self._reach(request, lambda: self.snapshot.resource(place, resource_type, identifier))
        return known or self.snapshot.resource(place, resource_type, identifier)

    def listed(self, place: Place, resource_type: ResourceType, identifier: str) -> Resource | None:
        """A resource, if a listing that was asked for has given it by now."""
        return self.snapshot.listed(place, resource_type, identifier)

    def whole(self, key: ResourceKey, resource_type: ResourceType) -> Resource:
        """A resource that the statement was shown, as GetResource gives it."""
        self.resource(key.place, resource_type, key.identifier)
        return self.snapshot.whole(key, resource_type)

    def account_id(self, place: Place) -> str:
        """The account that a place is in."""
        return self.snapshot.account_id(place)

    def enabled_regions(self, account: str) -> tuple[str, ...]:
        """The regions that are enabled for an account."""
        return self.snapshot.enabled_regions(account)

    def key_set(self) -> KeySet:
        """A new set of resources."""
        return self.snapshot.key_set()

    def result(self, future: Future[T]) -> T:
        """What a call gives, once it is there."""
        return self.snapshot.result(future)

    def wait(self, futures: Sequence[Future[Any]]) -> None:
        """Returns when one of them is done."""
        self.snapshot.wait(futures)

    def _reach(self, request: Request, start: Start) -> None:
        """The reader wants this now; what comes next is sent ahead, the more the further it got.

        A reader that stops here, as for LIMIT, has caused at most twice the calls that it needed.
        """
        if request not in self._positions:
            self._add(request, start)
            self._look_ahead()
        position = self._positions[request]
        if position <= self._reached:
            return
        self._reached = position
        self._send()
        if self._cheap and len(self._order) - position <= 2 * self.width:
            # While those on their way keep the threads busy.
            self._look_ahead()
            self._send()

    def _send(self) -> None:
        position = self._reached
        ahead = min(2 * self.width, max(position + 1, HEAD_START if self.eager else 0))
        while self._sent < min(len(self._order), position + 1 + ahead):
            self._order[self._sent]()
            self._sent += 1

    def _add(self, request: Request, start: Start) -> None:
        self._positions[request] = len(self._order)
        self._order.append(start)

    def _look_ahead(self) -> None:
        """Finds the next requests; after passes that found none, ever more seldom."""
        if self._rests:
            self._rests -= 1
            return
        started = time.perf_counter()
        self._began = self._began or started
        # Not much longer than all that the statement has taken so far.
        deadline_s = max(SHORTEST_PASS_S, started - self._began)
        discovery = Discovery(self.snapshot, self._positions, self._window, deadline_s)
        self.discover(discovery)
        seconds = time.perf_counter() - started
        found = len(discovery.found)
        for request, start in discovery.found.items():
            self._add(request, start)
        self._fruitless = 0 if found else self._fruitless + 1
        self._rests = 2**self._fruitless - 1
        self._cheap = seconds < CALL_S
        if self._window is not None:
            costly = found and seconds > CALL_S * found / self.width
            self._window = None if costly else self._window * WINDOW_GROWTH


def _and_then_unknown(rows: Iterable[Sequence[Resource] | Waiting]) -> Flow[Resource]:
    yield from rows
    raise Unknown
