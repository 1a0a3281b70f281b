"""The pages of ``awsvtab serve``, through its ASGI application, and the calls that each makes."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import apsw
import pytest

from awsvtab.emulator import Emulator
from clock import FakeClock
from conftest import DOMAIN, Connect, operations, put_domain, put_stream
from emulating import cloudcontrol

pytest.importorskip("datasette")

from datasette.utils import tilde_encode

from awsvtab.serve import datasette_for
from awsvtab.serve.app import AwsDatasette

# Where one facet fails, Datasette does not await those that it has begun.
pytestmark = pytest.mark.filterwarnings(
    "ignore:coroutine .*facet.* was never awaited:RuntimeWarning"
)

STREAMS = "/aws/aws_customerprofiles_event_streams"
DOMAINS = "/aws/aws_customerprofiles_domains"
QUEUE = "AWS::SQS::Queue"


class Browser:
    """Asks one application for pages."""

    def __init__(self, datasette: AwsDatasette) -> None:
        self.datasette = datasette

    def get(self, path: str, **headers: str) -> Any:
        """The answer to a GET."""
        return self.ask("get", path, **headers)

    def ask(self, method: str, path: str, **headers: str) -> Any:
        """The answer to a request."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def asked() -> Any:
            return await self.datasette.client.request(method.upper(), path, headers=named)

        return asyncio.run(asked())

    def rows(self, path: str) -> list[dict[str, Any]]:
        """The rows of one page, as objects."""
        rows: list[dict[str, Any]] = self.page(path)["rows"]
        return rows

    def page(self, path: str) -> dict[str, Any]:
        """One page as JSON, its rows as objects."""
        path, _, query = path.partition("?")
        answer = self.get(f"{path.removesuffix('.json')}.json?_shape=objects&{query}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def all_rows(self, path: str) -> list[dict[str, Any]]:
        """The rows of all pages, as their links lead on."""
        rows: list[dict[str, Any]] = []
        while path:
            page = self.page(path)
            rows += page["rows"]
            path = (page["next_url"] or "").removeprefix("http://localhost")
        return rows

    def sql(self, sql: str, kind: str = "json", **parameters: str) -> Any:
        """The answer of the SQL box."""
        suffix = f".{kind}" if kind else ""
        return self.get(f"/aws{suffix}?{urlencode({'sql': sql, **parameters})}")


Serve = Callable[..., Browser]


@pytest.fixture
def serve(connect: Connect) -> Iterator[Serve]:
    """Makes applications over connections to the emulator."""
    made: list[AwsDatasette] = []

    def make(path: Path | None = None, time_limit_s: float = 60, **options: Any) -> Browser:
        connection = connect(
            check_same_thread=False, **{"cache_ttl": 60, "read_only": True, **options}
        )
        name = None if path is None else str(path)
        made.append(datasette_for(connection, name, time_limit_s=time_limit_s))
        return Browser(made[-1])

    yield make
    for datasette in made:
        datasette.close()


@pytest.fixture
def browser(estate: Emulator, serve: Serve) -> Browser:
    """An application that shows the estate."""
    estate.calls.clear()
    return serve()


def put_queues(emulator: Emulator, count: int, **properties: Any) -> None:
    for number in range(count):
        emulator.put(QUEUE, {"QueueName": f"q{number:04}", **properties})


# Pages without rows


def test_the_index_leads_to_every_service_and_makes_no_call(
    browser: Browser, estate: Emulator
) -> None:
    page = browser.get("/")
    assert page.status_code == 200
    for service in ("sqs", "s3", "customerprofiles"):
        assert f'href="/services/{service}"' in page.text
    assert operations(estate) == {}


def test_a_service_has_all_its_tables_and_makes_no_call(browser: Browser, estate: Emulator) -> None:
    page = browser.get("/services/customerprofiles").text
    assert f'href="{STREAMS}"' in page
    assert "aws.customerprofiles.event_streams" in page
    assert "AWS::CustomerProfiles::EventStream" in page
    assert operations(estate) == {}


@pytest.mark.parametrize(
    "words", ["event streams", "AWS::CustomerProfiles::EventStream", "EVENT_stream", "eventstream"]
)
def test_a_search_finds_tables_by_any_of_their_names(browser: Browser, words: str) -> None:
    assert f'href="{STREAMS}"' in browser.get("/?" + urlencode({"q": words})).text


def test_a_search_that_finds_nothing_says_so(browser: Browser) -> None:
    assert "0 tables with “zzz”" in browser.get("/?q=zzz").text


def test_the_index_has_the_tables_of_the_file_first(
    estate: Emulator, connect: Connect, serve: Serve, tmp_path: Path
) -> None:
    path = tmp_path / "own.db"
    with connect(str(path)) as writer:
        writer.execute("CREATE VIRTUAL TABLE streams USING aws(customerprofiles.event_streams)")
        writer.execute("CREATE TABLE owners (domain TEXT PRIMARY KEY, team TEXT)")
        writer.execute("CREATE VIEW teams AS SELECT DISTINCT team FROM owners")
    estate.calls.clear()
    page = serve(path, tables=["sqs.queues"]).get("/").text
    for name, what in (
        ("streams", "customerprofiles.event_streams"),
        ("owners", "a table of the file"),
        ("teams", "a view of the file"),
        ("queues", "aws.sqs.queues"),
    ):
        assert f'<a href="/aws/{name}">{name}</a> <span class="what">{what}</span>' in page
    assert operations(estate) == {}


# Table pages


def test_a_page_lists_once_and_reads_the_rows_that_it_shows(
    browser: Browser, estate: Emulator
) -> None:
    page = browser.get(STREAMS)
    assert page.status_code == 200
    assert "6 rows" in page.text
    assert operations(estate) == {"ListResources": 1 + 3, "GetResource": 6}
    browser.get(STREAMS)
    assert operations(estate) == {}


def test_a_page_of_many_rows_reads_no_others(emulator: Emulator, serve: Serve) -> None:
    put_queues(emulator, 250)
    browser = serve()
    emulator.calls.clear()
    page = browser.get("/aws/aws_sqs_queues.json").json()
    assert (len(page["rows"]), page["filtered_table_rows_count"]) == (100, 250)
    assert operations(emulator) == {"ListResources": 3, "GetResource": 100}
    browser.get(page["next_url"].removeprefix("http://localhost"))
    assert operations(emulator) == {"GetResource": 100}


def test_what_the_listing_gives_is_not_read_again(emulator: Emulator, serve: Serve) -> None:
    put_queues(emulator, 10)
    emulator.listing.properties = "all"
    browser = serve()
    emulator.calls.clear()
    rows = browser.rows("/aws/aws_sqs_queues?_col=queue_name&_col=arn")
    assert [row["queue_name"] for row in rows] == [f"q{number:04}" for number in range(10)]
    assert operations(emulator) == {"ListResources": 1}


@pytest.mark.parametrize("sort", ["", "_sort=delay_seconds", "_sort_desc=delay_seconds"])
def test_pages_neither_repeat_rows_nor_lose_any(
    emulator: Emulator, serve: Serve, sort: str
) -> None:
    emulator.listing.order = "shuffled"
    for region in ("us-east-1", "us-west-2"):
        for number in range(30):
            given = {"QueueName": f"q{number:02}"}
            if number % 5:
                given["DelaySeconds"] = number % 3
            emulator.put(QUEUE, given, region=region)
    browser = serve(regions=["us-east-1", "us-west-2"])
    rows = browser.all_rows(f"/aws/aws_sqs_queues?_size=7&{sort}")
    keys = [(row["region"], row["queue_name"]) for row in rows]
    assert len(keys) == 60
    assert len(set(keys)) == 60
    if not sort:
        assert keys == sorted(keys)
    else:
        delays = [-1 if row["delay_seconds"] is None else row["delay_seconds"] for row in rows]
        assert delays == sorted(delays, reverse="desc" in sort)


@pytest.mark.parametrize("query", ["", "&_sort=visibility_timeout", "&_where=1=1+OR+1=1"])
def test_facets_of_every_page_are_of_all_rows(emulator: Emulator, serve: Serve, query: str) -> None:
    put_queues(emulator, 5, VisibilityTimeout=7)
    browser = serve()
    address = f"/aws/aws_sqs_queues.json?_size=2&_facet=visibility_timeout{query}"
    names = []
    while address:
        page = browser.page(address)
        (facet,) = page["facet_results"]["visibility_timeout"]["results"]
        assert (facet["value"], facet["count"]) == (7, page["filtered_table_rows_count"]) == (7, 5)
        names += [row["queue_name"] for row in page["rows"]]
        address = (page["next_url"] or "").removeprefix("http://localhost")
    assert names == [f"q{number:04}" for number in range(5)]


@pytest.mark.slow
@pytest.mark.parametrize("sort", ["", "&_sort=n", "&_sort_desc=n", "&_sort=a", "&_sort_desc=b"])
@pytest.mark.parametrize(
    "columns",
    [
        "a, b, n",
        "a INTEGER PRIMARY KEY, b TEXT, n",
        "a PRIMARY KEY, b, n",
        "a, b, n, PRIMARY KEY (b, a)",
    ],
)
def test_pages_of_tables_of_one_s_own_have_every_row_once(
    serve: Serve, tmp_path: Path, columns: str, sort: str
) -> None:
    own = sqlite3.connect(tmp_path / "own.db")
    own.execute(f"CREATE TABLE owners ({columns})")
    own.executemany(
        "INSERT INTO owners VALUES (?, ?, ?)",
        [(i, "x" if i % 5 else None, (i % 4, None, "9", 2.5)[i % 4]) for i in range(50)],
    )
    own.commit()
    own.close()
    browser = serve(tmp_path / "own.db")
    rows = browser.all_rows(f"/aws/owners?_size=7&_facet=n{sort}")
    assert sorted(row["a"] for row in rows) == list(range(50))
    last = browser.page(f"/aws/owners?_size=7&_next=49&_facet=b{sort}")
    assert (len(last["rows"]), last["next"]) == (1, None)
    assert last["facet_results"]["b"]["results"][0]["count"] == 40


def test_a_resource_that_is_gone_leaves_no_gap(emulator: Emulator, serve: Serve) -> None:
    put_queues(emulator, 12)
    browser = serve()
    browser.get("/aws/aws_sqs_queues?_size=1")
    with cloudcontrol(emulator) as cloud:
        for number in (2, 3):
            url = f"https://sqs.us-east-1.amazonaws.com/{emulator.account}/q{number:04}"
            cloud.delete_resource(TypeName=QUEUE, Identifier=url)
    page = browser.page("/aws/aws_sqs_queues?_size=5")
    assert [row["queue_name"] for row in page["rows"]] == [f"q000{n}" for n in (0, 1, 4, 5, 6)]
    following = page["next_url"].removeprefix("http://localhost")
    assert [row["queue_name"] for row in browser.rows(following)] == [
        "q0007",
        "q0008",
        "q0009",
        "q0010",
        "q0011",
    ]


@pytest.mark.parametrize(
    ("given", "calls"),
    [
        ("domain_name=two", {"ListResources": 1, "GetResource": 1}),
        ("domain_name__exact=two&region__exact=us-east-1", {"ListResources": 1, "GetResource": 1}),
        ("Identifier=two%7Ca", {"GetResource": 1}),
        ("data__Identifier__exact=two%7Ca", {"GetResource": 1}),
        ("domain_name__startswith=tw", {"ListResources": 2, "GetResource": 1}),
        ("domain_name__in=two", {"ListResources": 1, "GetResource": 1}),
    ],
)
def test_filters_are_pushed_down(
    browser: Browser, estate: Emulator, given: str, calls: dict[str, int]
) -> None:
    (row,) = browser.rows(f"{STREAMS}?{given}")
    assert row["uri"].endswith("two-a")
    assert operations(estate) == calls


def test_the_form_of_a_filter_leads_to_its_page(browser: Browser) -> None:
    answer = browser.get(f"{STREAMS}?_filter_column=domain_name&_filter_op=exact&_filter_value=two")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{STREAMS}?domain_name__exact=two"


def test_facets_of_what_is_listed_make_no_more_calls(browser: Browser, estate: Emulator) -> None:
    browser.get(STREAMS)
    operations(estate)
    facets = browser.get(f"{STREAMS}.json?_facet=domain_name&_facet=region").json()["facet_results"]
    counts = {each["value"]: each["count"] for each in facets["domain_name"]["results"]}
    assert counts == {"one": 2, "two": 1, "three": 3}
    assert [each["value"] for each in facets["region"]["results"]] == ["us-east-1"]
    assert operations(estate) == {}


def test_facets_are_not_suggested(browser: Browser) -> None:
    assert browser.get(f"{STREAMS}.json").json()["suggested_facets"] == []


def test_a_row_has_a_page_by_its_identifier(browser: Browser, estate: Emulator) -> None:
    page = browser.get(STREAMS).text
    path = f"{STREAMS}/us-east-1,two~7Ca"
    assert f'<a href="{path}">two|a</a>' in page
    assert "<th" in page
    assert "Link" not in page.partition("<thead>")[2].partition("</thead>")[0]
    operations(estate)
    row = browser.get(path)
    assert "<h1>two|a</h1>" in row.text
    assert operations(estate) == {}
    assert browser.get(f"{path}.json?_shape=objects").json()["rows"][0]["domain_name"] == "two"


def test_a_row_is_one_call(browser: Browser, estate: Emulator) -> None:
    browser.get(f"{STREAMS}/us-east-1,two~7Ca")
    assert operations(estate) == {"GetResource": 1}


def test_a_row_that_is_not_there_is_not_found(browser: Browser) -> None:
    assert browser.get(f"{STREAMS}/us-east-1,two~7Cz").status_code == 404


def test_json_of_a_row_is_laid_out(browser: Browser, estate: Emulator) -> None:
    put_stream(estate, "two", "tagged", Tags=[{"Key": "<b>", "Value": "&"}])
    page = browser.get(f"{STREAMS}/us-east-1,two~7Ctagged").text
    assert "&#34;Key&#34;: &#34;&lt;b&gt;&#34;" in page
    assert "<b>" not in page


def test_null_is_not_an_empty_text_in_json(browser: Browser) -> None:
    assert browser.rows(f"{STREAMS}?domain_name=two")[0]["tags"] is None


def test_write_only_properties_are_never_shown(emulator: Emulator, serve: Serve) -> None:
    given = {"MasterUsername": "root", "MasterUserPassword": "hunter22", "Engine": "mysql"}
    emulator.put("AWS::RDS::DBInstance", {"DBInstanceIdentifier": "db", **given})
    browser = serve()
    for path in ("/aws/aws_rds_db_instances", "/aws/aws_rds_db_instances.json"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "root" in answer.text
        assert "hunter22" not in answer.text


@pytest.mark.parametrize("name", ["order by x", "a limit b", "from", "it's", 'a"b', "select"])
def test_tables_may_have_any_name(
    estate: Emulator, connect: Connect, serve: Serve, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "own.db"
    quoted = '"' + name.replace('"', '""') + '"'
    with connect(str(path)) as writer:
        writer.execute(f"CREATE VIRTUAL TABLE {quoted} USING aws(customerprofiles.domains)")
    browser = serve(path)
    rows = browser.all_rows(f"/aws/{tilde_encode(name)}?_size=2")
    assert [row["domain_name"] for row in rows] == ["one", "three", "two"]
    row = f"/aws/{tilde_encode(name)}/us-east-1,two"
    assert row in browser.get(f"/aws/{tilde_encode(name)}").text
    assert browser.get(row).status_code == 200


def test_conditions_of_one_s_own_may_have_subqueries(browser: Browser) -> None:
    condition = (
        "domain_name in (select domain_name from aws_customerprofiles_domains "
        "order by domain_name limit 2)"
    )
    rows = browser.all_rows(f"{STREAMS}?_size=2&{urlencode({'_where': condition})}")
    assert [row["Identifier"] for row in rows] == [
        "one|a",
        "one|b",
        "three|a",
        "three|b",
        "three|c",
    ]


def test_the_sql_of_a_page_gives_its_rows_without_reading_all(
    emulator: Emulator, serve: Serve
) -> None:
    put_queues(emulator, 300)
    browser = serve()
    query = browser.page("/aws/aws_sqs_queues?region__exact=us-east-1&_size=20")["query"]
    assert "FROM aws.sqs.queues\nwhere" in query["sql"]
    assert "ORDER BY" not in query["sql"]
    emulator.calls.clear()
    assert len(browser.sql(query["sql"], **query["params"]).json()["rows"]) == 20
    assert operations(emulator).get("GetResource", 0) <= 40


# Exports


def records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("options", ["", "?_stream=1", "?_stream=on&_size=max", "?_dl=1"])
def test_csv_is_of_all_rows(emulator: Emulator, serve: Serve, options: str) -> None:
    put_queues(emulator, 120)
    browser = serve()
    emulator.calls.clear()
    answer = browser.get(f"/aws/aws_sqs_queues.csv{options}")
    names = [record["queue_name"] for record in records(answer.text)]
    assert names == [f"q{number:04}" for number in range(120)]
    assert operations(emulator) == {"ListResources": 2, "GetResource": 120}


def test_csv_is_of_the_rows_that_a_filter_leaves(browser: Browser) -> None:
    text = browser.get(f"{STREAMS}.csv?event_stream_name__exact=a&_stream=1").text
    assert sorted(record["domain_name"] for record in records(text)) == ["one", "three", "two"]


def test_csv_and_json_of_a_table_of_one_s_own_are_whole(serve: Serve, tmp_path: Path) -> None:
    own = sqlite3.connect(tmp_path / "own.db")
    own.executescript(
        "CREATE TABLE owners (n INTEGER PRIMARY KEY);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2500) "
        "INSERT INTO owners SELECT i FROM n;"
        "CREATE VIEW all_owners AS SELECT n FROM owners ORDER BY n"
    )
    own.close()
    browser = serve(tmp_path / "own.db")
    for name in ("owners", "all_owners"):
        rows = csv.DictReader(io.StringIO(browser.get(f"/aws/{name}.csv").text))
        assert [row["n"] for row in rows] == [str(n) for n in range(1, 2501)]
        page = browser.page(f"/aws/{name}.json?_size=1800")
        assert (len(page["rows"]), page["truncated"]) == (1800, False)
        assert page["next_url"]
        assert len(browser.all_rows(f"/aws/{name}?_size=1800")) == 2500
    columns = csv.DictReader(io.StringIO(browser.get("/aws/aws_columns.csv").text))
    assert len(list(columns)) == browser.page("/aws/aws_columns")["filtered_table_rows_count"]


def test_views_show_binary_values_as_sql(serve: Serve, tmp_path: Path) -> None:
    own = sqlite3.connect(tmp_path / "own.db")
    own.execute("CREATE VIEW mixed AS SELECT 1 AS n, x'00ff' AS b UNION ALL SELECT 2, 'text'")
    own.close()
    browser = serve(tmp_path / "own.db")
    assert browser.get("/aws/mixed.csv").text.split() == ["n,b", "1,X'00FF'", "2,text"]
    page = browser.get("/aws/mixed")
    assert page.status_code == 200
    assert "X&#39;00FF&#39;" in page.text
    assert browser.rows("/aws/mixed")[0]["b"]["encoded"] == "AP8="


def test_csv_of_a_size_is_of_that_size(emulator: Emulator, serve: Serve) -> None:
    put_queues(emulator, 5)
    assert len(records(serve().get("/aws/aws_sqs_queues.csv?_size=2").text)) == 2


def test_csv_of_a_table_that_fails_is_an_error(browser: Browser, estate: Emulator) -> None:
    estate.faults.deny(operation="GetResource", identifier="two|a")
    answer = browser.get(f"{STREAMS}.csv")
    assert answer.status_code == 403
    assert "AccessDenied" in answer.text


def test_the_sql_box_shows_the_first_rows_and_says_so(browser: Browser) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)"
    sql = f"{numbers} SELECT i FROM n"
    page = browser.sql(sql, kind="").text
    assert "the first 1,000 rows" in page
    assert ">1000</td>" in page
    assert ">1001</td>" not in page
    assert len(browser.sql(sql).json()["rows"]) == 1500
    assert len(browser.sql(sql, _shape="array").json()) == 1500
    assert len(records(browser.sql(sql, kind="csv").text)) == 1500


def test_csv_of_wrong_sql_is_an_error(browser: Browser) -> None:
    answer = browser.sql("SELECT nosuch FROM aws.customerprofiles.domains", kind="csv")
    assert answer.status_code == 400
    assert "no such column: nosuch" in answer.text


def test_csv_of_no_sql_is_an_error(browser: Browser) -> None:
    assert browser.get("/aws.csv").status_code == 400


# The SQL box


def test_dotted_names_and_parameters_work_in_the_sql_box(
    browser: Browser, estate: Emulator
) -> None:
    sql = """SELECT event_streams.uri FROM aws.customerprofiles.event_streams
        WHERE region = 'us-east-1' AND domain_name = :domain"""
    rows = browser.sql(sql, domain="two").json()["rows"]
    assert rows == [["arn:aws:kinesis:us-east-1:123456789012:stream/two-a"]]
    assert operations(estate) == {"ListResources": 1, "GetResource": 1}
    assert 'name="domain" value="two"' in browser.sql(sql, kind="", domain="two").text


def test_an_error_is_shown_with_the_sql_to_mend(browser: Browser) -> None:
    answer = browser.sql("SELECT * FROM aws.customerprofiles.event_strem", kind="")
    assert answer.status_code == 400
    assert "did you mean aws.customerprofiles.event_streams" in answer.text
    assert "event_strem</textarea>" in answer.text


def test_tables_of_the_file_join_those_of_aws(
    estate: Emulator, connect: Connect, serve: Serve, tmp_path: Path
) -> None:
    path = tmp_path / "own #1.db"
    with connect(str(path)) as writer:
        writer.execute("CREATE VIRTUAL TABLE streams USING aws(customerprofiles.event_streams)")
        writer.execute("CREATE TABLE owners (domain TEXT PRIMARY KEY, team TEXT)")
        writer.execute("INSERT INTO owners VALUES ('two', 'travel')")
    browser = serve(path)
    sql = "SELECT team, event_stream_name FROM owners JOIN streams ON domain_name = domain"
    assert browser.sql(sql).json()["rows"] == [["travel", "a"]]
    assert len(browser.rows("/aws/streams")) == 6
    assert browser.rows("/aws/owners") == [{"domain": "two", "team": "travel"}]
    assert browser.rows("/aws/owners/two") == [{"domain": "two", "team": "travel"}]


WRITES = [
    "DELETE FROM owners",
    "INSERT INTO owners VALUES ('a', 'b')",
    "WITH x AS (SELECT 1) DELETE FROM owners",
    "WITH x AS (SELECT 1) INSERT INTO owners SELECT 'a', 'b'",
    "WITH x AS (SELECT 1) DELETE FROM aws_customerprofiles_domains WHERE region = 'us-east-1'",
    "WITH x AS (SELECT 1) UPDATE aws_customerprofiles_domains SET default_expiration_days = 1",
    "/*+ create */ INSERT INTO aws.customerprofiles.domains (DomainName) VALUES ('x')",
    "/*+ create */ WITH x AS (SELECT 1) INSERT INTO aws.customerprofiles.domains"
    " (DomainName, DefaultExpirationDays) SELECT 'x', 1",
    "SELECT 1; DELETE FROM owners",
    "ATTACH 'other.db' AS other",
    "SELECT load_extension('x')",
    "CREATE TABLE x (a)",
    "PRAGMA query_only = 0",
    "SELECT * FROM pragma_query_only",
    "VACUUM INTO 'other.db'",
    "BEGIN",
]


@pytest.mark.parametrize("sql", WRITES)
@pytest.mark.parametrize("kind", ["", "json", "csv"])
def test_nothing_can_be_written(
    estate: Emulator, serve: Serve, tmp_path: Path, sql: str, kind: str
) -> None:
    path = tmp_path / "own.db"
    with sqlite3.connect(path) as own:
        own.execute("CREATE TABLE owners (domain TEXT, team TEXT)")
        own.execute("INSERT INTO owners VALUES ('two', 'travel')")
    own.close()
    browser = serve(path)
    answer = browser.sql(sql, kind=kind)
    assert answer.status_code == 400, answer.text
    own = sqlite3.connect(path)
    assert own.execute("SELECT * FROM owners").fetchall() == [("two", "travel")]
    own.close()
    assert list(tmp_path.iterdir()) == [path]
    assert {"CreateResource", "UpdateResource", "DeleteResource"}.isdisjoint(operations(estate))
    assert estate.get(DOMAIN, "x") is None


# Errors


def test_a_type_that_needs_to_be_told_more_asks_for_it(browser: Browser, estate: Emulator) -> None:
    answer = browser.get("/aws/aws_acmpca_certificates")
    assert answer.status_code == 400
    assert "cannot be listed" in answer.text
    assert 'name="Identifier__exact"' in answer.text
    assert 'name="region__exact" value="us-east-1"' in answer.text
    assert operations(estate) == {}


@pytest.mark.parametrize(
    ("order", "status", "words"),
    [
        (lambda faults: faults.deny(), 403, "AccessDenied"),
        (lambda faults: faults.error("InternalFailureException", "boom"), 502, "boom"),
        (lambda faults: faults.error("UnrecognizedClientException", "bad"), 403, "bad"),
        (lambda faults: faults.deny(operation="GetResource"), 403, "AccessDenied"),
    ],
)
@pytest.mark.parametrize("kind", ["", ".json", ".csv"])
def test_what_aws_refuses_is_an_error_page(
    serve: Serve,
    estate: Emulator,
    order: Callable[[Any], Any],
    status: int,
    words: str,
    kind: str,
) -> None:
    order(estate.faults)
    answer = serve(clock=FakeClock()).get(DOMAINS + kind)
    assert answer.status_code == status
    assert words in answer.text
    assert "0 records" not in answer.text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("region=us-esat-1", "us-esat-1"),
        ("nosuch=1", "no such column: nosuch; there are: "),
        ("data__Identifier=two", "no such column: data; there are: "),
        ("domain_name__nosuch=1", "no such filter: domain_name__nosuch"),
        ("_facet=nosuch", "no such column: nosuch"),
        ("_sort=nosuch", "Cannot sort table by nosuch"),
        ("_col=nosuch", "nosuch"),
        ("_size=-1", "_size must be a positive integer"),
        ("_where=nosuch", "no such column: nosuch"),
        ("_where=1;drop", "syntax error"),
        ("_size=x", "_size must be a positive integer"),
        ("_sort=uri&_sort_desc=uri", "at the same time"),
        ("_facet=%7Bx", "no such column"),
        ("_through=x", "not understood"),
        ("_search=x", "no full-text index"),
        ("_facet=properties", "no such column: properties; there are: Identifier,"),
        ("_next=x", "_next=x leads nowhere"),
        ("_next=us-east-1,a,b", "leads nowhere"),
        ("_next=x&_sort=uri", "leads nowhere"),
    ],
)
@pytest.mark.parametrize("kind", ["", ".json", ".csv"])
def test_what_is_wrongly_asked_is_an_error_page(
    browser: Browser, query: str, words: str, kind: str
) -> None:
    answer = browser.get(f"{STREAMS}{kind}?{query}")
    assert answer.status_code == 400, answer.text
    assert words in answer.text


def test_a_file_that_another_program_writes_to_is_busy(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    own = apsw.Connection(str(path))  # locks of another SQLite are not seen within one process
    own.execute("CREATE TABLE owners (team)")
    browser = serve(path)
    assert browser.rows("/aws/owners") == []
    for connection in browser.datasette.aws._idle:
        connection.execute("PRAGMA busy_timeout = 0")
    own.execute("BEGIN EXCLUSIVE")
    answer = browser.get("/aws/owners.json")
    assert answer.status_code == 503
    assert "locked" in answer.json()["error"]
    own.execute("ROLLBACK")
    own.close()
    assert browser.rows("/aws/owners") == []


def test_json_has_no_other_shapes(browser: Browser) -> None:
    assert browser.get(f"{STREAMS}.json?_shape=x").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/nosuch",
        "/nosuch.json",
        "/aws/nosuch",
        "/aws/nosuch.json",
        "/aws/json_each",
        "/aws/sqlite_master/1",
        "/services/nosuch",
        "/aws/aws_sqs_queuez",
        "/aws/x~22~29~3B--",
        "/aws/x~27~20OR~201",
        "/_internal",
        "/_internal/tables",
        "/_memory?sql=select+1",
        "/aws.db",
        "/-/settings",
        "/-/threads",
        "/-/logout",
        "/-/static/../../app.py",
        "/-/awsvtab/../app.py",
    ],
)
def test_there_are_no_other_pages(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_a_page_that_is_not_there_prints_no_traceback(
    browser: Browser, estate: Emulator, capfd: pytest.CaptureFixture[str]
) -> None:
    estate.faults.deny()
    for path in ("/nosuch", "/aws/nosuch", DOMAINS, f"{DOMAINS}?nosuch=1"):
        browser.get(path)
    assert capfd.readouterr() == ("", "")


def test_global_types_say_where_their_rows_are(emulator: Emulator, serve: Serve) -> None:
    emulator.put("AWS::IAM::Role", {"RoleName": "r", "AssumeRolePolicyDocument": {}})
    answer = serve().get("/aws/aws_iam_roles?region=eu-west-1")
    assert answer.status_code == 400
    assert "the rows of aws.iam.roles are in us-east-1" in answer.text


# Time


def test_a_statement_that_takes_too_long_is_stopped_with_its_calls(
    estate: Emulator, serve: Serve
) -> None:
    released = threading.Event()
    estate.faults.sleep = lambda _: released.wait(10)
    estate.faults.delay(60, operation="GetResource")
    browser = serve(time_limit_s=0.5)
    estate.calls.clear()
    started = time.monotonic()
    answer = browser.get(STREAMS)
    assert answer.status_code == 504
    assert "--time-limit" in answer.text
    assert time.monotonic() - started < 5
    released.set()
    made = estate.calls.count("GetResource")
    assert browser.rows(DOMAINS)
    assert made <= 6


def test_a_loop_in_sql_is_stopped(serve: Serve) -> None:
    answer = serve(time_limit_s=0.3).sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    )
    assert answer.status_code == 504


def test_who_goes_away_stops_the_calls(emulator: Emulator, serve: Serve) -> None:
    put_queues(emulator, 300)
    asked, released = threading.Event(), threading.Event()

    def wait(_: float) -> None:
        asked.set()
        released.wait(10)

    emulator.faults.sleep = wait
    emulator.faults.delay(60, operation="GetResource")
    application = serve(concurrency=4).datasette.app()
    emulator.calls.clear()

    async def go_away() -> None:
        async def receive() -> dict[str, Any]:
            while not asked.is_set():
                await asyncio.sleep(0.01)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            raise AssertionError(f"nobody is there for {message}")

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/aws/aws_sqs_queues",
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1")],
        }
        await application(scope, receive, send)

    asyncio.run(go_away())
    released.set()
    assert emulator.calls.count("GetResource") <= 4


def test_pages_do_not_wait_for_each_other(estate: Emulator, serve: Serve) -> None:
    asked, released = threading.Event(), threading.Event()

    def wait(_: float) -> None:
        asked.set()
        released.wait(10)

    estate.faults.sleep = wait
    estate.faults.delay(60, operation="ListResources", type_name=QUEUE)
    datasette = serve().datasette

    async def two() -> tuple[int, int]:
        slow = asyncio.ensure_future(datasette.client.get("/aws/aws_sqs_queues"))
        while not asked.is_set():
            await asyncio.sleep(0.01)
        quick = await datasette.client.get(DOMAINS)
        assert not slow.done()
        released.set()
        return quick.status_code, (await slow).status_code

    assert asyncio.run(two()) == (200, 200)


# Who may ask


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_only_reading_methods_are_answered(browser: Browser, method: str) -> None:
    assert browser.ask(method, "/").status_code == 405


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8001", 200),
        ("localhost:8001", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("", 403),
    ],
)
def test_only_this_machine_s_names_are_answered(browser: Browser, host: str, status: int) -> None:
    assert browser.get("/", Host=host).status_code == status


@pytest.mark.parametrize(
    ("path", "site", "status"),
    [
        (STREAMS, "none", 200),
        (STREAMS, "same-origin", 200),
        (STREAMS, "cross-site", 403),
        (STREAMS, "same-site", 403),
        ("/", "cross-site", 200),
    ],
)
def test_other_sites_make_no_calls(
    browser: Browser, estate: Emulator, path: str, site: str, status: int
) -> None:
    assert browser.get(path, sec_fetch_site=site).status_code == status
    if status == 403:
        assert operations(estate) == {}


def test_pages_cannot_be_framed_or_kept(browser: Browser) -> None:
    headers = browser.get(STREAMS).headers
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-cache"


# What there is


@pytest.mark.parametrize(
    "name", ["aws_calls", "aws_errors", "aws_resource_types", "aws_columns", "aws_permissions"]
)
def test_tables_about_awsvtab_have_pages(browser: Browser, estate: Emulator, name: str) -> None:
    assert browser.get(f"/aws/{name}?_size=5").status_code == 200
    assert operations(estate) == {}


def test_the_calls_of_all_pages_are_in_one_table(browser: Browser) -> None:
    browser.get(DOMAINS)
    rows = browser.rows("/aws/aws_calls?_sort_desc=position")
    assert [row["operation"] for row in rows] == ["GetResource"] * 3 + ["ListResources"]


def test_every_kind_of_type_has_a_page_or_says_why_not(emulator: Emulator, serve: Serve) -> None:
    browser = serve()
    catalog = browser.datasette.aws.catalog
    names = sorted(catalog.table_names())[::25]
    emulator.calls.clear()
    statuses = {name: browser.get(f"/aws/{name}.json?_size=1") for name in names}
    for name, answer in statuses.items():
        assert answer.status_code in (200, 400), (name, answer.text)
        assert json.loads(answer.text)
    assert sum(answer.status_code == 200 for answer in statuses.values()) > 50


def test_an_empty_table_is_an_empty_page(serve: Serve, emulator: Emulator) -> None:
    put_domain(emulator, "lonely")
    assert serve().rows(STREAMS) == []


def test_what_many_ask_for_at_once_is_read_once(browser: Browser, estate: Emulator) -> None:
    put_queues(estate, 30)

    async def all_at_once() -> list[int]:
        client = browser.datasette.client
        answers = await asyncio.gather(*(client.get("/aws/aws_sqs_queues") for _ in range(10)))
        return [answer.status_code for answer in answers]

    assert asyncio.run(all_at_once()) == [200] * 10
    assert operations(estate) == {"ListResources": 1, "GetResource": 30}
