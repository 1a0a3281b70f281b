"""Bad input: one PEP 249 exception that names the thing and what to write; nothing is sent."""

from __future__ import annotations

import apsw
import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import Connect, operations, put_domain, put_stream

TABLE = "aws.customerprofiles.event_streams"
INSERT = f"INSERT INTO {TABLE} (DomainName, EventStreamName, Uri, region) VALUES "


@pytest.fixture
def stream(emulator: Emulator) -> Emulator:
    put_domain(emulator, "one")
    put_stream(emulator, "one", "a")
    return emulator


@pytest.mark.parametrize(
    ("sql", "kind", "message"),
    [
        (
            "SELECT * FROM aws.customerprofiles.event_stream",
            awsvtab.ProgrammingError,
            "no such table: aws.customerprofiles.event_stream; "
            "did you mean aws.customerprofiles.event_streams",
        ),
        (
            "SELECT * FROM event_streams",
            awsvtab.OperationalError,
            "no such table: event_streams; did you mean aws.customerprofiles.event_streams",
        ),
        (
            f"SELECT domain FROM {TABLE}",
            awsvtab.OperationalError,
            "no such column: domain",
        ),
        (
            f"SELECT * FROM {TABLE} WHERE region = 'us-esat-1'",
            awsvtab.ProgrammingError,
            "unknown region 'us-esat-1'; did you mean 'us-west-1' or 'us-east-1'?",
        ),
        (
            f"SELECT * FROM {TABLE} WHERE region IN ('us-east-1', 'mars-1')",
            awsvtab.ProgrammingError,
            "unknown region 'mars-1'",
        ),
        (
            f"SELECT * FROM {TABLE} WHERE region = ''",
            awsvtab.ProgrammingError,
            "unknown region ''",
        ),
        (
            f"SELECT * FROM {TABLE} WHERE data__Identifier = 'one'",
            awsvtab.ProgrammingError,
            "has 1 of 2 parts: write data__Identifier = '<DomainName>|<EventStreamName>'",
        ),
        (
            f"DELETE FROM {TABLE} WHERE data__Identifier IN ('one')",
            awsvtab.ProgrammingError,
            "has 1 of 2 parts",
        ),
        (
            INSERT.replace("Uri, ", "") + "('one', 'b', 'us-east-1')",
            awsvtab.ProgrammingError,
            "lacks Uri: write INSERT INTO aws.customerprofiles.event_streams "
            "(DomainName, EventStreamName, Uri, region)",
        ),
        (
            INSERT.replace("Uri", "Uri, State") + "('one', 'b', 'u', 'RUNNING', 'us-east-1')",
            awsvtab.ProgrammingError,
            "column state of aws.customerprofiles.event_streams is read-only",
        ),
        (
            INSERT.replace("Uri", "Uri, Tags") + "('one', 'b', 'u', '[{', 'us-east-1')",
            awsvtab.DataError,
            "column tags: '[{' is no array (",
        ),
        (
            INSERT.replace("Uri", "Uri, Tags") + "('one', 'b', 'u', '{}', 'us-east-1')",
            awsvtab.DataError,
            """write for example '["a", "b"]'""",
        ),
        (
            INSERT.replace("Uri", "Uri, domain_name") + "('one', 'b', 'u', 'two', 'us-east-1')",
            awsvtab.ProgrammingError,
            "columns domain_name and DomainName are the same property",
        ),
        (
            INSERT.replace("Uri", "Uri, data__Identifier")
            + "('one', 'b', 'u', 'one|b', 'us-east-1')",
            awsvtab.ProgrammingError,
            "data__Identifier of aws.customerprofiles.event_streams is made of "
            "<DomainName>|<EventStreamName>",
        ),
        (
            INSERT.replace("Uri", "Uri, data__PatchDocument") + "('one', 'b', 'u', '[]', 'eu')",
            awsvtab.ProgrammingError,
            "is for UPDATE",
        ),
        (
            INSERT.replace("INSERT", "REPLACE") + "('one', 'b', 'u', 'us-east-1')",
            awsvtab.NotSupportedError,
            "INSERT OR REPLACE INTO aws.customerprofiles.event_streams",
        ),
        (INSERT + "('one', 'b', 'u', 'mars-1')", awsvtab.ProgrammingError, "region 'mars-1'"),
        (
            f"UPDATE {TABLE} SET uri = 'x' WHERE data__Identifier = 'one|a'",
            awsvtab.NotSupportedError,
            "column uri of aws.customerprofiles.event_streams is create-only",
        ),
        (
            f"UPDATE {TABLE} SET state = 'STOPPED' WHERE data__Identifier = 'one|a'",
            awsvtab.ProgrammingError,
            "column state of aws.customerprofiles.event_streams is read-only",
        ),
        (
            f"UPDATE {TABLE} SET region = 'eu-west-1' WHERE data__Identifier = 'one|a'",
            awsvtab.ProgrammingError,
            "column region of aws.customerprofiles.event_streams cannot be changed",
        ),
        (
            f"UPDATE {TABLE} SET data__PatchDocument = '[{{' WHERE data__Identifier = 'one|a'",
            awsvtab.DataError,
            "the patch document is not JSON",
        ),
        (
            f"UPDATE {TABLE} SET data__PatchDocument = '{{}}' WHERE data__Identifier = 'one|a'",
            awsvtab.DataError,
            "a patch document is a list of operations",
        ),
        (
            f"""UPDATE {TABLE} SET data__PatchDocument = '[{{"op":"remove","path":"/Nope"}}]'
            WHERE data__Identifier = 'one|a'""",
            awsvtab.DataError,
            "has no property 'Nope'",
        ),
        (
            f"""UPDATE {TABLE} SET tags = '[]',
            data__PatchDocument = '[{{"op":"remove","path":"/Tags"}}]'
            WHERE data__Identifier = 'one|a'""",
            awsvtab.ProgrammingError,
            "not both",
        ),
        (
            "SELECT * FROM aws.qldb.streams",
            awsvtab.ProgrammingError,
            "can only be listed by what holds its resources: write "
            "WHERE region = 'us-east-1' AND ledger_name = '…'",
        ),
    ],
)
def test_a_wrong_statement_says_what_to_write(
    connect: Connect, stream: Emulator, sql: str, kind: type[Exception], message: str
) -> None:
    connection = connect()
    with pytest.raises(kind) as caught:
        connection.execute(sql).fetchall()
    assert isinstance(caught.value, awsvtab.Error)
    assert message in str(caught.value)
    connection.commit()
    made = operations(stream)
    assert not {"CreateResource", "UpdateResource", "DeleteResource"} & made.keys()
    if not sql.startswith("UPDATE"):
        assert made == {}
    assert connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone() == (1,)


def test_an_identifier_with_too_few_parts_is_refused_as_a_parameter_too(
    connect: Connect, stream: Emulator
) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="has 1 of 2 parts"):
        connect().execute(f"SELECT * FROM {TABLE} WHERE data__Identifier = ?", ("one",)).fetchall()


def test_an_identifier_with_too_few_parts_joins_nothing(connect: Connect, stream: Emulator) -> None:
    connection = connect()
    connection.execute("CREATE TABLE mine (id TEXT)")
    connection.execute("INSERT INTO mine VALUES ('one'), ('one|a'), (''), ('|'), (NULL)")
    rows = connection.execute(
        f"SELECT mine.id, uri IS NOT NULL FROM mine LEFT JOIN {TABLE} e "
        "ON e.data__Identifier = mine.id ORDER BY mine.id"
    )
    assert rows.fetchall() == [(None, 0), ("", 0), ("one", 0), ("one|a", 1), ("|", 0)]
    assert operations(stream) == {"GetResource": 1}


def test_a_region_that_the_connection_does_not_have_says_how_to_add_it(
    connect: Connect, stream: Emulator
) -> None:
    connection = connect(regions=["us-east-1"])
    with pytest.raises(awsvtab.ProgrammingError) as caught:
        connection.execute(f"SELECT * FROM {TABLE} WHERE region = 'eu-west-1'").fetchall()
    assert "regions=['us-east-1', 'eu-west-1']" in str(caught.value)
    assert operations(stream) == {}


@pytest.mark.parametrize("sql", [f"SELECT * FROM {TABLE}", INSERT + "('one', 'b', 'u', NULL)"])
def test_a_missing_region_says_how_to_give_one(
    connect: Connect, stream: Emulator, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    import boto3

    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    connection = connect(session=boto3.Session("x", "x"))
    with pytest.raises(awsvtab.ProgrammingError, match="'us-east-1'"):
        connection.execute(sql).fetchall()
    assert operations(stream) == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"regoins": []}, "unknown option 'regoins'"),
        ({"regions": "us-east-1"}, r"write a list of names, as \['us-east-1'\]"),
        ({"regions": []}, "write a list of names"),
        ({"tables": "sqs.queues"}, r"write a list of names, as \['sqs.queues'\]"),
        ({"tables": ["sqs.queue"]}, "did you mean aws.sqs.queues"),
        ({"tables": ["sns.topic_policies", "sqs.queues", "batch.jobs"]}, "no such table"),
        ({"tables": ["customerprofiles.domains", "opensearchservice.domains"]}, "would both"),
        ({"tables": [5]}, "write a list of names"),
        ({"regions": [5]}, "write a list of names"),
        ({"concurrency": 0}, "write 1 or more"),
        ({"concurrency": "x"}, "write 1 or more"),
        ({"read_timeout": -1}, "write seconds, for example read_timeout=60"),
        ({"write_timeout": "x"}, "write seconds, for example write_timeout=60"),
        ({"profile": "x"}, "session and profile"),
    ],
)
def test_a_wrong_option_says_what_to_write(
    connect: Connect, options: dict[str, object], message: str
) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match=message):
        connect(**options)


@pytest.mark.parametrize(
    ("options", "sql", "message"),
    [
        ({"regions": ["us-esat-1"]}, f"SELECT * FROM {TABLE}", "unknown region 'us-esat-1'"),
        ({"endpoint_url": "nonsense"}, f"SELECT * FROM {TABLE}", "nonsense"),
    ],
)
def test_an_option_that_proves_wrong_later_is_named(
    connect: Connect, stream: Emulator, options: dict[str, object], sql: str, message: str
) -> None:
    connection = connect(**options)
    with pytest.raises(awsvtab.ProgrammingError, match=message):
        connection.execute(sql).fetchall()
    assert operations(stream) == {}


def test_a_computed_region_that_is_none_has_no_rows(connect: Connect, stream: Emulator) -> None:
    connection = connect()
    connection.execute("CREATE TABLE mine (region TEXT)")
    connection.execute("INSERT INTO mine VALUES ('us-esat-1'), ('us-east-1'), (1.5), ('x')")
    rows = connection.execute(
        f"SELECT e.region FROM mine CROSS JOIN {TABLE} e ON e.region = mine.region"
    )
    assert rows.fetchall() == [("us-east-1",)]


def test_a_value_from_a_row_is_no_mistake_of_the_users(connect: Connect, stream: Emulator) -> None:
    connection = connect()
    connection.execute("CREATE TABLE mine (id TEXT, domain TEXT)")
    connection.execute("INSERT INTO mine VALUES ('one', 'one'), ('one|a', 'one')")
    rows = connection.execute(
        f"SELECT mine.id, e.uri IS NOT NULL FROM mine LEFT JOIN {TABLE} e "
        "ON e.data__Identifier = mine.id WHERE mine.domain = 'one' ORDER BY 1"
    )
    assert rows.fetchall() == [("one", 0), ("one|a", 1)]


@pytest.mark.parametrize("name", ["a|b", "", "x" * 3000, "x\ny"])
def test_a_name_that_no_resource_can_have_joins_nothing(
    connect: Connect, stream: Emulator, name: str
) -> None:
    connection = connect()
    for where in (
        "domain_name = 'one' AND event_stream_name = ?",
        "data__Identifier = 'one|' || ?",
    ):
        rows = connection.execute(f"SELECT * FROM {TABLE} WHERE {where}", (name,)).fetchall()
        assert rows == []
    assert operations(stream) == {}


def test_after_closing_a_registration_its_tables_say_so(stream: Emulator) -> None:
    connection = apsw.Connection(":memory:")
    registration = awsvtab.register(
        connection, session=stream.session, endpoint_url=stream.endpoint_url
    )
    registration.close()
    with pytest.raises(awsvtab.ProgrammingError, match="was closed"):
        connection.execute("SELECT * FROM aws_customerprofiles_domains").fetchall()
