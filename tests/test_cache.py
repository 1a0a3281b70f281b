"""cache_ttl: what one statement read is good for the next ones, for a time and until a write."""

from __future__ import annotations

import pytest

import awsvtab
from awsvtab import cache
from awsvtab.emulator import Emulator
from clock import FakeClock
from conftest import DOMAIN, EVENT_STREAM, Connect, operations, put_domain, put_stream

COUNT = "SELECT count(*) FROM event_streams"
URIS = "SELECT uri FROM event_streams"
BY_KEY = "SELECT uri FROM event_streams WHERE data__Identifier = 'one|a'"
ADD = "INSERT INTO {} (domain_name, default_expiration_days) VALUES ('new', 1)"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def cached(connect: Connect, estate: Emulator, clock: FakeClock) -> awsvtab.Connection:
    return connect(tables=["customerprofiles.event_streams"], cache_ttl=60, clock=clock)


def read(connection: awsvtab.Connection, sql: str) -> list[tuple[object, ...]]:
    return connection.execute(sql).fetchall()


def delete(emulator: Emulator, identifier: str) -> None:
    """Deletes a stream behind the connection's back."""
    with emulator.connect() as other:
        other.execute(
            "DELETE FROM aws.customerprofiles.event_streams WHERE data__Identifier = ?",
            [identifier],
        )
    other.close()


def test_without_it_every_statement_reads_live(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    for _ in range(2):
        read(connection, COUNT)
        assert operations(estate) == {"ListResources": 4}


@pytest.mark.parametrize("sql", [COUNT, URIS, BY_KEY])
def test_what_was_read_is_not_asked_again(
    cached: awsvtab.Connection, estate: Emulator, sql: str
) -> None:
    first = sorted(read(cached, sql))
    assert operations(estate)
    assert sorted(read(cached, sql)) == first
    assert operations(estate) == {}


def test_another_statement_asks_only_for_what_is_new(
    cached: awsvtab.Connection, estate: Emulator
) -> None:
    read(cached, COUNT)
    operations(estate)
    read(cached, URIS)
    assert operations(estate) == {"GetResource": 6}
    read(cached, BY_KEY)
    assert operations(estate) == {}


def test_it_is_asked_again_when_the_time_is_over(
    cached: awsvtab.Connection, estate: Emulator, clock: FakeClock
) -> None:
    assert read(cached, COUNT) == [(6,)]
    put_stream(estate, "one", "new")
    clock.now += 59
    assert read(cached, COUNT) == [(6,)]
    clock.now += 1
    operations(estate)
    assert read(cached, COUNT) == [(7,)]
    assert operations(estate) == {"ListResources": 4}


def test_that_a_key_finds_nothing_is_not_remembered(
    cached: awsvtab.Connection, estate: Emulator
) -> None:
    sql = "SELECT uri FROM event_streams WHERE data__Identifier = 'no|no'"
    for _ in range(2):
        assert read(cached, sql) == []
    assert operations(estate) == {"GetResource": 2}


def test_a_write_to_a_type_drops_it(cached: awsvtab.Connection, estate: Emulator) -> None:
    read(cached, URIS)
    cached.execute("DELETE FROM event_streams WHERE data__Identifier = 'one|a'")
    cached.commit()
    operations(estate)
    assert len(read(cached, URIS)) == 5
    # The domains were not written: they are still known.
    assert operations(estate) == {"ListResources": 3, "GetResource": 5}


def test_a_write_to_a_parent_drops_what_was_listed_by_it(
    cached: awsvtab.Connection, estate: Emulator
) -> None:
    read(cached, COUNT)
    cached.execute(ADD.format("aws.customerprofiles.domains"))
    cached.commit()
    operations(estate)
    read(cached, COUNT)
    assert operations(estate) == {"ListResources": 5}


def test_a_write_to_another_type_drops_nothing(
    cached: awsvtab.Connection, estate: Emulator
) -> None:
    read(cached, COUNT)
    cached.execute("INSERT INTO aws.sqs.queues (queue_name) VALUES ('q')")
    cached.commit()
    operations(estate)
    read(cached, COUNT)
    assert operations(estate) == {}


def test_a_write_that_failed_drops_all_the_same(
    cached: awsvtab.Connection, estate: Emulator
) -> None:
    read(cached, COUNT)
    estate.faults.fail_change()
    cached.execute("DELETE FROM event_streams WHERE data__Identifier = 'one|a'")
    with pytest.raises(awsvtab.OperationalError):
        cached.commit()
    operations(estate)
    read(cached, COUNT)
    assert operations(estate) == {"ListResources": 3}


def test_a_statement_that_writes_reads_live(cached: awsvtab.Connection, estate: Emulator) -> None:
    read(cached, BY_KEY)
    delete(estate, "one|a")
    cursor = cached.execute("DELETE FROM event_streams WHERE data__Identifier = 'one|a'")
    assert cursor.rowcount == 0
    assert len(read(cached, BY_KEY)) == 1


def test_failures_are_not_kept(cached: awsvtab.Connection, estate: Emulator) -> None:
    fault = estate.faults.deny(operation="ListResources", type_name=EVENT_STREAM)
    with pytest.raises(awsvtab.OperationalError):
        read(cached, COUNT)
    estate.faults.remove(fault)
    assert read(cached, COUNT) == [(6,)]


def test_a_listing_that_was_not_read_to_its_end_is_not_kept(
    cached: awsvtab.Connection, estate: Emulator
) -> None:
    estate.listing.page_size = 1
    sql = "SELECT domain_name FROM event_streams WHERE domain_name = 'three'"
    cursor = cached.execute(sql)
    cursor.fetchone()
    cursor.close()
    assert len(read(cached, sql)) == 3
    # A page that was under way when the cursor was closed may arrive at any time.
    assert len([call for call in estate.calls if "NextToken" not in call.request]) == 2
    assert len(read(cached, sql)) == 3
    assert len([call for call in estate.calls if "NextToken" not in call.request]) == 2


def test_a_statement_that_began_on_cached_pages_ends_on_them(
    cached: awsvtab.Connection, estate: Emulator, clock: FakeClock
) -> None:
    estate.listing.page_size = 1
    sql = "SELECT event_stream_name FROM event_streams WHERE domain_name = 'three'"
    read(cached, sql)
    operations(estate)
    cursor = cached.execute(sql)
    rows = [cursor.fetchone()]
    clock.now += 100
    delete(estate, "three|a")
    operations(estate)
    assert rows + cursor.fetchall() == [("a",), ("b",), ("c",)]
    assert operations(estate) == {}
    assert read(cached, sql) == [("b",), ("c",)]


def test_what_was_read_while_something_was_written_is_not_kept(
    cached: awsvtab.Connection, estate: Emulator
) -> None:
    estate.listing.page_size = 1
    sql = "SELECT event_stream_name FROM event_streams WHERE domain_name = 'three'"
    cursor = cached.execute(sql)
    cursor.fetchone()
    cached.execute("DELETE FROM event_streams WHERE data__Identifier = 'three|c'")
    cached.commit()
    cursor.fetchall()
    assert read(cached, sql) == [("a",), ("b",)]


def test_the_memory_that_it_takes_is_bounded(
    cached: awsvtab.Connection, estate: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "SIZE_KEPT", 2_000)
    names = [f"d{number:02}" for number in range(20)]
    for name in names:
        put_domain(estate, name)
    sql = (
        "SELECT default_expiration_days FROM aws.customerprofiles.domains WHERE domain_name = '{}'"
    )
    for name in names:
        read(cached, sql.format(name))
    operations(estate)
    read(cached, sql.format(names[-1]))
    assert operations(estate) == {}
    read(cached, sql.format(names[0]))
    assert operations(estate) == {"GetResource": 1}
    for _ in range(2):  # more than may be kept
        assert len(read(cached, "SELECT domain_name FROM aws.customerprofiles.domains")) == 23
        assert operations(estate) == {"ListResources": 1}


def test_places_and_resource_models_are_told_apart(
    cached: awsvtab.Connection, estate: Emulator
) -> None:
    put_domain(estate, "one", "us-west-2")
    for sql in (
        "SELECT count(*) FROM event_streams WHERE domain_name = 'one'",
        "SELECT count(*) FROM event_streams WHERE domain_name = 'two'",
        "SELECT count(*) FROM event_streams WHERE domain_name = 'one' AND region = 'us-west-2'",
    ):
        read(cached, sql)
        assert operations(estate) == {"ListResources": 1}
    assert estate.get(DOMAIN, "one") is not None


@pytest.mark.parametrize("given", [-1, "60", float("inf")])
def test_a_time_that_is_none_is_refused(connect: Connect, given: object) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="cache_ttl=60"):
        connect(cache_ttl=given)


def test_a_join_asks_for_what_it_lacks(cached: awsvtab.Connection, estate: Emulator) -> None:
    cached.execute("CREATE TABLE mine (id)")
    cached.executemany("INSERT INTO mine VALUES (?)", [("one|a",), ("one|b",), ("two|a",)])
    cached.commit()
    read(cached, BY_KEY)
    operations(estate)
    sql = "SELECT uri FROM mine JOIN event_streams ON data__Identifier = id"
    for calls in ({"GetResource": 2}, {}):
        assert len(read(cached, sql)) == 3
        assert operations(estate) == calls


def test_what_was_not_there_may_be_there_now(cached: awsvtab.Connection, estate: Emulator) -> None:
    new = "SELECT uri FROM event_streams WHERE data__Identifier = 'one|new'"
    assert read(cached, new) == []
    put_stream(estate, "one", "new")
    assert len(read(cached, "SELECT uri FROM event_streams WHERE domain_name = 'one'")) == 3
    assert len(read(cached, new)) == 1
