"""The policy that statements need, held against the catalog, IAM's rules and what is sent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from moto.iam.policy_validation import IAMPolicyDocumentValidator

import awsvtab
from awsvtab.catalog import ResourceType, catalog
from awsvtab.catalog.actions import allows, iam_action, iam_actions, without_repetition
from awsvtab.explain import CALLED
from awsvtab.introspect import METHODS
from awsvtab.policies import MANAGED_LIMIT, USER_LIMIT, remarks, size
from conftest import DOMAIN, EVENT_STREAM, Connect
from test_curated import SCHEMA, registry  # noqa: F401 - a fixture
from test_seed import SEED, statement

OPERATIONS = {
    "create_resource": {"cloudformation:CreateResource", "cloudformation:GetResourceRequestStatus"},
    "get_resource": {"cloudformation:GetResource"},
    "update_resource": {"cloudformation:UpdateResource", "cloudformation:GetResourceRequestStatus"},
    "delete_resource": {"cloudformation:DeleteResource", "cloudformation:GetResourceRequestStatus"},
    "list_resources": {"cloudformation:ListResources"},
}
HANDLERS = {method: handler for handler, (method, _) in METHODS.items()}
SEED_METHODS = {
    "select_list": {
        (DOMAIN, "list_resources"),
        (EVENT_STREAM, "list_resources"),
        (EVENT_STREAM, "get_resource"),
    },
    "select_get": {(EVENT_STREAM, "get_resource")},
    "insert_required": {(EVENT_STREAM, "create_resource")},
    "insert_all": {(EVENT_STREAM, "create_resource")},
    "delete": {(EVENT_STREAM, "get_resource"), (EVENT_STREAM, "delete_resource")},
}
UPDATE = """UPDATE aws.customerprofiles.event_streams SET tags = '[{"Key":"k","Value":"v"}]'
    WHERE data__Identifier = 'one|a' AND region = 'us-east-1'"""


def allowed(document: dict[str, Any]) -> list[str]:
    """The actions that a policy document allows, in its order."""
    return [action for each in document["Statement"] for action in each["Action"]]


def check(document: dict[str, Any]) -> None:
    """The document is one that IAM takes, with each action once."""
    IAMPolicyDocumentValidator(json.dumps(document)).validate()
    actions = allowed(document)
    assert all(re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9*]+", action) for action in actions)
    assert len({action.lower() for action in actions}) == len(actions)
    for each in document["Statement"]:
        assert re.fullmatch("[A-Za-z0-9]+", each["Sid"])
        assert each["Action"] == sorted(each["Action"])
        assert each["Action"]


@pytest.mark.parametrize("name", [path.stem for path in sorted(SEED.glob("*.sql"))])
def test_a_seed_statement_needs_what_the_catalog_says_of_its_methods(
    connection: awsvtab.Connection, name: str
) -> None:
    explanation = connection.explain(statement(name))
    uses = {use for path in explanation.paths for use in path.uses}
    assert uses == SEED_METHODS[name]
    expected: set[str] = set()
    for type_name, method in uses:
        expected |= OPERATIONS[method] | {*catalog().type(type_name).handlers[HANDLERS[method]]}
    document = awsvtab.policy(explanation)
    assert set(allowed(document)) == expected
    check(document)


def test_the_actions_are_in_two_statements_by_who_calls_them(
    connection: awsvtab.Connection,
) -> None:
    assert awsvtab.policy(connection.explain(statement("select_get"))) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AwsvtabCalls",
                "Effect": "Allow",
                "Action": ["cloudformation:GetResource"],
                "Resource": "*",
            },
            {
                "Sid": "ResourceHandlers",
                "Effect": "Allow",
                "Action": [*sorted(catalog().type(EVENT_STREAM).handlers["read"])],
                "Resource": "*",
            },
        ],
    }


def test_several_statements_make_one_policy(connection: awsvtab.Connection) -> None:
    explanations = [connection.explain(each) for each in (UPDATE, statement("delete"))]
    together = awsvtab.policy(*explanations)
    check(together)
    apart = {action for each in explanations for action in allowed(awsvtab.policy(each))}
    assert set(allowed(together)) == apart


def test_what_needs_nothing_makes_no_statement(connection: awsvtab.Connection) -> None:
    document = awsvtab.policy(connection.explain("SELECT 1"))
    assert document == {"Version": "2012-10-17", "Statement": []}
    assert "no permission is needed" in "".join(remarks(document))


def statements_of(resource_type: ResourceType) -> list[str]:
    """A statement for each thing that can be done with a type's resources."""
    name = resource_type.dotted_name
    region = next(each for each in catalog().regions if each not in resource_type.not_in)
    where = "" if resource_type.is_global else f" AND region = '{region}'"
    found = []
    if resource_type.can("list"):
        found.append(f"SELECT * FROM {name} WHERE true{where}")
    if resource_type.can("read"):
        identifier = "|".join("x" for _ in resource_type.identifier)
        found.append(f"SELECT * FROM {name} WHERE data__Identifier = '{identifier}'{where}")
    if resource_type.can("delete") and found:
        found.append(f"DELETE FROM {name} WHERE true{where}")
    return found


def has_pattern(resource_type: ResourceType) -> bool:
    """Whether a permission of the type stands for several actions."""
    return any("*" in each for each in sum(resource_type.handlers.values(), ()))


SAMPLE = [each for n, each in enumerate(catalog()) if n % 10 == 0 or has_pattern(each)]


@pytest.mark.parametrize(
    "types", [pytest.param(SAMPLE, id="sample"), pytest.param([*catalog()], marks=pytest.mark.slow)]
)
def test_policies_of_all_types_are_such_as_iam_takes(
    connect: Connect, types: list[ResourceType]
) -> None:
    connection = connect()
    checked = 0
    for resource_type in types:
        for sql in statements_of(resource_type):
            try:
                explanation = connection.explain(sql)
            except (awsvtab.ProgrammingError, awsvtab.NotSupportedError):
                assert resource_type.list_requires or not resource_type.can("list")
                continue  # no way is known to list it
            document = awsvtab.policy(explanation)
            check(document)
            granted = allowed(document)
            for action in explanation.actions:
                assert any(allows(pattern, action) for pattern in granted)
            checked += 1
    assert checked > 2 * len(types)


def test_every_permission_of_the_catalog_is_an_action_or_known_to_be_none() -> None:
    none = {
        permission
        for resource_type in catalog()
        for permissions in resource_type.handlers.values()
        for permission in permissions
        if iam_action(permission) is None
    }
    assert none == {"", "s3:REST.PUT.OBJECT"}


@pytest.mark.parametrize(
    ("permissions", "actions"),
    [
        (["EC2:CreateTags", "ec2:CreateTags"], ["ec2:CreateTags"]),
        (["ec2:describeAddresses", "ec2:DescribeAddresses"], ["ec2:DescribeAddresses"]),
        (["", "s3:REST.PUT.OBJECT", " s3:GetObject "], ["s3:GetObject"]),
        (["b:B", "a:A", "b:B"], ["a:A", "b:B"]),
        (["arn:aws:s3:::x", "s3", "*"], []),
    ],
)
def test_permissions_become_actions(permissions: list[str], actions: list[str]) -> None:
    assert list(iam_actions(permissions)) == actions


def test_what_a_pattern_stands_for_is_left_out() -> None:
    actions = ["ec2:Describe*", "ec2:DescribeVpcs", "ec2:GetX", "ec2:describeTags", "s3:*", "s3:A*"]
    assert list(without_repetition(actions)) == ["ec2:Describe*", "ec2:GetX", "s3:*"]


def document_of(size_wanted: int) -> dict[str, Any]:
    """A policy document that IAM counts so many characters of."""
    statement = {"Sid": "ResourceHandlers", "Effect": "Allow", "Action": [""], "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    statement["Action"] = ["s:" + "a" * (size_wanted - size(document) - 2)]
    assert size(document) == size_wanted
    return document


@pytest.mark.parametrize(
    ("counted", "remark"),
    [
        (USER_LIMIT, []),
        (USER_LIMIT + 1, ["2,049 characters are more than a user's inline policies may have"]),
        (MANAGED_LIMIT, ["6,144 characters are more than a user's inline policies may have"]),
        (MANAGED_LIMIT + 1, ["6,145 characters are more than a managed policy may have"]),
    ],
)
def test_a_policy_that_iam_would_not_take_is_told(counted: int, remark: list[str]) -> None:
    found = list(remarks(document_of(counted)))
    assert len(found) == len(remark)
    assert all(text.startswith(start) for text, start in zip(found, remark, strict=True))


def test_a_whole_service_is_told(connect: Connect) -> None:
    document = {"Statement": [{"Action": ["s3:*", "ec2:Describe*"]}]}
    assert list(remarks(document)) == [
        "s3:* is every action of s3: AWS's schema asks for no less",
    ]


@pytest.mark.parametrize(
    ("options", "sql", "more"),
    [
        ({"regions": "all"}, "SELECT queue_url FROM aws.sqs.queues", {"ec2:DescribeRegions"}),
        ({"regions": "all"}, "SELECT role_name FROM aws.iam.roles", set()),
        ({}, "SELECT queue_url, account_id FROM aws.sqs.queues", set()),
        (
            {"regions": "all"},
            "SELECT count(*) FROM aws_resource_requests",
            {"ec2:DescribeRegions", "cloudformation:ListResourceRequests"},
        ),
        ({}, "SELECT * FROM aws_requests", set()),
        (
            {},
            "INSERT OR IGNORE INTO aws.s3.buckets (bucket_name) VALUES ('b')",
            {
                "cloudformation:CreateResource",
                "cloudformation:GetResource",
                "cloudformation:GetResourceRequestStatus",
            },
        ),
        (
            {},
            "INSERT INTO aws.s3.buckets (bucket_name) VALUES ('b')",
            {"cloudformation:CreateResource", "cloudformation:GetResourceRequestStatus"},
        ),
    ],
)
def test_what_a_statement_asks_besides(
    connect: Connect, options: dict[str, Any], sql: str, more: set[str]
) -> None:
    actions = set(connect(**options).explain(sql).actions) & CALLED
    assert actions - {"cloudformation:ListResources"} == more


def test_a_type_that_aws_describes_needs_the_permission_for_that(
    connect: Connect,
    registry: str,  # noqa: F811 - a fixture
    tmp_path: Path,
) -> None:
    (tmp_path / "thing.json").write_text(json.dumps(SCHEMA))
    sql = "SELECT name FROM aws.svc.things"
    called = [
        set(connect(types=types, endpoint_url=registry).explain(sql).actions)
        for types in (["Org::Svc::Thing"], tmp_path)
    ]
    assert called[0] - called[1] == {"cloudformation:DescribeType"}
    curated = connect(endpoint_url=registry)
    curated.execute("CREATE VIRTUAL TABLE t USING aws('Org::Svc::Thing')")
    assert "cloudformation:DescribeType" in curated.explain("SELECT name FROM t").actions
