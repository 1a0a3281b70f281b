"""Writes wait for COMMIT, and then reach AWS as said."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

import awsvtab
from awsvtab import errors
from awsvtab.catalog import catalog
from awsvtab.emulator import Emulator
from awsvtab.patch import diff
from clock import FakeClock
from conftest import DOMAIN, EVENT_STREAM, Connect, operations, put_domain, put_stream

INSERT = (
    "INSERT INTO event_streams (domain_name, event_stream_name, uri, region) "
    "VALUES (?, ?, 'arn:aws:kinesis:us-east-1:123456789012:stream/s', 'us-east-1')"
)


def identifiers(emulator: Emulator) -> set[str]:
    """The event streams of domain ``one`` that the emulator holds."""
    candidates = (f"one|{name}" for name in ("a", "b", "c", "d", "e"))
    return {each for each in candidates if emulator.get(EVENT_STREAM, each) is not None}


@pytest.fixture
def domain(emulator: Emulator) -> Emulator:
    """An emulator with one domain and one stream."""
    put_domain(emulator, "one")
    put_stream(emulator, "one", "a", Tags=[{"Key": "k", "Value": "v"}])
    return emulator


def test_nothing_is_sent_before_commit(connection: awsvtab.Connection, domain: Emulator) -> None:
    connection.execute(INSERT, ("one", "b"))
    connection.execute("DELETE FROM event_streams WHERE data__Identifier = 'one|a'")
    assert operations(domain) == {"GetResource": 1}
    connection.commit()
    assert operations(domain) == {"CreateResource": 1, "DeleteResource": 1}
    assert identifiers(domain) == {"one|b"}


def test_rollback_sends_nothing(connection: awsvtab.Connection, domain: Emulator) -> None:
    connection.execute(INSERT, ("one", "b"))
    connection.rollback()
    connection.commit()
    assert operations(domain) == {}
    assert identifiers(domain) == {"one|a"}


def test_a_block_that_raises_sends_nothing(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    def fail_within_a_block() -> None:
        with connection:
            connection.execute(INSERT, ("one", "b"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_within_a_block()
    assert operations(domain) == {}


def test_rollback_to_a_savepoint_drops_what_came_after(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute(INSERT, ("one", "b"))
    connection.execute("SAVEPOINT here")
    connection.execute(INSERT, ("one", "c"))
    connection.execute("ROLLBACK TO here")
    connection.execute(INSERT, ("one", "d"))
    connection.commit()
    assert identifiers(domain) == {"one|a", "one|b", "one|d"}


def test_autocommit_applies_each_statement(connect: Connect, domain: Emulator) -> None:
    connection = connect(isolation_level=None, tables=["customerprofiles.event_streams"])
    connection.execute(INSERT, ("one", "b"))
    assert operations(domain) == {"CreateResource": 1}
    connection.execute("DELETE FROM event_streams WHERE data__Identifier = 'one|b'")
    assert operations(domain) == {"GetResource": 1, "DeleteResource": 1}


def test_a_statement_that_fails_half_way_queues_nothing(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute(INSERT, ("one", "b"))
    with pytest.raises(awsvtab.ProgrammingError):
        connection.execute(
            "INSERT INTO event_streams (domain_name, event_stream_name, uri, region) VALUES "
            "('one', 'c', 'arn', 'us-east-1'), ('one', NULL, 'arn', 'us-east-1')"
        )
    connection.commit()
    assert operations(domain) == {"CreateResource": 1}
    assert identifiers(domain) == {"one|a", "one|b"}


def test_insert_from_a_local_table(connection: awsvtab.Connection, domain: Emulator) -> None:
    connection.execute("CREATE TABLE wanted (name TEXT)")
    connection.execute("INSERT INTO wanted VALUES ('b'), ('c'), ('d')")
    with connection:
        inserted = connection.execute(
            "INSERT INTO event_streams (domain_name, event_stream_name, uri, region) "
            "SELECT 'one', name, 'arn:aws:kinesis:' || name, 'us-east-1' FROM wanted"
        )
        assert inserted.rowcount == 3
    assert operations(domain) == {"CreateResource": 3}
    assert identifiers(domain) == {"one|a", "one|b", "one|c", "one|d"}


def test_values_take_the_type_of_their_property(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    with connection:
        connection.execute(
            "INSERT INTO aws.sqs.queues (queue_name, delay_seconds, fifo_queue, tags, region) "
            """VALUES ('q.fifo', '5', 'true', '[{"Key":"k","Value":"v"}]', 'us-east-1')"""
        )
    (url,) = connection.execute("SELECT data__Identifier FROM aws.sqs.queues").fetchone()
    made = emulator.get("AWS::SQS::Queue", url)
    assert (made["DelaySeconds"], made["FifoQueue"]) == (5, True)
    assert made["Tags"] == [{"Key": "k", "Value": "v"}]


def test_the_region_may_be_left_out_where_there_is_only_one(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    with connection:
        connection.execute(
            "INSERT INTO aws.customerprofiles.domains (domain_name, default_expiration_days) "
            "VALUES ('one', 30)"
        )
    assert emulator.get(DOMAIN, "one") is not None


@pytest.mark.parametrize(
    ("assignment", "document"),
    [
        ("tags = '[]'", [{"op": "replace", "path": "/Tags", "value": []}]),
        ("tags = NULL", [{"op": "remove", "path": "/Tags"}]),
        ("Tags = '[]', uri = uri", [{"op": "replace", "path": "/Tags", "value": []}]),
        ("""tags = '[ {"Key":"k", "Value":"v"} ]'""", None),
        ("tags = tags", None),
        ("uri = uri", None),
        ("domain_name = 'one'", None),
        (
            """data__PatchDocument = '[{"op":"add","path":"/Tags/-",
            "value":{"Key":"x","Value":"y"}}]'""",
            [{"op": "add", "path": "/Tags/-", "value": {"Key": "x", "Value": "y"}}],
        ),
    ],
)
def test_update_sends_the_smallest_patch_document(
    connection: awsvtab.Connection, domain: Emulator, assignment: str, document: object
) -> None:
    with connection:
        changed = connection.execute(
            f"UPDATE event_streams SET {assignment} WHERE data__Identifier = 'one|a'"
        )
        assert changed.rowcount == 1
        assert operations(domain) == {"GetResource": 1}
        pending = connection._registration.changes.pending()
        assert [change.document for change in pending] == ([] if document is None else [document])
    assert operations(domain) == ({} if document is None else {"UpdateResource": 1})


def test_a_write_only_property_is_added(connection: awsvtab.Connection, emulator: Emulator) -> None:
    arn = emulator.put("AWS::SecretsManager::Secret", {"Name": "s", "SecretString": "old"})
    with connection:
        connection.execute(
            "UPDATE aws.secretsmanager.secrets SET secret_string = 'new' WHERE Identifier = ?",
            (arn,),
        )
    assert emulator.get("AWS::SecretsManager::Secret", arn)["SecretString"] == "new"


def test_update_by_listing_changes_every_row(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    put_stream(domain, "one", "b")
    with connection:
        changed = connection.execute(
            """UPDATE event_streams SET tags = '[{"Key":"all","Value":"yes"}]'
            WHERE domain_name = 'one'"""
        )
        assert changed.rowcount == 2
    for name in ("one|a", "one|b"):
        assert domain.get(EVENT_STREAM, name)["Tags"] == [{"Key": "all", "Value": "yes"}]


def test_delete_of_what_is_not_there_deletes_nothing(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    with connection:
        deleted = connection.execute("DELETE FROM event_streams WHERE data__Identifier = 'one|z'")
        assert deleted.rowcount == 0
    assert operations(domain) == {"GetResource": 1}


def test_a_change_is_waited_for(connect: Connect, domain: Emulator) -> None:
    domain.changes.polls = 2
    connection = connect(tables=["customerprofiles.event_streams"], clock=FakeClock())
    with connection:
        connection.execute(INSERT, ("one", "b"))
    assert operations(domain) == {"CreateResource": 1, "GetResourceRequestStatus": 2}


def test_an_existing_resource_is_an_integrity_error(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute(INSERT, ("one", "a"))
    with pytest.raises(errors.AlreadyExists) as caught:
        connection.commit()
    assert isinstance(caught.value, awsvtab.IntegrityError)
    assert caught.value.identifier == "one|a"
    assert caught.value.request_token
    assert not connection.in_transaction


def test_a_failed_change_stops_the_rest_and_says_what_was_done(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    for name in ("b", "a", "c"):
        connection.execute(INSERT, ("one", name))
    connection.execute("CREATE TABLE local (x)")
    with pytest.raises(errors.AlreadyExists) as caught:
        connection.commit()
    message = str(caught.value)
    assert "1 of 3 changes applied, 1 failed" in message
    assert "applied: CREATE AWS::CustomerProfiles::EventStream 'one|b' in us-east-1" in message
    assert "not sent: CREATE AWS::CustomerProfiles::EventStream 'one|c'" in message
    assert identifiers(domain) == {"one|a", "one|b"}
    assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
    connection.commit()
    assert identifiers(domain) == {"one|a", "one|b"}


def test_a_delete_that_finds_nothing_is_done(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute("DELETE FROM event_streams WHERE data__Identifier = 'one|a'")
    domain.faults.fail_change("NotFound", "it is gone", operation="DeleteResource")
    connection.commit()
    assert operations(domain)["DeleteResource"] == 1


def test_local_rows_and_aws_changes_are_committed_together(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute("CREATE TABLE log (what TEXT)")
    connection.execute("INSERT INTO log VALUES ('before')")
    connection.commit()
    connection.execute("INSERT INTO log VALUES ('with')")
    connection.execute(INSERT, ("one", "a"))
    with pytest.raises(awsvtab.IntegrityError):
        connection.commit()
    assert connection.execute("SELECT what FROM log").fetchall() == [("before",)]


@pytest.mark.parametrize("drop", ["drop", "lose_answer", "truncate"])
def test_a_lost_answer_makes_no_second_resource(
    connect: Connect, domain: Emulator, drop: str
) -> None:
    connection = connect(tables=["customerprofiles.event_streams"], clock=FakeClock())
    getattr(domain.faults, drop)(operation="CreateResource", times=1)
    with connection:
        connection.execute(INSERT, ("one", "b"))
    assert identifiers(domain) == {"one|a", "one|b"}
    assert operations(domain)["CreateResource"] == 2


def test_a_trigger_that_fails_half_way_queues_nothing(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute("CREATE TABLE wish (name)")
    connection.execute(
        """CREATE TEMP TRIGGER t AFTER INSERT ON wish BEGIN
        INSERT INTO aws_customerprofiles_event_streams (domain_name, event_stream_name, uri, region)
        VALUES ('one', new.name, 'arn', 'us-east-1'); END"""
    )
    with pytest.raises(awsvtab.ProgrammingError, match="lacks EventStreamName"):
        connection.execute("INSERT INTO wish VALUES ('x'), (NULL)")
    connection.commit()
    assert operations(domain) == {}


def test_a_second_update_starts_from_the_first(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    for days in (7, 30):
        connection.execute(
            "UPDATE aws.customerprofiles.domains SET default_expiration_days = ?", (days,)
        )
    connection.commit()
    assert domain.get(DOMAIN, "one")["DefaultExpirationDays"] == 30
    assert operations(domain)["UpdateResource"] == 1


def test_changes_of_one_resource_in_one_statement_keep_their_order(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute("CREATE TABLE wish (x)")
    connection.execute(
        """CREATE TEMP TRIGGER t AFTER INSERT ON wish BEGIN
        UPDATE aws_customerprofiles_domains SET default_expiration_days = 9;
        UPDATE aws_customerprofiles_domains SET default_expiration_days = 11; END"""
    )
    connection.execute("INSERT INTO wish VALUES (1)")
    domain.faults.delay(0.2, operation="UpdateResource", nth=1)
    connection.commit()
    assert domain.get(DOMAIN, "one")["DefaultExpirationDays"] == 11


def test_true_is_not_one() -> None:
    queue = catalog().type("AWS::SQS::Queue")
    document = diff(queue, {"RedrivePolicy": {"a": True}}, {"RedrivePolicy": {"a": 1}})
    assert document == [{"op": "replace", "path": "/RedrivePolicy/a", "value": 1}]


def test_a_number_that_is_too_large_is_refused_at_the_statement(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    with pytest.raises(awsvtab.DataError, match="1e999 is too large"):
        connection.execute("INSERT INTO aws.sqs.queues (queue_name, tags) VALUES ('q', '[1e999]')")


def test_a_file_that_is_busy_keeps_everything_from_being_sent(
    connect: Connect, domain: Emulator, tmp_path: Path
) -> None:
    path = str(tmp_path / "busy.db")
    connection = connect(path, timeout=0, tables=["customerprofiles.event_streams"])
    connection.execute("CREATE TABLE log (what)")
    connection.execute("INSERT INTO log VALUES ('x')")
    connection.execute(INSERT, ("one", "b"))
    reader = apsw.Connection(path)
    reader.execute("BEGIN; SELECT * FROM sqlite_schema").fetchall()
    with pytest.raises(awsvtab.OperationalError, match="locked"):
        connection.commit()
    assert operations(domain) == {}
    reader.close()
    connection.commit()
    assert operations(domain) == {"CreateResource": 1}


def test_a_delete_that_aws_refuses_as_gone_is_done(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute("DELETE FROM event_streams WHERE data__Identifier = 'one|a'")
    domain.faults.error("ResourceNotFoundException", "gone", operation="DeleteResource")
    connection.commit()
    assert operations(domain)["DeleteResource"] == 1


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ('[{"op":"remove","path":"/State"}]', "read-only"),
        ('[{"op":"replace","path":"/Uri","value":"x"}]', "create-only"),
        ('[{"op":"add","path":"/Tags"}]', "list of operations"),
        ('[{"op":"move","path":"/Tags"}]', "list of operations"),
    ],
)
def test_a_patch_document_that_aws_would_refuse_is_refused_at_once(
    connection: awsvtab.Connection, domain: Emulator, document: str, message: str
) -> None:
    with pytest.raises(awsvtab.Error, match=message):
        connection.execute(
            "UPDATE event_streams SET PatchDocument = ? WHERE Identifier = 'one|a'", (document,)
        )
    connection.commit()
    assert operations(domain) == {"GetResource": 1}
