"""``awsvtab://`` in SQLAlchemy: URLs, reflection, queries that join AWS with local tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from awsvtab.emulator import Emulator
from awsvtab.errors import AwsWarning, ProgrammingError
from awsvtab.options import Options

sa = pytest.importorskip("sqlalchemy")

from awsvtab.sqlalchemy.url import OPTIONS, take_options  # noqa: E402 - needs SQLAlchemy

STREAMS = "aws_customerprofiles_event_streams"


# As the entry point does where the package is installed.
sa.dialects.registry.register("awsvtab", "awsvtab.sqlalchemy", "AwsvtabDialect")


@pytest.fixture
def engine(estate: Emulator) -> Iterator[Any]:
    engine = sa.create_engine(
        "awsvtab://?regions=us-east-1",
        connect_args={"session": estate.session, "endpoint_url": estate.endpoint_url},
    )
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("query", "options", "rest"),
    [
        ("regions=us-east-1", {"regions": ["us-east-1"]}, {}),
        ("regions=us-east-1,eu-west-1", {"regions": ["us-east-1", "eu-west-1"]}, {}),
        ("regions=us-east-1&regions=eu-west-1", {"regions": ["us-east-1", "eu-west-1"]}, {}),
        ("regions=all&profile=audit", {"regions": "all", "profile": "audit"}, {}),
        ("concurrency=4&timeout=3", {"concurrency": 4}, {"timeout": "3"}),
        ("tables=s3.buckets", {"tables": ["s3.buckets"]}, {}),
        ("read_only=true&max_changes=3", {"read_only": True, "max_changes": 3}, {}),
        ("read_only=0&trusted_schema=on", {"read_only": False, "trusted_schema": True}, {}),
    ],
)
def test_options_are_taken_from_the_url(
    query: str, options: dict[str, Any], rest: dict[str, Any]
) -> None:
    taken, url = take_options(sa.make_url(f"awsvtab:///inventory.db?{query}"))
    assert (taken, dict(url.query), url.database) == (options, rest, "inventory.db")


def test_a_slip_of_the_key_does_not_switch_off_a_guard() -> None:
    with pytest.raises(ProgrammingError, match="'ture' in the URL"):
        take_options(sa.make_url("awsvtab:///inventory.db?read_only=ture"))


def test_a_url_can_say_what_a_text_can() -> None:
    objects = {"session", "clock"}
    assert set(OPTIONS) == {option.name for option in fields(Options)} - objects


def test_aws_tables_are_listed_only_when_asked_for(engine: Any) -> None:
    inspector = sa.inspect(engine)
    assert inspector.get_table_names() == []
    assert STREAMS in inspector.get_table_names(schema="aws")
    assert "aws" in inspector.get_schema_names()


@pytest.mark.parametrize("schema", [None, "aws"])
def test_an_aws_table_reflects_with_columns_key_and_types(engine: Any, schema: str | None) -> None:
    table = sa.Table(STREAMS, sa.MetaData(), autoload_with=engine, schema=schema)
    assert [column.name for column in table.primary_key] == [
        "domain_name",
        "event_stream_name",
        "region",
    ]
    assert isinstance(table.c.tags.type, sa.JSON)
    assert "data__key" not in table.c


@pytest.mark.parametrize("schema", [None, "aws"])
def test_a_reflected_aws_table_joins_with_a_local_one(engine: Any, schema: str | None) -> None:
    metadata = sa.MetaData()
    streams = sa.Table(STREAMS, metadata, autoload_with=engine, schema=schema)
    owners = sa.Table("owner", metadata, sa.Column("domain", sa.Text), sa.Column("team", sa.Text))
    query = sa.select(owners.c.team, streams.c.event_stream_name).join_from(
        owners, streams, streams.c.domain_name == owners.c.domain
    )
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(owners.insert(), [{"domain": "one", "team": "retail"}])
        rows = connection.execute(query.order_by(streams.c.event_stream_name)).all()
    assert rows == [("retail", "a"), ("retail", "b")]


@pytest.mark.parametrize(
    ("name", "create"),
    [
        ("streams", "CREATE VIRTUAL TABLE streams USING aws(customerprofiles.event_streams)"),
        ("more", "CREATE VIRTUAL TABLE temp.more USING aws('AWS::CustomerProfiles::EventStream')"),
        ("domains", "SELECT 1"),
    ],
    ids=["curated", "curated by type, temporary", "short"],
)
def test_other_names_reflect_like_the_table_itself(estate: Any, name: str, create: str) -> None:
    engine = sa.create_engine("awsvtab://?regions=us-east-1&tables=customerprofiles.domains")
    with engine.connect() as connection:
        connection.exec_driver_sql(create)
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
        listed = sa.inspect(connection).get_table_names()
    assert listed == (["streams"] if name == "streams" else [])
    assert [column.name for column in table.primary_key][:1] == ["domain_name"]
    assert [column.name for column in table.primary_key][-1] == "region"
    assert "data__key" not in table.c
    engine.dispose()


def test_a_type_beyond_the_catalog_is_listed_and_reflects(tmp_path: Path) -> None:
    schema = {
        "typeName": "Acme::Tools::Hammer",
        "properties": {"Name": {"type": "string"}, "Weight": {"type": "number"}},
        "primaryIdentifier": ["/properties/Name"],
        "handlers": {},
    }
    (tmp_path / "acme.json").write_text(json.dumps(schema))
    url = sa.make_url("awsvtab://?regions=us-east-1")
    engine = sa.create_engine(url, connect_args={"types": str(tmp_path)})
    with engine.connect() as connection:
        names = sa.inspect(connection).get_table_names(schema="aws")
        (name,) = [name for name in names if "hammer" in name]
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    assert [column.name for column in table.primary_key] == ["name", "region"]
    assert isinstance(table.c.weight.type, sa.REAL)
    engine.dispose()


def test_a_local_table_of_the_same_name_reflects_as_itself(engine: Any) -> None:
    with engine.begin() as connection:
        with pytest.warns(AwsWarning, match="hides aws.customerprofiles.event_streams"):
            connection.exec_driver_sql(
                f"CREATE TABLE {STREAMS} (id INTEGER PRIMARY KEY, note TEXT)"
            )
        table = sa.Table(STREAMS, sa.MetaData(), autoload_with=connection)
    assert [column.name for column in table.primary_key] == ["id"]


def test_three_part_names_work_in_text(engine: Any) -> None:
    query = sa.text(
        "SELECT count(*) FROM aws.customerprofiles.event_streams WHERE domain_name = :domain"
    )
    with engine.connect() as connection:
        assert connection.execute(query, {"domain": "three"}).scalar() == 3
