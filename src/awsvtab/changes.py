"""The transaction's queue: what COMMIT will send. Pure; SQLite's savepoints cut it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from awsvtab.catalog.model import ResourceType
from awsvtab.errors import IntegrityError, OperationalError
from awsvtab.options import Place
from awsvtab.resources import ResourceKey, join_identifier, known_parts
from awsvtab.values import JSONValue, Properties


class Operation(StrEnum):
    """What a change does, in Cloud Control's words."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Change:
    """A write that waits for COMMIT.

    ``document`` is the desired state of a CREATE, the patch document of an UPDATE; it may hold
    secrets. ``properties`` are the resource's as a reader would see them afterwards, without what
    AWS will make up; None after a DELETE. The identifier of a CREATE is what its properties say;
    None if AWS makes up a part. ``statement`` tells changes of one statement from those of others.
    The client token makes a repeated request harmless: AWS takes it once. ``folded``
    are the client tokens of the other changes that this one stands for. ``sql`` is the statement's
    text, which may hold secrets too.
    """

    operation: Operation
    resource_type: ResourceType
    place: Place
    identifier: str | None = None
    document: JSONValue = field(default=None, repr=False)
    statement: int = 0
    properties: Properties | None = field(default=None, repr=False)
    client_token: str = field(default_factory=lambda: str(uuid.uuid4()))
    folded: tuple[str, ...] = ()
    sql: str = field(default="", repr=False)

    def __str__(self) -> str:
        about = f" '{name}'" if (name := self._name()) else ""
        return f"{self.operation} {self.resource_type.name}{about} in {self.place.region}"

    @property
    def key(self) -> ResourceKey:
        """What tells the resource from all others within its transaction.

        A new resource that AWS will name goes by the client token of its CREATE: whatever changes
        it before COMMIT has that as its identifier.
        """
        identifier = self.identifier or self.client_token
        return ResourceKey(self.place, self.resource_type.name, identifier)

    def _name(self) -> str:
        """The identifier; of a new resource what is known of it, a star for what AWS will add."""
        if self.identifier is not None or not isinstance(self.document, dict):
            return self.identifier or ""
        known = known_parts(self.resource_type, self.document)
        return join_identifier(["*" if part is None else part for part in known])


class _Mark(NamedTuple):
    """The queue's length when a savepoint was opened, and the how-manieth this was to be told."""

    length: int
    told: int


_BEFORE_ANY_TABLE = _Mark(0, 0)


class Changes:
    """The queue of one connection, for all its tables.

    SQLite numbers savepoints from 0 on (https://www.sqlite.org/vtab.html#xsavepoint) and tells
    each table that takes part in the transaction about each, and a table that joins late about
    the innermost only. ``_marks[n]`` is where savepoint n was opened. ``savepoints_told`` counts
    what was ever opened; statements open savepoints of their own. ``_about`` has the changes of
    each resource. At ``most`` so many changes may wait.
    """

    def __init__(self, most: int | None = None) -> None:
        self.savepoints_told = 0
        self._most = most
        self._queue: list[Change] = []
        self._about: dict[ResourceKey, list[Change]] = {}
        self._marks: list[_Mark] = []
        self._joined_late: object = None

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, change: Change) -> None:
        """Queues a change.

        IntegrityError for a second CREATE of a resource, or one of what an UPDATE found there;
        OperationalError for one change too many.
        """
        key = change.key
        latest = self.latest(key)
        there = latest is not None and latest.operation is not Operation.DELETE
        if there and change.operation is Operation.CREATE:
            raise IntegrityError(f"{change}: the resource is there already in this transaction")
        if self._most is not None and len(self._queue) >= self._most:
            raise OperationalError(
                f"{change}: the transaction would have more than max_changes={self._most} changes: "
                "COMMIT or ROLLBACK those that wait, or connect(max_changes=…) with a larger number"
            )
        self._queue.append(change)
        self._about.setdefault(key, []).append(change)

    def latest(self, key: ResourceKey) -> Change | None:
        """The last change that waits for a resource."""
        about = self._about.get(key)
        return about[-1] if about else None

    def withdraw(self, key: ResourceKey, statement: int) -> None:
        """Drops a statement's UPDATE of a resource, if that is the last change of it.

        No savepoint may have been opened since it was queued.
        """
        latest = self.latest(key)
        if latest is None or (latest.statement, latest.operation) != (statement, Operation.UPDATE):
            return
        self._about[key].pop()
        place = next(n for n in reversed(range(len(self._queue))) if self._queue[n] is latest)
        del self._queue[place]

    def pending(self) -> Sequence[Change]:
        """The changes that wait, in the order made."""
        return tuple(self._queue)

    def tokens_after(self, length: int) -> tuple[str, ...]:
        """The client tokens of the changes that wait, but for the first so many."""
        return tuple(change.client_token for change in self._queue[length:])

    def take(self) -> Sequence[Change]:
        """The changes that wait; they do so no longer."""
        taken = self._queue
        self.clear()
        return taken

    def clear(self) -> None:
        """The transaction is over."""
        self._queue, self._marks, self._about = [], [], {}

    def begin(self, table: object) -> None:
        """A table takes part from now on."""
        self._joined_late = table

    def savepoint(self, table: object, number: int) -> None:
        """A savepoint was opened; those before it that no table heard of found an empty queue."""
        first_news, self._joined_late = self._joined_late is table, None
        self._marks.extend([_BEFORE_ANY_TABLE] * (number - len(self._marks)))
        if first_news and number < len(self._marks):
            return  # it was opened, and noted, before this table joined
        self.savepoints_told += 1
        self._marks[number:] = [_Mark(len(self._queue), self.savepoints_told)]

    def release(self, number: int) -> None:
        """A savepoint, and those inside it, are no more; their changes stay."""
        del self._marks[number:]

    def rollback_to(self, number: int) -> None:
        """Drops what was queued after a savepoint; -1 is the one that began the transaction."""
        known = 0 <= number < len(self._marks)
        self._cut(self._marks[number].length if known else 0)
        del self._marks[number + 1 :]

    def undo_since(self, told: int) -> None:
        """Drops what was queued after the first savepoint, since then, that is still open.

        A statement that succeeds has released its own; `savepoints_told` is from before it.
        """
        for number, mark in enumerate(self._marks):
            if mark.told > told:
                self._cut(mark.length)
                del self._marks[number:]
                return

    def _cut(self, length: int) -> None:
        """Drops all changes but the first."""
        if length < len(self._queue):
            del self._queue[length:]
            self._about = {}
            for change in self._queue:
                self._about.setdefault(change.key, []).append(change)
