"""A plan on the wire: what is sent when, and what is known when something goes wrong."""

from __future__ import annotations

import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

import awsvtab
from awsvtab import errors
from awsvtab.apply import WriteProgress
from awsvtab.emulator import Emulator
from clock import FakeClock
from conftest import DOMAIN, EVENT_STREAM, Connect, operations, put_domain, put_stream

TABLES = ["customerprofiles.event_streams", "customerprofiles.domains", "sqs.queues"]
STATES = (
    "SELECT operation, identifier, operation_status, error_code, attempts "
    "FROM aws_requests ORDER BY position"
)
QUEUE = "AWS::SQS::Queue"


def insert(name: str) -> str:
    return (
        "INSERT INTO event_streams (domain_name, event_stream_name, uri, region) VALUES "
        f"('one', '{name}', 'arn:aws:kinesis:us-east-1:123456789012:stream/s', 'us-east-1')"
    )


def update(name: str) -> str:
    tags = '[{"Key":"k","Value":"new"}]'
    return f"UPDATE event_streams SET tags = '{tags}' WHERE data__Identifier = 'one|{name}'"


def delete(name: str) -> str:
    return f"DELETE FROM event_streams WHERE data__Identifier = 'one|{name}'"


# A statement for each write, and whether the emulator holds what it is to hold afterwards.
WRITES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "CreateResource": (insert("new"), lambda get: get("one|new") is not None),
    "UpdateResource": (update("a"), lambda get: get("one|a")["Tags"][0]["Value"] == "new"),
    "DeleteResource": (delete("a"), lambda get: get("one|a") is None),
}


@pytest.fixture
def domain(emulator: Emulator) -> Emulator:
    """An emulator with one domain and one stream, whose changes take two polls."""
    put_domain(emulator, "one")
    put_stream(emulator, "one", "a", Tags=[{"Key": "k", "Value": "v"}])
    emulator.changes.polls = 2
    emulator.changes.retry_after_s = 0.0
    return emulator


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def connection(connect: Connect, clock: FakeClock) -> awsvtab.Connection:
    """A connection for which waiting takes no time."""
    return connect(tables=TABLES, clock=clock)


def done(emulator: Emulator, operation: str) -> bool:
    return WRITES[operation][1](lambda identifier: emulator.get(EVENT_STREAM, identifier))


def begun(emulator: Emulator) -> int:
    """How many changes AWS was asked for in all, repeated requests counted once."""
    asked = (call.request.get("ClientToken") for call in emulator.calls)
    return len({token for token in asked if token is not None})


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("fault", ["drop", "lose_answer", "truncate", "throttle"])
def test_a_request_that_gets_no_answer_is_repeated(
    connection: awsvtab.Connection, domain: Emulator, operation: str, fault: str
) -> None:
    getattr(domain.faults, fault)(operation=operation, times=1)
    cursor = connection.execute(WRITES[operation][0])
    connection.commit()
    assert done(domain, operation)
    assert begun(domain) == 1
    [(what, _, status, code, attempts)] = connection.execute(STATES).fetchall()
    assert (f"{what.title()}Resource", status, code, attempts) == (operation, "SUCCESS", None, 2)
    assert [event.operation_status for event in cursor.progress_events] == ["SUCCESS"]


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("fault", ["drop", "lose_answer", "truncate"])
def test_a_change_whose_answer_never_comes_is_accounted_for(
    connection: awsvtab.Connection, domain: Emulator, operation: str, fault: str
) -> None:
    getattr(domain.faults, fault)(operation=operation)
    connection.execute(WRITES[operation][0])
    connection.execute(insert("later"))
    with pytest.raises(awsvtab.OperationalError) as caught:
        connection.commit()
    assert begun(domain) == 1
    assert domain.get(EVENT_STREAM, "one|later") is None
    (_, _, status, _, attempts), (_, later, not_sent, _, never) = connection.execute(STATES)
    assert (status, attempts > 1) == ("UNKNOWN", True)
    assert (later, not_sent, never) == ("one|later", "NOT_SENT", 0)
    (token,) = connection.execute("SELECT client_token FROM aws_requests").fetchone()
    message = str(caught.value)
    assert "0 of 2 changes applied, 1 may be under way, 1 not sent" in message
    assert f"client token {token}" in message
    assert "not sent: CREATE AWS::CustomerProfiles::EventStream 'one|later'" in message


def test_a_single_change_whose_answer_never_comes_has_its_client_token_in_the_error(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    domain.faults.drop(operation="CreateResource")
    connection.execute(insert("b"))
    with pytest.raises(errors.NetworkFailed, match="1 may be under way") as caught:
        connection.commit()
    (token,) = connection.execute("SELECT client_token FROM aws_requests").fetchone()
    assert f"client token {token}" in str(caught.value)


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("fault", ["drop", "lose_answer", "truncate", "throttle"])
def test_a_poll_that_gets_no_answer_is_repeated(
    connection: awsvtab.Connection, domain: Emulator, operation: str, fault: str
) -> None:
    getattr(domain.faults, fault)(operation="GetResourceRequestStatus", times=3)
    connection.execute(WRITES[operation][0])
    connection.commit()
    assert done(domain, operation)
    assert begun(domain) == 1


@pytest.mark.parametrize("operation", WRITES)
def test_polls_that_never_get_an_answer_leave_the_request_token(
    connection: awsvtab.Connection, domain: Emulator, operation: str
) -> None:
    domain.faults.drop(operation="GetResourceRequestStatus")
    connection.execute(WRITES[operation][0])
    with pytest.raises(errors.NetworkFailed) as caught:
        connection.commit()
    [(status, token)] = connection.execute(
        "SELECT operation_status, request_token FROM aws_requests"
    )
    assert status == "PENDING"
    assert caught.value.request_token == token


@pytest.mark.parametrize("operation", WRITES)
def test_throttling_without_end_is_an_error_and_nothing_is_done(
    connection: awsvtab.Connection, domain: Emulator, operation: str
) -> None:
    domain.faults.throttle(operation=operation)
    connection.execute(WRITES[operation][0])
    with pytest.raises(errors.Throttling):
        connection.commit()
    assert not done(domain, operation)
    [(_, _, status, code, attempts)] = connection.execute(STATES)
    assert (status, code, attempts) == ("FAILED", "ThrottlingException", 12)


@pytest.mark.parametrize("operation", WRITES)
def test_a_failed_event_ends_the_commit(
    connection: awsvtab.Connection, domain: Emulator, operation: str
) -> None:
    domain.faults.fail_change("NotStabilized", "It wobbles", operation=operation)
    connection.execute(WRITES[operation][0])
    with pytest.raises(errors.HandlerFailed, match="It wobbles") as caught:
        connection.commit()
    assert caught.value.request_token
    assert not done(domain, operation)
    assert begun(domain) == 1
    [(_, _, status, code, attempts)] = connection.execute(STATES)
    assert (status, code, attempts) == ("FAILED", "NotStabilized", 1)


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("code", ["Throttling", "NetworkFailure", "ServiceInternalError"])
def test_a_failed_event_that_may_pass_begins_the_change_anew(
    connection: awsvtab.Connection, domain: Emulator, operation: str, code: str
) -> None:
    domain.faults.fail_change(code, "Try later", operation=operation, times=2)
    connection.execute(WRITES[operation][0])
    connection.commit()
    assert done(domain, operation)
    assert begun(domain) == 3
    [(_, _, status, error_code, attempts)] = connection.execute(STATES)
    assert (status, error_code, attempts) == ("SUCCESS", None, 3)


def test_a_change_of_a_busy_resource_waits(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    domain.faults.error("ConcurrentOperationException", "busy", operation="UpdateResource", times=6)
    connection.execute(update("a"))
    connection.commit()
    assert done(domain, "UpdateResource")
    assert begun(domain) == 1


def test_what_one_statement_changes_goes_out_at_once(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    emulator.faults.delay(0.05, operation="CreateResource")
    connection.execute(
        "INSERT INTO queues (queue_name) SELECT 'q' || value FROM json_each('[1,2,3,4,5,6,7,8]')"
    )
    emulator.calls.clear()
    connection.commit()
    assert emulator.calls.peak > 4
    assert operations(emulator) == {"CreateResource": 8}


def test_no_more_than_concurrency_is_under_way(connect: Connect, emulator: Emulator) -> None:
    connection = connect(tables=TABLES, concurrency=2)
    emulator.faults.delay(0.02)
    connection.execute(
        "INSERT INTO queues (queue_name) SELECT 'q' || value FROM json_each('[1,2,3,4,5,6,7,8]')"
    )
    emulator.calls.clear()
    connection.commit()
    assert emulator.calls.peak <= 2
    assert operations(emulator) == {"CreateResource": 8}


def test_changes_of_several_statements_go_out_in_the_order_made(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    emulator.changes.polls = 1
    for name in ("one", "two"):
        connection.execute(
            "INSERT INTO domains (domain_name, default_expiration_days) VALUES (?, 30)", (name,)
        )
    connection.execute(insert("s"))
    connection.commit()
    assert emulator.calls.operations == ["CreateResource", "GetResourceRequestStatus"] * 3
    assert emulator.get(EVENT_STREAM, "one|s") is not None


def test_waiting_takes_no_thread(connect: Connect, emulator: Emulator) -> None:
    """With one thread, twenty changes of half a second each take about that."""
    emulator.changes.polls = 2
    emulator.changes.retry_after_s = 0.25
    clock = FakeClock()
    connection = connect(tables=TABLES, concurrency=1, clock=clock)
    connection.execute(
        "INSERT INTO queues (queue_name) WITH n(i) AS (VALUES (1) UNION ALL "
        "SELECT i + 1 FROM n WHERE i < 20) SELECT 'q' || i FROM n"
    )
    connection.commit()
    assert operations(emulator) == {"CreateResource": 20, "GetResourceRequestStatus": 40}
    assert sum(clock.slept) < 0.25 * 20


def test_a_failure_stops_what_is_not_sent_and_waits_for_what_is(
    connect: Connect, domain: Emulator, clock: FakeClock
) -> None:
    connection = connect(tables=TABLES, clock=clock, concurrency=3)
    connection.execute(
        "INSERT INTO event_streams (domain_name, event_stream_name, uri, region) SELECT 'one', "
        "value, 'arn:aws:kinesis:us-east-1:123456789012:stream/s', 'us-east-1' "
        'FROM json_each(\'["b", "c", "d", "e", "f"]\')'
    )
    connection.execute("UPDATE domains SET default_expiration_days = 7")
    domain.faults.error("ValidationException", "no", operation="CreateResource", nth=2)
    with pytest.raises(errors.ValidationFailed) as caught:
        connection.commit()
    states: dict[tuple[str, str], list[str]] = defaultdict(list)
    for operation, identifier, status, *_ in connection.execute(STATES):
        states[operation, status].append(identifier)
    assert len(states["CREATE", "FAILED"]) == 1
    assert states["UPDATE", "NOT_SENT"] == ["one"]
    applied = states["CREATE", "SUCCESS"]
    assert applied
    assert all(domain.get(EVENT_STREAM, each) is not None for each in applied)
    unsent = states["CREATE", "NOT_SENT"]
    assert unsent
    assert all(domain.get(EVENT_STREAM, each) is None for each in unsent)
    message = str(caught.value)
    total = f"{len(applied)} of 6 changes applied, 1 failed, {len(unsent) + 1} not sent"
    assert message.startswith(total)
    tokens = connection.execute(
        "SELECT request_token FROM aws_requests WHERE operation_status = 'SUCCESS'"
    )
    assert all(f"SUCCESS, request token {token}" in message for (token,) in tokens)


def test_without_waiting_commit_returns_when_aws_has_accepted(
    connect: Connect, domain: Emulator
) -> None:
    connection = connect(tables=TABLES, wait=False)
    domain.changes.polls = 1_000
    cursor = connection.execute(insert("b"))
    connection.execute(insert("c"))
    connection.commit()
    assert operations(domain) == {"CreateResource": 2}
    states = connection.execute(STATES).fetchall()
    assert [state[2] for state in states] == ["PENDING", "PENDING"]
    assert [event.identifier for event in cursor.progress_events] == ["one|b"]


def test_without_waiting_a_resource_that_is_made_anew_is_waited_for(
    connect: Connect, domain: Emulator
) -> None:
    connection = connect(tables=TABLES, wait=False)
    connection.execute(delete("a"))
    connection.execute(insert("a"))
    operations(domain)
    connection.commit()
    assert operations(domain) == {
        "DeleteResource": 1,
        "GetResourceRequestStatus": 2,
        "CreateResource": 1,
    }


def test_a_change_that_never_ends_is_given_up_with_its_token(
    connect: Connect, domain: Emulator, clock: FakeClock
) -> None:
    connection = connect(tables=TABLES, clock=clock, write_timeout=60)
    domain.faults.stall_change(operation="DeleteResource")
    connection.execute(delete("a"))
    connection.execute(insert("b"))
    with pytest.raises(errors.TimedOut, match="1 under way, 1 not sent") as caught:
        connection.commit()
    [(status, token), _] = connection.execute(
        "SELECT operation_status, request_token FROM aws_requests"
    )
    assert status == "IN_PROGRESS"
    assert caught.value.request_token == token
    assert token in str(caught.value)
    assert sum(clock.slept) == pytest.approx(60, abs=0.5)


def once_under_way(act: Callable[[], object]) -> Callable[[WriteProgress], None]:
    """A progress callback that does something when AWS has begun with a change."""

    def tell(progress: WriteProgress) -> None:
        if progress.event is not None and progress.event.operation_status == "IN_PROGRESS":
            act()

    return tell


def test_an_interrupted_commit_sends_no_more_and_says_what_is_under_way(
    connect: Connect, domain: Emulator
) -> None:
    connection = connect(tables=TABLES)
    connection.set_write_progress(once_under_way(connection.interrupt))
    domain.changes.polls = 1_000_000
    connection.execute(insert("b"))
    connection.execute(insert("c"))
    with pytest.raises(errors.Cancelled, match="1 under way, 1 not sent"):
        connection.commit()
    states = [state[2] for state in connection.execute(STATES)]
    assert states == ["IN_PROGRESS", "NOT_SENT"]
    assert not connection.in_transaction


def test_ctrl_c_notes_what_is_under_way(connect: Connect, domain: Emulator) -> None:
    connection = connect(tables=TABLES)
    connection.set_write_progress(once_under_way(lambda: signal.raise_signal(signal.SIGINT)))
    domain.changes.polls = 1_000_000
    connection.execute(insert("b"))
    connection.execute(insert("c"))
    with pytest.raises(KeyboardInterrupt) as caught:
        connection.commit()
    (note,) = caught.value.__notes__
    assert note.startswith("0 of 2 changes applied, 1 under way, 1 not sent")
    assert [state[2] for state in connection.execute(STATES)] == ["IN_PROGRESS", "NOT_SENT"]
    assert not connection.in_transaction


def test_an_answer_after_an_interrupt_is_still_noted(connect: Connect, domain: Emulator) -> None:
    connection = connect(tables=TABLES)
    domain.faults.delay(10.0, operation="CreateResource")
    connection.execute(insert("b"))
    threading.Timer(0.2, connection.interrupt).start()
    begun_at = time.monotonic()
    with pytest.raises(errors.Cancelled, match="1 may be under way"):
        connection.commit()
    assert time.monotonic() - begun_at < 3
    assert connection.execute(STATES).fetchone()[2] == "UNKNOWN"
    domain.faults.clear()
    for _ in range(100):
        if connection.execute(STATES).fetchone()[2] == "PENDING":
            break
        threading.Event().wait(0.05)
    assert connection.execute(STATES).fetchone()[2] == "PENDING"


def test_progress_is_told_in_the_committing_thread(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    told: list[WriteProgress] = []
    threads = set()

    def note(progress: WriteProgress) -> None:
        told.append(progress)
        threads.add(threading.get_ident())

    connection.set_write_progress(note)
    connection.execute(insert("b"))
    connection.execute(insert("a"))
    with pytest.raises(errors.AlreadyExists):
        connection.commit()
    shown = [(each.done, each.failed, each.total, each.event.operation_status) for each in told]
    assert shown == [
        (0, 0, 2, "PENDING"),
        (0, 0, 2, "IN_PROGRESS"),
        (1, 0, 2, "SUCCESS"),
        (1, 0, 2, "PENDING"),
        (1, 0, 2, "IN_PROGRESS"),
        (1, 1, 2, "FAILED"),
    ]
    assert threads == {threading.get_ident()}
    connection.set_write_progress(None)
    connection.execute(insert("c"))
    connection.commit()
    assert len(told) == 6


def test_a_progress_callback_that_fails_stops_nothing(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    def fail(progress: WriteProgress) -> None:
        raise ZeroDivisionError

    connection.set_write_progress(fail)
    connection.execute(insert("b"))
    connection.commit()
    assert domain.get(EVENT_STREAM, "one|b") is not None


def test_progress_events_are_those_of_the_statement(connect: Connect, domain: Emulator) -> None:
    connection = connect(tables=TABLES)
    first, second = connection.cursor(), connection.cursor()
    assert first.progress_events == []
    first.execute(insert("b"))
    second.executemany(
        "INSERT INTO event_streams (domain_name, event_stream_name, uri, region) VALUES "
        "('one', ?, 'arn:aws:kinesis:us-east-1:123456789012:stream/s', 'us-east-1')",
        [("c",), ("d",)],
    )
    assert first.progress_events == second.progress_events == []
    third = connection.execute("COMMIT")
    assert [event.identifier for event in first.progress_events] == ["one|b"]
    assert [event.identifier for event in second.progress_events] == ["one|c", "one|d"]
    assert len(third.progress_events) == 3
    assert connection.execute("SELECT 1").progress_events == []
    connection.isolation_level = None
    assert [each.identifier for each in connection.execute(insert("e")).progress_events] == [
        "one|e"
    ]
    assert len(first.progress_events) == 1


def test_a_failed_hook_is_in_the_message(connection: awsvtab.Connection, domain: Emulator) -> None:
    domain.faults.fail_hook("Org::Naming::Hook", "Names begin with x-")
    for polls in (0, 2):
        domain.changes.polls = polls
        connection.execute(insert("b"))
        with pytest.raises(errors.HandlerFailed) as caught:
            connection.commit()
        assert "The following hook(s) failed: [Org::Naming::Hook]" in str(caught.value)
        assert (
            "hook Org::Naming::Hook (PRE_PROVISION) is HOOK_COMPLETE_FAILED: Names begin with x-"
        ) in str(caught.value)
        assert operations(domain)["GetResourceRequestStatus"] == max(polls, 1)


def test_two_updates_are_one_request(connection: awsvtab.Connection, domain: Emulator) -> None:
    cursor = connection.execute("UPDATE domains SET default_expiration_days = 7")
    last = connection.execute("UPDATE domains SET default_expiration_days = 30")
    operations(domain)
    connection.commit()
    assert operations(domain) == {"UpdateResource": 1, "GetResourceRequestStatus": 2}
    assert domain.get(DOMAIN, "one")["DefaultExpirationDays"] == 30
    assert cursor.progress_events == last.progress_events != []


def test_a_closed_registration_sends_nothing(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute(insert("b"))
    connection._registration.close()
    with pytest.raises(awsvtab.ProgrammingError, match="closed"):
        connection.commit()
    assert operations(domain) == {}
    assert connection.execute(STATES).fetchone()[2] == "NOT_SENT"
