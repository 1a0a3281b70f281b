"""The threads that make calls."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait

import pytest

from awsvtab.errors import ProgrammingError
from awsvtab.pool import Pool


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(2)
    yield made
    made.close()


class Work:
    """Calls that go on until they are let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.running = threading.Semaphore(0)
        self.most = self._now = 0
        self._lock = threading.Lock()

    def __call__(self, result: int) -> int:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self.running.release()
        self.go.wait(10)
        with self._lock:
            self._now -= 1
        return result


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def threads() -> int:
    return sum(each.name == "awsvtab" for each in threading.enumerate())


def test_no_more_calls_run_at_once_than_there_are_places(pool: Pool) -> None:
    work = Work()
    futures = [pool.submit(work, number) for number in range(20)]
    work.go.set()
    assert [future.result(5) for future in futures] == list(range(20))
    assert work.most <= 2


def test_calls_run_side_by_side(pool: Pool) -> None:
    work = Work()
    futures = [pool.submit(work, number) for number in range(2)]
    assert all(work.running.acquire(timeout=5) for _ in futures)
    work.go.set()
    wait(futures)


def test_an_exception_is_the_futures(pool: Pool) -> None:
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 / 0).result(5)
    assert pool.submit(lambda: 1).result(5) == 1


def test_what_was_given_up_makes_place_and_what_waited_is_cancelled(pool: Pool) -> None:
    work, before = Work(), threads()
    futures = [pool.submit(work, number) for number in range(4)]
    assert all(work.running.acquire(timeout=5) for _ in range(2))
    pool.give_up(futures)
    assert [future.cancelled() for future in futures] == [False, False, True, True]
    assert [pool.submit(int, "7").result(5) for _ in range(3)] == [7] * 3
    work.go.set()
    assert [future.result(5) for future in futures[:2]] == [0, 1]
    assert eventually(lambda: threads() <= before + 2)
    more = Work()
    futures = [pool.submit(more, number) for number in range(10)]
    more.go.set()
    wait(futures)
    assert more.most <= 2


def test_a_closed_pool_takes_no_calls_and_leaves_no_threads(pool: Pool) -> None:
    before = threads()
    pool.submit(int).result(5)
    pool.close()
    with pytest.raises(ProgrammingError, match="was closed"):
        pool.submit(int)
    assert eventually(lambda: threads() <= before)


def test_a_pool_that_nobody_knows_any_more_leaves_no_threads() -> None:
    before = threads()
    pool = Pool(2)
    assert pool.submit(int).result(5) == 0
    del pool
    gc.collect()
    assert eventually(lambda: threads() <= before)


def test_the_process_does_not_wait_for_calls_that_hang(pool: Pool) -> None:
    assert pool.submit(lambda: threading.current_thread().daemon).result(5)
