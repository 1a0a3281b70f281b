"""StackQL's SQL functions."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import awsvtab
from awsvtab.functions import aws_policy_equal, json_equal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "1", "true"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def con() -> Iterator[awsvtab.Connection]:
    connection = awsvtab.connect(":memory:")
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("string(NULL)", None),
        ("string('text')", "text"),
        ("string(42)", "42"),
        ("string(1.5)", "1.5"),
        ("string(0.1)", "0.1"),
        ("string(x'c3a9')", "é"),
        ("string(x'ff')", "\N{REPLACEMENT CHARACTER}"),
        ("split_part('a/b/c', '/', 1)", "a"),
        ("split_part('a/b/c', '/', 3)", "c"),
        ("split_part('a/b/c', '/', -1)", "c"),
        ("split_part('a/b/c', '/', -3)", "a"),
        ("split_part('a/b/c', '/', 4)", None),
        ("split_part('a/b/c', '/', -4)", None),
        ("split_part('a/b/c', '/', 0)", None),
        ("split_part('/a//b/', '/', 1)", ""),
        ("split_part('/a//b/', '/', 3)", ""),
        ("split_part('/a//b/', '/', -1)", ""),
        ("split_part('', '/', 1)", ""),
        ("split_part('a', '/', 2)", None),
        ("split_part('a::b:c', '::', 2)", "b:c"),
        ("split_part('a/b', '', 1)", None),
        ("split_part(10203, 0, 2)", "2"),
        ("split_part('a/b', '/', '2')", "b"),
        ("split_part(NULL, '/', 1)", None),
        ("split_part('a', NULL, 1)", None),
        ("split_part('a', '/', NULL)", None),
        ('json_equal(\'{"a": 1, "b": [2]}\', \'{"b":[2],"a":1}\')', 1),
        ("json_equal('[1, 2]', '[2, 1]')", 0),
        ("json_equal('[1, 2]', '[1, 2, 3]')", 0),
        ("json_equal('1', '1.0')", 1),
        ("json_equal('1', 'true')", 0),
        ("json_equal('0', 'false')", 0),
        ("json_equal('1', '\"1\"')", 0),
        ("json_equal('null', '[]')", 0),
        ("json_equal('[]', '{}')", 0),
        ("json_equal(5, '5')", 1),
        ("json_equal(NULL, '[]')", None),
        ("json_equal('[]', NULL)", None),
        ("json_equal(NULL, 'no JSON')", None),
        ("aws_policy_equal(NULL, '{}')", None),
        ("aws_policy_equal('{}', NULL)", None),
    ],
)
def test_a_call_gives(con: awsvtab.Connection, expression: str, expected: object) -> None:
    (value,) = con.execute(f"SELECT {expression}").fetchone()
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("json_equal('{', '{}')", "json_equal: an argument is no JSON"),
        ("json_equal('{}', '')", "json_equal: an argument is no JSON"),
        ("json_equal('NaN', 'NaN')", "json_equal: an argument is no JSON"),
        ("json_equal(json('[1]'), '[1')", "json_equal: an argument is no JSON"),
        ("aws_policy_equal('{}', 'x')", "aws_policy_equal: an argument is no JSON"),
        ("split_part('a', '/', 'last')", "split_part: the part is no integer"),
        ("split_part('a', '/', 9e999)", "split_part: the part is no integer"),
    ],
)
def test_what_cannot_be_read_is_a_data_error(
    con: awsvtab.Connection, expression: str, message: str
) -> None:
    with pytest.raises(awsvtab.DataError, match=message):
        con.execute(f"SELECT {expression}").fetchone()


@pytest.mark.parametrize("function", [json_equal, aws_policy_equal])
def test_json_nested_too_deep_is_a_data_error(function: object) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    with pytest.raises(awsvtab.DataError, match="no JSON"):
        function(deep, "[]")  # type: ignore[operator]


@given(JSON)
def test_json_is_equal_to_itself_written_otherwise(value: object) -> None:
    assert json_equal(json.dumps(value), json.dumps(value, sort_keys=True, indent=1)) == 1


@given(JSON, JSON)
def test_json_is_equal_where_sorted_texts_are(left: object, right: object) -> None:
    texts = [json.dumps(each, sort_keys=True) for each in (left, right)]
    assert json_equal(*texts) == int(texts[0] == texts[1])


@given(JSON, JSON)
def test_any_json_can_be_compared_as_policies(left: object, right: object) -> None:
    document = json.dumps({"Statement": left, "Condition": right, "Principal": left})
    assert aws_policy_equal(document, document) == 1
    assert aws_policy_equal(json.dumps(left), json.dumps(right)) in {0, 1}


def policy(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(**elements: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **elements}


DENY = {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}
ROLE = "arn:aws:iam::123456789012:role/one"
OTHER = "arn:aws:iam::123456789012:role/two"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (policy(allow()), policy(dict(reversed(allow().items())))),
        (policy(allow(), DENY), policy(DENY, allow())),
        (policy(DENY), json.dumps({"Version": "2012-10-17", "Statement": DENY})),
        (policy(allow(Action=["s3:A", "s3:B"])), policy(allow(Action=["s3:B", "s3:A"]))),
        (policy(allow(Action=["s3:A"])), policy(allow(Action="S3:a"))),
        (policy(allow(NotAction=["s3:A", "s3:B"])), policy(allow(NotAction=["s3:B", "s3:A"]))),
        (policy(allow(Resource=["a", "b"])), policy(allow(Resource=["b", "a"]))),
        (
            policy(allow(Resource="arn:aws:s3:::bucket")),
            policy(allow(Resource="arn:aws:S3:::bucket")),
        ),
        (
            policy(allow(Principal={"AWS": [ROLE, OTHER], "Service": "ec2.amazonaws.com"})),
            policy(allow(Principal={"Service": ["ec2.amazonaws.com"], "AWS": [OTHER, ROLE]})),
        ),
        (policy(allow(Principal="*")), policy(allow(Principal={"AWS": "*"}))),
        (
            policy(allow(Principal={"AWS": "123456789012"})),
            policy(allow(Principal={"AWS": ["arn:aws:iam::123456789012:root"]})),
        ),
        (
            policy(allow(Condition={"StringEquals": {"aws:a": ["x", "y"]}, "Bool": {"b": "true"}})),
            policy(allow(Condition={"bool": {"b": True}, "StringEquals": {"AWS:A": ["y", "x"]}})),
        ),
        ('[{"Key":"a","Value":"1"},{"Key":"b"}]', '[{"Key":"b"},{"Value":"1","Key":"a"}]'),
        (
            '{"Name":"x","Tags":[{"Key":"a"},{"Key":"b"}]}',
            '{"Tags":[{"Key":"b"},{"Key":"a"}],"Name":"x"}',
        ),
    ],
)
def test_documents_that_mean_the_same_are_equal(left: str, right: str) -> None:
    assert aws_policy_equal(left, right) == 1
    assert aws_policy_equal(right, left) == 1


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (policy(allow()), policy(DENY)),
        (policy(allow()), policy(allow(), DENY)),
        (policy(allow(Action=["s3:A", "s3:B"])), policy(allow(Action=["s3:A"]))),
        (policy(allow(Action="s3:A")), policy(allow(NotAction="s3:A"))),
        (policy(allow(Sid="a")), policy(allow(Sid="b"))),
        (
            policy(allow(Resource="arn:aws:s3:::bucket")),
            policy(allow(Resource="arn:aws:s3:::Bucket")),
        ),
        (policy(allow(Principal={"AWS": ROLE})), policy(allow(Principal={"AWS": OTHER}))),
        (policy(allow(Principal={"AWS": ROLE})), policy(allow(Principal={"Federated": ROLE}))),
        (
            policy(allow(Condition={"StringEquals": {"a": "x"}})),
            policy(allow(Condition={"StringEquals": {"a": "X"}})),
        ),
        (
            policy(allow(Condition={"StringEquals": {"a": "x"}})),
            policy(allow(Condition={"StringLike": {"a": "x"}})),
        ),
        (policy(allow(Condition={})), policy(allow())),
        ('[{"Key":"a","Value":"1"}]', '[{"Key":"a","Value":"2"}]'),
        ('{"Other":["a","b"]}', '{"Other":["b","a"]}'),
    ],
)
def test_documents_that_differ_are_not_equal(left: str, right: str) -> None:
    assert aws_policy_equal(left, right) == 0
    assert aws_policy_equal(right, left) == 0


def test_the_functions_are_deterministic(con: awsvtab.Connection) -> None:
    con.execute("CREATE TABLE arns (arn TEXT, tags TEXT)")
    con.execute("CREATE INDEX names ON arns (split_part(arn, '/', -1), string(arn))")
    con.execute(
        "CREATE INDEX tagged ON arns (json_equal(tags, '[]'), aws_policy_equal(tags, '[]'))"
    )
    con.execute("INSERT INTO arns VALUES ('arn:aws:iam::1:role/a', '[]')")
    rows = con.execute("SELECT tags FROM arns WHERE split_part(arn, '/', -1) = 'a'").fetchall()
    assert rows == [("[]",)]


def test_a_function_of_the_users_own_replaces_ours() -> None:
    connection = awsvtab.connect(":memory:")
    connection.create_function("split_part", 3, lambda *_: "mine")
    assert connection.execute("SELECT split_part('a', 'b', 1)").fetchone() == ("mine",)
    connection.close()
