"""The bytes: what the emulator's server answers to plain HTTP."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import awsvtab
from awsvtab.emulator.service import ALL_OPERATIONS, ALL_STATUSES
from emulating import DOMAIN, QUEUE

SCOPE = "AKIDEXAMPLE/20240101/us-east-1/cloudcontrolapi/aws4_request"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@pytest.fixture
def post(emulator):
    """A function that sends a body to an operation and gives the response and its body."""
    connection = http.client.HTTPConnection(urlsplit(emulator.endpoint_url).netloc)

    def send(operation, body, scope=SCOPE):
        headers = {
            "X-Amz-Target": f"CloudApiService.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0",
        }
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        connection.request("POST", "/", text, headers)
        response = connection.getresponse()
        return response, response.read()

    yield send
    connection.close()


def test_an_answer(emulator, post):
    emulator.put(QUEUE, {"QueueName": "q"})
    response, body = post("ListResources", {"TypeName": QUEUE})
    assert (response.status, response.reason, response.version) == (200, "OK", 11)
    headers = {name.lower(): value for name, value in response.getheaders()}
    assert headers.keys() == {"date", "x-amzn-requestid", "content-type", "content-length"}
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["content-length"] == str(len(body))
    assert re.fullmatch(UUID, headers["x-amzn-requestid"])
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/q"
    assert body == (
        b'{"TypeName": "AWS::SQS::Queue", "ResourceDescriptions": [{"Identifier": "%b", '
        b'"Properties": "{\\"QueueUrl\\": \\"%b\\"}"}]}' % (url.encode(), url.encode())
    )


def test_times_are_epoch_numbers(post):
    state = json.dumps({"DomainName": "d", "DefaultExpirationDays": 3})
    _, body = post("CreateResource", {"TypeName": DOMAIN, "DesiredState": state})
    event = json.loads(body)["ProgressEvent"]
    assert isinstance(event["EventTime"], float)
    assert event["EventTime"] == pytest.approx(time.time(), abs=60)
    assert isinstance(event["ResourceModel"], str)
    assert event.keys() == {
        "TypeName",
        "Identifier",
        "RequestToken",
        "Operation",
        "OperationStatus",
        "EventTime",
        "ResourceModel",
    }


def test_a_missing_resource_is_400(post):
    response, body = post("GetResource", {"TypeName": QUEUE, "Identifier": "https://no/such"})
    assert (response.status, response.reason) == (400, "Bad Request")
    fault = json.loads(body)
    assert fault.keys() == {"__type", "Message"}
    assert fault["__type"] == "com.amazon.cloudapiservice#ResourceNotFoundException"
    assert re.fullmatch(
        r"AWS::SQS::Queue Handler returned status FAILED: Resource of type 'AWS::SQS::Queue' with "
        rf"identifier 'https://no/such' was not found\. \(HandlerErrorCode: NotFound, "
        rf"RequestToken: {UUID}\)",
        fault["Message"],
    )


@pytest.mark.parametrize(
    ("operation", "body", "kind", "message"),
    [
        ("ListResources", "{", "com.amazon.coral.service#SerializationException", "JSON object"),
        ("ListResources", "[]", "com.amazon.coral.service#SerializationException", "JSON object"),
        (
            "ListResources",
            {"TypeName": QUEUE, "MaxResults": "9"},
            "com.amazon.coral.service#SerializationException",
            "maxResults has to be of type integer",
        ),
        ("Nothing", "{}", "com.amazon.coral.service#UnknownOperationException", ""),
        (
            "ListResources",
            {},
            "com.amazon.coral.validate#ValidationException",
            "1 validation error detected: Value null at 'typeName' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            "ListResources",
            {"TypeName": "Queue", "MaxResults": 101},
            "com.amazon.coral.validate#ValidationException",
            "3 validation errors detected: Value 'Queue' at 'typeName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: ",
        ),
        (
            "ListResourceRequests",
            {"ResourceRequestStatusFilter": {"Operations": ["READ"]}},
            "com.amazon.coral.validate#ValidationException",
            "Value 'READ' at 'resourceRequestStatusFilter.Operations.1.member' failed to satisfy "
            "constraint: Member must satisfy enum value set: [CREATE, DELETE, UPDATE]",
        ),
        (
            "GetResource",
            {"TypeName": QUEUE, "Identifier": "x" * 1025},
            "com.amazon.coral.validate#ValidationException",
            "Member must have length less than or equal to 1024",
        ),
        (
            "CreateResource",
            {"TypeName": QUEUE, "DesiredState": "not JSON"},
            "com.amazon.coral.validate#ValidationException",
            "DesiredState must be a JSON object",
        ),
        (
            "ListResources",
            {"TypeName": "AWS::No::Such"},
            "com.amazon.cloudapiservice#TypeNotFoundException",
            "The type 'AWS::No::Such' cannot be found.",
        ),
    ],
)
def test_bad_requests_are_answered_as_aws_does(post, operation, body, kind, message):
    response, answer = post(operation, body)
    fault = json.loads(answer)
    assert (response.status, fault["__type"]) == (400, kind)
    assert message in fault["Message"]


@pytest.mark.parametrize("body", ["[" * 200_000, '{"TypeName":' * 200_000])
def test_bodies_too_deep_to_read_are_answered(post, body):
    response, answer = post("ListResources", body)
    assert response.status == 400
    assert json.loads(answer)["__type"].endswith("#SerializationException")


def token_of(*values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


@pytest.mark.parametrize("token", [5, "x", token_of([], [1], "two"), token_of([], [1], {})])
def test_faults_of_pages_leave_tokens_that_are_none_alone(emulator, post, token):
    emulator.faults.throttle(page=2)
    response, answer = post("ListResources", {"TypeName": QUEUE, "NextToken": token})
    assert response.status == 400
    assert b"Throttling" not in answer


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("operation", "member", "message"),
    [
        ("CreateResource", {"DesiredState": DEEP}, "DesiredState must be a JSON object"),
        (
            "CreateResource",
            {"DesiredState": '{"Tags": ' + "[" * 900 + "]" * 900 + "}"},
            "",
        ),
        ("UpdateResource", {"PatchDocument": DEEP}, "Invalid patch document"),
    ],
)
def test_documents_too_deep_to_read_are_refused(emulator, post, operation, member, message):
    queue = emulator.put(QUEUE, {"QueueName": "q"})
    identifier = {"Identifier": queue} if operation == "UpdateResource" else {}
    response, answer = post(operation, {"TypeName": QUEUE, **identifier, **member})
    fault = json.loads(answer)
    assert (response.status, fault["__type"].partition("#")[2]) == (400, "ValidationException")
    assert message in fault["Message"]


def code_of(answer):
    return json.loads(answer)["__type"].partition("#")[2]


@pytest.mark.parametrize("operation", ["ListResources", "ListResourceRequests"])
@pytest.mark.parametrize("position", ["x", 3, ["x"], {}, [1, 2], [True], []])
def test_forged_positions_are_refused(emulator, post, operation, position):
    request = {"TypeName": DOMAIN} if operation == "ListResources" else {}
    for name in "ab":
        state = json.dumps({"DomainName": name, "DefaultExpirationDays": 3})
        post("CreateResource", {"TypeName": DOMAIN, "DesiredState": state})
    token = json.loads(post(operation, {**request, "MaxResults": 1})[1])["NextToken"]
    scope, _, page = json.loads(base64.urlsafe_b64decode(token))
    forged = token_of(scope, position, page)
    response, answer = post(operation, {**request, "NextToken": forged})
    assert (response.status, code_of(answer)) == (400, "InvalidRequestException")


def test_tokens_too_deep_or_before_the_first_are_refused(post):
    scope = ["123456789012", "us-east-1", *ALL_OPERATIONS, *ALL_STATUSES]
    assert post("ListResourceRequests", {"NextToken": token_of(scope, [1], 2)})[0].status == 200
    deep = base64.urlsafe_b64encode(DEEP[:1500].encode()).decode()
    for token in (deep, token_of(scope, [-3], 2)):
        response, answer = post("ListResourceRequests", {"NextToken": token})
        assert (response.status, code_of(answer)) == (400, "InvalidRequestException")


def test_tokens_are_good_in_their_region_only(emulator, post):
    for region in ("us-east-1", "eu-west-2"):
        for name in "ab":
            emulator.put(DOMAIN, {"DomainName": name}, region=region)
    request = {"TypeName": DOMAIN, "MaxResults": 1}
    token = json.loads(post("ListResources", request)[1])["NextToken"]
    scope = SCOPE.replace("us-east-1", "eu-west-2")
    _, answer = post("ListResources", {**request, "NextToken": token}, scope)
    assert code_of(answer) == "InvalidRequestException"


@pytest.mark.parametrize("type_name", ["Foo", 5, ["x"]])
def test_throttling_behind_a_type_that_is_none(emulator, post, type_name):
    emulator.faults.throttle_behind()
    response, answer = post("ListResources", {"TypeName": type_name})
    assert (response.status, json.loads(answer)["__type"].partition("#")[2]) == (
        400,
        "GeneralServiceException",
    )


def test_a_fault_that_cannot_be_made_is_answered(emulator, post):
    def effect(call):
        raise KeyError(call.operation)

    emulator.faults.throttle().effect = effect
    response, answer = post("ListResources", {"TypeName": QUEUE})
    assert (response.status, json.loads(answer)["__type"]) == (500, "InternalFailure")


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (("Content-Length", "abc"), 400),
        (("Content-Length", "-1"), 400),
        (("Content-Length", "²"), 400),
        (("Transfer-Encoding", "chunked"), 411),
    ],
)
def test_bodies_of_unknown_length_are_refused(emulator, header, status):
    connection = http.client.HTTPConnection(urlsplit(emulator.endpoint_url).netloc)
    connection.putrequest("POST", "/")
    connection.putheader("X-Amz-Target", "CloudApiService.ListResources")
    connection.putheader(*header)
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, response.will_close) == (status, True)
    assert json.loads(response.read())["__type"].endswith("#SerializationException")
    connection.close()


def test_faults_of_the_service_are_500(emulator, post):
    emulator.faults.error("ServiceInternalErrorException", "down", times=1)
    response, body = post("ListResources", {"TypeName": QUEUE})
    assert (response.status, response.reason) == (500, "Internal Server Error")
    kind = "com.amazon.cloudapiservice#ServiceInternalErrorException"
    assert json.loads(body) == {"__type": kind, "Message": "down"}


def test_the_scope_of_the_signature_tells_the_region(emulator, post):
    emulator.put(QUEUE, {"QueueName": "q"}, region="eu-west-2")
    scope = SCOPE.replace("us-east-1", "eu-west-2")
    _, body = post("ListResources", {"TypeName": QUEUE}, scope)
    assert b"https://sqs.eu-west-2.amazonaws.com/123456789012/q" in body
    assert emulator.calls[-1].region == "eu-west-2"


def test_connections_stay_open(emulator, post):
    before = emulator.calls.peak
    for _ in range(3):
        response, _ = post("ListResources", {"TypeName": QUEUE})
        assert not response.will_close
    assert emulator.calls.peak == max(before, 1)


def test_other_requests_go_to_moto_and_its_reset_is_ours(emulator):
    emulator.put(DOMAIN, {"DomainName": "d"})
    emulator.faults.throttle()
    connection = http.client.HTTPConnection(urlsplit(emulator.endpoint_url).netloc)
    connection.request("POST", "/moto-api/reset")
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())) == (200, {"status": "ok"})
    connection.close()
    assert emulator.get(DOMAIN, "d") is None
    assert len(emulator.faults) == 0


SEED = [
    {"TypeName": DOMAIN, "Properties": {"DomainName": "here"}},
    {"TypeName": DOMAIN, "Properties": {"DomainName": "there"}, "Region": "eu-west-2"},
]
SCRIPT = """
INSERT INTO aws.customerprofiles.domains (domain_name, default_expiration_days)
VALUES ('here', 3);
INSERT INTO aws.customerprofiles.domains (domain_name, default_expiration_days, region)
VALUES ('there', 3, 'eu-west-2');
"""


@pytest.mark.parametrize(("name", "text"), [("s.json", json.dumps(SEED)), ("s.sql", SCRIPT)])
def test_the_server_is_a_command(tmp_path, name, text):
    seed = tmp_path / name
    seed.write_text(text)
    command = [sys.executable, "-m", "awsvtab.emulator", "--port", "0", "--seed", str(seed)]
    environment = {**os.environ, "PYTHONPATH": str(Path(awsvtab.__file__).parents[1])}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        line = server.stderr.readline()
        netloc = line.rpartition("http://")[2].strip()
        assert line == f"Cloud Control and moto's services at http://{netloc}\n"
        connection = http.client.HTTPConnection(netloc)
        headers = {"X-Amz-Target": "CloudApiService.ListResources"}
        connection.request("POST", "/", json.dumps({"TypeName": DOMAIN}), headers)
        found = json.loads(connection.getresponse().read())["ResourceDescriptions"]
        connection.close()
        server.send_signal(signal.SIGINT)
    assert [description["Identifier"] for description in found] == ["here"]
    assert netloc.startswith("127.0.0.1:")
    assert server.returncode == 0
