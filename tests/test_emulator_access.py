"""Callers held to their IAM policies, as moto holds them to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.authorization import ActionAuthenticatorMixin, enable_iam_authentication

from awsvtab.emulator import Emulator, mocked, schemas
from emulating import DOMAIN, QUEUE, create, error, listed, read, status

LIST = ["cloudformation:ListResources", "sqs:ListQueues"]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Resource": "*"}
    ],
}


def allowing(*actions: str, **more: Any) -> dict[str, Any]:
    """A policy document that allows some actions."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture
def queue(emulator: Emulator) -> str:
    """The identifier of a queue."""
    return emulator.put(QUEUE, {"QueueName": "q"})


class Clients:
    """Makes clients of Cloud Control, whose sockets are closed."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._made: list[Any] = []

    def __call__(self, session: boto3.Session, service: str = "cloudcontrol") -> Any:
        client = session.client(service, endpoint_url=self._emulator.endpoint_url)
        self._made.append(client)
        return client

    def close(self) -> None:
        for client in self._made:
            client.close()


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Clients]:
    """A maker of clients for a session."""
    clients = Clients(emulator)
    yield clients
    clients.close()


def refusal(call: Any, *arguments: Any, **named: Any) -> dict[str, str]:
    """What AWS answers instead of a result."""
    with pytest.raises(ClientError) as raised:
        call(*arguments, **named)
    return raised.value.response["Error"]


def test_nobody_is_checked_until_moto_is_told_to(
    emulator: Emulator, client: Clients, session: boto3.Session, queue: str
) -> None:
    assert listed(client(session), QUEUE) == [queue]
    with emulator.user(allowing(*LIST)) as user:
        assert listed(client(user), QUEUE) == [queue]
        unknown = refusal(client(session).list_resources, TypeName=QUEUE)
        assert unknown["Code"] == "UnrecognizedClientException"
    assert listed(client(session), QUEUE) == [queue]


def test_an_operation_that_no_policy_allows_is_refused_in_awss_words(
    emulator: Emulator, client: Clients, queue: str
) -> None:
    with emulator.user(allowing(*LIST)) as user:
        name = client(user, "sts").get_caller_identity()["Arn"]
        refused = refusal(client(user).get_resource, TypeName=QUEUE, Identifier=queue)
    assert refused == {
        "Code": "AccessDeniedException",
        "Message": f"User: {name} is not authorized to perform: cloudformation:GetResource on "
        f"resource: arn:aws:cloudformation:us-east-1:{emulator.account}:resource/* because no "
        "identity-based policy allows the cloudformation:GetResource action",
    }


def test_a_read_whose_handler_lacks_a_permission_is_refused(
    emulator: Emulator, client: Clients, queue: str
) -> None:
    with emulator.user(allowing("cloudformation:*", "sqs:ListQueueTags")) as user:
        refused = refusal(client(user).get_resource, TypeName=QUEUE, Identifier=queue)
    assert refused["Code"] == "AccessDeniedException"
    assert refused["Message"].startswith(f"{QUEUE} Handler returned status FAILED: User: arn:aws:")
    assert "perform: sqs:GetQueueAttributes on resource: * because no" in refused["Message"]
    assert "(HandlerErrorCode: AccessDenied, RequestToken: " in refused["Message"]


def test_a_change_whose_handler_lacks_a_permission_ends_as_failed(
    emulator: Emulator, client: Clients
) -> None:
    with emulator.user(allowing("cloudformation:*", "sqs:GetQueue*", "sqs:*Tag*")) as user:
        event = create(client(user), QUEUE, QueueName="q")
    assert event["OperationStatus"] == "FAILED"
    assert event["ErrorCode"] == "AccessDenied"
    assert "not authorized to perform: sqs:CreateQueue" in event["StatusMessage"]
    assert listed(client(emulator.session), QUEUE) == []


def test_a_status_is_an_action_of_its_own(emulator: Emulator, client: Clients) -> None:
    with emulator.user(allowing("cloudformation:CreateResource", "sqs:*")) as user:
        event = create(client(user), QUEUE, QueueName="q")
        with error("AccessDeniedException"):
            status(client(user), event)


@pytest.mark.parametrize(
    "policy",
    [
        allowing("cloudformation:list*", "SQS:LISTQUEUES"),
        allowing("*"),
        {"Version": "2012-10-17", "Statement": allowing(*LIST)["Statement"][0]},
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "NotAction": "sns:*", "Resource": "*"}],
        },
    ],
)
def test_a_policy_allows_what_it_says(
    emulator: Emulator, client: Clients, queue: str, policy: dict[str, Any]
) -> None:
    with emulator.user(policy) as user:
        assert listed(client(user), QUEUE) == [queue]


def test_what_is_denied_is_not_allowed(emulator: Emulator, client: Clients, queue: str) -> None:
    policy = allowing("*")
    policy["Statement"].append({"Effect": "Deny", "Action": "sqs:ListQueues", "Resource": "*"})
    with emulator.user(policy) as user:
        refused = refusal(client(user).list_resources, TypeName=QUEUE)
        assert "with an explicit deny in an identity-based policy" in refused["Message"]
        assert read(client(user), QUEUE, queue)["QueueName"] == "q"


def test_conditions_are_left_out_of_account(
    emulator: Emulator, client: Clients, queue: str
) -> None:
    elsewhere = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    with emulator.user(allowing(*LIST, Condition=elsewhere)) as user:
        assert listed(client(user), QUEUE) == [queue]


def test_slips_of_the_schemas_are_no_actions(emulator: Emulator, client: Clients) -> None:
    slip = "s3:REST.PUT.OBJECT"
    able = (schemas.find(name) for name in schemas.type_names())
    schema = next(
        each for each in able if "create" in each.handlers and slip in each.permissions("create")
    )
    granted = [each for each in schema.permissions("create") if each != slip]
    with emulator.user(allowing("cloudformation:CreateResource", *granted)) as user:
        event = create(client(user), schema.type_name, **emulator.example(schema.type_name))
    assert event["OperationStatus"] == "SUCCESS"


def test_a_role_is_held_to_its_policies(
    emulator: Emulator, client: Clients, session: boto3.Session, queue: str
) -> None:
    iam = client(session, "iam")
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    managed = iam.create_policy(PolicyName="reads", PolicyDocument=json.dumps(allowing(*LIST)))
    iam.attach_role_policy(RoleName="reader", PolicyArn=managed["Policy"]["Arn"])
    got = client(session, "sts").assume_role(RoleArn=role["Arn"], RoleSessionName="me")
    assumed = boto3.Session(
        got["Credentials"]["AccessKeyId"],
        got["Credentials"]["SecretAccessKey"],
        got["Credentials"]["SessionToken"],
        region_name="us-east-1",
    )
    with enable_iam_authentication():
        assert listed(client(assumed), QUEUE) == [queue]
        refused = refusal(client(assumed).list_resources, TypeName=DOMAIN)
    assert "assumed-role/reader/me is not authorized" in refused["Message"]
    assert "profile:ListDomains" in refused["Message"]


def test_a_signature_is_checked(emulator: Emulator, client: Clients) -> None:
    with emulator.user(allowing("*")) as user:
        key = user.get_credentials().access_key
        forged = boto3.Session(key, "forged", region_name="us-east-1")
        refused = refusal(client(forged).list_resources, TypeName=QUEUE)
    assert refused["Code"] == "InvalidSignatureException"


def test_a_request_without_a_signature_is_refused(emulator: Emulator, client: Clients) -> None:
    with emulator.user(allowing("*")) as user:
        unsigned = user.client(
            "cloudcontrol",
            endpoint_url=emulator.endpoint_url,
            config=Config(signature_version=UNSIGNED),
        )
        assert refusal(unsigned.list_resources, TypeName=QUEUE)["Code"] == (
            "MissingAuthenticationTokenException"
        )
        unsigned.close()


def test_the_first_requests_are_free_where_moto_is_told_so(
    emulator: Emulator, client: Clients, session: boto3.Session, queue: str
) -> None:
    @ActionAuthenticatorMixin.set_initial_no_auth_action_count(3)
    def requests() -> None:
        assert client(session, "sts").get_caller_identity()
        for _ in range(2):
            assert listed(client(session), QUEUE) == [queue]
        with error("UnrecognizedClientException"):
            listed(client(session), QUEUE)

    requests()


def test_the_user_is_gone_at_the_end(emulator: Emulator, client: Clients) -> None:
    with emulator.user(allowing("*")) as user:
        assert len(client(user, "iam").list_users()["Users"]) == 1
    assert client(emulator.session, "iam").list_users()["Users"] == []
    with emulator.user(allowing("*")):
        emulator.reset()


def test_a_policy_that_iam_would_refuse_is_refused(emulator: Emulator, client: Clients) -> None:
    with pytest.raises(Exception, match="Syntax errors"), emulator.user({"Statement": "x"}):
        pass
    assert client(emulator.session, "iam").list_users()["Users"] == []


@mock_aws
def test_it_works_under_mock_aws() -> None:
    account = mocked("us-east-1")
    account.put(QUEUE, {"QueueName": "q"})
    with account.user(allowing(*LIST)) as user:
        assert len(listed(user.client("cloudcontrol"), QUEUE)) == 1
        with error("AccessDeniedException"):
            user.client("cloudcontrol").list_resources(TypeName=DOMAIN)
