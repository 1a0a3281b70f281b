"""What a query reads, and which calls that costs."""

from __future__ import annotations

import json

import pytest

import awsvtab
from awsvtab.catalog import catalog
from awsvtab.emulator import Emulator
from awsvtab.options import Place
from awsvtab.resources import Resource
from conftest import DOMAIN, EVENT_STREAM, Connect, operations, put_domain, put_stream

ALL = [("one", "a"), ("one", "b"), ("two", "a"), ("three", "a"), ("three", "b"), ("three", "c")]


def names(rows: object) -> list[tuple[str, str]]:
    return sorted(tuple(row) for row in rows)  # type: ignore[union-attr, misc]


@pytest.mark.parametrize(
    "table",
    [
        "aws.customerprofiles.event_streams",
        "awscc.customerprofiles.event_streams",
        "customerprofiles.event_streams",
        "AWS.CustomerProfiles.Event_Streams",
        "aws_customerprofiles_event_streams",
        "event_streams",
    ],
)
def test_every_spelling_of_the_table_reads_the_same(
    connection: awsvtab.Connection, estate: Emulator, table: str
) -> None:
    rows = connection.execute(
        f"SELECT domain_name, event_stream_name FROM {table} WHERE region = 'us-east-1'"
    )
    assert names(rows) == sorted(ALL)


@pytest.mark.parametrize(
    ("where", "found", "calls"),
    [
        # the identifier
        ("region = 'us-east-1' AND data__Identifier = 'one|a'", [("one", "a")], (0, 1)),
        ("region = 'us-east-1' AND Identifier = 'one|a'", [("one", "a")], (0, 1)),
        ("data__Identifier = 'one|a'", [("one", "a")], (0, 1)),
        ("region = 'us-east-1' AND data__Identifier = 'one|zzz'", [], (0, 1)),
        (
            "region = 'us-east-1' AND data__Identifier IN ('one|a', 'two|a', 'one|a', 'no|no')",
            [("one", "a"), ("two", "a")],
            (0, 3),
        ),
        (
            "region = 'us-east-1' AND (data__Identifier = 'one|a' OR data__Identifier = 'two|a')",
            [("one", "a"), ("two", "a")],
            (0, 2),
        ),
        # its parts
        (
            "region = 'us-east-1' AND domain_name = 'one' AND event_stream_name = 'b'",
            [("one", "b")],
            (0, 1),
        ),
        (
            "region = 'us-east-1' AND DomainName = 'one' AND EventStreamName = 'b'",
            [("one", "b")],
            (0, 1),
        ),
        (
            "domain_name IN ('one', 'two') AND event_stream_name IN ('a', 'b')",
            [("one", "a"), ("one", "b"), ("two", "a")],
            (0, 4),
        ),
        # the parent
        ("region = 'us-east-1' AND domain_name = 'one'", [("one", "a"), ("one", "b")], (1, 0)),
        ("domain_name IN ('one', 'two')", [("one", "a"), ("one", "b"), ("two", "a")], (2, 0)),
        ("domain_name = 'nowhere'", [], (1, 0)),
        ("domain_name = 'such a name AWS does not take'", [], (1, 0)),
        # the region
        ("region = 'us-east-1'", ALL, (4, 0)),
        ("region IN ('us-east-1')", ALL, (4, 0)),
        # nothing
        ("1", ALL, (4, 0)),
        # a part alone: known from the listing, so nothing is read
        ("event_stream_name = 'a'", [("one", "a"), ("two", "a"), ("three", "a")], (4, 0)),
        ("event_stream_name > 'a'", [("one", "b"), ("three", "b"), ("three", "c")], (4, 0)),
        # no row can match: no call
        ("data__Identifier = NULL", [], (0, 0)),
        ("region = 'us-east-1' AND domain_name IN (NULL)", [], (0, 0)),
        ("data__Identifier = x'00'", [], (0, 0)),
        ("data__Identifier IN ()", [], (0, 0)),
        ("0", [], (0, 0)),
        # SQLite's other ways to compare are SQLite's to make
        ("domain_name = 'ONE' COLLATE NOCASE", [("one", "a"), ("one", "b")], (4, 0)),
        ("domain_name LIKE 'ONE'", [("one", "a"), ("one", "b")], (2, 0)),
        ("domain_name GLOB 'o*'", [("one", "a"), ("one", "b")], (2, 0)),
        ("+domain_name = 'two'", [("two", "a")], (4, 0)),
        ("domain_name = 1.5", [], (1, 0)),
        ("domain_name = 1", [], (1, 0)),
    ],
)
def test_calls_that_a_where_clause_costs(
    connection: awsvtab.Connection,
    estate: Emulator,
    where: str,
    found: list[tuple[str, str]],
    calls: tuple[int, int],
) -> None:
    rows = connection.execute(
        f"SELECT domain_name, event_stream_name FROM event_streams WHERE {where}"
    )
    assert names(rows) == sorted(found)
    made = operations(estate)
    assert (made.get("ListResources", 0), made.get("GetResource", 0)) == calls


@pytest.mark.parametrize(
    ("columns", "gets"),
    [
        ("count(*)", 0),
        ("region, domain_name, DomainName, data__Identifier", 0),
        ("uri", 6),
        ("state, tags, uri", 6),
        ("properties", 6),
    ],
)
def test_properties_are_read_only_when_a_column_needs_them(
    connection: awsvtab.Connection, estate: Emulator, columns: str, gets: int
) -> None:
    connection.execute(f"SELECT {columns} FROM event_streams WHERE region = 'us-east-1'").fetchall()
    assert operations(estate).get("GetResource", 0) == gets


def test_what_the_listing_carries_is_not_read_again(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    estate.listing.properties = "all"
    rows = connection.execute("SELECT uri, state FROM event_streams").fetchall()
    assert len(rows) == 6
    assert all(uri.startswith("arn:aws:kinesis") for uri, _ in rows)
    assert operations(estate) == {"ListResources": 4}


def test_a_property_that_a_listing_left_out_is_not_null(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    put_domain(emulator, "one")
    put_stream(emulator, "one", "a", Tags=[{"Key": "k", "Value": "v"}])
    put_stream(emulator, "one", "b")
    rows = connection.execute("SELECT tags FROM event_streams ORDER BY event_stream_name")
    assert rows.fetchall() == [('[{"Key":"k","Value":"v"}]',), (None,)]


@pytest.mark.parametrize(("limit", "most"), [(1, 2), (3, 6), (5, 6)])
def test_limit_stops_reading(
    connection: awsvtab.Connection, estate: Emulator, limit: int, most: int
) -> None:
    rows = connection.execute(f"SELECT uri FROM event_streams LIMIT {limit}").fetchall()
    assert len(rows) == limit
    assert limit <= operations(estate)["GetResource"] <= most


def test_pages_are_followed_to_the_end(connection: awsvtab.Connection, emulator: Emulator) -> None:
    put_domain(emulator, "one")
    for number in range(25):
        put_stream(emulator, "one", f"s{number:02}")
    emulator.listing.page_size = 10
    (count,) = connection.execute(
        "SELECT count(*) FROM event_streams WHERE domain_name = 'one'"
    ).fetchone()
    assert count == 25
    assert operations(emulator) == {"ListResources": 3}


def test_the_raw_properties_are_what_aws_returned(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    (text,) = connection.execute(
        "SELECT properties FROM event_streams WHERE data__Identifier = 'one|a'"
    ).fetchone()
    assert json.loads(text) == estate.get(EVENT_STREAM, "one|a")


def test_the_account_is_asked_for_only_when_used(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    rows = connection.execute("SELECT account_id FROM event_streams WHERE domain_name = 'one'")
    assert rows.fetchall() == [(estate.account,), (estate.account,)]
    assert operations(estate) == {"ListResources": 1}


def test_a_patch_document_reads_as_null(connection: awsvtab.Connection, estate: Emulator) -> None:
    row = connection.execute(
        "SELECT data__PatchDocument, PatchDocument FROM event_streams WHERE domain_name = 'two'"
    ).fetchone()
    assert row == (None, None)


def test_write_only_properties_are_null_and_cost_nothing(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    emulator.put("AWS::SecretsManager::Secret", {"Name": "s", "SecretString": "hunter2"})
    rows = connection.execute("SELECT secret_string, SecretString FROM aws.secretsmanager.secrets")
    assert rows.fetchall() == [(None, None)]
    assert operations(emulator) == {"ListResources": 1}


def test_regions_of_the_connection_are_all_read(connect: Connect, emulator: Emulator) -> None:
    for region in ("us-east-1", "eu-central-1"):
        put_domain(emulator, "d", region)
        put_stream(emulator, "d", "s", region)
    connection = connect(regions=["us-east-1", "eu-central-1"])
    rows = connection.execute(
        "SELECT region, domain_name FROM aws.customerprofiles.event_streams ORDER BY region"
    )
    assert rows.fetchall() == [("eu-central-1", "d"), ("us-east-1", "d")]
    assert operations(emulator) == {"ListResources": 4}
    rows = connection.execute(
        "SELECT region, uri FROM aws.customerprofiles.event_streams WHERE data__Identifier = 'd|s'"
    )
    assert len(rows.fetchall()) == 2
    assert operations(emulator) == {"GetResource": 2}


def test_a_scan_of_several_regions_leaves_out_those_without_the_type(
    connect: Connect, emulator: Emulator
) -> None:
    put_domain(emulator, "d")
    connection = connect(regions=["us-east-1", "eu-south-2"])
    rows = connection.execute("SELECT region FROM aws.customerprofiles.domains").fetchall()
    assert rows == [("us-east-1",)]
    assert [call.region for call in emulator.calls] == ["us-east-1"]


def test_sql_may_name_any_region_where_the_connection_has_no_list(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    put_domain(emulator, "d", "eu-west-2")
    rows = connection.execute(
        "SELECT region FROM aws.customerprofiles.domains WHERE region = 'eu-west-2'"
    )
    assert rows.fetchall() == [("eu-west-2",)]


def test_one_statement_fetches_nothing_twice(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    (count,) = connection.execute(
        """SELECT count(*) FROM event_streams a JOIN event_streams b
        ON a.event_stream_name = b.event_stream_name WHERE a.region = 'us-east-1'"""
    ).fetchone()
    assert count == 3 * 3 + 2 * 2 + 1
    assert operations(estate) == {"ListResources": 4}


def test_a_scalar_subquery_agrees_with_its_statement(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    rows = connection.execute(
        """SELECT data__Identifier, (SELECT max(uri) FROM event_streams y
        WHERE y.data__Identifier = x.data__Identifier) = uri FROM event_streams x"""
    )
    assert all(same for _, same in rows)
    assert operations(estate) == {"ListResources": 4, "GetResource": 6}


def test_a_listed_resource_that_is_gone_when_it_is_read_is_left_out(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    estate.faults.error("ResourceNotFoundException", "gone", operation="GetResource", times=1)
    rows = connection.execute("SELECT uri FROM event_streams WHERE domain_name = 'three'")
    assert len(rows.fetchall()) == 2


def test_a_number_or_a_boolean_keeps_its_type(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    emulator.put(DOMAIN, {"DomainName": "d", "DefaultExpirationDays": 30})
    emulator.put("AWS::SQS::Queue", {"QueueName": "q", "FifoQueue": False, "DelaySeconds": 5})
    days = connection.execute(
        "SELECT default_expiration_days, typeof(default_expiration_days) "
        "FROM aws.customerprofiles.domains WHERE default_expiration_days = 30"
    )
    assert days.fetchall() == [(30, "integer")]
    queue = connection.execute("SELECT fifo_queue, delay_seconds FROM aws.sqs.queues")
    assert queue.fetchall() == [(0, 5)]


def test_rows_that_can_all_not_be_read_are_an_error(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    estate.faults.error("ResourceNotFoundException", "gone", operation="GetResource")
    with pytest.raises(awsvtab.OperationalError, match=r"3 resources of .* none of them can be"):
        connection.execute("SELECT uri FROM event_streams WHERE domain_name = 'three'").fetchall()


def test_a_parent_that_is_gone_when_its_children_are_listed_has_none(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    estate.faults.error(
        "ResourceNotFoundException",
        "gone",
        operation="ListResources",
        type_name=EVENT_STREAM,
        nth=1,
    )
    (count,) = connection.execute("SELECT count(*) FROM event_streams").fetchone()
    assert 3 <= count <= 5


def test_a_page_that_fails_after_others_came_is_an_error(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    put_domain(emulator, "one")
    for number in range(6):
        put_stream(emulator, "one", f"s{number}")
    emulator.listing.page_size = 2
    emulator.faults.deny(operation="ListResources", type_name=EVENT_STREAM, nth=3)
    with pytest.raises(awsvtab.OperationalError, match="AccessDenied"):
        connection.execute("SELECT count(*) FROM event_streams").fetchall()


SCHEMA_VERSION = "AWS::Glue::SchemaVersion"


def test_an_object_that_a_listing_requires_is_a_key(emulator: Emulator, connect: Connect) -> None:
    schemas = [emulator.put("AWS::Glue::Schema", {"Name": name}) for name in "ab"]
    for arn in schemas:
        emulator.put(SCHEMA_VERSION, {"Schema": {"SchemaArn": arn, "RegistryName": "r"}})
    emulator.put(SCHEMA_VERSION, {"Schema": {"SchemaArn": schemas[0]}})
    cursor = connect().execute(
        "SELECT count(*) FROM aws.glue.schema_versions WHERE region = 'us-east-1' AND _schema = ?",
        [json.dumps({"SchemaArn": schemas[0]}, separators=(",", ":"))],
    )
    assert cursor.fetchall() == [(1,)]
    assert emulator.calls.count("ListResources") == 1


def test_what_is_no_object_lists_nothing(emulator: Emulator, connect: Connect) -> None:
    for text in ("[]", "no JSON"):
        cursor = connect().execute(
            "SELECT * FROM aws.lakeformation.tag_associations "
            "WHERE region = 'us-east-1' AND resource = ?",
            [text],
        )
        assert cursor.fetchall() == []
    assert len(emulator.calls) == 0


def test_a_part_of_an_object_that_a_row_was_listed_by_is_not_the_object(
    emulator: Emulator, connect: Connect
) -> None:
    arn = emulator.put("AWS::Glue::Schema", {"Name": "a"})
    whole = {"SchemaArn": arn, "RegistryName": "r"}
    emulator.put(SCHEMA_VERSION, {"Schema": whole})
    cursor = connect().execute(
        "SELECT _schema FROM aws.glue.schema_versions WHERE region = 'us-east-1'"
    )
    assert [json.loads(row[0]) for row in cursor] == [whole]


def test_a_listings_input_of_the_same_name_is_not_the_rows_own_property() -> None:
    """Rule groups are listed by an Arn, which is their workspace's."""
    groups = catalog().type("AWS::APS::RuleGroupsNamespace")
    place = Place("", "us-east-1")
    row = Resource(groups, place, "arn:own", "{}", whole=False, model={"Arn": "arn:workspace"})
    assert row.value("Arn") == "arn:own"


def test_a_failure_in_other_words_is_never_an_empty_listing(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    estate.faults.error(
        "InvalidRequestException",
        "The role x cannot be found",
        operation="ListResources",
        type_name=EVENT_STREAM,
    )
    with pytest.raises(awsvtab.DataError, match="The role x"):
        connection.execute("SELECT count(*) FROM event_streams").fetchall()


def test_a_property_that_the_identifier_holds_a_part_of_is_read_whole(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    lens = emulator.example("AWS::S3::StorageLens")
    identifier = emulator.put("AWS::S3::StorageLens", lens)
    sql = "SELECT storage_lens_configuration FROM aws.s3.storage_lens"
    (listed,) = connection.execute(sql).fetchall()
    (got,) = connection.execute(f"{sql} WHERE data__Identifier = ?", (identifier,)).fetchall()
    assert listed == got
    held = emulator.get("AWS::S3::StorageLens", identifier)
    assert json.loads(listed[0]) == held["StorageLensConfiguration"]


def test_text_is_read_as_people_write_it(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    put_domain(emulator, "one")
    put_stream(emulator, "one", "a", Tags=[{"Key": "farbe", "Value": "grün"}])
    rows = connection.execute("SELECT count(*) FROM event_streams WHERE tags LIKE '%grün%'")
    assert rows.fetchall() == [(1,)]


def test_a_limit_keeps_listings_and_look_ups_from_running_far_ahead(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    for number in range(20):
        put_domain(emulator, f"d{number:02}")
        put_stream(emulator, f"d{number:02}", "s")
    connection.execute("SELECT domain_name FROM event_streams LIMIT 1").fetchall()
    assert operations(emulator)["ListResources"] <= 3
    marks = ", ".join(f"'d{number:02}|s'" for number in range(20))
    sql = f"SELECT uri FROM event_streams WHERE data__Identifier IN ({marks}) LIMIT 1"
    connection.execute(sql).fetchall()
    assert operations(emulator)["GetResource"] <= 2


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT e.uri FROM event_streams e, mine, aws.customerprofiles.domains d "
        "WHERE e.domain_name = mine.domain AND d.domain_name = e.domain_name",
        "SELECT e.uri FROM mine, regions JOIN event_streams e "
        "ON e.region = regions.name AND e.domain_name = mine.domain",
    ],
)
def test_a_join_of_three_looks_up_what_the_local_rows_name(
    connection: awsvtab.Connection, estate: Emulator, sql: str
) -> None:
    connection.execute("CREATE TABLE mine (domain TEXT)")
    connection.execute("INSERT INTO mine VALUES ('one')")
    connection.execute("CREATE TABLE regions (name TEXT)")
    connection.execute("INSERT INTO regions VALUES ('us-east-1')")
    assert len(connection.execute(sql).fetchall()) == 2
    made = operations(estate)
    assert made["ListResources"] == 1
    assert made["GetResource"] <= 3


def test_parents_that_are_joined_with_their_children_are_listed_first(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    rows = connection.execute(
        "SELECT count(*) FROM aws.customerprofiles.domains d "
        "JOIN event_streams s USING (domain_name, region)"
    )
    assert rows.fetchall() == [(6,)]
    assert operations(estate) == {"ListResources": 4}


def test_parents_that_all_seem_to_be_gone_are_an_error(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    where = {"operation": "ListResources", "type_name": EVENT_STREAM}
    estate.faults.error("ResourceNotFoundException", "gone", **where)
    with pytest.raises(awsvtab.OperationalError, match="gone"):
        connection.execute("SELECT count(*) FROM event_streams").fetchall()
