"""What `Connection.explain` says, held against what a run of the statement does."""

from __future__ import annotations

import apsw
import boto3
import pytest

import awsvtab
from awsvtab.catalog import catalog
from awsvtab.emulator import Emulator
from conftest import DOMAIN, EVENT_STREAM, Connect, operations

STREAMS = "aws.customerprofiles.event_streams"
DOMAINS = "aws.customerprofiles.domains"


@pytest.fixture
def explained(connect: Connect, estate: Emulator) -> awsvtab.Connection:
    """A connection with local rows that name streams, and the streams."""
    connection = connect(tables=["customerprofiles.event_streams"])
    connection.execute("CREATE TABLE l (n INTEGER, id TEXT)")
    connection.executemany(
        "INSERT INTO l VALUES (?, ?)", [(n, f"one|{'ab'[n % 2]}") for n in range(9)]
    )
    connection.commit()
    estate.calls.clear()
    return connection


@pytest.mark.parametrize(
    ("sql", "paths"),
    [
        (
            f"SELECT uri FROM {STREAMS} WHERE data__Identifier = 'one|a' AND region = 'us-east-1'",
            [f"get {STREAMS} by data__Identifier, region: 1 GetResource"],
        ),
        (
            f"SELECT uri FROM {STREAMS} WHERE data__Identifier IN ('one|a', 'one|b', 'two|a')",
            [f"get {STREAMS} by data__Identifier: 3 GetResource"],
        ),
        (
            f"SELECT uri FROM {STREAMS} WHERE data__Identifier = NULL",
            [f"get {STREAMS} by data__Identifier: no call"],
        ),
        (
            f"SELECT uri FROM {STREAMS} WHERE data__Identifier IN (SELECT id FROM l WHERE n > 99)",
            [f"get {STREAMS} by data__Identifier: calls not known"],
        ),
        (
            f"SELECT uri FROM {STREAMS} WHERE domain_name = 'one'",
            [f"list {STREAMS} by domain_name: 1 ListResources and more"],
        ),
        (
            "SELECT bucket FROM aws.s3.bucket_policies",
            ["list aws.s3.bucket_policies: 1 ListResources and more"],
        ),
        (f"SELECT uri FROM {STREAMS}", [f"list by parent {STREAMS}: 1 ListResources and more"]),
        (
            f"SELECT n, uri FROM l JOIN {STREAMS} ON data__Identifier = id",
            [f"get {STREAMS} by data__Identifier: 2 GetResource"],
        ),
        (
            f"SELECT n, uri FROM l CROSS JOIN {STREAMS} ON uri = id",
            [f"hash {STREAMS}: 1 ListResources and more"],
        ),
        (
            f"SELECT d.tags FROM l CROSS JOIN {STREAMS} e ON e.data__Identifier = id "
            f"CROSS JOIN {DOMAINS} d ON d.domain_name = e.uri",
            [
                f"get {STREAMS} by data__Identifier: 2 GetResource",
                f"get {DOMAINS} by domain_name: calls not known",
            ],
        ),
        (
            f"SELECT 1 FROM {STREAMS} WHERE domain_name = 'one' "
            f"UNION ALL SELECT 2 FROM {DOMAINS} WHERE domain_name = 'one'",
            [
                f"list {STREAMS} by domain_name: 1 ListResources and more",
                f"get {DOMAINS} by domain_name: 1 GetResource",
            ],
        ),
        (
            f"DELETE FROM {STREAMS} WHERE data__Identifier = 'one|a'",
            [
                f"get {STREAMS} by data__Identifier: 1 GetResource",
                f"delete {STREAMS}: DeleteResource for each row, and its status until it is done",
            ],
        ),
        (
            f"UPDATE {STREAMS} SET tags = '[]' WHERE data__Identifier IN (SELECT id FROM l)",
            [
                f"get {STREAMS} by data__Identifier: 2 GetResource",
                f"update {STREAMS}: UpdateResource for each row, and its status until it is done",
            ],
        ),
        (
            f"INSERT INTO {STREAMS} (DomainName, EventStreamName, Uri) SELECT 'x', id, id FROM l",
            [f"create {STREAMS}: CreateResource for each row, and its status until it is done"],
        ),
        (
            f"INSERT OR IGNORE INTO {DOMAINS} (domain_name, default_expiration_days) "
            "VALUES ('one', 9)",
            [
                f"create {DOMAINS}: GetResource for each row; CreateResource, and its status, "
                "if it is not there"
            ],
        ),
        (
            f"CREATE TABLE made AS SELECT uri FROM {STREAMS} WHERE domain_name IN ('one', 'two')",
            [f"list {STREAMS} by domain_name: 2 ListResources and more"],
        ),
        ("SELECT n FROM l", []),
    ],
)
def test_paths_and_first_calls(
    explained: awsvtab.Connection, estate: Emulator, sql: str, paths: list[str]
) -> None:
    assert [str(path) for path in explained.explain(sql).paths] == paths
    assert operations(estate) == {}
    assert not explained.in_transaction


def test_the_calls_are_those_that_are_then_made(
    explained: awsvtab.Connection, estate: Emulator
) -> None:
    sql = f"SELECT n, uri FROM l JOIN {STREAMS} ON data__Identifier = id WHERE n < ?"
    (path,) = explained.explain(sql, (1,)).paths
    assert path.exact
    explained.execute(sql, (1,)).fetchall()
    assert operations(estate) == dict(path.calls) == {"GetResource": 1}


def test_the_actions_are_cloud_control_s_and_those_of_the_handlers(
    explained: awsvtab.Connection,
) -> None:
    handlers = catalog().type(EVENT_STREAM).handlers
    (get,) = explained.explain(f"SELECT uri FROM {STREAMS} WHERE data__Identifier = 'a|b'").paths
    assert get.methods == ("get_resource",)
    assert set(get.actions) == {"cloudformation:GetResource", *handlers["read"]}
    deletion = explained.explain(f"DELETE FROM {STREAMS} WHERE data__Identifier = 'a|b'")
    assert set(deletion.actions) == {
        "cloudformation:GetResource",
        "cloudformation:DeleteResource",
        "cloudformation:GetResourceRequestStatus",
        *handlers["read"],
        *handlers["delete"],
    }
    (listed,) = explained.explain(f"SELECT event_stream_name FROM {STREAMS}").paths
    assert listed.reads == (DOMAIN,)
    assert listed.methods == ("list_resources",)
    assert set(catalog().type(DOMAIN).handlers["list"]) <= set(listed.actions)


def test_what_was_asked_of_aws_is_not_asked_for(connect: Connect, emulator: Emulator) -> None:
    connection = connect()
    (path,) = connection.explain("SELECT operation FROM aws_resource_requests").paths
    assert str(path) == "list aws_resource_requests: 1 ListResourceRequests and more"
    assert path.actions == ("cloudformation:ListResourceRequests",)
    assert len(emulator.calls) == 0


def test_the_account_s_regions_are_not_asked_for(connect: Connect, emulator: Emulator) -> None:
    connection = connect(regions="all")
    (path,) = connection.explain("SELECT queue_url FROM aws.sqs.queues").paths
    assert path.access == "list"
    assert dict(path.calls)["ListResources"] > 10
    assert not path.exact
    assert len(emulator.calls) == 0


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (f"SELECT nope FROM {STREAMS}", "no such column: nope"),
        ("SELECT 1 FROM aws.customerprofiles.event_stream", "did you mean"),
        (f"SELECT 1 FROM {STREAMS} WHERE region = 'nowhere'", "nowhere"),
        (f"SELECT 1 FROM {STREAMS} WHERE data__Identifier = 'one'", "1 of 2 parts"),
    ],
)
def test_what_is_wrong_with_a_statement_is_said(
    explained: awsvtab.Connection, sql: str, message: str
) -> None:
    with pytest.raises(awsvtab.Error, match=message):
        explained.explain(sql)


def test_a_function_that_may_have_effects_is_not_called(
    explained: awsvtab.Connection,
) -> None:
    called: list[str] = []
    explained.create_function("noted", 1, lambda key: called.append(key) or key)
    (path,) = explained.explain(
        f"SELECT n FROM l JOIN {STREAMS} ON data__Identifier = noted(id)"
    ).paths
    assert str(path) == f"get {STREAMS} by data__Identifier: calls not known"
    assert called == []


def test_it_works_on_a_bare_connection(emulator: Emulator, session: boto3.Session) -> None:
    connection = apsw.Connection(":memory:")
    registration = awsvtab.register(connection, session=session, endpoint_url=emulator.endpoint_url)
    found = registration.explain("SELECT name FROM aws_ssm_parameters WHERE name = ?", ("x",))
    assert str(found) == "get aws.ssm.parameters by name: 1 GetResource"
    registration.close()
    connection.close()


@pytest.mark.parametrize(
    "sql",
    ["COMMIT", "ROLLBACK", "SAVEPOINT s", "ATTACH ':memory:' AS other", "PRAGMA user_version = 7"],
)
def test_what_passes_for_reading_is_not_run(explained: awsvtab.Connection, sql: str) -> None:
    explained.execute("INSERT INTO l VALUES (1, 'x')")
    assert explained.explain(sql).paths == ()
    assert explained.in_transaction
    explained.rollback()
    assert explained.execute("PRAGMA user_version").fetchone() == (0,)
    assert len(explained.execute("PRAGMA database_list").fetchall()) == 1


@pytest.mark.parametrize(
    ("columns", "methods"),
    [
        ("db_instance_identifier, region", ["list_resources"]),
        ("max_allocated_storage", ["list_resources", "get_resource"]),
        ("i.maxallocatedstorage", ["list_resources", "get_resource"]),
        ("count(*)", ["list_resources"]),
    ],
)
def test_columns_that_plans_do_not_know_of_are_known(
    connect: Connect, emulator: Emulator, columns: str, methods: list[str]
) -> None:
    emulator.put("AWS::RDS::DBInstance", {"DBInstanceIdentifier": "d"})
    connection = connect()
    sql = f"SELECT {columns} FROM aws.rds.db_instances i"
    (path,) = connection.explain(sql).paths
    assert list(path.methods) == methods
    connection.execute(sql).fetchall()
    expected = {"list_resources": "ListResources", "get_resource": "GetResource"}
    assert operations(emulator) == {expected[method]: 1 for method in methods}


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE k (a PRIMARY KEY)",
        "CREATE INDEX i ON l (n)",
        "EXPLAIN SELECT 1",
        "-- nothing",
        "CREATE VIRTUAL TABLE q USING aws(sqs.queues)",
        "ALTER TABLE l RENAME TO m",
        "CREATE TRIGGER g DELETE ON l BEGIN SELECT 1; SELECT 2; END;",
        "DROP TABLE l",
    ],
)
def test_what_makes_tables_is_explained(explained: awsvtab.Connection, sql: str) -> None:
    assert explained.explain(sql).paths == ()
    assert explained.execute("SELECT name FROM sqlite_schema").fetchall() == [("l",)]


def test_one_statement_is_explained_at_a_time(explained: awsvtab.Connection) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="one statement at a time"):
        explained.explain("SELECT 1; DELETE FROM l")
    assert explained.execute("SELECT count(*) FROM l").fetchone() == (9,)
    assert explained.explain("SELECT 1;").paths == ()


def test_a_statement_without_end_is_explained(explained: awsvtab.Connection) -> None:
    (path,) = explained.explain(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
        f"SELECT x FROM c JOIN {DOMAINS} d ON d.domain_name = 'd' || (x % 3) LIMIT 5"
    ).paths
    assert not path.exact
