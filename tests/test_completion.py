"""Completion: what may come next, from the text around the cursor alone."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

import awsvtab
from awsvtab.cli.completion import Column, Names, candidates, tables, word_before
from awsvtab.cli.naming import Naming
from awsvtab.emulator import Emulator
from conftest import Connect, operations

COLUMNS = {
    "aws.s3.buckets": ["bucket_name", "arn", "region", "data__Identifier*", "BucketName*"],
    "s3.buckets": ["bucket_name", "arn", "region"],
    "owners": ["team", "bucket"],
}


def columns(table: str) -> list[Column]:
    return [
        Column(name.removesuffix("*"), name.endswith("*"))
        for name in COLUMNS.get(table.lower(), ())
    ]


NAMES = Names(
    aws_tables=["aws.ec2.vpcs", "aws.s3.buckets", "aws.s3.bucket_policies", "aws.s3express.x"],
    others=["owners", "aws_calls"],
    regions=["us-east-1", "us-east-2", "eu-west-1"],
    functions=["count", "coalesce", "lower"],
    columns=columns,
)


def complete(text: str) -> list[str]:
    """The candidates where the text has ``|``, which stands for the cursor."""
    before, _, after = text.partition("|")
    return candidates(before, after, NAMES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM |", ["aws.", "aws_calls", "owners"]),
        ("SELECT * FROM aws.|", ["aws.ec2.", "aws.s3.", "aws.s3express."]),
        ("SELECT * FROM aws.s3.|", ["aws.s3.bucket_policies", "aws.s3.buckets"]),
        ("select * from AWS.S3.BUCKETS|", ["aws.s3.buckets"]),
        ("SELECT * FROM s3.b|", ["s3.bucket_policies", "s3.buckets"]),
        ("SELECT * FROM aws_s3_|", ["aws_s3_bucket_policies", "aws_s3_buckets"]),
        ("SELECT * FROM aws_|", ["aws_calls"]),
        ("SELECT * FROM owners JOIN ow|", ["owners"]),
        ("SELECT * FROM owners, ow|", ["owners"]),
        ("SELECT * FROM owners o,\n  |", ["aws.", "aws_calls", "owners"]),
        ("INSERT INTO o|", ["owners"]),
        ("UPDATE o|", ["owners"]),
        ("DELETE FROM o|", ["owners"]),
        ("DROP TABLE IF EXISTS o|", ["owners"]),
        ("SELECT (SELECT 1 FROM o|", ["owners"]),
        ("SELECT 1; SELECT * FROM o|", ["owners"]),
        ("DESCRIBE aws.e|", ["aws.ec2."]),
        ("SHOW COLUMNS IN aws.e|", ["aws.ec2."]),
        ("SELECT aws.e|", ["aws.ec2."]),
    ],
)
def test_tables_come_part_by_part(text: str, expected: list[str]) -> None:
    assert complete(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT | FROM aws.s3.buckets", ["arn", "bucket_name", "buckets.", "region"]),
        ("SELECT bu| FROM aws.s3.buckets", ["bucket_name", "buckets."]),
        ("SELECT * FROM aws.s3.buckets WHERE ar|", ["arn"]),
        ("SELECT * FROM aws.s3.buckets WHERE data|", ["data__Identifier"]),
        ("SELECT * FROM aws.s3.buckets WHERE Buck|", ["BucketName", "bucket_name", "buckets."]),
        ("SELECT * FROM aws.s3.buckets b WHERE b.|", ["b.arn", "b.bucket_name", "b.region"]),
        ("SELECT * FROM aws.s3.buckets AS b WHERE b.a|", ["b.arn"]),
        ("SELECT * FROM owners o JOIN s3.buckets ON o.|", ["o.bucket", "o.team"]),
        ("SELECT * FROM owners o, s3.buckets WHERE buckets.a|", ["buckets.arn"]),
        ("SELECT team FROM owners ORDER BY t|", ["team", "then "]),
        ("INSERT INTO owners (|", ["bucket", "team"]),
        ("UPDATE owners SET te|", ["team"]),
        ("SELECT 1 FROM owners; SELECT t|", ["then "]),
        ("SELECT te| FROM s3.buckets; SELECT 1 FROM owners", []),
        ("SELECT nosuch.| FROM owners", []),
    ],
)
def test_columns_are_those_of_the_statements_tables(text: str, expected: list[str]) -> None:
    assert complete(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM b WHERE region = '|", ["us-east-1", "us-east-2", "eu-west-1"]),
        ("SELECT * FROM b WHERE region = 'us-|", ["us-east-1", "us-east-2"]),
        ("SELECT * FROM b WHERE region='us-|' AND a = 1", ["us-east-1", "us-east-2"]),
        ("SELECT * FROM b WHERE region = |", ["'us-east-1'", "'us-east-2'", "'eu-west-1'"]),
        ("SELECT * FROM b WHERE b.region <> 'e|", ["eu-west-1"]),
        ("SELECT * FROM b WHERE region IN ('us-east-1', 'e|", ["eu-west-1"]),
        ("SELECT * FROM b WHERE region NOT IN ('e|", ["eu-west-1"]),
        ("SELECT * FROM b WHERE name = 'e|", []),
        ("SELECT * FROM b WHERE name IN ('e|", []),
        ("SELECT 'it''s e|", []),
        ('SELECT "e|', []),
    ],
)
def test_regions_where_one_is_compared(text: str, expected: list[str]) -> None:
    assert complete(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sel|", ["select "]),
        ("SEL|", ["SELECT "]),
        ("SELECT 1; b|", ["begin "]),
        ("SELECT co|", ["coalesce(", "collate ", "count("]),
        ("SELECT * FROM owners w|", ["where "]),
        ("UPDATE owners |", ["SET "]),
        ("INSERT INTO owners v|", ["values "]),
        ("DELETE f|", ["from "]),
        ("CREATE t|", ["table ", "temp ", "to ", "transaction ", "trigger "]),
        ("INSERT INTO owners VALUES (|", []),
        ("SELECT |", []),
    ],
)
def test_keywords_and_functions(text: str, expected: list[str]) -> None:
    assert complete(text) == expected


@pytest.mark.parametrize(
    "text", ["", ";", "(", ")", "'", "a.b.c.d.", ",,,", "IN (", "= '", "\0", "é"]
)
def test_any_text_has_candidates_or_none(text: str) -> None:
    for before in (text, f"SELECT {text}", f"SELECT * FROM {text}", f"x WHERE region IN {text}"):
        assert isinstance(candidates(before, text, NAMES), list)


def test_a_word_has_dots_and_hyphens() -> None:
    assert word_before("SELECT * FROM aws.s3.bu") == "aws.s3.bu"
    assert word_before("region = 'us-ea") == "us-ea"
    assert word_before("count(") == ""


@pytest.fixture
def naming() -> Naming:
    connection = awsvtab.connect(":memory:", tables=["s3.buckets"])
    connection.execute("CREATE TABLE owners (team, bucket)")
    connection.execute("CREATE VIEW teams AS SELECT team FROM owners")
    return Naming(connection)


def test_the_names_of_a_connection(naming: Naming) -> None:
    names = naming.names()
    assert {"owners", "teams", "buckets", "aws_calls", "aws_pending"} <= set(names.others)
    assert "aws_s3_buckets" not in names.others
    assert tables("aws.s3.bu", names) == ["aws.s3.bucket_policies", "aws.s3.buckets"]
    assert [each.name for each in names.columns("main.owners")] == ["team", "bucket"]
    for name in ("aws.s3.buckets", "S3.Buckets", "aws_s3_buckets", "buckets"):
        found = list(names.columns(name))
        assert Column("bucket_name") in found
        assert Column("data__Identifier", hidden=True) in found
    assert list(names.columns("aws.nosuch.table")) == []


def test_tables_of_a_file_are_known_without_asking_aws(
    connect: Connect, emulator: Emulator, tmp_path: Path
) -> None:
    path = str(tmp_path / "local.db")
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA writable_schema = ON")
        for name, kind in {"my buckets": "AWS::S3::Bucket", "things": "Org::Svc::Thing"}.items():
            sql = f"CREATE VIRTUAL TABLE \"{name}\" USING aws('{kind}')"
            made.execute("INSERT INTO sqlite_schema VALUES ('table', ?1, ?1, 0, ?2)", (name, sql))
        made.commit()
    connection = connect(path)
    naming = Naming(connection)
    assert naming.own() == ["my buckets", "things"]
    assert Column("bucket_name") in list(naming.columns("My Buckets"))
    assert list(naming.columns("main.things")) == []  # AWS would have to describe it
    assert operations(emulator) == {}


def test_completion_does_not_keep_anybody_waiting(naming: Naming) -> None:
    texts = ("SELECT * FROM ", "SELECT * FROM aws.", "SELECT * FROM aws_s", "SELECT region FROM b")
    begun = time.perf_counter()
    for text in texts:
        candidates(text, "", naming.names())
    assert (time.perf_counter() - begun) / len(texts) < 0.1
