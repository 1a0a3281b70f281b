"""``awsvtab shell`` in a real terminal: what is typed, what is seen, what AWS is asked."""

from __future__ import annotations

import re
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from awsvtab.emulator import Emulator
from conftest import operations
from terminal import SOURCES, Terminal, environment, terminal

# CPython's own advice against forkpty beside threads; the child does nothing before it execs.
# By default docs/shell.md, whose sessions are run, stands for these.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning"),
]

CTRL_C, CTRL_D, TAB = "\x03", "\x04", "\t"
PROMPT = "awsvtab> "
MORE = "     ...> "
STREAMS = "aws.customerprofiles.event_streams"
COUNT = f"SELECT count(*) AS n FROM {STREAMS};"
DELETE = f"DELETE FROM {STREAMS} WHERE domain_name = 'one';"
DELETED = [
    "DELETE AWS::CustomerProfiles::EventStream one|a in us-east-1",
    "DELETE AWS::CustomerProfiles::EventStream one|b in us-east-1",
]


class Shell:
    """The shell, and somebody who waits for each prompt."""

    def __init__(self, opened: Terminal) -> None:
        self.terminal = opened
        opened.wait_for(PROMPT)

    def says(self, line: str, then: str = PROMPT) -> list[str]:
        """What stands below a line when it was typed, up to a prompt or a question."""
        self.terminal.type(line)
        self.terminal.wait_for(then)
        typed = re.compile(rf"(?:>|\[y/N\]) ?{re.escape(line.rstrip())}$", re.MULTILINE)
        *_, last = typed.finditer(self.terminal.screen)
        return self.terminal.screen[last.end() :].strip("\n").split("\n")[:-1]

    def completes(self, text: str, to: str) -> None:
        """Types text, presses TAB, and waits for the line that comes of it."""
        self.terminal.press(text + TAB)
        self.terminal.wait_for(to)

    def ends(self) -> int:
        self.terminal.press(CTRL_D)
        return self.terminal.end()


Start = Callable[..., Shell]


@pytest.fixture
def where(estate: Emulator, tmp_path: Path) -> dict[str, str]:
    return environment(estate, tmp_path, XDG_STATE_HOME=str(tmp_path / "state"))


@pytest.fixture
def start(where: dict[str, str]) -> Iterator[Start]:
    """Starts the shell with these arguments, on the emulated estate."""
    with ExitStack() as stack:

        def enter(*arguments: str, width: int = 200, **more: str) -> Shell:
            opened = terminal(
                "shell", *arguments, environment={**where, **more}, width=width, height=120
            )
            return Shell(stack.enter_context(opened))

        yield enter


def test_it_says_what_it_is_asks_nothing_and_goes(start: Start, estate: Emulator) -> None:
    shell = start()
    greeting = shell.terminal.screen.splitlines()
    assert re.fullmatch(r"awsvtab \S+: 1,884 types of AWS resources as tables", greeting[0])
    assert greeting[1] == "Asks AWS in us-east-1 unless a statement says which region."
    assert ".help" in greeting[2]
    assert greeting[3] == "  SELECT bucket_name FROM aws.s3.buckets LIMIT 5;"
    assert shell.ends() == 0
    assert operations(estate) == {}
    assert "Traceback" not in shell.terminal.said


def test_the_greeting_says_where_it_will_ask(
    start: Start, where: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    where.pop("AWS_DEFAULT_REGION")
    config = tmp_path / "config"
    config.write_text("[profile audit]\nregion = eu-west-1\n[profile empty]\n")
    for arguments, said in {
        ("--profile", "audit"): "Asks AWS as audit in eu-west-1 unless",
        ("--profile", "empty"): "No region is set: say which, or --region us-east-1",
        ("--region", "all"): "Asks AWS in all of the account's regions.",
        ("--region", "us-east-1", "--region", "us-west-2"): "in us-east-1, us-west-2",
    }.items():
        assert said in start(*arguments, AWS_CONFIG_FILE=str(config)).terminal.screen


def test_a_profile_that_is_not_there_is_said_at_once(where: dict[str, str]) -> None:
    with terminal("shell", "--profile", "nobody", environment=where) as opened:
        assert opened.end() == 1
        assert "The config profile (nobody) could not be found" in opened.screen


def test_rows_are_a_box_and_calls_are_told(start: Start, estate: Emulator) -> None:
    shell = start()
    *box, said = shell.says(COUNT)
    assert box == ["┌───┐", "│ n │", "├───┤", "│ 6 │", "└───┘"]
    assert re.fullmatch(r"1 row · 4 calls · \d\.\d s", said)
    assert operations(estate) == {"ListResources": 4}
    calls = shell.says(".calls")
    assert sum("ListResources" in line for line in calls) == 4
    assert sum("CustomerProfiles::Domain " in line and "ok" in line for line in calls) == 1
    assert shell.says("SELECT 1 AS one;") == [
        "┌─────┐",
        "│ one │",
        "├─────┤",
        "│ 1   │",
        "└─────┘",
        "1 row",
    ]
    assert shell.says(".calls") == ["no call to AWS"]
    assert sum("ListResources" in line for line in shell.says(".calls all")) == 4
    assert operations(estate) == {}


def test_rows_that_are_too_wide_are_lines_also_after_the_window_has_changed(start: Start) -> None:
    shell = start()
    statement = f"SELECT domain_name, uri FROM {STREAMS} WHERE domain_name = 'two';"
    assert shell.says(statement)[0].startswith("┌")
    shell.terminal.resize(50, 60)
    shell.terminal.type(statement)
    shell.terminal.wait_for("domain_name = two")


def test_modes_are_apsws_and_ours(start: Start) -> None:
    shell = start()
    shell.says(".mode json")
    statement = f"SELECT event_stream_name AS e, tags FROM {STREAMS} WHERE domain_name = 'two';"
    assert shell.says(statement)[0] == '[{"e": "a", "tags": null}]'
    shell.says(".mode markdown")
    assert shell.says("SELECT 1 AS a, 2 AS b;")[:3] == ["| a | b |", "|---|---|", "| 1 | 2 |"]
    shell.says(".mode csv")
    assert shell.says("SELECT 1 AS a, 'x,y' AS b;")[:2] == ["a,b", '1,"x,y"']
    shell.says(".mode insert t")
    assert shell.says("SELECT 1 AS a;")[0] == "INSERT INTO t VALUES(1);"
    shell.says(".mode box")
    assert "│ 1 │" in shell.says("SELECT 1 AS a;")
    shell.says(".mode auto")
    assert "│ 1 │" in shell.says("SELECT 1 AS a;")


def test_a_change_is_shown_and_made_if_the_answer_is_yes(start: Start, estate: Emulator) -> None:
    shell = start()
    assert shell.says(DELETE, then="Apply 2 changes to AWS? [y/N] ") == DELETED
    assert operations(estate) == {"ListResources": 1}
    assert shell.says("y")[-1] == "2 rows changed · 3 calls"
    assert operations(estate) == {"DeleteResource": 2}


@pytest.mark.parametrize("answer", ["n", "", CTRL_C])
def test_any_other_answer_undoes_the_statement(start: Start, estate: Emulator, answer: str) -> None:
    shell = start()
    shell.says(DELETE, then="[y/N] ")
    if answer == CTRL_C:
        shell.terminal.press(CTRL_C)
        shell.terminal.wait_for(PROMPT)
    else:
        shell.says(answer)
    assert shell.terminal.screen.splitlines()[-2] in (
        "nothing was sent, and nothing kept",
        "interrupted",
    )
    assert "no such table" in shell.says("SELECT * FROM nosuch;")[0]
    assert shell.says(".pending")[0].startswith("nothing: each statement is a transaction")
    assert operations(estate) == {"ListResources": 1}


def test_who_types_is_asked_wherever_the_output_goes(
    where: dict[str, str], estate: Emulator, tmp_path: Path
) -> None:
    redirected = f'"{sys.executable}" -m awsvtab "$@" 2>{tmp_path}/said >{tmp_path}/rows'
    program = ("/bin/sh", "-c", redirected, "sh")
    with terminal("shell", environment=where, program=program) as opened:
        opened.type(DELETE)
        opened.wait_for("Apply 2 changes to AWS? [y/N] ")
        assert DELETED[0] in opened.screen
        opened.type("n")
        assert opened.end() == 1
    assert operations(estate) == {"ListResources": 1}
    assert (tmp_path / "said").read_text().endswith("nothing was sent, and nothing kept\n")


def test_what_was_typed_before_the_question_does_not_answer_it(
    start: Start, estate: Emulator
) -> None:
    shell = start(TERM="dumb")  # pastes come as if they were typed
    shell.terminal.press(f"{DELETE}\ry\rSELECT 'not run';\ry\r")
    shell.terminal.wait_for("what was typed before this question is not its answer")
    shell.terminal.wait_for("Apply 2 changes to AWS? [y/N] ")
    assert shell.says("n")[-1] == "nothing was sent, and nothing kept"
    assert operations(estate) == {"ListResources": 1}


def test_rows_of_a_statement_that_is_undone_are_not_shown(start: Start) -> None:
    shell = start()
    insert = "INSERT INTO aws.customerprofiles.domains (domain_name, default_expiration_days) "
    shell.says(f"{insert}VALUES ('nine', 30) RETURNING domain_name;", then="[y/N] ")
    assert shell.says("n") == ["nothing was sent, and nothing kept"]


def test_a_transaction_is_in_the_prompt_and_its_commit_is_asked_about(
    start: Start, estate: Emulator
) -> None:
    shell = start()
    shell.says("CREATE TABLE mine (a);")
    shell.says("BEGIN;", then="awsvtab*> ")
    assert shell.says(".pending", then="awsvtab*> ") == ["nothing yet in this transaction"]
    assert shell.says("INSERT INTO mine VALUES (1);", then="awsvtab*> ") == ["1 row changed"]
    assert shell.says(DELETE, then="awsvtab*2> ")[-1] == (
        "2 changes to AWS wait for COMMIT; .pending shows more"
    )
    assert shell.says(".pending", then="awsvtab*2> ")[:2] == DELETED
    shell.says("COMMIT;", then="[y/N] ")
    assert shell.says("n", then="awsvtab*2> ")[0].startswith(
        "nothing was sent, and the transaction is still open"
    )
    assert operations(estate) == {"ListResources": 1}
    shell.says("COMMIT;", then="[y/N] ")
    assert shell.says("y")[-1] == "AWS has 2 changes · 2 calls"
    assert operations(estate) == {"DeleteResource": 2}
    assert "│ 1 │" in shell.says("SELECT * FROM mine;")


def test_a_transaction_may_be_rolled_back(start: Start, estate: Emulator) -> None:
    shell = start()
    shell.says("SAVEPOINT s;", then="awsvtab*> ")  # which begins one
    shell.says(DELETE, then="awsvtab*2> ")
    shell.says("RELEASE s;", then="awsvtab*2> ")
    shell.says("ROLLBACK;")
    assert operations(estate) == {"ListResources": 1}


def test_a_transaction_that_an_error_has_ended_says_so(start: Start, estate: Emulator) -> None:
    shell = start()
    shell.says("CREATE TABLE local (a UNIQUE); INSERT INTO local VALUES (1);")
    shell.says("BEGIN;", then="awsvtab*> ")
    shell.says(DELETE, then="awsvtab*2> ")
    assert shell.says("INSERT OR ROLLBACK INTO local VALUES (1);") == [
        "UNIQUE constraint failed: local.a",
        "the whole transaction was rolled back, and nothing was sent",
    ]
    assert operations(estate) == {"ListResources": 1}


def test_yes_does_not_ask(start: Start, estate: Emulator) -> None:
    shell = start("--yes")
    assert shell.says(DELETE) == ["2 rows changed · 3 calls"]
    shell.says("BEGIN;", then="awsvtab*> ")
    shell.says(f"DELETE FROM {STREAMS} WHERE domain_name = 'two';", then="awsvtab*1> ")
    assert shell.says("COMMIT;") == ["AWS has 1 change · 1 call"]
    assert operations(estate)["DeleteResource"] == 3


@pytest.mark.parametrize("leave", [".quit", "exit", CTRL_D])
def test_leaving_with_changes_is_asked_about(start: Start, estate: Emulator, leave: str) -> None:
    shell = start()
    shell.says("BEGIN;", then="awsvtab*> ")
    shell.says(DELETE, then="awsvtab*2> ")
    question = "2 changes to AWS wait for COMMIT. Leave, and send nothing? [y/N] "
    for answer in ("n", "y"):
        if leave == CTRL_D:
            shell.terminal.press(leave)
        else:
            shell.terminal.type(leave)
        shell.terminal.wait_for(question)
        shell.terminal.type(answer)
        if answer == "n":
            shell.terminal.wait_for("awsvtab*2> ")
    assert shell.terminal.end() == 0
    assert shell.terminal.screen.splitlines()[-1] == "nothing was sent"
    assert operations(estate) == {"ListResources": 1}


def test_no_command_changes_aws_behind_your_back(
    start: Start, estate: Emulator, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("five,30\n")
    script = tmp_path / "script.sql"
    script.write_text(DELETE)
    shell = start()
    shell.says(".mode csv")
    said = shell.says(f".import {rows} aws_customerprofiles_domains")
    assert said[0].startswith("aws_customerprofiles_domains is no table of yours")
    for command in (".open x.db", ".connection", ".close", ".py print(1)", ".read x.py"):
        assert "here" in shell.says(command)[0] or "one connection" in shell.terminal.screen
    value = f"1; {DELETE.rstrip(';')}); SELECT (1"
    assert "valid SQLite value" in shell.says(f".parameter set x {value}")[0]
    shell.says(f".read {script}", then="Apply 2 changes to AWS? [y/N] ")
    shell.says("n")
    # What a TEMP trigger of a local table does, nobody was asked about.
    shell.says("CREATE TABLE local (name, days);")
    trigger = "CREATE TEMP TRIGGER t AFTER INSERT ON local BEGIN "
    insert = "INSERT INTO aws_customerprofiles_domains (domain_name, default_expiration_days) "
    shell.says(f"{trigger}{insert}VALUES (new.name, new.days); END;")
    assert shell.says(f".import {rows} local")[-1] == (
        "this would change AWS without asking (1 of its resources); nothing was sent: "
        "write it as a statement"
    )
    assert "│ 0 │" not in shell.says(".mode auto")
    assert "│ 0 │" in shell.says("SELECT count(*) AS n FROM local;")
    assert {"CreateResource", "DeleteResource"}.isdisjoint(operations(estate))
    assert not Path("x.db").exists()


def test_commands_of_apsws_shell_work(start: Start, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("a,1\nb,2\n")
    shell = start()
    shell.says("CREATE TABLE t (x TEXT, y INT);")
    shell.says(".separator ,")
    shell.says(f".import {rows} t")
    assert shell.says("SELECT count(*) AS n FROM t;")[3] == "│ 2 │"
    assert "CREATE TABLE t (x TEXT, y INT);" in shell.says(".schema t")
    dumped = shell.says(".dump t")
    assert "INSERT INTO t VALUES('a',1);" in dumped
    shell.says(".parameter set :wanted 2")
    assert "│ b │ 2 │" in shell.says("SELECT * FROM t WHERE y = :wanted;")
    out = tmp_path / "out.csv"
    shell.says(f".output {out}")
    shell.says(".mode csv")
    shell.says("SELECT * FROM t;")
    shell.says(".output stdout")
    assert out.read_text() == "x,y\na,1\nb,2\n"
    copy = tmp_path / "copy.db"
    shell.says(f".backup {copy}")
    assert sqlite3.connect(copy).execute("SELECT count(*) FROM t").fetchone() == (2,)
    assert "Table t" in shell.says(".find b")
    assert any("mode" in line and "csv" in line for line in shell.says(".show"))


def test_tables_and_columns_can_be_looked_for(start: Start, estate: Emulator) -> None:
    shell = start("--table", "customerprofiles.event_streams")
    shell.says("CREATE TABLE mine (a INTEGER NOT NULL, b TEXT);")
    listed = "\n".join(shell.says(".tables"))
    assert re.search(r"│ mine +│ yours", listed)
    assert re.search(r"│ aws_calls +│ about awsvtab", listed)
    assert "1,884 of AWS: .tables WORD finds those" in listed
    assert shell.says(".tables customer*stream")[-1].startswith(f"{STREAMS}  AWS::CustomerProf")
    many = shell.says(".tables e")
    assert re.fullmatch(r"and 1,\d\d\d more: a longer pattern has fewer", many[-1])
    assert "no table has 'nosuch' in its name" in shell.says(".tables nosuch")[0]
    described = shell.says(f".describe {STREAMS}")
    assert described[0] == f"{STREAMS}   AWS::CustomerProfiles::EventStream"
    assert described[-1] == "WHERE region = 'us-east-1';"
    assert "│ a      │ INTEGER │ NOT NULL │" in shell.says(".describe mine")
    assert "did you mean" in shell.says(".describe aws.customerprofiles.event_stream")[0]
    assert operations(estate) == {}


def test_schema_is_of_both(open_shell: Shell) -> None:
    open_shell.says("CREATE TABLE schemed (a);")
    assert open_shell.says(".schema schemed;") == ["CREATE TABLE schemed (a);"]
    said = open_shell.says(".schema aws.s3.bucket_policies")
    assert said[0] == "aws.s3.bucket_policies   AWS::S3::BucketPolicy"


def test_what_is_pasted_is_run_line_by_line(start: Start) -> None:
    shell = start()
    pasted = "  .mode json\nSELECT 1 AS a;\nSELECT 2\n AS b; SELECT 3 AS c;"
    shell.terminal.press(f"\x1b[200~{pasted}\x1b[201~\r")
    for object in ('{"a": 1}', '{"b": 2}', '{"c": 3}'):
        shell.terminal.wait_for(object)
    shell.terminal.wait_for(PROMPT)
    shell.terminal.press("\x1b[200~SELECT nosuch;\nSELECT 4 AS d;\x1b[201~\r")
    shell.terminal.wait_for("what was pasted behind it was not run")
    shell.terminal.wait_for(PROMPT)
    assert '"d"' not in shell.terminal.screen  # nothing is run after an error


def test_a_plan_asks_nothing(start: Start, estate: Emulator) -> None:
    shell = start()
    said = shell.says(f".plan SELECT uri FROM {STREAMS} WHERE domain_name = 'two'")
    assert said[0] == STREAMS
    assert "  calls  1 ListResources and more" in said
    assert "profile:ListEventStreams" in " ".join(said)
    assert operations(estate) == {}
    shell.says(COUNT)
    assert "  first  AWS::CustomerProfiles::Domain" in shell.says(".plan")
    assert "no such table" in shell.says(".plan SELECT * FROM aws.s3.bucket")[0]
    assert operations(estate) == {"ListResources": 4}


def test_help_is_short_and_there_is_more(start: Start) -> None:
    shell = start()
    said = shell.says("help")
    assert said[0].startswith("Statements end with a semicolon")
    assert len(said) < 25
    for command in (".tables", ".describe", ".plan", ".calls", ".pending"):
        assert any(line.startswith(command) for line in said)
        assert any(command in line for line in shell.says(f".help {command[1:]}"))
    assert "did you mean .tables?" in shell.says(".table x")[0]
    assert ".help shows what there is" in shell.says(".xyz")[0]


def test_tab_completes_tables_columns_and_regions(start: Start, estate: Emulator) -> None:
    shell = start()
    shell.completes("SELECT uri FROM aws.customerpr", "aws.customerprofiles.")
    shell.completes("event_s", "event_streams")
    shell.completes(" WHERE reg", "region")
    shell.completes(" = 'us-east-1", "us-east-1'")
    shell.completes(" AND domain_n", "domain_name")
    shell.terminal.type(" = 'two';")
    shell.terminal.wait_for("1 row · 2 calls")
    shell.terminal.wait_for(PROMPT)
    shell.completes("SELECT 1 FROM aws.s3.buckets WHERE region IN ('me-c", "me-central-1'")
    shell.terminal.press(CTRL_C)
    shell.terminal.wait_for(PROMPT)
    shell.terminal.type("SELECT event_stream_name AS e")
    shell.terminal.wait_for(MORE)
    shell.completes("FROM aws.customerprofiles.event_s", "event_streams")
    shell.completes(" WHERE domain_n", "domain_name")
    shell.terminal.type("")
    shell.terminal.wait_for(MORE)
    shell.completes("  AND event_stream_n", "event_stream_name")  # of a table in another line
    shell.terminal.press(CTRL_C)
    shell.terminal.wait_for(PROMPT)
    shell.completes(".desc", ".describe ")
    shell.completes("aws.s3.bucket_po", "aws.s3.bucket_policies")
    shell.terminal.press(CTRL_C)
    shell.terminal.wait_for(PROMPT)
    shell.completes(".plan SELECT * FROM aws.s3.bucket_po", "aws.s3.bucket_policies")
    shell.terminal.press(CTRL_C)
    shell.terminal.wait_for(PROMPT)
    shell.completes(".mode mark", "markdown")
    assert operations(estate) == {"ListResources": 1, "GetResource": 1}


def test_two_tabs_show_what_there_is(start: Start) -> None:
    shell = start()
    shell.terminal.press("SELECT * FROM aws.s3.\t\t")
    shell.terminal.wait_for("aws.s3.access_grants")
    shell.terminal.wait_for("aws.s3.storage_lens_groups")


def test_history_is_kept_whole_statements_and_for_its_owner(start: Start, tmp_path: Path) -> None:
    shell = start()
    shell.terminal.type("SELECT 41 +")
    shell.terminal.wait_for(MORE)
    shell.says("  1 AS n;")
    shell.says("SELECT 2 AS again;")
    shell.says("SELECT 2 AS again;")
    shell.says(" SELECT 'secret' AS secret;")
    shell.says(" .parameter set other 'secret'")
    shell.says(".parameter set secret 'secret'")
    shell.terminal.press("\x1b[A")  # what was typed last is there to be mended
    shell.terminal.wait_for(".parameter set secret")
    shell.terminal.type("\x15")
    shell.terminal.wait_for(PROMPT)
    assert shell.ends() == 0
    kept = tmp_path / "state" / "awsvtab" / "history"
    assert kept.read_text() == "SELECT 41 + 1 AS n;\nSELECT 2 AS again;\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    shell = start()
    shell.terminal.press("\x1b[A\x1b[A")
    shell.terminal.type("")
    shell.terminal.wait_for("│ 42 │")


def test_without_a_place_for_it_there_is_no_history(start: Start) -> None:
    shell = start(XDG_STATE_HOME="/proc/nowhere")
    assert "│ 1 │" in shell.says("SELECT 1 AS a;")
    assert shell.ends() == 0
    assert "Traceback" not in shell.terminal.said


def test_progress_is_shown_and_then_is_gone(start: Start, estate: Emulator) -> None:
    shell = start()
    estate.faults.delay(0.4)
    shell.terminal.type(COUNT)
    shell.terminal.wait_for("1 call ")
    assert re.search(r"0 of 1 region · 1 call · \d s", shell.terminal.screen)
    shell.terminal.wait_for(PROMPT)
    assert "region" not in shell.terminal.screen.partition(COUNT)[2]


def test_ctrl_c_ends_a_statement_and_the_shell_goes_on(start: Start, estate: Emulator) -> None:
    shell = start()
    shell.says("SELECT 1;")
    delay = estate.faults.delay(15)
    shell.terminal.type(COUNT)
    shell.terminal.wait_for("1 call ")
    begun = time.monotonic()
    shell.terminal.press(CTRL_C)
    shell.terminal.wait_for("interrupted")
    shell.terminal.wait_for(PROMPT)
    assert time.monotonic() - begun < 2  # on a busy machine
    estate.faults.remove(delay)
    assert "│ 6 │" in shell.says(COUNT)
    assert "Traceback" not in shell.terminal.said


def test_a_statement_that_goes_on_says_so(start: Start) -> None:
    shell = start()
    shell.terminal.type("SELECT 'open")
    shell.terminal.wait_for("    '...> ")
    shell.terminal.type("exit")
    shell.terminal.wait_for("this is still the statement above: ; ends it, Ctrl-C gives it up")
    shell.terminal.type("' AS \"a")
    shell.terminal.wait_for('    "...> ')
    shell.terminal.type('b";')
    shell.terminal.wait_for(PROMPT)
    assert "open" in shell.terminal.screen


def test_ctrl_c_at_the_prompt_gives_up_the_line(start: Start) -> None:
    shell = start()
    shell.terminal.press("SELECT nonsense")
    shell.terminal.press(CTRL_C)
    shell.terminal.wait_for(PROMPT)
    shell.terminal.type("SELECT 'open")
    shell.terminal.wait_for("    '...> ")
    shell.terminal.press(CTRL_C)
    shell.terminal.wait_for(PROMPT)
    assert "│ 1 │" in shell.says("SELECT 1 AS a;")


def test_impatience_does_not_end_the_shell(start: Start, estate: Emulator) -> None:
    shell = start("--yes")
    estate.faults.delay(15, operation="ListResources")
    shell.terminal.type(DELETE)
    shell.terminal.wait_for("1 call ")
    shell.terminal.press(CTRL_C * 5)
    shell.terminal.wait_for("interrupted")
    shell.terminal.type("")
    shell.terminal.wait_for(PROMPT)
    shell.terminal.type("SELECT 6 AS n;")
    shell.terminal.wait_for("│ 6 │")
    shell.terminal.wait_for(PROMPT)  # without a star
    assert "Traceback" not in shell.terminal.said


def test_ctrl_c_in_a_commit_says_what_aws_has(start: Start, estate: Emulator) -> None:
    shell = start("--yes")
    stalled = estate.faults.stall_change(operation="DeleteResource", identifier="one|b")
    shell.terminal.type(DELETE)
    shell.terminal.wait_for("1 of 2 changes done")
    shell.terminal.press(CTRL_C)
    shell.terminal.wait_for("1 of 2 changes applied, 1 under way")
    shell.terminal.wait_for(PROMPT)
    estate.faults.remove(stalled)
    assert "│ 6 │" in shell.says("SELECT 6 AS n;")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("SELEC 1;", 'near "SELEC": syntax error'),
        ("SELECT bucket_nam FROM aws.s3.buckets;", "did you mean bucket_name"),
        ("SELECT * FROM aws.sqs.queue;", "did you mean aws.sqs.queues"),
        ("SELECT * FROM aws.sqs.queues WHERE region = 'us-esat-1';", "unknown region"),
        ("SELECT :missing;", "no value for :missing: .parameter set missing VALUE"),
        ("SELECT ?;", "write :name, and .parameter set name VALUE"),
        (".mode 'x", "No closing quotation"),
        (".", "no such command"),
        (".read /nowhere", "No such file"),
        ("COMMIT;", "no transaction is active"),
    ],
)
def test_an_error_is_a_message_and_the_shell_goes_on(
    open_shell: Shell, line: str, message: str
) -> None:
    assert message in "\n".join(open_shell.says(line))
    assert "Traceback" not in open_shell.terminal.said
    assert "│ 1 │" in open_shell.says("SELECT 1 AS a;")


@pytest.fixture(scope="module")
def open_shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """One shell for all errors: none of them ends it."""
    where = {
        "AWS_ACCESS_KEY_ID": "emulator",
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_DEFAULT_REGION": "us-east-1",
        "HOME": str(tmp_path_factory.mktemp("home")),
    }
    with terminal("shell", environment=where, width=160, height=400) as opened:
        yield Shell(opened)


def test_an_error_in_the_text_is_pointed_at(open_shell: Shell) -> None:
    said = open_shell.says("SELECT 'é', nosuch FROM aws.s3.buckets;")
    assert said[-2:] == ["  SELECT 'é', nosuch FROM aws.s3.buckets;", "              ^"]
    open_shell.terminal.type("SELECT '漢',")
    open_shell.terminal.wait_for(MORE)
    said = open_shell.says("nosuch FROM aws.s3.buckets;")
    assert said[-2:] == ["  SELECT '漢', nosuch FROM aws.s3.buckets;", "               ^"]


def test_hints_speak_of_the_commands_options(start: Start) -> None:
    shell = start("--max-calls", "2")
    said = " ".join(shell.says(COUNT))
    assert "--max-calls" in said
    assert "connect(" not in said


def test_warnings_are_told_each_time(start: Start, estate: Emulator) -> None:
    shell = start("--on-error", "warn", "--region", "us-east-1", "--region", "us-west-2")
    estate.faults.deny(operation="ListResources", region="us-west-2")
    for _ in range(2):
        said = "\n".join(shell.says(COUNT))
        assert "Warning: " in said
        assert "us-west-2" in said
        assert "│ 6 │" in said


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("SELECT char(27) || '[2Jgone' AS a;", "│ ␛[2Jgone │"),
        ("SELECT char(27, 7) || '漢字é' AS a;", "│ ␛␇漢字é │"),
        (f"SELECT length('{'x' * 3000}') AS n;", "│ 3000 │"),
        ("SELECT x'00ff' AS b;", "│ x'00ff' │"),
        ("SELECT 1 AS a; SELECT 2 AS b;", "│ 2 │"),
        ("SELECT 'a' AS a, ';' AS b; -- and no more", "│ a │ ; │"),
    ],
)
def test_odd_values_and_lines(open_shell: Shell, line: str, expected: str) -> None:
    open_shell.terminal.type(line)
    open_shell.terminal.wait_for(expected)
    open_shell.terminal.wait_for(PROMPT)
    assert "\x1b[2Jgone" not in open_shell.terminal.said


def test_control_characters_do_not_reach_the_screen_in_any_mode(open_shell: Shell) -> None:
    for mode in ("box", "csv", "list", "column", "line", "json", "auto"):
        open_shell.says(f".mode {mode}")
        open_shell.says("SELECT char(27) || '[2Jgone' AS a;")
    assert "\x1b[2Jgone" not in open_shell.terminal.said


def run(where: dict[str, str], *arguments: str, script: bytes) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "awsvtab", "shell", *arguments],
        input=script.decode("utf-8", errors="surrogateescape"),
        errors="surrogateescape",
        capture_output=True,
        text=True,
        check=False,
        env={**where, "PYTHONPATH": str(SOURCES), "PATH": ""},
    )


def test_a_pipe_is_run_up_to_its_first_error(where: dict[str, str], estate: Emulator) -> None:
    script = f".mode jsonl\n{COUNT}\n{DELETE}\nSELECT nosuch;\n{COUNT}\n".encode()
    done = run(where, script=script)
    assert done.stdout == '{"n": 6}\n'
    assert done.stderr.splitlines()[:3] == [
        "2 rows changed",
        "Line 4 : <stdin>",
        "no such column: nosuch",
    ]
    assert done.returncode == 1
    assert operations(estate)["DeleteResource"] == 2


def test_a_pipe_that_ends_in_a_transaction_fails(where: dict[str, str], estate: Emulator) -> None:
    done = run(where, script=f"BEGIN;\n{DELETE}\n".encode())
    assert done.returncode == 1
    assert "2 changes to AWS wait for COMMIT, and nothing was sent" in done.stderr
    assert operations(estate) == {"ListResources": 1}


@pytest.mark.parametrize(
    "script", [b"SELECT 'open", b"\xff\xfe\x00", b"SELECT 1\x00;\n", b".quit 3\n", b""]
)
def test_odd_pipes_have_no_traceback(where: dict[str, str], script: bytes) -> None:
    done = run(where, script=script)
    assert "Traceback" not in done.stderr
    assert done.returncode == (3 if b"quit" in script else 1 if script else 0)
