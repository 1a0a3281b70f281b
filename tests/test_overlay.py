"""Inside a transaction, reads see what its own changes will make."""

from __future__ import annotations

import json

import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import EVENT_STREAM, Connect, operations

STREAMS = "event_streams"
ALL = [("one", "a"), ("one", "b"), ("three", "a"), ("three", "b"), ("three", "c"), ("two", "a")]
NAMES = f"SELECT domain_name, event_stream_name FROM {STREAMS} ORDER BY 1, 2"


@pytest.fixture
def planning(connect: Connect, estate: Emulator) -> awsvtab.Connection:
    """A connection in a transaction, before any change."""
    connection = connect(tables=["customerprofiles.event_streams"], isolation_level=None)
    connection.execute("BEGIN")
    return connection


def insert(connection: awsvtab.Connection, domain: str, name: str, uri: str = "arn:x") -> None:
    connection.execute(
        f"INSERT INTO {STREAMS} (DomainName, EventStreamName, Uri, region) "
        "VALUES (?, ?, ?, 'us-east-1')",
        (domain, name, uri),
    )


def test_an_insert_is_seen(planning: awsvtab.Connection, estate: Emulator) -> None:
    insert(planning, "one", "new")
    assert planning.execute(NAMES).fetchall() == sorted([*ALL, ("one", "new")])
    operations(estate)
    row = planning.execute(
        f"SELECT uri, region, data__Identifier, created_at, state FROM {STREAMS} "
        "WHERE data__Identifier = 'one|new'"
    ).fetchone()
    assert row == ("arn:x", "us-east-1", "one|new", None, None)
    assert operations(estate) == {}
    planning.execute("ROLLBACK")
    assert planning.execute(NAMES).fetchall() == ALL


def test_a_delete_is_seen(planning: awsvtab.Connection, estate: Emulator) -> None:
    planning.execute(f"DELETE FROM {STREAMS} WHERE domain_name = 'one'")
    assert planning.execute(NAMES).fetchall() == ALL[2:]
    operations(estate)
    gone = f"SELECT 1 FROM {STREAMS} WHERE data__Identifier = 'one|a'"
    assert planning.execute(gone).fetchall() == []
    assert operations(estate) == {}
    assert planning.execute(f"DELETE FROM {STREAMS} WHERE domain_name = 'one'").rowcount == 0


def test_an_update_is_seen_and_the_next_one_goes_on_from_it(
    planning: awsvtab.Connection, estate: Emulator
) -> None:
    add = f"""UPDATE {STREAMS} SET tags = json_insert(coalesce(tags, '[]'), '$[#]', json(?))
        WHERE data__Identifier = 'one|a'"""
    for key in "xy":
        planning.execute(add, (json.dumps({"Key": key, "Value": key}),))
    operations(estate)
    (tags,) = planning.execute(
        f"SELECT tags FROM {STREAMS} WHERE data__Identifier = 'one|a'"
    ).fetchone()
    assert [each["Key"] for each in json.loads(tags)] == ["x", "y"]
    assert operations(estate) == {}
    planning.execute("COMMIT")
    assert operations(estate) == {"UpdateResource": 1}
    stored = estate.get(EVENT_STREAM, "one|a")
    assert [each["Key"] for each in stored["Tags"]] == ["x", "y"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("uri = 'arn:x'", ["new"]),
        ("uri LIKE 'arn:x%'", ["new"]),
        ("event_stream_name > 'c' AND domain_name = 'one'", ["new"]),
        ("domain_name = 'one' AND event_stream_name = 'new'", ["new"]),
        ("domain_name = 'two' AND event_stream_name = 'new'", []),
        ("data__Identifier IN ('one|new', 'one|a')", ["a", "new"]),
        ("region = 'us-west-2'", []),
        ("created_at IS NULL AND region = 'us-east-1'", ["new"]),
        ("domain_name = NULL", []),
    ],
)
def test_conditions_hold_for_pending_rows(
    planning: awsvtab.Connection, where: str, found: list[str]
) -> None:
    insert(planning, "one", "new")
    rows = planning.execute(f"SELECT event_stream_name FROM {STREAMS} WHERE {where} ORDER BY 1")
    assert [name for (name,) in rows] == found


def test_what_an_update_made_is_found_by_its_new_value(planning: awsvtab.Connection) -> None:
    planning.execute(f"UPDATE {STREAMS} SET tags = '[]' WHERE data__Identifier = 'one|a'")
    tagged = planning.execute(f"SELECT event_stream_name FROM {STREAMS} WHERE tags = '[]'")
    assert tagged.fetchall() == [("a",)]


def test_pending_rows_join(planning: awsvtab.Connection, estate: Emulator) -> None:
    planning.execute("CREATE TABLE l (id TEXT, n INTEGER)")
    planning.executemany("INSERT INTO l VALUES (?, ?)", [("one|new", 1), ("one|a", 2), ("x|x", 3)])
    insert(planning, "one", "new")
    planning.execute(f"DELETE FROM {STREAMS} WHERE data__Identifier = 'one|a'")
    operations(estate)
    rows = planning.execute(
        f"SELECT n, uri FROM l LEFT JOIN {STREAMS} ON data__Identifier = id ORDER BY n"
    ).fetchall()
    assert rows == [(1, "arn:x"), (2, None), (3, None)]
    assert operations(estate) == {"GetResource": 1}


def test_savepoints_take_back_what_is_seen(planning: awsvtab.Connection) -> None:
    planning.execute("SAVEPOINT s")
    insert(planning, "one", "new")
    planning.execute(f"DELETE FROM {STREAMS} WHERE domain_name = 'two'")
    assert len(planning.execute(NAMES).fetchall()) == 6
    planning.execute("ROLLBACK TO s")
    assert planning.execute(NAMES).fetchall() == ALL


def test_a_resource_that_aws_will_name_has_no_name_yet(
    connect: Connect, emulator: Emulator
) -> None:
    connection = connect(isolation_level=None)
    connection.execute("BEGIN")
    for number in range(2):
        connection.execute(
            "INSERT INTO aws.ec2.vpcs (cidr_block, region) VALUES (?, 'us-east-1')",
            (f"10.{number}.0.0/16",),
        )
    pending = "SELECT cidr_block FROM aws.ec2.vpcs WHERE data__Identifier IS NULL ORDER BY 1"
    assert connection.execute(pending).fetchall() == [("10.0.0.0/16",), ("10.1.0.0/16",)]
    connection.execute(
        "UPDATE aws.ec2.vpcs SET enable_dns_hostnames = 1 WHERE cidr_block = '10.0.0.0/16'"
    )
    connection.execute("DELETE FROM aws.ec2.vpcs WHERE cidr_block = '10.1.0.0/16'")
    assert connection.execute(
        "SELECT vpc_id, enable_dns_hostnames FROM aws.ec2.vpcs WHERE data__Identifier IS NULL"
    ).fetchall() == [(None, 1)]
    operations(emulator)
    connection.execute("COMMIT")
    made = operations(emulator)
    assert made["CreateResource"] == 1
    assert made.keys() <= {"CreateResource", "GetResourceRequestStatus"}
    assert connection.execute(
        "SELECT enable_dns_hostnames FROM aws.ec2.vpcs WHERE cidr_block = '10.0.0.0/16'"
    ).fetchall() == [(1,)]


def test_aws_pending_is_the_plan(planning: awsvtab.Connection, estate: Emulator) -> None:
    insert(planning, "one", "new")
    planning.execute(f"UPDATE {STREAMS} SET tags = '[]' WHERE data__Identifier = 'one|a'")
    planning.execute(f"DELETE FROM {STREAMS} WHERE data__Identifier = 'two|a'")
    operations(estate)
    rows = planning.execute(
        "SELECT position, operation, type_name, region, identifier, desired_state, "
        "patch_document FROM aws_pending ORDER BY position"
    ).fetchall()
    desired = {"DomainName": "one", "EventStreamName": "new", "Uri": "arn:x"}
    patch = [{"op": "add", "path": "/Tags", "value": []}]
    where = (EVENT_STREAM, "us-east-1")
    assert [(*row[:5], *(each and json.loads(each) for each in row[5:])) for row in rows] == [
        (1, "CREATE", *where, "one|new", desired, None),
        (2, "UPDATE", *where, "one|a", None, patch),
        (3, "DELETE", *where, "two|a", None, None),
    ]
    statements = planning.execute("SELECT statement FROM aws_pending ORDER BY position").fetchall()
    assert statements[2] == (f"DELETE FROM {STREAMS} WHERE data__Identifier = ?",)
    assert operations(estate) == {}
    planning.execute("ROLLBACK")
    assert planning.execute("SELECT count(*) FROM aws_pending").fetchone() == (0,)


def test_a_pending_domain_has_no_children_to_list(
    planning: awsvtab.Connection, estate: Emulator
) -> None:
    planning.execute(
        "INSERT INTO aws.customerprofiles.domains (domain_name, default_expiration_days, region) "
        "VALUES ('four', 30, 'us-east-1')"
    )
    operations(estate)
    assert planning.execute(NAMES).fetchall() == ALL
    assert operations(estate) == {"ListResources": 4}
