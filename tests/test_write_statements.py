"""Statements that write, with the calls that they make and the documents that they send."""

from __future__ import annotations

import json
from typing import Any

import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import EVENT_STREAM, operations, put_domain, put_stream

CONNECTION = "AWS::Events::Connection"
HEALTH_CHECK = "AWS::Route53::HealthCheck"
STREAMS = "aws.customerprofiles.event_streams"
POLICY = "redrive_allow_policy"
TAG = {"Key": "k", "Value": "v"}


@pytest.fixture
def domain(emulator: Emulator) -> Emulator:
    """An emulator with one domain and three streams."""
    put_domain(emulator, "one")
    for name in "abc":
        put_stream(emulator, "one", name, Tags=[TAG])
    return emulator


@pytest.fixture
def auth(emulator: Emulator) -> str:
    """The name of a connection of EventBridge, which hides a password."""
    basic = {"Username": "me", "Password": "hunter2"}
    return emulator.put(
        CONNECTION,
        {
            "Name": "c",
            "AuthorizationType": "BASIC",
            "AuthParameters": {"BasicAuthParameters": basic},
        },
    )


def documents(connection: awsvtab.Connection) -> list[Any]:
    """The documents that wait for COMMIT."""
    return [change.document for change in connection._registration.changes.pending()]


def add_tag(where: str) -> str:
    return (
        f"UPDATE {STREAMS} SET tags = "
        f"""json_insert(tags, '$[#]', json('{{"Key":"a","Value":"b"}}')) WHERE {where}"""
    )


def test_a_tag_is_added_to_one_resource(connection: awsvtab.Connection, domain: Emulator) -> None:
    tags = [TAG, {"Key": "a", "Value": "b"}]
    with connection:
        assert connection.execute(add_tag("Identifier = 'one|a'")).rowcount == 1
        assert operations(domain) == {"GetResource": 1}
        assert documents(connection) == [[{"op": "replace", "path": "/Tags", "value": tags}]]
    assert operations(domain) == {"UpdateResource": 1}
    assert domain.get(EVENT_STREAM, "one|a")["Tags"] == tags


def test_a_tag_is_added_to_many(connection: awsvtab.Connection, domain: Emulator) -> None:
    with connection:
        assert connection.execute(add_tag("domain_name = 'one'")).rowcount == 3
        assert operations(domain) == {"ListResources": 1, "GetResource": 3}
    assert operations(domain) == {"UpdateResource": 3}
    assert {len(domain.get(EVENT_STREAM, f"one|{each}")["Tags"]) for each in "abc"} == {2}


def test_insert_from_a_local_table(connection: awsvtab.Connection, domain: Emulator) -> None:
    connection.execute("CREATE TABLE wanted (name, tags)")
    connection.executemany(
        "INSERT INTO wanted VALUES (?, ?)", [("d", json.dumps([TAG])), ("e", None)]
    )
    with connection:
        inserted = connection.execute(
            f"INSERT INTO {STREAMS} (domain_name, event_stream_name, uri, tags, region) "
            "SELECT 'one', name, 'arn:aws:kinesis:x', tags, 'us-east-1' FROM wanted"
        )
        assert inserted.rowcount == 2
    assert operations(domain) == {"CreateResource": 2}
    assert domain.get(EVENT_STREAM, "one|d")["Tags"] == [TAG]
    assert "Tags" not in domain.get(EVENT_STREAM, "one|e")


def test_a_copy_of_other_rows(connection: awsvtab.Connection, domain: Emulator) -> None:
    with connection:
        connection.execute(
            f"INSERT INTO {STREAMS} (domain_name, event_stream_name, uri, tags) "
            f"SELECT domain_name, event_stream_name || '2', uri, tags FROM {STREAMS} "
            "WHERE domain_name = 'one' AND event_stream_name = 'a'"
        )
        assert operations(domain) == {"GetResource": 1}
    assert operations(domain) == {"CreateResource": 1}


@pytest.mark.parametrize(
    ("condition", "read"),
    [
        ("domain_name IN (SELECT name FROM doomed)", {"ListResources": 1}),
        ("domain_name = 'one' AND event_stream_name <> 'a'", {"ListResources": 1}),
        ("Identifier IN (SELECT 'one|' || column1 FROM (VALUES ('b'), ('c')))", {"GetResource": 2}),
        ("Identifier = 'one|a'", {"GetResource": 1}),
        ("domain_name = 'one' AND event_stream_name = 'a'", {"GetResource": 1}),
        ("Identifier = 'one|z'", {"GetResource": 1}),
    ],
)
def test_delete_makes_no_call_but_to_find_the_rows(
    connection: awsvtab.Connection, domain: Emulator, condition: str, read: dict[str, int]
) -> None:
    connection.execute("CREATE TABLE doomed (name)")
    connection.execute("INSERT INTO doomed VALUES ('one')")
    with connection:
        count = connection.execute(f"DELETE FROM {STREAMS} WHERE {condition}").rowcount
        assert operations(domain) == read
    assert operations(domain) == ({"DeleteResource": count} if count else {})


def test_update_from_a_local_table(connection: awsvtab.Connection, domain: Emulator) -> None:
    connection.execute("CREATE TABLE wanted (id TEXT PRIMARY KEY, tags)")
    connection.executemany(
        "INSERT INTO wanted VALUES (?, ?)",
        [("one|a", '[{"Key":"x","Value":"y"}]'), ("one|b", json.dumps([TAG])), ("one|z", "[]")],
    )
    with connection:
        changed = connection.execute(
            f"UPDATE {STREAMS} SET tags = wanted.tags FROM wanted WHERE Identifier = wanted.id"
        )
        assert changed.rowcount == 2
        assert operations(domain) == {"GetResource": 3}
        assert documents(connection) == [
            [{"op": "replace", "path": "/Tags", "value": [{"Key": "x", "Value": "y"}]}]
        ]
    assert operations(domain) == {"UpdateResource": 1}


@pytest.mark.parametrize(
    ("assignment", "document"),
    [
        (f"{POLICY} = json_set({POLICY}, '$.n', 2)", [("replace", "/RedriveAllowPolicy/n", 2)]),
        (f"{POLICY} = json_remove({POLICY}, '$.n')", [("remove", "/RedriveAllowPolicy/n")]),
        (
            f"{POLICY} = json_set({POLICY}, '$.redrivePermission', 'denyAll')",
            [("add", "/RedriveAllowPolicy/redrivePermission", "denyAll")],
        ),
        (rf"""{POLICY} = '{{ "t" : "\u0061", "n":1.0 }}'""", None),
        ("delay_seconds = '5'", None),
        ("delay_seconds = 5.0, fifo_queue = NULL", None),
        ("tags = '[{\"Value\":\"2\",\"Key\":\"b\"},{\"Key\":\"a\",\"Value\":\"1\"}]'", None),
        ("tags = NULL, delay_seconds = 6", [("replace", "/DelaySeconds", 6), ("remove", "/Tags")]),
        ("region = 'us-east-1', data__Identifier = Identifier, queue_name = 'q'", None),
    ],
)  # fmt: skip
def test_an_update_sends_what_differs(
    connection: awsvtab.Connection, emulator: Emulator, assignment: str, document: list[Any] | None
) -> None:
    queue = {
        "QueueName": "q",
        "DelaySeconds": 5,
        "RedriveAllowPolicy": {"n": 1, "t": "a"},
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    }
    emulator.put("AWS::SQS::Queue", queue)
    with connection:
        connection.execute(f"UPDATE aws.sqs.queues SET {assignment}")
        names = ("op", "path", "value")
        expected = [dict(zip(names, each, strict=False)) for each in document or ()]
        found = [each for made in documents(connection) for each in made]
        assert sorted(found, key=str) == sorted(expected, key=str)
    assert operations(emulator).get("UpdateResource", 0) == (document is not None)


def test_a_second_update_starts_from_the_first(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    for value in ("[]", json.dumps([TAG]), json.dumps([TAG])):
        connection.execute(f"UPDATE {STREAMS} SET tags = ? WHERE Identifier = 'one|a'", (value,))
    assert documents(connection) == [
        [{"op": "replace", "path": "/Tags", "value": []}],
        [{"op": "replace", "path": "/Tags", "value": [TAG]}],
    ]
    connection.commit()
    assert domain.get(EVENT_STREAM, "one|a")["Tags"] == [TAG]


def test_what_stands_beside_a_secret_is_changed_without_it(
    connection: awsvtab.Connection, emulator: Emulator, auth: str
) -> None:
    with connection:
        connection.execute(
            "UPDATE aws.events.connections SET auth_parameters = "
            "json_set(auth_parameters, '$.BasicAuthParameters.Username', 'you')"
        )
        path = "/AuthParameters/BasicAuthParameters/Username"
        assert documents(connection) == [[{"op": "replace", "path": path, "value": "you"}]]
    held = emulator.get(CONNECTION, auth)["AuthParameters"]["BasicAuthParameters"]
    assert held == {"Username": "you", "Password": "hunter2"}


def test_a_nested_secret_is_added(
    connection: awsvtab.Connection, emulator: Emulator, auth: str
) -> None:
    with connection:
        connection.execute(
            "UPDATE aws.events.connections SET auth_parameters = "
            "json_set(auth_parameters, '$.BasicAuthParameters.Password', 'new')"
        )
        path = "/AuthParameters/BasicAuthParameters/Password"
        assert documents(connection) == [[{"op": "add", "path": path, "value": "new"}]]
    held = emulator.get(CONNECTION, auth)["AuthParameters"]["BasicAuthParameters"]
    assert held == {"Username": "me", "Password": "new"}


@pytest.mark.parametrize("document", [False, True], ids=["columns", "document"])
def test_a_nested_create_only_change_is_refused_by_its_name(
    connection: awsvtab.Connection, emulator: Emulator, document: bool
) -> None:
    config = {"Type": "TCP", "Port": 80, "IPAddress": "192.0.2.1", "RequestInterval": 30}
    identifier = emulator.put(HEALTH_CHECK, {"HealthCheckConfig": config})
    changed = json.dumps({**config, "RequestInterval": 10})
    sql = "UPDATE aws.route53.health_checks SET {} WHERE Identifier = ?"
    assignment = "health_check_config = ?"
    if document:
        assignment = "PatchDocument = json_array(json_object('op', 'replace', 'path', "
        assignment += "'/HealthCheckConfig', 'value', json(?)))"
    message = "HealthCheckConfig/RequestInterval of .* is create-only: DELETE"
    with pytest.raises(awsvtab.NotSupportedError, match=message):
        connection.execute(sql.format(assignment), (changed, identifier))
    changed = json.dumps({**config, "Port": 8080})
    with connection:
        connection.execute(sql.format(assignment), (changed, identifier))
    assert emulator.get(HEALTH_CHECK, identifier)["HealthCheckConfig"]["Port"] == 8080


def test_a_patch_document_is_sent_as_it_was_given(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    given = [
        {"op": "test", "path": "/Tags/0/Key", "value": "k"},
        {"op": "add", "path": "/Tags/-", "value": {"Key": "x", "Value": "y"}},
        {"op": "remove", "path": "/Tags/0"},
    ]
    with connection:
        connection.execute(
            f"UPDATE {STREAMS} SET data__PatchDocument = ? WHERE Identifier = 'one|a'",
            (json.dumps(given),),
        )
        (change,) = connection._registration.changes.pending()
        assert change.document == given
        assert change.properties is not None
        assert change.properties["Tags"] == [{"Key": "x", "Value": "y"}]
    assert operations(domain) == {"GetResource": 1, "UpdateResource": 1}


@pytest.mark.parametrize(
    ("assignment", "error", "message"),
    [
        ("""PatchDocument = '[{"op":"remove","path":"/Tags/7"}]'""", "DataError", "no such place"),
        ("""PatchDocument = '[{"op":"test","path":"/State","value":1}]'""", "DataError", "another"),
        ("PatchDocument = '[]', tags = '[]'", "ProgrammingError", "not both"),
        ("domain_name = 'x', DomainName = 'y'", "ProgrammingError", "same property"),
        ("state = 'STOPPED'", "ProgrammingError", "state of .* is read-only"),
        ("state = NULL", "ProgrammingError", "state of .* is read-only"),
        ("uri = 'arn:other'", "NotSupportedError", "uri of .* is create-only"),
        ("domain_name = 'two'", "NotSupportedError", "domain_name of .* is create-only"),
        ("region = 'us-west-2'", "ProgrammingError", "region of .* cannot be changed"),
        ("Identifier = 'one|x'", "ProgrammingError", "Identifier of .* cannot be changed"),
        ("properties = '{}'", "ProgrammingError", "properties of .* cannot be changed"),
        ("tags = '{}'", "DataError", "is no array"),
        ("tags = '[1'", "DataError", "is no array"),
        ("tags = x'00'", "DataError", "is no array"),
    ],
)
def test_an_update_that_cannot_be_is_refused_at_the_statement(
    connection: awsvtab.Connection, domain: Emulator, assignment: str, error: str, message: str
) -> None:
    with pytest.raises(getattr(awsvtab, error), match=message):
        connection.execute(f"UPDATE {STREAMS} SET {assignment} WHERE Identifier = 'one|a'")
    connection.commit()
    assert operations(domain) == {"GetResource": 1}


def test_a_write_only_value_cannot_be_removed(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    emulator.put("AWS::SecretsManager::Secret", {"Name": "s", "SecretString": "old"})
    with pytest.raises(awsvtab.NotSupportedError, match=r"secret_string of .* is write"):
        connection.execute("UPDATE aws.secretsmanager.secrets SET secret_string = NULL")


@pytest.mark.parametrize(
    ("columns", "values", "error", "message"),
    [
        ("queue_name, arn", "'q', 'arn'", "ProgrammingError", "arn of .* is read-only"),
        ("queue_name, Identifier", "'q', 'q'", "ProgrammingError", "give the properties"),
        ("queue_name, PatchDocument", "'q', '[]'", "ProgrammingError", "is for UPDATE"),
        ("queue_name, properties", "'q', '{}'", "ProgrammingError", "properties of .* read-only"),
        ("delay_seconds", "'five'", "DataError", "delay_seconds: 'five' is no integer"),
        ("delay_seconds", "1.5", "DataError", "no integer"),
        ("fifo_queue", "2", "DataError", "no boolean"),
        ("tags", "'[1'", "DataError", "Expecting"),
        ("queue_name", "x'00'", "DataError", "no string"),
        ("queue_name, tags", "'q', json_array(hex(zeroblob(140000)))", "DataError", "262,144"),
        ("queue_nome", "'q'", "OperationalError", "did you mean queue_name"),
    ],
)
def test_an_insert_that_cannot_be_is_refused_at_the_statement(
    connection: awsvtab.Connection,
    emulator: Emulator,
    columns: str,
    values: str,
    error: str,
    message: str,
) -> None:
    with pytest.raises(getattr(awsvtab, error), match=message):
        connection.execute(f"INSERT INTO aws.sqs.queues ({columns}) VALUES ({values})")
    connection.commit()
    assert operations(emulator) == {}


def test_what_the_schema_says_of_values_is_for_aws_to_check(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    sql = "INSERT INTO aws.sqs.queues (deduplication_scope, tags) VALUES ('new', '[{\"New\":1}]')"
    connection.execute(sql)
    with pytest.raises(awsvtab.ProgrammingError, match="Model validation failed"):
        connection.commit()
    assert operations(emulator) == {"CreateResource": 1}


def test_changes_know_how_a_reader_would_see_the_resource(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute(
        "INSERT INTO aws.secretsmanager.secrets (name, secret_string) VALUES ('s', 'hunter2')"
    )
    connection.execute(f"UPDATE {STREAMS} SET tags = NULL WHERE Identifier = 'one|a'")
    connection.execute(f"DELETE FROM {STREAMS} WHERE Identifier = 'one|b'")
    created, updated, deleted = connection._registration.changes.pending()
    assert (created.identifier, created.properties) == (None, {"Name": "s"})
    assert updated.properties == {
        name: value for name, value in domain.get(EVENT_STREAM, "one|a").items() if name != "Tags"
    }
    assert (deleted.identifier, deleted.properties) == ("one|b", None)


@pytest.fixture
def wanted(connection: awsvtab.Connection, domain: Emulator) -> awsvtab.Connection:
    """A connection with a table in which several rows fit each stream of a domain."""
    connection.execute("CREATE TABLE wanted (domain, tags)")
    tags = [json.dumps([{"Key": "k", "Value": value}]) for value in "xyv"]
    connection.executemany("INSERT INTO wanted VALUES ('one', ?)", [(tag,) for tag in tags])
    connection.commit()
    return connection


@pytest.mark.parametrize(
    ("where", "value"), [("1", "v"), ("wanted.rowid < 3", "y"), ("wanted.rowid < 2", "x")]
)
def test_of_several_rows_that_fit_the_last_counts(
    wanted: awsvtab.Connection, domain: Emulator, where: str, value: str
) -> None:
    """As in SQLite, and once; ``v`` is what the streams have already."""
    before = wanted.total_changes
    cursor = wanted.execute(
        f"UPDATE {STREAMS} SET tags = wanted.tags FROM wanted "
        f"WHERE domain_name = domain AND {where}"
    )
    assert (cursor.rowcount, wanted.total_changes - before) == (3, 3)
    assert len(documents(wanted)) == (0 if value == "v" else 3)
    wanted.commit()
    for name in "abc":
        stored = domain.get(EVENT_STREAM, f"one|{name}")
        assert stored is not None
        assert stored["Tags"] == [{"Key": "k", "Value": value}]


def test_several_rows_that_fit_are_one_patch_document(
    wanted: awsvtab.Connection, domain: Emulator
) -> None:
    wanted.execute(
        f"UPDATE {STREAMS} SET data__PatchDocument = "
        """json_array(json_object('op', 'add', 'path', '/Tags/-', 'value', new.tags -> '$[0]'))
        FROM (SELECT domain, json_set(tags, '$[0].Key', 'n') AS tags FROM wanted) AS new
        WHERE Identifier = 'one|a' AND domain_name = domain"""
    )
    tag = {"Key": "n", "Value": "v"}
    assert documents(wanted) == [[{"op": "add", "path": "/Tags/-", "value": tag}]]


def test_several_rows_that_fit_are_one_change_beside_what_came_before(
    wanted: awsvtab.Connection,
) -> None:
    update = f"UPDATE {STREAMS} SET tags = ? WHERE Identifier = 'one|a'"
    wanted.execute(update, ("[]",))
    wanted.execute("SAVEPOINT here")
    wanted.execute(
        f"UPDATE {STREAMS} SET tags = wanted.tags FROM wanted WHERE domain_name = domain"
    )
    query = "SELECT identifier FROM aws_pending ORDER BY 1"
    assert wanted.execute(query).fetchall() == [("one|a",)]
    wanted.execute("ROLLBACK TO here")
    assert documents(wanted) == [[{"op": "replace", "path": "/Tags", "value": []}]]
    wanted.execute(update, ("""[{"Key": "last", "Value": "1"}]""",))
    assert len(documents(wanted)) == 2


def test_a_trigger_may_update_a_resource_for_each_row(
    wanted: awsvtab.Connection, domain: Emulator
) -> None:
    wanted.execute("""
        CREATE TEMP TRIGGER counting AFTER DELETE ON wanted BEGIN
            UPDATE aws_customerprofiles_event_streams
            SET tags = json_insert(tags, '$[#]', json_object('Key', old.rowid, 'Value', 'x'))
            WHERE data__Identifier = 'one|a';
        END
    """)
    assert wanted.execute("DELETE FROM wanted").rowcount == 3
    (tags,) = wanted.execute(
        f"SELECT json_array_length(tags) FROM {STREAMS} WHERE Identifier = 'one|a'"
    ).fetchone()
    assert tags == 4


DOCUMENT = "AWS::SSM::Document"


@pytest.mark.parametrize("content", ['{"schemaVersion": "2.2"}', "[1]", {"schemaVersion": "2.2"}])
def test_what_a_column_reads_as_is_no_change_to_it(
    connection: awsvtab.Connection, emulator: Emulator, content: object
) -> None:
    """The property takes a document, and a text: one that is a document is still a text."""
    emulator.put(DOCUMENT, {"Name": "doc", "Content": content})
    connection.execute("UPDATE aws.ssm.documents SET content = content WHERE name = 'doc'")
    query = "SELECT content FROM aws.ssm.documents WHERE name = 'doc'"
    (text,) = connection.execute(query).fetchone()
    connection.execute("UPDATE aws.ssm.documents SET content = ? WHERE name = 'doc'", (text,))
    assert documents(connection) == []
    connection.execute(
        "UPDATE aws.ssm.documents SET content = json_object('a', 1) WHERE name = 'doc'"
    )
    assert len(documents(connection)) == 1
