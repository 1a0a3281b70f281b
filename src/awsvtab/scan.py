"""A plan and its keys to rows: regions, parents, pages and hydration. Knows nothing of SQLite."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeVar

from awsvtab.catalog import Catalog, Parent, ResourceType
from awsvtab.catalog.model import RegionSource
from awsvtab.catalog.scope import home_region, host_region
from awsvtab.cloudcontrol import CloudControl
from awsvtab.errors import (
    AwsError,
    InvalidRequest,
    NotFound,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    TypeNotFound,
)
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
from awsvtab.messages import cannot_list, needs_keys
from awsvtab.options import ALL, SESSION_ACCOUNT, Place
from awsvtab.regions import check_regions, global_region, plausible, scan_regions
from awsvtab.resources import MISSING, Resource, ResourceKey
from awsvtab.snapshot import Source
from awsvtab.values import Properties, dump_json
from awsvtab.waiting import Cancel

S = TypeVar("S")
T = TypeVar("T")
Rows = Iterator[Resource]


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
    ) -> Rows:
        """The resources that the keys allow, each with the properties ``needs``, or ``whole``.

        Rows come as AWS gives them, region by region; calls run ahead of the reader, less far if
        it is ``limited`` to some rows. ``lookups`` are where the statement keeps what it goes
        through again. Raises
        ProgrammingError for regions and keys that do not do, `AwsError` where AWS fails.
        """
        if keys.impossible:
            return iter(())
        places = self.places(resource_type, keys, snapshot)
        if not places:
            return iter(())
        identifiers = full_identifiers(resource_type, keys)
        if identifiers is not None and _may_get(resource_type, places):
            return self._get(snapshot, resource_type, places, identifiers, limited)
        if not resource_type.can("list"):
            raise NotSupportedError(cannot_list(resource_type))
        lookups = Lookups() if lookups is None else lookups

        def read(conditions: Conditions) -> Rows:
            wanted = replace(keys, filters=conditions, equal=())
            listed = self._list(snapshot, resource_type, places, wanted, limited, lookups)
            return admitted(listed, keys.conditions | conditions)

        complete = partial(self._hydrate, snapshot)
        rows = lookups.rows((resource_type.name, *places), keys, read, complete)
        return self._hydrate(snapshot, rows, needs, whole)

    def places(
        self, resource_type: ResourceType, keys: Keys, snapshot: Source | None = None
    ) -> list[Place]:
        """Where the rows with these keys may be; ProgrammingError for regions that do not do."""
        is_region = self._is_region
        named = keys.written_regions | keys.other_regions
        check_regions(sorted(named), is_region, self.catalog.regions)
        if resource_type.is_global:
            return self._home(resource_type, keys)
        regions = self._regions(snapshot)
        default = None if keys.regions or regions else self._default_region()
        chosen = scan_regions(keys, regions, default, resource_type.not_in, is_region)
        return [Place(self.reach.account, region) for region in filter(keys.takes_region, chosen)]

    def _home(self, resource_type: ResourceType, keys: Keys) -> list[Place]:
        """The one place of a global type's rows; none, with a warning, for another region."""
        reach = () if self.reach.regions in (None, ALL) else self.reach.regions
        default = None if reach else self._default_region()
        home = global_region(resource_type, keys, reach, default, self.catalog.regions)
        if keys.regions is None or home in keys.regions:
            return [Place(self.reach.account, home)] if keys.takes_region(home) else []
        if keys.written_regions:
            warnings.warn(f"the rows of {resource_type.dotted_name} are in {home}", stacklevel=2)
        return []

    def _is_region(self, name: str) -> bool:
        return plausible(name, self.catalog.regions) and self.cloudcontrol.is_region(name)

    def _regions(self, snapshot: Source | None) -> Sequence[str] | None:
        if self.reach.regions is None:
            return None
        if self.reach.regions != ALL:
            check_regions(self.reach.regions, self._is_region, self.catalog.regions)
            return self.reach.regions
        if snapshot is None:
            return self.cloudcontrol.enabled_regions(self.reach.account, Cancel())
        return snapshot.enabled_regions(self.reach.account)

    def _default_region(self) -> str | None:
        return self.cloudcontrol.default_region(self.reach.account)

    def place_of_new(self, resource_type: ResourceType, region: str | None) -> Place:
        """Where a row is created; without a region, where there is only one choice."""
        if region is None:
            keys = Keys()
            if not resource_type.is_global and len(set(self._regions(None) or ())) > 1:
                raise ProgrammingError(_lacks_region(resource_type))
        else:
            keys = Keys(regions=frozenset({region}), written_regions=frozenset({region}))
        if region is not None and resource_type.is_global:
            (home,) = self.places(resource_type, Keys())
            if region != home.region:
                raise ProgrammingError(
                    f"the rows of {resource_type.dotted_name} are in {home.region}: "
                    f"write region = '{home.region}'"
                )
        return self.places(resource_type, keys)[0]

    def _get(
        self,
        snapshot: Source,
        resource_type: ResourceType,
        places: Iterable[Place],
        identifiers: Iterable[str],
        limited: bool = False,
    ) -> Rows:
        futures = started(
            ((place, identifier) for place in places for identifier in identifiers),
            lambda each: snapshot.resource(each[0], resource_type, each[1]),
            self.concurrency,
            limited,
        )
        for future in futures:
            found = snapshot.result(future)
            if found is not None:
                yield found

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
            scopes = (
                (place, model)
                for place in places
                for model in given
                if _takes(resource_type, place, model)
            )
            return self._read(snapshot, resource_type, scopes, limited)
        return _distinct(self._list_by_parents(snapshot, resource_type, places, keys, limited))

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
            rows = self.scan(snapshot, owner, here, frozenset())
            owners = {row.identifier: row.place for row in rows}
        regions = {place.region: place for place in places}
        listed = partial(self._read, snapshot, resource_type, [(places[0], {})])
        identifiers = full_identifiers(resource_type, keys)
        if identifiers is not None:
            rows = lookups.rows(
                (resource_type.name, places[0], None),
                among(identifiers),
                lambda _: listed(),
                lambda rows, _: rows,
            )
        else:
            rows = listed()
        lost: list[str] = []
        for row in admitted(rows, keys.all_conditions):
            if source.type_name is not None:
                if row.identifier in owners:
                    yield row.at(owners[row.identifier])
                continue
            host = row.value(source.property)
            region = host_region(host) if isinstance(host, str) else None
            if region in regions:
                yield row.at(regions[region])
            elif region is None:
                lost.append(row.identifier)
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
        scopes: Iterable[tuple[Place, Properties]] = (
            (place, model)
            for place in places
            for parent in self._parents_in(resource_type, place)
            for model in self._models(snapshot, resource_type, parent, place, keys)
        )
        walked: set[tuple[Place, str]] = set()
        while scopes:
            level: list[Resource] = []
            for row in self._read(snapshot, resource_type, _once(scopes, walked), limited, True):
                level += [row] if trees else []
                yield row
            scopes = [
                (row.place, model)
                for tree in trees
                for row in self._hydrate(snapshot, iter(level), tree.sources)
                for model in tree.models(_reader(row), self._constants(snapshot, tree, row.place))
                if agrees(resource_type, keys, model)
            ]

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

    def _models(
        self,
        snapshot: Source,
        resource_type: ResourceType,
        parent: Parent,
        place: Place,
        keys: Keys,
    ) -> Iterator[Properties]:
        """The resource models of the listings that together give all of a parent's children."""
        constants = self._constants(snapshot, parent, place)
        if parent.type_name is None:
            models = parent.models(lambda name: None, constants)
        else:
            parent_type = self.catalog.type(parent.type_name)
            wanted = parent_keys(resource_type, parent, parent_type, place, keys)
            rows = self.scan(snapshot, parent_type, wanted, parent.sources)
            models = (model for row in rows for model in parent.models(_reader(row), constants))
        return (model for model in models if agrees(resource_type, keys, model))

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
        scopes: Iterable[tuple[Place, Properties]],
        limited: bool = False,
        from_parents: bool = False,
    ) -> Rows:
        """The rows of several listings, the next of which are started ahead of the reader.

        A parent may be gone when its children are listed. If that is said of all that were just
        listed, something other than bad luck is wrong.
        """

        def start(scope: tuple[Place, Properties]) -> tuple[Place, Properties, Iterable[Resource]]:
            place, model = scope
            return place, model, snapshot.listing(place, resource_type, model)

        read = 0
        gone: list[NotFound] = []
        for place, model, listing in started(scopes, start, self.concurrency, limited):
            try:
                yield from listing
                read += 1
            except AwsError as error:
                if not _rules_out(error, model) and not self._lacks_type(error, place):
                    raise
                gone += [error] if isinstance(error, NotFound) else []
        if from_parents and len(gone) > 1 and not read:
            raise gone[0]

    def _lacks_type(self, error: AwsError, place: Place) -> bool:
        """Whether a region of "all", which is newer than the catalog, does not have the type."""
        unknown = self.reach.regions == ALL and place.region not in self.catalog.regions
        return unknown and isinstance(error, TypeNotFound)

    def _hydrate(
        self, snapshot: Source, rows: Rows, needs: frozenset[str], whole: bool = False
    ) -> Rows:
        """The rows with what they need, fetched ahead in a window that grows.

        A resource that is gone when it is read is left out; if that happens to all, something
        other than bad luck is wrong.
        """
        read = gone = 0
        type_name = ""
        for row, future in _windowed(
            rows,
            lambda each: (
                None
                if each.whole or (not whole and each.knows(needs))
                else snapshot.resource(each.place, each.resource_type, each.identifier)
            ),
            2 * self.concurrency,
        ):
            found = row if future is None else snapshot.result(future)
            if found is None:
                gone += 1
                type_name = row.resource_type.name
                continue
            read += 1
            yield found if found.model is row.model else found.listed_by(row.model)
        if gone and not read:
            raise OperationalError(
                f"{gone} resources of {type_name} were listed and none of them can be read: "
                "GetResource answers that they do not exist"
            )


def started(
    items: Iterable[S], start: Callable[[S], T], width: int, limited: bool = False
) -> Iterator[T]:
    """What ``start`` makes of each item, in order, up to ``width`` of them started ahead.

    For a reader that is ``limited`` the width grows to that as it reads on.
    """
    if limited:
        yield from (made for _, made in _windowed(iter(items), start, width))
        return
    ahead: deque[T] = deque()
    for item in items:
        ahead.append(start(item))
        if len(ahead) >= width:
            yield ahead.popleft()
    yield from ahead


def _windowed(items: Iterator[S], start: Callable[[S], T], limit: int) -> Iterator[tuple[S, T]]:
    """Each item with what ``start`` makes of it, started ahead of the reader.

    The window is 1 item, then 2, then 3, up to ``limit``: a reader that stops after n rows has
    caused at most 2n starts.
    """
    ahead: deque[tuple[S, T]] = deque()
    window = 1
    while True:
        while len(ahead) < window:
            try:
                item = next(items)
            except StopIteration:
                break
            ahead.append((item, start(item)))
        if not ahead:
            return
        yield ahead.popleft()
        window = min(window + 1, limit)


def _may_get(resource_type: ResourceType, places: list[Place]) -> bool:
    """Whether GetResource is the way: not where it fails in all regions but an unknown one."""
    spans = resource_type.region_source is not None and len(places) > 1
    return resource_type.can("read") and not (spans and resource_type.can("list"))


def _takes(resource_type: ResourceType, place: Place, model: Properties) -> bool:
    """Whether a region takes a model's values, where it is known which it takes."""
    at_home = place.region == home_region(place.region)
    for parent in resource_type.parents:
        for name, values in parent.constants(at_home).items():
            if name in model and model[name] not in values:
                return False
    return True


def _distinct(rows: Rows) -> Rows:
    """Each resource once, though several parents may lead to it."""
    seen: set[ResourceKey] = set()
    for row in rows:
        if row.key not in seen:
            seen.add(row.key)
            yield row


def _once(
    scopes: Iterable[tuple[Place, Properties]], walked: set[tuple[Place, str]]
) -> Iterator[tuple[Place, Properties]]:
    """The scopes that were not yet among those walked."""
    for place, model in scopes:
        scope = (place, dump_json(model))
        if scope not in walked:
            walked.add(scope)
            yield place, model


def _reader(row: Resource) -> Callable[[str], object]:
    """What gives a row's properties, None for one that is absent or unknown."""

    def read(name: str) -> object:
        value = row.value(name)
        return None if value is MISSING else value

    return read


def _rules_out(error: AwsError, model: Properties) -> bool:
    """Whether a failed listing means that nothing has the properties of its resource model.

    Either what they name does not exist, or the type's schema does not admit such a value at all:
    "Missing or invalid ResourceModel property in … list handler request input.Required property:
    (#/DomainName: …)". A property that AWS misses, "(#: required key …", is another matter.
    """
    if isinstance(error, NotFound):
        return bool(model)
    return isinstance(error, InvalidRequest) and any(f"(#/{name}:" in str(error) for name in model)


def _lacks_region(resource_type: ResourceType) -> str:
    name = resource_type.dotted_name
    return (
        f"INSERT INTO {name} lacks region: write "
        f"INSERT INTO {name} (…, region) VALUES (…, 'us-east-1')"
    )
