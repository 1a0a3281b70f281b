"""Rows come as soon as they can, calls overlap, and nothing is sent that nobody waits for."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from awsvtab.emulator import Emulator
from conftest import DOMAIN, EVENT_STREAM, Connect, operations, put_domain, put_stream

PATIENCE_S = 20.0  # until a test that would hang fails
REGIONS = ["us-east-1", "us-west-2", "eu-central-1", "eu-west-2"]
STREAMS = 8


class Gate:
    """What calls hang at until it is opened."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.passed = 0

    def open(self) -> None:
        self._open.set()

    def wait(self, seconds: float) -> None:
        self._open.wait(PATIENCE_S)
        self.passed += 1


@pytest.fixture
def gate(emulator: Emulator) -> Iterator[Gate]:
    """What delayed calls hang at."""
    gate = Gate()
    emulator.faults.sleep = gate.wait
    yield gate
    gate.open()


@pytest.fixture
def domains(emulator: Emulator) -> Emulator:
    """Four domains of eight streams each, two to a page."""
    for name in "abcd":
        put_domain(emulator, name)
        for number in range(STREAMS):
            put_stream(emulator, name, f"s{number}")
    emulator.listing.page_size = 2
    return emulator


def test_the_first_row_does_not_wait_for_parents_that_come_later(
    connect: Connect, domains: Emulator, gate: Gate
) -> None:
    domains.faults.delay(1, operation="ListResources", type_name=DOMAIN, page=2)
    cursor = connect().execute("SELECT domain_name FROM aws.customerprofiles.event_streams")
    first = cursor.fetchmany(2 * STREAMS)
    assert {name for (name,) in first} == {"a", "b"}
    assert gate.passed == 0
    gate.open()
    assert {name for (name,) in cursor} == {"c", "d"}


def test_a_region_that_hangs_does_not_hold_up_the_rows_of_others(
    connect: Connect, emulator: Emulator, gate: Gate
) -> None:
    for region in REGIONS:
        put_domain(emulator, "d", region)
    emulator.faults.delay(1, region=REGIONS[0])
    cursor = connect(regions=REGIONS).execute("SELECT region FROM aws.customerprofiles.domains")
    assert {region for (region,) in cursor.fetchmany(3)} == set(REGIONS[1:])
    assert gate.passed == 0
    gate.open()
    assert cursor.fetchall() == [(REGIONS[0],)]


def test_rows_of_a_page_are_read_while_the_next_page_hangs(
    connect: Connect, domains: Emulator, gate: Gate
) -> None:
    domains.faults.delay(1, operation="ListResources", page=2)
    cursor = connect().execute(
        "SELECT uri FROM aws.customerprofiles.event_streams "
        "WHERE domain_name = 'a' AND region = 'us-east-1'"
    )
    assert len(cursor.fetchmany(2)) == 2
    assert gate.passed == 0
    gate.open()
    assert len(cursor.fetchall()) == STREAMS - 2


def test_the_next_page_is_asked_for_before_the_rows_of_one_are_read(
    connect: Connect, domains: Emulator
) -> None:
    listed = threading.Event()
    waited: list[bool] = []

    def sleep(seconds: float) -> None:
        if seconds == 2:
            listed.set()
        else:
            waited.append(listed.wait(PATIENCE_S))

    domains.faults.sleep = sleep
    domains.faults.delay(2, operation="ListResources", page=2)
    domains.faults.delay(1, operation="GetResource")
    connect().execute(
        "SELECT uri FROM aws.customerprofiles.event_streams "
        "WHERE domain_name = 'a' AND region = 'us-east-1'"
    ).fetchall()
    assert waited == [True] * STREAMS


@pytest.mark.parametrize(
    ("sql", "type_name"),
    [
        ("SELECT count(*) FROM aws.customerprofiles.domains", DOMAIN),
        ("SELECT count(*) FROM aws.customerprofiles.event_streams", EVENT_STREAM),
    ],
)
def test_every_page_of_all_regions_is_asked_for_at_once(
    connect: Connect, emulator: Emulator, sql: str, type_name: str
) -> None:
    """A call is answered when as many others have arrived as there are regions."""
    for region in REGIONS:
        for name in "abcdef" if type_name == DOMAIN else "a":
            put_domain(emulator, name, region)
        for number in range(6):
            put_stream(emulator, "a", f"s{number}", region)
    emulator.listing.page_size = 2
    together = threading.Barrier(len(REGIONS), timeout=PATIENCE_S)
    emulator.faults.sleep = lambda seconds: together.wait()
    emulator.faults.delay(1, operation="ListResources", type_name=type_name)
    assert connect(regions=REGIONS).execute(sql).fetchall() == [(6 * len(REGIONS),)]
    assert emulator.calls.count("ListResources", type_name=type_name) == 3 * len(REGIONS)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 8, 13])
def test_a_limit_causes_at_most_twice_the_calls(
    connect: Connect, domains: Emulator, limit: int
) -> None:
    domains.listing.page_size = 100
    rows = connect().execute(f"SELECT uri FROM aws.customerprofiles.event_streams LIMIT {limit}")
    assert len(rows.fetchall()) == limit
    made = operations(domains)
    assert limit <= made["GetResource"] <= 2 * limit
    # the domains, and the streams of as many as it takes
    assert made["ListResources"] <= 2 * (1 + -(-limit // STREAMS))


@pytest.mark.parametrize("end", ["closed", "failed", "limited", "executed anew"])
def test_nothing_is_sent_once_nobody_reads(
    connect: Connect, domains: Emulator, gate: Gate, end: str
) -> None:
    """One call is on its way at a time: those that wait for their turn are never sent."""
    domains.listing.page_size = 100
    con = connect(concurrency=1)
    sql = (
        "SELECT uri FROM aws.customerprofiles.event_streams "
        "WHERE domain_name = 'a' AND region = 'us-east-1'"
    )
    shown = 3
    domains.faults.delay(1, operation="GetResource", nth=shown + 2)
    if end == "failed":
        domains.faults.deny(operation="GetResource", nth=shown + 1)
    cursor = con.execute(f"{sql} LIMIT {shown}" if end == "limited" else sql)
    assert len(cursor.fetchmany(shown)) == shown
    if end == "closed":
        cursor.close()
    elif end == "failed":
        with pytest.raises(Exception, match="AccessDenied"):
            cursor.fetchall()
    elif end == "executed anew":
        cursor.execute("SELECT 1").fetchall()
    elif end == "limited":
        assert cursor.fetchall() == []
    gate.open()
    assert con.execute("SELECT count(*) FROM aws.customerprofiles.domains").fetchall() == [(4,)]
    assert operations(domains)["GetResource"] <= shown + 2
