"""A plan and its keys to rows: regions, parents, pages and hydration. Knows nothing of SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Literal

from awsvtab.catalog import Catalog, Parent, ResourceType
from awsvtab.catalog.model import RegionSource
from awsvtab.catalog.scope import home_region, host_region
from awsvtab.cloudcontrol import CloudControl
from awsvtab.errors import (
    AwsError,
    NotFound,
    NotSupportedError,
    ProgrammingError,
    TypeNotFound,
)
from awsvtab.flow import Flow, Waiting, Window, drained, in_order, mapped, merged, ready
from awsvtab.hydrate import hydrated
from awsvtab.keys import (
    Conditions,
    Keys,
    admitted,
    agrees,
    among,
    full_identifiers,
    inherited_keys,
    parent_keys,
    resource_models,
)
from awsvtab.lookups import Lookups
from awsvtab.messages import cannot_list, lacks_region, needs_keys
from awsvtab.options import ALL, SESSION_ACCOUNT, Place
from awsvtab.regions import check_regions, global_region, plausible, scan_regions
from awsvtab.resources import NO_MODEL, Resource
from awsvtab.scopes import (
    Scope,
    once,
    property_reader,
    rules_out,
    takes,
    tells_parents_apart,
)
from awsvtab.snapshot import Source, done
from awsvtab.spool import KeySet
from awsvtab.values import Properties

Rows = Flow[Resource]


@dataclass(frozen=True, slots=True)
class Reach:
    """Which account a table shows, and which of its regions; None: the session's, or any named."""

    account: str = SESSION_ACCOUNT
    regions: tuple[str, ...] | Literal["all"] | None = None


@dataclass(frozen=True, slots=True)
class Scanner:
    """Makes the rows of any resource type, through a statement's snapshot."""

    catalog: Catalog
    cloudcontrol: CloudControl
    concurrency: int
    reach: Reach

    def scan(
        self,
        snapshot: Source,
        resource_type: ResourceType,
        keys: Keys,
        needs: frozenset[str],
        whole: bool = False,
        limited: bool = False,
        lookups: Lookups | None = None,
        rechecked: bool = False,
    ) -> Iterator[Resource]:
        """The resources that the keys allow, each with the properties ``needs``, or ``whole``.

        Rows come as AWS gives them; of several listings and reads, what is there first. Calls run
        ahead of the reader, less far if it is ``limited`` to some rows. ``lookups`` are where
        the statement keeps what it goes through again. Where the reader has rows ``rechecked``, it
        may get others that cost nothing more. Raises ProgrammingError for regions and keys
        that do not do, `AwsError` where AWS fails.
        """
        rows = self._rows(snapshot, resource_type, keys, needs, whole, limited, lookups, rechecked)
        return chain.from_iterable(drained(rows, snapshot.wait))

    def _rows(
        self,
        snapshot: Source,
        resource_type: ResourceType,
        keys: Keys,
        needs: frozenset[str],
        whole: bool = False,
        limited: bool = False,
        lookups: Lookups | None = None,
        rechecked: bool = False,
    ) -> Rows:
        if keys.impossible:
            return iter(())
        places = self.places(resource_type, keys, snapshot)
        if not places:
            return iter(())
        identifiers = full_identifiers(resource_type, keys)
        enough = partial(_has, needs=needs, whole=whole)
        if identifiers is not None and _may_get(resource_type, places):
            return self._get(snapshot, resource_type, places, identifiers, limited, enough)
        if not resource_type.can("list"):
            raise NotSupportedError(cannot_list(resource_type))
        lookups = Lookups() if lookups is None else lookups
        passed = enough if rechecked else None

        def read(conditions: Conditions) -> Rows:
            wanted = replace(keys, filters=conditions, equal=())
            listed = self._list(snapshot, resource_type, places, wanted, limited, lookups)
            return admitted(listed, keys.conditions | conditions, passed)

        complete = partial(self._hydrate, snapshot)
        rows = lookups.rows((resource_type.name, *places), keys, read, complete, passed)
        return self._hydrate(snapshot, rows, needs, whole) if needs or whole else rows

    def places(self, resource_type: ResourceType, keys: Keys, snapshot: Source) -> list[Place]:
        """Where the rows with these keys may be; ProgrammingError for regions that do not do."""
        is_region = self._is_region
        named = keys.written_regions | keys.other_regions
        check_regions(sorted(named), is_region, self.catalog.regions)
        if resource_type.is_global:
            return self._home(resource_type, keys, snapshot)
        regions = self._regions(snapshot)
        default = None if keys.regions or regions else self._default_region()
        chosen = scan_regions(keys, regions, default, resource_type.not_in, is_region)
        return [Place(self.reach.account, region) for region in filter(keys.takes_region, chosen)]

    def _home(self, resource_type: ResourceType, keys: Keys, snapshot: Source) -> list[Place]:
        """The one place of a global type's rows; none, with a warning, for another region."""
        reach = () if self.reach.regions in (None, ALL) else self.reach.regions
        default = None if reach else self._default_region()
        home = global_region(resource_type, keys, reach, default, self.catalog.regions)
        if keys.regions is None or home in keys.regions:
            return [Place(self.reach.account, home)] if keys.takes_region(home) else []
        if keys.written_regions:
            snapshot.asker.warn(f"the rows of {resource_type.dotted_name} are in {home}")
        return []

    def _is_region(self, name: str) -> bool:
        return plausible(name, self.catalog.regions) and self.cloudcontrol.is_region(name)

    def _regions(self, snapshot: Source) -> Sequence[str] | None:
        if self.reach.regions is None:
            return None
        if self.reach.regions != ALL:
            check_regions(self.reach.regions, self._is_region, self.catalog.regions)
            return self.reach.regions
        return snapshot.enabled_regions(self.reach.account)

    def _default_region(self) -> str | None:
        return self.cloudcontrol.default_region(self.reach.account)

    def place_of_new(
        self, resource_type: ResourceType, region: str | None, snapshot: Source
    ) -> Place:
        """Where a row is created; without a region, where there is only one choice."""
        if region is None:
            keys = Keys()
            if not resource_type.is_global and len(set(self._regions(snapshot) or ())) > 1:
                raise ProgrammingError(lacks_region(resource_type))
        else:
            keys = Keys(regions=frozenset({region}), written_regions=frozenset({region}))
        if region is not None and resource_type.is_global:
            (home,) = self.places(resource_type, Keys(), snapshot)
            if region != home.region:
                raise ProgrammingError(
                    f"the rows of {resource_type.dotted_name} are in {home.region}: "
                    f"write region = '{home.region}'"
                )
        return self.places(resource_type, keys, snapshot)[0]

    def _get(
        self,
        snapshot: Source,
        resource_type: ResourceType,
        places: Iterable[Place],
        identifiers: Iterable[str],
        limited: bool = False,
        enough: Callable[[Resource], bool] = lambda row: False,
    ) -> Rows:
        """The resources with these identifiers; what a listing gave will do if it is ``enough``."""
        asked = [(place, identifier) for place in places for identifier in identifiers]

        def start(key: tuple[Place, str]) -> Future[Resource | None]:
            place, identifier = key
            listed = snapshot.listed(place, resource_type, identifier)
            if listed is not None and enough(listed):
                return done(listed)
            return snapshot.resource(place, resource_type, identifier)

        futures = in_order(ready(asked), start, self._window(limited))
        return mapped(futures, partial(_found, snapshot))

    def _list(
        self,
        snapshot: Source,
        resource_type: ResourceType,
        places: list[Place],
        keys: Keys,
        limited: bool,
        lookups: Lookups,
    ) -> Rows:
        if resource_type.region_source is not None:
            source = resource_type.region_source
            return self._list_spanning(snapshot, resource_type, source, places, keys, lookups)
        given = resource_models(resource_type, keys)
        if given is not None:
            scopes = [
                (place, model)
                for place in places
                for model in given
                if takes(resource_type, place, model)
            ]
            return self._read(snapshot, resource_type, ready(scopes), limited)
        rows = self._list_by_parents(snapshot, resource_type, places, keys, limited)
        if tells_parents_apart(resource_type):
            return rows
        return mapped(rows, partial(_distinct, snapshot.key_set()))

    def _list_spanning(
        self,
        snapshot: Source,
        resource_type: ResourceType,
        source: RegionSource,
        places: list[Place],
        keys: Keys,
        lookups: Lookups,
    ) -> Rows:
        """The rows of all regions from one listing, each in its own region."""
        owners: dict[str, Place] = {}
        if source.type_name is not None:
            owner = self.catalog.type(source.type_name)
            here = Keys(regions=frozenset(place.region for place in places))
            for step in self._rows(snapshot, owner, here, frozenset()):
                if isinstance(step, Waiting):
                    yield step
                else:
                    owners |= {row.identifier: row.place for row in step}
        regions = {place.region: place for place in places}
        lost: list[str] = []

        def located(row: Resource) -> Place | None:
            if source.type_name is not None:
                return owners.get(row.identifier)
            host = row.value(source.property)
            region = host_region(host) if isinstance(host, str) else None
            if region is None:
                lost.append(row.identifier)
            return regions.get(region or "")

        def at_home(rows: Sequence[Resource]) -> list[Resource]:
            found = ((row, located(row)) for row in rows)
            return [row.at(place) for row, place in found if place is not None]

        def read(_: Conditions) -> Rows:
            return self._read(snapshot, resource_type, ready([(places[0], NO_MODEL)]))

        identifiers = full_identifiers(resource_type, keys)
        wanted = Keys() if identifiers is None else among(identifiers)
        scope = (resource_type.name, places[0], None)
        rows = lookups.rows(scope, wanted, read, lambda rows, _: rows)
        yield from mapped(admitted(rows, wanted.all_conditions | keys.all_conditions), at_home)
        yield from self._get(snapshot, resource_type, places, lost)

    def _list_by_parents(
        self,
        snapshot: Source,
        resource_type: ResourceType,
        places: Iterable[Place],
        keys: Keys,
        limited: bool,
    ) -> Rows:
        """The rows below all parents; a type that is its own parent is walked as a tree."""
        trees = [each for each in resource_type.parents if each.type_name == resource_type.name]
        keys = inherited_keys(resource_type, keys)
        parents = [
            (place, parent) for place in places for parent in self._parents_in(resource_type, place)
        ]
        for place, _ in parents:
            snapshot.asker.begin_region(place.region)
        scopes = merged(
            ready(parents),
            lambda each: _at_end(
                self._scopes(snapshot, resource_type, each[1], each[0], keys),
                partial(snapshot.asker.end_region, each[0].region),
            ),
            self._window(limited),
        )
        walked: set[tuple[Place, str]] = set()
        level: list[Resource] = []
        while True:
            new_scopes = mapped(scopes, partial(once, walked))
            for step in self._read(snapshot, resource_type, new_scopes, limited, True):
                if trees and not isinstance(step, Waiting):
                    level += step
                yield step
            if not level:
                return
            scopes = chain.from_iterable(
                [self._scopes_below(snapshot, tree, level, keys) for tree in trees]
            )
            level = []

    def _parents_in(self, resource_type: ResourceType, place: Place) -> list[Parent]:
        """The parents that a place has; ProgrammingError where what holds the rows is unknown."""
        found = [
            parent
            for parent in resource_type.parents
            if parent.type_name != resource_type.name
            and (
                parent.type_name is None
                or place.region not in self.catalog.type(parent.type_name).not_in
            )
        ]
        if not found:
            raise ProgrammingError(needs_keys(resource_type, place))
        return found

    def _scopes(
        self,
        snapshot: Source,
        resource_type: ResourceType,
        parent: Parent,
        place: Place,
        keys: Keys,
    ) -> Flow[Scope]:
        """The scopes of the listings that together give all of a parent's children."""
        constants = self._constants(snapshot, parent, place)
        if parent.type_name is None:
            models = parent.models(lambda name: None, constants)
            return ready([(place, model) for model in models if agrees(resource_type, keys, model)])
        parent_type = self.catalog.type(parent.type_name)
        here = parent_keys(resource_type, parent, parent_type, place, keys)
        rows = self._rows(snapshot, parent_type, here, parent.sources)
        return mapped(
            rows,
            lambda batch: [
                (place, model)
                for row in batch
                for model in parent.models(property_reader(row), constants)
                if agrees(resource_type, keys, model)
            ],
        )

    def _scopes_below(
        self, snapshot: Source, tree: Parent, level: Sequence[Resource], keys: Keys
    ) -> Flow[Scope]:
        """The scopes of the listings of what is below the rows of one level of a tree."""
        rows = self._hydrate(snapshot, ready(level), tree.sources)
        return mapped(
            rows,
            lambda batch: [
                (row.place, model)
                for row in batch
                for model in tree.models(
                    property_reader(row), self._constants(snapshot, tree, row.place)
                )
                if agrees(row.resource_type, keys, model)
            ],
        )

    def _constants(
        self, snapshot: Source, parent: Parent, place: Place
    ) -> dict[str, tuple[str, ...]]:
        at_home = place.region == home_region(place.region)
        constants = parent.constants(at_home)
        for name in parent.account:
            constants[name] = (snapshot.account_id(place),)
        return constants

    def _read(
        self,
        snapshot: Source,
        resource_type: ResourceType,
        scopes: Flow[Scope],
        limited: bool = False,
        from_parents: bool = False,
    ) -> Rows:
        """The rows of several listings, read at once.

        A parent may be gone when its children are listed. If that is said of all that were just
        listed, something other than bad luck is wrong.
        """
        read = 0
        gone: list[NotFound] = []
        asker = snapshot.asker

        def begun(scopes: Sequence[Scope]) -> Sequence[Scope]:
            for place, _ in scopes:
                asker.begin_region(place.region)
            return scopes

        def rows_of(
            listing: Iterable[Sequence[Resource] | Waiting], place: Place, model: Properties
        ) -> Rows:
            nonlocal read
            try:
                yield from listing
                read += 1
            except AwsError as error:
                if not rules_out(error, model) and not self._lacks_type(error, place):
                    asker.failed(error)
                if isinstance(error, NotFound):
                    gone.append(error)
                    if from_parents:
                        asker.parent_gone(error)
            asker.end_region(place.region)

        def start(scope: Scope) -> Rows:
            place, model = scope
            return rows_of(snapshot.listing(place, resource_type, model), place, model)

        yield from merged(mapped(scopes, begun), start, self._window(limited))
        if from_parents and len(gone) > 1 and not read:
            raise gone[0]

    def _lacks_type(self, error: AwsError, place: Place) -> bool:
        """Whether a region of "all", which is newer than the catalog, does not have the type."""
        unknown = self.reach.regions == ALL and place.region not in self.catalog.regions
        return unknown and isinstance(error, TypeNotFound)

    def _hydrate(
        self, snapshot: Source, rows: Rows, needs: frozenset[str], whole: bool = False
    ) -> Rows:
        """The rows with what they need, read ahead of the reader."""
        return hydrated(snapshot, rows, needs, whole, self._window(limited=True))

    def _window(self, limited: bool) -> Window:
        """How far calls run ahead: at once as far as can be, unless the reader may stop early."""
        most = 2 * self.concurrency
        return Window(2 if limited else most, most)


def _found(snapshot: Source, reads: Iterable[Future[Resource | None]]) -> list[Resource]:
    """The resources that there are, of those that were looked up."""
    found = []
    for future in reads:
        try:
            found.append(snapshot.result(future))
        except AwsError as error:
            snapshot.asker.failed(error)
    return [resource for resource in found if resource is not None]


def _may_get(resource_type: ResourceType, places: list[Place]) -> bool:
    """Whether GetResource is the way: not where it fails in all regions but an unknown one."""
    spans = resource_type.region_source is not None and len(places) > 1
    return resource_type.can("read") and not (spans and resource_type.can("list"))


def _has(row: Resource, needs: frozenset[str], whole: bool) -> bool:
    return row.whole or (not whole and (row.known is needs or row.knows(needs)))


def _distinct(seen: KeySet, rows: Sequence[Resource]) -> list[Resource]:
    """Each resource once, though several parents may lead to it."""
    return [row for row in rows if seen.add(row.key)]


def _at_end(flow: Flow[Scope], act: Callable[[], None]) -> Flow[Scope]:
    """The flow; at its end, something is done."""
    yield from flow
    act()
