"""The benchmarks' endpoint: boto3 speaks to it as to AWS, and it counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from benchmarks.stub import Settings, Sizes, Stub
from benchmarks.stub.estate import DOMAIN, EVENT_STREAM, INSTANCE, KINESIS_STREAM, instance_id
from benchmarks.stub.service import Service
from botocore.config import Config

SIZES = Sizes(domains=3, streams=7, instances=60, subnets=9, regions=3, kinesis_streams=12, page=5)
MS = 0.001


def client_of(stub: Stub, region: str = "us-east-1") -> Any:
    config = Config(retries={"total_max_attempts": 1})
    session = boto3.Session("stub", "stub", region_name=region)
    return session.client("cloudcontrol", endpoint_url=stub.url, config=config)


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with Stub(SIZES, Settings(latency_s=MS, polls=3)) as stub:
        yield stub


@pytest.fixture
def client(stub: Stub) -> Iterator[Any]:
    stub.reset()
    client = client_of(stub)
    yield client
    client.close()


def test_listings_have_pages_with_identifiers(client, stub):
    pages = list(client.get_paginator("list_resources").paginate(TypeName=KINESIS_STREAM))
    assert [len(page["ResourceDescriptions"]) for page in pages] == [5, 5, 2]
    first = pages[0]["ResourceDescriptions"][0]
    assert first == {"Identifier": "stream-0000", "Properties": '{"Name": "stream-0000"}'}
    assert stub.counts().answered == {"ListResources": 3}


def test_children_are_listed_by_their_parent(client):
    model = json.dumps({"DomainName": "domain-1"})
    listing = client.get_paginator("list_resources").paginate(
        TypeName=EVENT_STREAM, ResourceModel=model
    )
    found = [each["Identifier"] for page in listing for each in page["ResourceDescriptions"]]
    assert found == [f"domain-1|stream-{number:03}" for number in range(7)]
    with pytest.raises(client.exceptions.InvalidRequestException, match="DomainName"):
        client.list_resources(TypeName=EVENT_STREAM)


def test_a_resource_is_read_whole(client, stub):
    answer = client.get_resource(TypeName=DOMAIN, Identifier="domain-2")
    properties = json.loads(answer["ResourceDescription"]["Properties"])
    assert properties["DefaultExpirationDays"] == 32
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="domain-9"):
        client.get_resource(TypeName=DOMAIN, Identifier="domain-9")
    with pytest.raises(client.exceptions.TypeNotFoundException):
        client.get_resource(TypeName="AWS::No::Type", Identifier="x")
    assert stub.counts().answered == {"GetResource": 3}


def test_a_region_has_its_own(stub):
    elsewhere = client_of(stub, "us-west-2")
    answer = elsewhere.list_resources(TypeName=KINESIS_STREAM)
    elsewhere.close()
    assert answer["ResourceDescriptions"] == []


def polled(client: Any, answer: Any) -> tuple[int, Any]:
    """How often a change was polled until it was done, and its last event."""
    event, polls = answer["ProgressEvent"], 0
    while event["OperationStatus"] == "IN_PROGRESS":
        pause_s = (event["RetryAfter"] - event["EventTime"]).total_seconds()
        assert pause_s == pytest.approx(0.2, abs=MS)
        token = event["RequestToken"]
        event = client.get_resource_request_status(RequestToken=token)["ProgressEvent"]
        polls += 1
    return polls, event


def test_a_change_is_done_at_its_last_poll(client):
    name = {"TypeName": KINESIS_STREAM, "Identifier": "made"}

    def properties() -> Any:
        found = client.get_resource(**name)["ResourceDescription"]["Properties"]
        return json.loads(found)

    state = json.dumps({"Name": "made", "ShardCount": 1})
    created = client.create_resource(TypeName=KINESIS_STREAM, DesiredState=state)
    polls, event = polled(client, created)
    assert (polls, event["OperationStatus"], event["Identifier"]) == (3, "SUCCESS", "made")
    assert properties()["ShardCount"] == 1
    patch = json.dumps([{"op": "replace", "path": "/ShardCount", "value": 2}])
    polls, event = polled(client, client.update_resource(**name, PatchDocument=patch))
    assert (polls, event["OperationStatus"]) == (3, "SUCCESS")
    assert properties()["ShardCount"] == 2
    polls, event = polled(client, client.delete_resource(**name))
    assert (polls, event["OperationStatus"]) == (3, "SUCCESS")
    _, event = polled(client, client.delete_resource(**name))
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "NotFound")


def test_a_client_token_makes_one_resource(client):
    request = {"TypeName": KINESIS_STREAM, "ClientToken": "one"}
    request["DesiredState"] = json.dumps({"Name": "once"})
    first, again = (client.create_resource(**request)["ProgressEvent"] for _ in range(2))
    assert first["RequestToken"] == again["RequestToken"]
    del request["ClientToken"]
    _, event = polled(client, client.create_resource(**request))
    assert event["ErrorCode"] == "AlreadyExists"


def test_requests_beyond_the_rate_are_throttled():
    now = 0.0
    service = Service(SIZES, Settings(rate=10, burst=2), lambda: now)
    body = json.dumps({"TypeName": INSTANCE, "Identifier": instance_id(0)}).encode()

    def ask() -> int:
        return service.answer("GetResource", "us-east-1", body)[0]

    assert [ask(), ask(), ask()] == [200, 200, 400]
    now = 0.1
    assert [ask(), ask()] == [200, 400]
    assert service.counts() == {"answered": {"GetResource": 3}, "throttled": {"GetResource": 2}}
    service.reset()
    assert ask() == 200
    assert service.counts() == {"answered": {"GetResource": 1}, "throttled": {}}


def test_boto3_knows_that_it_is_throttled():
    with Stub(SIZES, Settings(latency_s=0, rate=0.001, burst=1)) as stub:
        client = client_of(stub)
        client.list_resources(TypeName=DOMAIN)
        with pytest.raises(client.exceptions.ThrottlingException):
            client.list_resources(TypeName=DOMAIN)
        client.close()
        assert (stub.counts().calls, stub.counts().refusals) == (1, 1)
