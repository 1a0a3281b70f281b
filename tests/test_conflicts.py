"""INSERTs of what is there: OR IGNORE, clashes, and the clauses that AWS tables do not have."""

from __future__ import annotations

import apsw
import boto3
import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import EVENT_STREAM, Connect, operations, put_domain, put_stream

STREAMS = "aws_customerprofiles_event_streams"
COLUMNS = "(domain_name, event_stream_name, uri, region)"
KINESIS = "arn:aws:kinesis:us-east-1:123456789012:stream/s"


def insert(*names: str, clause: str = "") -> str:
    rows = ", ".join(f"('one', '{name}', '{KINESIS}', 'us-east-1')" for name in names)
    return f"INSERT {clause} INTO {STREAMS} {COLUMNS} VALUES {rows}"


@pytest.fixture
def domain(emulator: Emulator) -> Emulator:
    """An emulator with one domain and one stream."""
    put_domain(emulator, "one")
    put_stream(emulator, "one", "a", Tags=[{"Key": "k", "Value": "v"}])
    return emulator


def made(emulator: Emulator) -> str:
    """The names of the domain's event streams."""
    return "".join(n for n in "abcdef" if emulator.get(EVENT_STREAM, f"one|{n}") is not None)


def test_or_ignore_reads_each_key_and_leaves_out_what_is_there(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    cursor = connection.execute(insert("a", "b", "c", clause="OR IGNORE"))
    assert cursor.rowcount == 2
    assert connection.total_changes == 2
    assert operations(domain) == {"GetResource": 3}
    connection.commit()
    assert operations(domain) == {"CreateResource": 2}
    assert made(domain) == "abc"
    assert domain.get(EVENT_STREAM, "one|a")["Tags"] == [{"Key": "k", "Value": "v"}]


def test_or_ignore_asks_for_nothing_that_the_statement_has_listed(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    cursor = connection.execute(
        f"INSERT OR IGNORE INTO {STREAMS} {COLUMNS} SELECT domain_name, n.value, ?, region "
        f"FROM {STREAMS}, json_each('[\"a\", \"b\"]') AS n WHERE domain_name = 'one'",
        (KINESIS,),
    )
    assert cursor.rowcount == 1
    assert operations(domain) == {"ListResources": 1, "GetResource": 1}


def test_or_ignore_knows_what_is_pending_without_asking(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute(insert("b"))
    connection.execute(f"DELETE FROM {STREAMS} WHERE Identifier = 'one|a'")
    operations(domain)
    assert connection.execute(insert("b", clause="OR IGNORE")).rowcount == 0
    assert operations(domain) == {}
    assert connection.execute(insert("a", clause="OR IGNORE")).rowcount == 1
    assert operations(domain) == {}
    connection.commit()
    assert operations(domain) == {"CreateResource": 2, "DeleteResource": 1}


def test_or_ignore_asks_for_the_same_key_once_in_a_statement(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    assert connection.execute(insert("a", "a", "b", "b", clause="OR IGNORE")).rowcount == 1
    assert operations(domain) == {"GetResource": 2}


def test_or_ignore_counts_the_rows_of_executemany(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    sql = f"INSERT OR IGNORE INTO {STREAMS} {COLUMNS} VALUES ('one', ?, ?, 'us-east-1')"
    cursor = connection.executemany(sql, [(name, KINESIS) for name in "abca"])
    assert cursor.rowcount == 2
    connection.execute("CREATE TABLE local (x)")
    assert connection.execute("INSERT INTO local VALUES (1)").rowcount == 1
    assert connection.total_changes == 3


def test_or_ignore_of_what_aws_names_asks_nothing(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    sql = "INSERT OR IGNORE INTO aws.ec2.vpcs (cidr_block, region) VALUES (?, 'us-east-1')"
    connection.execute(sql, ("10.0.0.0/16",))
    connection.execute(sql, ("10.0.0.0/16",))
    connection.commit()
    assert operations(emulator) == {"CreateResource": 2}


def test_or_ignore_leaves_out_nothing_that_is_wrong(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="lacks Uri"):
        connection.execute(
            f"INSERT OR IGNORE INTO {STREAMS} (domain_name, event_stream_name) VALUES ('one', 'b')"
        )


def test_a_key_that_cannot_be_read_is_an_error_and_no_insert(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    domain.faults.error("AccessDeniedException", "no", operation="GetResource")
    with pytest.raises(awsvtab.OperationalError, match="AccessDenied"):
        connection.execute(insert("b", clause="OR IGNORE"))
    connection.commit()
    assert made(domain) == "a"


def test_or_ignore_in_a_trigger_of_a_local_table(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute("CREATE TABLE wish (name)")
    connection.execute(
        f"CREATE TEMP TRIGGER t AFTER INSERT ON wish BEGIN INSERT OR IGNORE INTO {STREAMS} "
        f"{COLUMNS} VALUES ('one', new.name, '{KINESIS}', 'us-east-1'); END"
    )
    assert connection.execute("INSERT INTO wish VALUES ('a'), ('b')").rowcount == 2
    connection.commit()
    assert made(domain) == "ab"


def test_on_a_bare_connection_sqlite_counts_what_was_left_out(
    domain: Emulator, session: boto3.Session
) -> None:
    connection = apsw.Connection(":memory:")
    registration = awsvtab.register(connection, session=session, endpoint_url=domain.endpoint_url)
    connection.execute(insert("a", "b", clause="OR IGNORE"))
    assert connection.changes() == 2
    assert registration.ignored == 1
    connection.execute("SELECT 1").fetchall()
    assert (registration.ignored, registration.all_ignored) == (0, 1)
    assert made(domain) == "ab"
    registration.close()
    connection.close()


def test_a_second_insert_of_a_key_in_a_transaction_is_refused_at_once(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute(insert("b"))
    with pytest.raises(awsvtab.IntegrityError, match=r"CREATE .* 'one\|b' .* there already") as e:
        connection.execute(insert("c", "b"))
    assert e.value.sqlite_errorname == "SQLITE_CONSTRAINT"
    with pytest.raises(awsvtab.IntegrityError):
        connection.execute(insert("d", "d"))
    assert operations(domain) == {}
    connection.commit()
    assert made(domain) == "ab"


def test_an_insert_of_what_an_update_found_is_refused_at_once(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute(f"UPDATE {STREAMS} SET tags = '[]' WHERE Identifier = 'one|a'")
    with pytest.raises(awsvtab.IntegrityError, match="there already"):
        connection.execute(insert("a"))


def test_what_was_deleted_or_rolled_back_may_be_inserted(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute(f"DELETE FROM {STREAMS} WHERE Identifier = 'one|a'")
    connection.execute(insert("a"))
    connection.execute("SAVEPOINT s")
    connection.execute(insert("b"))
    connection.execute("ROLLBACK TO s")
    connection.execute(insert("b"))
    connection.commit()
    assert made(domain) == "ab"
    assert "Tags" not in domain.get(EVENT_STREAM, "one|a")


def test_a_clash_with_aws_is_found_at_commit(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    connection.execute(insert("a"))
    with pytest.raises(awsvtab.IntegrityError, match="AlreadyExists"):
        connection.commit()


@pytest.mark.parametrize(
    ("clause", "kept", "in_transaction"),
    [
        ("", "ab", True),
        ("OR ABORT", "ab", True),
        ("OR FAIL", "abc", True),
        ("OR ROLLBACK", "a", False),
    ],
)
def test_a_clash_does_what_the_conflict_clause_says(
    connection: awsvtab.Connection, domain: Emulator, clause: str, kept: str, in_transaction: bool
) -> None:
    connection.execute(insert("b"))
    with pytest.raises(awsvtab.IntegrityError):
        connection.execute(insert("c", "b", "d", clause=clause))
    assert connection.in_transaction is in_transaction
    connection.commit()
    assert made(domain) == kept


def test_on_a_bare_connection_a_clash_is_an_integrity_error_too(
    domain: Emulator, session: boto3.Session
) -> None:
    connection = apsw.Connection(":memory:")
    registration = awsvtab.register(connection, session=session, endpoint_url=domain.endpoint_url)
    with pytest.raises(awsvtab.IntegrityError, match="there already"):
        connection.execute(insert("b", "b"))
    registration.close()
    connection.close()


@pytest.mark.parametrize(
    ("sql", "instead"),
    [
        (insert("a", clause="OR REPLACE"), "UPDATE what is there, or INSERT OR IGNORE"),
        (insert("a").replace("INSERT", "REPLACE"), "UPDATE what is there, or INSERT OR IGNORE"),
        (insert("a") + " ON CONFLICT DO NOTHING", "INSERT OR IGNORE what is not"),
        (
            insert("a") + " ON CONFLICT (data__key) DO UPDATE SET tags = '[]'",
            "UPDATE what is there, and INSERT OR IGNORE",
        ),
        (f"UPDATE {STREAMS} SET tags = '[]' RETURNING uri", "SELECT the rows in the same"),
        (f"DELETE FROM {STREAMS} RETURNING uri", "SELECT the rows before the DELETE"),
    ],
)
def test_what_aws_tables_cannot_do_says_what_to_write_instead(
    connection: awsvtab.Connection, domain: Emulator, sql: str, instead: str
) -> None:
    with pytest.raises(awsvtab.NotSupportedError, match=instead):
        connection.execute(sql)
    connection.commit()
    assert operations(domain) == {}


@pytest.mark.parametrize("clause", ["IGNORE", "REPLACE"])
def test_an_update_clashes_with_nothing(
    connection: awsvtab.Connection, domain: Emulator, clause: str
) -> None:
    with connection:
        connection.execute(f"UPDATE OR {clause} {STREAMS} SET tags = '[]'")
    assert domain.get(EVENT_STREAM, "one|a")["Tags"] == []


def test_virtual_tables_of_others_keep_sqlites_errors(connection: awsvtab.Connection) -> None:
    connection.execute("CREATE VIRTUAL TABLE notes USING fts5(text)")
    with pytest.raises(awsvtab.OperationalError, match=r'virtual table "notes"$'):
        connection.execute("INSERT INTO notes VALUES ('x') ON CONFLICT DO NOTHING")


def test_insert_returning_gives_what_was_supplied(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    cursor = connection.execute(
        insert("b", "c") + " RETURNING event_stream_name, Uri, state, event_stream_arn, region"
    )
    assert cursor.fetchall() == [
        ("b", KINESIS, None, None, "us-east-1"),
        ("c", KINESIS, None, None, "us-east-1"),
    ]
    assert cursor.rowcount == 2
    connection.commit()
    assert operations(domain) == {"CreateResource": 2}


def test_or_ignore_does_not_return_what_it_may_leave_out(
    connection: awsvtab.Connection, domain: Emulator
) -> None:
    ignoring = insert("a", "b", clause="OR IGNORE")
    with pytest.raises(awsvtab.NotSupportedError, match="RETURNING would also give"):
        connection.execute(f"{ignoring} RETURNING event_stream_name").fetchall()
    connection.execute(f"{ignoring} -- not RETURNING")
    connection.commit()
    assert made(domain) == "ab"


def test_or_ignore_needs_a_read_handler(connect: Connect, emulator: Emulator) -> None:
    connection = connect()
    (table, column) = connection.execute(
        "SELECT t.table_name, c.column_name FROM aws_resource_types t JOIN aws_columns c "
        "USING (type_name) WHERE t.can_create AND NOT t.can_read LIMIT 1"
    ).fetchone()
    with pytest.raises(awsvtab.NotSupportedError, match="cannot read"):
        connection.execute(f"INSERT OR IGNORE INTO {table} ({column}) VALUES ('x')")
