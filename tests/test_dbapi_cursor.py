"""Cursors: what is known of a result, when it is closed, and who keeps what alive."""

from __future__ import annotations

import gc
import sqlite3
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import awsvtab


@pytest.fixture
def local() -> Iterator[awsvtab.Connection]:
    """A connection with one local table of three rows; nothing in it is AWS's."""
    connection = awsvtab.connect(":memory:")
    connection.executescript(
        """
        CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR(20), size REAL, raw BLOB, day DATE);
        INSERT INTO item (name) VALUES ('a'), ('b'), ('c');
        """
    )
    yield connection
    connection.close()


def names(cursor: awsvtab.Cursor) -> list[str]:
    return [column[0] for column in cursor.description or ()]


def test_description_is_there_without_rows(local: awsvtab.Connection) -> None:
    assert names(local.execute("SELECT id, name FROM item WHERE id > 99")) == ["id", "name"]


def test_description_stays_when_all_rows_are_read(local: awsvtab.Connection) -> None:
    cursor = local.execute("SELECT id, name FROM item")
    cursor.fetchall()
    assert names(cursor) == ["id", "name"]


def test_description_ends_with_the_next_statement(local: awsvtab.Connection) -> None:
    cursor = local.execute("SELECT 1")
    assert cursor.execute("DELETE FROM item").description is None


def test_description_has_the_kind_of_each_declared_type(local: awsvtab.Connection) -> None:
    cursor = local.execute("SELECT name, size, raw, day, id + 1 FROM item")
    kinds = [column[1] for column in cursor.description or ()]
    assert kinds == [awsvtab.STRING, awsvtab.NUMBER, awsvtab.BINARY, awsvtab.DATETIME, None]


@pytest.mark.parametrize("condition", ["1", "0"], ids=["rows", "no rows"])
def test_description_knows_a_column_added_here(local: awsvtab.Connection, condition: str) -> None:
    query = f"SELECT * FROM item WHERE {condition}"
    local.execute(query)
    local.execute("ALTER TABLE item ADD COLUMN added")
    assert names(local.execute(query))[-1] == "added"


def test_description_knows_a_column_added_by_another_connection(tmp_path: Path) -> None:
    ours, other = awsvtab.connect(tmp_path / "a.db"), sqlite3.connect(tmp_path / "a.db")
    ours.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
    ours.execute("SELECT * FROM t").fetchall()
    other.execute("ALTER TABLE t ADD COLUMN y")
    cursor = ours.execute("SELECT * FROM t")
    assert (names(cursor), cursor.fetchall()) == (["x", "y"], [(1, None)])
    ours.close()
    other.close()


def test_rolling_back_a_change_of_columns_is_noticed(local: awsvtab.Connection) -> None:
    local.execute("BEGIN")
    local.execute("ALTER TABLE item ADD COLUMN added")
    local.execute("SELECT * FROM item WHERE 0")
    local.rollback()
    assert names(local.execute("SELECT * FROM item WHERE 0"))[-1] == "day"


def test_unread_returning_rows_do_not_block_commit(local: awsvtab.Connection) -> None:
    cursor = local.execute("INSERT INTO item (name) VALUES ('d'), ('e') RETURNING id")
    local.commit()
    assert (cursor.rowcount, cursor.fetchall()) == (2, [(4,), (5,)])


def test_executemany_counts_rows_of_returning_and_drops_them(local: awsvtab.Connection) -> None:
    cursor = local.cursor()
    cursor.executemany("INSERT INTO item (name) VALUES (?) RETURNING id", [("d",), ("e",)])
    assert (cursor.rowcount, cursor.fetchall()) == (2, [])


def test_executemany_of_nothing_does_nothing(local: awsvtab.Connection) -> None:
    local.commit()
    assert local.executemany("INSERT INTO item (name) VALUES (?)", []).rowcount == 0
    assert not local.in_transaction


@pytest.mark.parametrize("change", ["INSERT INTO item (name)", "REPLACE INTO item (name)"])
def test_with_clause_before_a_write_opens_a_transaction(
    local: awsvtab.Connection, change: str
) -> None:
    cursor = local.execute(f"WITH new(name) AS (VALUES ('x'), ('y')) {change} SELECT * FROM new")
    assert (cursor.rowcount, local.in_transaction) == (2, True)


def test_with_clause_before_a_query_opens_none(local: awsvtab.Connection) -> None:
    cursor = local.execute("WITH one AS (SELECT 1) SELECT * FROM one")
    assert (cursor.rowcount, local.in_transaction) == (-1, False)


OVERFLOW = "SELECT id FROM item WHERE id = 1 UNION ALL SELECT abs(-9223372036854775807 - 1)"


@pytest.mark.parametrize(
    "read",
    [
        lambda cursor: cursor.fetchall(),
        lambda cursor: [cursor.fetchone(), cursor.fetchone()],
        lambda cursor: cursor.fetchmany(10),
        lambda cursor: list(cursor),
        lambda cursor: [next(cursor), next(cursor)],
    ],
    ids=["fetchall", "fetchone", "fetchmany", "iteration", "next"],
)
@pytest.mark.parametrize("factory", [None, awsvtab.Row])
def test_errors_while_reading_are_of_pep_249(
    local: awsvtab.Connection, read: Any, factory: Any
) -> None:
    local.row_factory = factory
    with pytest.raises(awsvtab.OperationalError, match="integer overflow") as caught:
        read(local.execute(OVERFLOW))
    assert caught.value.sqlite_errorname == "SQLITE_ERROR"


def test_leaving_a_loop_leaves_the_other_rows(local: awsvtab.Connection) -> None:
    cursor = local.execute("SELECT id FROM item")
    for _ in cursor:
        break
    gc.collect()
    assert cursor.fetchall() == [(2,), (3,)]


@pytest.mark.parametrize("factory", [None, awsvtab.Row, sqlite3.Row, lambda cursor, row: list(row)])
def test_a_cursor_that_is_dropped_lets_its_table_go(
    local: awsvtab.Connection, factory: Any
) -> None:
    local.row_factory = factory
    gc.disable()
    try:
        cursor = local.execute("SELECT * FROM item")
        cursor.fetchone()
        gone = weakref.ref(cursor)
        del cursor
        assert gone() is None
        local.execute("DROP TABLE item")
    finally:
        gc.enable()


@pytest.mark.parametrize("factory", [awsvtab.Row, sqlite3.Row])
def test_rows_have_names_whatever_the_case(local: awsvtab.Connection, factory: Any) -> None:
    local.row_factory = factory
    row = local.execute("SELECT id, name AS Name FROM item").fetchone()
    assert (row["ID"], row["name"], row[-1], dict(row)) == (1, "a", "a", {"id": 1, "Name": "a"})


@pytest.mark.parametrize(
    ("sql", "at"),
    [
        ("SELECT id FRM item", "item"),
        ("SELECT 'é', nothing FROM item", "nothing"),
        ("SELECT s.domain_name, nothing FROM aws.customerprofiles.event_streams AS s", "nothing"),
        ("SELECT * FROM aws.customerprofiles.event_streams WHERE nothing = 1", "nothing"),
    ],
)
def test_error_offset_is_in_the_sql_as_written(
    local: awsvtab.Connection, sql: str, at: str
) -> None:
    with pytest.raises(awsvtab.OperationalError) as caught:
        local.execute(sql)
    assert caught.value.sqlite_error_offset == sql.index(at)


def test_parameters_may_not_come_from_the_cursor_itself(local: awsvtab.Connection) -> None:
    cursor = local.cursor()

    def parameters() -> Iterator[tuple[str]]:
        cursor.execute("SELECT 1")
        yield ("x",)

    with pytest.raises(awsvtab.ProgrammingError, match="Recursive use"):
        cursor.executemany("INSERT INTO item (name) VALUES (?)", parameters())
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]


def test_a_closed_connection_closes_its_cursors(local: awsvtab.Connection) -> None:
    cursor = local.execute("SELECT id FROM item")
    rows = iter(cursor)
    next(rows)
    local.close()
    with pytest.raises(awsvtab.ProgrammingError, match="closed"):
        next(rows)
    with pytest.raises(awsvtab.ProgrammingError, match="closed database"):
        cursor.fetchall()


@pytest.mark.parametrize("explain", ["EXPLAIN", "EXPLAIN QUERY PLAN"])
def test_explaining_again_after_a_change_of_schema_does_not_crash(
    local: awsvtab.Connection, explain: str
) -> None:
    for _ in range(20):
        local.execute("CREATE TABLE t (x)")
        for _ in range(3):
            local.execute(f"{explain} INSERT INTO t VALUES (1)").fetchall()
        local.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])
        local.execute("DROP TABLE t")
