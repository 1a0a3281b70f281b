"""The command, as a person calls it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import awsvtab
from awsvtab.catalog import catalog
from awsvtab.cli import main
from awsvtab.cli.browse import example
from awsvtab.cli.connecting import ConnectionOption, Target, connection_options, spelled
from awsvtab.cli.query import query
from awsvtab.cli.running import Rehearsal
from awsvtab.cli.script import Statement
from awsvtab.emulator import Emulator
from awsvtab.options import Options
from conftest import operations
from terminal import SOURCES


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "emulator")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "emulator")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_statement_prints_its_rows_as_csv_where_nobody_looks(estate: Emulator) -> None:
    result = run(
        "--endpoint-url",
        estate.endpoint_url,
        "SELECT domain_name, count(*) AS n FROM aws.customerprofiles.event_streams GROUP BY 1",
    )
    assert result.exit_code == 0, result.output
    rows = list(csv.reader(result.output.splitlines()))
    assert rows == [["domain_name", "n"], ["one", "2"], ["three", "3"], ["two", "1"]]


def test_options_reach_the_connection(estate: Emulator, tmp_path: Path) -> None:
    database = str(tmp_path / "local.db")
    made = run("--db", database, "CREATE TABLE mine AS SELECT 'one' AS domain")
    assert made.exit_code == 0, made.output
    result = run(
        "query",
        "--db",
        database,
        "--endpoint-url",
        estate.endpoint_url,
        "--region",
        "us-east-1",
        "--table",
        "customerprofiles.event_streams",
        "SELECT event_stream_name FROM mine JOIN event_streams ON domain_name = domain",
    )
    assert result.output.split() == ["event_stream_name", "a", "b"]
    assert operations(estate) == {"ListResources": 1}


DELETE = "DELETE FROM aws.customerprofiles.event_streams WHERE domain_name = 'one'"


def test_a_write_is_committed_where_nobody_can_be_asked(estate: Emulator) -> None:
    result = run("--endpoint-url", estate.endpoint_url, DELETE)
    assert (result.stdout, result.stderr) == ("", "2 rows changed\n")
    assert operations(estate) == {"ListResources": 1, "DeleteResource": 2}


def test_statements_are_one_transaction(estate: Emulator, tmp_path: Path) -> None:
    database = str(tmp_path / "local.db")
    to = ("--endpoint-url", estate.endpoint_url, "--db", database)
    failed = run(*to, f"CREATE TABLE t (a); INSERT INTO t VALUES (1); {DELETE}; SELEC 1")
    assert failed.exit_code == 1
    assert failed.stdout == ""
    assert 'near "SELEC": syntax error\nin statement 4 of 4, line 1' in failed.stderr
    assert operations(estate) == {"ListResources": 1}
    assert run("--db", database, "SELECT count(*) AS n FROM sqlite_schema").stdout == "n\n0\n"


def test_a_script_may_commit_before_its_end(estate: Emulator) -> None:
    to = ("--endpoint-url", estate.endpoint_url)
    count = "SELECT count(*) AS n FROM aws.customerprofiles.event_streams"
    script = f"{count}; BEGIN; {DELETE}; {count}; COMMIT; {count}; {DELETE}; SELEC"
    result = run(*to, script)
    assert result.exit_code == 1
    assert result.stdout == "n\n6\n\nn\n4\n\nn\n4\n"
    assert operations(estate)["DeleteResource"] == 2


def test_what_is_read_does_not_let_out_what_is_not_yet_committed(estate: Emulator) -> None:
    made = "CREATE TABLE t (a); INSERT INTO t VALUES (1) RETURNING a; SELECT 2 AS b"
    failed = run(f"{made}; SELEC 1")
    assert (failed.exit_code, failed.stdout) == (1, "b\n2\n")
    assert run(made).stdout == "b\n2\n\na\n1\n"


def test_what_was_rolled_back_is_not_told(estate: Emulator) -> None:
    script = f"{DELETE}; SELECT 1 AS a; ROLLBACK; {DELETE} AND event_stream_name = 'a'"
    result = run("--endpoint-url", estate.endpoint_url, script)
    assert (result.stdout, result.stderr) == ("a\n1\n", "1 row changed\n")


def test_the_statement_that_failed_is_told_apart_from_one_like_it() -> None:
    result = run("CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1); INSERT INTO t VALUES (1);")
    assert result.stderr.splitlines() == [
        "Error: UNIQUE constraint failed: t.a",
        "in statement 3 of 3, line 1",
    ]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (f"BEGIN; {DELETE}", "BEGIN without COMMIT: nothing that comes after it is sent"),
        (f"BEGIN; {DELETE}; BEGIN", "cannot start a transaction within a transaction"),
        (f"{DELETE}; ROLLBACK; COMMIT", "no transaction is active"),
        (f"{DELETE}; VACUUM", "all statements are one transaction: write COMMIT; before this one"),
        (f"SAVEPOINT a; {DELETE}; ROLLBACK TO a; SELEC", "in statement 4 of 4"),
        (f"SAVEPOINT a; {DELETE}; RELEASE a; SELEC", "in statement 4 of 4"),
        (f"WITH t AS (SELECT 1) {DELETE} RETURNING 1", "RETURNING"),
    ],
)
def test_a_script_that_fails_changes_nothing(estate: Emulator, script: str, message: str) -> None:
    result = run("--endpoint-url", estate.endpoint_url, script)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stdout == ""
    assert "DeleteResource" not in operations(estate)


def test_rows_of_a_write_are_not_printed_before_it_is_committed(
    estate: Emulator, tmp_path: Path
) -> None:
    to = ("--endpoint-url", estate.endpoint_url, "--db", str(tmp_path / "local.db"))
    write = "INSERT INTO t VALUES (1) RETURNING a"
    assert run(*to, f"CREATE TABLE t (a); {write}").stdout == "a\n1\n"
    estate.faults.fail_change(operation="DeleteResource", code="AccessDenied", message="no")
    failed = run(*to, f"{write}; {DELETE}")
    assert failed.exit_code == 1
    assert failed.stdout == ""
    assert "0 of 2 changes applied" in failed.stderr


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(
    estate: Emulator, tmp_path: Path
) -> None:
    script = f"""
        CREATE TABLE mine (a); INSERT INTO mine VALUES ('four');
        BEGIN; {DELETE} AND event_stream_name = 'a'; COMMIT;
        BEGIN; {DELETE}; ROLLBACK;
        INSERT INTO aws.customerprofiles.domains (domain_name, default_expiration_days)
        SELECT a, 30 FROM mine;
    """
    database = str(tmp_path / "local.db")
    to = ("--endpoint-url", estate.endpoint_url, "--db", database, "--dry-run")
    result = run(*to, "--format", "jsonl", script)
    assert result.exit_code == 0, result.output
    changes = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(each["operation"], each["identifier"]) for each in changes] == [
        ("DELETE", "one|a"),
        ("CREATE", "four"),
    ]
    assert changes[1]["desired_state"] == {"DomainName": "four", "DefaultExpirationDays": 30}
    assert "CreateResource" not in (made := operations(estate))
    assert "DeleteResource" not in made
    assert run("--db", database, "SELECT count(*) AS n FROM sqlite_schema").stdout == "n\n0\n"


def test_a_dry_run_shows_the_plan_and_not_a_table_of_that_name(
    estate: Emulator, tmp_path: Path
) -> None:
    to = ("--endpoint-url", estate.endpoint_url, "--db", str(tmp_path / "own.db"))
    assert run(*to, "CREATE TABLE aws_pending AS SELECT * FROM aws_pending").exit_code == 0
    rows = list(csv.DictReader(run(*to, "--dry-run", DELETE).stdout.splitlines()))
    assert [(row["operation"], row["identifier"]) for row in rows] == [
        ("DELETE", "one|a"),
        ("DELETE", "one|b"),
    ]


def test_a_dry_run_of_what_changes_nothing_says_so(estate: Emulator) -> None:
    result = run("--endpoint-url", estate.endpoint_url, "--dry-run", "SELECT 1")
    assert result.stderr == "nothing would change at AWS\n"
    assert result.stdout.startswith("position,operation,")


@pytest.mark.parametrize("script", ["BEGIN; SELECT 1", "BEGIN; BEGIN", "SELEC 1"])
def test_a_dry_run_fails_where_the_run_would(script: str) -> None:
    for options in ([], ["--dry-run"]):
        result = run(*options, script)
        assert result.exit_code == 1, result.output


def test_parameters_are_text_or_json() -> None:
    values = ["a=5", "b:=5", "c:=null", 'd:={"k": [1]}', ":e=x=y", "f:=true"]
    given = [argument for value in values for argument in ("--param", value)]
    types = "SELECT typeof(:a) a, typeof(:b) b, typeof(:c) c, :d d, :e e, :f f"
    rows = list(csv.reader(run(*given, types).stdout.splitlines()))
    assert rows[1] == ["text", "integer", "null", '{"k": [1]}', "x=y", "1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["SELECT :a"], "You did not supply a value for binding parameter :a"),
        (["--param", "b=1", "SELECT 1"], "--param b: no statement has :b"),
        (["--param", "a=1", "--param", "a=2", "SELECT :a"], "--param a: given more than once"),
        (["--param", "a", "SELECT :a"], "write name=text, or name:=JSON"),
        (["--param", "a:=x", "SELECT :a"], "is no JSON"),
        (["--format", "xml", "SELECT 1"], "'xml' is not one of"),
        (["--max-calls", "0", "SELECT 1"], "--max-calls 0: write 1 or more"),
        (["-- nothing"], "no statement: there are only blanks and comments"),
        (["--emulator", "--profile", "x", "SELECT 1"], "--emulator and --profile: write one"),
        (["tabels"], "no such command: tabels; did you mean tables?"),
        (["--file", "nowhere.sql"], "nowhere.sql"),
        (
            ["--db", "/nowhere/at/all.db", "SELECT 1"],
            "unable to open database file\nwith --db /nowhere/at/all.db",
        ),
        (["SHOW TABLES"], "; there are SHOW SERVICES IN aws, SHOW RESOURCES IN aws.s3"),
        (["SELECT ?"], "? has no name: write :name"),
        (["SELECT 1;\0 SELECT 2"], "there is a NUL in the SQL"),
        (["SELECT '\udcff'"], "the SQL is not UTF-8 text"),
        (["SELECT", "1"], 'write it in quotes, "SELECT …"'),
        (["--param", "a:=99999999999999999999", "SELECT :a"], "does not fit 64 bits"),
        (["--param", "a:=NaN", "SELECT :a"], "is no JSON"),
        (["emulator", "--port", "99999"], "99999 is not in the range"),
    ],
)
def test_bad_input_is_one_message(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code in (1, 2)
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("line", "status", "output"),
    [
        ('"SELECT 1 AS a" > /dev/full', 1, "Error: [Errno 28] No space left on device\n"),
        ("tables buckets > /dev/full", 1, "Error: [Errno 28] No space left on device\n"),
        ('"SELECT 1 AS a" >&-', 0, ""),
        ('"SELECT 1 AS a" 2>&-', 0, "a\n1\n"),
        ('"SELEC 1" 2>&-', 1, ""),
        ('"SELECT 1 AS a" <&-', 0, "a\n1\n"),
        ("tables --format jsonl | head -0", 0, ""),
    ],
)
def test_streams_may_be_closed_or_full(line: str, status: int, output: str) -> None:
    ran = subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -m awsvtab {line}'],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        check=False,
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (status, output)


def test_statements_come_from_files_and_standard_input(tmp_path: Path) -> None:
    first = tmp_path / "first.sql"
    first.write_text("\ufeffSELECT 'é' AS a;", encoding="utf-8")
    assert run("--file", str(first)).stdout == "a\né\n"
    both = CliRunner().invoke(main, ["-f", str(first), "-f", "-"], input="SELECT 2 AS b")
    assert both.stdout == "a\né\n\nb\n2\n"
    assert CliRunner().invoke(main, [], input="SELECT 3 AS c").stdout == "c\n3\n"
    assert CliRunner().invoke(main, ["--format", "json"], input="SELECT 3 AS c").stdout == (
        '[{"c": 3}]\n'
    )
    first.write_bytes(b"SELECT '\xff'")
    assert "not UTF-8" in run("--file", str(first)).stderr


def test_a_warning_is_a_line_on_stderr(estate: Emulator) -> None:
    estate.faults.deny(operation="ListResources", region="eu-west-2")
    result = run(
        *("--endpoint-url", estate.endpoint_url, "--on-error", "warn", "--format", "csv"),
        *("--region", "us-east-1", "--region", "eu-west-2"),
        "SELECT count(*) AS n FROM aws.customerprofiles.event_streams",
    )
    assert result.stdout == "n\n6\n"
    assert result.stderr.startswith("Warning: ")
    assert "eu-west-2" in result.stderr
    assert result.exit_code == 0


def test_a_journal_tells_what_became_of_changes(estate: Emulator, tmp_path: Path) -> None:
    to = ("--endpoint-url", estate.endpoint_url)
    journal = str(tmp_path / "journal")
    estate.faults.fail_change(operation="DeleteResource", identifier="one|b", code="AccessDenied")
    assert run(*to, "--journal", journal, DELETE).exit_code == 1
    result = run("recover", journal, *to, "--format", "jsonl")
    assert result.exit_code == 0, result.output
    changes = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(each["identifier"], each["operation_status"]) for each in changes] == [
        ("one|a", "SUCCESS"),
        ("one|b", "FAILED"),
    ]
    assert changes[1]["error_code"] == "AccessDenied"
    assert changes[1]["candidates"] is None
    lost = run("recover", str(tmp_path / "nowhere"))
    assert lost.exit_code == 1
    assert "nowhere" in lost.stderr


def test_nothing_commits_a_rehearsal(connection: awsvtab.Connection, estate: Emulator) -> None:
    connection.isolation_level = None
    Rehearsal(connection).execute(Statement(DELETE), {})
    assert len(connection.pending_changes()) == 2
    with pytest.raises(awsvtab.ProgrammingError, match="a dry run sends nothing"):
        connection.commit()
    assert operations(estate) == {"ListResources": 1}


@pytest.mark.parametrize("seed", ["", "{", "[1]", '[{"type": "AWS::No::Such"}]', "\x00"])
def test_a_seed_that_cannot_be_planted_is_one_message(tmp_path: Path, seed: str) -> None:
    path = tmp_path / "seed.json"
    path.write_text(seed)
    result = run("emulator", "--port", "0", "--seed", str(path))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert len(result.stderr.splitlines()) == 1


def test_every_option_of_a_connection_is_one_of_the_command() -> None:
    given = {option.name for option in query.params if isinstance(option, ConnectionOption)}
    of_code_only = {"session", "clock"}
    assert given == (Options.names() - of_code_only) | {"db", "emulator"}


def test_options_say_the_same_as_their_keywords() -> None:
    target = make_target(
        *("--region", "eu-west-1", "--region", "us-east-1", "--profile", "audit"),
        *("--table", "sqs.queues", "--max-calls", "7", "--max-requests-per-second", "2.5"),
        *("--cache-ttl", "60", "--on-error", "warn", "--read-only", "--no-wait"),
        *("--types", "Org::Own::Type", "--journal", "a file", "--max-changes", "0"),
    )
    assert target.options == {
        "regions": ("eu-west-1", "us-east-1"),
        "tables": ("sqs.queues",),
        "profile": "audit",
        "max_calls": 7,
        "max_requests_per_second": 2.5,
        "cache_ttl": 60,
        "on_error": "warn",
        "read_only": True,
        "wait": False,
        "types": ["Org::Own::Type"],
        "journal": "a file",
        "max_changes": 0,
    }


def make_target(*arguments: str) -> Target:
    """What a command with these options is given."""
    given: list[Target] = []

    @click.command()
    @connection_options
    def command(target: Target) -> None:
        given.append(target)

    command.main(list(arguments), standalone_mode=False)
    return given[0]


def test_all_regions_and_a_folder_of_schemas(tmp_path: Path) -> None:
    target = make_target("--region", "all", "--types", str(tmp_path))
    assert target.options == {"regions": "all", "types": str(tmp_path)}
    assert make_target() == Target()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("or connect(max_calls=20)", "or --max-calls 20"),
        ("connect(regions=['a', 'b'])", "--region a --region b"),
        ("(connect(tables=['sqs.queues']) makes", "(--table sqs.queues makes"),
        ("connect(trusted_schema=True) if", "--trusted-schema if"),
        ("connect(profile='audit'), or", "--profile audit, or"),
        ("connect(max_changes=…) with", "--max-changes … with"),
        (
            "connect(endpoint_url='http://127.0.0.1:5555') for",
            "--endpoint-url http://127.0.0.1:5555 for",
        ),
        ("connect(session=s)", "connect(session=s)"),
        ("max_calls=-1: write 1 or more", "--max-calls -1: write 1 or more"),
        ("cache_ttl=nan: for example cache_ttl=60", "--cache-ttl nan: for example --cache-ttl 60"),
        ("was opened with read_only=True", "was opened with --read-only"),
        ("journal='/nowhere/j': No such file", "--journal /nowhere/j: No such file"),
        ("tables: no such table: nope", "--table: no such table: nope"),
        ("no such column: x.region=5", "no such column: x.region=5"),
    ],
)
def test_messages_name_options_as_they_are_typed(message: str, expected: str) -> None:
    assert spelled(message) == expected


def test_tables_are_found_by_part_of_their_name() -> None:
    assert run("tables", "CUSTOMERPROF*str").stdout.splitlines()[1:] == [
        "aws.customerprofiles.event_streams,AWS::CustomerProfiles::EventStream,1,1,1,1,1"
    ]
    assert len(run("tables").stdout.splitlines()) == len(catalog()) + 1
    assert "no table has 'x_y%z' in its name" in run("tables", "x_y%z").stderr
    near = run("tables", "s3.buckts")
    assert near.exit_code == 1
    assert "did you mean aws.s3.buckets" in near.stderr


@pytest.mark.parametrize(
    "name", ["aws.s3.buckets", "s3.buckets", "aws_s3_buckets", "aws::s3::bucket"]
)
def test_a_table_is_described_whatever_it_is_called(name: str) -> None:
    rows = list(csv.DictReader(run("describe", name).stdout.splitlines()))
    assert [row["column_name"] for row in rows][-1] == "region"
    assert {row["property"] for row in rows} > {"BucketName", "Tags"}


def test_what_cannot_be_described_has_a_name_that_is_near() -> None:
    assert "did you mean AWS::S3::Bucket " in run("describe", "AWS::S3::Buckets").stderr


@pytest.mark.parametrize("dotted", list(catalog().dotted_names())[::40])
def test_the_example_of_each_table_can_be_run_or_says_what_to_fill_in(
    dotted: str, connection: awsvtab.Connection
) -> None:
    resource_type = catalog().find(*dotted.split("."))
    assert resource_type is not None
    sql = example(resource_type)
    if sql is None:
        assert not resource_type.can("list")
        assert not resource_type.can("read")
    else:
        assert str(connection.explain(sql)).startswith(("get", "list", "hash"))


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELEC 1", 'near "SELEC": syntax error'),
        ("SELECT * FROM aws.sqs.queue", "did you mean aws.sqs.queues"),
        ("SELECT * FROM aws.sqs.queues WHERE region = 'x'", "unknown region 'x'"),
    ],
)
def test_an_error_is_one_message_and_a_status(estate: Emulator, sql: str, message: str) -> None:
    result = run("--endpoint-url", estate.endpoint_url, sql)
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output


def test_the_emulated_estate_answers_without_an_account() -> None:
    result = run("--emulator", "SELECT count(*) FROM aws.customerprofiles.event_streams")
    assert result.output.split() == ["count(*)", "5"]


def test_the_version_is_the_packages() -> None:
    version, types = run("--version").output.splitlines()
    assert version == f"awsvtab {awsvtab.__version__}"
    assert types.startswith(f"catalog: {len(catalog())} resource types from cfn-lint")


def test_the_demo_shows_each_statement_its_result_and_its_calls() -> None:
    result = subprocess.run(
        [sys.executable, "-c", "from awsvtab.cli import main; main()", "demo"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "PYTHONPATH": str(Path(awsvtab.__file__).parents[1]), "COLUMNS": "200"},
    )
    shown = result.stdout
    assert "calls: 4 ListResources, 5 GetResource" in shown
    assert "calls: 1 GetResource\n" in shown
    assert "FROM event_streams JOIN owners" in shown
    assert "checkout" in shown
    assert "calls: 1 CreateResource" in shown
    assert "calls: 1 GetResource, 1 UpdateResource" in shown
    assert "calls: 1 GetResource, 1 DeleteResource" in shown
    assert result.stderr == ""
