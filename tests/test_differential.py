"""The judge: the same rows and the same SQL on AWS tables and on ordinary tables agree.

Each example puts random event streams into the emulator and the same rows into an ordinary table,
and asks both the same random questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import awsvtab
from awsvtab.emulator import Emulator
from clock import FakeClock
from conftest import DOMAIN, EVENT_STREAM

REGIONS = ("us-east-1", "eu-central-1")
DOMAINS = ("d", "D", "dd", "1")
NAMES = ("a", "A", "b", "1", "01")
COLUMNS = (
    "domain_name",
    "event_stream_name",
    "uri",
    "tags",
    "created_at",
    "state",
    "region",
    "data__Identifier",
)

ORDINARY = """CREATE TABLE ordinary (
    domain_name TEXT, event_stream_name TEXT, uri TEXT, tags JSON, created_at TEXT, state TEXT,
    region TEXT, data__Identifier TEXT)"""


@dataclass(frozen=True)
class Stream:
    """A row, as it is in both tables."""

    domain_name: str
    event_stream_name: str
    uri: str | None
    tags: str | None
    created_at: str
    state: str
    region: str

    def row(self) -> tuple[Any, ...]:
        """The values of `COLUMNS`."""
        return (
            self.domain_name,
            self.event_stream_name,
            self.uri,
            self.tags,
            self.created_at,
            self.state,
            self.region,
            f"{self.domain_name}|{self.event_stream_name}",
        )

    def put(self, emulator: Emulator) -> None:
        """The same as a resource."""
        properties = {
            "DomainName": self.domain_name,
            "EventStreamName": self.event_stream_name,
            "CreatedAt": self.created_at,
            "State": self.state,
        }
        if self.uri is not None:
            properties["Uri"] = self.uri
        if self.tags is not None:
            properties["Tags"] = [{"Key": "k", "Value": self.tags.split('"')[-2]}]
        emulator.put(EVENT_STREAM, properties, region=self.region)


streams = st.builds(
    Stream,
    domain_name=st.sampled_from(DOMAINS),
    event_stream_name=st.sampled_from(NAMES),
    uri=st.sampled_from((None, "", "u", "U", "5", "5.0", "ü")),
    tags=st.sampled_from((None, '[{"Key":"k","Value":"x"}]', '[{"Key":"k","Value":"y"}]')),
    created_at=st.sampled_from(("2026-01-01", "2026-01-02", "7")),
    state=st.sampled_from(("RUNNING", "STOPPED")),
    region=st.sampled_from(REGIONS),
)
estates = st.lists(
    streams,
    max_size=12,
    unique_by=lambda each: (each.region, each.domain_name, each.event_stream_name),
)

# What a column is compared with. Regions and identifiers that cannot be are errors, with tests of
# their own; so are domain names that AWS does not take.
LITERALS = {
    "domain_name": ("'d'", "'D'", "'dd'", "'zz'", "'1'", "1", "1.0", "x'64'", "NULL"),
    "event_stream_name": ("'a'", "'A'", "'b'", "'1'", "1", "1.5", "'01'", "''", "'ü'", "NULL"),
    "uri": ("'u'", "'U'", "''", "5", "5.0", "'5'", "'ü'", "NULL"),
    "tags": ("""'[{"Key":"k","Value":"x"}]'""", "'[]'", "0", "NULL"),
    "created_at": ("'2026-01-01'", "'2026-01-02'", "7", "NULL"),
    "state": ("'RUNNING'", "'running'", "'STOPPED'", "NULL"),
    "region": ("'us-east-1'", "'eu-central-1'", "NULL"),
    "data__Identifier": ("'d|a'", "'D|a'", "'1|01'", "'zz|a'", "NULL"),
}


@st.composite
def comparisons(draw: st.DrawFn, prefix: str) -> str:
    """One condition on a column."""
    column = draw(st.sampled_from(COLUMNS))
    name = f"{prefix}{column}"
    literal = st.sampled_from(LITERALS[column])
    kind = draw(st.sampled_from(("op", "in", "not in", "null", "like", "collate", "between", "+")))
    if kind == "op":
        operator = draw(st.sampled_from(("=", "=", "=", "<>", "<", ">=", "IS", "IS NOT")))
        return f"{name} {operator} {draw(literal)}"
    if kind in ("in", "not in"):
        values = ", ".join(draw(st.lists(literal, max_size=4)))
        return f"{name} {kind.upper()} ({values})"
    if kind == "null":
        return f"{name} IS {draw(st.sampled_from(('NULL', 'NOT NULL')))}"
    if kind == "like":
        pattern = draw(st.sampled_from(("'d%'", "'%A%'", "'_'", "'us-%'", "'%|a'", "'%RUN%'")))
        return f"{name} {draw(st.sampled_from(('LIKE', 'NOT LIKE', 'GLOB')))} {pattern}"
    if kind == "collate":
        return f"{name} = {draw(literal)} COLLATE {draw(st.sampled_from(('NOCASE', 'RTRIM')))}"
    if kind == "between":
        return f"{name} BETWEEN {draw(literal)} AND {draw(literal)}"
    return f"+{name} = {draw(literal)}"


def conditions(prefix: str = "") -> st.SearchStrategy[str]:
    """Conditions joined by AND, OR and NOT."""
    return st.recursive(
        comparisons(prefix),
        lambda inner: st.one_of(
            st.builds("({} AND {})".format, inner, inner),
            st.builds("({} OR {})".format, inner, inner),
            st.builds("NOT ({})".format, inner),
        ),
        max_leaves=4,
    )


LISTED = ", ".join(COLUMNS)
ORDERED = "ORDER BY region, domain_name, event_stream_name"
limits = st.builds("{} LIMIT {} OFFSET {}".format, st.just(ORDERED), *[st.integers(0, 5)] * 2)

single_table = st.one_of(
    st.builds(f"SELECT {LISTED} FROM {{}} WHERE {{}}".format, st.just("{t}"), conditions()),
    st.builds(
        f"SELECT {LISTED} FROM {{}} WHERE {{}} {{}}".format, st.just("{t}"), conditions(), limits
    ),
    st.builds(
        "SELECT state, count(*), max(uri), min(created_at) FROM {} WHERE {} GROUP BY state".format,
        st.just("{t}"),
        conditions(),
    ),
    st.builds("SELECT count(*) FROM {} WHERE {}".format, st.just("{t}"), conditions()),
    st.builds("SELECT DISTINCT domain_name FROM {} WHERE {}".format, st.just("{t}"), conditions()),
    st.builds(
        "SELECT uri FROM {} WHERE {} UNION SELECT state FROM {} WHERE {}".format,
        st.just("{t}"),
        conditions(),
        st.just("{t}"),
        conditions(),
    ),
)

JOIN_CONDITIONS = (
    "x.data__Identifier = l.id",
    "x.domain_name = l.domain",
    "x.domain_name = l.domain AND x.event_stream_name = l.name",
    "x.event_stream_name = l.name",
    "x.uri = l.name",
    "x.data__Identifier = l.id AND x.region = l.region",
    "x.region = l.region",
)
# Not of a region or an identifier with another column: a literal that SQLite moves from one side to
# the other cannot be told from one that the user wrote there, which is an error.
SELF_JOIN_CONDITIONS = (
    "x.data__Identifier = y.data__Identifier",
    "x.region = y.region",
    "x.region <> y.region AND x.data__Identifier = y.data__Identifier",
    "x.domain_name = y.uri",
    "x.domain_name = y.tags",
    "x.event_stream_name = y.domain_name",
    "x.created_at = y.uri",
    "x.state = y.state AND x.uri < y.uri",
)
NON_KEYS = ("uri", "tags", "created_at", "state", "event_stream_name", "region", "domain_name")
OF_L = ("name", "domain", "region", "n", "r", "id")
equalities = st.builds(
    "{{}}.{} {} l.{}".format,
    st.sampled_from(NON_KEYS),
    st.sampled_from(("=", "=", "=", "IS", "<>", "<", ">=", "LIKE", "GLOB")),
    st.sampled_from(OF_L),
)


def on(name: str) -> st.SearchStrategy[str]:
    """What joins a table with ``l``: one or two comparisons of any columns."""
    one = equalities.map(lambda each: each.format(name))
    return st.one_of(one, st.builds("{} AND {}".format, one, one))


joins_on_anything = st.one_of(
    st.builds(
        "SELECT l.n, x.region, x.data__Identifier, x.uri FROM l {} JOIN {} x ON {} WHERE {}".format,
        st.sampled_from(("", "LEFT", "CROSS")),
        st.just("{t}"),
        on("x"),
        conditions("x."),
    ),
    st.builds(
        "SELECT l.n, x.data__Identifier FROM {} x {} JOIN l ON {} WHERE {}".format,
        st.just("{t}"),
        st.sampled_from(("", "LEFT", "CROSS")),
        on("x"),
        conditions("x."),
    ),
    st.builds(
        "SELECT l.n, x.uri, y.uri FROM l {} JOIN {} x ON {} {} JOIN {} y ON {}".format,
        st.sampled_from(("", "LEFT", "CROSS")),
        st.just("{t}"),
        on("x"),
        st.sampled_from(("", "LEFT", "CROSS")),
        st.just("{t}"),
        st.one_of(
            on("y"), st.sampled_from(("x.uri = y.uri", "x.state = y.state AND x.uri <> y.uri"))
        ),
    ),
    st.builds(
        "SELECT n FROM l WHERE {} (SELECT 1 FROM {} x WHERE {})".format,
        st.sampled_from(("EXISTS", "NOT EXISTS")),
        st.just("{t}"),
        on("x"),
    ),
    st.builds(
        "SELECT n, (SELECT count(*) FROM {} x WHERE {}), "
        "(SELECT min(uri) FROM {} y WHERE {}) FROM l".format,
        st.just("{t}"),
        on("x"),
        st.just("{t}"),
        on("y"),
    ),
    st.builds(
        "SELECT data__Identifier FROM {} x WHERE {} (SELECT {} FROM l)".format,
        st.just("{t}"),
        st.sampled_from(
            [f"x.{column} {op}" for column in NON_KEYS for op in ("IN", "NOT IN", "=")]
        ),
        st.sampled_from(OF_L),
    ),
)
joins = st.one_of(
    st.builds(
        "SELECT l.n, x.region, x.data__Identifier, x.uri FROM l {} JOIN {} x ON {} WHERE {}".format,
        st.sampled_from(("", "LEFT", "CROSS")),
        st.just("{t}"),
        st.sampled_from(JOIN_CONDITIONS),
        conditions("x."),
    ),
    st.builds(
        "SELECT x.region, x.data__Identifier, l.n FROM {} x {} JOIN l ON {} WHERE {}".format,
        st.just("{t}"),
        st.sampled_from(("", "LEFT", "CROSS")),
        st.sampled_from(JOIN_CONDITIONS),
        conditions("x."),
    ),
    st.builds(
        "SELECT n FROM l WHERE {} (SELECT 1 FROM {} x WHERE {} AND {})".format,
        st.sampled_from(("EXISTS", "NOT EXISTS")),
        st.just("{t}"),
        st.sampled_from(JOIN_CONDITIONS),
        conditions("x."),
    ),
    st.builds(
        "SELECT n, (SELECT max(x.uri) FROM {} x WHERE {}) FROM l".format,
        st.just("{t}"),
        st.sampled_from(JOIN_CONDITIONS),
    ),
    st.builds(
        "SELECT x.region, x.data__Identifier FROM {} x WHERE x.{} IN (SELECT {} FROM l)".format,
        st.just("{t}"),
        st.just("data__Identifier"),
        st.just("id"),
    ),
    st.builds(
        "SELECT x.region, x.uri, y.state FROM {} x JOIN {} y ON {} WHERE {}".format,
        st.just("{t}"),
        st.just("{t}"),
        st.sampled_from(SELF_JOIN_CONDITIONS),
        conditions("y."),
    ),
)
limited = st.builds(
    "SELECT uri, state FROM {} WHERE {} LIMIT {} OFFSET {}".format,
    st.just("{t}"),
    st.one_of(
        conditions(), st.sampled_from(("1", "region = 'us-east-1'", "region <> 'us-east-1'"))
    ),
    st.integers(-1, 5),
    st.integers(-1, 5),
)
# Two AWS tables in a row, subqueries in subqueries, and what materialises them.
chains = st.one_of(
    st.builds(
        "SELECT l.n, x.uri, y.state FROM l {} JOIN {} x ON {} {} JOIN {} y ON {}".format,
        st.sampled_from(("", "LEFT")),
        st.just("{t}"),
        st.sampled_from(JOIN_CONDITIONS),
        st.sampled_from(("", "LEFT")),
        st.just("{t}"),
        st.sampled_from(SELF_JOIN_CONDITIONS),
    ),
    st.builds(
        "SELECT n FROM l WHERE {} (SELECT 1 FROM {} x WHERE {}) {} {} "
        "(SELECT 1 FROM {} y JOIN {} x ON {} WHERE y.domain_name = l.domain)".format,
        st.sampled_from(("EXISTS", "NOT EXISTS")),
        st.just("{t}"),
        st.sampled_from(JOIN_CONDITIONS),
        st.sampled_from(("AND", "OR")),
        st.sampled_from(("EXISTS", "NOT EXISTS")),
        st.just("{t}"),
        st.just("{t}"),
        st.sampled_from(SELF_JOIN_CONDITIONS),
    ),
    st.builds(
        "SELECT n, (SELECT max(y.uri) FROM {} y WHERE y.domain_name = "
        "(SELECT min(x.domain_name) FROM {} x WHERE {})) FROM l".format,
        st.just("{t}"),
        st.just("{t}"),
        st.sampled_from(JOIN_CONDITIONS),
    ),
    st.builds(
        "SELECT q.n, q.found, y.uri FROM (SELECT l.n, count(*) AS found, max(x.data__Identifier) "
        "AS id FROM l JOIN {} x ON {} GROUP BY l.n) q LEFT JOIN {} y "
        "ON y.data__Identifier = q.id".format,
        st.just("{t}"),
        st.sampled_from(JOIN_CONDITIONS),
        st.just("{t}"),
    ),
)
queries = st.lists(
    st.one_of(single_table, limited, joins, joins_on_anything, chains), min_size=1, max_size=6
)


@dataclass(frozen=True)
class Twin:
    """A connection on which both tables are."""

    connection: awsvtab.Connection
    emulator: Emulator

    def fill(self, estate: list[Stream]) -> None:
        """Makes the two tables hold the same."""
        self.emulator.reset()
        self.connection.execute("DELETE FROM ordinary")
        for region in REGIONS:
            for domain in DOMAINS:
                properties = {"DomainName": domain, "DefaultExpirationDays": 1}
                self.emulator.put(DOMAIN, properties, region=region)
        for stream in estate:
            stream.put(self.emulator)
        marks = ", ".join("?" * len(COLUMNS))
        self.connection.executemany(
            f"INSERT INTO ordinary VALUES ({marks})", [stream.row() for stream in estate]
        )

    def check(self, query: str) -> None:
        """Asks both. An error of AWS is an answer, too few rows are none."""
        try:
            found = self.connection.execute(query.replace("{t}", "event_streams")).fetchall()
        except awsvtab.AwsError:
            assert list(self.emulator.faults), query
            return
        expected = self.connection.execute(query.replace("{t}", "ordinary")).fetchall()
        if "ORDER BY" in query:
            assert found == expected
        elif "LIMIT" in query:  # any rows will do, as many
            everything = self.connection.execute(
                query[: query.index("LIMIT")].replace("{t}", "ordinary")
            )
            assert len(found) == len(expected)
            assert Counter(found) <= Counter(everything)
        else:
            assert Counter(found) == Counter(expected)


@pytest.fixture(scope="module")
def twin(session: boto3.Session, _emulator: Emulator) -> Iterator[Twin]:
    connection = _emulator.connect(
        session=session,
        regions=REGIONS,
        tables=["customerprofiles.event_streams"],
        clock=FakeClock(),
    )
    connection.execute(ORDINARY)
    connection.execute(
        "CREATE TABLE l (n INTEGER, id TEXT, domain TEXT, name TEXT, region TEXT, r REAL)"
    )
    connection.executemany(
        "INSERT INTO l VALUES (?1, ?2, ?3, ?4, ?5, ?1)",
        [
            (1, "d|a", "d", "a", "us-east-1"),
            (2, "d|a", "d", "A", "eu-central-1"),
            (3, "D|b", "D", "b", None),
            (4, "1|01", "1", "01", "us-east-1"),
            (5, "zz|a", "zz", "u", "us-east-1"),
            (6, None, None, None, None),
            (7, "malformed", "dd", "1", "eu-central-1"),
        ],
    )
    connection.execute("CREATE INDEX l_id ON l (id)")
    yield Twin(connection, _emulator)
    connection.close()


# Joined rows, each with another region.
BY_REGION = (
    "SELECT n FROM l WHERE EXISTS (SELECT 1 FROM {t} x WHERE x.uri <> l.domain "
    "AND x.region >= l.region)",
    "SELECT n, x.uri FROM l CROSS JOIN {t} x ON x.uri <> l.domain AND x.region <> l.region",
    "SELECT n, x.uri FROM l LEFT JOIN {t} x ON x.state = 'RUNNING' AND x.region <= l.region",
)


@pytest.mark.parametrize("query", BY_REGION)
def test_a_joined_region_decides_each_time(twin: Twin, query: str) -> None:
    twin.fill([ONE, replace(ONE, region="eu-central-1", uri="")])
    twin.check(query)


ONE = Stream("d", "a", "u", None, "7", "RUNNING", "us-east-1")


EXAMPLES = (
    "SELECT count(*) FROM {t} WHERE region = 'us-east-1' OR domain_name = 'd'",
    "SELECT uri FROM {t} WHERE domain_name = 'd' AND event_stream_name = ''",
    "SELECT uri FROM {t} WHERE (data__Identifier, region) IN (SELECT id, region FROM l)",
    "SELECT uri FROM {t} WHERE domain_name = 'D' COLLATE NOCASE",
    "SELECT uri FROM {t} WHERE domain_name IN ('d', NULL) AND domain_name = 'd'",
)


@pytest.mark.parametrize("query", EXAMPLES)
def test_what_once_differed_agrees(twin: Twin, query: str) -> None:
    twin.fill([ONE])
    twin.check(query)


@given(estates, queries)
def test_both_tables_give_the_same_rows(
    twin: Twin, estate: list[Stream], queries: list[str]
) -> None:
    twin.fill(estate)
    for query in queries:
        twin.check(query)


# Throttled now and then, and one connection that is cut.
faults = st.lists(
    st.tuples(
        st.sampled_from(("throttle", "throttle_behind", "drop", "lose_answer", "truncate", "deny")),
        st.fixed_dictionaries(
            {"nth": st.integers(1, 20), "times": st.integers(1, 3)},
            optional={"operation": st.sampled_from(("ListResources", "GetResource"))},
        ),
    ),
    min_size=1,
    max_size=3,
)


def check_with_faults(
    twin: Twin, estate: list[Stream], query: str, faults: list[tuple[str, Any]]
) -> None:
    twin.fill(estate)
    for kind, where in faults:
        getattr(twin.emulator.faults, kind)(**where)
    twin.check(query)


@given(estates, st.one_of(single_table, joins, chains), faults)
def test_faults_change_no_answer(
    twin: Twin, estate: list[Stream], query: str, faults: list[tuple[str, Any]]
) -> None:
    check_with_faults(twin, estate, query, faults)


@pytest.mark.slow
@settings(max_examples=1_000)
@given(estates, st.one_of(single_table, joins, chains), faults)
def test_faults_change_no_answer_for_long(
    twin: Twin, estate: list[Stream], query: str, faults: list[tuple[str, Any]]
) -> None:
    check_with_faults(twin, estate, query, faults)


@pytest.mark.slow
@settings(max_examples=1_000)
@given(estates, queries)
def test_both_tables_give_the_same_rows_for_long(
    twin: Twin, estate: list[Stream], queries: list[str]
) -> None:
    twin.fill(estate)
    for query in queries:
        twin.check(query)
