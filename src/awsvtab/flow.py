"""Flows: values that come in batches, where nothing waits until nothing else can be done.

A flow gives a batch of what is there, or `Waiting` for futures; it may then be asked again at any
time. So a flow that is made of others starts what it can, in all of them, before anybody waits,
and the only one who does is the reader, in `drained`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Waiting:
    """There is nothing before one of these futures is done."""

    futures: tuple[Future[Any], ...]


Flow: TypeAlias = Iterator[Sequence[T] | Waiting]


class Window:
    """How many may be under way at once: ``width``, which grows to ``most`` as it is widened.

    From 2 on, and widened with each that was used, a reader that stops after n has caused at most
    2n to be started, and yet the width doubles with each round trip.
    """

    __slots__ = ("most", "width")

    def __init__(self, width: int, most: int) -> None:
        self.width = width
        self.most = most

    def widen(self) -> None:
        """One that was under way has been used."""
        if self.width < self.most:
            self.width += 1


def ready(items: Iterable[T]) -> Flow[T]:
    """All items at once."""
    yield list(items)


def mapped(flow: Flow[S], function: Callable[[Sequence[S]], Sequence[T]]) -> Flow[T]:
    """Each batch as the function gives it."""
    for step in flow:
        yield step if isinstance(step, Waiting) else function(step)


def merged(source: Flow[S], start: Callable[[S], Flow[T]], window: Window) -> Flow[T]:
    """What the flows give that ``start`` makes of each item, as many at once as the window allows.

    Each gives its batches in order; between them, what is there comes first.
    """
    items = Items(source)
    running: list[Flow[T]] = []
    while True:
        while len(running) < window.width and items.there():
            running.append(start(items.take()))
        if not running and items.ended:
            return
        blocked: list[Waiting] = []
        asked = tuple(running)
        for flow in asked:
            step = next(flow, None)
            if step is None:
                running.remove(flow)
                window.widen()
            elif isinstance(step, Waiting):
                blocked.append(step)
            else:
                yield step
        if len(blocked) == len(asked):
            waited_for = [each for step in blocked for each in step.futures]
            if len(running) < window.width:
                waited_for += items.blocked
            yield Waiting(tuple(waited_for))


def in_order(source: Flow[S], start: Callable[[S], Future[T]], window: Window) -> Flow[Future[T]]:
    """The futures that ``start`` makes of each item, each when it is done, in order."""
    items = Items(source)
    ahead: deque[Future[T]] = deque()
    while True:
        while len(ahead) < window.width and items.there():
            ahead.append(start(items.take()))
        if not ahead and items.ended:
            return
        if ahead and ahead[0].done():
            yield [ahead.popleft()]
            window.widen()
        else:
            first = tuple(ahead)[:1]
            yield Waiting((*first, *items.blocked) if len(ahead) < window.width else first)


class Items(Generic[T]):
    """A flow's items one at a time, as far as they are there.

    ``ended``: there are no more. ``blocked``: the futures that the next one waits for.
    """

    def __init__(self, flow: Flow[T]) -> None:
        self.ended = False
        self.blocked: tuple[Future[Any], ...] = ()
        self._flow = flow
        self._batch: deque[T] = deque()

    def there(self) -> bool:
        """Whether there is one to take now."""
        self.blocked = ()
        while not self._batch and not self.ended:
            step = next(self._flow, None)
            if step is None:
                self.ended = True
            elif isinstance(step, Waiting):
                self.blocked = step.futures
                return False
            else:
                self._batch.extend(step)
        return bool(self._batch)

    def take(self) -> T:
        """The next item."""
        return self._batch.popleft()


def drained(
    flow: Flow[T], wait: Callable[[tuple[Future[Any], ...]], None]
) -> Iterator[Sequence[T]]:
    """The batches for a reader who has nothing else to do than ``wait``."""
    for step in flow:
        if isinstance(step, Waiting):
            wait(step.futures)
        else:
            yield step
