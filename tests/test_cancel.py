"""Cancelling: within half a second, no further calls, and the connection goes on."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apsw
import boto3
import pytest

import awsvtab
from awsvtab.emulator import Emulator
from awsvtab.errors import Cancelled, TimedOut
from awsvtab.waiting import Cancel
from conftest import EVENT_STREAM, Connect, put_domain, put_stream

SOON_S = 0.5
PAUSE_S = 0.1  # for the statement to begin to wait
COUNT = "SELECT count(*) FROM aws.customerprofiles.event_streams"
QUEUES = "SELECT count(*) FROM aws.sqs.queues"


@contextmanager
def takes(at_most_s: float) -> Iterator[None]:
    """Fails if the block takes longer."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < at_most_s


@contextmanager
def interrupted(how: Callable[[], object], when: Callable[[], bool]) -> Iterator[None]:
    """Interrupts what the block does, once that is so, and fails if it then takes long to end."""
    stopped_at = 0.0

    def stop() -> None:
        nonlocal stopped_at
        wait_until(when)
        time.sleep(PAUSE_S)
        stopped_at = time.monotonic()
        how()

    thread = threading.Thread(target=stop)
    thread.start()
    try:
        yield
    finally:
        ended_at = time.monotonic()
        thread.join()
    assert 0 < ended_at - stopped_at < SOON_S


def wait_until(condition: Callable[[], bool]) -> None:
    """Returns when the condition holds; fails if that takes long."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


class Deaf:
    """An endpoint that takes requests and never answers."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._taken: list[socket.socket] = []
        self.asked = 0
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            taken, _ = self._listener.accept()
            self._taken.append(taken)
            if not taken.recv(100_000):
                return
            self.asked += 1

    def close(self) -> None:
        with socket.create_connection(self._listener.getsockname()):
            pass
        self._thread.join()
        for each in [self._listener, *self._taken]:
            each.close()


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    endpoint = Deaf()
    yield endpoint
    endpoint.close()


STATEMENTS = {
    "ListResources": QUEUES,
    "GetResource": "SELECT * FROM aws.sqs.queues WHERE data__Identifier = 'q'",
    "DescribeRegions": QUEUES,
    "DescribeRegions for an INSERT": "INSERT INTO aws.sqs.queues (queue_name) VALUES ('q')",
    "DescribeType": "SELECT * FROM aws.service.resources",
    "DescribeType of a new table": "CREATE VIRTUAL TABLE x USING aws('Org::Service::Resource')",
    "GetCallerIdentity": "SELECT count(*) FROM aws.quicksight.dashboards",
}


@pytest.mark.slow
@pytest.mark.parametrize("how", ["interrupt", "Ctrl-C"])
@pytest.mark.parametrize("call", STATEMENTS)
def test_every_call_can_be_interrupted(deaf: Deaf, call: str, how: str) -> None:
    connection = awsvtab.connect(
        ":memory:",
        session=boto3.Session("x", "x", region_name="us-east-1"),
        endpoint_url=deaf.url,
        types=["Org::Service::Resource"],
        regions="all" if call.startswith("DescribeRegions") else None,
    )
    stop = connection.interrupt if how == "interrupt" else press_ctrl_c
    error = awsvtab.OperationalError if how == "interrupt" else KeyboardInterrupt
    with interrupted(stop, when=lambda: deaf.asked > 0), pytest.raises(error):
        connection.execute(STATEMENTS[call]).fetchall()
    assert connection.execute("SELECT 1").fetchone() == (1,)
    connection.close()
    assert deaf.asked == 1


@pytest.mark.parametrize("how", ["interrupt", "Ctrl-C"])
def test_a_call_that_hangs_takes_up_no_place_afterwards(
    connect: Connect, estate: Emulator, how: str
) -> None:
    connection = connect(concurrency=1)
    estate.faults.delay(60, type_name=EVENT_STREAM)
    stop = connection.interrupt if how == "interrupt" else press_ctrl_c
    error = Cancelled if how == "interrupt" else KeyboardInterrupt
    hangs = lambda: estate.calls.count(type_name=EVENT_STREAM) > 0  # noqa: E731
    with interrupted(stop, when=hangs), pytest.raises(error):
        connection.execute(COUNT).fetchall()
    made = len(estate.calls)
    with takes(5):
        assert connection.execute(QUEUES).fetchall() == [(0,)]
    assert len(estate.calls) == made + 1
    estate.faults.clear()


def test_a_commit_can_be_interrupted(connect: Connect, estate: Emulator) -> None:
    connection = connect()
    estate.faults.stall_change()
    connection.execute("INSERT INTO aws.sqs.queues (queue_name) VALUES ('q')")
    waits = lambda: estate.calls.count("CreateResource") > 0  # noqa: E731
    with interrupted(connection.interrupt, when=waits), pytest.raises(awsvtab.Error):
        connection.commit()
    assert connection.execute("SELECT 1").fetchone() == (1,)


class WakefulClock:
    """The time stands still: who sleeps is only ever woken by a cancel."""

    def __init__(self) -> None:
        self.sleeping = 0
        self.woken = threading.Semaphore(0)

    def time(self) -> float:
        return 1_000_000_000.0

    def sleep(self, seconds: float, cancel: Cancel) -> None:
        self.sleeping += 1
        try:
            cancel.wait(60)
        finally:
            self.woken.release()


Waiting = tuple[awsvtab.Connection, WakefulClock]


def waiting_for_a_retry(emulator: Emulator, connect: Connect) -> Waiting:
    clock = WakefulClock()
    connection = connect(clock=clock)
    emulator.faults.throttle(type_name=EVENT_STREAM)
    return connection, clock


def waiting_for_the_pace(emulator: Emulator, connect: Connect) -> Waiting:
    clock = WakefulClock()
    return connect(clock=clock, max_requests_per_second=1), clock


@pytest.mark.parametrize("how", ["interrupt", "Ctrl-C"])
@pytest.mark.parametrize("waits", [waiting_for_a_retry, waiting_for_the_pace])
def test_waiting_can_be_interrupted(
    connect: Connect,
    estate: Emulator,
    waits: Callable[[Emulator, Connect], Waiting],
    how: str,
) -> None:
    connection, clock = waits(estate, connect)
    stop = connection.interrupt if how == "interrupt" else press_ctrl_c
    error = awsvtab.OperationalError if how == "interrupt" else KeyboardInterrupt
    with interrupted(stop, when=lambda: clock.sleeping > 0), pytest.raises(error):
        connection.execute(COUNT).fetchall()
    for _ in range(clock.sleeping):
        assert clock.woken.acquire(timeout=SOON_S)
    made = len(estate.calls)
    connection.close()
    assert len(estate.calls) == made


def test_closing_a_cursor_stops_what_was_fetched_ahead(
    connect: Connect, emulator: Emulator
) -> None:
    put_domain(emulator, "d")
    for number in range(40):
        put_stream(emulator, "d", f"s{number:02}")
    emulator.listing.page_size = 20
    emulator.faults.throttle(operation="ListResources", type_name=EVENT_STREAM, page=2)
    clock = WakefulClock()
    connection = connect(clock=clock)
    cursor = connection.execute("SELECT domain_name FROM aws.customerprofiles.event_streams")
    assert cursor.fetchone() == ("d",)
    wait_until(lambda: clock.sleeping == 1)  # the next page is to be tried again
    made = len(emulator.calls)
    with takes(SOON_S):
        cursor.close()
        assert clock.woken.acquire(timeout=SOON_S)
    elsewhere = f"{QUEUES} WHERE region = 'us-west-2'"  # for here, the clock stands still
    assert connection.execute(elsewhere).fetchone() == (0,)
    assert len(emulator.calls) == made + 1


def test_a_bare_connection_can_be_interrupted(estate: Emulator) -> None:
    connection = apsw.Connection(":memory:")
    registration = awsvtab.register(
        connection, session=estate.session, endpoint_url=estate.endpoint_url
    )
    estate.faults.delay(60, type_name=EVENT_STREAM)
    hangs = lambda: estate.calls.count(type_name=EVENT_STREAM) > 0  # noqa: E731
    with interrupted(connection.interrupt, when=hangs), pytest.raises(Cancelled):
        connection.execute("SELECT count(*) FROM aws_customerprofiles_event_streams").fetchall()
    assert connection.execute("SELECT 1").fetchall() == [(1,)]
    estate.faults.clear()
    registration.close()


def test_a_region_that_hangs_times_out_and_is_named(connect: Connect, emulator: Emulator) -> None:
    regions = ["us-east-1", "us-west-2"]
    connection = connect(regions=regions, read_timeout=0.3)
    emulator.faults.delay(60, region="us-west-2")
    with pytest.raises(TimedOut, match=r"in us-west-2: .*read_timeout=") as caught:
        connection.execute(QUEUES).fetchall()
    assert caught.value.region == "us-west-2"
    assert emulator.calls.count(region="us-west-2") == 1
    emulator.faults.clear()


def test_a_region_that_hangs_can_be_left_out(connect: Connect, emulator: Emulator) -> None:
    emulator.put("AWS::SQS::Queue", {"QueueName": "q"})
    connection = connect(regions=["us-west-2", "us-east-1"], read_timeout=0.3, on_error="warn")
    emulator.faults.delay(60, region="us-west-2")
    with pytest.warns(awsvtab.AwsWarning, match="us-west-2"):
        rows = connection.execute("SELECT region FROM aws.sqs.queues").fetchall()
    assert rows == [("us-east-1",)]
    emulator.faults.clear()


def test_a_connection_that_drops_at_each_try_is_an_error(
    connect: Connect, emulator: Emulator
) -> None:
    connection = connect(regions=["us-east-1", "us-west-2"])
    emulator.faults.drop(region="us-west-2")
    with pytest.raises(awsvtab.OperationalError, match="in us-west-2: "):
        connection.execute(QUEUES).fetchall()
