"""Listings and resources that one statement read, kept for the next ones (``cache_ttl``)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Protocol

from awsvtab.asking import Asker
from awsvtab.cloudcontrol import Page
from awsvtab.options import Place
from awsvtab.values import Properties, dump_json
from awsvtab.waiting import Clock

SIZE_KEPT = 64 * 2**20  # characters, about as many bytes
SIZE_OF_ANY = 200  # of what Python adds to a resource's texts

Key = tuple[str, Place, str, str]  # type, place, resource model or identifier, which of the two
Found = tuple[str, str] | None


class Reads(Protocol):
    """What a snapshot asks AWS; `CloudControl` says what each method gives."""

    def list_page(
        self,
        place: Place,
        type_name: str,
        resource_model: Properties,
        token: str | None,
        asker: Asker,
    ) -> Page:
        """One page of ListResources."""

    def get(self, place: Place, type_name: str, identifier: str, asker: Asker) -> Found:
        """A resource by GetResource."""


@dataclass(slots=True)
class _Entry:
    """What was read from a time on: the pages of a listing by their tokens, or a resource."""

    begun: float
    drops: int
    pages: dict[str | None, Page] = field(default_factory=dict)
    found: Found = None
    size: int = SIZE_OF_ANY


class Cache:
    """What one connection has read in the last ``ttl_s`` seconds, and not written since.

    Only what came whole is kept: no failures, and no listing that was not read to its end. The
    oldest goes when it becomes too much. ``stems_from`` says whether the first of two types is
    listed by rows of the second. May be used from several threads.
    """

    def __init__(self, ttl_s: float, clock: Clock, stems_from: Callable[[str, str], bool]) -> None:
        self._ttl_s = ttl_s
        self._clock = clock
        self._stems_from = stems_from
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._size = 0
        self._drops = 0

    def find(self, key: Key) -> _Entry | None:
        """What is known under a key and not too old."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or 0 <= self._clock.time() - entry.begun < self._ttl_s:
                return entry
            self._remove(key)
            return None

    def begin(self) -> _Entry:
        """An entry for what is about to be read."""
        return _Entry(self._clock.time(), self._drops)

    def keep(self, key: Key, entry: _Entry) -> None:
        """Keeps what was read, unless something was written meanwhile."""
        with self._lock:
            if entry.drops != self._drops or entry.size > SIZE_KEPT:
                return
            self._remove(key)
            self._entries[key] = entry
            self._size += entry.size
            while self._size > SIZE_KEPT:
                self._remove(next(iter(self._entries)))

    def drop(self, written: Collection[str]) -> None:
        """Forgets resources and listings of types, and those that rows of these types lead to."""
        with self._lock:
            self._drops += 1
            for key in list(self._entries):
                if any(key[0] == name or self._stems_from(key[0], name) for name in written):
                    self._remove(key)

    def _remove(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        self._size -= 0 if entry is None else entry.size


class CachedReads:
    """What one statement reads, through the cache.

    The pages of a listing come all from the cache or all from AWS, however long the statement
    takes: what it has begun upon it holds.
    """

    def __init__(self, cache: Cache, aws: Reads) -> None:
        self._cache = cache
        self._aws = aws
        self._listings: dict[Key, _Entry] = {}

    def list_page(
        self,
        place: Place,
        type_name: str,
        resource_model: Properties,
        token: str | None,
        asker: Asker,
    ) -> Page:
        """One page of ListResources."""
        key = (type_name, place, dump_json(resource_model), "list")
        if token is None:
            self._listings[key] = self._cache.find(key) or self._cache.begin()
        listing = self._listings[key]
        page = listing.pages.get(token)
        if page is None:
            page = self._aws.list_page(place, type_name, resource_model, token, asker)
            self._add(key, listing, token, page)
        return page

    def get(self, place: Place, type_name: str, identifier: str, asker: Asker) -> Found:
        """A resource by GetResource."""
        key = (type_name, place, identifier, "get")
        entry = self._cache.find(key)
        if entry is None:
            entry = self._cache.begin()
            entry.found = self._aws.get(place, type_name, identifier, asker)
            # What was not there may be listed the next moment.
            if entry.found is not None:
                entry.size += sum(map(len, entry.found))
                self._cache.keep(key, entry)
        return entry.found

    def _add(self, key: Key, listing: _Entry, token: str | None, page: Page) -> None:
        listing.size += sum(
            len(identifier) + len(text) + SIZE_OF_ANY for identifier, text in page.resources
        )
        if listing.size > SIZE_KEPT:
            listing.pages.clear()
            return
        listing.pages[token] = page
        if page.next_token is None:
            self._cache.keep(key, listing)
