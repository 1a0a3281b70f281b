"""The line that a person edits: readline's completion, and a history that outlives the session."""

from __future__ import annotations

import os
import readline
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from awsvtab.cli.completion import DELIMITERS

MOST_KEPT = 1_000

Complete = Callable[[str, str], Sequence[str]]


def history_path(environment: Mapping[str, str], home: Path) -> Path:
    """Where statements are kept: the user's state directory.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    state = environment.get("XDG_STATE_HOME", "")
    return (Path(state) if Path(state).is_absolute() else home / ".local/state") / "awsvtab/history"


def as_line(statement: str) -> str | None:
    """A statement as one line, to be edited and run again; None where it would not be the same."""
    text = statement.strip()
    if "\n" not in text:
        return text
    if "--" in text or any(line.count("'") % 2 or line.count('"') % 2 for line in text.split("\n")):
        return None
    return " ".join(line.strip() for line in text.split("\n"))


class Keyboard:
    """Readline, from ``with`` to its end.

    ``complete`` is given the line before and behind the cursor, and returns what may stand in the
    place of the word before it. The history file is the owner's alone; without a place for it,
    there is a history for the session.
    """

    def __init__(self, complete: Complete, path: Path) -> None:
        self._complete = complete
        self._path = path
        self._found: Sequence[str] = ()

    def __enter__(self) -> Keyboard:
        readline.set_auto_history(False)
        readline.set_completer(self._next)
        readline.set_completer_delims(DELIMITERS)
        is_editline = "libedit" in (readline.__doc__ or "")
        readline.parse_and_bind("bind ^I rl_complete" if is_editline else "tab: complete")
        readline.clear_history()
        for line in self._kept():
            readline.add_history(line)
        return self

    def __exit__(self, *_: object) -> None:
        readline.set_completer(None)
        readline.set_auto_history(True)

    def remember(self, statement: str, is_secret: bool = False) -> None:
        """Keeps a statement, the last one once; a secret one not beyond the session."""
        line = as_line(statement)
        length = readline.get_current_history_length()
        if not line or (length and readline.get_history_item(length) == line):
            return
        readline.add_history(line)
        if is_secret:
            return
        with suppress(OSError):
            self._write(os.O_APPEND, [line])

    def _kept(self) -> list[str]:
        try:
            lines = self._path.read_text("utf-8", errors="replace").splitlines()
        except OSError:
            return []
        if len(lines) > 2 * MOST_KEPT:
            with suppress(OSError):
                self._write(os.O_TRUNC, lines[-MOST_KEPT:])
        return lines[-MOST_KEPT:]

    def _write(self, how: int, lines: Sequence[str]) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | how, 0o600)
        with open(file, "w", encoding="utf-8", errors="replace") as out:
            out.writelines(f"{line}\n" for line in lines)

    def _next(self, word: str, state: int) -> str | None:
        """Readline's completer: the next candidate, None behind the last."""
        if state == 0:
            line, end = readline.get_line_buffer(), readline.get_endidx()
            self._found = self._complete(line[:end], line[end:])
        return self._found[state] if state < len(self._found) else None
