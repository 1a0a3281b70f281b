"""Changes that take their time: progress events, cancelling, client tokens, conflicts."""

from __future__ import annotations

import pytest

from awsvtab.emulator import Clock
from emulating import (
    DOMAIN,
    QUEUE,
    cloudcontrol,
    create,
    delete,
    error,
    listed,
    read,
    status,
    update,
)


@pytest.fixture
def client(emulator):
    with cloudcontrol(emulator) as made:
        yield made


@pytest.fixture
def clock(emulator):
    emulator.changes.clock = Clock()
    return emulator.changes.clock


def test_a_change_takes_as_many_polls_as_it_was_told(emulator, client):
    emulator.changes.polls = 3
    event = create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    assert event["OperationStatus"] == "PENDING"
    polled = [status(client, event)["OperationStatus"] for _ in range(4)]
    assert polled == ["IN_PROGRESS", "IN_PROGRESS", "SUCCESS", "SUCCESS"]


def test_nothing_has_changed_before_the_change_is_done(emulator, client):
    emulator.changes.polls = 1
    event = create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    assert listed(client, DOMAIN) == []
    status(client, event)
    assert listed(client, DOMAIN) == ["d"]
    event = delete(client, DOMAIN, "d")
    assert listed(client, DOMAIN) == ["d"]
    status(client, event)
    assert listed(client, DOMAIN) == []


def test_a_change_takes_as_many_seconds_as_it_was_told(emulator, client, clock):
    emulator.changes.seconds = 10
    event = create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    assert event["OperationStatus"] == "PENDING"
    clock.advance(9)
    waiting = status(client, event)
    assert waiting["OperationStatus"] == "IN_PROGRESS"
    assert waiting["RetryAfter"].timestamp() == pytest.approx(clock.now + 0.2)
    clock.advance(1)
    done = status(client, event)
    assert done["OperationStatus"] == "SUCCESS"
    assert "RetryAfter" not in done


def test_a_change_is_done_when_its_time_has_come_though_nobody_polls(emulator, client, clock):
    emulator.changes.seconds = 10
    create(client, "AWS::IAM::Role", RoleName="r", AssumeRolePolicyDocument={})
    clock.advance(10)
    with cloudcontrol(emulator, "eu-west-2") as europe:
        assert listed(europe, "AWS::IAM::Role") == ["r"]


def test_an_identifier_that_aws_makes_up_comes_later(emulator, client):
    emulator.changes.polls = 2
    named = create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    unnamed = create(client, QUEUE)
    assert named["Identifier"] == "d"
    assert "Identifier" not in unnamed
    assert "Identifier" not in status(client, unnamed)
    assert "Identifier" in status(client, unnamed)


def test_a_change_that_cannot_be_done_fails_at_its_end(emulator, client):
    emulator.put(DOMAIN, {"DomainName": "d"})
    emulator.changes.polls = 1
    event = create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    assert event["OperationStatus"] == "PENDING"
    assert status(client, event)["ErrorCode"] == "AlreadyExists"


def test_a_second_change_of_a_resource_has_to_wait(emulator, client):
    emulator.put(DOMAIN, {"DomainName": "d", "DefaultExpirationDays": 3})
    emulator.changes.polls = 1
    event = delete(client, DOMAIN, "d")
    with error("ConcurrentOperationException") as caught:
        update(client, DOMAIN, "d", {"op": "add", "path": "/DefaultExpirationDays", "value": 5})
    assert event["RequestToken"] in str(caught.value)
    status(client, event)
    with error("ResourceNotFoundException"):
        read(client, DOMAIN, "d")


def test_a_cancelled_change_is_never_done(emulator, client):
    emulator.changes.polls = 2
    event = create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    answer = client.cancel_resource_request(RequestToken=event["RequestToken"])
    assert answer["ProgressEvent"]["OperationStatus"] == "CANCEL_IN_PROGRESS"
    assert status(client, event)["OperationStatus"] == "CANCEL_COMPLETE"
    assert listed(client, DOMAIN) == []
    create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)


def test_a_change_that_has_ended_is_not_cancelled(client):
    event = create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    with error("ValidationException"):
        client.cancel_resource_request(RequestToken=event["RequestToken"])


@pytest.mark.parametrize("operation", ["get_resource_request_status", "cancel_resource_request"])
def test_a_request_token_that_there_is_not(client, operation):
    with error("RequestTokenNotFoundException"):
        getattr(client, operation)(RequestToken="00000000-0000-0000-0000-000000000000")


def test_the_same_request_with_the_same_client_token_is_done_once(emulator, client):
    first = create(client, QUEUE, client_token="t", DelaySeconds=1)
    again = create(client, QUEUE, client_token="t", DelaySeconds=1)
    assert again["RequestToken"] == first["RequestToken"]
    assert len(listed(client, QUEUE)) == 1
    with error("ClientTokenConflictException"):
        create(client, QUEUE, client_token="t", DelaySeconds=2)
    assert delete(client, QUEUE, first["Identifier"], ClientToken="u")["OperationStatus"]
    assert delete(client, QUEUE, first["Identifier"], ClientToken="u")["OperationStatus"] == (
        "SUCCESS"
    )


def test_a_client_token_is_forgotten_after_36_hours(client, clock):
    first = create(client, QUEUE, client_token="t")
    clock.advance(36 * 3600 + 1)
    assert create(client, QUEUE, client_token="t")["RequestToken"] != first["RequestToken"]


def test_requests_are_listed_newest_first_and_paged(client):
    names = [f"d{n}" for n in range(25)]
    for name in names:
        create(client, DOMAIN, DomainName=name, DefaultExpirationDays=3)
    first = client.list_resource_requests()
    rest = client.list_resource_requests(NextToken=first["NextToken"])
    assert len(first["ResourceRequestStatusSummaries"]) == 20
    pages = (first, rest)
    found = [e["Identifier"] for page in pages for e in page["ResourceRequestStatusSummaries"]]
    assert found == names[::-1]
    assert "NextToken" not in rest


def test_a_request_between_two_pages_repeats_none(client):
    for name in "abc":
        create(client, DOMAIN, DomainName=name, DefaultExpirationDays=3)
    first = client.list_resource_requests(MaxResults=2)
    create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    rest = client.list_resource_requests(NextToken=first["NextToken"])
    assert [e["Identifier"] for e in rest["ResourceRequestStatusSummaries"]] == ["a"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"Operations": ["DELETE"]}, [("DELETE", "SUCCESS"), ("DELETE", "FAILED")]),
        ({"OperationStatuses": ["FAILED"]}, [("DELETE", "FAILED")]),
        ({"Operations": ["CREATE"], "OperationStatuses": ["FAILED"]}, []),
        ({"OperationStatuses": ["PENDING"]}, [("CREATE", "PENDING")]),
    ],
)
def test_requests_are_listed_by_operation_and_status(emulator, client, wanted, found):
    delete(client, DOMAIN, "d")
    create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    delete(client, DOMAIN, "d")
    emulator.changes.polls = 1
    create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    answer = client.list_resource_requests(ResourceRequestStatusFilter=wanted)
    events = answer["ResourceRequestStatusSummaries"]
    assert [(e["Operation"], e["OperationStatus"]) for e in events] == found


def test_requests_are_kept_for_seven_days(client, clock):
    create(client, QUEUE)
    clock.advance(7 * 24 * 3600 + 1)
    assert client.list_resource_requests()["ResourceRequestStatusSummaries"] == []
