"""The resources of one account and region, and pages of them in the time that a page takes."""

from __future__ import annotations

import bisect
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import pointers
from .pointers import Json, Pointer

Key = tuple[Any, ...]

# How a listing can be ordered: what a resource is sorted by.
ORDERS: dict[str, Callable[[Resource], Key]] = {
    "created": lambda resource: (resource.serial,),
    "newest": lambda resource: (-resource.serial,),
    "identifier": lambda resource: (resource.identifier,),
    "shuffled": lambda resource: (hashlib.sha256(resource.identifier.encode()).hexdigest(),),
}


@dataclass(eq=False)
class Resource:
    """What AWS holds: all properties, write-only ones too, and the order of creation.

    ``mirror`` is moto's object of the same resource, if it has one, and ``seen`` what an adapter
    last saw of that.
    """

    identifier: str
    properties: Json
    serial: int
    region: str
    mirror: Any = None
    seen: Json = field(default_factory=dict)
    # The text of a description, as made for the properties that a listing carries.
    described: dict[Any, str] = field(default_factory=dict)


def key_type(order: str) -> type:
    """What kind of value the keys of an order have."""
    [value] = ORDERS[order](Resource("", {}, 0, ""))
    return type(value)


class Index:
    """Resources of one type by the values of some properties, each group in one order."""

    def __init__(self, order: str, by: tuple[Pointer, ...]) -> None:
        self._key = ORDERS[order]
        self._by = by
        self._groups: dict[str, list[tuple[Key, Resource]]] = {}

    def add(self, resource: Resource) -> None:
        group = self._groups.setdefault(self._group(resource.properties), [])
        bisect.insort(group, (self._key(resource), resource), key=_first)

    def remove(self, resource: Resource) -> None:
        group = self._groups[self._group(resource.properties)]
        del group[bisect.bisect_left(group, self._key(resource), key=_first)]

    def page(
        self,
        values: Sequence[Any],
        after: Key | None,
        size: int,
        keep: Callable[[Json], bool] | None = None,
    ) -> tuple[list[Resource], Key | None]:
        """Up to ``size`` resources after a key, and the key to go on from if there are more.

        They have the values, in the order of the index's properties.
        """
        group = self._groups.get(_text(values), [])
        if keep is not None:
            group = [entry for entry in group if keep(entry[1].properties)]
        start = 0 if after is None else bisect.bisect_right(group, after, key=_first)
        page = group[start : start + size]
        more = len(group) > start + size
        return [resource for _, resource in page], page[-1][0] if page and more else None

    def _group(self, properties: Json) -> str:
        return _text([pointers.get(properties, pointer) for pointer in self._by])


class Resources:
    """All resources of one type. Indexes are built when first used, and kept up from then on."""

    def __init__(self) -> None:
        self._resources: dict[str, Resource] = {}
        self._indexes: dict[tuple[str, tuple[Pointer, ...]], Index] = {}

    def __len__(self) -> int:
        return len(self._resources)

    def get(self, identifier: str) -> Resource | None:
        return self._resources.get(identifier)

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._resources.values()))

    def put(self, resource: Resource) -> None:
        """Hold the resource, in place of one that has its identifier."""
        self.remove(resource.identifier)
        self._resources[resource.identifier] = resource
        for index in self._indexes.values():
            index.add(resource)

    def remove(self, identifier: str) -> Resource | None:
        resource = self._resources.pop(identifier, None)
        if resource is not None:
            for index in self._indexes.values():
                index.remove(resource)
        return resource

    def index(self, order: str, by: tuple[Pointer, ...] = ()) -> Index:
        index = self._indexes.get((order, by))
        if index is None:
            index = self._indexes[order, by] = Index(order, by)
            for resource in self._resources.values():
                index.add(resource)
        return index


class Store:
    """Resources by type. Not locked by itself: whoever uses it holds one lock for all."""

    def __init__(self) -> None:
        self._types: dict[str, Resources] = {}
        self._serials = itertools.count(1)

    def of(self, type_name: str) -> Resources:
        return self._types.setdefault(type_name, Resources())

    def serial(self) -> int:
        return next(self._serials)


def _first(entry: tuple[Key, Resource]) -> Key:
    return entry[0]


def _text(values: Sequence[Any]) -> str:
    return json.dumps(values, sort_keys=True)
