"""The command in a real terminal: boxes, questions, progress, Ctrl-C."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from awsvtab.emulator import Emulator
from conftest import operations
from terminal import Terminal, environment, terminal

# CPython's own advice against forkpty beside threads; the child does nothing before it execs.
pytestmark = pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")

CTRL_C = "\x03"
STREAMS = "aws.customerprofiles.event_streams"
DELETE = f"DELETE FROM {STREAMS} WHERE domain_name = 'one'"

Start = Callable[..., Terminal]


@pytest.fixture
def start(estate: Emulator, tmp_path: Path) -> Iterator[Start]:
    """Starts the command with these arguments, on the emulated estate."""
    with ExitStack() as stack:

        def enter(*arguments: str, width: int = 100, **settings: object) -> Terminal:
            where = environment(estate, tmp_path)
            return stack.enter_context(
                terminal(*arguments, environment=where, width=width, **settings)
            )

        yield enter


def through_shell(redirection: str) -> tuple[str, ...]:
    """The command as a shell starts it."""
    return ("/bin/sh", "-c", f'"{sys.executable}" -m awsvtab "$@" {redirection}', "sh")


def test_rows_are_a_box(start: Start) -> None:
    command = start(f"SELECT domain_name, count(*) AS n FROM {STREAMS} GROUP BY 1 ORDER BY 1")
    assert command.end() == 0
    assert command.screen == (
        "┌─────────────┬───┐\n"
        "│ domain_name │ n │\n"
        "├─────────────┼───┤\n"
        "│ one         │ 2 │\n"
        "│ three       │ 3 │\n"
        "│ two         │ 1 │\n"
        "└─────────────┴───┘"
    )


@pytest.mark.slow
def test_rows_that_are_too_wide_are_lines(start: Start) -> None:
    statement = f"SELECT domain_name, uri FROM {STREAMS} WHERE domain_name = 'two'"
    command = start(statement, width=40)
    assert command.end() == 0
    assert command.screen.splitlines()[0] == "domain_name = two"
    command = start("--format", "csv", statement, width=100)
    assert command.end() == 0
    assert command.screen.splitlines()[0] == "domain_name,uri"


@pytest.mark.parametrize("answer", ["y", "YES"])
def test_changes_are_shown_and_made_if_the_answer_is_yes(
    start: Start, estate: Emulator, answer: str
) -> None:
    command = start(f"{DELETE} AND event_stream_name = 'a'")
    command.wait_for("Apply 1 change to AWS? [y/N] ")
    assert operations(estate) == {"GetResource": 1}
    assert command.screen.splitlines()[0] == (
        "DELETE AWS::CustomerProfiles::EventStream one|a in us-east-1"
    )
    command.type(answer)
    assert command.end() == 0
    assert command.screen.splitlines()[-1] == "1 row changed"
    assert operations(estate) == {"DeleteResource": 1}


@pytest.mark.parametrize("answer", ["n", "", "yesterday", "\x04", CTRL_C])
def test_any_other_answer_changes_nothing(start: Start, estate: Emulator, answer: str) -> None:
    command = start(f"CREATE TABLE t (a); {DELETE}")
    command.wait_for("Apply 2 changes to AWS? [y/N] ")
    if answer in ("\x04", CTRL_C):
        command.press(answer)
    else:
        command.type(answer)
    assert command.end() == (130 if answer == CTRL_C else 1)
    assert command.screen.splitlines()[-1] in (
        "Error: nothing was sent, and nothing kept",
        "interrupted",
    )
    assert "DeleteResource" not in operations(estate)


@pytest.mark.parametrize("kind", ["TABLE", "TEMP TABLE"])
def test_a_table_called_as_the_plan_does_not_keep_changes_from_being_asked_about(
    start: Start, estate: Emulator, tmp_path: Path, kind: str
) -> None:
    hiding = f"CREATE {kind} aws_pending AS SELECT * FROM aws_pending"
    command = start("--db", str(tmp_path / "own.db"), f"{hiding}; {DELETE}")
    command.wait_for("Apply 2 changes to AWS? [y/N] ")
    command.type("n")
    assert command.end() == 1
    assert "DeleteResource" not in operations(estate)


def test_yes_is_not_asked_for_twice(start: Start, estate: Emulator) -> None:
    command = start("--yes", DELETE)
    assert command.end() == 0
    assert command.screen == "2 rows changed"
    assert operations(estate)["DeleteResource"] == 2


def test_each_commit_of_a_script_is_asked_about(start: Start, estate: Emulator) -> None:
    one, other = (f"{DELETE} AND event_stream_name = '{name}'" for name in "ab")
    command = start(f"BEGIN; {one}; COMMIT; {other}")
    command.wait_for("[y/N] ")
    command.type("y")
    command.wait_for("[y/N] ")
    command.type("n")
    assert command.end() == 1
    assert operations(estate)["DeleteResource"] == 1


def test_the_answer_does_not_come_from_the_script(start: Start, tmp_path: Path) -> None:
    script = tmp_path / "script.sql"
    script.write_text(f"{DELETE};\n-- y\n")
    command = start(program=through_shell(f"< {script}"))
    command.wait_for("Apply 2 changes to AWS? [y/N] ")
    command.type("no")
    assert command.end() == 1
    assert "nothing was sent" in command.screen


@pytest.mark.slow
@pytest.mark.parametrize("redirection", ["2>/dev/null", "> /dev/null", "< /dev/null", "| cat"])
def test_whoever_sits_at_a_terminal_is_asked_though_a_stream_is_a_file(
    start: Start, estate: Emulator, redirection: str
) -> None:
    command = start(DELETE, program=through_shell(redirection))
    command.wait_for("Apply 2 changes to AWS? [y/N] ")
    command.type("n")
    assert command.end() == (0 if redirection == "| cat" else 1)
    assert "DeleteResource" not in operations(estate)
    command = start(DELETE, program=through_shell(redirection))
    command.wait_for("Apply 2 changes to AWS? [y/N] ")
    command.type("y")
    assert command.end() == 0
    assert operations(estate)["DeleteResource"] == 2


def test_an_answer_from_before_the_question_is_none(start: Start, estate: Emulator) -> None:
    command = start(DELETE)
    command.type("y")
    command.wait_for("Apply 2 changes to AWS? [y/N] ")
    command.type("n")
    assert command.end() == 1
    assert "DeleteResource" not in operations(estate)


def test_an_answer_that_is_no_text_is_no_yes(start: Start, estate: Emulator) -> None:
    command = start(DELETE)
    command.wait_for("[y/N] ")
    command.press_bytes(b"y\xff\n")
    assert command.end() == 1
    assert command.screen.endswith("Error: nothing was sent, and nothing kept")
    assert "DeleteResource" not in operations(estate)


def test_a_dry_run_is_a_list_for_people(start: Start, estate: Emulator) -> None:
    command = start(
        "--dry-run",
        "INSERT INTO aws.customerprofiles.domains (domain_name, default_expiration_days) "
        f"VALUES ('four', 30); {DELETE} AND event_stream_name = 'a'",
    )
    assert command.end() == 0
    assert command.screen == (
        "CREATE AWS::CustomerProfiles::Domain four in us-east-1\n"
        '       {"DomainName":"four","DefaultExpirationDays":30}\n'
        "DELETE AWS::CustomerProfiles::EventStream one|a in us-east-1"
    )
    assert operations(estate) == {"GetResource": 1}


@pytest.mark.slow
def test_progress_is_shown_while_something_is_waited_for_and_then_is_gone(
    start: Start, estate: Emulator
) -> None:
    estate.faults.delay(0.4)
    command = start(f"SELECT count(state) AS n FROM {STREAMS}")
    command.wait_for("1 call ")
    assert re.search(r"^. 0 of 1 region · 1 call · \d s$", command.screen)
    command.wait_for("3 rows listed")
    assert command.end() == 0
    assert command.screen == "┌───┐\n│ n │\n├───┤\n│ 6 │\n└───┘"


@pytest.mark.slow
def test_progress_of_a_commit(start: Start, estate: Emulator) -> None:
    estate.faults.delay(0.4, operation="DeleteResource", identifier="one|b")
    command = start("--yes", DELETE)
    command.wait_for("1 of 2 changes done")
    assert command.end() == 0
    assert command.screen == "2 rows changed"


@pytest.mark.slow
def test_no_progress_where_stderr_is_no_terminal(start: Start, estate: Emulator) -> None:
    estate.faults.delay(0.4)
    command = start(f"SELECT count(*) AS n FROM {STREAMS}", program=through_shell("2>/dev/null"))
    assert command.end() == 0
    assert "call" not in command.said
    assert "\x1b" not in command.said


@pytest.mark.slow
def test_ctrl_c_ends_a_read_at_once_and_says_so(start: Start, estate: Emulator) -> None:
    estate.faults.delay(15)
    command = start(f"SELECT count(*) AS n FROM {STREAMS}")
    command.wait_for("1 call ")
    begun = time.monotonic()
    command.press(CTRL_C)
    assert command.end() == 130
    assert time.monotonic() - begun < 5
    assert command.screen == "^Cinterrupted" or command.screen.endswith("interrupted")
    assert "Traceback" not in command.said
    estate.faults.clear()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_leaves_a_clean_screen(
    start: Start, estate: Emulator, number: signal.Signals
) -> None:
    estate.faults.delay(5)
    command = start(f"SELECT count(*) FROM {STREAMS}")
    command.wait_for("1 call ")
    command.kill(number)
    assert command.end() == 130
    assert (command.screen, command.has_cursor) == ("interrupted", True)
    estate.faults.clear()


def test_ctrl_c_in_a_commit_says_what_aws_has(start: Start, estate: Emulator) -> None:
    estate.faults.stall_change(operation="DeleteResource", identifier="one|b")
    command = start("--yes", DELETE)
    command.wait_for("1 of 2 changes done")
    command.press(CTRL_C)
    assert command.end() == 130
    assert "1 of 2 changes applied, 1 under way" in command.screen
    assert "request token" in command.screen
    assert "Traceback" not in command.said


@pytest.mark.slow
def test_an_error_of_aws_is_one_message(start: Start, estate: Emulator) -> None:
    estate.faults.deny(operation="ListResources")
    command = start(f"SELECT count(*) FROM {STREAMS}", width=200)
    assert command.end() == 1
    assert command.screen.startswith("Error: ")
    assert "AccessDenied" in command.screen
    assert "┌" not in command.screen


@pytest.mark.slow
def test_nothing_is_printed_of_a_result_that_fails_half_way(start: Start, estate: Emulator) -> None:
    estate.faults.deny(operation="GetResource", identifier="three|c")
    command = start(
        "--format", "jsonl", f"SELECT event_stream_name, state FROM {STREAMS}", width=200
    )
    assert command.end() == 1
    assert "{" not in command.screen


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["describe", STREAMS],
            "a listing   needs domain_name; without it, aws.customerprofiles.domains",
        ),
        (["tables", "event_str"], "aws.customerprofiles.event_streams  AWS::CustomerProf"),
        (["tables", "emailtemplate"], "AWS::Pinpoint::EmailTemplate  cannot list, read, create"),
        (["--version"], "catalog: "),
        (["--help"], 'awsvtab "SELECT bucket_name FROM aws.s3.buckets"'),
        (["query", "--help"], "How to connect:"),
        (["--emulator", f"SELECT count(*) AS n FROM {STREAMS}"], "│ 5 │"),
    ],
)
def test_other_commands(start: Start, arguments: list[str], expected: str) -> None:
    command = start(*arguments, width=120, height=70)
    assert command.end() == 0
    assert expected in command.screen


@pytest.mark.slow
def test_the_demo_is_for_people(start: Start) -> None:
    command = start("demo", width=120, height=200)
    assert command.end() == 0
    assert "calls: 4 ListResources, 5 GetResource" in command.screen
