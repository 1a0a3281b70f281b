"""An adapter for Shillelagh: https://shillelagh.readthedocs.io/

As good as its interface allows: it is told the columns wanted, the LIMIT and what columns equal,
and within one lookup or scan it calls from as many threads as all others. What it is not told is
which keys a join will ask for next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

from benchmarks.stub.estate import DOMAIN, IDENTIFIERS, LIST_REQUIRES
from shillelagh.adapters.base import Adapter
from shillelagh.adapters.registry import registry
from shillelagh.backends.apsw import db
from shillelagh.fields import Field, String
from shillelagh.filters import Equal

from .api import CONNECTIONS, Boto3, Json, pages
from .tables import TABLES, column

SCHEME = "cloudcontrol://"
BY_TYPE = {table.type_name: table for table in TABLES.values()}
Scope = tuple[str, Json]
Found = tuple[str, str]


class CloudControl(Adapter):  # type: ignore[misc]  # it is not annotated
    """A resource type as a table; a subclass has what to call, where, and the threads."""

    safe = True
    supports_limit = True
    supports_requested_columns = True

    api: Boto3
    regions: Sequence[str]
    pool: ThreadPoolExecutor

    @staticmethod
    def supports(uri: str, fast: bool = True, **kwargs: Any) -> bool:
        return uri.startswith(SCHEME)

    @staticmethod
    def parse_uri(uri: str) -> tuple[str]:
        return (uri.removeprefix(SCHEME),)

    def __init__(self, type_name: str) -> None:
        super().__init__()
        self._table = BY_TYPE[type_name]
        self._keys = [column(name) for name in IDENTIFIERS[type_name]]
        self._columns: dict[str, Field[Any, Any]] = {
            name: String(filters=[Equal] if name in self._keys else [])
            for name in self._table.columns
        }

    def get_columns(self) -> dict[str, Field[Any, Any]]:
        return self._columns

    def get_cost(self, filtered_columns: Iterable[tuple[str, object]], order: object) -> float:
        """A key costs one call; SQLite then looks up rather than lists again for each row."""
        filtered = {name for name, _ in filtered_columns}
        return 1 if filtered.issuperset(self._keys) else 1_000

    def get_data(
        self,
        bounds: dict[str, Equal],
        order: object,
        limit: int | None = None,
        requested_columns: Iterable[str] = (),
        **kwargs: object,
    ) -> Iterator[dict[str, Any]]:
        if all(key in bounds for key in self._keys):
            identifier = "|".join(str(bounds[key].value) for key in self._keys)
            found: Iterable[Found] = [(region, identifier) for region in self.regions]
            whole = True
        else:
            found = self._list(bounds)
            whole = not set(requested_columns) <= {*self._keys, "region"}
        found = islice(found, limit)
        rows = self._hydrate(found) if whole else map(self._key_row, found)
        for number, row in enumerate(rows):
            yield {"rowid": number, **row}

    def _list(self, bounds: dict[str, Equal]) -> Iterator[Found]:
        listings = [
            (scope[0], self.pool.submit(self._identifiers, scope)) for scope in self._scopes()
        ]
        for region, listing in listings:
            for identifier in listing.result():
                yield region, identifier

    def _identifiers(self, scope: Scope) -> list[str]:
        region, model = scope
        listing = pages(self.api, region, self._table.type_name, model)
        return [each for page in listing for each in page]

    def _scopes(self) -> Iterator[Scope]:
        required = LIST_REQUIRES.get(self._table.type_name)
        for region in self.regions:
            if required is None:
                yield region, {}
            else:
                for page in pages(self.api, region, DOMAIN, {}):
                    yield from ((region, {required: domain}) for domain in page)

    def _hydrate(self, found: Iterable[Found]) -> Iterator[dict[str, Any]]:
        """The rows, up to as many asked for ahead of the reader as there are connections."""
        ahead: deque[tuple[str, Future[Json | None]]] = deque()
        for region, identifier in found:
            get = self.pool.submit(self.api.get, region, self._table.type_name, identifier)
            ahead.append((region, get))
            if len(ahead) >= CONNECTIONS:
                yield from self._row(*ahead.popleft())
        for each in ahead:
            yield from self._row(*each)

    def _row(self, region: str, get: Future[Json | None]) -> Iterator[dict[str, Any]]:
        properties = get.result()
        if properties is not None:
            yield dict(zip(self._columns, self._table.row(properties, region), strict=True))

    def _key_row(self, found: Found) -> dict[str, Any]:
        region, identifier = found
        return {**dict(zip(self._keys, identifier.split("|"), strict=True)), "region": region}


def connect(api: Boto3, regions: Sequence[str], pool: ThreadPoolExecutor) -> Any:
    """A connection of Shillelagh's, with the adapter."""
    # Arguments of adapters have to be plain values.
    adapter = type("Adapter", (CloudControl,), {"api": api, "regions": regions, "pool": pool})
    registry.clear()
    registry.add("cloudcontrol", adapter)
    return db.connect(":memory:", adapters=["cloudcontrol"])
