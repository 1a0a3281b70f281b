"""The threads that make calls to AWS."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from awsvtab.errors import ProgrammingError

T = TypeVar("T")


@dataclass(slots=True)
class _State:
    """What the threads share; they do not know the `Pool`, so that it can be collected."""

    width: int
    changed: threading.Condition = field(default_factory=threading.Condition)
    tasks: deque[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = field(
        default_factory=deque
    )
    given_up: set[Future[Any]] = field(default_factory=set)
    threads: int = 0
    idle: int = 0
    closed: bool = False


class Pool:
    """Makes calls in up to ``width`` threads, and in one more for each that was given up.

    Not `concurrent.futures.ThreadPoolExecutor`: there a call that hangs keeps its place, however
    little anybody still waits for it, and the process from ending.
    """

    def __init__(self, width: int) -> None:
        self._state = _State(width)
        weakref.finalize(self, _close, self._state)

    def submit(self, call: Callable[..., T], *arguments: object) -> Future[T]:
        """The call's future. Raises ProgrammingError once the pool is closed."""
        state = self._state
        future: Future[T] = Future()
        with state.changed:
            if state.closed:
                raise ProgrammingError("the registration of the AWS tables was closed")
            state.tasks.append((future, call, arguments))
            _staff(state)
        return future

    def give_up(self, futures: Iterable[Future[Any]]) -> None:
        """Cancels calls; those that are under way go on, but no longer take up a thread's place."""
        left = [future for future in futures if not future.cancel()]
        if left:
            with self._state.changed:
                self._state.given_up.update(each for each in left if not each.done())
                _staff(self._state)

    def close(self) -> None:
        """Cancels what waits, and ends the threads; does not wait for what is under way."""
        _close(self._state)


def _staff(state: _State) -> None:
    """Sees to it that somebody takes the tasks; under the lock."""
    if state.idle:
        state.changed.notify(len(state.tasks))
    while len(state.tasks) > state.idle and state.threads < _most(state):
        state.threads += 1
        state.idle += 1  # until it takes a task
        threading.Thread(target=_work, args=(state,), name="awsvtab", daemon=True).start()


def _most(state: _State) -> int:
    return state.width + len(state.given_up)


def _work(state: _State) -> None:
    while True:
        with state.changed:
            while not (state.tasks or state.closed or state.threads > _most(state)):
                state.changed.wait()
            state.idle -= 1
            if not state.tasks or state.threads > _most(state):
                state.threads -= 1
                return
            future, call, arguments = state.tasks.popleft()
        _run(future, call, arguments)
        with state.changed:
            state.given_up.discard(future)
            state.idle += 1
        del future, call, arguments  # nor what they hold


def _run(future: Future[Any], call: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call(*arguments)
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


def _close(state: _State) -> None:
    with state.changed:
        state.closed = True
        for future, _, _ in state.tasks:
            future.cancel()
        state.tasks.clear()
        state.changed.notify_all()
