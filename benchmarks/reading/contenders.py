"""Those who answer the scenarios, each over an endpoint of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from typing import Any, Protocol

from benchmarks.stub.estate import resources

import awsvtab

from .api import CONNECTIONS, AtOnce, Boto3, Cli, cli_command, new_session
from .programs import PROGRAMS, Hand, Rows
from .scenarios import Scale, Scenario
from .tables import TABLES

HOSTS = "CREATE TABLE hosts (id INTEGER, instance_id TEXT, subnet_id TEXT)"


class Contender(Protocol):
    """One who answers a scenario. ``prepare`` is called before each time, and is not timed."""

    def prepare(self) -> None: ...

    def answer(self) -> Rows: ...

    def close(self) -> None: ...


class ByHand:
    """A program over boto3 or the AWS CLI."""

    def __init__(self, scenario: Scenario, scale: Scale, api: Boto3 | Cli, pool: Executor) -> None:
        self._scenario = scenario
        self._api = api
        self._pool = pool
        self._hand = Hand(api, pool, scale.host_rows())

    def prepare(self) -> None:
        pass

    def answer(self) -> Rows:
        return PROGRAMS[self._scenario.name](self._hand, self._scenario)

    def close(self) -> None:
        self._pool.shutdown()
        self._api.close()


class Sql:
    """A statement on a DB-API connection, which has the local table."""

    def __init__(
        self, connection: Any, scenario: Scenario, scale: Scale, names: dict[str, str]
    ) -> None:
        self._connection = connection
        self._scenario = scenario
        self._statement = scenario.statement.format_map(names)
        cursor = connection.cursor()
        cursor.execute(HOSTS)
        for row in scale.host_rows():  # Shillelagh has no executemany
            cursor.execute("INSERT INTO hosts VALUES (?, ?, ?)", row)
        connection.commit()

    def prepare(self) -> None:
        if self._scenario.result:
            # Shillelagh takes what begins with DROP TABLE for one of its own tables.
            self._connection.cursor().execute("/**/ DROP TABLE IF EXISTS inventory")

    def answer(self) -> Rows:
        cursor = self._connection.cursor()
        cursor.execute(self._statement)
        if self._scenario.result:
            cursor.execute(self._scenario.result)
        rows: Rows = cursor.fetchall()
        return rows

    def close(self) -> None:
        self._connection.close()


class Adapter(Sql):
    """The same through Shillelagh, over boto3."""

    def __init__(self, scenario: Scenario, scale: Scale, url: str) -> None:
        from .shillelagh_adapter import SCHEME, connect

        self._api = Boto3(url, scenario.regions, scenario.rate)
        self._pool = ThreadPoolExecutor(CONNECTIONS)
        connection = connect(self._api, scenario.regions, self._pool)
        names = {name: f'"{SCHEME}{table.type_name}"' for name, table in TABLES.items()}
        super().__init__(connection, scenario, scale, names)

    def close(self) -> None:
        super().close()
        self._pool.shutdown()
        self._api.close()


def awsvtab_sql(scenario: Scenario, scale: Scale, url: str) -> Contender:
    connection = awsvtab.connect(
        ":memory:",
        regions=scenario.regions,
        session=new_session(),
        endpoint_url=url,
        concurrency=CONNECTIONS,
    )
    names = {name: table.awsvtab for name, table in TABLES.items()}
    return Sql(connection, scenario, scale, names)


def pool(scenario: Scenario, scale: Scale, url: str) -> Contender:
    api = Boto3(url, scenario.regions, scenario.rate)
    return ByHand(scenario, scale, api, ThreadPoolExecutor(CONNECTIONS))


def loop(scenario: Scenario, scale: Scale, url: str) -> Contender:
    return ByHand(scenario, scale, Boto3(url, scenario.regions, scenario.rate), AtOnce())


def cli(scenario: Scenario, scale: Scale, url: str) -> Contender:
    command = cli_command()
    if command is None:
        raise FileNotFoundError("aws")
    return ByHand(scenario, scale, Cli(url, command), AtOnce())


OURS, POOL, LOOP = "awsvtab", "boto3, 16 threads", "boto3, loop"
SHILLELAGH, CLI = "Shillelagh", "AWS CLI"
CONTENDERS: dict[str, Callable[[Scenario, Scale, str], Contender]] = {
    OURS: awsvtab_sql,
    POOL: pool,
    LOOP: loop,
    SHILLELAGH: Adapter,
    CLI: cli,
}


@cache
def left_out() -> dict[str, str]:
    """Contenders that cannot take part here, with what they lack."""
    lacking = {}
    if find_spec("shillelagh") is None:
        lacking[SHILLELAGH] = "not installed (pip install 'awsvtab[bench]')"
    if cli_command() is None:
        lacking[CLI] = "not installed (pip install awscli)"
    return lacking


def takes_part(name: str, scenario: Scenario) -> bool:
    return name not in left_out() and (name != CLI or scenario.small)


def is_slow(name: str, scenario: Scenario) -> bool:
    """Whether a contender makes its calls one after the other, and so mostly waits."""
    return name == LOOP or (name == SHILLELAGH and scenario.nested)


def right_answer(scenario: Scenario, scale: Scale) -> Rows:
    """What SQLite says to the statement on ordinary tables; all rows, if any are wanted."""
    connection = sqlite3.connect(":memory:")
    try:
        for name, table in TABLES.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(table.columns)})")
            holes = ", ".join("?" * len(table.columns))
            connection.executemany(
                f"INSERT INTO {name} VALUES ({holes})",
                (
                    table.row(properties, region)
                    for region, type_name, properties in resources(scale.sizes)
                    if type_name == table.type_name and region in scenario.regions
                ),
            )
        names = {name: name for name in TABLES}
        return Sql(connection, replace(scenario, limit=0), scale, names).answer()
    finally:
        connection.close()
