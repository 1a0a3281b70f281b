"""Whatever goes wrong at COMMIT, `aws_requests` and the error say what AWS has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import awsvtab
from awsvtab.emulator import Emulator
from clock import FakeClock
from conftest import DOMAIN

TABLE = "aws.customerprofiles.domains"
INSERT = f"INSERT INTO {TABLE} (domain_name, default_expiration_days) VALUES (?, ?)"
UPDATE = f"UPDATE {TABLE} SET default_expiration_days = ?2 WHERE domain_name = ?1"
DELETE = f"DELETE FROM {TABLE} WHERE domain_name = ?1"
THERE, NEW = "abc", "defg"
OPERATIONS = ("CreateResource", "UpdateResource", "DeleteResource")

# Not NotFound and AlreadyExists: of those, AWS would have to be right.
_FAULTS = st.one_of(
    st.tuples(
        st.sampled_from(["lose_answer", "drop", "truncate", "throttle", "throttle_behind"]),
        st.just(()),
        st.sampled_from([*OPERATIONS, "GetResourceRequestStatus"]),
    ),
    st.tuples(
        st.just("error"),
        st.sampled_from(
            [
                ("ServiceInternalErrorException", "no"),
                ("ConcurrentOperationException", "no"),
                ("AccessDeniedException", "no"),
            ]
        ),
        st.sampled_from(OPERATIONS),
    ),
    st.tuples(
        st.just("fail_change"),
        st.sampled_from([("InvalidRequest", "no"), ("Throttling", "no"), ("NetworkFailure", "no")]),
        st.sampled_from(OPERATIONS),
    ),
    st.tuples(st.just("fail_hook"), st.just(("My::Own::Hook", "no")), st.sampled_from(OPERATIONS)),
    st.tuples(st.just("stall_change"), st.just(()), st.sampled_from(OPERATIONS)),
)
_TIMES = st.fixed_dictionaries(
    {"nth": st.sampled_from([1, 1, 2]), "times": st.sampled_from([1, 3, 20])}
)
_CHANGES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([UPDATE, DELETE]), st.sampled_from(THERE)),
        st.tuples(st.just(INSERT), st.sampled_from(NEW)),
    ),
    min_size=2,
    max_size=6,
    unique_by=lambda change: change[1],
)


@pytest.fixture(scope="module")
def account(_emulator: Emulator) -> Emulator:
    return _emulator


def domains(emulator: Emulator) -> dict[str, Any]:
    """The domains by name, with their only number; None where there is none."""
    found = {name: emulator.get(DOMAIN, name) for name in THERE + NEW}
    return {name: each and each["DefaultExpirationDays"] for name, each in found.items()}


def changed(before: dict[str, Any], changes: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What the domains are after all changes."""
    after = {name: None if sql == DELETE else 7 for sql, name in changes}
    return {**before, **after}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=_CHANGES,
    faults=st.lists(st.tuples(_FAULTS, _TIMES), min_size=1, max_size=4),
    polls=st.sampled_from([0, 0, 1, 3]),
    by_kind=st.booleans(),
)
def test_what_is_said_to_be_done_is_done_and_nothing_else(
    account: Emulator,
    session: boto3.Session,
    changes: list[tuple[str, str]],
    faults: list[Any],
    polls: int,
    by_kind: bool,
) -> None:
    account.reset()
    for name in THERE:
        account.put(DOMAIN, {"DomainName": name, "DefaultExpirationDays": 1})
    before = domains(account)
    connection = account.connect(session=session, clock=FakeClock(), write_timeout=60)
    for sql, name in sorted(changes) if by_kind else changes:
        connection.execute(sql, (name, 7)[: 1 if sql == DELETE else 2])
    account.changes.polls = polls
    for (method, arguments, operation), times in faults:
        getattr(account.faults, method)(*arguments, operation=operation, **times)
    error = None
    try:
        connection.commit()
    except awsvtab.Error as caught:
        error = caught
    account.faults.clear()
    query = "SELECT identifier, operation_status FROM aws_requests"
    said = dict(connection.execute(query).fetchall())
    connection.close()
    assert said.keys() == {name for _, name in changes}
    done = [change for change in changes if said[change[1]] == "SUCCESS"]
    open_ended = {
        name for name, status in said.items() if status not in ("SUCCESS", "FAILED", "NOT_SENT")
    }
    assert (error is None) == (len(done) == len(changes))
    expected, got = changed(before, done), domains(account)
    assert {n: v for n, v in got.items() if n not in open_ended} == {
        n: v for n, v in expected.items() if n not in open_ended
    }
