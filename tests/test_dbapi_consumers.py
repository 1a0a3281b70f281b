"""Tools that take a sqlite3 connection take ours, and join an AWS table with a local one."""

from __future__ import annotations

from typing import Any

import pytest

import awsvtab

JOIN = """
    SELECT o.team, s.event_stream_name
    FROM owner AS o JOIN aws.customerprofiles.event_streams AS s ON s.domain_name = o.domain
    ORDER BY 1, 2
"""
ROWS = [("retail", "a"), ("retail", "b")]


@pytest.fixture
def owners(connection: awsvtab.Connection, estate: Any) -> awsvtab.Connection:
    """A local table that says which team owns a domain."""
    connection.execute("CREATE TABLE owner (domain TEXT, team TEXT)")
    connection.execute("INSERT INTO owner VALUES ('one', 'retail')")
    connection.commit()
    return connection


def test_pandas_reads(owners: awsvtab.Connection) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_sql(JOIN, owners)
    assert list(frame.itertuples(index=False, name=None)) == ROWS


def test_pandas_writes_what_sql_then_joins(owners: awsvtab.Connection) -> None:
    pandas = pytest.importorskip("pandas")
    more = pandas.DataFrame({"domain": ["two"], "team": ["research"]})
    assert more.to_sql("owner", owners, if_exists="append", index=False) == 1
    assert owners.execute(JOIN).fetchall() == [("research", "a"), *ROWS]


def test_polars_reads(owners: awsvtab.Connection) -> None:
    polars = pytest.importorskip("polars")
    assert polars.read_database(JOIN, owners).rows() == ROWS


def test_sqlite_utils_takes_the_connection(owners: awsvtab.Connection) -> None:
    sqlite_utils = pytest.importorskip("sqlite_utils")
    database = sqlite_utils.Database(owners)
    database["owner"].insert({"domain": "two", "team": "research"})
    rows = [tuple(row.values()) for row in database.query(JOIN)]
    assert rows == [("research", "a"), *ROWS]
