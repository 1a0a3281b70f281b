"""The statements of the page that the project started from run as they stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import EVENT_STREAM, operations, put_domain, put_stream

SEED = Path(__file__).parent / "seed"
FIELDS = (
    "region",
    "domain_name",
    "event_stream_name",
    "uri",
    "event_stream_arn",
    "tags",
    "created_at",
    "state",
    "destination_details",
)
VALUES = {
    "{{ DomainName }}": "one",
    "{{ EventStreamName }}": "new",
    "{{ Uri }}": "arn:aws:kinesis:us-east-1:123456789012:stream/new",
    "{{ Tags }}": '[{"Key":"team","Value":"core"}]',
    "{{ region }}": "us-east-1",
    "<DomainName>|<EventStreamName>": "one|a",
    "<DomainName|EventStreamName>": "one|a",
}


def statement(name: str) -> str:
    """A statement of the page, with values for its placeholders."""
    sql = (SEED / f"{name}.sql").read_text()
    for placeholder, value in VALUES.items():
        sql = sql.replace(placeholder, value)
    return sql


def test_the_fixtures_still_have_the_pages_placeholders() -> None:
    text = "".join(path.read_text() for path in sorted(SEED.glob("*.sql")))
    assert all(placeholder in text for placeholder in VALUES)
    assert text.count(";") == 5


def test_select_by_region(connection: awsvtab.Connection, estate: Emulator) -> None:
    cursor = connection.execute(statement("select_list"))
    assert tuple(column[0] for column in cursor.description) == FIELDS
    rows = cursor.fetchall()
    assert {(row[0], row[1], row[2]) for row in rows} == {
        ("us-east-1", "one", "a"),
        ("us-east-1", "one", "b"),
        ("us-east-1", "two", "a"),
        ("us-east-1", "three", "a"),
        ("us-east-1", "three", "b"),
        ("us-east-1", "three", "c"),
    }
    assert len(rows) == 6
    for row in rows:
        held = estate.get(EVENT_STREAM, f"{row[1]}|{row[2]}")
        assert row[3] == held["Uri"]
        assert row[4] == held["EventStreamArn"]
        assert json.loads(row[8]) == held["DestinationDetails"]
    assert operations(estate) == {"ListResources": 4, "GetResource": 6}


def test_select_by_identifier(connection: awsvtab.Connection, estate: Emulator) -> None:
    (row,) = connection.execute(statement("select_get")).fetchall()
    assert row[:3] == ("us-east-1", "one", "a")
    assert operations(estate) == {"GetResource": 1}


@pytest.mark.parametrize(
    ("name", "tags"),
    [("insert_required", None), ("insert_all", [{"Key": "team", "Value": "core"}])],
)
def test_insert(
    connection: awsvtab.Connection, emulator: Emulator, name: str, tags: object
) -> None:
    put_domain(emulator, "one")
    with connection:
        assert connection.execute(statement(name)).rowcount == 1
        assert operations(emulator) == {}
    assert operations(emulator) == {"CreateResource": 1}
    made = emulator.get(EVENT_STREAM, "one|new")
    assert made["Uri"] == VALUES["{{ Uri }}"]
    assert made.get("Tags") == tags


def test_update_by_column(connection: awsvtab.Connection, emulator: Emulator) -> None:
    put_domain(emulator, "one")
    put_stream(emulator, "one", "a")
    with connection:
        changed = connection.execute(
            """UPDATE aws.customerprofiles.event_streams SET tags = '[{"Key":"k","Value":"v"}]'
            WHERE data__Identifier = 'one|a' AND region = 'us-east-1';"""
        )
        assert changed.rowcount == 1
        assert operations(emulator) == {"GetResource": 1}
    assert operations(emulator) == {"UpdateResource": 1}
    assert emulator.get(EVENT_STREAM, "one|a")["Tags"] == [{"Key": "k", "Value": "v"}]


@pytest.mark.parametrize("column", ["data__PatchDocument", "PatchDocument"])
def test_update_by_patch_document(
    connection: awsvtab.Connection, emulator: Emulator, column: str
) -> None:
    put_domain(emulator, "one")
    put_stream(emulator, "one", "a", Tags=[{"Key": "old", "Value": "v"}])
    document = '[{"op":"replace","path":"/Tags/0/Value","value":"w"}]'
    with connection:
        connection.execute(
            f"""/*+ update */ UPDATE aws.customerprofiles.event_streams SET {column} = '{document}'
            WHERE data__Identifier = 'one|a' AND region = 'us-east-1';"""
        )
    assert operations(emulator) == {"GetResource": 1, "UpdateResource": 1}
    assert emulator.get(EVENT_STREAM, "one|a")["Tags"] == [{"Key": "old", "Value": "w"}]


def test_delete(connection: awsvtab.Connection, emulator: Emulator) -> None:
    put_domain(emulator, "one")
    put_stream(emulator, "one", "a")
    with connection:
        assert connection.execute(statement("delete")).rowcount == 1
        assert operations(emulator) == {"GetResource": 1}
    assert operations(emulator) == {"DeleteResource": 1}
    assert emulator.get(EVENT_STREAM, "one|a") is None


def test_select_star_gives_the_pages_fields_and_no_others(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    cursor = connection.execute("SELECT * FROM event_streams WHERE region = 'us-east-1'")
    assert [column[0] for column in cursor.description] == [*FIELDS[1:], "region"]
