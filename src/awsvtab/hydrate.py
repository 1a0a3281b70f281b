"""Listed resources to resources that have what the statement needs: reads ahead of the reader."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import Any

from awsvtab.errors import AwsError, OperationalError
from awsvtab.flow import Flow, Waiting, Window
from awsvtab.resources import Resource
from awsvtab.snapshot import Source


def hydrated(
    snapshot: Source,
    rows: Flow[Resource],
    needs: frozenset[str],
    whole: bool,
    window: Window,
) -> Flow[Resource]:
    """The rows with the properties ``needs``, or ``whole``, by GetResource where they lack them.

    Rows that are read come in order, those that lack nothing in between. A resource that is gone
    when it is read is left out; if that happens to all, something other than bad luck is wrong.
    """
    reads = _Reads(snapshot)
    shown = False
    more = True
    while more or reads:
        blocked: tuple[Future[Any], ...] = ()
        while more and not blocked and len(reads) < window.width:
            step = next(rows, None)
            if step is None:
                more = False
            elif isinstance(step, Waiting):
                blocked = step.futures
            else:
                known, lacking = _parted(step, needs, whole)
                reads.add(lacking)
                if known:
                    shown = True
                    yield known
        reads.start(window.width)
        arrived = reads.next_done()
        if arrived is None and (reads or blocked):
            yield Waiting((*reads.blocked, *blocked))
        elif arrived:
            shown = True
            yield arrived
            window.widen()
    if reads.gone and not shown:
        raise OperationalError(
            f"{len(reads.gone)} resources of {reads.gone[0].resource_type.name} were listed and "
            "none of them can be read: GetResource answers that they do not exist"
        )


class _Reads:
    """The rows that are to be read, in order, the reads under way, and the rows that were gone."""

    def __init__(self, snapshot: Source) -> None:
        self.gone: list[Resource] = []
        self._snapshot = snapshot
        self._lacking: deque[Resource] = deque()
        self._ahead: deque[tuple[Resource, Future[Resource | None]]] = deque()

    def __len__(self) -> int:
        return len(self._lacking) + len(self._ahead)

    def add(self, rows: Iterable[Resource]) -> None:
        """Rows that are to be read after all others."""
        self._lacking.extend(rows)

    def start(self, width: int) -> None:
        """Starts reads until as many are under way."""
        while self._lacking and len(self._ahead) < width:
            row = self._lacking.popleft()
            asked = self._snapshot.resource(row.place, row.resource_type, row.identifier)
            self._ahead.append((row, asked))

    def next_done(self) -> list[Resource] | None:
        """The next row, if its read is done: none if it cannot be shown."""
        if not self._ahead or not self._ahead[0][1].done():
            return None
        row, future = self._ahead.popleft()
        try:
            found = self._snapshot.result(future)
        except AwsError as error:
            self._snapshot.asker.failed(error)
            return []
        if found is None:
            self.gone.append(row)
            self._snapshot.asker.gone(row.key)
            return []
        row.learn(found)
        return [row]

    @property
    def blocked(self) -> tuple[Future[Any], ...]:
        """What the next row waits for."""
        return (self._ahead[0][1],) if self._ahead else ()


def _parted(
    rows: Sequence[Resource], needs: frozenset[str], whole: bool
) -> tuple[Sequence[Resource], list[Resource]]:
    """The rows that lack nothing, and those that do.

    Rows that were read before in the same statement come by here again, and are to cost nothing.
    """
    if whole:
        lacking = [row for row in rows if not row.whole]
    else:
        lacking = [row for row in rows if row.known is not needs and not row.knows(needs)]
    if not lacking:
        return rows, lacking
    return [row for row in rows if row.whole or (not whole and row.knows(needs))], lacking
