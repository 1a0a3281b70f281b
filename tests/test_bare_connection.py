"""On an APSW connection of the user's own."""

from __future__ import annotations

from collections.abc import Iterator

import apsw
import boto3
import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import DOMAIN, EVENT_STREAM, operations, put_domain


@pytest.fixture
def bare(emulator: Emulator, session: boto3.Session) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    registration = awsvtab.register(
        connection,
        session=session,
        endpoint_url=emulator.endpoint_url,
        tables=["customerprofiles.event_streams"],
    )
    yield connection
    registration.close()
    connection.close()


@pytest.mark.parametrize("table", ["event_streams", "aws_customerprofiles_event_streams"])
def test_reads_cost_what_they_cost_through_the_driver(
    bare: apsw.Connection, estate: Emulator, table: str
) -> None:
    rows = bare.execute(f"SELECT domain_name FROM {table} WHERE region = 'us-east-1'").fetchall()
    assert len(rows) == 6
    assert operations(estate) == {"ListResources": 4}
    rows = bare.execute(f"SELECT uri FROM {table} WHERE data__Identifier = 'one|a'").fetchall()
    assert len(rows) == 1
    assert operations(estate) == {"GetResource": 1}
    assert bare.execute(f"SELECT count(*) FROM {table}").get == 6
    assert operations(estate) == {"ListResources": 4}


def test_a_join_by_identifier_reads_just_those(bare: apsw.Connection, estate: Emulator) -> None:
    bare.execute("CREATE TABLE mine (id TEXT, note TEXT)")
    bare.execute("INSERT INTO mine VALUES ('one|a', 'x'), ('two|a', 'y'), ('gone|a', 'z')")
    rows = bare.execute(
        "SELECT note, domain_name, uri FROM mine JOIN event_streams "
        "ON event_streams.data__Identifier = mine.id ORDER BY note"
    ).fetchall()
    assert [row[:2] for row in rows] == [("x", "one"), ("y", "two")]
    assert operations(estate) == {"GetResource": 3}


def test_a_join_by_domain_lists_just_those(bare: apsw.Connection, estate: Emulator) -> None:
    bare.execute("CREATE TABLE owners (domain TEXT PRIMARY KEY, team TEXT)")
    bare.execute("INSERT INTO owners VALUES ('one', 'red'), ('three', 'blue'), ('none', 'grey')")
    rows = bare.execute(
        "SELECT team, event_stream_name FROM owners LEFT JOIN event_streams "
        "ON domain_name = domain ORDER BY 1, 2"
    ).fetchall()
    assert rows == [
        ("blue", "a"),
        ("blue", "b"),
        ("blue", "c"),
        ("grey", None),
        ("red", "a"),
        ("red", "b"),
    ]
    assert operations(estate) == {"ListResources": 3}


def test_a_local_table_wins_over_a_short_name(bare: apsw.Connection, estate: Emulator) -> None:
    bare.execute("CREATE TABLE event_streams (x)")
    assert bare.execute("SELECT count(*) FROM event_streams").get == 0
    assert operations(estate) == {}


def test_writes_wait_for_commit(bare: apsw.Connection, emulator: Emulator) -> None:
    put_domain(emulator, "one")
    bare.execute("BEGIN")
    bare.execute(
        "INSERT INTO event_streams (domain_name, event_stream_name, uri, region) "
        "VALUES ('one', 'b', 'arn:aws:kinesis:x', 'us-east-1')"
    )
    assert operations(emulator) == {}
    bare.execute("COMMIT")
    assert emulator.get(EVENT_STREAM, "one|b") is not None


def test_errors_keep_their_class(bare: apsw.Connection, emulator: Emulator) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="has 1 of 2 parts"):
        bare.execute("SELECT * FROM event_streams WHERE Identifier = ?", ("x",)).fetchall()


def test_the_users_own_tracer_is_still_called(bare: apsw.Connection, estate: Emulator) -> None:
    seen: list[str] = []

    def tracer(cursor: apsw.Cursor, sql: str, bindings: object) -> bool:
        seen.append(sql)
        return True

    connection = apsw.Connection(":memory:")
    connection.exec_trace = tracer
    registration = awsvtab.register(
        connection, session=estate.session, endpoint_url=estate.endpoint_url
    )
    for _ in range(2):
        connection.execute("SELECT count(*) FROM aws_customerprofiles_domains").fetchall()
    assert len(seen) == 2
    registration.close()


def test_a_local_event_streams_joins_with_the_one_of_aws(estate: Emulator) -> None:
    connection = estate.connect()
    connection.execute("CREATE TABLE event_streams (domain_name TEXT, uri TEXT)")
    connection.execute("INSERT INTO event_streams VALUES ('one', 'mine')")
    rows = connection.execute(
        "SELECT event_streams.uri, aws.customerprofiles.event_streams.event_stream_name "
        "FROM event_streams JOIN aws.customerprofiles.event_streams "
        "ON event_streams.domain_name = aws.customerprofiles.event_streams.domain_name ORDER BY 2"
    ).fetchall()
    assert rows == [("mine", "a"), ("mine", "b")]
    connection.close()


def test_a_stored_view_works_on_any_connection_with_the_module(
    emulator: Emulator, session: boto3.Session, tmp_path: object
) -> None:
    put_domain(emulator, "one")
    path = f"{tmp_path}/inventory.db"
    connection = emulator.connect(path)
    connection.execute("CREATE VIEW domains AS SELECT * FROM aws.customerprofiles.domains")
    connection.close()
    bare = apsw.Connection(path)
    registration = awsvtab.register(bare, session=session, endpoint_url=emulator.endpoint_url)
    assert bare.execute("SELECT domain_name FROM domains").get == "one"
    registration.close()
    bare.close()


def test_pandas_reads_a_join(estate: Emulator) -> None:
    pandas = pytest.importorskip("pandas")
    connection = estate.connect(tables=["customerprofiles.event_streams"])
    connection.execute("CREATE TABLE owners (domain TEXT, team TEXT)")
    connection.execute("INSERT INTO owners VALUES ('one', 'red'), ('two', 'blue')")
    frame = pandas.read_sql(
        "SELECT team, event_stream_name AS stream FROM event_streams "
        "JOIN owners ON domain = domain_name WHERE region = ? ORDER BY 1, 2",
        connection,
        params=("us-east-1",),
    )
    assert frame.to_dict("list") == {
        "team": ["blue", "red", "red"],
        "stream": ["a", "a", "b"],
    }
    connection.close()


ADD = (
    "INSERT INTO aws_customerprofiles_domains (domain_name, default_expiration_days, region) "
    "VALUES (?, 1, 'us-east-1')"
)


def add_and_fail(connection: apsw.Connection) -> None:
    connection.execute(ADD, ("undone",))
    raise ZeroDivisionError


def test_a_with_block_is_plan_and_apply(bare: apsw.Connection, emulator: Emulator) -> None:
    with bare:
        bare.execute(ADD, ("outer",))
        with bare:
            bare.execute(ADD, ("inner",))
        with pytest.raises(ZeroDivisionError), bare:
            add_and_fail(bare)
        assert operations(emulator) == {}
    assert not bare.in_transaction
    assert operations(emulator) == {"CreateResource": 2}
    assert emulator.get(DOMAIN, "undone") is None


def test_a_with_block_that_raises_sends_nothing(bare: apsw.Connection, emulator: Emulator) -> None:
    with pytest.raises(ZeroDivisionError), bare:
        add_and_fail(bare)
    assert bare.execute("SELECT count(*) FROM aws_pending").get == 0
    assert operations(emulator) == {}


def test_a_with_block_tells_the_users_exec_trace(
    emulator: Emulator, session: boto3.Session
) -> None:
    connection = apsw.Connection(":memory:")
    told: list[str] = []

    def trace(_: object, sql: str, bindings: object) -> bool:
        told.append(sql)
        return True

    connection.exec_trace = trace
    registration = awsvtab.register(connection, session=session, endpoint_url=emulator.endpoint_url)
    with connection:
        connection.execute("SELECT count(*) FROM aws_customerprofiles_domains").fetchall()
        told.clear()
    assert len(told) == 1
    registration.close()
    connection.close()
