"""What one statement has read from AWS: nothing is fetched twice, and all parts of it agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from typing import Any, NamedTuple, Protocol, TypeVar

from awsvtab.asking import Asker
from awsvtab.cache import Reads
from awsvtab.catalog.model import ResourceType
from awsvtab.cloudcontrol import CloudControl, Page, ProgressEvent
from awsvtab.errors import Cancelled, OperationalError
from awsvtab.flow import Flow, Waiting
from awsvtab.keys import covering_models
from awsvtab.options import Place
from awsvtab.pool import Pool
from awsvtab.progress import Reporter
from awsvtab.resources import Resource, ResourceKey
from awsvtab.spool import KeySet, Spool, Text
from awsvtab.values import Properties, dump_json

T = TypeVar("T")

# How soon waiting notices that the user interrupted: SQLite itself tells nobody.
POLL_S = 0.1
# How many rows of a listing come at once where all are there.
BATCH_ROWS = 250


class ListingKey(NamedTuple):
    """What tells one listing from all others."""

    place: Place
    type_name: str
    resource_model: str


def listing_key(
    place: Place, resource_type: ResourceType, resource_model: Properties
) -> ListingKey:
    """The key of a type's listing in a place, by a resource model."""
    return ListingKey(place, resource_type.name, dump_json(resource_model))


class Source(Protocol):
    """What a scan takes its rows from; `Snapshot` says what each method gives."""

    @property
    def asker(self) -> Asker:
        """Who the scan is made for: it is told what could not be read."""

    def listing(
        self, place: Place, resource_type: ResourceType, resource_model: Properties
    ) -> Iterable[Sequence[Resource] | Waiting]:
        """A type's listing in a place, as a flow gives it."""

    def resource(
        self, place: Place, resource_type: ResourceType, identifier: str
    ) -> Future[Resource | None]:
        """A resource by GetResource; None if it is not there."""

    def listed(self, place: Place, resource_type: ResourceType, identifier: str) -> Resource | None:
        """A resource, if a listing that was asked for has given it by now; nothing is sent."""

    def whole(self, key: ResourceKey, resource_type: ResourceType) -> Resource:
        """A resource that the statement was shown, as GetResource gives it."""

    def account_id(self, place: Place) -> str:
        """The account that a place is in."""

    def enabled_regions(self, account: str) -> tuple[str, ...]:
        """The regions that are enabled for an account."""

    def key_set(self) -> KeySet:
        """A new set of resources."""

    def result(self, future: Future[T]) -> T:
        """What a call gives, once it is there."""

    def wait(self, futures: Sequence[Future[Any]]) -> None:
        """Returns when one of them is done."""


class Room:
    """How many more rows a statement keeps in memory."""

    def __init__(self, rows: int) -> None:
        self._left = rows

    def take(self, rows: int) -> int:
        """Takes room for as many rows as there is, up to ``rows``."""
        taken = min(rows, self._left)
        self._left -= taken
        return taken


class Listing:
    """One listing, fetched page by page while it is read, and shared by all that read it.

    The page after the one that is being read is already on its way. The statement's first rows
    are kept as resources; of those beyond, the spool has the text.
    """

    def __init__(
        self,
        request: Callable[[str | None], Future[Page]],
        result: Callable[[Future[Page]], Page],
        make: Callable[[str, str], Resource],
        room: Room,
        spool: Spool,
    ) -> None:
        self._request = request
        self._result = result
        self._make = make
        self._room = room
        self._spool = spool
        self._number = spool.new_number()
        self._kept: list[Resource] = []
        self._by_identifier: dict[str, Resource] = {}  # as far as `find` had to go
        self._indexed = 0
        self._count = 0
        self._next: Future[Page] | None = request(None)

    def __iter__(self) -> Flow[Resource]:
        """All its rows, from the first."""
        position = 0
        while True:
            if position < self._count:
                batch = self._rows(position)
                position += len(batch)
                yield batch
            elif self._next is None:
                return
            elif self._next.done():
                self._take_in(self._result(self._next))
            else:
                yield Waiting((self._next,))

    def fetched(self) -> Flow[Resource]:
        """The rows of the pages that were taken in by now."""
        position, count = 0, self._count
        while position < count:
            batch = self._rows(position)
            position += len(batch)
            yield batch

    def find(self, identifier: str) -> Resource | None:
        """The row with an identifier, if it was taken in."""
        for row in self._kept[self._indexed :]:
            self._by_identifier.setdefault(row.identifier, row)
        self._indexed = len(self._kept)
        found = self._by_identifier.get(identifier)
        if found is None and self._count > len(self._kept):
            text = self._spool.find_listed(self._number, identifier)
            found = None if text is None else self._make(*text)
        return found

    @property
    def complete(self) -> bool:
        """Whether `fetched` gives all rows."""
        return self._next is None

    def _rows(self, position: int) -> Sequence[Resource]:
        """Some rows from a position on."""
        if position < len(self._kept):
            return self._kept[position : position + BATCH_ROWS]
        texts = self._spool.listed(self._number, position, BATCH_ROWS)
        return [self._make(*text) for text in texts]

    def _take_in(self, page: Page) -> None:
        self._next = self._request(page.next_token) if page.next_token else None
        # Once a row of it is spooled, all that follow are.
        fits = self._room.take(len(page.resources)) if self._count == len(self._kept) else 0
        self._kept += (self._make(*text) for text in page.resources[:fits])
        if fits < len(page.resources):
            self._spool.add_listed(self._number, self._count + fits, page.resources[fits:])
        self._count += len(page.resources)


class Snapshot:
    """The listings and resources that one statement, the ``asker``, has asked for.

    Of each it keeps ``rows_in_memory``; a spool has the others. ``interrupted`` is asked, in the
    reading thread, whether to stop. ``reads`` may know of a cache, ``reporter`` tells the user how
    it goes.
    """

    def __init__(
        self,
        cloudcontrol: CloudControl,
        pool: Pool,
        interrupted: Callable[[], bool],
        rows_in_memory: int,
        asker: Asker,
        *,
        reads: Reads | None = None,
        reporter: Reporter | None = None,
    ) -> None:
        self.asker = asker
        self._cloudcontrol = cloudcontrol
        self._reads = reads or cloudcontrol
        self._pool = pool
        self._reporter = reporter
        self._interrupted = interrupted
        self._rows_in_memory = rows_in_memory
        self._room = Room(rows_in_memory)
        self._spool = Spool()
        self._listings: dict[ListingKey, Listing] = {}
        self._resources: dict[ResourceKey, Future[Resource | None]] = {}
        self._running: set[Future[object]] = set()

    def listing(
        self, place: Place, resource_type: ResourceType, resource_model: Properties
    ) -> Listing:
        """A type's listing in a place, under way from the first call on."""
        key = listing_key(place, resource_type, resource_model)
        found = self._listings.get(key)
        if found is None:
            whole = not resource_type.can("read")
            found = self._listings[key] = Listing(
                lambda token: self._submit(
                    self._reads.list_page,
                    place,
                    resource_type.name,
                    resource_model,
                    token,
                    self.asker,
                ),
                self.result,
                lambda identifier, text: Resource(
                    resource_type, place, identifier, text, whole, resource_model
                ),
                self._room,
                self._spool,
            )
        return found

    def resource(
        self, place: Place, resource_type: ResourceType, identifier: str
    ) -> Future[Resource | None]:
        """A resource by GetResource, under way from the first call on; None if it is not there."""
        key = ResourceKey(place, resource_type.name, identifier)
        found = self.known_resource(key, resource_type)
        if found is None:
            found = self._submit(self._get, place, resource_type, identifier)
            self._keep(key, found)
        return found

    def known_listing(self, key: ListingKey) -> Listing | None:
        """A listing that was asked for; nothing is sent."""
        return self._listings.get(key)

    def known_resource(
        self, key: ResourceKey, resource_type: ResourceType
    ) -> Future[Resource | None] | None:
        """A resource that was asked for; nothing is sent."""
        found = self._resources.get(key)
        if found is None:
            found = self._spooled(key, resource_type)
        return found

    def listed(self, place: Place, resource_type: ResourceType, identifier: str) -> Resource | None:
        """A resource, if a listing that was asked for has given it by now; nothing is sent."""
        for model in covering_models(resource_type, identifier):
            listing = self._listings.get(listing_key(place, resource_type, model))
            found = None if listing is None else listing.find(identifier)
            if found is not None:
                return found
        return None

    def remember(self, resource: Resource) -> None:
        """A statement that writes was shown a resource, and may ask for it by its key."""
        if resource.whole and resource.key not in self._resources:
            self._keep(resource.key, done(resource))

    def key_set(self) -> KeySet:
        """A new set of resources."""
        return KeySet(self._spool, self._rows_in_memory)

    def whole(self, key: ResourceKey, resource_type: ResourceType) -> Resource:
        """A resource that the statement was shown, as GetResource gives it."""
        found = self.result(self.resource(key.place, resource_type, key.identifier))
        if found is None:
            raise OperationalError(
                f"{key.type_name} '{key.identifier}' in {key.place.region} was deleted while the "
                "statement read it: run it again"
            )
        return found

    def account_id(self, place: Place) -> str:
        """The account that a place is in."""
        return self.result(
            self._submit(self._cloudcontrol.account_id, place, self.asker),
        )

    def enabled_regions(self, account: str) -> tuple[str, ...]:
        """The regions that are enabled for an account."""
        return self.result(
            self._submit(self._cloudcontrol.enabled_regions, account, self.asker),
        )

    def requests_page(
        self, place: Place, operations: Sequence[str], statuses: Sequence[str], token: str | None
    ) -> Future[tuple[list[ProgressEvent], str | None]]:
        """A page of what was asked of Cloud Control in a place, under way."""
        return self._submit(
            self._cloudcontrol.requests_page, place, operations, statuses, token, self.asker
        )

    def describe_type(self, type_name: str) -> Mapping[str, Any]:
        """The registry's schema of a type."""
        return self.result(self._submit(self._cloudcontrol.describe_type, type_name, self.asker))

    def result(self, future: Future[T]) -> T:
        """What a call gives, once it is there; Cancelled as soon as the user interrupts."""
        self.wait((future,))
        try:
            return future.result()
        except CancelledError:
            raise Cancelled("interrupted") from None

    def wait(self, futures: Sequence[Future[Any]]) -> None:
        """Returns when one of them is done; Cancelled as soon as the user interrupts."""
        while True:
            if self._reporter is not None:
                self._reporter.tell()
            if any(future.done() for future in futures):
                return
            done, _ = wait(futures, POLL_S, FIRST_COMPLETED)
            if not done and self._interrupted():
                self.close()
                raise Cancelled("interrupted")

    def close(self) -> None:
        """Stops what is under way; nothing more is sent."""
        self.asker.set()
        self._pool.give_up(list(self._running))
        self._listings.clear()
        self._resources.clear()
        self._spool.close()
        if self._reporter is not None:
            self._reporter.finish()

    def _keep(self, key: ResourceKey, future: Future[Resource | None]) -> None:
        """Keeps a resource, and moves those that are there to the spool when they are too many."""
        if len(self._resources) >= self._rows_in_memory:
            read = [each for each in self._resources.items() if _succeeded(each[1])]
            self._spool.add_fetched((asked, _text_of(found.result())) for asked, found in read)
            for asked, _ in read:
                del self._resources[asked]
        self._resources[key] = future

    def _spooled(
        self, key: ResourceKey, resource_type: ResourceType
    ) -> Future[Resource | None] | None:
        """A resource from the spool; None if it is not there."""
        found = self._spool.fetched(key)
        if found is None:
            return None
        (text,) = found
        return done(None if text is None else Resource(resource_type, key.place, *text, True))

    def _get(self, place: Place, resource_type: ResourceType, identifier: str) -> Resource | None:
        found = self._reads.get(place, resource_type.name, identifier, self.asker)
        if found is None:
            return None
        return Resource(resource_type, place, *found, whole=True)

    def _submit(self, call: Callable[..., T], *arguments: object) -> Future[T]:
        future = self._pool.submit(call, *arguments)
        self._running.add(future)  # type: ignore[arg-type]  # a set of futures of anything
        future.add_done_callback(self._running.discard)
        return future


def done(resource: Resource | None) -> Future[Resource | None]:
    """What reading a resource gives where it has been read."""
    future: Future[Resource | None] = Future()
    future.set_result(resource)
    return future


def _succeeded(future: Future[Resource | None]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _text_of(resource: Resource | None) -> Text | None:
    return None if resource is None else Text(resource.identifier, resource.text)
