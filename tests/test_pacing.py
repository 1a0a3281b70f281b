"""How fast a place is asked: the user's limit, and what throttling teaches."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from awsvtab.aws_errors import TRIES, Subject, make_error, retry_delay
from awsvtab.errors import Cancelled, Throttling
from awsvtab.options import Options
from awsvtab.pacing import FORGOTTEN_AFTER_S, SLOWEST, Pace, Slot
from awsvtab.waiting import Cancel
from clock import FakeClock
from conftest import Connect, Emulator, put_domain, put_stream

THROTTLED = make_error("ThrottlingException", "", "GetResource", "us-east-1", Subject())


@dataclass(frozen=True)
class Ran:
    """How a simulated scan went."""

    seconds: float
    wasted: int
    most_attempts: int


def simulated(
    rate: float, burst: float, calls: int = 600, workers: int = 16, latency: float = 0.05
) -> Ran:
    """Workers that make calls, one after the other, to a place that permits ``rate`` a second."""
    chance, number, pace = random.Random(1), count(), Pace()
    events: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []
    left, wasted, most, tokens, filled_at = calls, 0, 1, burst, 0.0

    def at(time: float, what: Callable[..., None], *arguments: object) -> None:
        heapq.heappush(events, (time, next(number), what, arguments))

    def ask(now: float, attempt: int) -> None:
        slot = pace.reserve(now)
        at(slot.at, send, attempt, slot)

    def send(now: float, attempt: int, slot: Slot) -> None:
        nonlocal tokens, filled_at, most
        if not pace.holds(slot):
            ask(now, attempt)
            return
        tokens, filled_at = min(burst, tokens + (now - filled_at) * rate), now
        permitted = tokens >= 1
        tokens -= permitted
        most = max(most, attempt)
        at(now + latency * chance.uniform(0.8, 1.2), answer, attempt, slot, permitted)

    def answer(now: float, attempt: int, slot: Slot, permitted: bool) -> None:
        nonlocal left, wasted
        if not permitted:
            wasted += 1
            pace.throttled(slot, now)
            delay = retry_delay(THROTTLED, attempt, chance.random())
            assert delay is not None
            at(now + delay, ask, attempt + 1)
            return
        pace.answered(now)
        if left:
            left -= 1
            ask(now, 1)

    for _ in range(workers):
        left -= 1
        ask(0.0, 1)
    now = 0.0
    while events:
        now, _, what, arguments = heapq.heappop(events)
        what(now, *arguments)
    return Ran(now, wasted, most)


@pytest.mark.parametrize(
    ("rate", "burst", "calls"), [(30, 30, 300), (30, 60, 600), (5, 5, 200), (100, 100, 2000)]
)
def test_a_throttled_scan_goes_nearly_as_fast_as_it_may(
    rate: float, burst: float, calls: int
) -> None:
    ran = simulated(rate, burst, calls)
    assert ran.seconds < 1.2 * (calls - burst) / rate
    assert ran.wasted < 16 + 0.05 * calls  # what was under way when it first happened, and little
    assert ran.most_attempts <= 4 < TRIES[Throttling]


@pytest.mark.parametrize(("limit", "most", "seconds"), [(30, 30, 1), (0.5, 1, 2), (2.5, 2, 0.8)])
def test_no_more_than_the_users_limit_goes_out_in_any_second(
    limit: float, most: int, seconds: float
) -> None:
    pace = Pace(limit)
    slots = [pace.reserve(100.0 + 0.003 * n).at for n in range(200)]
    assert slots == sorted(slots)
    assert all(b - a >= seconds - 1e-6 for a, b in zip(slots, slots[most:], strict=False))
    assert slots[most - 1] < 100 + seconds  # the first do not wait


def test_without_limit_and_throttling_nothing_waits() -> None:
    pace = Pace()
    assert {pace.reserve(100.0).at for _ in range(1000)} == {100.0}


def test_a_throttled_place_slows_those_that_wait_already() -> None:
    pace = Pace()
    first, second = pace.reserve(100.0), pace.reserve(100.0)
    for _ in range(10):
        pace.answered(100.1)
    pace.throttled(first, 100.2)
    slower = [pace.reserve(100.2).at for _ in range(3)]
    assert slower[0] > 100.2
    assert slower[2] - slower[1] == pytest.approx(1 / 8)  # 0.8 of what was answered
    pace.throttled(second, 100.3)  # was under way: teaches nothing new
    assert pace.reserve(100.3).at == pytest.approx(slower[2] + 1 / 8, rel=1e-3)


def test_the_pace_recovers_and_is_forgotten() -> None:
    pace = Pace()
    pace.throttled(pace.reserve(0.0), 0.0)

    def gap(now: float) -> float:
        return -pace.reserve(now).at + pace.reserve(now).at

    gaps = [gap(now) for now in (1.0, 10.0, 30.0)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] <= 1 / SLOWEST
    assert gap(FORGOTTEN_AFTER_S + 1) == 0.0


def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    pace = Pace(1)
    assert pace.reserve(1000.0).at == 1000.0
    assert pace.reserve(500.0).at == 500.0


def test_a_cancel_ends_the_wait_for_a_slot() -> None:
    pace, cancel, clock = Pace(1), Cancel(), FakeClock()
    pace.wait(clock, cancel)
    cancel.set()
    with pytest.raises(Cancelled):
        pace.wait(clock, cancel)


@pytest.fixture
def many(emulator: Emulator) -> Iterator[Emulator]:
    """One domain with 400 streams."""
    put_domain(emulator, "d")
    for number in range(400):
        put_stream(emulator, "d", f"s{number:03}")
    return emulator


SQL = "SELECT uri FROM event_streams WHERE domain_name = 'd'"


def test_a_scan_of_a_throttled_endpoint_ends_without_an_error_or_many_attempts(
    many: Emulator, connect: Connect
) -> None:
    clock = FakeClock()
    limit = many.faults.limit(30, clock=clock.time)
    connection = connect(tables=["customerprofiles.event_streams"], clock=clock)
    begun = clock.now
    rows = connection.execute(SQL).fetchall()
    assert len(rows) == 400
    assert limit.hits < 60
    assert len(many.calls) == 404 + limit.hits
    assert 0.9 * (404 - 30) / 30 < clock.now - begun < 1.5 * 404 / 30


def test_what_is_wrapped_in_another_code_slows_the_place_too(
    many: Emulator, connect: Connect
) -> None:
    clock = FakeClock()
    many.faults.throttle_behind(operation="GetResource", nth=5, times=3)
    connection = connect(tables=["customerprofiles.event_streams"], clock=clock)
    assert len(connection.execute(SQL).fetchall()) == 400
    assert clock.now > FakeClock().now + 1


def test_max_requests_per_second_spaces_the_calls_of_a_region(
    many: Emulator, connect: Connect
) -> None:
    clock = FakeClock()
    connection = connect(
        tables=["customerprofiles.event_streams"], clock=clock, max_requests_per_second=20
    )
    begun = clock.now
    assert len(connection.execute(SQL).fetchall()) == 400
    assert len(many.calls) == 404
    assert 404 / 20 - 1.5 < clock.now - begun < 404 / 20 + 0.5


def test_regions_are_paced_apart(emulator: Emulator, connect: Connect) -> None:
    regions = ["us-east-1", "us-west-2", "eu-central-1"]
    clock = FakeClock()
    connection = connect(regions=regions, clock=clock, max_requests_per_second=1)
    connection.execute("SELECT count(*) FROM aws.customerprofiles.domains").fetchall()
    assert len(emulator.calls) == 3
    assert clock.slept == []
    connection.execute("SELECT count(*) FROM aws.sqs.queues").fetchall()
    assert clock.slept[0] == 1


@pytest.mark.parametrize("given", [0, -1, "20", float("inf"), float("nan")])
def test_a_limit_that_is_none_is_refused(given: object) -> None:
    with pytest.raises(Exception, match="max_requests_per_second=20"):
        Options(max_requests_per_second=given)  # type: ignore[arg-type]
