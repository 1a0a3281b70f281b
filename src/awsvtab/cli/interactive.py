"""The loop of ``awsvtab shell``: what is typed, what goes wrong, and the dot commands."""

from __future__ import annotations

import difflib
import os
import sys
import textwrap
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
from rich.cells import cell_len

from awsvtab import Connection, Error
from awsvtab.catalog import catalog
from awsvtab.cli import approval, browse
from awsvtab.cli.completion import candidates, open_quote, tables, word_before
from awsvtab.cli.connecting import message_of
from awsvtab.cli.formats import Rows, visible
from awsvtab.cli.keyboard import Keyboard, history_path
from awsvtab.cli.naming import Naming
from awsvtab.cli.running import pending
from awsvtab.cli.script import Statement
from awsvtab.cli.session import Session
from awsvtab.cli.statementshell import StatementShell, waiting

# What people type who have not read that commands begin with a dot.
_WITHOUT_DOT = {"help": ".help", "?": ".help", "exit": ".quit", "quit": ".quit"}

_HELP = """\
Statements end with a semicolon, may go over several lines, and TAB completes names.

.tables ?PATTERN?      Tables with PATTERN in their names: .tables s3*bucket
.describe TABLE        Columns, what a listing needs, and a statement to begin with
.plan ?SELECT ...?     The calls that a statement would make, without making them
.calls ?all?           The calls that the last statement made
.pending               What COMMIT would change at AWS
.mode MODE             How rows look: auto, box, line, csv, json, jsonl, markdown, ...
.parameter set NAME V  Gives :NAME in statements a value
.read FILE             Runs the statements of a file
.output FILE           Sends rows to a file; .output stdout brings them back
.quit                  Leaves, as Ctrl-D does; Ctrl-C stops what is running

A statement is a transaction of its own. BEGIN; collects changes until COMMIT; or ROLLBACK;
Nothing is changed at AWS before you have seen it and said yes.

.help COMMAND tells more; .help all has every command.
"""

_STILL_OPEN = "this is still the statement above: ; ends it, Ctrl-C gives it up\n"

_SHOWN = 35  # characters on both sides of an error
_BLANKS = {ord(each): " " for each in "\t\n"}

_CALLS = """
SELECT operation, replace(type_name, 'AWS::', '') AS type, region, identifier,
    CAST(ms AS INTEGER) AS ms, outcome || iif(attempt > 1, ', try ' || attempt, '') AS outcome
FROM aws_calls WHERE position > ? ORDER BY position
"""
_OWN_COLUMNS = """
SELECT name AS "column", type, iif("notnull", 'NOT NULL', '') AS "" FROM pragma_table_xinfo(?)
"""


class _Stay(Exception):
    """Somebody was asked, and does not want to leave."""


class Shell(StatementShell):
    """What a person at the keyboard has."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self._naming = Naming(connection)
        self._keyboard: Keyboard | None = None
        self._typed = ""  # of the statement that is being typed, the lines before this one
        super().__init__(connection, session)
        self.prompt, self.moreprompt = "awsvtab> ", "     ...> "
        if os.environ.get("NO_COLOR"):
            self.command_colour(["off"])

    # The loop

    @property
    def prompt(self) -> str:
        """The prompt, with a star for an open transaction and the number of its changes."""
        if not self._connection.in_transaction:
            return self._prompt
        return f"{self._prompt.removesuffix('> ')}*{self._session.pending or ''}> "

    @prompt.setter
    def prompt(self, text: str) -> None:
        self._prompt = text

    @property
    def moreprompt(self) -> str:
        """The prompt of a statement's further lines, with the quote that is open."""
        quote = open_quote(self._typed)
        return f"{self._more[:4]}{quote}{self._more[5:]}" if quote else self._more

    @moreprompt.setter
    def moreprompt(self, text: str) -> None:
        self._more = text

    def cmdloop(self, intro: str | None = None, transient: str | None = None) -> None:
        """Reads and runs until the end of the input."""
        if self.interactive:
            self.write(self.stdout, f"{self.colour.intro}{intro or ''}{self.colour.intro_}")
        with self._at_keyboard():
            while True:
                self._input_descriptions = []
                try:
                    command = self.get_complete_line()
                    if command is None:
                        self._leave()
                        return
                    self.process_complete_line(command)
                except _Stay:
                    continue
                except SystemExit:
                    raise
                except BaseException:
                    self._append_input_description()
                    self.handle_exception()

    def get_line(self, prompt: str = "") -> str | None:
        """One line; words such as ``exit`` mean what they say."""
        if self._completion_first:
            self._typed = ""
        line: str | None = super().get_line(prompt)
        if line is None:
            return None
        word = line.strip().rstrip(";").lower()
        if self._completion_first and self.interactive:
            line = _WITHOUT_DOT.get(word, line)
        elif self.interactive and (word in _WITHOUT_DOT or word in self._commands()):
            self.write(self.stderr, _STILL_OPEN)
        self._typed += f"{line}\n"
        return line

    def get_complete_line(self) -> str | None:
        """A whole statement, or a dot command."""
        command: str | None = super().get_complete_line()
        if command and self._keyboard is not None and self.interactive:
            self._keyboard.remember(command)
        return command

    def process_complete_line(self, command: str) -> None:
        """Runs it. Ctrl-C is `handle_exception`'s."""
        if command.startswith("."):
            self.process_command(command)
        else:
            self.process_sql(command)

    def handle_interrupt(self) -> None:
        """Ctrl-C while a line is typed gives it up."""
        if self.bail or not self.interactive:
            raise  # APSW calls this where the exception is handled
        self.write(self.stderr, "^C\n")

    def handle_exception(self) -> None:
        """Shows what went wrong as the command's other parts do."""
        error = sys.exception()
        if error is None or self.exceptions or isinstance(error, SystemExit):
            super().handle_exception()
            return
        self._out_colour()
        where = "".join(f"{each}\n" for each in self._input_descriptions)
        self.write_error(f"{where}{self._said_of(error)}\n")
        if self.bail or not self.interactive:
            raise click.exceptions.Exit(130 if isinstance(error, KeyboardInterrupt) else 1)

    def _said_of(self, error: BaseException) -> str:
        if isinstance(error, click.ClickException):
            return error.format_message()
        if isinstance(error, KeyboardInterrupt):
            return message_of(error) or "interrupted"
        text = message_of(error) or type(error).__name__
        offset = getattr(error, "sqlite_error_offset", None)
        if isinstance(error, Error) and self._statement is not None and offset is not None:
            return f"{text}\n{_pointed_at(self._statement.sql, offset)}"
        return text

    def _at_keyboard(self) -> Any:
        if not self.interactive:
            return nullcontext()
        self._using_readline = True
        self._keyboard = Keyboard(self._complete, history_path(os.environ, Path.home()))
        return self._keyboard

    def _leave(self) -> None:
        """Asks, if changes would be lost. Raises _Stay if they should not be."""
        count = self._session.pending
        if not self.interactive:
            if count:
                raise self.Error(f"{waiting(count)} for COMMIT, and nothing was sent")
            return
        if not count:
            return
        question = f"{waiting(count)} for COMMIT. Leave, and send nothing? [y/N] "
        try:
            answer = input(question)
        except EOFError:
            answer = "y"
        if answer.strip().lower() not in ("y", "yes"):
            raise _Stay
        self.write(self.stderr, "nothing was sent\n")

    # Completion

    def _complete(self, before: str, after: str) -> Sequence[str]:
        names = self._naming.names()
        if not before.startswith(".") or not self._completion_first:
            return candidates(self._typed + before, after, names)
        command, blank, rest = before.partition(" ")
        word = word_before(before)
        if not blank:
            return [f"{each} " for each in self._commands() if each.startswith(word)]
        if command == ".plan":
            return candidates(rest, after, names)
        if command in (".describe", ".tables", ".schema", ".dump", ".import"):
            return tables(word, names)
        if command == ".calls":
            return [each for each in ("all",) if each.startswith(word)]
        found: list[str] = self.complete_command(before + after, word, 0, len(before))
        return found

    def _commands(self) -> list[str]:
        names = (each.removeprefix("command_") for each in dir(self) if each.startswith("command_"))
        return [f".{each.replace('_', '-')}" for each in names]

    # Commands

    def process_command(self, command: str) -> None:
        """Runs a dot command; the quotes in what follows ``.plan`` are SQL's."""
        name, _, rest = command[1:].strip().partition(" ")
        if name == "plan":
            self.command_plan([rest.strip()] if rest.strip() else [])
            return
        if not hasattr(self, f"command_{name.replace('-', '_')}"):
            near = difflib.get_close_matches(f".{name}", self._commands(), n=1, cutoff=0.7)
            hint = f"; did you mean {near[0]}?" if near else "; .help shows what there is"
            raise self.Error(f"no such command: .{name}{hint}")
        super().process_command(command)

    def command_help(self, cmd: list[str]) -> None:
        """help ?COMMAND?: Shows what to begin with, or more about COMMAND

        ``.help all`` has every command.
        """
        if cmd:
            super().command_help(cmd)
        else:
            self.write(self.stdout, _HELP)

    def command_tables(self, cmd: list[str]) -> None:
        """tables ?PATTERN?: Lists tables whose name, or resource type, has PATTERN in it

        Upper and lower case are the same; an asterisk stands for anything. Without a pattern,
        your own tables are listed, and those about awsvtab.
        """
        pattern = " ".join(cmd)
        own = [(name, "yours") for name in self._naming.own()]
        own += [(name, "about awsvtab") for name in self._naming.about_awsvtab]
        own = [each for each in own if pattern.lower() in each[0].lower()]
        if own:
            self.show(Rows(("table", ""), (None, None), own))
        if cmd:
            try:
                found = browse.matching(self._connection, pattern)
                self.write(self.stdout, "".join(f"{each}\n" for each in browse.listed(found)))
            except click.ClickException:
                if not own:
                    raise
            return
        count = len(self._naming.names().aws_tables)
        self.write(
            self.stderr,
            f"and {count:,} of AWS: .tables WORD finds those with WORD in their names, "
            "SHOW SERVICES IN aws; lists the services\n",
        )

    def command_describe(self, cmd: list[str]) -> None:
        """describe TABLE: Shows a table's columns, what a listing needs, and an example

        TABLE is written as in SQL, or as the resource type: aws.s3.buckets, AWS::S3::Bucket.
        """
        if len(cmd) != 1:
            raise self.Error("say which table: .describe aws.s3.buckets")
        name = cmd[0].rstrip(";")
        if name.lower() in map(str.lower, [*self._naming.own(), *self._naming.about_awsvtab]):
            cursor = self._connection.execute(_OWN_COLUMNS, (name,))
            names = [each[0] for each in cursor.description or ()]
            self.show(Rows(names, cursor.declared_types, cursor))
            return
        resource_type = browse.find(catalog(), name)
        rows = browse.columns_of(self._connection, resource_type)
        browse.for_people(resource_type, rows, self.stdout, self.nullvalue)

    def command_plan(self, cmd: list[str]) -> None:
        """plan ?STATEMENT?: Shows the calls that a statement would make, and makes none

        With the permissions that it may need. Without a statement, of the last one.
        """
        if cmd:
            self._statement = Statement(cmd[0])
        if self._statement is None:
            raise self.Error("say which: .plan SELECT * FROM aws.s3.buckets")
        explanation = self._connection.explain(self._statement.sql, self.bindings)
        self.write(self.stdout, f"{visible(str(explanation))}\n")
        if explanation.actions:
            needs = f"needs {', '.join(explanation.actions)}"
            width = self._terminal_width(32)
            lines = textwrap.wrap(needs, width, subsequent_indent=" " * 6, break_on_hyphens=False)
            self.write(self.stdout, "\n".join([*lines, ""]))

    def command_pending(self, cmd: list[str]) -> None:
        """pending: Shows what COMMIT would change at AWS"""
        changes = pending(self._connection)
        for line in approval.described(changes, most=len(changes)):
            self.write(self.stdout, f"{line}\n")
        if changes:
            self.write(self.stderr, f"{waiting(len(changes))} for COMMIT\n")
        elif self._connection.in_transaction:
            self.write(self.stderr, "nothing yet in this transaction\n")
        else:
            self.write(
                self.stderr,
                "nothing: each statement is a transaction of its own; BEGIN; collects changes\n",
            )

    def command_calls(self, cmd: list[str]) -> None:
        """calls ?all?: Lists the calls to AWS of the last statement, or of all"""
        if cmd not in ([], ["all"]):
            raise self.Error(".calls lists those of the last statement, .calls all all of them")
        before = 0 if cmd else self._calls_before
        cursor = self._connection.execute(_CALLS, (before,))
        names = [each[0] for each in cursor.description or ()]
        rows = cursor.fetchall()
        if rows:
            self.show(Rows(names, [None] * len(names), rows))
        else:
            self.write(self.stderr, "no call to AWS\n")

    def command_import(self, cmd: list[str]) -> None:
        """import FILE TABLE: Imports the rows of FILE into a table of your own"""
        if len(cmd) == 2 and cmd[1].lower() not in map(str.lower, self._naming.own()):
            raise self.Error(
                f"{cmd[1]} is no table of yours: import into one, and INSERT INTO an AWS table "
                "with a SELECT from that; .autoimport makes a table of a file"
            )
        super().command_import(cmd)

    def command_read(self, cmd: list[str]) -> None:
        """read FILENAME: Runs the statements and commands in FILENAME"""
        if cmd and cmd[0].lower().endswith(".py"):
            self.command_py([])
        super().command_read(cmd)

    def command_py(self, cmd: list[str]) -> None:
        """py: Not here: run python, and awsvtab.connect() there"""
        raise self.Error("no Python here: run python, and awsvtab.connect() there")

    def command_open(self, cmd: list[str]) -> None:
        """open: Not here: ATTACH 'FILE' AS name; or awsvtab shell --db FILE"""
        raise self.Error(
            "this shell has one connection, which has the AWS tables: "
            "ATTACH 'FILE' AS name; or run awsvtab shell --db FILE"
        )

    def command_connection(self, cmd: list[str]) -> None:
        """connection: Not here: this shell has one connection"""
        self.command_open([])

    def command_close(self, cmd: list[str]) -> None:
        """close: Not here: .quit leaves"""
        raise self.Error("this shell has one connection, which .quit closes")

    def command_exit(self, cmd: list[str], name: str = "exit") -> None:
        """exit ?CODE?: Leaves, with an exit status if one is given"""
        self._leave()
        super().command_exit(cmd, name)


def _pointed_at(sql: str, offset: int) -> str:
    """The part of a statement around an error, and a line that points at it."""
    before, behind = sql[:offset][-_SHOWN:], sql[offset:][:_SHOWN]
    line = visible(f"{before}{behind}".translate(_BLANKS))
    return f"  {line}\n  {' ' * cell_len(before)}^"
