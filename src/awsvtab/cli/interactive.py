"""The loop of ``awsvtab shell``: what is typed, and what goes wrong."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len

from awsvtab import Connection, Error
from awsvtab.cli.commandshell import CommandShell
from awsvtab.cli.completion import candidates, open_quote, tables, word_before
from awsvtab.cli.connecting import message_of
from awsvtab.cli.formats import visible
from awsvtab.cli.session import Session
from awsvtab.cli.statementshell import waiting

if TYPE_CHECKING:
    from awsvtab.cli.keyboard import Keyboard

# What people type who have not read that commands begin with a dot.
_WITHOUT_DOT = {"help": ".help", "?": ".help", "exit": ".quit", "quit": ".quit"}

_STILL_OPEN = "this is still the statement above: ; ends it, Ctrl-C gives it up\n"

_SHOWN = 35  # characters on both sides of an error
_BLANKS = {ord(each): " " for each in "\t\n"}


class _Stay(Exception):
    """Somebody was asked, and does not want to leave."""


class Shell(CommandShell):
    """What a person at the keyboard has."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self._keyboard: Keyboard | None = None
        self._typed = ""  # of the statement that is being typed, the lines before this one
        self._pasted: deque[str] = deque()  # lines that came at once with the one before
        super().__init__(connection, session)
        self.prompt, self.moreprompt = "awsvtab> ", "     ...> "
        if os.environ.get("NO_COLOR"):
            self.command_colour(["off"])

    # The loop

    @property
    def prompt(self) -> str:
        """The prompt, with a star for an open transaction and the number of its changes."""
        if not self.interactive or not self._connection.in_transaction:
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
                with suppress(KeyboardInterrupt):  # another one, while the first is told of
                    if not self._turn():
                        return

    def _turn(self) -> bool:
        """Reads a statement or command and runs it; False at the end of the input."""
        self._session.settle()
        self._input_descriptions = []
        try:
            command = self.get_complete_line()
            if command is None:
                self._leave()
                return False
            self.process_complete_line(command)
        except _Stay:
            pass
        except SystemExit:
            raise
        except BaseException:
            self._append_input_description()
            self.handle_exception()
        return True

    def get_line(self, prompt: str = "") -> str | None:
        """One line; words such as ``exit`` mean what they say."""
        if not self.interactive:
            line: str | None = super().get_line(prompt)
            return line
        if self._completion_first:
            self._typed = ""
        if not self._pasted:
            try:
                line = super().get_line(prompt)
            except OSError:  # the terminal is gone
                line = None
            if line is None:
                return None
            self._pasted.extend(line.split("\n"))
        line = self._pasted.popleft()
        meant = self._meant(line)
        self._typed += f"{line}\n"
        return meant

    def _meant(self, line: str) -> str:
        """The line, as it is meant by who has not read that commands begin with a dot."""
        word = line.strip().rstrip(";").lower()
        if self._completion_first:
            return line.strip() if word.startswith(".") else _WITHOUT_DOT.get(word, line)
        if word in _WITHOUT_DOT or word in self.commands():
            self.write(self.stderr, _STILL_OPEN)
        return line

    def get_complete_line(self) -> str | None:
        """A whole statement, or a dot command."""
        command: str | None = super().get_complete_line()
        is_hidden = self._typed.startswith((" ", "\t"))
        if command and self._keyboard is not None and self.interactive and not is_hidden:
            self._keyboard.remember(command, is_secret=command.split()[0] == ".parameter")
        return command

    def process_complete_line(self, command: str) -> None:
        """Runs it. Ctrl-C is `handle_exception`'s."""
        if command.startswith("."):
            self.process_command(command)
        else:
            self.process_sql(command)

    def handle_interrupt(self) -> None:
        """Ctrl-C while a line is typed gives it up."""
        self._pasted.clear()
        if self.bail or not self.interactive:
            raise  # APSW calls this where the exception is handled
        self.write(self.stderr, "^C\n")

    def handle_exception(self) -> None:
        """Shows what went wrong as the command's other parts do."""
        error = sys.exception()
        if error is None or self.exceptions or isinstance(error, SystemExit):
            self._pasted.clear()
            super().handle_exception()
            return
        self._out_colour()
        where = "".join(f"{each}\n" for each in self._input_descriptions)
        self.write_error(f"{where}{self._said_of(error)}\n")
        if any(map(str.strip, self._pasted)):
            self.write(self.stderr, "what was pasted behind it was not run\n")
        self._pasted.clear()
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
        try:
            from awsvtab.cli.keyboard import Keyboard, history_path
        except ModuleNotFoundError:  # there is no readline on Windows
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

    def command_exit(self, cmd: list[str], name: str = "exit") -> None:
        """exit ?CODE?: Leaves, with an exit status if one is given"""
        self._leave()
        super().command_exit(cmd, name)

    # Completion

    def _complete(self, before: str, after: str) -> Sequence[str]:
        names = self._naming.names()
        if not before.startswith(".") or not self._completion_first:
            return candidates(self._typed + before, after, names)
        command, blank, rest = before.partition(" ")
        word = word_before(before)
        if not blank:
            return [f"{each} " for each in self.commands() if each.startswith(word)]
        if command == ".plan":
            return candidates(rest, after, names)
        if command in (".describe", ".tables", ".schema", ".dump", ".import"):
            return tables(word, names)
        if command == ".calls":
            return [each for each in ("all",) if each.startswith(word)]
        found: list[str] = self.complete_command(before + after, word, 0, len(before))
        return found


def _pointed_at(sql: str, offset: int) -> str:
    """The part of a statement around an error, and a line that points at it."""
    before, behind = (
        visible(part.translate(_BLANKS)) for part in (sql[:offset][-_SHOWN:], sql[offset:][:_SHOWN])
    )
    return f"  {before}{behind}\n  {' ' * cell_len(before)}^"
