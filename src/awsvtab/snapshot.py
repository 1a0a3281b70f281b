"""What one statement has read from AWS: nothing is fetched twice, and all parts of it agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import NamedTuple, Protocol, TypeVar

from awsvtab.catalog.model import ResourceType
from awsvtab.cloudcontrol import CloudControl, Page, ProgressEvent
from awsvtab.errors import Cancelled, OperationalError, ProgrammingError
from awsvtab.options import Place
from awsvtab.resources import Resource, ResourceKey
from awsvtab.values import Properties, dump_json
from awsvtab.waiting import Cancel

T = TypeVar("T")

# How soon waiting notices that the user interrupted: SQLite itself tells nobody.
POLL_S = 0.1


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

    def listing(
        self, place: Place, resource_type: ResourceType, resource_model: Properties
    ) -> Iterable[Resource]:
        """A type's listing in a place."""

    def resource(
        self, place: Place, resource_type: ResourceType, identifier: str
    ) -> Future[Resource | None]:
        """A resource by GetResource; None if it is not there."""

    def whole(self, key: ResourceKey, resource_type: ResourceType) -> Resource:
        """A resource that the statement was shown, as GetResource gives it."""

    def account_id(self, place: Place) -> str:
        """The account that a place is in."""

    def enabled_regions(self, account: str) -> tuple[str, ...]:
        """The regions that are enabled for an account."""

    def result(self, future: Future[T]) -> T:
        """What a call gives, once it is there."""


class Listing:
    """One listing, fetched page by page while it is read, and shared by all that read it.

    The page after the one that is being read is already on its way.
    """

    def __init__(
        self,
        request: Callable[[str | None], Future[Page]],
        result: Callable[[Future[Page]], Page],
        make: Callable[[str, str], Resource],
    ) -> None:
        self._request = request
        self._result = result
        self._make = make
        self._resources: list[Resource] = []
        self._next: Future[Page] | None = request(None)

    def __iter__(self) -> Iterator[Resource]:
        position = 0
        while position < len(self._resources) or self._fetch():
            while position < len(self._resources):
                yield self._resources[position]
                position += 1

    def fetched(self) -> Iterator[Resource]:
        """The rows of the pages that were taken in by now."""
        return iter(self._resources[:])

    @property
    def complete(self) -> bool:
        """Whether `fetched` gives all rows."""
        return self._next is None

    def _fetch(self) -> bool:
        """Takes in the next page; False if there is none."""
        if self._next is None:
            return False
        page = self._result(self._next)
        self._next = self._request(page.next_token) if page.next_token else None
        self._resources += (self._make(*each) for each in page.resources)
        return True


class Snapshot:
    """The listings and resources that one statement has asked for.

    ``seen`` are the resources that a writing statement was shown. ``interrupted`` is asked, in
    the reading thread, whether to stop.
    """

    def __init__(
        self,
        cloudcontrol: CloudControl,
        executor: ThreadPoolExecutor,
        interrupted: Callable[[], bool],
    ) -> None:
        self.cancel = Cancel()
        self.seen: dict[ResourceKey, Resource] = {}
        self._cloudcontrol = cloudcontrol
        self._executor = executor
        self._interrupted = interrupted
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
                    self._cloudcontrol.list_page,
                    place,
                    resource_type.name,
                    resource_model,
                    token,
                    self.cancel,
                ),
                self.result,
                lambda identifier, text: Resource(
                    resource_type, place, identifier, text, whole, resource_model
                ),
            )
        return found

    def resource(
        self, place: Place, resource_type: ResourceType, identifier: str
    ) -> Future[Resource | None]:
        """A resource by GetResource, under way from the first call on; None if it is not there."""
        key = ResourceKey(place, resource_type.name, identifier)
        found = self._resources.get(key)
        if found is None:
            found = self._resources[key] = self._submit(self._get, place, resource_type, identifier)
        return found

    def known_listing(self, key: ListingKey) -> Listing | None:
        """A listing that was asked for; nothing is sent."""
        return self._listings.get(key)

    def known_resource(self, key: ResourceKey) -> Future[Resource | None] | None:
        """A resource that was asked for; nothing is sent."""
        return self._resources.get(key)

    def whole(self, key: ResourceKey, resource_type: ResourceType) -> Resource:
        """A resource that the statement was shown, as GetResource gives it."""
        seen = self.seen.get(key)
        if seen is not None and seen.whole:
            return seen
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
            self._submit(self._cloudcontrol.account_id, place, self.cancel),
        )

    def enabled_regions(self, account: str) -> tuple[str, ...]:
        """The regions that are enabled for an account."""
        return self.result(
            self._submit(self._cloudcontrol.enabled_regions, account, self.cancel),
        )

    def requests_page(
        self, place: Place, operations: Sequence[str], statuses: Sequence[str], token: str | None
    ) -> Future[tuple[list[ProgressEvent], str | None]]:
        """A page of what was asked of Cloud Control in a place, under way."""
        return self._submit(
            self._cloudcontrol.requests_page, place, operations, statuses, token, self.cancel
        )

    def result(self, future: Future[T]) -> T:
        """What a call gives, once it is there; Cancelled as soon as the user interrupts."""
        try:
            while True:
                try:
                    return future.result(timeout=POLL_S)
                except TimeoutError:
                    if future.done():  # meanwhile, or with a TimeoutError of its own
                        return future.result()
                if self._interrupted():
                    self.close()
                    raise Cancelled("interrupted")
        except CancelledError:
            raise Cancelled("interrupted") from None

    def close(self) -> None:
        """Stops what is under way; nothing more is sent."""
        self.cancel.set()
        for future in list(self._running):
            future.cancel()

    def _get(self, place: Place, resource_type: ResourceType, identifier: str) -> Resource | None:
        found = self._cloudcontrol.get(place, resource_type.name, identifier, self.cancel)
        if found is None:
            return None
        return Resource(resource_type, place, *found, whole=True)

    def _submit(self, call: Callable[..., T], *arguments: object) -> Future[T]:
        try:
            future = self._executor.submit(call, *arguments)
        except RuntimeError:  # concurrent.futures says so after shutdown
            raise ProgrammingError("the registration of the AWS tables was closed") from None
        self._running.add(future)  # type: ignore[arg-type]  # a set of futures of anything
        future.add_done_callback(self._running.discard)
        return future
