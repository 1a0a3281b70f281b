"""read_only, max_changes, and triggers that write AWS tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import boto3
import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import EVENT_STREAM, Connect, operations, put_domain, put_stream

INSERT = (
    "INSERT INTO aws_customerprofiles_event_streams (domain_name, event_stream_name, uri, region) "
    "VALUES ('one', {}, 'arn:aws:kinesis:us-east-1:123456789012:stream/s', 'us-east-1')"
)


@pytest.fixture
def domain(emulator: Emulator) -> Emulator:
    """An emulator with one domain and one stream."""
    put_domain(emulator, "one")
    put_stream(emulator, "one", "a")
    return emulator


def made(emulator: Emulator) -> str:
    """The names of the domain's event streams."""
    return "".join(n for n in "abcdef" if emulator.get(EVENT_STREAM, f"one|{n}") is not None)


# read_only


@pytest.mark.parametrize(
    "sql",
    [
        INSERT.format("'b'"),
        "UPDATE aws_customerprofiles_event_streams SET tags = '[]' WHERE Identifier = 'one|a'",
        "DELETE FROM aws_customerprofiles_event_streams",
        "DELETE FROM aws_customerprofiles_event_streams WHERE false",
        "INSERT INTO log VALUES ('by a trigger')",
    ],
)
def test_a_read_only_connection_refuses_every_write_and_asks_aws_nothing(
    connect: Connect, domain: Emulator, sql: str
) -> None:
    connection = connect(read_only=True, trusted_schema=True)
    connection.execute("CREATE TABLE log (what)")
    connection.execute(
        "CREATE TRIGGER t AFTER INSERT ON log BEGIN "
        "DELETE FROM aws_customerprofiles_event_streams; END"
    )
    with pytest.raises(awsvtab.OperationalError, match=r"attempt to write .* read_only=True"):
        connection.execute(sql)
    connection.execute("DELETE FROM log")
    connection.commit()
    assert operations(domain) == {}
    assert connection.execute("SELECT count(*) FROM log").fetchone() == (0,)


def test_a_read_only_connection_reads_and_writes_local_tables(
    connect: Connect, domain: Emulator
) -> None:
    connection = connect(read_only=True)
    connection.execute("CREATE TABLE copy AS SELECT * FROM aws.customerprofiles.event_streams")
    connection.commit()
    assert connection.execute("SELECT event_stream_name FROM copy").fetchall() == [("a",)]


# max_changes


def test_the_statement_with_one_change_too_many_is_undone(
    connect: Connect, domain: Emulator
) -> None:
    connection = connect(max_changes=3)
    connection.execute(INSERT.format("'b'"))
    names = "(SELECT 'one', column1, 'arn:aws:kinesis:x', 'us-east-1' FROM (VALUES {}))"
    many = (
        "INSERT INTO aws_customerprofiles_event_streams "
        "(domain_name, event_stream_name, uri, region) SELECT * FROM "
    )
    with pytest.raises(awsvtab.OperationalError, match="more than max_changes=3 changes"):
        connection.execute(many + names.format("('c'), ('d'), ('e')"))
    connection.execute(many + names.format("('e'), ('f')"))
    connection.commit()
    assert made(domain) == "abef"
    assert operations(domain) == {"CreateResource": 3}
    with pytest.raises(awsvtab.OperationalError, match="max_changes"):
        connection.execute("DELETE FROM aws.customerprofiles.event_streams")
    assert connection.in_transaction
    connection.commit()
    assert made(domain) == "abef"


def test_changes_that_are_rolled_back_do_not_count(connect: Connect, domain: Emulator) -> None:
    connection = connect(max_changes=1)
    connection.execute("SAVEPOINT s")
    connection.execute(INSERT.format("'b'"))
    connection.execute("ROLLBACK TO s")
    connection.execute(INSERT.format("'c'"))
    connection.commit()
    assert made(domain) == "ac"


def test_in_autocommit_each_statement_is_a_transaction(connect: Connect, domain: Emulator) -> None:
    connection = connect(max_changes=1, isolation_level=None)
    connection.execute(INSERT.format("'b'"))
    connection.execute(INSERT.format("'c'"))
    with pytest.raises(awsvtab.OperationalError, match="max_changes"):
        connection.execute("DELETE FROM aws.customerprofiles.event_streams")
    assert made(domain) == "abc"


@pytest.mark.parametrize("most", [-1, 1.5, "1", True])
def test_max_changes_is_a_number(connect: Connect, most: Any) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="max_changes"):
        connect(max_changes=most)


def test_max_changes_may_be_none_at_all(connect: Connect, domain: Emulator) -> None:
    connection = connect(max_changes=0)
    with pytest.raises(awsvtab.OperationalError, match="max_changes=0"):
        connection.execute(INSERT.format("'b'"))


# Triggers

# How a database file may write to AWS: what it defines, the statement that sets it off, and the
# trigger that does it.
STORED = {
    "after": (
        f"CREATE TRIGGER culprit AFTER INSERT ON wish BEGIN {INSERT.format('new.name')}; END",
        "INSERT INTO wish VALUES ('b')",
    ),
    "before": (
        f"CREATE TRIGGER culprit BEFORE INSERT ON wish BEGIN {INSERT.format('new.name')}; END",
        "INSERT INTO wish VALUES ('b')",
    ),
    "instead": (
        "CREATE VIEW wishes AS SELECT name FROM wish; CREATE TRIGGER culprit "
        f"INSTEAD OF INSERT ON wishes BEGIN {INSERT.format('new.name')}; END",
        "INSERT INTO wishes VALUES ('b')",
    ),
    "update": (
        "INSERT INTO wish VALUES ('x'); CREATE TRIGGER culprit AFTER UPDATE OF name ON wish BEGIN "
        "UPDATE aws_customerprofiles_event_streams SET tags = '[]' WHERE Identifier = 'one|a'; END",
        "UPDATE wish SET name = 'b'",
    ),
    "delete": (
        "INSERT INTO wish VALUES ('x'); CREATE TRIGGER culprit AFTER DELETE ON wish BEGIN "
        "DELETE FROM aws_customerprofiles_event_streams WHERE Identifier = 'one|a'; END",
        "DELETE FROM wish",
    ),
    "nested": (
        "CREATE TRIGGER first AFTER INSERT ON wish BEGIN INSERT INTO log VALUES (new.name); END;"
        f"CREATE TRIGGER culprit AFTER INSERT ON log BEGIN {INSERT.format('new.what')}; END",
        "INSERT INTO wish VALUES ('b')",
    ),
    "after a nested one": (
        "CREATE TRIGGER culprit AFTER INSERT ON wish BEGIN INSERT INTO log VALUES (new.name);\n"
        f"\t{INSERT.format('new.name')}; END;"
        "CREATE TRIGGER last AFTER INSERT ON log BEGIN DELETE FROM log; END",
        "INSERT INTO wish VALUES ('b')",
    ),
    "foreign key": (
        "CREATE TABLE parent (id INTEGER PRIMARY KEY); INSERT INTO parent VALUES (1);"
        "CREATE TABLE child (id REFERENCES parent ON DELETE CASCADE);"
        "INSERT INTO child VALUES (1); PRAGMA foreign_keys = ON;"
        "CREATE TRIGGER culprit AFTER DELETE ON child BEGIN " + INSERT.format("'b'") + "; END",
        "DELETE FROM parent",
    ),
    "with a comment before the statement": (
        f"CREATE TRIGGER culprit AFTER INSERT ON wish BEGIN {INSERT.format('new.name')}; END",
        "-- TRIGGER harmless\nINSERT INTO wish VALUES ('b')",
    ),
    "a strange name": (
        'CREATE TRIGGER "the ""odd"" one" AFTER INSERT ON wish '
        f"BEGIN {INSERT.format('new.name')}; END",
        "INSERT INTO wish VALUES ('b')",
    ),
}


@pytest.fixture
def file(tmp_path: Path, emulator: Emulator, session: boto3.Session) -> Path:
    """A database file that somebody else made, with tables to hang triggers on."""
    path = tmp_path / "theirs.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE wish (name); CREATE TABLE log (what)")
    connection.close()
    return path


def define(path: Path, emulator: Emulator, sql: str) -> None:
    """Runs statements on the file elsewhere, where the AWS tables are known."""
    connection = emulator.connect(str(path))
    connection.executescript(sql)
    connection.close()


@pytest.mark.parametrize("way", STORED)
@pytest.mark.parametrize("isolation_level", ["", None])
def test_a_stored_trigger_does_not_write_to_aws(
    connect: Connect, domain: Emulator, file: Path, way: str, isolation_level: str | None
) -> None:
    definition, statement = STORED[way]
    define(file, domain, definition)
    operations(domain)
    connection = connect(str(file), isolation_level=isolation_level)
    connection.execute("PRAGMA foreign_keys = ON")
    before = connection.total_changes
    name = 'the "odd" one' if "odd" in definition else "culprit"
    with pytest.raises(awsvtab.NotSupportedError, match=f"trigger {name} writes aws"):
        connection.execute(statement)
    connection.commit()
    assert made(domain) == "a"
    assert operations(domain).keys() <= {"GetResource"}
    assert connection.execute("SELECT count(*) FROM log").fetchone() == (0,)
    assert connection.total_changes >= before


@pytest.mark.parametrize("way", STORED)
def test_a_stored_trigger_writes_to_aws_if_the_schema_is_trusted(
    connect: Connect, domain: Emulator, file: Path, way: str
) -> None:
    definition, statement = STORED[way]
    define(file, domain, definition)
    operations(domain)
    connection = connect(str(file), trusted_schema=True)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(statement)
    connection.commit()
    writes = {"update": "UpdateResource", "delete": "DeleteResource"}
    expected = {writes.get(way, "CreateResource"): 1}
    if way in writes:
        expected["GetResource"] = 1
    assert operations(domain) == expected


def test_a_trigger_of_an_attached_file_does_not_write_to_aws(
    connect: Connect, domain: Emulator, file: Path
) -> None:
    define(file, domain, STORED["after"][0])
    connection = connect()
    connection.execute("ATTACH ? AS theirs", (str(file),))
    with pytest.raises(awsvtab.NotSupportedError, match="trigger culprit"):
        connection.execute("INSERT INTO theirs.wish VALUES ('b')")


def test_a_trigger_that_does_not_write_to_aws_is_left_alone(
    connect: Connect, domain: Emulator, file: Path
) -> None:
    define(
        file,
        domain,
        "CREATE TRIGGER harmless AFTER INSERT ON wish BEGIN INSERT INTO log VALUES (new.name); END;"
        f"CREATE TRIGGER idle AFTER INSERT ON wish WHEN false BEGIN {INSERT.format('1')}; END",
    )
    connection = connect(str(file))
    connection.execute("INSERT INTO wish VALUES ('b')")
    connection.execute(INSERT.format("'c'"))
    connection.commit()
    assert made(domain) == "ac"
    assert connection.execute("SELECT what FROM log").fetchall() == [("b",)]


TEMPORARY = f"CREATE TEMP TRIGGER mine AFTER INSERT ON wish BEGIN {INSERT.format('new.name')}; END"


def test_a_temporary_trigger_is_the_users_own(
    connect: Connect, domain: Emulator, file: Path
) -> None:
    define(
        file,
        domain,
        "CREATE TRIGGER harmless AFTER INSERT ON wish BEGIN INSERT INTO log VALUES (new.name); END",
    )
    connection = connect(str(file))
    connection.execute(TEMPORARY)
    connection.execute("INSERT INTO wish VALUES ('b'), ('c')")
    connection.commit()
    assert made(domain) == "abc"


@pytest.mark.parametrize("name", ["culprit", "mine", "MINE"])
def test_a_stored_trigger_does_not_pass_for_a_temporary_one(
    connect: Connect, domain: Emulator, file: Path, name: str
) -> None:
    define(
        file,
        domain,
        f"CREATE TRIGGER {name} AFTER INSERT ON wish BEGIN {INSERT.format('new.name')}; END",
    )
    connection = connect(str(file))
    connection.execute(TEMPORARY)
    with pytest.raises(awsvtab.NotSupportedError, match=f"trigger {name} writes"):
        connection.execute("INSERT INTO wish VALUES ('b')")
    connection.commit()
    assert made(domain) == "a"


def test_a_statement_run_by_a_function_is_not_the_one_that_calls_it(
    connect: Connect, domain: Emulator, file: Path
) -> None:
    define(file, domain, STORED["after"][0])
    connection = connect(str(file))
    connection.execute("CREATE TEMP TABLE own (name)")
    write = INSERT.format("run(new.name)")
    connection.execute(f"CREATE TEMP TRIGGER mine AFTER INSERT ON own BEGIN {write}; END")
    statements: list[str] = []
    connection.create_function("run", 1, lambda name: _run(connection, statements, name))

    statements.append("INSERT INTO wish VALUES ('d')")  # its trigger is the file's
    with pytest.raises(awsvtab.Error):
        connection.execute("INSERT INTO own VALUES ('b')")
    connection.commit()
    assert made(domain) == "a"

    statements[:] = [INSERT.format("'d'")]  # the program's own, though a trigger called for it
    connection.execute("INSERT INTO own VALUES ('b')")
    connection.execute("SELECT run('c')").fetchall()
    connection.commit()
    assert made(domain) == "abd"


def _run(connection: awsvtab.Connection, statements: list[str], name: str) -> str:
    while statements:
        connection.execute(statements.pop())
    return name


def test_on_a_bare_connection_triggers_are_told_apart_too(
    domain: Emulator, session: boto3.Session, file: Path
) -> None:
    define(file, domain, STORED["nested"][0])
    connection = apsw.Connection(str(file))
    seen: list[str] = []
    connection.exec_trace = lambda cursor, sql, bindings: seen.append(sql) or True  # type: ignore[func-returns-value]
    registration = awsvtab.register(connection, session=session, endpoint_url=domain.endpoint_url)
    with pytest.raises(awsvtab.NotSupportedError, match="trigger culprit"):
        connection.execute("INSERT INTO wish VALUES ('b')")
    assert seen == ["INSERT INTO wish VALUES ('b')"]
    registration.close()
    connection.close()
