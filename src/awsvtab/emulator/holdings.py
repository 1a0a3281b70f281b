"""The resources that an account has, as seen from one region, with moto's view of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from awsvtab.catalog.scope import home_region

from . import errors, identifiers, mirror, parents, schemas, values
from .adapters import ADAPTERS, Adapter
from .changes import Pending, Requests
from .pointers import Json
from .schemas import ResourceSchema
from .store import Resource, Resources, Store
from .values import Place


@dataclass
class Region:
    """What one account has in one region. Global types live in their home region."""

    place: Place
    store: Store = field(default_factory=Store)
    pending: Pending = field(default_factory=Pending)
    requests: Requests = field(default_factory=Requests)


class Holdings:
    """What there is, for one request to ``region`` at the time ``now``."""

    def __init__(self, region: Region, regions: Callable[[str], Region], now: float) -> None:
        """``regions`` gives the same account's other regions."""
        self.region = region
        self.regions = regions
        self.home = regions(home_region(region.place.region))
        self.place = region.place
        self.now = now

    def holder(self, schema: ResourceSchema) -> Region:
        """The region that keeps the resources of the type."""
        if schema.is_global:
            return self.regions(schema.home_region(self.place.region))
        return self.home if schema.spans_regions else self.region

    def place_of(self, schema: ResourceSchema) -> Place:
        """Where a new resource of the type is."""
        return self.holder(schema).place if schema.is_global else self.place

    def of(self, schema: ResourceSchema) -> Resources:
        """The resources of the type, brought up to what its service's own client did."""
        resources = self.holder(schema).store.of(schema.type_name)
        adapter = ADAPTERS.get(schema.type_name)
        if adapter is not None:
            self._reconcile(schema, resources, adapter)
        return resources

    def serial(self) -> int:
        return self.home.store.serial()

    def find(self, schema: ResourceSchema, identifier: str) -> Resource | None:
        """The resource as it is now, changes by its service's own client included."""
        resources = self.of(schema)
        resource = resources.get(identifier)
        adapter = ADAPTERS.get(schema.type_name)
        if resource is None or resource.mirror is None or adapter is None:
            return resource
        seen = adapter.properties(resource.mirror)
        if seen != resource.seen:
            properties = _changed(resource.properties, resource.seen, seen)
            resource = replace(resource, properties=properties, seen=seen, described={})
            resources.put(resource)
        return resource

    def existing(self, schema: ResourceSchema, identifier: str) -> Resource:
        """`find`. Raises `HandlerError` where there is none, or none in this region."""
        resource = self.find(schema, identifier)
        if resource is None:
            raise errors.not_found(schema.type_name, identifier)
        if schema.spans_regions and resource.region != self.place.region:
            raise errors.other_region(schema.type_name, resource.region)
        return resource

    def check_parents(self, schema: ResourceSchema, model: Json, by_any_name: bool = False) -> None:
        """Raise `HandlerError` where no row is what the list handler's model names.

        Those that create often take a parent's ARN for its name, or the reverse: ``by_any_name``.
        """
        missing = None
        for row in parents.named(schema, model):
            parent = schemas.find(row.type_name, self.place.region)
            if parent is not None:
                if self._has(parent, row) or (by_any_name and self._has_called(parent, row)):
                    return
                missing = missing or row
        if missing is not None:
            identifier = identifiers.SEPARATOR.join(map(str, missing.values.values()))
            raise errors.not_found(missing.type_name, identifier)

    def complete(self, schema: ResourceSchema, properties: Json, serial: int) -> Json:
        """The properties and those that AWS makes up."""
        return values.complete(schema, properties, self.place_of(schema), serial, self.now)

    def put(self, schema: ResourceSchema, properties: Json, serial: int) -> Resource:
        """Hold a resource of these properties, whatever they are. moto is not told."""
        complete = self.complete(schema, properties, serial)
        identifier = identifiers.compose(schema, complete)
        resource = Resource(identifier, complete, serial, self.place_of(schema).region)
        self.of(schema).put(resource)
        return resource

    def create(self, schema: ResourceSchema, desired: Json, serial: int) -> Resource:
        """Raises `HandlerError` where it exists, or what it belongs to does not."""
        properties = self.complete(schema, desired, serial)
        identifier = identifiers.compose(schema, properties)
        if self.of(schema).get(identifier):
            raise errors.already_exists(schema.type_name, identifier)
        self.check_parents(schema, parents.model_of(schema, desired), by_any_name=True)
        owner = schemas.find(schema.owner, self.place.region) if schema.owner else None
        if owner is not None:
            self.existing(owner, identifier)
        mirrored = mirror.create(schema, properties, self.place_of(schema))
        if mirrored is None:
            return self.put(schema, desired, serial)
        given = {n: v for n, v in properties.items() if (n,) not in schema.read_only}
        resource = self.put(schema, {**given, **mirrored.facts}, serial)
        resource.mirror = mirrored.model
        resource.seen = _seen(schema, mirrored.model)
        return resource

    def update(self, schema: ResourceSchema, identifier: str, properties: Json) -> Resource:
        """Give the resource all of these properties in place of its own."""
        resource = self.existing(schema, identifier)
        # New items of arrays have read-only values as well.
        properties = self.complete(schema, properties, resource.serial)
        model, seen = resource.mirror, resource.seen
        if model is not None:
            model = mirror.update(schema, model, properties, self.place_of(schema))
            seen = _seen(schema, model)
        resource = replace(resource, properties=properties, mirror=model, seen=seen, described={})
        self.of(schema).put(resource)
        return resource

    def delete(self, schema: ResourceSchema, identifier: str) -> None:
        resource = self.existing(schema, identifier)
        if resource.mirror is not None:
            mirror.delete(schema, resource.mirror, resource.properties, self.place_of(schema))
            adapter = ADAPTERS.get(schema.type_name)
            if adapter is not None and identifier in adapter.models(self.place):
                raise errors.not_deleted(schema.type_name, identifier)
        self.holder(schema).store.of(schema.type_name).remove(identifier)

    def _has(self, schema: ResourceSchema, row: parents.Named) -> bool:
        """Whether there is such a row; found by an index where its values are whole properties."""
        resources = self.of(schema)
        wanted = row.values
        if any("/" in name for name in (*wanted, *row.parent.take)):
            return any(row.is_row(resource.properties) for resource in resources)
        index = resources.index("created", tuple((name,) for name in wanted))
        return bool(index.page(list(wanted.values()), None, 1)[0])

    def _has_called(self, schema: ResourceSchema, row: parents.Named) -> bool:
        """Whether there is a resource to which the row's values are names of whatever kind."""
        wanted = set(map(str, row.values.values()))
        return any(
            wanted.issubset((resource.identifier, *parents.names_in(resource.properties)))
            for resource in self.of(schema)
        )

    def _reconcile(self, schema: ResourceSchema, resources: Resources, adapter: Adapter) -> None:
        models = adapter.models(self.place)
        for identifier, model in models.items():
            resource = resources.get(identifier)
            if resource is None:
                self._adopt(schema, resources, adapter, model)
            elif resource.mirror is None:
                # Held before the service had it: from now on they are one.
                resource.mirror, resource.seen = model, adapter.properties(model)
        for resource in resources:
            if resource.mirror is not None and resource.identifier not in models:
                resources.remove(resource.identifier)

    def _adopt(
        self, schema: ResourceSchema, resources: Resources, adapter: Adapter, model: Any
    ) -> None:
        seen = adapter.properties(model)
        place = replace(self.place, region=adapter.region(model))
        serial = self.serial()
        properties = values.complete(schema, seen, place, serial, self.now)
        identifier = identifiers.compose(schema, properties)
        resources.put(Resource(identifier, properties, serial, place.region, model, seen))


def _seen(schema: ResourceSchema, model: Any) -> Json:
    adapter = ADAPTERS.get(schema.type_name)
    return adapter.properties(model) if adapter else {}


def _changed(properties: Json, before: Mapping[str, Any], after: Mapping[str, Any]) -> Json:
    """The properties with the changes between two looks at moto's object."""
    gone = before.keys() - after.keys()
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    return {n: v for n, v in properties.items() if n not in gone} | changed
