"""What a transaction's waiting changes make of the resources that AWS has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from itertools import chain
from typing import Any, TypeVar

from awsvtab.asking import Asker
from awsvtab.catalog.model import ResourceType
from awsvtab.changes import Change, Operation
from awsvtab.flow import Waiting, mapped
from awsvtab.keys import Keys
from awsvtab.options import Place
from awsvtab.resources import Resource, ResourceKey
from awsvtab.snapshot import Source, done
from awsvtab.spool import KeySet
from awsvtab.values import Properties, dump_json

T = TypeVar("T")
Pending = Mapping[ResourceKey, Resource | None]


def pending_rows(changes: Iterable[Change], resource_type: ResourceType, account: str) -> Pending:
    """The rows of a table that changes wait for, as they will be; None for those that will go."""
    rows: dict[ResourceKey, Resource | None] = {}
    for change in changes:
        if change.resource_type.name == resource_type.name and change.place.account == account:
            before = rows.get(change.key)
            unnamed = change.identifier is None or (before is not None and before.unnamed)
            rows[change.key] = _row(change, unnamed)
    return rows


def _row(change: Change, unnamed: bool) -> Resource | None:
    if change.operation is Operation.DELETE:
        return None
    place, _, identifier = change.key
    text = dump_json(change.properties or {})
    return Resource(change.resource_type, place, identifier, text, whole=True, unnamed=unnamed)


def overlaid(
    rows: Iterator[Resource],
    pending: Pending,
    keys: Keys,
    places: Callable[[], Sequence[Place]],
) -> Iterator[Resource]:
    """The rows of a scan as the transaction leaves them, its own new ones last.

    ``places`` are where the scan looks.
    """
    conditions = (*keys.conditions, *keys.filters, *keys.equal)
    there = set() if keys.impossible else set(places())
    own = (
        row
        for row in pending.values()
        if row is not None and row.place in there and all(each.admits(row) for each in conditions)
    )
    return chain((row for row in rows if row.key not in pending), own)


class Hiding:
    """A `Source` without the resources that changes wait for: AWS is not asked for them."""

    def __init__(self, source: Source, pending: Pending) -> None:
        self._source = source
        self._pending = pending

    @property
    def asker(self) -> Asker:
        """Who the scan is made for."""
        return self._source.asker

    def listing(
        self, place: Place, resource_type: ResourceType, resource_model: Properties
    ) -> Iterable[Sequence[Resource] | Waiting]:
        """A type's listing in a place, as a flow gives it."""
        rows = iter(self._source.listing(place, resource_type, resource_model))
        return mapped(rows, lambda batch: [row for row in batch if row.key not in self._pending])

    def resource(
        self, place: Place, resource_type: ResourceType, identifier: str
    ) -> Future[Resource | None]:
        """A resource by GetResource; None if it is not there."""
        if ResourceKey(place, resource_type.name, identifier) in self._pending:
            return done(None)
        return self._source.resource(place, resource_type, identifier)

    def listed(self, place: Place, resource_type: ResourceType, identifier: str) -> Resource | None:
        """A resource, if a listing that was asked for has given it by now."""
        if ResourceKey(place, resource_type.name, identifier) in self._pending:
            return None
        return self._source.listed(place, resource_type, identifier)

    def whole(self, key: ResourceKey, resource_type: ResourceType) -> Resource:
        """A resource that the statement was shown, as GetResource gives it."""
        return self._source.whole(key, resource_type)

    def account_id(self, place: Place) -> str:
        """The account that a place is in."""
        return self._source.account_id(place)

    def enabled_regions(self, account: str) -> tuple[str, ...]:
        """The regions that are enabled for an account."""
        return self._source.enabled_regions(account)

    def key_set(self) -> KeySet:
        """A new set of resources."""
        return self._source.key_set()

    def result(self, future: Future[T]) -> T:
        """What a call gives, once it is there."""
        return self._source.result(future)

    def wait(self, futures: Sequence[Future[Any]]) -> None:
        """Returns when one of them is done."""
        self._source.wait(futures)
