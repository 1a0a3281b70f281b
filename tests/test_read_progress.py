"""set_read_progress: how far a statement has come, told in the thread that reads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise

import apsw
import pytest

import awsvtab
from awsvtab import ReadProgress
from awsvtab.emulator import Emulator
from awsvtab.errors import Cancelled
from awsvtab.progress import EVERY_S
from awsvtab.waiting import Cancel
from clock import FakeClock
from conftest import Connect, operations, put_domain, put_stream

REGIONS = ["us-east-1", "eu-central-1"]
URIS = "SELECT uri FROM event_streams"


class RunningClock(FakeClock):
    """Time passes whenever it is asked for."""

    def time(self) -> float:
        self.now += EVERY_S / 10
        return self.now

    def sleep(self, seconds: float, cancel: Cancel) -> None:
        cancel.check()


@pytest.fixture
def clock() -> RunningClock:
    return RunningClock()


@pytest.fixture
def estates(emulator: Emulator) -> Emulator:
    """A domain with 20 streams in each of two regions."""
    for region in REGIONS:
        put_domain(emulator, "d", region)
        for number in range(20):
            put_stream(emulator, "d", f"s{number:02}", region)
    return emulator


@pytest.fixture
def watched(connect: Connect, estates: Emulator, clock: RunningClock) -> awsvtab.Connection:
    return connect(tables=["customerprofiles.event_streams"], regions=REGIONS, clock=clock)


def test_the_last_word_is_the_whole_account(watched: awsvtab.Connection, estates: Emulator) -> None:
    told: list[ReadProgress] = []
    watched.set_read_progress(told.append)
    estates.faults.throttle(operation="GetResource", times=2)
    watched.execute(URIS).fetchall()
    last = told[-1]
    assert last.done
    assert not any(each.done for each in told[:-1])
    assert last.seconds > 0
    assert (last.calls, last.pages, last.rows, last.resources) == (46, 4, 42, 40)
    assert (last.regions_done, last.regions, last.throttled) == (2, 2, 2)
    assert last.calls == sum(operations(estates).values())


def test_it_only_ever_grows_and_is_told_now_and_then(watched: awsvtab.Connection) -> None:
    told: list[ReadProgress] = []
    threads = set()

    def tell(progress: ReadProgress) -> None:
        told.append(progress)
        threads.add(threading.get_ident())

    watched.set_read_progress(tell)
    watched.execute(URIS).fetchall()
    assert threads == {threading.get_ident()}
    assert len(told) > 3
    seconds = [each.seconds for each in told[:-1]]
    assert all(b - a >= EVERY_S for a, b in pairwise(seconds))
    for name in ("calls", "pages", "rows", "resources", "regions_done"):
        values = [getattr(each, name) for each in told]
        assert values == sorted(values)


def test_a_region_is_done_when_its_listings_are(connect: Connect, estates: Emulator) -> None:
    """One region's second page hangs, until the statement has been seen to get no further."""
    told: list[ReadProgress] = []
    hanging = threading.Event()
    watched = connect(tables=["customerprofiles.event_streams"], regions=REGIONS)

    def watch(progress: ReadProgress) -> None:
        told.append(progress)
        if progress.rows == 2 + 20 + 10 and progress.regions_done == 1:
            hanging.set()

    watched.set_read_progress(watch)
    estates.listing.page_size = 10
    estates.faults.sleep = lambda _: hanging.wait(20)
    estates.faults.delay(1, region=REGIONS[1], page=2)
    assert len(watched.execute("SELECT region FROM event_streams").fetchall()) == 40
    assert hanging.is_set()
    assert (told[-1].regions_done, told[-1].regions) == (2, 2)
    watched.execute("SELECT uri FROM event_streams WHERE data__Identifier = 'd|s01'").fetchall()
    assert (told[-1].regions_done, told[-1].regions) == (0, 0)  # nothing was listed


def test_a_true_answer_cancels(watched: awsvtab.Connection, estates: Emulator) -> None:
    watched.set_read_progress(lambda progress: progress.calls >= 3)
    with pytest.raises(Cancelled, match="set_read_progress"):
        watched.execute(URIS).fetchall()
    assert operations(estates)["ListResources"] <= 4
    watched.set_read_progress(None)
    assert len(watched.execute(URIS).fetchall()) == 40


class Tired(Exception):
    pass


@pytest.mark.parametrize("at_the_end", [False, True])
def test_an_exception_reaches_the_user(
    watched: awsvtab.Connection, estates: Emulator, at_the_end: bool
) -> None:
    def tell(progress: ReadProgress) -> None:
        if progress.done == at_the_end:
            raise Tired

    watched.set_read_progress(tell)
    with pytest.raises(Tired):
        watched.execute(URIS).fetchall()
    watched.set_read_progress(None)
    assert len(watched.execute(URIS).fetchall()) == 40


def test_what_is_set_while_a_statement_runs_is_for_the_next(watched: awsvtab.Connection) -> None:
    told: list[ReadProgress] = []
    cursor = watched.execute(URIS)
    watched.set_read_progress(told.append)
    cursor.fetchall()
    assert told == []
    watched.execute("SELECT 1").fetchall()
    assert told == []


def test_a_closed_connection_takes_none(watched: awsvtab.Connection) -> None:
    watched.close()
    with pytest.raises(awsvtab.ProgrammingError):
        watched.set_read_progress(print)


@pytest.fixture
def bare(estates: Emulator) -> Iterator[tuple[apsw.Connection, awsvtab.Registration]]:
    connection = apsw.Connection(":memory:")
    registration = awsvtab.register(
        connection, session=estates.session, endpoint_url=estates.endpoint_url
    )
    yield connection, registration
    registration.close()


def test_a_registration_tells_too(
    bare: tuple[apsw.Connection, awsvtab.Registration],
) -> None:
    connection, registration = bare
    told: list[ReadProgress] = []
    registration.set_read_progress(told.append)
    connection.execute("SELECT count(*) FROM aws_customerprofiles_event_streams").fetchall()
    assert [(each.calls, each.rows, each.done) for each in told[-1:]] == [(2, 21, True)]
