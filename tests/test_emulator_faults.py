"""Faults on order, as a client sees them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from moto import mock_aws

from awsvtab.emulator import Emulator, faults, mocked, service
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
)


@pytest.mark.parametrize(
    ("where", "kind", "message"),
    [
        ({"typename": DOMAIN}, TypeError, "a fault has no typename: it has operation, type_name"),
        ({"operation": "ListResource"}, ValueError, "no operation ListResource: there are Canc"),
        ({"type_name": 5}, TypeError, "type_name has to be of type str, not 5"),
        ({"page": "2"}, TypeError, "page has to be of type int, not '2'"),
        ({"nth": 0}, ValueError, "nth has to be at least 1, not 0"),
        ({"times": 0}, ValueError, "times has to be at least 1, not 0"),
    ],
)
def test_a_fault_that_would_hit_other_calls_is_not_ordered(emulator, where, kind, message):
    with pytest.raises(kind, match=message):
        emulator.faults.throttle(**where)
    assert len(emulator.faults) == 0


def test_faults_know_all_operations():
    assert service.OPERATIONS.keys() == faults.OPERATIONS


@pytest.mark.parametrize(
    ("controls", "name", "value", "kind"),
    [
        ("listing", "pagesize", 2, AttributeError),
        ("listing", "page_size", 0, ValueError),
        ("listing", "page_size", "2", TypeError),
        ("listing", "order", "oldest", ValueError),
        ("listing", "properties", "Name", ValueError),
        ("listing", "properties", 5, TypeError),
        ("listing", "by_type", {DOMAIN: "al"}, ValueError),
        ("changes", "poll", 2, AttributeError),
        ("changes", "polls", -1, ValueError),
        ("changes", "polls", 1.5, TypeError),
        ("changes", "seconds", "1", TypeError),
        ("changes", "clock", 5, TypeError),
    ],
)
def test_settings_that_there_are_not_are_refused(emulator, controls, name, value, kind):
    settings = getattr(emulator, controls)
    before = getattr(settings, name, None)
    with pytest.raises(kind):
        setattr(settings, name, value)
    assert getattr(settings, name, None) == before
    with pytest.raises(ValueError, match="by_type has to be"):
        emulator.listing.by_type[DOMAIN] = "al"


@pytest.mark.parametrize("status", [200, 599, 99])
def test_an_error_has_the_status_of_one(emulator, status):
    with pytest.raises(ValueError, match=str(status)):
        emulator.faults.error("Foo", "x", status)
    assert len(emulator.faults) == 0


@pytest.fixture
def client(emulator):
    with cloudcontrol(emulator) as made:
        yield made


def outcome(client, type_name=DOMAIN):
    try:
        client.list_resources(TypeName=type_name)
    except ClientError as refused:
        return refused.response["Error"]["Code"]
    return "ok"


def test_throttling(emulator, client):
    emulator.faults.throttle()
    with error("ThrottlingException") as caught:
        listed(client, DOMAIN)
    assert "Rate exceeded" in str(caught.value)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_throttling_in_disguise(emulator, client):
    emulator.faults.throttle_behind()
    with error("GeneralServiceException") as caught:
        listed(client, DOMAIN)
    message = "Rate exceeded (Service: CustomerProfiles, Status Code: 400)"
    assert message in str(caught.value)


def test_denied_access(emulator, client):
    emulator.faults.deny(operation="ListResources")
    with error("AccessDeniedException") as caught:
        listed(client, DOMAIN)
    assert "not authorized to perform: cloudformation:ListResources" in str(caught.value)


def test_any_error(emulator, client):
    emulator.faults.error("ServiceInternalErrorException", "down")
    with error("ServiceInternalErrorException") as caught:
        listed(client, DOMAIN)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


@pytest.mark.parametrize(
    ("where", "hit"),
    [
        ({}, "xxxx"),
        ({"times": 2}, "xx.."),
        ({"nth": 2}, ".x.."),
        ({"nth": 2, "times": 2}, ".xx."),
        ({"operation": "GetResource"}, "...."),
        ({"type_name": DOMAIN}, "xxxx"),
        ({"type_name": QUEUE}, "...."),
        ({"region": "eu-west-2"}, "...."),
    ],
)
def test_which_calls_are_hit(emulator, client, where, hit):
    fault = emulator.faults.throttle(**where)
    assert "".join("." if outcome(client) == "ok" else "x" for _ in range(4)) == hit
    assert fault.hits == hit.count("x")
    assert len(emulator.calls) == 4


def test_one_resource_can_be_hit(emulator, client):
    for name in ("a", "b"):
        emulator.put(DOMAIN, {"DomainName": name})
    emulator.faults.deny(identifier="a")
    read(client, DOMAIN, "b")
    with error("AccessDeniedException"):
        read(client, DOMAIN, "a")


def test_a_page_fails_after_others_came(emulator, client):
    for n in range(6):
        emulator.put(DOMAIN, {"DomainName": f"d{n}"})
    emulator.listing.page_size = 2
    emulator.faults.throttle(page=3)
    pages = client.get_paginator("list_resources").paginate(TypeName=DOMAIN)
    seen = []
    with error("ThrottlingException"):
        seen.extend(len(page["ResourceDescriptions"]) for page in pages)
    assert seen == [2, 2]


def test_faults_are_taken_back(emulator, client):
    first = emulator.faults.throttle()
    emulator.faults.remove(first)
    assert outcome(client) == "ok"
    emulator.faults.throttle()
    emulator.faults.clear()
    assert (outcome(client), len(emulator.faults)) == ("ok", 0)


def test_a_dropped_connection_did_nothing(emulator, client):
    emulator.faults.drop(times=1)
    with pytest.raises(ConnectionClosedError):
        create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    assert emulator.get(DOMAIN, "d") is None
    assert outcome(client) == "ok"


def test_a_lost_answer_did_what_was_asked(emulator, client):
    emulator.faults.lose_answer(times=1)
    with pytest.raises(ConnectionClosedError):
        create(client, QUEUE, client_token="t")
    assert create(client, QUEUE, client_token="t")["OperationStatus"] == "SUCCESS"
    assert len(listed(client, QUEUE)) == 1


def test_a_truncated_answer_looks_empty_to_botocore(emulator, client):
    # botocore checks no Content-Length, and takes what is not JSON for an answer without members.
    emulator.faults.truncate(times=1)
    assert client.list_resources(TypeName=DOMAIN).keys() == {"ResponseMetadata"}
    assert client.list_resources(TypeName=DOMAIN)["ResourceDescriptions"] == []


def test_a_change_fails_on_order(emulator, client):
    emulator.faults.fail_change("NotStabilized", "It wobbles", times=1)
    assert outcome(client) == "ok"
    event = create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    found = (event["OperationStatus"], event["ErrorCode"], event["StatusMessage"])
    assert found == ("FAILED", "NotStabilized", "It wobbles")
    assert emulator.get(DOMAIN, "d") is None


@pytest.mark.parametrize("polls", [0, 1])
def test_a_hook_fails_a_change_on_order(emulator, client, polls):
    emulator.changes.polls = polls
    emulator.faults.fail_hook("Org::Naming::Hook", "Names begin with x-", times=1)
    assert outcome(client) == "ok"
    event = create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    answer = client.get_resource_request_status(RequestToken=event["RequestToken"])
    found = answer["ProgressEvent"]
    assert found["OperationStatus"] == "FAILED"
    assert found["StatusMessage"] == "The following hook(s) failed: [Org::Naming::Hook]"
    assert found["HooksRequestToken"]
    (hook,) = answer["HooksProgressEvent"]
    assert hook["HookStatus"] == "HOOK_COMPLETE_FAILED"
    assert hook["HookStatusMessage"] == "Names begin with x-"
    assert emulator.get(DOMAIN, "d") is None


def test_a_change_never_ends_on_order(emulator, client):
    emulator.put(DOMAIN, {"DomainName": "d"})
    emulator.faults.stall_change(operation="DeleteResource")
    event = delete(client, DOMAIN, "d")
    for _ in range(5):
        event = status(client, event)
    assert event["OperationStatus"] == "IN_PROGRESS"


def test_a_delay_waits_and_holds_up_nobody_else(emulator, client):
    emulator.put(DOMAIN, {"DomainName": "d"})
    delayed = threading.Event()
    release = threading.Event()

    def sleep(seconds):
        assert seconds == 30
        delayed.set()
        release.wait()

    emulator.faults.sleep = sleep
    emulator.faults.delay(30, operation="GetResource")
    with ThreadPoolExecutor() as pool, cloudcontrol(emulator) as other:
        slow = pool.submit(read, other, DOMAIN, "d")
        delayed.wait()
        assert listed(client, DOMAIN) == ["d"]
        assert not slow.done()
        release.set()
        assert slow.result()["DomainName"] == "d"
    assert emulator.calls.peak == 2


def test_a_delay_does_not_outlive_the_emulator():
    delayed = threading.Event()
    with Emulator() as emulator, cloudcontrol(emulator) as client, ThreadPoolExecutor() as pool:
        wait = emulator.faults.sleep
        emulator.faults.sleep = lambda seconds: delayed.set() or wait(seconds)
        emulator.faults.delay(300)
        slow = pool.submit(outcome, client)
        delayed.wait()
        emulator.close()
        slow.exception(timeout=30)


@mock_aws
def test_faults_under_mock_aws():
    config = Config(retries={"total_max_attempts": 1})
    client = boto3.client("cloudcontrol", region_name="eu-west-2", config=config)
    emulator = mocked("eu-west-2")
    emulator.put(DOMAIN, {"DomainName": "d"})
    emulator.faults.drop(nth=2)
    emulator.faults.truncate(nth=3)
    assert listed(client, DOMAIN) == ["d"]
    with pytest.raises(ConnectionClosedError):
        listed(client, DOMAIN)
    assert client.list_resources(TypeName=DOMAIN).keys() == {"ResponseMetadata"}
    assert emulator.calls.count("ListResources") == 3


def test_mock_aws_clears_the_settings_that_it_left():
    with mock_aws():
        mocked().faults.throttle()
    with mock_aws():
        assert len(mocked().faults) == 0
        assert len(mocked().calls) == 0
