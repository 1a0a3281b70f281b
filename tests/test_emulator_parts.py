"""The emulator's decisions: pointers, patterns, parents, made-up values, examples."""

from __future__ import annotations

import json

import pytest

from awsvtab.emulator import (
    examples,
    identifiers,
    patterns,
    pointers,
    schemas,
    tokens,
    validation,
    values,
)
from awsvtab.emulator.errors import CloudControlError

HERE = values.Place("123456789012", "us-east-1")


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("/properties/A", ("A",)),
        ("/properties/A/B", ("A", "B")),
        ("/properties/A/*/B", ("A", "*", "B")),
        ("/properties/A/items/B", ("A", "B")),
        ("/properties/A/items/properties/B", ("A", "B")),
        ("/properties/A~1B", ("A/B",)),
    ],
)
def test_pointers_are_parsed(text, pointer):
    assert pointers.parse(text) == pointer


@pytest.mark.parametrize(
    ("pointer", "selected", "rest"),
    [
        ("/properties/A", [{"B": 1, "C": 2}], {"L": [{"B": 3}, {"C": 4}]}),
        ("/properties/A/B", [1], {"A": {"C": 2}, "L": [{"B": 3}, {"C": 4}]}),
        ("/properties/L/*/B", [3], {"A": {"B": 1, "C": 2}, "L": [{}, {"C": 4}]}),
        ("/properties/L/B", [3], {"A": {"B": 1, "C": 2}, "L": [{}, {"C": 4}]}),
        ("/properties/A/*", [1, 2], {"A": {}, "L": [{"B": 3}, {"C": 4}]}),
        ("/properties/X/Y", [], {"A": {"B": 1, "C": 2}, "L": [{"B": 3}, {"C": 4}]}),
    ],
)
def test_pointers_select_and_leave_out(pointer, selected, rest):
    document = {"A": {"B": 1, "C": 2}, "L": [{"B": 3}, {"C": 4}]}
    before = json.dumps(document)
    assert list(pointers.select(document, pointers.parse(pointer))) == selected
    assert pointers.without(document, [pointers.parse(pointer)]) == rest
    assert json.dumps(document) == before


@pytest.mark.parametrize(
    ("pattern", "shortest", "longest"),
    [
        ("^[a-z]+$", 5, 9),
        (r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$", 20, 64),
        (r"^(?!aws:)[\p{L}\p{N}_.:/=+\-@]*$", 1, 128),
        (r"^vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})$", 0, 99),
        (r"^(?<year>\d{4})-(0[1-9]|1[0-2])$", 0, 99),
        (r"^(?!(?i)aws)[A-Za-z0-9]{2,64}::[A-Z]+$", 0, 99),
        (r"^[^\s\\]{3}\x41\u0042$", 0, 99),
        (r"[\S\s]*", 3, 3),
        (r"^[[:alnum:]]{3}$", 0, 99),
        (r"^$|^a{2,}$", 2, 9),
        ("", 4, 4),
    ],
)
def test_strings_are_made_for_patterns(pattern, shortest, longest):
    text = patterns.example(pattern, shortest, longest, "seed")
    assert validation.matches(pattern, text)
    assert shortest <= len(text) <= longest


def test_a_pattern_that_nothing_matches():
    with pytest.raises(ValueError, match="no string of 9 to 9 characters"):
        patterns.example("^a$", 9, 9, "seed")


def test_nearly_all_patterns_of_the_catalog_can_be_matched():
    found = {pattern for name in schemas.type_names() for pattern in all_patterns(name)}
    missed = [pattern for pattern in found if not matchable(pattern)]
    assert len(found) > 2000
    assert len(missed) / len(found) < 0.01, missed


def all_patterns(type_name):
    nodes = [schemas.find(type_name).document]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if isinstance(node.get("pattern"), str):
                yield node["pattern"]
            nodes.extend(node.values())
        elif isinstance(node, list):
            nodes.extend(node)


def matchable(pattern):
    try:
        return validation.matches(pattern, patterns.example(pattern, 0, 4096, "seed"))
    except ValueError:
        return False


def test_a_listing_may_select_by_a_property_of_another_name():
    schema = schemas.find("AWS::APS::RuleGroupsNamespace")
    assert schema.list_selects == {"Arn": "Workspace"}


@pytest.mark.parametrize(
    ("type_name", "given", "path", "value"),
    [
        ("AWS::S3::Bucket", {"BucketName": "b"}, ("Arn",), "arn:aws:s3:::b"),
        (
            "AWS::Kinesis::Stream",
            {"Name": "s"},
            ("Arn",),
            "arn:aws:kinesis:us-east-1:123456789012:stream/s",
        ),
        ("AWS::IAM::User", {"UserName": "u"}, ("Arn",), "arn:aws:iam::123456789012:user/u"),
        ("AWS::SNS::Topic", {}, ("TopicArn",), None),
        ("AWS::EC2::VPC", {}, ("VpcId",), None),
        ("AWS::RDS::DBInstance", {}, ("Endpoint", "Port"), "443"),
    ],
)
def test_values_are_made_up(type_name, given, path, value):
    schema = schemas.find(type_name)
    complete = values.complete(schema, given, HERE, 1, 0.0)
    found = pointers.get(complete, path)
    assert found == value if value else found
    assert values.complete(schema, given, HERE, 1, 0.0) == complete
    assert given.items() <= complete.items()


def test_other_resources_get_other_values():
    schema = schemas.find("AWS::EC2::VPC")
    first, second = (values.complete(schema, {}, HERE, serial, 0.0) for serial in (1, 2))
    assert identifiers.compose(schema, first) != identifiers.compose(schema, second)


def test_china_has_its_own_arns_and_hosts():
    schema = schemas.find("AWS::SQS::Queue")
    china = values.Place("123456789012", "cn-north-1", "aws-cn")
    queue = values.complete(schema, {"QueueName": "q"}, china, 1, 0.0)
    assert queue["Arn"] == "arn:aws-cn:sqs:cn-north-1:123456789012:q"
    assert queue["QueueUrl"] == "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q"


def test_examples_differ_by_seed():
    schema = schemas.find("AWS::CustomerProfiles::Domain")
    first, second = (examples.desired_state(schema, seed) for seed in "ab")
    assert first["DomainName"] != second["DomainName"]


def test_tokens_know_their_listing():
    token = tokens.encode(["AWS::SQS::Queue"], (7,), 2)
    assert tokens.decode(token, ["AWS::SQS::Queue"], int) == ((7,), 2)
    assert tokens.page_number(token) == 2
    for other in (token[:-4], "%%", "bm90IGpzb24="):
        with pytest.raises(CloudControlError):
            tokens.decode(other, ["AWS::SQS::Queue"], int)
    with pytest.raises(CloudControlError):
        tokens.decode(token, ["AWS::SNS::Topic"], int)
    with pytest.raises(CloudControlError):
        tokens.decode(token, ["AWS::SQS::Queue"], str)
