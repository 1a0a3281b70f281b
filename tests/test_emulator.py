"""The eight operations, through boto3, against the emulator's server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

import awsvtab
from awsvtab.emulator import Emulator, patches
from emulating import DOMAIN, QUEUE, STREAM, cloudcontrol, create, error, listed, read, update


@pytest.fixture
def client(emulator):
    with cloudcontrol(emulator) as made:
        yield made


def test_a_resource_is_created_read_listed_updated_and_deleted(client):
    event = create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    assert (event["OperationStatus"], event["Identifier"]) == ("SUCCESS", "d")
    assert json.loads(event["ResourceModel"])["DefaultExpirationDays"] == 3
    assert read(client, DOMAIN, "d")["DefaultExpirationDays"] == 3
    assert listed(client, DOMAIN) == ["d"]
    patch = {"op": "replace", "path": "/DefaultExpirationDays", "value": 4}
    assert update(client, DOMAIN, "d", patch)["OperationStatus"] == "SUCCESS"
    assert read(client, DOMAIN, "d")["DefaultExpirationDays"] == 4
    event = client.delete_resource(TypeName=DOMAIN, Identifier="d")["ProgressEvent"]
    assert (event["Operation"], event["OperationStatus"]) == ("DELETE", "SUCCESS")
    assert listed(client, DOMAIN) == []


@pytest.mark.parametrize(
    "identifier",
    [
        "d|s",
        '{"DomainName": "d", "EventStreamName": "s"}',
        '{"/properties/DomainName": "d", "/properties/EventStreamName": "s"}',
    ],
)
def test_an_identifier_is_accepted_in_each_form(emulator, client, identifier):
    assert emulator.put(STREAM, {"DomainName": "d", "EventStreamName": "s"}) == "d|s"
    assert read(client, STREAM, identifier)["EventStreamName"] == "s"


@pytest.mark.parametrize("identifier", ["d", "d|s|t", "d|", '{"DomainName": "d"}'])
def test_an_identifier_with_other_parts_is_refused(client, identifier):
    with error("ValidationException") as caught:
        read(client, STREAM, identifier)
    names = "[/properties/DomainName, /properties/EventStreamName]"
    assert f"Identifier {identifier} is not valid for identifier {names}" in str(caught.value)


def test_what_aws_makes_up_is_read(client):
    queue = create(client, QUEUE, QueueName="q")["Identifier"]
    assert queue == "https://sqs.us-east-1.amazonaws.com/123456789012/q"
    assert read(client, QUEUE, queue)["Arn"] == "arn:aws:sqs:us-east-1:123456789012:q"
    create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    create(client, STREAM, DomainName="d", EventStreamName="s", Uri="arn:aws:kinesis:::x")
    stream = read(client, STREAM, "d|s")
    assert stream["State"] == "RUNNING"
    assert stream["EventStreamArn"].startswith("arn:aws:profile:us-east-1:123456789012:domains/d/")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stream["CreatedAt"])


def test_what_nobody_named_is_named(client):
    first = create(client, QUEUE)["Identifier"]
    second = create(client, QUEUE)["Identifier"]
    assert first != second
    assert first.endswith(read(client, QUEUE, first)["QueueName"])


def test_write_only_properties_are_never_returned(emulator, client):
    secret = "AWS::SecretsManager::Secret"
    event = create(client, secret, Name="n", SecretString="hush")
    assert "hush" not in json.dumps(event, default=str)
    assert "SecretString" not in read(client, secret, event["Identifier"])
    emulator.listing.properties = "all"
    answer = client.list_resources(TypeName=secret)
    assert "hush" not in json.dumps(answer, default=str)
    assert emulator.get(secret, event["Identifier"])["SecretString"] == "hush"


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"DelaySeconds": "5"}, "(#/DelaySeconds: expected type: Integer, found: String)"),
        ({"DelaySeconds": -1}, "(#/DelaySeconds: -1 is not greater or equal to 0)"),
        ({"Nonsense": 1}, "(#: extraneous key [Nonsense] is not permitted)"),
        ({"Tags": [{"Key": "k"}]}, "(#/Tags/0: required key [Value] not found)"),
        ({"Tags": [{"Key": "", "Value": ""}]}, "(#/Tags/0/Key: expected minLength: 1, actual: 0)"),
        ({"Arn": "arn"}, "(#: readOnlyProperties [/properties/Arn] found)"),
    ],
)
def test_a_desired_state_that_does_not_fit_is_refused(client, properties, message):
    with error("ValidationException") as caught:
        create(client, QUEUE, **properties)
    assert f"Model validation failed {message}" in str(caught.value)


def test_required_properties_are_required(client):
    with error("ValidationException") as caught:
        create(client, DOMAIN, DomainName="d")
    assert "(#: required key [DefaultExpirationDays] not found)" in str(caught.value)


def test_enums_and_patterns_are_checked(client):
    with error("ValidationException") as caught:
        create(client, DOMAIN, DomainName="no spaces", DefaultExpirationDays=3)
    message = "#/DomainName: string [no spaces] does not match pattern ^[a-zA-Z0-9_-]+$"
    assert message in str(caught.value)
    with error("ValidationException") as caught:
        create(client, "AWS::Kinesis::Stream", StreamModeDetails={"StreamMode": "ODD"})
    assert "#/StreamModeDetails/StreamMode: ODD is not a valid enum value" in str(caught.value)


def test_a_second_resource_of_the_same_name_fails_in_the_event(client):
    create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    event = create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "AlreadyExists")
    assert event["StatusMessage"].endswith("with identifier 'd' already exists.")


def test_deleting_what_is_not_there_fails_in_the_event(client):
    event = client.delete_resource(TypeName=DOMAIN, Identifier="d")["ProgressEvent"]
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "NotFound")


def test_reading_what_is_not_there(client):
    with error("ResourceNotFoundException") as caught:
        read(client, DOMAIN, "d")
    assert re.search(
        r"AWS::CustomerProfiles::Domain Handler returned status FAILED: Resource of type "
        r"'AWS::CustomerProfiles::Domain' with identifier 'd' was not found\. "
        r"\(HandlerErrorCode: NotFound, RequestToken: [0-9a-f-]{36}\)",
        str(caught.value),
    )


def test_types_and_actions_that_there_are_not(client):
    with error("TypeNotFoundException") as caught:
        client.list_resources(TypeName="AWS::Nothing::Such")
    assert "The type 'AWS::Nothing::Such' cannot be found." in str(caught.value)
    with error("UnsupportedActionException") as caught:
        client.list_resources(TypeName="AWS::SNS::TopicPolicy")
    message = "Resource type AWS::SNS::TopicPolicy does not support LIST action"
    assert message in str(caught.value)


def test_a_listing_below_a_parent_names_it_and_finds_it(client):
    with error("InvalidRequestException") as caught:
        listed(client, STREAM)
    message = (
        "Missing or invalid ResourceModel property in AWS::CustomerProfiles::EventStream list "
        "handler request input.Required property: (#: required key [DomainName] not found)"
    )
    assert message in str(caught.value)
    with error("ResourceNotFoundException") as caught:
        listed(client, STREAM, ResourceModel='{"DomainName": "d"}')
    assert "Resource of type 'AWS::CustomerProfiles::Domain'" in str(caught.value)


def test_a_listing_below_a_parent_has_its_children_only(emulator, client):
    for domain in ("a", "b"):
        emulator.put(DOMAIN, {"DomainName": domain})
        for name in ("x", "y"):
            emulator.put(STREAM, {"DomainName": domain, "EventStreamName": name})
    emulator.listing.page_size = 1
    assert listed(client, STREAM, ResourceModel='{"DomainName": "b"}') == ["b|x", "b|y"]


def test_a_child_needs_its_parent(client):
    event = create(client, STREAM, DomainName="d", EventStreamName="s", Uri="arn")
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "NotFound")


@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        (
            {"op": "replace", "path": "/QueueName", "value": "r"},
            "NotUpdatableException",
            "Invalid patch update: createOnlyProperties [/properties/QueueName] cannot be updated",
        ),
        (
            {"op": "remove", "path": "/Arn"},
            "ValidationException",
            "Invalid patch update: readOnlyProperties [/properties/Arn] cannot be updated",
        ),
        (
            {"op": "replace", "path": "/DelaySeconds", "value": 5},
            "InvalidRequestException",
            "no such path in target JSON document",
        ),
        (
            {"op": "test", "path": "/QueueName", "value": "r"},
            "InvalidRequestException",
            "value differs from expectations",
        ),
        (
            {"op": "add", "path": "/DelaySeconds", "value": "x"},
            "ValidationException",
            "Model validation failed (#/DelaySeconds: expected type: Integer, found: String)",
        ),
        (
            {"op": "replace", "path": "", "value": {"QueueName": "r"}},
            "NotUpdatableException",
            "createOnlyProperties [/properties/QueueName] cannot be updated",
        ),
        (
            {"op": "add", "path": "", "value": {"QueueName": "q", "Arn": "another"}},
            "ValidationException",
            "readOnlyProperties [/properties/Arn] cannot be updated",
        ),
        ({"op": "sort", "path": "/Tags"}, "ValidationException", "Invalid patch document"),
        (
            {"op": "copy", "path": "/Tags", "from": 5},
            "ValidationException",
            "Invalid patch document",
        ),
        (
            {"op": "move", "path": "/Tags", "from": "Tags"},
            "ValidationException",
            "Invalid patch document",
        ),
        (5, "ValidationException", "Invalid patch document"),
    ],
)
def test_patches_that_aws_refuses(emulator, client, operation, code, message):
    queue = emulator.put(QUEUE, {"QueueName": "q"})
    with error(code) as caught:
        update(client, QUEUE, queue, operation)
    assert message in str(caught.value)


def test_write_only_properties_can_only_be_added(emulator, client):
    secret = emulator.put("AWS::SecretsManager::Secret", {"Name": "n", "SecretString": "a"})
    with error("ValidationException") as caught:
        patch = {"op": "replace", "path": "/SecretString", "value": "b"}
        update(client, "AWS::SecretsManager::Secret", secret, patch)
    message = (
        "Invalid patch update: writeOnlyProperties [/SecretString] can only be updated "
        "using 'add' operation"
    )
    assert message in str(caught.value)
    patch = {"op": "add", "path": "/SecretString", "value": "b"}
    update(client, "AWS::SecretsManager::Secret", secret, patch)
    update(
        client,
        "AWS::SecretsManager::Secret",
        secret,
        {"op": "add", "path": "/Description", "value": "other"},
    )
    assert emulator.get("AWS::SecretsManager::Secret", secret)["SecretString"] == "b"


def test_write_only_values_are_not_found_out_by_patches(emulator, client):
    secret = emulator.put("AWS::SecretsManager::Secret", {"Name": "n", "SecretString": "a"})
    for patch in (
        {"op": "test", "path": "/SecretString", "value": "a"},
        {"op": "copy", "from": "/SecretString", "path": "/Description"},
        {"op": "move", "from": "/SecretString", "path": "/Description"},
    ):
        with error("ValidationException"):
            update(client, "AWS::SecretsManager::Secret", secret, patch)


def test_a_patch_of_everything_keeps_what_it_cannot_name(emulator, client):
    vpc = emulator.put("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": True})
    state = {"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": False}
    update(client, "AWS::EC2::VPC", vpc, {"op": "replace", "path": "", "value": state})
    held = read(client, "AWS::EC2::VPC", vpc)
    assert (held["VpcId"], held["EnableDnsSupport"]) == (vpc, False)


def test_a_patch_of_a_parent_changes_nothing_that_is_read_only(emulator, client):
    kind = "AWS::Athena::WorkGroup"
    version = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "3"}
    group = emulator.put(
        kind, {"Name": "g", "WorkGroupConfiguration": {"EngineVersion": dict(version)}}
    )
    patch = {"op": "replace", "path": "/WorkGroupConfiguration"}
    forged = {"EngineVersion": {**version, "EffectiveEngineVersion": "9"}}
    with error("ValidationException"):
        update(client, kind, group, {**patch, "value": forged})
    selected = {"EngineVersion": {"SelectedEngineVersion": "3"}}
    update(client, kind, group, {**patch, "value": selected})
    held = emulator.get(kind, group)["WorkGroupConfiguration"]["EngineVersion"]
    assert held == {"SelectedEngineVersion": "3", "EffectiveEngineVersion": "3"}


def test_no_patch_changes_the_identifier(emulator, client):
    kind = "AWS::Route53::RecordSet"
    state = {"Name": "a.example.com", "Type": "A", "HostedZoneId": "Z1", "SetIdentifier": "s"}
    record = emulator.put(kind, state)
    with error("NotUpdatableException") as caught:
        update(client, kind, record, {"op": "replace", "path": "/Name", "value": "b.example.com"})
    assert "primaryIdentifier [/properties/Name] cannot be updated" in str(caught.value)


def test_create_only_values_inside_arrays_are_compared():
    before = {"Items": [{"Size": 1}, {"Size": 2}]}
    for pointer in (("Items", "*", "Size"), ("Items", "Size")):
        assert not patches._differs(before, {"Items": [{"Size": 1}]}, pointer)
        assert not patches._differs(before, {"Items": [{"Size": 1}, {"Size": 2}]}, pointer)
        assert patches._differs(before, {"Items": [{"Size": 1}, {"Size": 3}]}, pointer)
        assert patches._differs(before, {"Items": [{"Size": 1}, {}]}, pointer)


def test_items_of_arrays_come_and_go_with_their_read_only_values(emulator, client):
    domain = "AWS::Lightsail::Domain"
    entry = {"Name": "a.example.com", "Type": "A", "Target": "10.0.0.1"}
    create(client, domain, DomainName="example.com", DomainEntries=[entry])
    [first] = read(client, domain, "example.com")["DomainEntries"]
    assert first["Id"]
    patch = {"op": "add", "path": "/DomainEntries/-", "value": {**entry, "Type": "AAAA"}}
    update(client, domain, "example.com", patch)
    both = read(client, domain, "example.com")["DomainEntries"]
    assert both[0] == first
    assert both[1]["Id"] != first["Id"]
    update(client, domain, "example.com", {"op": "remove", "path": "/DomainEntries/0"})
    assert read(client, domain, "example.com")["DomainEntries"] == both[1:]


def test_what_did_not_fit_before_is_not_held_against_a_change(emulator, client):
    emulator.put(DOMAIN, {"DomainName": "d"})
    tags = [{"Key": "k", "Value": "v"}]
    update(client, DOMAIN, "d", {"op": "add", "path": "/Tags", "value": tags})
    assert read(client, DOMAIN, "d")["Tags"] == tags


def test_all_six_patch_operations_work(emulator, client):
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    queue = emulator.put(QUEUE, {"QueueName": "q", "Tags": tags, "DelaySeconds": 3})
    update(
        client,
        QUEUE,
        queue,
        {"op": "test", "path": "/DelaySeconds", "value": 3},
        {"op": "add", "path": "/Tags/-", "value": {"Key": "c", "Value": "3"}},
        {"op": "replace", "path": "/Tags/0/Value", "value": "one"},
        {"op": "remove", "path": "/Tags/1"},
        {"op": "copy", "from": "/DelaySeconds", "path": "/ReceiveMessageWaitTimeSeconds"},
        {"op": "move", "from": "/DelaySeconds", "path": "/VisibilityTimeout"},
    )
    held = emulator.get(QUEUE, queue)
    assert held["Tags"] == [{"Key": "a", "Value": "one"}, {"Key": "c", "Value": "3"}]
    assert (held["ReceiveMessageWaitTimeSeconds"], held["VisibilityTimeout"]) == (3, 3)
    assert "DelaySeconds" not in held


def test_an_update_of_what_is_not_there(client):
    with error("ResourceNotFoundException"):
        update(client, DOMAIN, "d", {"op": "remove", "path": "/Tags"})


@pytest.mark.parametrize(
    ("settings", "properties"),
    [
        ({}, {"QueueUrl"}),
        ({"by_type": {QUEUE: ["DelaySeconds"]}}, {"QueueUrl", "DelaySeconds"}),
        ({"properties": "all"}, {"QueueUrl", "QueueName", "Arn", "DelaySeconds"}),
    ],
)
def test_a_listing_carries_what_it_was_told_to(emulator, client, settings, properties):
    for name, value in settings.items():
        setattr(emulator.listing, name, value)
    emulator.put(QUEUE, {"QueueName": "q", "DelaySeconds": 3})
    [description] = client.list_resources(TypeName=QUEUE)["ResourceDescriptions"]
    assert json.loads(description["Properties"]).keys() == properties


@pytest.mark.parametrize(
    ("order", "names"),
    [("created", "bca"), ("newest", "acb"), ("identifier", "abc"), ("shuffled", None)],
)
def test_a_listing_has_the_order_that_it_was_told(emulator, client, order, names):
    for name in "bca":
        emulator.put(DOMAIN, {"DomainName": name})
    emulator.listing.order = order
    emulator.listing.page_size = 2
    found = listed(client, DOMAIN)
    assert sorted(found) == ["a", "b", "c"]
    assert names is None or "".join(found) == names


def test_pages_hold_what_is_asked_for_and_no_more_than_set(emulator, client):
    for n in range(5):
        emulator.put(DOMAIN, {"DomainName": f"d{n}"})
    assert len(client.list_resources(TypeName=DOMAIN, MaxResults=3)["ResourceDescriptions"]) == 3
    emulator.listing.page_size = 2
    answer = client.list_resources(TypeName=DOMAIN, MaxResults=3)
    assert len(answer["ResourceDescriptions"]) == 2
    client.delete_resource(TypeName=DOMAIN, Identifier="d1")
    answer = client.list_resources(TypeName=DOMAIN, NextToken=answer["NextToken"])
    assert [d["Identifier"] for d in answer["ResourceDescriptions"]] == ["d2", "d3"]


def test_a_token_of_another_listing_is_refused(emulator, client):
    for n in range(3):
        emulator.put(DOMAIN, {"DomainName": f"d{n}"})
    token = client.list_resources(TypeName=DOMAIN, MaxResults=1)["NextToken"]
    with error("InvalidRequestException"):
        client.list_resources(TypeName=QUEUE, NextToken=token)
    with error("InvalidRequestException"):
        client.list_resources(TypeName=QUEUE, NextToken="nonsense")


def test_regions_and_accounts_are_apart(emulator, client):
    emulator.put(DOMAIN, {"DomainName": "d"}, region="eu-west-2")
    assert listed(client, DOMAIN) == []
    with cloudcontrol(emulator, "eu-west-2") as europe:
        assert listed(europe, DOMAIN) == ["d"]
    with Emulator(region="eu-west-2", account="210987654321") as other:
        with cloudcontrol(other) as theirs:
            assert listed(theirs, DOMAIN) == []
        assert other.put(QUEUE, {"QueueName": "q"}).split("/")[3] == "210987654321"


def test_global_types_are_the_same_in_every_region(emulator, client):
    role = "AWS::IAM::Role"
    create(client, role, RoleName="r", AssumeRolePolicyDocument={})
    with cloudcontrol(emulator, "eu-west-2") as europe:
        assert listed(europe, role) == ["r"]
        assert read(europe, role, "r")["Arn"] == "arn:aws:iam::123456789012:role/r"


def test_every_request_is_logged(emulator, client):
    listed(client, DOMAIN)
    with error("ResourceNotFoundException"):
        read(client, DOMAIN, "d")
    assert emulator.calls.operations == ["ListResources", "GetResource"]
    assert emulator.calls.count("GetResource", identifier="d", region="us-east-1") == 1
    assert emulator.calls.count(type_name=QUEUE) == 0
    assert emulator.calls[-1].request == {"TypeName": DOMAIN, "Identifier": "d"}
    emulator.put(DOMAIN, {"DomainName": "d"})
    assert len(emulator.calls) == 2
    emulator.calls.clear()
    assert list(emulator.calls) == []


def test_an_emulator_starts_once(emulator):
    server = emulator.endpoint_url
    with pytest.raises(RuntimeError, match="running already"):
        emulator.start()
    assert emulator.endpoint_url == server


@pytest.mark.parametrize("where", [{"region": "eu-west-99"}, {"account": "5"}, {"account": "x"}])
def test_an_emulator_is_somewhere(where):
    with pytest.raises(ValueError, match=next(iter(where.values()))):
        Emulator(**where)


def test_reset_forgets_everything(emulator, client):
    emulator.listing.page_size = 1
    create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    emulator.reset()
    assert emulator.listing.page_size == 100
    assert len(emulator.calls) == 0
    assert listed(client, DOMAIN) == []


def test_put_refuses_names_that_there_are_not(emulator):
    with pytest.raises(ValueError, match="AWS::SQS::Queue has no property Nme"):
        emulator.put(QUEUE, {"Nme": "q"})
    with pytest.raises(ValueError, match="has no resource type AWS::No::Such"):
        emulator.put("AWS::No::Such", {})


def test_what_put_was_given_is_copied(emulator):
    tags = [{"Key": "k", "Value": "v"}]
    queue = emulator.put(QUEUE, {"Tags": tags})
    emulator.get(QUEUE, queue)["Tags"].clear()
    tags.clear()
    assert len(emulator.get(QUEUE, queue)["Tags"]) == 1
    assert emulator.get(QUEUE, "https://no/such") is None


def test_other_services_are_there_too(emulator):
    sqs = emulator.session.client("sqs", endpoint_url=emulator.endpoint_url)
    sqs.create_queue(QueueName="q")
    assert "q" in sqs.list_queues()["QueueUrls"][0]
    sqs.close()


def test_a_closed_emulator_leaves_no_thread():
    before = set(threading.enumerate())
    with Emulator() as emulator, cloudcontrol(emulator) as client:
        listed(client, DOMAIN)
        assert set(threading.enumerate()) - before
    assert not set(threading.enumerate()) - before
    with pytest.raises(RuntimeError, match="not running"):
        _ = emulator.endpoint_url
    emulator.close()


def test_emulators_that_run_at_the_same_time_share_nothing(emulator, client):
    emulator.put(DOMAIN, {"DomainName": "d"})
    with Emulator() as other:
        assert other.account != emulator.account
        assert other.get(DOMAIN, "d") is None
        other.put(DOMAIN, {"DomainName": "e"})
        assert emulator.account in emulator.put(QUEUE, {})
        assert other.account in other.put(QUEUE, {})
    assert listed(client, DOMAIN) == ["d"]
    with Emulator() as again:
        assert again.account == other.account
        assert again.get(DOMAIN, "e") is None


def test_an_account_has_one_emulator():
    with (
        Emulator(account="210987654321"),
        pytest.raises(RuntimeError, match="of account 210987654321 is running already"),
        Emulator(account="210987654321"),
    ):
        pass


def test_a_region_that_there_is_not(emulator):
    with pytest.raises(ValueError, match="there is no region 'eu-nowhere-1'"):
        emulator.put(DOMAIN, {"DomainName": "d"}, region="eu-nowhere-1")
    with cloudcontrol(emulator, "eu-nowhere-1") as nowhere, error("UnrecognizedClientException"):
        listed(nowhere, DOMAIN)


@pytest.mark.parametrize(
    ("imported", "absent"),
    [("awsvtab", "moto"), ("awsvtab.emulator", "cfnlint"), ("awsvtab.emulator", "moto.ec2")],
)
def test_nothing_is_imported_that_is_not_needed(imported, absent):
    program = f"import sys, {imported}; sys.exit({absent!r} in sys.modules)"
    path = str(Path(awsvtab.__file__).parents[1])
    subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": path}, check=True)


def test_many_threads_may_use_it(emulator, client):
    emulator.listing.page_size = 7

    def work(n):
        create(client, DOMAIN, DomainName=f"d{n}", DefaultExpirationDays=3)
        update(client, DOMAIN, f"d{n}", {"op": "add", "path": "/DefaultExpirationDays", "value": n})
        listed(client, DOMAIN)
        if n % 2:
            client.delete_resource(TypeName=DOMAIN, Identifier=f"d{n}")
        return create(client, QUEUE)["Identifier"]

    with ThreadPoolExecutor(8) as pool:
        queues = list(pool.map(work, range(1, 41)))
    assert len(set(queues)) == 40
    assert sorted(listed(client, QUEUE)) == sorted(queues)
    assert sorted(listed(client, DOMAIN)) == sorted(f"d{n}" for n in range(2, 41, 2))
    assert emulator.get(DOMAIN, "d8")["DefaultExpirationDays"] == 8


@mock_aws
def test_mock_aws_has_cloud_control():
    client = boto3.client("cloudcontrol", region_name="eu-west-2")
    create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
    assert listed(client, DOMAIN) == ["d"]
    other = boto3.client("cloudcontrol", region_name="us-east-1")
    with error("ResourceNotFoundException"):
        read(other, DOMAIN, "d")


def test_mock_aws_clears_the_state_that_it_left():
    for _ in range(2):
        with mock_aws():
            client = boto3.client("cloudcontrol", region_name="eu-west-2")
            assert listed(client, DOMAIN) == []
            create(client, DOMAIN, DomainName="d", DefaultExpirationDays=3)
