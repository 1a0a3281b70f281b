"""A plan and its keys to rows: regions, parents, pages and hydration. Knows nothing of SQLite."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from awsvtab.catalog import Catalog, Parent, ResourceType
from awsvtab.cloudcontrol import CloudControl, Properties
from awsvtab.errors import (
    AwsError,
    InvalidRequest,
    NotFound,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)
from awsvtab.keys import Keys, agrees, full_identifiers, resource_models, scan_regions
from awsvtab.options import Options, Place
from awsvtab.resources import MISSING, Resource, identifier_form
from awsvtab.snapshot import Listing, Snapshot
from awsvtab.values import JSONValue

S = TypeVar("S")
T = TypeVar("T")

SESSION_ACCOUNT = ""


class Scanner:
    """Makes the rows of any resource type, through a statement's snapshot."""

    def __init__(self, catalog: Catalog, cloudcontrol: CloudControl, options: Options) -> None:
        self._catalog = catalog
        self._cloudcontrol = cloudcontrol
        self._options = options

    def scan(
        self,
        snapshot: Snapshot,
        resource_type: ResourceType,
        keys: Keys,
        needs: frozenset[str],
        whole: bool = False,
    ) -> Iterator[Resource]:
        """The resources that the keys allow, each with the properties ``needs``, or ``whole``.

        Rows come as AWS gives them, region by region; calls run ahead of the reader. Raises
        ProgrammingError for regions and keys that do not do, `AwsError` where AWS fails.
        """
        if keys.impossible:
            return iter(())
        places = self._places(resource_type, keys)
        identifiers = full_identifiers(resource_type, keys)
        if identifiers is not None and resource_type.can("read"):
            return self._get(snapshot, resource_type, places, identifiers)
        listed = self._list(snapshot, resource_type, places, keys)
        wanted = (resource for resource in listed if _matches(resource, keys, identifiers))
        return self._hydrate(snapshot, wanted, needs, whole)

    def default_region(self) -> str | None:
        """The region of rows that are written without one: the only one there is."""
        regions = self._options.regions
        if regions is None:
            return self._cloudcontrol.default_region()
        return regions[0] if len(set(regions)) == 1 else None

    def places(self, resource_type: ResourceType, regions: Iterable[str]) -> list[Place]:
        """The places of these regions; ProgrammingError for a region that does not do."""
        given = frozenset(regions)
        return self._places(resource_type, Keys(regions=given, written_regions=given))

    def _places(self, resource_type: ResourceType, keys: Keys) -> list[Place]:
        regions = scan_regions(
            keys,
            self._options.regions,
            None if keys.regions or self._options.regions else self._cloudcontrol.default_region(),
            resource_type.not_in,
            self._cloudcontrol.is_region,
            self._catalog.regions,
        )
        return [Place(SESSION_ACCOUNT, region) for region in regions]

    def _get(
        self,
        snapshot: Snapshot,
        resource_type: ResourceType,
        places: Iterable[Place],
        identifiers: Iterable[str],
    ) -> Iterator[Resource]:
        wanted = ((place, identifier) for place in places for identifier in identifiers)
        futures = started(
            wanted,
            lambda each: snapshot.resource(each[0], resource_type, each[1]),
            self._options.concurrency,
        )
        for future in futures:
            found = snapshot.result(future)
            if found is not None:
                yield found

    def _list(
        self,
        snapshot: Snapshot,
        resource_type: ResourceType,
        places: Iterable[Place],
        keys: Keys,
    ) -> Iterator[Resource]:
        if not resource_type.can("list"):
            raise NotSupportedError(_cannot_list(resource_type))
        scopes = (
            (place, model)
            for place in places
            for model in self._models(snapshot, resource_type, place, keys)
        )

        def start(scope: tuple[Place, Properties]) -> tuple[Properties, Listing]:
            place, model = scope
            return model, snapshot.listing(place, resource_type, model)

        for model, listing in started(scopes, start, self._options.concurrency):
            try:
                yield from listing
            except AwsError as error:
                if not _rules_out(error, model):
                    raise

    def _models(
        self, snapshot: Snapshot, resource_type: ResourceType, place: Place, keys: Keys
    ) -> Iterable[Properties]:
        """The resource models of the list requests that together cover a place."""
        given = resource_models(resource_type, keys)
        if given is not None:
            return given
        parent = resource_type.parent
        if parent is None:
            raise ProgrammingError(_needs_keys(resource_type, place))
        return self._models_from_parents(snapshot, parent, place, keys)

    def _models_from_parents(
        self, snapshot: Snapshot, parent: Parent, place: Place, keys: Keys
    ) -> Iterator[Properties]:
        constant: dict[str, tuple[JSONValue, ...]] = dict(parent.values)
        for name in parent.account:
            constant[name] = (snapshot.account_id(place),)
        seen: set[tuple[JSONValue, ...]] = set()
        for taken in self._taken_from_parents(snapshot, parent, place):
            for model in _combinations(taken, constant):
                values = tuple(model.values())
                if agrees(keys, model) and values not in seen:
                    seen.add(values)
                    yield model

    def _taken_from_parents(
        self, snapshot: Snapshot, parent: Parent, place: Place
    ) -> Iterator[Properties]:
        """What each parent's row gives to the model of its children."""
        if parent.type_name is None:
            yield {}
            return
        rows = self.scan(
            snapshot,
            self._catalog.type(parent.type_name),
            Keys(regions=frozenset({place.region})),
            frozenset(parent.take.values()),
        )
        for row in rows:
            taken = {name: row.value(source) for name, source in parent.take.items()}
            if all(value is not None and value is not MISSING for value in taken.values()):
                yield taken

    def _hydrate(
        self,
        snapshot: Snapshot,
        resources: Iterator[Resource],
        needs: frozenset[str],
        whole: bool,
    ) -> Iterator[Resource]:
        """The resources with what they need, fetched ahead in a window that grows.

        A resource that is gone when it is read is left out; if that happens to all, something
        other than bad luck is wrong.
        """
        read = gone = 0
        type_name = ""
        for resource, future in _windowed(
            resources,
            lambda each: (
                None
                if each.whole or (not whole and each.knows(needs))
                else snapshot.resource(each.place, each.resource_type, each.identifier)
            ),
            2 * self._options.concurrency,
        ):
            found = resource if future is None else snapshot.result(future)
            if found is None:
                gone += 1
                type_name = resource.resource_type.name
                continue
            read += 1
            yield found
        if gone and not read:
            raise OperationalError(
                f"{gone} resources of {type_name} were listed and none of them can be read: "
                "GetResource answers that they do not exist"
            )


def started(items: Iterable[S], start: Callable[[S], T], width: int) -> Iterator[T]:
    """What ``start`` makes of each item, in order, up to ``width`` of them started ahead."""
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


def _matches(resource: Resource, keys: Keys, identifiers: list[str] | None) -> bool:
    """Whether what is known of a listed resource agrees with the keys."""
    if identifiers is not None and resource.identifier not in identifiers:
        return False
    return all(
        value is MISSING or value in keys.properties[name]
        for name in keys.properties
        if not isinstance(value := resource.value(name), list | dict)
    )


def _rules_out(error: AwsError, model: Properties) -> bool:
    """Whether a failed listing means that nothing has the properties of its resource model.

    Either what they name does not exist, or the type's schema does not admit such a value at all:
    "Missing or invalid ResourceModel property in … list handler request input.Required property:
    (#/DomainName: …)". A property that AWS misses, "(#: required key …", is another matter.
    """
    if isinstance(error, NotFound):
        return bool(model)
    return isinstance(error, InvalidRequest) and any(f"(#/{name}:" in str(error) for name in model)


def _combinations(
    taken: Properties, constant: Mapping[str, tuple[JSONValue, ...]]
) -> Iterator[dict[str, JSONValue]]:
    models = [dict(taken)]
    for name, values in constant.items():
        models = [{**model, name: value} for model in models for value in values]
    return iter(models)


def _cannot_list(resource_type: ResourceType) -> str:
    if not resource_type.can("read"):
        return f"{resource_type.dotted_name}: Cloud Control can neither list nor read this type"
    return (
        f"{resource_type.dotted_name} cannot be listed: name the resource, "
        f"WHERE region = 'us-east-1' AND data__Identifier = '{identifier_form(resource_type)}'"
    )


def _needs_keys(resource_type: ResourceType, place: Place) -> str:
    from awsvtab.catalog.columns import table_columns

    column_of = {
        column.property.name: column.name
        for column in table_columns(resource_type)
        if column.property is not None and not column.hidden
    }
    required = " AND ".join(
        f"{column_of.get(name, name)} = '…'" for name in resource_type.list_requires[0]
    )
    return (
        f"{resource_type.dotted_name} can only be listed by what holds its resources: write "
        f"WHERE region = '{place.region}' AND {required}"
    )
