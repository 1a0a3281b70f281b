"""Patch documents: made, applied and read."""

from __future__ import annotations

import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from awsvtab.catalog import catalog
from awsvtab.catalog.marks import Marks, marks
from awsvtab.catalog.model import ResourceType
from awsvtab.emulator import patches
from awsvtab.emulator.errors import CloudControlError
from awsvtab.emulator.validation import check_model
from awsvtab.errors import DataError, NotSupportedError
from awsvtab.masking import visible
from awsvtab.patch import (
    apply,
    desired_state,
    diff,
    escaped,
    fixed_change,
    parse_patch_document,
    same,
)
from documents import resources, schema_of

STREAM = catalog().type("AWS::CustomerProfiles::EventStream")
SECRET = catalog().type("AWS::SecretsManager::Secret")
QUEUE = catalog().type("AWS::SQS::Queue")
LONG = "x" * 60
TAGS = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]

# Nested objects and arrays, of many kinds: ordered and not, of tags, maps; with parts that are
# write-only, read-only and create-only.
TYPES = [
    "AWS::ApiGatewayV2::Api",
    "AWS::AppConfig::Extension",
    "AWS::Backup::BackupVault",
    "AWS::CloudFront::Distribution",
    "AWS::CustomerProfiles::SegmentDefinition",
    "AWS::DynamoDB::Table",
    "AWS::EC2::VPNConnection",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::Events::Connection",
    "AWS::IoT::SecurityProfile",
    "AWS::IoTSiteWise::AssetModel",
    "AWS::KinesisAnalyticsV2::Application",
    "AWS::Lambda::Function",
    "AWS::MediaLive::Input",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::WorkSpacesWeb::UserSettings",
]


def imagined(fields: dict[str, Any]) -> ResourceType:
    """A resource type with the properties A and B, and what ``fields`` say of them."""
    a_and_b = tuple(prop.__class__(name, "any") for name in "AB" for prop in STREAM.properties[:1])
    return ResourceType("X::Y::Z", "y", "zs", a_and_b, (), {}, **fields)


def test_a_desired_state_has_only_what_has_a_value() -> None:
    assert desired_state({"A": 1, "B": None, "C": False, "D": []}) == {"A": 1, "C": False, "D": []}


@pytest.mark.parametrize(
    ("before", "after", "document"),
    [
        ({"A": 1}, {"A": 2}, [{"op": "replace", "path": "/A", "value": 2}]),
        ({}, {"A": []}, [{"op": "add", "path": "/A", "value": []}]),
        ({"A": [1]}, {}, [{"op": "remove", "path": "/A"}]),
        ({"A": [1]}, {"A": [1]}, []),
        # nested
        ({"A": {"b": 1, "c": 2}}, {"A": {"b": 1, "c": 3}}, [("replace", "/A/c", 3)]),
        ({"A": {"b": 1, "c": 2}}, {"A": {"b": 1}}, [("remove", "/A/c")]),
        ({"A": {"b": 1}}, {"A": {"b": 1, "c": {}}}, [("add", "/A/c", {})]),
        ({"A": {"a/b": {"~": 1}}}, {"A": {"a/b": {"~": 2}}}, [("replace", "/A/a~1b/~0", 2)]),
        ({"A": {"b": 1}}, {"A": [1]}, [("replace", "/A", [1])]),
        ({"A": {}}, {"A": {"b": None}}, [("add", "/A/b", None)]),
        # ordered arrays
        ({"A": ["x" * 20, "b"]}, {"A": ["x" * 20, "c"]}, [("replace", "/A/1", "c")]),
        ({"A": ["x" * 20, "b"]}, {"A": ["x" * 20]}, [("remove", "/A/1")]),
        ({"A": ["x" * 20]}, {"A": ["b", "x" * 20]}, [("add", "/A/0", "b")]),
        ({"A": [LONG, 1, 2, "y"]}, {"A": [LONG, "y"]}, [("remove", "/A/2"), ("remove", "/A/1")]),
        ({"A": [1, 2]}, {"A": [2, 1]}, [("replace", "/A", [2, 1])]),
        ({"A": [1]}, {"A": []}, [("remove", "/A/0")]),
        (
            {"A": [{"n": 1, "text": "x" * 20}]},
            {"A": [{"n": 2, "text": "x" * 20}]},
            [("replace", "/A/0/n", 2)],
        ),
        # keyed arrays have no order, and are replaced whole
        ({"A": TAGS}, {"A": TAGS[::-1]}, []),
        ({"A": TAGS}, {"A": [*TAGS, {"Key": "c"}]}, [("replace", "/A", [*TAGS, {"Key": "c"}])]),
        ({"A": {"b": TAGS}}, {"A": {"b": TAGS[:1]}}, [("replace", "/A/b", TAGS[:1])]),
        ({"A": TAGS}, {"A": []}, [("replace", "/A", [])]),
        # spelling
        ({"A": {"b": 1, "c": 2.0}}, {"A": {"c": 2, "b": 1.0}}, []),
        ({"A": [1e2]}, {"A": [100]}, []),
        ({"A": 1}, {"A": True}, [("replace", "/A", True)]),
        ({"A": {"b": 0}}, {"A": {"b": False}}, [("replace", "/A/b", False)]),
        ({"A": "1"}, {"A": 1}, [("replace", "/A", 1)]),
    ],
)  # fmt: skip
def test_the_smallest_document(before: Any, after: Any, document: list[Any]) -> None:
    expected = [
        dict(zip(("op", "path", "value"), each, strict=False)) if isinstance(each, tuple) else each
        for each in document
    ]
    assert diff(imagined({}), before, after) == expected
    assert same(apply(expected, before), after, Marks())


def test_an_array_that_the_schema_calls_unordered_is_the_same_in_any_order() -> None:
    unordered = imagined({"nested_unordered": ("A/b", "A/b/*")})
    before = {"A": {"b": [[1, 2], [3]]}, "B": [1, 2]}
    assert diff(unordered, before, {"A": {"b": [[3], [2, 1]]}, "B": [1, 2]}) == []
    assert diff(unordered, before, {"A": {"b": [[3], [2]]}, "B": [1, 2]}) == [
        {"op": "replace", "path": "/A/b", "value": [[3], [2]]}
    ]
    assert diff(unordered, before, {"A": {"b": [[3], [2, 1]]}, "B": [2, 1]}) == [
        {"op": "replace", "path": "/B", "value": [2, 1]}
    ]


def test_elements_count_as_often_as_they_are_there() -> None:
    unordered = imagined({"nested_unordered": ("A/b",)})
    assert diff(unordered, {"A": {"b": [1, 1, 2]}}, {"A": {"b": [1, 2, 2]}})


def test_a_write_only_property_is_always_added() -> None:
    document = diff(SECRET, {"Name": "s"}, {"Name": "s", "SecretString": "new"})
    assert document == [{"op": "add", "path": "/SecretString", "value": "new"}]


@pytest.mark.parametrize("pointer", ["A/secret", "A/*/secret"])
def test_what_stands_beside_a_write_only_part_is_changed_alone(pointer: str) -> None:
    hiding = imagined({"nested_write_only": (pointer,)})
    if "*" not in pointer:
        assert diff(hiding, {"A": {"n": 1}}, {"A": {"n": 2}}) == [
            {"op": "replace", "path": "/A/n", "value": 2}
        ]
        assert diff(hiding, {"A": {"n": 1}}, {"A": {"n": 1, "secret": "s"}}) == [
            {"op": "add", "path": "/A/secret", "value": "s"}
        ]
    else:
        assert diff(hiding, {"A": [{"n": 1}, {"n": 5}]}, {"A": [{"n": 2}, {"n": 5}]}) == [
            {"op": "replace", "path": "/A/0/n", "value": 2}
        ]
        assert diff(hiding, {"A": [{"n": 1}, {"n": 5}]}, {"A": [{"n": 5}]}) == [
            {"op": "remove", "path": "/A/0"}
        ]


def test_read_only_parts_stay_whether_they_are_given_or_not() -> None:
    owned = imagined({"nested_read_only": ("A/arn", "B")})
    before = {"A": {"arn": "x", "n": 1}, "B": {"c": 1}}
    assert diff(owned, before, {"A": {"n": 1}}) == []
    assert diff(owned, before, {"A": {"n": 2}}) == [{"op": "replace", "path": "/A/n", "value": 2}]
    assert diff(owned, {"A": {"arn": "x"}}, {}) == []
    assert diff(owned, before, {}) == [{"op": "remove", "path": "/A"}]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"A": {"k": 1}}, {"A": {"k": 2}}, ("A/k", "create-only")),
        ({"A": {"k": 1}}, {"A": {}}, ("A/k", "create-only")),
        ({"A": {}}, {"A": {"k": 1}}, ("A/k", "create-only")),
        ({"A": {"k": 1, "n": 1}}, {"A": {"k": 1.0, "n": 2}}, None),
        ({"A": {"r": 1}}, {"A": {"r": 2}}, ("A/r", "read-only")),
        ({"A": {"r": 1}}, {"A": {}}, None),
        ({"A": {}}, {"A": {"r": 1}}, ("A/r", "read-only")),
        ({"B": [{"k": 1}, {"k": 2}]}, {"B": [{"k": 1}, {"k": 3}]}, ("B/*/k", "create-only")),
        ({"B": [{"k": 1}, {"k": 2}]}, {"B": [{"k": 2}]}, None),
        ({"B": [{"k": 1}, {"k": 2}]}, {"B": [{"k": 1}, {"k": 2}, {"k": 3}]}, None),
    ],
)
def test_what_no_update_may_change_is_named(before: Any, after: Any, found: Any) -> None:
    kept = imagined({"nested_create_only": ("A/k", "B/*/k"), "nested_read_only": ("A/r",)})
    assert fixed_change(kept, before, after) == found


@settings(
    max_examples=settings().max_examples // 2,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@pytest.mark.parametrize("type_name", TYPES)
@given(data=st.data())
def test_a_diff_applied_to_one_state_gives_the_other_and_aws_takes_it(
    type_name: str, data: st.DataObject
) -> None:
    resource_type, schema = catalog().type(type_name), schema_of(type_name)
    held, other = data.draw(resources(type_name)), data.draw(resources(type_name))
    fixed = {p.name for p in resource_type.properties if p.read_only or p.create_only}
    after = {name: value for name, value in other.items() if name not in fixed}
    after |= {name: value for name, value in held.items() if name in fixed}
    after = _without_read_only(after, resource_type.marks)
    before = visible(resource_type, held)
    assume(fixed_change(resource_type, before, after) is None)

    document = diff(resource_type, before, after)

    patched = apply(document, before)
    assert _is_same(resource_type, patched, after)
    shown = visible(resource_type, patched)
    assert diff(resource_type, shown, visible(resource_type, after)) == []
    assert jsonpatch.apply_patch(before, document) == patched
    taken = patches.apply(schema, held, json.dumps(document))
    if before == held:  # what cannot be read may not go with what is new, and nobody can tell
        check_model(schema, taken, held)
    assert _is_same(resource_type, visible(resource_type, taken), shown)


# With parts that are create-only.
PARTLY_FIXED = [
    "AWS::Batch::ComputeEnvironment",
    "AWS::EC2::VPCEndpoint",
    "AWS::ECR::Repository",
    "AWS::EKS::Cluster",
    "AWS::Route53::HealthCheck",
    "AWS::VpcLattice::TargetGroup",
]


@settings(
    max_examples=settings().max_examples // 4,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@pytest.mark.parametrize("type_name", PARTLY_FIXED)
@given(data=st.data())
def test_what_is_refused_here_aws_would_refuse(type_name: str, data: st.DataObject) -> None:
    resource_type, schema = catalog().type(type_name), schema_of(type_name)
    held, other = data.draw(resources(type_name)), data.draw(resources(type_name))
    assume(held or other)
    name = data.draw(st.sampled_from(sorted(held.keys() | other.keys())))
    after = {**held, name: other[name]} if name in other else {**held, name: None}
    before, after = visible(resource_type, held), visible(resource_type, desired_state(after))
    refused = fixed_change(resource_type, before, after)
    if refused is None:
        return
    # A diff has no operation on what is read-only.
    read_only = refused.word == "read-only"
    document = (
        jsonpatch.make_patch(before, after).patch
        if read_only
        else diff(resource_type, before, after)
    )
    with pytest.raises(CloudControlError, match=r"(readOnly|createOnly)Properties .* be updated"):
        patches.apply(schema, held, json.dumps(document))


def _is_same(resource_type: ResourceType, one: Any, other: Any) -> bool:
    """But for what is read-only, which no update removes, with the objects that hold just that."""
    of_users = [
        _without_empty(_without_read_only(each, resource_type.marks)) for each in (one, other)
    ]
    return same(*of_users, resource_type.marks)


def _without_read_only(value: Any, below: Marks) -> Any:
    if isinstance(value, list):
        return [_without_read_only(each, below.item()) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_read_only(inner, below.member(name))
        for name, inner in value.items()
        if not below.member(name).is_read_only
    }


def _without_empty(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_empty(each) for each in value]
    if not isinstance(value, dict):
        return value
    members = {name: _without_empty(inner) for name, inner in value.items()}
    return {name: inner for name, inner in members.items() if inner != {}}


@given(st.data())
def test_an_array_without_order_may_come_in_any(data: st.DataObject) -> None:
    type_name = "AWS::IoT::SecurityProfile"
    resource_type = catalog().type(type_name)
    before = visible(resource_type, data.draw(resources(type_name)))
    shuffled = _shuffled(before, resource_type.marks, data)
    assert diff(resource_type, before, shuffled) == []


def _shuffled(value: Any, below: Marks, data: st.DataObject) -> Any:
    if isinstance(value, dict):
        return {name: _shuffled(inner, below.member(name), data) for name, inner in value.items()}
    if isinstance(value, list):
        inner = [_shuffled(each, below.item(), data) for each in value]
        return data.draw(st.permutations(inner)) if below.is_unordered else inner
    return value


@pytest.mark.parametrize("name", ["Tags", "a/b", "a~b", "~1", "~0"])
def test_a_name_is_escaped_as_a_pointers_step(name: str) -> None:
    assert apply([{"op": "replace", "path": f"/{escaped(name)}", "value": 2}], {name: 1}) == {
        name: 2
    }


def test_applying_changes_neither_the_document_nor_the_properties() -> None:
    document = [
        {"op": "add", "path": "/A", "value": {}},
        {"op": "add", "path": "/A/b", "value": 1},
    ]
    properties: dict[str, Any] = {"B": []}
    assert apply(document, properties) == {"A": {"b": 1}, "B": []}
    assert document[0]["value"] == {}
    assert properties == {"B": []}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/C"},
        {"op": "replace", "path": "/B/3", "value": 1},
        {"op": "add", "path": "/B/x", "value": 1},
        {"op": "test", "path": "/B", "value": "hunter2"},
        {"op": "replace", "path": "", "value": 1},
    ],
)
def test_a_document_that_does_not_fit_is_a_data_error(operation: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="patch document") as caught:
        apply([operation], {"B": ["hunter2", 2]})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        None,
        5,
        "",
        "nonsense",
        "{}",
        "[]",
        "[1]",
        '[{"op":"replace"}]',
        '[{"path":"/Tags"}]',
        '[{"op":"increase","path":"/Tags"}]',
        '[{"op":"remove","path":"Tags"}]',
        '[{"op":"remove","path":"/Nope"}]',
        '[{"op":"remove","path":"/Tags/~2"}]',
        '[{"op":"remove","path":"/Tags/~"}]',
        '[{"op":"move","path":"/Tags/0/a","from":"/Tags/0"}]',
        '[{"op":"copy","path":"/Tags/0","from":"/Nope"}]',
        '[{"op":"copy","path":"/Tags/0"}]',
        '[{"op":"add","path":"/Tags","value":NaN}]',
    ],
)
def test_what_is_no_patch_document_is_refused(text: Any) -> None:
    with pytest.raises(DataError, match="patch document"):
        parse_patch_document(text, "PatchDocument", STREAM)


@pytest.mark.parametrize(
    ("resource_type", "text", "message"),
    [
        (STREAM, '[{"op":"remove","path":"/State"}]', "/State of .* is read-only"),
        (STREAM, '[{"op":"replace","path":"/Uri","value":"x"}]', "/Uri of .* is create-only"),
        (STREAM, '[{"op":"move","from":"/Uri","path":"/Tags"}]', "/Uri of .* is create-only"),
        (
            STREAM,
            '[{"op":"add","path":"/DestinationDetails/Uri","value":"x"}]',
            "/DestinationDetails/Uri of .* is read-only",
        ),
        (SECRET, '[{"op":"replace","path":"/SecretString","value":"x"}]', "write-only"),
        (SECRET, '[{"op":"test","path":"/SecretString","value":"x"}]', "write-only"),
        (SECRET, '[{"op":"copy","from":"/SecretString","path":"/Description"}]', "write-only"),
    ],
)
def test_a_document_that_changes_what_no_update_may_is_refused(
    resource_type: ResourceType, text: str, message: str
) -> None:
    with pytest.raises(NotSupportedError, match=message):
        parse_patch_document(text, "PatchDocument", resource_type)


@pytest.mark.parametrize(
    "text",
    [
        '[{"op":"test","path":"/State","value":"RUNNING"}]',
        '[{"op":"copy","from":"/State","path":"/Tags/0/Value"}]',
        '[{"op":"move","from":"/Tags/1","path":"/Tags/0"}]',
        '[{"op":"move","from":"/Tags","path":"/Tags"}]',
        '[{"op":"replace","path":"","value":{}}]',
        '[{"op":"remove","path":"/Tags/0","note":"others are ignored"}]',
    ],
)
def test_any_other_document_is_taken_as_it_is(text: str) -> None:
    assert parse_patch_document(text, "PatchDocument", STREAM) == json.loads(text)


def test_the_emulator_does_refuse_what_is_said_to_be_refused() -> None:
    held = {"Name": "s", "SecretString": "old", "Id": "arn"}
    document = '[{"op":"replace","path":"/SecretString","value":"x"}]'
    with pytest.raises(CloudControlError, match="can only be updated using 'add'"):
        patches.apply(schema_of(SECRET.name), held, document)


def test_marks_tell_what_is_said_of_a_place_and_below_it() -> None:
    made = marks(["A/x"], ["A/*/y"], ["B"], ["A", "A/*/z"])
    a = made.member("A")
    assert (a.is_unordered, a.is_read_only, a.member("x").is_read_only) == (True, False, True)
    assert a.item().member("y").is_create_only
    assert a.item().member("x").is_read_only  # the schema left out the star
    assert a.item().member("z").is_unordered
    assert not a.item().member("z").item().is_unordered
    assert a.member("any key").member("y").is_create_only
    assert made.member("B").member("deep").item().is_write_only
    assert not made.member("C")
