"""Tools that take a sqlite3 connection take ours, and join an AWS table with a local one."""

from __future__ import annotations

import datetime as dt
import importlib.util
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import operations

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


@pytest.fixture
def _sqlite3_left_alone() -> Iterator[None]:
    """pandas registers adapters and converters with sqlite3."""
    with mock.patch.dict(sqlite3.adapters), mock.patch.dict(sqlite3.converters):
        yield


@pytest.mark.usefixtures("_sqlite3_left_alone")
def test_pandas_writes_what_sql_then_joins(owners: awsvtab.Connection) -> None:
    pandas = pytest.importorskip("pandas")
    more = pandas.DataFrame({"domain": ["two"], "team": ["research"]})
    assert more.to_sql("owner", owners, if_exists="append", index=False) == 1
    times = pandas.DataFrame({"at": [dt.time(10, 20)], "on": [dt.datetime(2026, 3, 1)]})
    assert times.to_sql("times", owners, index=False) == 1
    assert owners.execute('SELECT at, date("on") FROM times').fetchall() == [
        ("10:20:00.000000", "2026-03-01")
    ]
    assert owners.execute(JOIN).fetchall() == [("research", "a"), *ROWS]


@pytest.mark.usefixtures("_sqlite3_left_alone")
def test_pandas_writes_to_aws_what_it_appends_to_a_curated_table(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    pandas = pytest.importorskip("pandas")
    wanted = pandas.DataFrame({"domain_name": ["a", "b"], "default_expiration_days": [1, 2]})
    connection.execute("CREATE VIRTUAL TABLE domains USING aws(customerprofiles.domains)")
    assert wanted.to_sql("domains", connection, if_exists="append", index=False) == 2
    assert operations(emulator) == {"CreateResource": 2}


@pytest.mark.parametrize(
    "create",
    [
        "CREATE TABLE event_streams (x)",
        "-- mine\nCREATE TEMP TABLE IF NOT EXISTS aws_customerprofiles_event_streams (x)",
        'CREATE TABLE main."AWS_customerprofiles_event_streams" AS SELECT 1',
        "CREATE VIEW event_streams AS SELECT 1 AS x",
    ],
)
@pytest.mark.parametrize("method", ["execute", "executescript"])
def test_a_local_table_in_front_of_an_aws_table_is_told_of(
    connection: awsvtab.Connection, create: str, method: str
) -> None:
    """pandas would make one, and the rows would not get to AWS."""
    with pytest.warns(
        awsvtab.AwsWarning, match=r"hides aws.customerprofiles.event_streams"
    ) as told:
        getattr(connection, method)(create)
    assert told[0].filename == __file__
    connection.execute("CREATE TABLE other (event_streams)")


def test_polars_reads(owners: awsvtab.Connection) -> None:
    polars = pytest.importorskip("polars")
    assert polars.read_database(JOIN, owners).rows() == ROWS


def test_duckdb_reads_arrow(owners: awsvtab.Connection) -> None:
    pytest.importorskip("pyarrow")
    duckdb = pytest.importorskip("duckdb")
    database = duckdb.connect()
    database.register("joined", owners.execute(JOIN).fetch_arrow_table())
    assert database.sql("SELECT * FROM joined ORDER BY ALL").fetchall() == ROWS
    streams = owners.execute("SELECT * FROM event_streams").fetch_arrow_table()
    database.register("streams", streams)
    database.register("owner", owners.execute("SELECT * FROM owner").fetch_arrow_table())
    join = "SELECT team, event_stream_name FROM streams JOIN owner ON domain = domain_name"
    assert database.sql(f"{join} ORDER BY ALL").fetchall() == ROWS
    database.close()


def test_duckdb_reads_batches_in_its_own_threads(connect: Any, estate: Emulator) -> None:
    pytest.importorskip("pyarrow")
    duckdb = pytest.importorskip("duckdb")
    connection = connect(tables=["customerprofiles.event_streams"], check_same_thread=False)
    reader = connection.execute("SELECT domain_name FROM event_streams").fetch_record_batches(2)
    database = duckdb.connect()
    database.register("streams", reader)
    counted = database.sql("SELECT domain_name, count(*) FROM streams GROUP BY 1 ORDER BY 1")
    assert counted.fetchall() == [("one", 2), ("three", 3), ("two", 1)]
    database.close()


def test_sqlite_utils_takes_the_connection(owners: awsvtab.Connection) -> None:
    sqlite_utils = pytest.importorskip("sqlite_utils")
    database = sqlite_utils.Database(owners)
    database["owner"].insert({"domain": "two", "team": "research"})
    rows = [tuple(row.values()) for row in database.query(JOIN)]
    assert rows == [("research", "a"), *ROWS]


ENVIRONMENT = """
from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
"""
MIGRATION = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None

def upgrade():
    owner = op.create_table("owner", sa.Column("domain", sa.Text), sa.Column("team", sa.Text))
    op.bulk_insert(owner, [{{"domain": "one", "team": "retail"}}])
    with op.batch_alter_table("owner") as table:
        table.add_column(sa.Column("since", sa.Date))
    op.execute({f"CREATE TABLE report AS {JOIN}"!r})
"""


def test_alembic_upgrades(estate: Emulator, tmp_path: Path) -> None:
    sa = pytest.importorskip("sqlalchemy")
    pytest.importorskip("alembic")
    from alembic import command, config

    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENVIRONMENT)
    (tmp_path / "versions" / "first.py").write_text(MIGRATION)
    settings = config.Config()
    settings.set_main_option("script_location", str(tmp_path))
    settings.set_main_option("path_separator", "os")
    sa.dialects.registry.register("awsvtab", "awsvtab.sqlalchemy", "AwsvtabDialect")
    engine = sa.create_engine(
        f"awsvtab:///{tmp_path}/inventory.db?regions=us-east-1",
        connect_args={"session": estate.session, "endpoint_url": estate.endpoint_url},
    )
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM report").all() == ROWS
        assert "since" in {column["name"] for column in sa.inspect(connection).get_columns("owner")}
    engine.dispose()


NOTEBOOK = f"""
import sqlalchemy
sqlalchemy.dialects.registry.register("awsvtab", "awsvtab.sqlalchemy", "AwsvtabDialect")
%load_ext sql
%sql awsvtab://?regions=us-east-1
%sql CREATE TABLE owner AS SELECT 'one' AS domain, 'retail' AS team
rows = %sql {" ".join(JOIN.split())}
print(list(rows))
"""


def test_a_notebook_cell_runs_sql(estate: Emulator, tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("IPython")
    if importlib.util.find_spec("sql") is None:  # importing it sets up a notebook here
        pytest.skip("needs jupysql (extra dev)")
    (tmp_path / "notebook.ipy").write_text(NOTEBOOK)
    settings = {
        "AWS_ENDPOINT_URL": estate.endpoint_url,
        "AWS_ACCESS_KEY_ID": "emulator",
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "HOME": str(tmp_path),
        "PLOOMBER_STATS_ENABLED": "false",
        "PYTHONPATH": str(Path(awsvtab.__file__).parents[1]),
    }
    process = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", str(tmp_path / "notebook.ipy")],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert repr(ROWS) in process.stdout.splitlines(), process.stdout + process.stderr
