"""StackQL's SHOW and DESCRIBE, through the driver and as text."""

from __future__ import annotations

import re

import pytest

import awsvtab
from awsvtab.catalog import catalog
from awsvtab.emulator import Emulator
from awsvtab.show import rewrite_show
from conftest import Connect, operations

METHODS = [
    ("create_resource", "DomainName, EventStreamName, Uri, region", "INSERT"),
    ("delete_resource", "data__Identifier, region", "DELETE"),
    ("update_resource", "data__Identifier, data__PatchDocument, region", "UPDATE"),
    ("list_resources", "region", "SELECT"),
    ("get_resource", "data__Identifier, region", "SELECT"),
]
FIELDS = [
    ("domain_name", "string"),
    ("event_stream_name", "string"),
    ("uri", "string"),
    ("event_stream_arn", "string"),
    ("tags", "array"),
    ("created_at", "string"),
    ("state", "string"),
    ("destination_details", "object"),
    ("region", "string"),
]


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SHOW SERVICES IN aws", "id name resources"),
        ("SHOW RESOURCES IN aws.customerprofiles", "name id type_name"),
        (
            "SHOW METHODS IN aws.customerprofiles.event_streams",
            "MethodName RequiredParams SQLVerb",
        ),
        ("DESCRIBE aws.customerprofiles.event_streams", "name type"),
        (
            "DESCRIBE EXTENDED aws.customerprofiles.event_streams",
            "name type property is_required is_read_only is_create_only is_write_only "
            "identifier_position",
        ),
    ],
)
def test_the_columns_are_described(connection: awsvtab.Connection, sql: str, columns: str) -> None:
    cursor = connection.execute(sql)
    assert [column[0] for column in cursor.description] == columns.split()
    assert cursor.fetchall()


def test_services_are_shown_once_each(connection: awsvtab.Connection) -> None:
    rows = connection.execute("SHOW SERVICES IN aws").fetchall()
    assert ("aws.customerprofiles", "customerprofiles", 11) in rows
    assert len({name for _, name, _ in rows}) == len(rows)
    assert sum(count for _, _, count in rows) == len(catalog())
    assert [name for _, name, _ in rows] == sorted(name for _, name, _ in rows)


def test_resources_of_a_service_are_shown(connection: awsvtab.Connection) -> None:
    rows = connection.execute("SHOW RESOURCES IN aws.sqs").fetchall()
    assert rows == [
        ("queue_inline_policies", "aws.sqs.queue_inline_policies", "AWS::SQS::QueueInlinePolicy"),
        ("queue_policies", "aws.sqs.queue_policies", "AWS::SQS::QueuePolicy"),
        ("queues", "aws.sqs.queues", "AWS::SQS::Queue"),
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "SHOW METHODS IN aws.customerprofiles.event_streams",
        "show methods in awscc.customerprofiles.event_streams;",
        "SHOW METHODS FROM aws.CustomerProfiles.EVENT_STREAMS ; ;",
        "  -- why\n/* not */ Show /**/ Methods\nin aws . customerprofiles . event_streams -- end",
        'SHOW METHODS IN "aws".[customerprofiles].`event_streams`',
        "SHOW METHODS IN customerprofiles.event_streams",
        "SHOW METHODS IN aws_customerprofiles_event_streams",
        "SHOW METHODS IN event_streams",
    ],
)
def test_methods_are_shown_however_that_is_written(
    connection: awsvtab.Connection, sql: str
) -> None:
    assert connection.execute(sql).fetchall() == METHODS


@pytest.mark.parametrize(
    "sql",
    [
        "DESCRIBE aws.customerprofiles.event_streams",
        "desc awscc.customerprofiles.event_streams;",
        "describe customerprofiles.event_streams",
        "DESC event_streams",
    ],
)
def test_a_resource_is_described_by_the_seed_pages_fields(
    connection: awsvtab.Connection, sql: str
) -> None:
    assert connection.execute(sql).fetchall() == FIELDS


def test_describe_extended_tells_the_flags(connection: awsvtab.Connection) -> None:
    rows = connection.execute("DESCRIBE EXTENDED aws.customerprofiles.event_streams").fetchall()
    assert rows[1] == ("event_stream_name", "string", "EventStreamName", 1, 0, 1, 0, 2)
    assert rows[-1] == ("region", "string", None, 0, 0, 0, 0, None)


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SHOW SERVICES IN aws LIKE 'customer%'", ["aws.customerprofiles"]),
        ("SHOW SERVICES IN aws LIKE 'it''s'", []),
        ("SHOW RESOURCES IN aws.sqs LIKE '%POLICIES'", ["queue_inline_policies", "queue_policies"]),
        ('show resources in aws.sqs like "queues";', ["queues"]),
        (
            "SHOW METHODS IN aws.customerprofiles.event_streams LIKE '%e_resource'",
            ["create_resource", "delete_resource", "update_resource"],
        ),
    ],
)
def test_like_restricts_the_names(
    connection: awsvtab.Connection, sql: str, names: list[str]
) -> None:
    assert [row[0] for row in connection.execute(sql)] == names


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "SHOW RESOURCES IN aws.customerprofile",
            "no such service: aws.customerprofile; did you mean aws.customerprofiles",
        ),
        ("SHOW RESOURCES IN awscc.qqqqqqqq", "no such service: awscc.qqqqqqqq"),
        (
            "SHOW METHODS IN aws.customerprofiles.event_strems",
            "no such table: aws.customerprofiles.event_strems; "
            "did you mean aws.customerprofiles.event_streams",
        ),
        (
            "DESCRIBE EXTENDED awscc.sqs.queue",
            "no such table: awscc.sqs.queue; did you mean aws.sqs.queues",
        ),
        ("DESCRIBE sqs.queue", "no such table: sqs.queue; did you mean aws.sqs.queues"),
        ("DESCRIBE aws.event_streams", "did you mean aws.customerprofiles.event_streams"),
    ],
)
def test_an_unknown_name_is_an_error_with_the_nearest(
    connection: awsvtab.Connection, sql: str, message: str
) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match=re.escape(message)):
        connection.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SHOW",
        "SHOW TABLES",
        "SHOW SERVICES",
        "SHOW SERVICES IN",
        "SHOW SERVICES OF aws",
        "SHOW SERVICES IN azure",
        "SHOW SERVICES IN aws.sqs",
        "SHOW SERVICES IN aws WHERE name = 'sqs'",
        "SHOW SERVICES IN aws LIKE",
        "SHOW SERVICES IN aws LIKE sqs",
        "SHOW SERVICES IN aws LIKE ?",
        "SHOW SERVICES IN aws LIKE 'sqs' 'sns'",
        "SHOW SERVICES IN aws; SELECT 1",
        "SHOW RESOURCES IN azure.compute",
        "SHOW RESOURCES IN a.b.c.d",
        "SHOW METHODS IN aws.sqs.queues.extra",
        "DESCRIBE",
        "DESCRIBE EXTENDED",
        "DESCRIBE mine",
        "DESCRIBE main.mine",
        "DESCRIBE aws.sqs.queues extra",
        "DESCRIBE aws.sqs.",
        "DESCRIBED aws.sqs.queues",
        "SELECT 'show services in aws'",
        "EXPLAIN SHOW SERVICES IN aws",
        "",
        "-- SHOW SERVICES IN aws",
    ],
)
def test_any_other_text_is_left_alone(sql: str) -> None:
    assert rewrite_show(sql, catalog(), {}) is None


@pytest.mark.parametrize(
    ("sql", "word"), [("SHOW TABLES", "SHOW"), ("/**/ describe  mine", "describe")]
)
def test_the_syntax_error_is_sqlites_own(
    connection: awsvtab.Connection, sql: str, word: str
) -> None:
    with pytest.raises(awsvtab.OperationalError, match=f'near "{word}": syntax error') as caught:
        connection.execute(sql)
    assert caught.value.sqlite_error_offset == sql.index(word)


def test_the_words_are_still_names_elsewhere(connection: awsvtab.Connection) -> None:
    connection.execute("CREATE TABLE show (describe TEXT, services)")
    connection.execute("INSERT INTO show (describe) VALUES ('aws')")
    assert connection.execute("SELECT show.describe FROM show").fetchall() == [("aws",)]
    assert connection.execute("WITH describe AS (SELECT 1) SELECT * FROM describe").fetchall()


def test_an_offset_in_the_select_leads_to_the_statement() -> None:
    rewritten = rewrite_show("SHOW SERVICES IN aws;", catalog(), {})
    assert rewritten is not None
    assert rewritten.offset(40) == 0
    assert rewritten.offset(len(rewritten.text)) == len("SHOW SERVICES IN aws;")


def test_a_statement_can_be_repeated_and_takes_no_parameters(
    connection: awsvtab.Connection,
) -> None:
    sql = "DESCRIBE aws.customerprofiles.event_streams"
    cursor = connection.cursor()
    assert cursor.execute(sql).fetchall() == cursor.execute(sql).fetchall() == FIELDS
    with pytest.raises(awsvtab.ProgrammingError, match="0"):
        cursor.execute(sql, ("event_streams",))


def test_no_call_is_made_and_no_transaction_begun(connect: Connect, emulator: Emulator) -> None:
    connection = connect()
    for sql in (
        "SHOW SERVICES IN aws",
        "SHOW RESOURCES IN aws.sqs",
        "SHOW METHODS IN aws.sqs.queues",
        "DESCRIBE EXTENDED aws.sqs.queues",
    ):
        assert connection.execute(sql).fetchall()
    assert not connection.in_transaction
    assert operations(emulator) == {}
