"""The model: the same statements on AWS tables and on ordinary tables, in random transactions.

Each statement is run on both. It succeeds on both or fails on both, changes as many rows, and
leaves the same to be read; before COMMIT nothing is written to AWS, and after it AWS has what the
ordinary tables have.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import boto3
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from awsvtab.emulator import Emulator
from clock import FakeClock
from conftest import DOMAIN, EVENT_STREAM

REGION = "us-east-1"
DOMAINS = ("d", "dd", "e")
NAMES = ("a", "b", "c")
KEYS = [(domain, name) for domain in DOMAINS for name in NAMES]
WRITES = {"CreateResource", "UpdateResource", "DeleteResource"}

LOCAL = """
    CREATE TABLE local (
        id TEXT PRIMARY KEY, domain TEXT NOT NULL, name TEXT, uri TEXT,
        tags TEXT CHECK (tags <> 'bad'));
"""
# What the types' schemas forbid, said in SQL.
ORDINARY = """
    CREATE TABLE domains (
        domain_name TEXT NOT NULL PRIMARY KEY,
        default_expiration_days NOT NULL CHECK (typeof(default_expiration_days) = 'integer'),
        dead_letter_queue_url TEXT, tags TEXT, region TEXT NOT NULL,
        data__Identifier TEXT AS (domain_name));
    CREATE TABLE event_streams (
        domain_name TEXT NOT NULL, event_stream_name TEXT NOT NULL, uri TEXT NOT NULL,
        tags TEXT CHECK (json_type(tags) = 'array'), region TEXT NOT NULL,
        data__Identifier TEXT AS (domain_name || '|' || event_stream_name),
        PRIMARY KEY (domain_name, event_stream_name));
    CREATE TRIGGER create_only BEFORE UPDATE ON event_streams
    WHEN new.uri IS NOT old.uri OR new.domain_name IS NOT old.domain_name BEGIN
        SELECT raise(ABORT, 'create-only');
    END;
"""


def tags_of(**tags: str) -> str:
    """As AWS tables give them: no order is that of AWS, so they are in that of their keys."""
    pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    return json.dumps(pairs, separators=(",", ":"))


Z = '{"Key":"z","Value":"1"}'  # comes after all others
TAGS = (None, "[]", tags_of(k="x"), tags_of(k="y"), tags_of(j="x", k="x"))
URIS = ("arn:u", "arn:v")
URLS = (None, "https://sqs.us-east-1.amazonaws.com/1/q", "https://sqs.us-east-1.amazonaws.com/1/r")
CLAUSES = ("", "", "", "OR ABORT", "OR FAIL", "OR ROLLBACK")
SAVEPOINTS = ("s", "t")

domains = st.sampled_from(DOMAINS)
keys = st.sampled_from(KEYS)
tags = st.sampled_from(TAGS)
uris = st.sampled_from(URIS)
savepoints = st.sampled_from(SAVEPOINTS)
clauses = st.sampled_from(CLAUSES)
streams = st.tuples(keys, uris, tags).map(lambda each: (*each[0], *each[1:]))
domain_rows = st.tuples(domains, st.integers(1, 3), st.sampled_from(URLS), tags)

# Conditions that choose streams; those that name no column of ``x`` fit where there is only one.
OF_STREAMS = st.one_of(
    st.builds("data__Identifier = '{0[0]}|{0[1]}'".format, keys),
    st.builds("data__Identifier IN ('{0[0]}|{0[1]}', '{1[0]}|{1[1]}', 'zz|z')".format, keys, keys),
    st.builds("domain_name = '{0[0]}' AND event_stream_name = '{0[1]}'".format, keys),
    st.builds("domain_name = '{}'".format, domains),
    st.builds("uri = '{}'".format, uris),
    st.sampled_from(
        (
            "1",
            "tags IS NULL",
            "tags IS NOT NULL AND uri = 'arn:u'",
            f"tags = '{TAGS[2]}'",
            "tags LIKE '%\"j\"%'",
            "domain_name LIKE 'D%'",
            "domain_name GLOB 'd*' AND event_stream_name > 'a'",
            "domain_name <> 'd' OR event_stream_name = 'b'",
            "data__Identifier IN (SELECT id FROM local)",
            "domain_name IN (SELECT domain FROM local WHERE tags IS NULL)",
            "(domain_name, event_stream_name) IN (SELECT domain, name FROM local)",
            "domain_name IN (SELECT domain_name FROM domains WHERE default_expiration_days = 2)",
            "EXISTS (SELECT 1 FROM local WHERE local.id = data__Identifier)",
            "region = 'us-east-1' AND NOT uri = 'arn:v'",
            "domain_name = NULL",
        )
    ),
)
OF_DOMAINS = st.one_of(
    st.builds("data__Identifier = '{}'".format, domains),
    st.builds("domain_name IN ('{}', '{}')".format, domains, domains),
    st.builds("default_expiration_days = {}".format, st.integers(1, 3)),
    st.sampled_from(
        (
            "1",
            "tags IS NULL",
            "dead_letter_queue_url IS NOT NULL",
            "dead_letter_queue_url LIKE '%/R'",
            "default_expiration_days BETWEEN 2 AND 3",
            "domain_name IN (SELECT domain FROM local)",
            "domain_name IN (SELECT domain_name FROM event_streams WHERE uri = 'arn:u')",
            "NOT EXISTS (SELECT 1 FROM local WHERE domain = domain_name)",
        )
    ),
)
# No domain goes while it has streams: they would be nowhere to be listed.
EMPTY = "domain_name NOT IN (SELECT domain_name FROM event_streams)"

STREAM_COLUMNS = "domain_name, event_stream_name, uri, tags, region, data__Identifier"
DOMAIN_COLUMNS = (
    "domain_name, default_expiration_days, dead_letter_queue_url, tags, region, data__Identifier"
)
ALL_ROWS = (
    f"SELECT {STREAM_COLUMNS} FROM event_streams ORDER BY 1, 2",
    f"SELECT {DOMAIN_COLUMNS} FROM domains ORDER BY 1",
    "SELECT * FROM local ORDER BY 1",
)
READS = st.one_of(
    st.builds(f"SELECT {STREAM_COLUMNS} FROM event_streams WHERE {{}}".format, OF_STREAMS),
    st.builds(f"SELECT {DOMAIN_COLUMNS} FROM domains WHERE {{}}".format, OF_DOMAINS),
    st.builds("SELECT count(*) FROM event_streams WHERE {}".format, OF_STREAMS),
    st.builds("SELECT count(tags), max(domain_name) FROM domains WHERE {}".format, OF_DOMAINS),
    st.builds(
        "SELECT uri, count(*), min(data__Identifier) FROM event_streams WHERE {} "
        "GROUP BY uri".format,
        OF_STREAMS,
    ),
    st.builds(
        "SELECT data__Identifier FROM event_streams WHERE {} ORDER BY 1 LIMIT 2".format, OF_STREAMS
    ),
    st.sampled_from(
        (
            "SELECT l.id, x.uri, x.tags FROM local l JOIN event_streams x "
            "ON x.data__Identifier = l.id",
            "SELECT l.id, x.uri FROM local l LEFT JOIN event_streams x "
            "ON x.data__Identifier = l.id",
            "SELECT l.id, x.event_stream_name FROM local l LEFT JOIN event_streams x "
            "ON x.domain_name = l.domain",
            "SELECT x.data__Identifier, l.id FROM event_streams x LEFT JOIN local l "
            "ON x.uri = l.uri",
            "SELECT d.domain_name, x.event_stream_name, x.uri FROM domains d "
            "LEFT JOIN event_streams x USING (domain_name)",
            "SELECT domain_name FROM domains d WHERE NOT EXISTS "
            "(SELECT 1 FROM event_streams x WHERE x.domain_name = d.domain_name)",
            "SELECT id FROM local WHERE EXISTS "
            "(SELECT 1 FROM event_streams x WHERE x.data__Identifier = local.id)",
            "SELECT id FROM local WHERE id NOT IN (SELECT data__Identifier FROM event_streams)",
            "SELECT data__Identifier FROM event_streams UNION SELECT domain_name FROM domains",
            "SELECT x.data__Identifier, j.value ->> 'Key' "
            "FROM event_streams x, json_each(x.tags) j",
            "SELECT domain_name, (SELECT count(*) FROM event_streams x "
            "WHERE x.domain_name = d.domain_name) FROM domains d",
        )
    ),
)


class Model(RuleBasedStateMachine):
    """Two connections, one with AWS tables and one with ordinary ones of the same names."""

    def __init__(self, emulator: Emulator, session: boto3.Session) -> None:
        super().__init__()
        self.emulator = emulator
        emulator.reset()
        self.aws = emulator.connect(
            session=session,
            regions=[REGION],
            tables=["customerprofiles.event_streams", "customerprofiles.domains"],
            isolation_level=None,
            clock=FakeClock(),
        )
        self.ordinary = sqlite3.connect(":memory:", isolation_level=None)
        self.ordinary.executescript(LOCAL + ORDINARY)
        self.aws.executescript(LOCAL)

    def teardown(self) -> None:
        self.aws.close()
        self.ordinary.close()

    @initialize(
        there=st.lists(domain_rows, max_size=3, unique_by=lambda row: row[0]),
        within=st.lists(streams, max_size=6, unique_by=lambda row: row[:2]),
        local=st.lists(streams, max_size=4, unique_by=lambda row: row[:2]),
    )
    def estate(self, there: list[Any], within: list[Any], local: list[Any]) -> None:
        names = {name for name, *_ in there}
        within = [row for row in within if row[0] in names]
        for name, days, url, tags in there:
            given = {"DomainName": name, "DefaultExpirationDays": days, "DeadLetterQueueUrl": url}
            self.emulator.put(DOMAIN, _properties(given, tags))
        for domain, name, uri, tags in within:
            given = {"DomainName": domain, "EventStreamName": name, "Uri": uri}
            self.emulator.put(EVENT_STREAM, _properties(given, tags))
        self.ordinary.executemany(f"INSERT INTO domains VALUES (?, ?, ?, ?, '{REGION}')", there)
        self.ordinary.executemany(
            f"INSERT INTO event_streams VALUES (?, ?, ?, ?, '{REGION}')", within
        )
        for connection in (self.aws, self.ordinary):
            connection.executemany(
                "INSERT INTO local VALUES (?1 || '|' || ?2, ?1, ?2, ?3, ?4)", local
            )

    @rule(begin=st.sampled_from(("BEGIN", "BEGIN IMMEDIATE")))
    def begin(self, begin: str) -> None:
        self.run(begin)

    @rule(name=savepoints)
    def savepoint(self, name: str) -> None:
        self.run(f"SAVEPOINT {name}")

    @precondition(lambda self: self.ordinary.in_transaction)
    @rule(name=savepoints)
    def rollback_to(self, name: str) -> None:
        self.run(f"ROLLBACK TO {name}")

    @precondition(lambda self: self.ordinary.in_transaction)
    @rule(name=savepoints)
    def release(self, name: str) -> None:
        self.run(f"RELEASE {name}")

    @rule(end=st.sampled_from(("COMMIT", "COMMIT", "ROLLBACK")))
    def end(self, end: str) -> None:
        self.run(end)

    @rule(clause=clauses, rows=st.lists(streams, min_size=1, max_size=3))
    def insert_streams(self, clause: str, rows: list[Any]) -> None:
        rows = [row for row in rows if self.is_domain(row[0]) and self.is_free(*row[:2])]
        self.insert("event_streams", STREAM_COLUMNS, clause, rows)

    @rule(rows=st.lists(streams, min_size=1, max_size=3))
    def insert_streams_that_are_not_there(self, rows: list[Any]) -> None:
        rows = [row for row in rows if self.is_domain(row[0])]
        self.insert("event_streams", STREAM_COLUMNS, "OR IGNORE", rows)

    @rule(clause=clauses, rows=st.lists(domain_rows, min_size=1, max_size=2))
    def insert_domains(self, clause: str, rows: list[Any]) -> None:
        rows = [row for row in rows if self.is_free(row[0])]
        self.insert("domains", DOMAIN_COLUMNS, clause, rows)

    @rule(uri=st.sampled_from(("uri", "'arn:w'", "iif(name = 'b', NULL, uri)")))
    def insert_streams_from_local(self, uri: str) -> None:
        self.run(
            "INSERT INTO event_streams (domain_name, event_stream_name, uri, tags, region) "
            f"SELECT domain, name, {uri}, tags, '{REGION}' FROM local "
            "WHERE id NOT IN (SELECT data__Identifier FROM event_streams) "
            "AND domain IN (SELECT domain_name FROM domains) ORDER BY id"
        )

    @rule(domain=domains, where=OF_STREAMS)
    def copy_streams(self, domain: str, where: str) -> None:
        """Copies may clash with one another."""
        self.run(
            "INSERT INTO event_streams (domain_name, event_stream_name, uri, tags, region) "
            f"SELECT '{domain}', event_stream_name, uri, tags, region FROM event_streams "
            f"WHERE ({where}) AND '{domain}|' || event_stream_name NOT IN "
            "(SELECT data__Identifier FROM event_streams) "
            f"AND '{domain}' IN (SELECT domain_name FROM domains)"
        )

    @rule(value=tags, where=OF_STREAMS)
    def tag_streams(self, value: str | None, where: str) -> None:
        self.run(f"UPDATE event_streams SET tags = ? WHERE {where}", (value,))

    @rule(where=OF_STREAMS)
    def add_a_tag_to_streams(self, where: str) -> None:
        self.run(
            f"UPDATE event_streams SET tags = json_insert(tags, '$[#]', json('{Z}')) "
            f"""WHERE ({where}) AND tags NOT LIKE '%"z"%'"""
        )

    @rule(where=OF_STREAMS)
    def add_a_tag_by_patch(self, where: str) -> None:
        where = f"""({where}) AND tags NOT LIKE '%"z"%'"""
        patch = f'[{{"op":"add","path":"/Tags/-","value":{Z}}}]'
        self.run(
            f"UPDATE event_streams SET data__PatchDocument = '{patch}' WHERE {where}",
            ordinary=f"UPDATE event_streams SET tags = json_insert(tags, '$[#]', json('{Z}')) "
            f"WHERE {where}",
        )

    @rule()
    def tag_streams_from_local(self) -> None:
        self.run(
            "UPDATE event_streams SET tags = local.tags FROM local WHERE data__Identifier = id"
        )

    @rule(
        columns=st.sampled_from(
            ("tags = local.tags", "uri = local.uri", "tags = local.tags, uri = 'arn:u'")
        )
    )
    def update_streams_from_several_rows_of_local(self, columns: str) -> None:
        self.run(f"UPDATE event_streams SET {columns} FROM local WHERE domain_name = domain")

    @rule(uri=uris, value=tags, where=OF_STREAMS)
    def set_what_is_create_only(self, uri: str, value: str | None, where: str) -> None:
        self.run(f"UPDATE event_streams SET uri = ?, tags = ? WHERE {where}", (uri, value))

    @rule(where=OF_STREAMS)
    def tag_streams_with_nonsense(self, where: str) -> None:
        self.run(
            "UPDATE event_streams SET tags = iif(event_stream_name = 'b', '{}', '[]') "
            f"WHERE {where}"
        )

    @rule(
        assignment=st.sampled_from(
            (
                "default_expiration_days = default_expiration_days % 3 + 1",
                "default_expiration_days = 2",
                f"default_expiration_days = 3, dead_letter_queue_url = '{URLS[1]}', tags = NULL",
                "dead_letter_queue_url = NULL",
                f"tags = '{TAGS[3]}', dead_letter_queue_url = '{URLS[2]}'",
                "tags = (SELECT max(tags) FROM event_streams x "
                "WHERE x.domain_name = domains.domain_name)",
                "default_expiration_days = iif(domain_name = 'dd', 'many', 1)",
            )
        ),
        where=OF_DOMAINS,
    )
    def update_domains(self, assignment: str, where: str) -> None:
        self.run(f"UPDATE domains SET {assignment} WHERE {where}")

    @rule(
        patch=st.sampled_from(
            (
                (
                    [{"op": "replace", "path": "/DefaultExpirationDays", "value": 3}],
                    "default_expiration_days = 3",
                ),
                (
                    [
                        {"op": "add", "path": "/Tags", "value": []},
                        {"op": "add", "path": "/Tags/-", "value": json.loads(Z)},
                    ],
                    f"tags = '[{Z}]'",
                ),
                (
                    [
                        {"op": "add", "path": "/DeadLetterQueueUrl", "value": URLS[1]},
                        {"op": "remove", "path": "/DeadLetterQueueUrl"},
                    ],
                    "dead_letter_queue_url = NULL",
                ),
            )
        ),
        where=OF_DOMAINS,
    )
    def patch_domains(self, patch: tuple[list[Any], str], where: str) -> None:
        document, assignment = patch
        self.run(
            f"UPDATE domains SET data__PatchDocument = '{json.dumps(document)}' WHERE {where}",
            ordinary=f"UPDATE domains SET {assignment} WHERE {where}",
        )

    @rule(where=OF_STREAMS)
    def delete_streams(self, where: str) -> None:
        self.run(f"DELETE FROM event_streams WHERE {where}")

    @rule(where=OF_DOMAINS)
    def delete_domains(self, where: str) -> None:
        self.run(f"DELETE FROM domains WHERE ({where}) AND {EMPTY}")

    @rule(
        statement=st.sampled_from(
            (
                "DELETE FROM local WHERE id NOT IN (SELECT data__Identifier FROM event_streams)",
                "INSERT OR IGNORE INTO local SELECT data__Identifier, domain_name, "
                "event_stream_name, uri, tags FROM event_streams",
                "INSERT INTO local SELECT data__Identifier, domain_name, event_stream_name, uri, "
                "iif(event_stream_name = 'b', 'bad', tags) FROM event_streams ORDER BY 1",
                "INSERT INTO local VALUES ('x|1', 'd', '1', 'arn:u', NULL), "
                "('x|2', NULL, '2', 'arn:u', NULL)",
                "UPDATE local SET uri = x.uri, tags = x.tags FROM event_streams x "
                "WHERE x.data__Identifier = local.id",
                "UPDATE local SET tags = 'bad'",
            )
        )
    )
    def write_local(self, statement: str) -> None:
        self.run(statement)

    @rule(query=READS)
    def read(self, query: str) -> None:
        self.check_read(query)

    def insert(self, table: str, columns: str, clause: str, rows: Sequence[Any]) -> None:
        if rows:
            names = ", ".join(columns.split(", ")[:4])
            values = ", ".join([f"(?, ?, ?, ?, '{REGION}')"] * len(rows))
            self.run(
                f"INSERT {clause} INTO {table} ({names}, region) VALUES {values}",
                [value for row in rows for value in row],
            )

    def is_domain(self, name: str) -> bool:
        found = self.ordinary.execute("SELECT 1 FROM domains WHERE domain_name = ?", (name,))
        return found.fetchone() is not None

    def is_free(self, *key: str) -> bool:
        """Whether an INSERT makes this, or is refused at once: no resource that only AWS has."""
        table, type_name = (("domains", DOMAIN), ("event_streams", EVENT_STREAM))[len(key) - 1]
        identifier = "|".join(key)
        there = self.ordinary.execute(
            f"SELECT 1 FROM {table} WHERE data__Identifier = ?", (identifier,)
        )
        waiting = self.aws.execute(
            "SELECT 1 FROM aws_pending WHERE type_name = ? AND identifier = ? "
            "AND operation <> 'DELETE'",
            (type_name, identifier),
        )
        return not there.fetchall() or bool(waiting.fetchall())

    def run(self, sql: str, bindings: Sequence[Any] = (), ordinary: str | None = None) -> None:
        """Runs a statement on both, and compares everything that there is to see."""
        self.emulator.calls.clear()
        expected = outcome(lambda: self.ordinary.execute(ordinary or sql, bindings))
        got = outcome(lambda: self.aws.execute(sql, bindings))
        assert _comparable(got) == _comparable(expected), (sql, got, expected)
        assert self.aws.in_transaction == self.ordinary.in_transaction, sql
        if self.ordinary.in_transaction:
            written = WRITES & set(self.emulator.calls.operations)
            assert not written, sql
        else:
            assert self.stored() == self.rows()
        for query in ALL_ROWS:
            self.check_read(query)

    def check_read(self, query: str) -> None:
        expected = self.ordinary.execute(query).fetchall()
        got = self.aws.execute(query).fetchall()
        if "ORDER BY" not in query:
            expected, got = sorted(expected, key=repr), sorted(got, key=repr)
        assert got == expected, query

    def stored(self) -> dict[str, Any]:
        """What the emulator has."""
        found = {
            **{name: self.emulator.get(DOMAIN, name) for name in DOMAINS},
            **{f"{d}|{n}": self.emulator.get(EVENT_STREAM, f"{d}|{n}") for d, n in KEYS},
        }
        return {
            identifier: tuple(
                properties.get(name)
                for name in ("DefaultExpirationDays", "DeadLetterQueueUrl", "Uri", "Tags")
            )
            for identifier, properties in found.items()
            if properties is not None
        }

    def rows(self) -> dict[str, Any]:
        """What the ordinary tables have, in the same form."""
        rows = self.ordinary.execute("""
            SELECT domain_name, default_expiration_days, dead_letter_queue_url, NULL, tags
            FROM domains
            UNION ALL SELECT data__Identifier, NULL, NULL, uri, tags FROM event_streams
        """)
        return {
            identifier: (*values, None if tags is None else json.loads(tags))
            for identifier, *values, tags in rows
        }


Outcome = int | Exception


def outcome(run: Callable[[], Any]) -> Outcome:
    """The number of rows that a statement changed, or its error."""
    try:
        cursor = run()
        count: int = cursor.rowcount
        cursor.close()
        return count
    except sqlite3.Error as error:
        return error


def _comparable(outcome: Outcome) -> int | str:
    return "refused" if isinstance(outcome, Exception) else outcome


def _properties(given: dict[str, Any], tags: str | None) -> dict[str, Any]:
    properties = {**given, "Tags": None if tags is None else json.loads(tags)}
    return {name: value for name, value in properties.items() if value is not None}


@pytest.fixture
def model(emulator: Emulator, session: boto3.Session) -> Callable[[], Model]:
    return lambda: Model(emulator, session)


def test_transactions_are_as_those_of_ordinary_tables(model: Callable[[], Model]) -> None:
    run_state_machine_as_test(model, settings=settings(max_examples=25, stateful_step_count=25))


@pytest.mark.slow
def test_transactions_are_as_those_of_ordinary_tables_for_long(
    model: Callable[[], Model],
) -> None:
    run_state_machine_as_test(model, settings=settings(max_examples=150, stateful_step_count=40))
