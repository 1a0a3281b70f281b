"""Tables that a database file holds, StackQL's other names, and types beyond the catalog."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import awsvtab
from awsvtab.curated import Definition, parse
from awsvtab.emulator import Emulator
from conftest import DOMAIN, Connect, operations, put_domain

CREATE = "CREATE VIRTUAL TABLE domains USING aws(customerprofiles.domains"


@pytest.mark.parametrize(
    ("arguments", "definition"),
    [
        (["sqs.queues"], Definition("sqs.queues")),
        (["'sqs.queues'", "region = 'eu-west-1'"], Definition("sqs.queues", "eu-west-1")),
        (
            ['"aws.sqs.queues"', "REGION=eu-west-1", "profile='o''neil'"],
            Definition("aws.sqs.queues", "eu-west-1", "o'neil"),
        ),
    ],
)
def test_a_definition_is_read(arguments: list[str], definition: Definition) -> None:
    assert parse(arguments) == definition


@pytest.mark.parametrize(
    "arguments", [[], [""], ["sqs.queues", "endpoint_url='x'"], ["sqs.queues", "eu-west-1"]]
)
def test_a_wrong_definition_shows_how_to_write_one(arguments: list[str]) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="write USING aws"):
        parse(arguments)


def test_a_curated_table_has_its_own_region(connect: Connect, emulator: Emulator) -> None:
    put_domain(emulator, "here")
    put_domain(emulator, "there", "eu-west-2")
    connection = connect()
    connection.execute(CREATE + ", region='eu-west-2')")
    rows = connection.execute("SELECT region, domain_name FROM domains").fetchall()
    assert rows == [("eu-west-2", "there")]
    with pytest.raises(awsvtab.ProgrammingError, match="none of the connection's"):
        connection.execute("SELECT * FROM domains WHERE region = 'us-east-1'").fetchall()


def test_a_curated_table_is_seen_by_reflection(connect: Connect) -> None:
    connection = connect()
    connection.execute(CREATE + ")")
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    assert names == [("domains",)]


def test_who_defines_a_table_may_write_it(connect: Connect, emulator: Emulator) -> None:
    connection = connect()
    connection.execute(CREATE + ")")
    with connection:
        connection.execute(
            "INSERT INTO domains (domain_name, default_expiration_days) VALUES ('one', 3)"
        )
    assert emulator.get(DOMAIN, "one") is not None


def test_a_table_that_came_with_the_file_is_read_only_unless_trusted(
    connect: Connect, emulator: Emulator, tmp_path: Path
) -> None:
    put_domain(emulator, "one")
    path = str(tmp_path / "from-elsewhere.db")
    maker = connect(path)
    maker.execute(CREATE + ")")
    maker.close()
    connection = connect(path)
    assert connection.execute("SELECT domain_name FROM domains").fetchall() == [("one",)]
    with pytest.raises(awsvtab.NotSupportedError, match="trusted_schema=True"):
        connection.execute("DELETE FROM domains WHERE domain_name = 'one'")
    connection.commit()
    assert emulator.get(DOMAIN, "one") is not None
    trusting = connect(path, trusted_schema=True)
    with trusting:
        trusting.execute("DELETE FROM domains WHERE domain_name = 'one'")
    assert emulator.get(DOMAIN, "one") is None


def test_a_profile_of_a_file_from_elsewhere_is_not_used(
    connect: Connect, emulator: Emulator, tmp_path: Path
) -> None:
    put_domain(emulator, "one")
    path = str(tmp_path / "from-elsewhere.db")
    maker = connect(path)
    maker.execute(CREATE + ", profile='no-such-profile')")
    with pytest.raises(awsvtab.OperationalError, match="no-such-profile"):
        maker.execute("SELECT * FROM domains").fetchall()
    maker.close()
    assert connect(path).execute("SELECT domain_name FROM domains").fetchall() == [("one",)]
    with pytest.raises(awsvtab.OperationalError, match="no-such-profile"):
        connect(path, trusted_schema=True).execute("SELECT * FROM domains").fetchall()


def test_a_table_of_an_unknown_type_says_what_there_is(connect: Connect) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match=r"did you mean aws\.sqs\.queues"):
        connect().execute("CREATE VIRTUAL TABLE q USING aws(sqs.queue)")


def test_a_type_may_be_named_as_aws_names_it(connect: Connect, emulator: Emulator) -> None:
    put_domain(emulator, "one")
    connection = connect()
    connection.execute(f"CREATE VIRTUAL TABLE d USING aws('{DOMAIN}')")
    assert connection.execute("SELECT domain_name FROM d").fetchall() == [("one",)]


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            "awscc.customerprofiles.event_streams_list_only",
            ["domain_name", "event_stream_name", "region"],
        ),
        ("awscc.customerprofiles.domains_list_only", ["domain_name", "region"]),
    ],
)
def test_list_only_tables_show_region_and_identifier(
    connect: Connect, estate: Emulator, table: str, columns: list[str]
) -> None:
    cursor = connect().execute(f"SELECT * FROM {table} WHERE region = 'us-east-1'")
    assert [column[0] for column in cursor.description] == columns
    assert len(cursor.fetchall()) in (3, 6)
    assert "GetResource" not in operations(estate)


def test_the_older_providers_names_work(connect: Connect, emulator: Emulator) -> None:
    rows = connect().execute("SELECT registry_name FROM aws.eventschemas.schemata LIMIT 0")
    assert rows.fetchall() == []


SCHEMA = {
    "typeName": "Org::Svc::Thing",
    "properties": {"Name": {"type": "string"}, "Size": {"type": "integer"}},
    "required": ["Name"],
    "primaryIdentifier": ["/properties/Name"],
    "handlers": {"read": {"permissions": []}, "list": {"permissions": []}},
}


def test_schemas_in_a_folder_are_tables(
    connect: Connect, emulator: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "thing.json").write_text(json.dumps(SCHEMA))
    connection = connect(types=tmp_path)
    cursor = connection.execute("SELECT * FROM aws.svc.things LIMIT 0")
    assert [column[0] for column in cursor.description] == ["name", "size", "region"]
    assert cursor.fetchall() == []
    with pytest.raises(awsvtab.ProgrammingError, match="Org::Svc::Thing"):
        connection.execute("SELECT * FROM aws_svc_things").fetchall()
    rows = connection.execute(
        "SELECT table_name FROM aws_resource_types WHERE type_name = 'Org::Svc::Thing'"
    )
    assert rows.fetchall() == [("aws_svc_things",)]


@pytest.mark.parametrize(
    ("types", "message"),
    [
        (["Thing"], "write for example 'Org::Service::Resource'"),
        ("/nonexistent.zip", "cannot read"),
        ([5], "write a list of names"),
    ],
)
def test_wrong_types_say_what_to_write(connect: Connect, types: object, message: str) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match=message):
        connect(types=types)
