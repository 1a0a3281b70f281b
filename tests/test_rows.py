"""Rows of SQL values: which cells are made with the row, and which when they are asked for."""

from __future__ import annotations

import pytest

import awsvtab
from awsvtab.catalog import catalog
from awsvtab.catalog.columns import table_columns
from awsvtab.emulator import Emulator
from awsvtab.options import Place
from awsvtab.plan import USED_BITS
from awsvtab.resources import MISSING, Resource
from awsvtab.rows import LazyRow, Shape
from conftest import EVENT_STREAM, Connect, operations

STREAMS = catalog().type(EVENT_STREAM)
COLUMNS = table_columns(STREAMS)
NUMBERS = {column.name: number for number, column in enumerate(COLUMNS)}
INSTANCES = table_columns(catalog().type("AWS::EC2::Instance"))


def stream(text: str, whole: bool = False) -> Resource:
    return Resource(STREAMS, Place("", "us-east-1"), "one|a", text, whole)


def shape(*names: str) -> Shape:
    return Shape(COLUMNS, [NUMBERS[name] for name in names])


def test_a_row_has_the_cells_that_are_looked_at_and_the_key() -> None:
    cells = shape("uri", "tags", "region").cells(
        stream('{"Uri":"u","Tags":[{"Key":"ü"}],"State":"RUNNING"}')
    )
    known = {COLUMNS[n].name: cell for n, cell in enumerate(cells) if cell is not MISSING}
    assert known == {
        "data__key": "us-east-1|one|a",
        "uri": "u",
        "tags": '[{"Key":"ü"}]',
        "region": "us-east-1",
    }


def test_what_a_listing_left_out_is_missing_and_what_getresource_left_out_is_null() -> None:
    wanted = shape("uri", "domain_name")
    for whole, uri in ((False, MISSING), (True, None)):
        cells = wanted.cells(stream('{"DomainName":"one"}', whole))
        assert cells[NUMBERS["uri"]] is uri
        assert cells[NUMBERS["domain_name"]] == "one"


def test_what_is_learned_makes_another_row() -> None:
    wanted = shape("uri")
    row = stream("{}")
    assert wanted.cells(row)[NUMBERS["uri"]] is MISSING
    row.learn(stream('{"Uri":"u"}', whole=True))
    assert row.shape is not wanted
    assert wanted.cells(row)[NUMBERS["uri"]] == "u"
    assert row.shape is wanted


@pytest.mark.parametrize(
    ("columns", "used", "exact"),
    [
        (COLUMNS, {NUMBERS["uri"]}, True),
        (COLUMNS, set(), True),
        (COLUMNS, {NUMBERS["account_id"]}, False),  # which AWS is asked for only when it is read
        (INSTANCES, {USED_BITS - 1}, True),
        (INSTANCES, {USED_BITS}, False),  # which stands for all that come after it
    ],
)
def test_rows_are_made_ahead_only_where_sqlite_can_say_what_it_looks_at(
    columns: tuple[object, ...], used: set[int], exact: bool
) -> None:
    assert Shape(columns, used).exact is exact  # type: ignore[arg-type]


def test_a_lazy_row_reads_each_cell_once() -> None:
    asked: list[int] = []

    def read(number: int) -> str:
        asked.append(number)
        return f"cell {number}"

    row = LazyRow(read)
    assert [row[7], row[9], row[7]] == ["cell 7", "cell 9", "cell 7"]
    assert asked == [7, 9]


def test_references_that_look_at_different_columns_read_the_same_rows(
    connection: awsvtab.Connection, estate: Emulator
) -> None:
    rows = connection.execute(
        "SELECT a.event_stream_name, b.uri, c.state, c.data__Identifier FROM event_streams a "
        "CROSS JOIN event_streams b ON +b.data__Identifier = a.data__Identifier "
        "CROSS JOIN event_streams c ON +c.data__Identifier = +b.data__Identifier"
    ).fetchall()
    assert len(rows) == 6
    for name, uri, state, identifier in rows:
        held = estate.get(EVENT_STREAM, identifier)
        assert held is not None
        assert (name, uri, state) == (
            held["EventStreamName"],
            held["Uri"],
            held.get("State"),
        )
    assert operations(estate) == {"ListResources": 4, "GetResource": 6}


@pytest.mark.parametrize("columns", ["count(*)", "group_concat(uri)", "min(region), max(state)"])
def test_a_row_that_an_or_finds_twice_comes_once(
    connection: awsvtab.Connection, estate: Emulator, columns: str
) -> None:
    """SQLite compares keys, of which it had not said that it would look at them."""
    found = connection.execute(
        f"SELECT {columns}, count(*) FROM event_streams "
        "WHERE region = 'us-east-1' AND (domain_name = 'one' OR data__Identifier = 'one|a')"
    ).fetchone()
    assert found[-1] == 2


def test_columns_past_the_63rd_are_read_when_asked_for(
    emulator: Emulator, connect: Connect
) -> None:
    emulator.put("AWS::EC2::Instance", {"InstanceType": "m5.large", "EbsOptimized": True})
    con = connect()
    late = [column.name for column in INSTANCES[USED_BITS:]]
    assert {"InstanceType", "EbsOptimized"} <= set(late)
    sql = "SELECT {} FROM aws.ec2.instances WHERE region = 'us-east-1'"
    both = con.execute(sql.format("EbsOptimized, InstanceType, ebs_optimized, region")).fetchall()
    assert both == [(1, "m5.large", 1, "us-east-1")]
    assert operations(emulator) == {"ListResources": 1, "GetResource": 1}
