"""Statements under exactly the policy that they are said to need, and under less."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import awsvtab
from awsvtab.catalog import catalog
from awsvtab.catalog.actions import iam_actions
from awsvtab.emulator import Emulator
from awsvtab.explain import OPERATIONS, STATUS
from conftest import DOMAIN, EVENT_STREAM, put_domain, put_stream
from planting import Planter
from test_seed import statement

Rows = Callable[[Emulator], object]
HANDLERS = {operation: handler for handler, operation in OPERATIONS.items()}
STREAMS = "aws.customerprofiles.event_streams"


def streams(emulator: Emulator) -> None:
    """Two domains, one with a stream."""
    put_domain(emulator, "one")
    put_domain(emulator, "two")
    put_stream(emulator, "one", "a", Tags=[{"Key": "old", "Value": "v"}])


def buckets(emulator: Emulator) -> None:
    """A bucket, with a policy."""
    emulator.put("AWS::S3::Bucket", {"BucketName": "logs"})
    document = {"Version": "2012-10-17", "Statement": []}
    emulator.put("AWS::S3::BucketPolicy", {"Bucket": "logs", "PolicyDocument": document})


def queues(emulator: Emulator) -> None:
    """A queue in each of two regions."""
    for region in ("us-east-1", "eu-west-1"):
        emulator.put("AWS::SQS::Queue", {"QueueName": "q"}, region=region)


def planted(type_name: str) -> Rows:
    """A resource of a type, below all that it needs."""
    return lambda emulator: Planter(emulator, "us-east-1").plant_all(type_name)


STATEMENTS: dict[str, tuple[Rows, str]] = {
    **{
        f"seed {name}": (streams, statement(name))
        for name in ("select_list", "select_get", "insert_required", "insert_all", "delete")
    },
    "update by column": (
        streams,
        f"UPDATE {STREAMS} SET tags = '[]' WHERE data__Identifier = 'one|a'",
    ),
    "update by patch document": (
        streams,
        f"UPDATE {STREAMS} SET data__PatchDocument = "
        """'[{"op":"replace","path":"/Tags/0/Value","value":"w"}]' """
        "WHERE data__Identifier = 'one|a' AND region = 'us-east-1'",
    ),
    "update of what is listed": (streams, f"UPDATE {STREAMS} SET tags = '[]'"),
    "no read": (streams, f"SELECT domain_name, event_stream_name FROM {STREAMS}"),
    "by one parent": (streams, f"SELECT event_stream_name FROM {STREAMS} WHERE domain_name='one'"),
    "some by identifier": (
        streams,
        f"SELECT uri FROM {STREAMS} WHERE data__Identifier IN ('one|a', 'one|b')",
    ),
    "join": (
        streams,
        f"SELECT d.tags, s.uri FROM aws.customerprofiles.domains d CROSS JOIN {STREAMS} s "
        "ON s.domain_name = d.domain_name WHERE d.domain_name = 'one'",
    ),
    "delete of what is listed": (streams, f"DELETE FROM {STREAMS} WHERE domain_name = 'one'"),
    "insert or ignore what is there": (
        streams,
        "INSERT OR IGNORE INTO aws.customerprofiles.domains "
        "(domain_name, default_expiration_days) VALUES ('one', 9)",
    ),
    "insert or ignore what is not": (
        streams,
        "INSERT OR IGNORE INTO aws.customerprofiles.domains "
        "(domain_name, default_expiration_days) VALUES ('new', 9)",
    ),
    "insert what is selected": (
        streams,
        f"INSERT INTO {STREAMS} (domain_name, event_stream_name, uri, region) "
        f"SELECT domain_name, 'copy', uri, region FROM {STREAMS}",
    ),
    "buckets": (buckets, "SELECT bucket_name FROM aws.s3.buckets"),
    "bucket by name": (buckets, "SELECT tags FROM aws.s3.buckets WHERE bucket_name = 'logs'"),
    "bucket policies": (buckets, "SELECT policy_document FROM aws.s3.bucket_policies"),
    "trigger": (streams, "DELETE FROM temp.wanted"),
    "requests": (streams, "SELECT operation FROM aws_resource_requests"),
    "account": (queues, "SELECT account_id FROM aws.sqs.queues"),
    "parents three deep": (
        planted("AWS::DataZone::EnvironmentActions"),
        "SELECT name FROM aws.datazone.environment_actions",
    ),
    "a tree": (
        planted("AWS::Organizations::OrganizationalUnit"),
        "SELECT name FROM aws.organizations.organizational_units",
    ),
}
EVERYWHERE = "SELECT queue_url FROM aws.sqs.queues WHERE region LIKE 'eu-%'"
SETUP = f"""
CREATE TEMP TABLE wanted (id);
INSERT INTO wanted VALUES ('one|a');
CREATE TEMP TRIGGER unwanted DELETE ON wanted
BEGIN DELETE FROM {STREAMS.replace(".", "_")} WHERE data__Identifier = old.id; END;
"""


@contextmanager
def connected(emulator: Emulator, **options: Any) -> Iterator[awsvtab.Connection]:
    """A connection of its own that knows a trigger."""
    connection = emulator.connect(isolation_level=None, **options)
    try:
        connection.executescript(SETUP)
        yield connection
    finally:
        connection.close()


def sent(emulator: Emulator) -> set[str]:
    """The actions that the calls that arrived needed."""
    needed: set[str] = set()
    for call in emulator.calls:
        needed.add(f"cloudformation:{call.operation}")
        handler = HANDLERS.get(call.operation)
        if handler is not None and call.type_name is not None:
            needed |= {*iam_actions(catalog().type(call.type_name).handlers[handler])}
    return needed


def allowing(actions: set[str]) -> dict[str, Any]:
    """A policy document that allows these actions, and what needs none: IAM takes no empty one."""
    granted = sorted({"sts:GetCallerIdentity", *actions})
    statement = {"Effect": "Allow", "Action": granted, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def replay(emulator: Emulator, rows: Rows, sql: str, policy: Any, **options: Any) -> set[str]:
    """Runs a statement as a user with a policy; what the calls that it made needed."""
    emulator.reset()
    emulator.changes.polls = 1  # so that a change's status is asked for
    emulator.changes.retry_after_s = 0.0
    rows(emulator)
    with emulator.user(policy) as session:
        with connected(emulator, session=session, **options) as connection:
            emulator.calls.clear()
            connection.execute(sql).fetchall()
        return sent(emulator)


def explained(emulator: Emulator, sql: str, **options: Any) -> awsvtab.Explanation:
    """What a statement is said to need, by a connection that has asked for nothing."""
    emulator.reset()
    with connected(emulator, **options) as connection:
        explanation = connection.explain(sql)
        assert len(emulator.calls) == 0
    return explanation


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_policy_is_enough_and_nothing_that_is_sent_can_be_left_out(
    emulator: Emulator, name: str
) -> None:
    rows, sql = STATEMENTS[name]
    explanation = explained(emulator, sql)
    actions = set(explanation.actions)
    needed = replay(emulator, rows, sql, awsvtab.policy(explanation))
    assert needed <= actions
    assert needed == actions - UNUSED.get(name, set())
    for action in sorted(needed):
        with pytest.raises(awsvtab.OperationalError) as raised:
            replay(emulator, rows, sql, allowing(actions - {action}))
        assert raised.value.code in ("AccessDeniedException", "AccessDenied")
        assert f"not authorized to perform: {action} " in str(raised.value)


def read(type_name: str) -> set[str]:
    """What GetResource of a type needs."""
    return {"cloudformation:GetResource", *catalog().type(type_name).handlers["read"]}


# What a statement may need, and did not this time: INSERT OR IGNORE found the row, and made none.
UNUSED = {
    "insert or ignore what is there": {
        "cloudformation:CreateResource",
        STATUS,
        *catalog().type(DOMAIN).handlers["create"],
    }
    - read(DOMAIN),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("regions", "rows", "sql", "besides"),
    [
        ("all", queues, EVERYWHERE, {"ec2:DescribeRegions"}),
        (
            ["us-east-1", "eu-west-1"],
            buckets,
            "SELECT tags FROM aws.s3.buckets WHERE bucket_name = 'logs'",
            set(),
        ),
        (
            ["us-east-1", "eu-west-1"],
            buckets,
            "SELECT tags FROM (SELECT 'logs' AS name) CROSS JOIN aws.s3.buckets "
            "ON bucket_name = name",
            set(),
        ),
    ],
)
def test_several_regions_take_what_is_said(
    emulator: Emulator, regions: Any, rows: Rows, sql: str, besides: set[str]
) -> None:
    explanation = explained(emulator, sql, regions=regions)
    policy = awsvtab.policy(explanation)
    needed = replay(emulator, rows, sql, policy, regions=regions)
    actions = set(explanation.actions)
    assert actions - needed == besides
    for action in sorted(actions):
        with pytest.raises(awsvtab.AwsError, match="not authorized to perform: " + action):
            replay(emulator, rows, sql, allowing(actions - {action}), regions=regions)


def test_a_change_that_aws_refuses_later_has_its_code(emulator: Emulator) -> None:
    sql = f"DELETE FROM {STREAMS} WHERE data__Identifier = 'one|a'"
    actions = set(explained(emulator, sql).actions)
    with pytest.raises(awsvtab.errors.AccessDenied) as raised:
        replay(emulator, streams, sql, allowing(actions - {"profile:DeleteEventStream"}))
    assert raised.value.code == "AccessDenied"
    assert emulator.get(EVENT_STREAM, "one|a") is not None
