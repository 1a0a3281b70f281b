"""The command, as a person calls it."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import awsvtab
from awsvtab.catalog import catalog
from awsvtab.cli import main
from awsvtab.emulator import Emulator
from conftest import operations


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


def test_a_write_is_committed(estate: Emulator) -> None:
    result = run(
        "--endpoint-url",
        estate.endpoint_url,
        "DELETE FROM aws.customerprofiles.event_streams WHERE domain_name = 'one'",
    )
    assert result.output == "2 rows changed\n"
    assert operations(estate) == {"ListResources": 1, "DeleteResource": 2}


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
