"""The tables about awsvtab's own knowledge: what they hold, and what a scan of them costs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import apsw
import pytest

import awsvtab
from awsvtab.catalog import Catalog, catalog
from awsvtab.catalog.columns import table_columns
from awsvtab.catalog.store import DATA_FILE
from awsvtab.emulator import Emulator
from awsvtab.introspect import catalog_tables
from awsvtab.rowtables import Given, IntrospectionTable, Row, register_tables
from conftest import EVENT_STREAM, Connect, operations

SEED = Path(__file__).parent / "seed"
TABLES = ("aws_resource_types", "aws_columns", "aws_methods", "aws_permissions")


@pytest.fixture(scope="module")
def asked() -> Iterator[apsw.Connection]:
    """A bare connection, with copies of the tables as ordinary ones."""
    connection = apsw.Connection(":memory:")
    register_tables(connection, catalog_tables(catalog()))
    for table in ("aws_resource_types", "aws_columns"):
        connection.execute(f"CREATE TABLE copy_of_{table} AS SELECT * FROM {table}")
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            "aws_resource_types",
            "type_name, service, resource, table_name, can_list, can_read, can_create, can_update, "
            "can_delete, identifier, list_requires, is_global, regions, catalog_version",
        ),
        (
            "aws_columns",
            "type_name, table_name, column_name, property, type, is_required, is_read_only, "
            "is_create_only, is_write_only, identifier_position",
        ),
        ("aws_methods", "type_name, method, sql_verb, required_params"),
        ("aws_permissions", "type_name, method, action"),
    ],
)
def test_the_columns_are_these(asked: apsw.Connection, table: str, columns: str) -> None:
    cursor = asked.execute(f"SELECT * FROM {table}")
    assert [name for name, _ in cursor.get_description()] == columns.split(", ")


def test_the_methods_are_the_seed_pages(asked: apsw.Connection) -> None:
    rows = asked.execute(
        "SELECT method, sql_verb, required_params FROM aws_methods WHERE type_name = ?",
        (EVENT_STREAM,),
    ).fetchall()
    assert rows == [
        ("create_resource", "INSERT", "DomainName, EventStreamName, Uri, region"),
        ("delete_resource", "DELETE", "data__Identifier, region"),
        ("update_resource", "UPDATE", "data__Identifier, data__PatchDocument, region"),
        ("list_resources", "SELECT", "region"),
        ("get_resource", "SELECT", "data__Identifier, region"),
    ]


def test_the_columns_are_the_seed_pages_fields(asked: apsw.Connection) -> None:
    rows = asked.execute(
        "SELECT column_name, type FROM aws_columns WHERE type_name = ?", (EVENT_STREAM,)
    ).fetchall()
    assert rows == [
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


def test_the_permissions_are_the_seed_pages_and_the_newer_schemas(asked: apsw.Connection) -> None:
    page = json.loads((SEED / "permissions.json").read_text())
    held: dict[str, list[str]] = {}
    for method, action in asked.execute(
        "SELECT method, action FROM aws_permissions WHERE type_name = ?", (EVENT_STREAM,)
    ):
        held.setdefault(method, []).append(action)
    added = {
        method: [action for action in actions if action not in page[method]]
        for method, actions in held.items()
    }
    kept = {
        method: [action for action in actions if action in page[method]]
        for method, actions in held.items()
    }
    assert kept == page
    assert added == {
        "create_resource": [],
        "get_resource": ["profile:ListTagsForResource"],
        "update_resource": ["profile:ListTagsForResource"],
        "delete_resource": [],
        "list_resources": [],
    }


def test_a_resource_type_is_described_in_one_row(asked: apsw.Connection) -> None:
    (row,) = asked.execute(
        "SELECT service, resource, table_name, can_list, can_update, identifier, list_requires, "
        "catalog_version FROM aws_resource_types WHERE type_name = ?",
        (EVENT_STREAM,),
    ).fetchall()
    assert row == (
        "customerprofiles",
        "event_streams",
        "aws_customerprofiles_event_streams",
        1,
        1,
        '["DomainName","EventStreamName"]',
        '[["DomainName"]]',
        catalog().metadata["source"],
    )


def test_the_regions_of_a_type_are_those_that_have_it(asked: apsw.Connection) -> None:
    regions = asked.execute(
        "SELECT regions FROM aws_resource_types WHERE type_name = ?", (EVENT_STREAM,)
    ).get
    assert "us-east-1" in json.loads(regions)
    assert "eu-west-1" not in json.loads(regions)
    everywhere = asked.execute(
        "SELECT regions FROM aws_resource_types WHERE type_name = 'AWS::S3::Bucket'"
    ).get
    assert json.loads(everywhere) == list(catalog().regions)


def test_the_regions_are_null_where_the_catalog_does_not_know() -> None:
    connection = apsw.Connection(":memory:")
    thing = '{"identifier":["Id"],"properties":{"Id":"string"}}'
    text = f'{{"regions": [], "source": "here"}}\n\nOrg::Svc::Thing svc.things\n{thing}\n'
    register_tables(connection, catalog_tables(Catalog(text)))
    rows = connection.execute(
        "SELECT type_name, regions, catalog_version, can_read FROM aws_resource_types"
    ).fetchall()
    assert rows == [("Org::Svc::Thing", None, "here", 0)]
    connection.close()


def test_every_handler_has_a_method_and_no_other_has(asked: apsw.Connection) -> None:
    named = {
        "create_resource": "create",
        "delete_resource": "delete",
        "update_resource": "update",
        "list_resources": "list",
        "get_resource": "read",
    }
    held: dict[str, set[str]] = {}
    for type_name, method in asked.execute("SELECT type_name, method FROM aws_methods"):
        held.setdefault(type_name, set()).add(named[method])
    assert held == {each.name: set(each.handlers) for each in catalog() if each.handlers}


def test_every_required_parameter_is_a_column_that_can_be_written(asked: apsw.Connection) -> None:
    for type_name, params in asked.execute("SELECT type_name, required_params FROM aws_methods"):
        columns = {column.name.lower() for column in table_columns(catalog().type(type_name))}
        assert columns.issuperset(params.lower().split(", ")), type_name


@pytest.mark.parametrize(
    ("type_name", "params"),
    [
        # A property that shares its name with one of the table's own columns.
        ("AWS::Cognito::UserPoolResourceServer", "_identifier, Name, UserPoolId, region"),
        ("AWS::SQS::Queue", "region"),
    ],
)
def test_an_insert_requires_the_required_properties(
    asked: apsw.Connection, type_name: str, params: str
) -> None:
    held = asked.execute(
        "SELECT required_params FROM aws_methods WHERE type_name = ? AND sql_verb = 'INSERT'",
        (type_name,),
    ).get
    assert sorted(held.split(", ")) == sorted(params.split(", "))


def test_an_insert_does_not_require_what_only_aws_can_give() -> None:
    connection = apsw.Connection(":memory:")
    thing = (
        '{"identifier":["Id"],"handlers":{"create":[]},'
        '"properties":{"Id":"string required read_only","Name":"string required"}}'
    )
    text = f'{{"regions": [], "source": "here"}}\n\nOrg::Svc::Thing svc.things\n{thing}\n'
    register_tables(connection, catalog_tables(Catalog(text)))
    assert connection.execute("SELECT required_params FROM aws_methods").get == "Name, region"
    connection.close()


def test_a_list_requires_what_no_parent_can_give_one_row_for_each_way() -> None:
    connection = apsw.Connection(":memory:")
    head = '{"regions": []}'
    thing = (
        '{"identifier":["Id"],"handlers":{"list":[]},"list_requires":[["A","B"],["C"]],%s'
        '"properties":{"Id":"string","A":"string","B":"string","C":"string"}}'
    )
    parent = '"parents":[{"type":"Org::Svc::Parent","take":{"C":"C"}}],'
    blocks = (
        head,
        "Org::Svc::Child svc.children\n" + thing % parent,
        "Org::Svc::Orphan svc.orphans\n" + thing % "",
    )
    register_tables(connection, catalog_tables(Catalog("\n\n".join(blocks))))
    rows = connection.execute("SELECT type_name, required_params FROM aws_methods").fetchall()
    assert rows == [
        ("Org::Svc::Child", "region"),
        ("Org::Svc::Orphan", "A, B, region"),
        ("Org::Svc::Orphan", "C, region"),
    ]
    connection.close()


def test_flags_and_the_place_in_the_identifier_are_told(asked: apsw.Connection) -> None:
    rows = asked.execute(
        "SELECT column_name, property, is_required, is_read_only, is_create_only, is_write_only, "
        "identifier_position FROM aws_columns WHERE table_name = 'aws_rds_db_instances' AND "
        "property IN ('DBInstanceIdentifier', 'MasterUserPassword', 'DBInstanceArn')"
    ).fetchall()
    assert sorted(rows) == [
        ("db_instance_arn", "DBInstanceArn", 0, 1, 0, 0, None),
        ("db_instance_identifier", "DBInstanceIdentifier", 0, 0, 1, 0, 1),
        ("master_user_password", "MasterUserPassword", 0, 0, 0, 1, None),
    ]


@pytest.mark.parametrize(
    "condition",
    [
        f"type_name = '{EVENT_STREAM}'",
        f"type_name IN ('{EVENT_STREAM}', 'AWS::SQS::Queue', 'AWS::No::Such', NULL)",
        f"type_name = '{EVENT_STREAM}' AND table_name = 'aws_sqs_queues'",
        f"type_name = '{EVENT_STREAM.lower()}' COLLATE NOCASE",
        f"type_name = '{EVENT_STREAM.lower()}'",
        "type_name = NULL",
        "type_name = 5",
        "type_name = x'41'",
        "type_name IS NULL",
        "type_name > 'AWS::X' AND type_name < 'AWS::Y'",
        "type_name LIKE 'aws::sqs::%'",
        "table_name = 'aws_sqs_queues'",
        "table_name = 'AWS_SQS_QUEUES'",
        "table_name = 'aws_no_such'",
        "table_name = 7 OR table_name = 'aws_sns_topics'",
        "table_name IN (SELECT 'aws_' || value || 's' FROM json_each('[\"sqs_queue\", null]'))",
    ],
)
@pytest.mark.parametrize("table", ["aws_resource_types", "aws_columns"])
def test_a_condition_finds_what_it_finds_in_an_ordinary_table(
    asked: apsw.Connection, table: str, condition: str
) -> None:
    answers = [
        asked.execute(f"SELECT * FROM {source} WHERE {condition} ORDER BY 1, 2, 3").fetchall()
        for source in (table, f"copy_of_{table}")
    ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "condition",
    ["service = 's3'", "service IN ('s3', 'sqs', NULL)", "service = 'S3'", "service = 3"],
)
def test_a_service_finds_its_types(asked: apsw.Connection, condition: str) -> None:
    answers = [
        asked.execute(f"SELECT * FROM {source} WHERE {condition} ORDER BY 1").fetchall()
        for source in ("aws_resource_types", "copy_of_aws_resource_types")
    ]
    assert answers[0] == answers[1]


def test_tables_can_be_joined(asked: apsw.Connection) -> None:
    rows = asked.execute(
        "SELECT table_name, action FROM aws_resource_types JOIN aws_methods USING (type_name) "
        "JOIN aws_permissions USING (type_name, method) "
        "WHERE service = 'sqs' AND resource = 'queues' AND sql_verb = 'DELETE'"
    ).fetchall()
    assert ("aws_sqs_queues", "sqs:DeleteQueue") in rows
    assert {table for table, _ in rows} == {"aws_sqs_queues"}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "key", [f"type_name = '{EVENT_STREAM}'", f"type_name IN ('{EVENT_STREAM}')"]
)
def test_one_type_is_decoded_where_one_is_asked_for(table: str, key: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        all_else_unreadable().execute(f"SELECT * FROM {table}").fetchall()
    assert all_else_unreadable().execute(f"SELECT * FROM {table} WHERE {key}").fetchall()


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("aws_resource_types", "table_name = 'aws_customerprofiles_event_streams'"),
        ("aws_resource_types", "service = 'customerprofiles'"),
        ("aws_columns", "table_name = 'aws_customerprofiles_event_streams'"),
    ],
)
def test_other_keys_decode_no_more(table: str, key: str) -> None:
    assert all_else_unreadable().execute(f"SELECT * FROM {table} WHERE {key}").fetchall()


def all_else_unreadable() -> apsw.Connection:
    """The tables of a catalog in which only the event stream's record can be decoded."""
    head, *blocks = DATA_FILE.read_text().rstrip("\n").split("\n\n")
    kept = [
        block if block.startswith(f"{EVENT_STREAM} ") else block.partition("\n")[0] + "\n{"
        for block in blocks
        if not block.startswith("AWS::CustomerProfiles::") or f"{EVENT_STREAM} " in block
    ]
    connection = apsw.Connection(":memory:")
    register_tables(connection, catalog_tables(Catalog("\n\n".join([head, *kept]))))
    return connection


@pytest.mark.parametrize("table", TABLES)
def test_no_call_is_made(connect: Connect, emulator: Emulator, table: str) -> None:
    connection = connect()
    assert connection.execute(f"SELECT * FROM {table} WHERE type_name > 'AWS::X'").fetchall()
    assert operations(emulator) == {}


@pytest.mark.parametrize("table", TABLES)
def test_the_tables_cannot_be_written(connect: Connect, table: str) -> None:
    with pytest.raises(awsvtab.OperationalError, match=f"table {table} may not be modified"):
        connect().execute(f"DELETE FROM {table}")


def test_a_stored_view_can_read_them(connect: Connect) -> None:
    connection = connect()
    connection.execute(
        "CREATE VIEW writable AS SELECT column_name FROM aws_columns "
        "WHERE table_name = 'aws_sqs_queues' AND NOT is_read_only"
    )
    names = {name for (name,) in connection.execute("SELECT * FROM writable")}
    assert "queue_name" in names
    assert "arn" not in names


@pytest.mark.parametrize("table", TABLES)
def test_a_name_misspelt_is_an_error_with_the_right_one(connect: Connect, table: str) -> None:
    with pytest.raises(awsvtab.OperationalError, match=rf"; did you mean {table}\?$"):
        connect().execute(f"SELECT * FROM {table[:-1]}")


def test_no_resource_type_has_the_name_of_such_a_table() -> None:
    assert not [name for name in TABLES if name in catalog().known_names]


class Recorded:
    """Rows of a table of one's own, and what each scan was given."""

    def __init__(self) -> None:
        self.given: list[Given] = []

    def rows(self, given: Given) -> Iterable[Row]:
        self.given.append(given)
        yield from (("a", 1), ("b", 2), ("b", None))


@pytest.mark.parametrize(
    ("condition", "given", "found"),
    [
        ("true", [{}], 3),
        ("k = 'b'", [{"k": "b"}], 2),
        ("k = 'b' AND n = 2", [{"k": "b"}], 1),
        ("k = 'b' AND k = 'a'", [], 0),
        ("k IN ('a', 'b')", [{"k": "a"}, {"k": "b"}], 3),
        ("k = NULL", [], 0),
        ("k >= 'b'", [{}], 2),
        ("k = 'B' COLLATE NOCASE", [{}], 2),
        ("n = 2", [{}], 1),
    ],
)
def test_a_table_of_ones_own_is_given_the_keys_and_checked_again(
    condition: str, given: list[Given], found: int
) -> None:
    recorded = Recorded()
    connection = apsw.Connection(":memory:")
    table = IntrospectionTable(
        "mine", {"k": "TEXT", "n": "INTEGER"}, recorded.rows, frozenset({"k"})
    )
    register_tables(connection, [table])
    assert len(connection.execute(f"SELECT * FROM mine WHERE {condition}").fetchall()) == found
    assert recorded.given == given
    connection.close()


def test_rows_are_made_anew_for_each_scan_and_only_as_far_as_they_are_read() -> None:
    made: list[int] = []

    def rows(given: Given) -> Iterator[Row]:
        for number in range(100):
            made.append(number)
            yield (number,)

    connection = apsw.Connection(":memory:")
    register_tables(connection, [IntrospectionTable("mine", {"n": "INTEGER"}, rows)])
    for _ in range(2):
        assert connection.execute("SELECT rowid, n FROM mine LIMIT 2").fetchall() == [
            (1, 0),
            (2, 1),
        ]
    assert len(made) < 10
    connection.close()


def test_what_the_rows_raise_reaches_the_user() -> None:
    def rows(given: Given) -> Iterator[Row]:
        yield (1,)
        raise awsvtab.OperationalError("AWS is away")

    connection = apsw.Connection(":memory:")
    register_tables(connection, [IntrospectionTable("mine", {"n": "INTEGER"}, rows)])
    with pytest.raises(awsvtab.OperationalError, match="AWS is away"):
        connection.execute("SELECT * FROM mine").fetchall()
    connection.close()


def test_global_types_are_told(connection: awsvtab.Connection) -> None:
    rows = connection.execute(
        "SELECT type_name, is_global FROM aws_resource_types "
        "WHERE type_name IN ('AWS::IAM::Role', 'AWS::SQS::Queue') ORDER BY 1"
    )
    assert rows.fetchall() == [("AWS::IAM::Role", 1), ("AWS::SQS::Queue", 0)]
