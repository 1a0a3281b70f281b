"""What a WHERE clause or a join decides before any call: exact counts of calls."""

from __future__ import annotations

from typing import Any

import pytest

import awsvtab
from awsvtab.emulator import Emulator
from awsvtab.readahead import HEAD_START
from conftest import DOMAIN, EVENT_STREAM, Connect, operations, put_domain, put_stream

TABLE = "aws.customerprofiles.event_streams"
REGIONS = ("us-east-1", "us-west-2", "eu-west-2", "eu-central-1")


def calls(emulator: Emulator) -> tuple[int, int]:
    """How often something was listed and how often got, since this was asked last."""
    made = operations(emulator)
    return made.pop("ListResources", 0), made.pop("GetResource", 0)


@pytest.mark.parametrize(
    ("where", "found", "made"),
    [
        # the name is in the listing: only rows that match are read
        ("event_stream_name LIKE 'A%'", 3, (4, 3)),
        ("event_stream_name LIKE '%'", 6, (4, 6)),
        ("event_stream_name GLOB '[bc]'", 3, (4, 3)),
        ("event_stream_name NOT LIKE 'a%'", 3, (4, 6)),  # SQLite does not offer it
        ("event_stream_name LIKE 'A%' ESCAPE '!'", 3, (4, 6)),  # nor this
        ("event_stream_name <> 'a'", 3, (4, 3)),
        ("event_stream_name <> 'A' COLLATE NOCASE", 3, (4, 6)),
        ("event_stream_name IS NOT 'a'", 3, (4, 3)),
        ("event_stream_name IS 'a'", 3, (4, 3)),
        ("event_stream_name > 'a'", 3, (4, 3)),
        ("event_stream_name >= 'a' AND event_stream_name < 'b'", 3, (4, 3)),
        ("event_stream_name BETWEEN 'b' AND 'c'", 3, (4, 3)),
        ("event_stream_name > 'A' COLLATE NOCASE", 3, (4, 6)),
        ("event_stream_name = 'a'", 3, (4, 3)),
        ("event_stream_name IN ('a', 'c', NULL)", 4, (4, 4)),
        ("event_stream_name IN ('a', 'c') AND event_stream_name IN ('c', 'x')", 1, (4, 1)),
        ("event_stream_name = 'a' AND event_stream_name <> 'a'", 0, (0, 0)),
        ("(event_stream_name, state) = ('b', 'RUNNING')", 2, (4, 2)),
        ("(event_stream_name, state) > ('b', 'A')", 3, (4, 3)),
        ("data__Identifier LIKE '%e|b'", 2, (4, 2)),
        ("event_stream_name IS NOT NULL", 6, (4, 6)),
        ("event_stream_name IS NULL", 0, (4, 0)),
        ("event_stream_name = 5", 0, (4, 0)),
        # the name decides which parents' children are listed
        ("domain_name LIKE 'T%'", 4, (3, 4)),
        ("domain_name > 'one'", 4, (3, 4)),
        ("domain_name <> 'one' AND event_stream_name = 'a'", 2, (3, 2)),
        ("domain_name IS NULL", 0, (1, 0)),
        # keys that a predicate rules out are not asked for
        ("domain_name IN ('one', 'two') AND domain_name <> 'two'", 2, (1, 2)),
        ("data__Identifier IN ('one|a', 'two|a') AND domain_name = 'one'", 1, (0, 1)),
        ("data__Identifier IN ('one|a', 'two|a') AND event_stream_name LIKE 'b%'", 0, (0, 0)),
        ("domain_name IN ('one', 'two') AND event_stream_name IN ('a', 'b')", 3, (0, 4)),
        ("domain_name = 'one' AND domain_name = 'two'", 0, (0, 0)),
        ("domain_name IN ('one', 'two') AND domain_name IN ('two', 'x')", 1, (1, 1)),
        ("domain_name IS 'one'", 2, (1, 2)),
        ("data__Identifier IS 'one|a'", 1, (0, 1)),
        # NULL: no row
        ("uri = NULL", 0, (0, 0)),
        ("uri <> NULL", 0, (0, 0)),
        ("uri < NULL", 0, (0, 0)),
        ("uri LIKE NULL", 0, (0, 0)),
        ("uri IN (NULL)", 0, (0, 0)),
        ("data__Identifier IS NULL", 0, (4, 0)),
        # OR: each side by itself
        ("data__Identifier = 'one|a' OR domain_name = 'two'", 2, (1, 2)),
        # the region
        ("region LIKE 'eu-%'", 0, (0, 0)),
        ("region <> 'us-east-1'", 0, (0, 0)),
        ("region GLOB 'us-*'", 6, (4, 6)),
        ("region IS 'us-east-1'", 6, (4, 6)),
        ("region IS NULL", 0, (0, 0)),
        ("region > 'us'", 6, (4, 6)),
        ("+region = 'us-east-1'", 6, (4, 6)),
        ("region = 'us-east-1' AND region LIKE 'eu-%'", 0, (0, 0)),
    ],
)
def test_rows_that_cannot_match_are_not_read(
    connection: awsvtab.Connection,
    estate: Emulator,
    where: str,
    found: int,
    made: tuple[int, int],
) -> None:
    rows = connection.execute(f"SELECT uri FROM event_streams WHERE {where}").fetchall()
    assert len(rows) == found
    assert calls(estate) == made


def test_hidden_columns_can_be_given_as_arguments(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    """``t('x')`` compares the hidden columns, in the order in which they are declared."""
    rows = connection.execute("SELECT uri FROM event_streams('one|a')").fetchall()
    assert len(rows) == 1
    assert calls(estate) == (0, 1)


def test_what_the_listing_returned_decides_too(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    estate.listing.by_type[EVENT_STREAM] = ["DomainName", "EventStreamName", "Uri"]
    sql = "SELECT state FROM event_streams WHERE uri LIKE '%two%'"
    assert len(connection.execute(sql).fetchall()) == 1
    assert calls(estate) == (4, 1)


def test_a_bound_value_decides_as_a_literal_does(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    for where, value, gets in (
        ("event_stream_name = ?", "a", 3),
        ("event_stream_name LIKE ?", "a%", 3),
        ("event_stream_name > ?", "b", 1),
        ("event_stream_name IS ?", None, 0),
    ):
        connection.execute(f"SELECT uri FROM event_streams WHERE {where}", [value]).fetchall()
        assert calls(estate) == (4, gets), where


def test_a_like_of_the_applications_own_is_asked(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    connection.create_function("like", 2, lambda pattern, text: text == "c")
    sql = "SELECT event_stream_name FROM event_streams WHERE event_stream_name LIKE 'a%'"
    assert connection.execute(sql).fetchall() == [("c",)]


def test_like_that_heeds_case(connection: awsvtab.Connection, estate: Emulator) -> None:
    connection.execute("PRAGMA case_sensitive_like = 1")
    sql = "SELECT count(*) FROM event_streams WHERE event_stream_name LIKE ?"
    assert connection.execute(sql, ["A%"]).fetchone() == (0,)
    assert connection.execute(sql, ["a%"]).fetchone() == (3,)


def test_a_number_equals_every_way_to_write_it(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    put_domain(emulator, "1")
    put_domain(emulator, "01")
    connection.execute("CREATE TABLE numbers (number INTEGER)")
    connection.execute("INSERT INTO numbers VALUES (1)")
    for sql in (
        "SELECT domain_name FROM aws.customerprofiles.domains WHERE domain_name = CAST(1 AS INT)",
        "SELECT domain_name FROM numbers CROSS JOIN aws.customerprofiles.domains "
        "ON domain_name = number",
        "SELECT domain_name FROM aws.customerprofiles.domains "
        "WHERE domain_name IN (SELECT number FROM numbers)",
        "SELECT domain_name FROM aws.customerprofiles.domains "
        "WHERE region = 'us-east-1' AND domain_name = (SELECT number FROM numbers)",
    ):
        assert sorted(connection.execute(sql)) == [("01",), ("1",)], sql
    sql = "SELECT domain_name FROM aws.customerprofiles.domains WHERE domain_name = 1"
    assert connection.execute(sql).fetchall() == [("1",)]


@pytest.fixture
def world(emulator: Emulator) -> Emulator:
    """A domain with one event stream, in each of four regions."""
    for region in REGIONS:
        put_domain(emulator, "d", region)
        put_stream(emulator, "d", "s", region)
    return emulator


@pytest.mark.parametrize(
    ("where", "asked"),
    [
        ("1", REGIONS),
        ("region = 'eu-west-2'", ("eu-west-2",)),
        ("region IN ('eu-west-2', 'us-east-1')", ("eu-west-2", "us-east-1")),
        ("region = 'eu-west-2' OR region = 'us-east-1'", ("eu-west-2", "us-east-1")),
        ("region LIKE 'EU-%'", ("eu-central-1", "eu-west-2")),
        ("region GLOB 'us-*'", ("us-east-1", "us-west-2")),
        ("region <> 'us-east-1'", ("us-west-2", "eu-west-2", "eu-central-1")),
        ("region IS NOT 'us-east-1'", ("us-west-2", "eu-west-2", "eu-central-1")),
        ("region < 'us'", ("eu-west-2", "eu-central-1")),
        ("region BETWEEN 'eu-d' AND 'us-f'", ("us-east-1", "eu-west-2")),
        ("region IN ('eu-west-2', 'us-east-1') AND region <> 'us-east-1'", ("eu-west-2",)),
        ("region LIKE 'eu-%' AND region <> 'eu-west-2'", ("eu-central-1",)),
        ("region LIKE 'ap-%'", ()),
        ("region IS NOT NULL", REGIONS),
    ],
)
def test_only_regions_that_may_match_are_asked(
    connect: Connect, world: Emulator, where: str, asked: tuple[str, ...]
) -> None:
    connection = connect(regions=REGIONS)
    rows = connection.execute(f"SELECT region FROM {TABLE} WHERE {where}")
    assert sorted(rows) == sorted((region,) for region in asked)
    assert {call.region for call in world.calls} == set(asked)
    assert len(world.calls) == 2 * len(asked)


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT region FROM {TABLE} WHERE +region = 'eu-west-2'",
        f"SELECT region FROM {TABLE} WHERE region = 'eu-west-2'",
        f"SELECT region FROM {TABLE} WHERE region = 'eu-west-2' OR state = 'nowhere'",
        f"SELECT region FROM {TABLE} WHERE region = 'eu-west-2' OR data__Identifier = 'x|y'",
        f"SELECT t.region FROM {TABLE} t CROSS JOIN wanted w ON t.region = w.region",
        f"SELECT t.region FROM wanted w CROSS JOIN {TABLE} t ON t.region = w.region",
        f"SELECT t.region FROM {TABLE} t JOIN wanted w ON t.region = w.region",
        f"SELECT t.region FROM {TABLE} t JOIN wanted w ON +t.region = w.region",
        f"SELECT region FROM {TABLE} WHERE region IN (SELECT region FROM wanted)",
        f"SELECT region FROM {TABLE} WHERE region LIKE 'eu-w%'",
        f"SELECT region FROM {TABLE} WHERE lower(region) = 'eu-west-2'",
    ],
)
def test_the_same_rows_whatever_plan_sqlite_picks(
    connect: Connect, world: Emulator, query: str
) -> None:
    connection = connect(regions=REGIONS)
    connection.execute("CREATE TABLE wanted (region TEXT)")
    connection.execute("INSERT INTO wanted VALUES ('eu-west-2'), ('ap-south-1'), ('none'), (NULL)")
    assert connection.execute(query).fetchall() == [("eu-west-2",)]


def test_without_a_list_of_regions_a_join_may_name_them(connect: Connect, world: Emulator) -> None:
    connection = connect()
    connection.execute("CREATE TABLE wanted (region TEXT)")
    connection.execute("INSERT INTO wanted VALUES ('eu-west-2'), ('us-west-2')")
    for tables in (f"{TABLE} t JOIN wanted w", f"wanted w JOIN {TABLE} t"):
        rows = connection.execute(f"SELECT t.region FROM {tables} ON t.region = w.region")
        assert sorted(rows) == [("eu-west-2",), ("us-west-2",)]
        assert calls(world) == (4, 0)


def test_without_a_list_of_regions_a_predicate_chooses_from_the_sessions(
    connect: Connect, world: Emulator
) -> None:
    connection = connect()
    for where, found in (("region LIKE 'us-%'", 1), ("region <> 'us-east-1'", 0)):
        rows = connection.execute(f"SELECT region FROM {TABLE} WHERE {where}").fetchall()
        assert rows == [("us-east-1",)] * found
        assert calls(world) == (2 * found, 0)


@pytest.mark.parametrize("operator", ["=", "<>", "IS", "IS NOT"])
@pytest.mark.parametrize("right", ["'us-esat-1'", "?"])
def test_a_region_that_is_none_is_refused(
    connect: Connect, emulator: Emulator, operator: str, right: str
) -> None:
    bindings = ["us-esat-1"] if right == "?" else []
    with pytest.raises(awsvtab.ProgrammingError, match=r"did you mean .*'us-east-1'"):
        connect(regions=REGIONS).execute(
            f"SELECT * FROM {TABLE} WHERE region {operator} {right}", bindings
        )
    assert calls(emulator) == (0, 0)


@pytest.mark.parametrize(
    ("where", "made"),
    [("region LIKE 'us-%'", 1), ("region <> 'us-east-1'", 0), ("region IS NOT NULL", 1)],
)
def test_predicates_on_the_region_of_a_global_type(
    connect: Connect, emulator: Emulator, where: str, made: int
) -> None:
    emulator.put("AWS::IAM::Role", {"RoleName": "r", "AssumeRolePolicyDocument": {}})
    connection = connect(regions=["eu-west-2"])
    rows = connection.execute(f"SELECT region FROM aws.iam.roles WHERE {where}").fetchall()
    assert rows == [("us-east-1",)] * made
    assert calls(emulator) == (made, 0)


NAMES = 20


@pytest.fixture
def many(emulator: Emulator, connection: awsvtab.Connection) -> awsvtab.Connection:
    """Twenty streams of one domain, and as many local rows, that have two of their URIs."""
    put_domain(emulator, "d")
    for number in range(NAMES):
        put_stream(emulator, "d", f"s{number:02}", Uri=f"arn:{number}")
    connection.execute("CREATE TABLE l (n INTEGER, uri TEXT, name TEXT)")
    connection.executemany(
        "INSERT INTO l VALUES (?, ?, ?)",
        [(number, f"arn:{number % 2}", f"s{number % 2:02}") for number in range(NAMES)],
    )
    return connection


@pytest.mark.parametrize(
    ("query", "count", "made"),
    [
        ("l JOIN {t} t ON t.uri = l.uri", NAMES, (2, NAMES)),
        ("{t} t JOIN l ON t.uri = l.uri", NAMES, (2, NAMES)),
        ("l LEFT JOIN {t} t ON t.uri = l.uri", NAMES, (2, NAMES)),
        ("l CROSS JOIN {t} t ON t.uri = l.uri AND t.event_stream_name < 's05'", NAMES, (2, 5)),
        ("l CROSS JOIN {t} t ON t.uri = l.uri AND t.event_stream_name = l.name", NAMES, (2, 2)),
        ("l CROSS JOIN {t} t ON t.event_stream_name = l.name", NAMES, (2, 0)),
        ("l CROSS JOIN {t} t ON t.uri = l.uri AND t.event_stream_name <> l.name", 0, (2, NAMES)),
        ("l WHERE uri IN (SELECT uri FROM {t})", NAMES, (2, NAMES)),
        ("{t} x JOIN {t} y ON x.uri = y.uri", NAMES, (2, NAMES)),
        ("{t} x CROSS JOIN {t} y ON x.event_stream_name = y.event_stream_name", NAMES, (2, 0)),
        ("{t} x JOIN {t} y ON x.state = y.state", NAMES * NAMES, (2, NAMES)),
    ],
)
def test_a_join_on_any_column_lists_once(
    many: awsvtab.Connection, emulator: Emulator, query: str, count: int, made: tuple[int, int]
) -> None:
    sql = f"SELECT count(*) FROM {query.format(t='event_streams')}"
    assert many.execute(sql).fetchone() == (count,)
    assert calls(emulator) == made


def test_rows_that_a_hash_finds_are_read_at_once(
    many: awsvtab.Connection, emulator: Emulator
) -> None:
    many.execute("UPDATE l SET name = printf('s%02d', n)")
    emulator.faults.delay(0.01, operation="GetResource")  # long enough for calls to meet
    sql = "SELECT count(t.uri) FROM l CROSS JOIN event_streams t ON t.event_stream_name = l.name"
    assert many.execute(sql).fetchone() == (NAMES,)
    assert emulator.calls.peak >= 4
    assert calls(emulator) == (2, NAMES)


@pytest.mark.parametrize(("operator", "count"), [("EXISTS", NAMES), ("NOT EXISTS", 0)])
@pytest.mark.parametrize(
    ("condition", "most"),
    [("t.uri = l.uri", 2 * 2 + HEAD_START), ("t.event_stream_name = l.name", 0)],
)
def test_a_subquery_that_has_found_its_row_reads_little_more(
    many: awsvtab.Connection,
    emulator: Emulator,
    operator: str,
    count: int,
    condition: str,
    most: int,
) -> None:
    """The first two rows are all that it has to see."""
    sql = f"SELECT count(*) FROM l WHERE {operator} (SELECT 1 FROM event_streams t WHERE {{}})"
    assert many.execute(sql.format(condition)).fetchone() == (count,)
    listed, got = calls(emulator)
    assert listed == 2
    assert got <= most


@pytest.mark.parametrize(
    ("query", "bindings", "made"),
    [
        # by key, although another condition could be hashed
        ("l JOIN {t} t ON t.data__Identifier = 'd|' || l.name WHERE t.uri = ?", ["arn:1"], (0, 2)),
        ("l JOIN {t} t ON t.data__Identifier = 'd|' || l.name WHERE t.uri = 'arn:1'", [], (0, 2)),
        ("{t} t JOIN l ON t.event_stream_name = l.name AND t.domain_name = 'd'", [], (0, 2)),
        # the one listing, not a lookup for each local row
        ("{t} t JOIN l ON t.event_stream_name = l.name WHERE t.state = 'RUNNING'", [], (2, 2)),
        # what is known is compared before what has to be read
        ("{t} x JOIN {t} y ON x.event_stream_name = y.event_stream_name AND x.uri = y.uri "
         "WHERE x.event_stream_name < 's03'", [], (2, 3)),
        ("l JOIN {t} t ON t.event_stream_name = l.name AND t.state = 'RUNNING' AND t.tags IS NULL",
         [], (2, 2)),
    ],
)  # fmt: skip
def test_joins_make_the_fewest_calls(
    many: awsvtab.Connection,
    emulator: Emulator,
    query: str,
    bindings: list[str],
    made: tuple[int, int],
) -> None:
    sql = f"SELECT count(*) FROM {query.format(t='event_streams')}"
    assert many.execute(sql, bindings).fetchone() != (0,)
    assert calls(emulator) == made


def test_offset_and_limit_are_counted_by_sqlite(
    many: awsvtab.Connection, emulator: Emulator
) -> None:
    for where in ("1", "region = 'us-east-1'", "event_stream_name <> 's00'", "uri NOT LIKE '%0'"):
        all_rows = many.execute(f"SELECT uri FROM event_streams WHERE {where}").fetchall()
        for order in ("", "ORDER BY uri DESC"):
            wanted = sorted(all_rows, reverse=True) if order else all_rows
            sql = f"SELECT uri FROM event_streams WHERE {where} {order} LIMIT 3 OFFSET 4"
            assert many.execute(sql).fetchall() == wanted[4:7]


def test_a_limit_over_a_filtered_scan_stops_reading(
    many: awsvtab.Connection, emulator: Emulator
) -> None:
    sql = "SELECT uri FROM event_streams WHERE event_stream_name >= 's10' LIMIT 3"
    assert many.execute(sql).fetchall() == [(f"arn:{number}",) for number in (10, 11, 12)]
    listed, got = calls(emulator)
    assert listed == 2
    assert 3 <= got <= 6


def test_a_domain_is_a_parent_by_what_it_has(connect: Connect, emulator: Emulator) -> None:
    """Parents that a predicate rules out need not be read, only listed."""
    for name in ("a", "b"):
        put_domain(emulator, name)
        put_stream(emulator, name, "s")
    emulator.listing.by_type[DOMAIN] = "identifier"
    rows: Any = connect().execute(f"SELECT domain_name FROM {TABLE} WHERE domain_name LIKE 'a'")
    assert rows.fetchall() == [("a",)]
    assert calls(emulator) == (2, 0)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("parent_id LIKE '%-11111111'", ["second"]),
        ("parent_id > 'ou-abcd-2'", ["first", "third"]),
        ("parent_id <> 'r-abcd'", ["second", "third"]),
        ("name = 'third'", ["third"]),
    ],
)
def test_a_tree_is_walked_past_rows_that_do_not_match(
    connect: Connect, emulator: Emulator, where: str, found: list[str]
) -> None:
    emulator.put("AWS::Organizations::Organization", {"RootId": "r-abcd", "Id": "o-abcdefghij"})
    parent = "r-abcd"
    for number, name in enumerate(("first", "second", "third"), start=1):
        unit = {"ParentId": parent, "Id": f"ou-abcd-{str(number) * 8}", "Name": name}
        parent = emulator.put("AWS::Organizations::OrganizationalUnit", unit)
    sql = f"SELECT name FROM aws.organizations.organizational_units WHERE {where} ORDER BY name"
    assert [name for (name,) in connect().execute(sql)] == found


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT uri FROM event_streams WHERE data__Identifier IN (SELECT id FROM wanted)",
        "SELECT uri FROM event_streams WHERE domain_name IN (SELECT id FROM wanted)",
        "SELECT uri FROM event_streams WHERE domain_name IN (SELECT value FROM json_each('[]'))",
        "DELETE FROM event_streams WHERE domain_name IN (SELECT id FROM wanted)",
        "UPDATE event_streams SET tags = '[]' WHERE data__Identifier IN (SELECT id FROM wanted)",
    ],
)
def test_an_empty_set_has_no_rows_and_asks_for_none(
    connection: awsvtab.Connection, estate: Emulator, sql: str
) -> None:
    connection.execute("CREATE TABLE wanted (id TEXT)")
    for _ in range(2):  # the second from what the connection knows of the text
        assert connection.execute(sql).fetchall() == []
    assert operations(estate) == {}
    assert connection.execute("SELECT count(*) FROM aws_pending").fetchone() == (0,)
    connection.execute("INSERT INTO wanted VALUES ('one')")
    rows = connection.execute(
        "SELECT event_stream_name FROM event_streams WHERE domain_name IN (SELECT id FROM wanted)"
    )
    assert sorted(rows) == [("a",), ("b",)]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO found SELECT event_stream_name FROM aws_customerprofiles_event_streams "
        "WHERE domain_name IN (SELECT id FROM wanted WHERE n = ?)",
        "UPDATE event_streams SET tags = '[]' "
        "WHERE domain_name IN (SELECT id FROM wanted WHERE n = ?)",
    ],
)
def test_an_empty_set_stops_no_executemany(
    connection: awsvtab.Connection, estate: Emulator, sql: str
) -> None:
    connection.execute("CREATE TABLE found (name TEXT)")
    connection.execute("CREATE TABLE wanted (id TEXT, n INTEGER)")
    connection.execute("INSERT INTO wanted VALUES ('one', 1), ('two', 4)")
    assert connection.executemany(sql, [(1,), (2,), (3,), (4,)]).rowcount == 3
    connection.rollback()
    assert operations(estate)["ListResources"] == 2


def test_a_text_with_a_nul_is_found_as_the_number_before_it(
    many: awsvtab.Connection, emulator: Emulator
) -> None:
    """SQLite reads no further. Two rows, as the second is looked up in the hash."""
    put_domain(emulator, "five")
    (days,) = many.execute(
        "SELECT default_expiration_days FROM aws.customerprofiles.domains "
        "WHERE domain_name = 'five'"
    ).fetchone()
    text = f"{days}\0"
    many.execute("CREATE TABLE nul (v TEXT)")
    many.executemany("INSERT INTO nul VALUES (?)", [(text,), (text,)])
    joined = "SELECT count(*) FROM nul CROSS JOIN {} d ON d.default_expiration_days = nul.v"
    many.execute("CREATE TABLE ordinary (default_expiration_days INTEGER)")
    many.execute(
        "INSERT INTO ordinary SELECT default_expiration_days FROM aws.customerprofiles.domains"
    )
    expected = many.execute(joined.format("ordinary")).fetchone()
    assert expected[0] >= 2
    assert many.execute(joined.format("aws.customerprofiles.domains")).fetchone() == expected
