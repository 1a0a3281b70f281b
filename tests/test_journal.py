"""A process that was killed leaves nothing unaccounted for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import awsvtab
from awsvtab import errors
from awsvtab.emulator import Emulator
from clock import FakeClock
from conftest import DOMAIN, Connect, operations, put_domain

INSERT = (
    "INSERT INTO aws.customerprofiles.domains (domain_name, default_expiration_days) VALUES (?, 30)"
)
SECRET = "AWS::SecretsManager::Secret"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def recover(emulator: Emulator, path: Path) -> list[awsvtab.Recovered]:
    return awsvtab.recover(path, session=emulator.session, endpoint_url=emulator.endpoint_url)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def test_a_change_is_noted_before_and_after_it_is_sent(
    connect: Connect, emulator: Emulator, path: Path
) -> None:
    emulator.changes.polls = 2
    connection = connect(journal=path, clock=FakeClock())
    connection.execute(INSERT, ("a",))
    assert lines(path) == []
    connection.commit()
    noted = lines(path)
    assert [(line["step"], line["operation_status"]) for line in noted] == [
        ("PLANNED", "NOT_SENT"),
        ("SENDING", "UNKNOWN"),
        ("ANSWERED", "PENDING"),
        ("OVER", "SUCCESS"),
    ]
    [(client_token, request_token)] = connection.execute(
        "SELECT client_token, request_token FROM aws_requests"
    )
    assert {line["client_token"] for line in noted} == {client_token}
    assert [line["request_token"] for line in noted] == [None, None, *[request_token] * 2]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_change_is_on_disk_when_aws_hears_of_it(
    connect: Connect, emulator: Emulator, path: Path
) -> None:
    seen: list[list[str]] = []
    emulator.faults.delay(1, operation="CreateResource")
    emulator.faults.sleep = lambda _: seen.append([line["step"] for line in lines(path)])
    connection = connect(journal=path)
    connection.execute(INSERT, ("a",))
    connection.commit()
    assert seen == [["PLANNED", "SENDING"]]


def test_a_change_that_is_begun_anew_keeps_its_name(
    connect: Connect, emulator: Emulator, path: Path
) -> None:
    emulator.faults.fail_change("Throttling", "later", times=1)
    connection = connect(journal=path, clock=FakeClock())
    connection.execute(INSERT, ("a",))
    connection.commit()
    noted = lines(path)
    assert len({line["change"] for line in noted}) == 1
    assert len({line["client_token"] for line in noted}) == 2
    assert [each.operation_status for each in recover(emulator, path)] == ["SUCCESS"]


def test_no_value_of_a_resource_is_written(
    connect: Connect, emulator: Emulator, path: Path
) -> None:
    connection = connect(journal=path)
    connection.execute(
        "INSERT INTO aws.secretsmanager.secrets (name, description, secret_string) "
        "VALUES ('s', 'described', 'hunter2')"
    )
    connection.commit()
    connection.execute("UPDATE aws.secretsmanager.secrets SET secret_string = 'swordfish'")
    connection.commit()
    text = path.read_text()
    assert not [word for word in ("described", "hunter2", "swordfish") if word in text]


def test_connections_may_share_a_journal(connect: Connect, emulator: Emulator, path: Path) -> None:
    for name in ("a", "b"):
        connection = connect(journal=os.fspath(path))
        connection.execute(INSERT, (name,))
        connection.commit()
    assert [each.identifier for each in recover(emulator, path)] == ["a", "b"]


def test_a_journal_that_cannot_be_opened_is_an_error(connect: Connect, tmp_path: Path) -> None:
    with pytest.raises(awsvtab.OperationalError, match="journal="):
        connect(journal=tmp_path)


def test_a_journal_that_cannot_be_written_keeps_everything_from_being_sent(
    connect: Connect, emulator: Emulator
) -> None:
    connection = connect(journal="/dev/full")
    connection.execute(INSERT, ("a",))
    with pytest.raises(awsvtab.OperationalError, match="journal cannot be written"):
        connection.commit()
    assert operations(emulator) == {}


@pytest.mark.parametrize("text", ["no JSON\n", "[]\n", '{"step": "PLANNED"}\n'])
def test_what_is_no_journal_is_refused(emulator: Emulator, path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(awsvtab.ProgrammingError, match="is no journal of awsvtab"):
        recover(emulator, path)


def test_a_missing_journal_is_an_error(emulator: Emulator, path: Path) -> None:
    with pytest.raises(awsvtab.OperationalError, match="No such file"):
        recover(emulator, path)


def test_a_last_line_that_was_cut_off_is_left_out(
    connect: Connect, emulator: Emulator, path: Path
) -> None:
    connection = connect(journal=path)
    connection.execute(INSERT, ("a",))
    connection.commit()
    path.write_bytes(path.read_bytes()[:-10])
    (unknown,) = recover(emulator, path)
    assert unknown.operation_status == "UNKNOWN"
    assert [event.operation_status for event in unknown.candidates] == ["SUCCESS"]

    connection = connect(journal=path)
    connection.execute(INSERT, ("b",))
    connection.commit()
    assert [each.operation_status for each in recover(emulator, path)] == ["UNKNOWN", "SUCCESS"]


def test_what_has_no_end_yet_is_asked_for(connect: Connect, emulator: Emulator, path: Path) -> None:
    emulator.changes.polls = 2
    connection = connect(journal=path, wait=False)
    connection.execute(INSERT, ("a",))
    connection.commit()
    operations(emulator)
    assert [each.operation_status for each in recover(emulator, path)] == ["IN_PROGRESS"]
    (ended,) = recover(emulator, path)
    assert (ended.operation_status, ended.identifier, ended.candidates) == ("SUCCESS", "a", ())
    assert operations(emulator) == {"GetResourceRequestStatus": 2}


def test_what_aws_has_forgotten_is_unknown(
    connect: Connect, emulator: Emulator, path: Path
) -> None:
    connection = connect(journal=path, wait=False)
    emulator.changes.polls = 1
    connection.execute(INSERT, ("a",))
    connection.commit()
    emulator.reset()
    (forgotten,) = recover(emulator, path)
    assert (forgotten.operation_status, forgotten.error_code) == (
        "UNKNOWN",
        "RequestTokenNotFoundException",
    )
    assert forgotten.request_token


@pytest.mark.parametrize("arrived", [True, False])
def test_a_request_without_an_answer_is_looked_for_among_those_that_aws_lists(
    connect: Connect, emulator: Emulator, path: Path, arrived: bool
) -> None:
    put_domain(emulator, "other")
    connection = connect(journal=path, clock=FakeClock())
    connection.execute("DELETE FROM aws.customerprofiles.domains")
    connection.commit()
    fault = emulator.faults.lose_answer if arrived else emulator.faults.drop
    fault(operation="CreateResource")
    connection.execute(INSERT, ("a",))
    connection.execute(INSERT, ("b",))
    with pytest.raises(errors.NetworkFailed):
        connection.commit()
    deleted, unknown, unsent = recover(emulator, path)
    assert (deleted.operation, deleted.operation_status) == ("DELETE", "SUCCESS")
    assert (unknown.identifier, unknown.operation_status) == ("a", "UNKNOWN")
    assert [event.identifier for event in unknown.candidates] == (["a"] if arrived else [])
    assert ("this may be" if arrived else "has most likely not arrived") in str(
        unknown.status_message
    )
    assert (unsent.identifier, unsent.operation_status) == ("b", "NOT_SENT")


# Queues changes of every kind, and is killed while it commits.
CHILD = """
import os, signal, sys, boto3, awsvtab

endpoint_url, journal, mode = sys.argv[1:]
connection = awsvtab.connect(
    ":memory:", session=boto3.Session("x", "x", region_name="us-east-1"),
    endpoint_url=endpoint_url, journal=journal, concurrency=3,
)
domains = "aws.customerprofiles.domains"
connection.execute(f"DELETE FROM {domains} WHERE domain_name = 'gone'")
connection.execute(f"UPDATE {domains} SET default_expiration_days = 7 WHERE domain_name = 'kept'")
connection.execute(
    f"INSERT INTO {domains} (domain_name, default_expiration_days) "
    "SELECT 'new' || value, 3 FROM json_each('[1,2,3,4,5,6,7,8]')"
)
connection.execute("INSERT INTO aws.sqs.queues (queue_name) VALUES ('later')")


def kill(progress):
    if progress.done == int(mode):
        os.kill(os.getpid(), signal.SIGKILL)


connection.set_write_progress(kill)
connection.commit()
"""


@pytest.mark.parametrize("after", [0, 1, 2, 4, 9])
def test_a_commit_that_was_killed_leaves_nothing_unaccounted_for(
    emulator: Emulator, path: Path, tmp_path: Path, after: int
) -> None:
    for name in ("gone", "kept"):
        put_domain(emulator, name)
    emulator.changes.polls = 1
    emulator.changes.retry_after_s = 0.0
    child = [sys.executable, "-c", CHILD, emulator.endpoint_url, str(path), str(after)]
    source = str(Path(awsvtab.__file__).parents[1])
    ended = subprocess.run(child, env={**os.environ, "PYTHONPATH": source}, check=False)
    assert ended.returncode == -signal.SIGKILL

    asked = Counter(
        call.request["ClientToken"] for call in emulator.calls if "ClientToken" in call.request
    )
    emulator.changes.polls = 0
    found = recover(emulator, path)
    assert len(found) == 11
    by_token = {each.client_token: each for each in found}
    assert set(asked) <= set(by_token)
    assert set(asked.values()) == {1}
    for token, each in by_token.items():
        if token not in asked:
            assert each.operation_status in ("NOT_SENT", "UNKNOWN"), each
            assert each.candidates == ()
        elif each.operation_status == "UNKNOWN":
            assert len(each.candidates) == 1
        else:
            assert each.operation_status in ("SUCCESS", "PENDING", "IN_PROGRESS"), each
    finished = [each for each in found if each.operation_status == "SUCCESS"]
    assert len(finished) >= after
    for each in finished:
        there = emulator.get(each.type_name, str(each.identifier))
        assert (there is None) == (each.operation == "DELETE")
    made = [name for name in range(1, 9) if emulator.get(DOMAIN, f"new{name}") is not None]
    assert len(made) <= sum(each.type_name == DOMAIN for each in by_token.values()) - 2
