"""`awsvtab explain` and `awsvtab policy`: in a terminal, without an account, nothing run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from moto.iam.policy_validation import IAMPolicyDocumentValidator

import awsvtab
from awsvtab.cli import main
from awsvtab.emulator import Emulator
from conftest import Connect
from terminal import SOURCES, Terminal, environment, terminal
from test_curated import SCHEMA
from test_seed import SEED, statement

# CPython's own advice against forkpty beside threads; the child does nothing before it execs.
pytestmark = pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")

STREAMS = "aws.customerprofiles.event_streams"
DOMAINS = "aws.customerprofiles.domains"
GET = f"SELECT uri FROM {STREAMS} WHERE data__Identifier = 'one|a'"
LIST = f"SELECT domain_name, event_stream_name FROM {STREAMS} WHERE region = 'us-east-1'"

Start = Callable[..., Terminal]


@pytest.fixture
def start(estate: Emulator, tmp_path: Path) -> Iterator[Start]:
    """Starts the command with these arguments, where an account could be asked."""
    with ExitStack() as stack:

        def enter(*arguments: str, width: int = 80) -> Terminal:
            where = environment(estate, tmp_path)
            return stack.enter_context(
                terminal(*arguments, environment=where, width=width, height=60)
            )

        yield enter
    assert len(estate.calls) == 0


def alone(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command where there is no account, no region, and no network that it could use."""
    return subprocess.run(
        [sys.executable, "-c", NO_NETWORK, *arguments],
        env={"HOME": str(home), "PATH": os.defpath, "PYTHONPATH": str(SOURCES), **variables},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def run(*arguments: str) -> Result:
    """The command in this process."""
    return CliRunner().invoke(main, arguments)


# Nobody is asked for anything: no socket is opened, and no credentials are looked for.
NO_NETWORK = """
import socket, sys
def refuse(*_, **__):
    raise AssertionError("there is no network")
socket.socket.connect = socket.getaddrinfo = refuse
import botocore.credentials
botocore.credentials.CredentialResolver.load_credentials = refuse
from awsvtab.cli import main
main(prog_name="awsvtab")
"""


def test_a_listing_is_explained_in_a_terminal(start: Start) -> None:
    command = start("explain", LIST)
    assert command.end() == 0
    assert command.screen == (
        f"{STREAMS}\n"
        "  rows   listed, once for each row of what is read first\n"
        "  by     region\n"
        "  first  AWS::CustomerProfiles::Domain\n"
        "  calls  1 ListResources and more\n"
        "IAM actions\n"
        "  cloudformation:ListResources profile:ListDomains profile:ListEventStreams"
    )


def test_a_write_is_explained_and_not_made(start: Start, estate: Emulator) -> None:
    command = start("explain", f"DELETE FROM {STREAMS} WHERE data__Identifier = 'one|a'")
    assert command.end() == 0
    assert command.screen == (
        f"{STREAMS}\n"
        "  rows   read one by one, by identifier\n"
        "  by     data__Identifier\n"
        "  calls  1 GetResource\n"
        f"{STREAMS}\n"
        "  rows   deleted, when the transaction commits\n"
        "  calls  DeleteResource for each row, and its status until it is done\n"
        "IAM actions\n"
        "  cloudformation:DeleteResource cloudformation:GetResource\n"
        "  cloudformation:GetResourceRequestStatus iam:DeleteRolePolicy\n"
        "  kinesis:DescribeStreamSummary profile:DeleteEventStream profile:GetEventStream\n"
        "  profile:ListTagsForResource"
    )
    assert len(estate.calls) == 0


def test_several_statements_are_told_apart(start: Start) -> None:
    command = start("explain", f"{GET}; SELECT 1", f"SELECT '{'x' * 200}'")
    assert command.end() == 0
    lines = command.screen.splitlines()
    assert lines[0] == f"{GET.rpartition(' ')[0]} …"
    assert lines[-5:] == ["SELECT 1", "asks AWS nothing", "", "SELECT …", "asks AWS nothing"]
    assert max(map(len, lines)) <= 80


def test_a_policy_is_printed_in_a_terminal(start: Start, connect: Connect) -> None:
    command = start("policy", GET)
    assert command.end() == 0
    assert json.loads(command.screen) == awsvtab.policy(connect().explain(GET))


@pytest.mark.parametrize("name", [path.stem for path in sorted(SEED.glob("*.sql"))])
def test_the_policy_of_a_seed_statement_is_what_explain_lists(
    start: Start, connection: awsvtab.Connection, name: str
) -> None:
    command = start("policy", statement(name))
    assert command.end() == 0
    document = json.loads(command.screen)
    IAMPolicyDocumentValidator(command.screen).validate()
    explanation = connection.explain(statement(name))
    granted = {action for each in document["Statement"] for action in each["Action"]}
    assert granted == set(explanation.actions)


def test_an_error_is_one_message_and_a_status_in_a_terminal(start: Start) -> None:
    for name in ("explain", "policy"):
        command = start(name, "SELECT 1 FROM nowhere")
        assert command.end() == 1
        assert command.screen == "Error: no such table: nowhere"


def test_neither_needs_an_account(tmp_path: Path) -> None:
    done = alone("explain", LIST, home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 ListResources and more" in done.stdout
    done = alone("policy", GET, LIST, statement("insert_all"), home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    IAMPolicyDocumentValidator(done.stdout).validate()


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [["--profile", "none"], ["--region", "all"], ["--emulator"], []]
)
def test_options_that_say_whom_to_ask_change_nothing(tmp_path: Path, options: list[str]) -> None:
    done = alone("policy", *options, GET, home=tmp_path, AWS_PROFILE="missing")
    assert (done.returncode, done.stderr) == (0, "")
    assert "cloudformation:GetResource" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_regions_are_those_that_are_given() -> None:
    sql = "SELECT queue_url FROM aws.sqs.queues"
    regions = ["--region", "eu-west-1", "--region", "eu-west-2"]
    done = run("explain", *regions, sql)
    assert "2 ListResources" in done.stdout
    done = run("explain", *regions, f"{sql} WHERE region = 'us-east-1'")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "us-east-1" in done.stderr


def test_statements_build_on_those_before() -> None:
    done = run(
        "explain",
        "CREATE TABLE wanted (id TEXT); INSERT INTO wanted VALUES ('one|a'), ('one|b');"
        f"SELECT uri FROM {STREAMS} WHERE data__Identifier IN (SELECT id FROM wanted)",
    )
    assert done.stderr == ""
    assert "calls  2 GetResource\n" in done.stdout


def test_triggers_count() -> None:
    script = (
        "CREATE TEMP TABLE unwanted (id); CREATE TEMP TRIGGER gone DELETE ON unwanted BEGIN "
        f"DELETE FROM {STREAMS.replace('.', '_')} WHERE data__Identifier = old.id; END;"
        "INSERT INTO unwanted VALUES ('one|a') RETURNING id; DELETE FROM unwanted"
    )
    actions = json.loads(run("policy", script).stdout)["Statement"][0]["Action"]
    assert actions == [
        "cloudformation:DeleteResource",
        "cloudformation:GetResource",
        "cloudformation:GetResourceRequestStatus",
    ]


@pytest.mark.parametrize("name", ["SHOW SERVICES IN aws", "EXPLAIN QUERY PLAN SELECT 1"])
def test_what_awsvtab_or_sqlite_explains_itself_asks_nothing(name: str) -> None:
    assert run("explain", name).stdout == "asks AWS nothing\n"


@pytest.mark.parametrize(
    "made",
    [
        f"CREATE TEMP TABLE kept AS SELECT domain_name AS id, tags FROM {DOMAINS}",
        f"CREATE TABLE kept (id); INSERT INTO kept SELECT domain_name FROM {DOMAINS}",
        f"CREATE TABLE kept AS SELECT domain_name AS id FROM {DOMAINS} WHERE domain_name = :name",
        f'CREATE TABLE "kept" AS WITH d AS (SELECT domain_name AS "i""d", tags FROM {DOMAINS}) '
        'SELECT "i""d" AS id FROM d',
    ],
)
def test_rows_that_only_aws_knows_make_calls_unknown(made: str) -> None:
    sql = f"SELECT uri FROM {STREAMS} WHERE domain_name IN (SELECT id FROM kept)"
    given = ["--param", "name=one"] if ":name" in made else []
    done = run("explain", f"{made}; {sql}", "SELECT count(*) FROM kept", *given)
    assert done.stderr == ""
    assert "calls  not known" in done.stdout
    assert done.stdout.endswith("asks AWS nothing\n")


def test_what_is_done_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "own.db"
    connection = awsvtab.connect(file)
    connection.execute("CREATE TABLE t (a)")
    connection.commit()
    connection.close()
    before = file.read_bytes()
    script = f"INSERT INTO t VALUES (1); DROP TABLE t; COMMIT; DELETE FROM {STREAMS}; VACUUM"
    done = run("policy", "--db", str(file), script)
    assert (done.exit_code, done.stderr) == (0, "")
    assert file.read_bytes() == before
    done = run("policy", "--db", str(tmp_path / "new.db"), "CREATE TABLE t (a)")
    assert done.exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["own.db"]


def test_parameters_tell_the_keys() -> None:
    sql = f"SELECT uri FROM {STREAMS} WHERE data__Identifier = :id"
    assert "1 GetResource" in run("explain", sql, "--param", "id=a|b").stdout
    assert "calls  not known" in run("explain", sql).stdout
    done = run("explain", sql, "--param", "nope=1")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "no statement has :nope" in done.stderr


def test_a_file_of_statements_is_explained_as_json(tmp_path: Path) -> None:
    script = tmp_path / "script.sql"
    script.write_text(f"-- two\n{GET};\n{LIST};\n")
    done = run("explain", "-f", str(script), "--format", "json")
    one, other = json.loads(done.stdout)
    assert other["sql"] == f"{LIST};"
    assert one["paths"] == [
        {
            "table": STREAMS,
            "type_name": "AWS::CustomerProfiles::EventStream",
            "access": "get",
            "keys": ["data__Identifier"],
            "calls": {"GetResource": 1},
            "exact": True,
            "uses": [["AWS::CustomerProfiles::EventStream", "get_resource"]],
            "actions": one["actions"],
        }
    ]


@pytest.mark.parametrize("name", ["explain", "policy"])
@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELEC 1", 'near "SELEC": syntax error'),
        (f"SELECT nope FROM {STREAMS}", "no such column: nope"),
        (f"SELECT 1;\n\n{GET}|a", "in statement 2 of 2, line 3"),
        ("CREATE VIRTUAL TABLE t USING aws('Org::Svc::Thing')", "--types FOLDER"),
    ],
)
def test_an_error_is_one_message_and_a_status(name: str, sql: str, message: str) -> None:
    done = run(name, sql)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_types_of_files_are_known(tmp_path: Path) -> None:
    (tmp_path / "thing.json").write_text(json.dumps(SCHEMA))
    sql = "SELECT name FROM aws.svc.things"
    done = run("policy", "--types", str(tmp_path), sql)
    assert json.loads(done.stdout)["Statement"][0]["Action"] == ["cloudformation:ListResources"]
    done = run("policy", "--types", "Org::Svc::Thing", sql)
    assert done.exit_code == 1
    assert "DescribeType would have to be asked of AWS" in done.stderr


def test_what_iam_would_not_take_is_noted() -> None:
    done = run("policy", "SELECT 1")
    assert json.loads(done.stdout)["Statement"] == []
    assert done.stderr == "Note: no permission is needed; IAM takes no policy without a statement\n"
    many = [f"UPDATE aws.{each} SET tags = '[]'" for each in ("s3.buckets", "ec2.instances")]
    done = run("policy", *many)
    assert done.exit_code == 0
    assert "a user's inline policies may have (2,048)" in done.stderr
