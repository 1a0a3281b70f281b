"""The command in a pseudo-terminal, as a person sees it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pyte

import awsvtab
from awsvtab.emulator import Emulator

PATIENCE_S = 20
SOURCES = Path(awsvtab.__file__).parents[1]


class Terminal:
    """A command that runs in a terminal of its own, and the terminal's screen.

    ``said`` is all that the command has written, escape sequences included.
    """

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        width: int = 100,
        height: int = 30,
        program: tuple[str, ...] = (sys.executable, "-m", "awsvtab"),
    ) -> None:
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self._screen)
        self.said = ""
        command, *before = program
        self._child: pexpect.spawn[str] = pexpect.spawn(
            command,
            [*before, *arguments],
            env={**os.environ, "PYTHONPATH": str(SOURCES), "TERM": "xterm-256color", **environment},
            dimensions=(height, width),
            encoding="utf-8",
            codec_errors="replace",
            timeout=PATIENCE_S,
        )
        self._child.logfile_read = self

    def write(self, text: str) -> None:
        """Takes what the command writes (pexpect's logfile)."""
        self.said += text
        self._stream.feed(text)

    def flush(self) -> None:
        """Nothing to do (pexpect's logfile)."""

    def wait_for(self, text: str) -> None:
        """Reads until the command has written ``text``; fails with all that it wrote instead."""
        try:
            self._child.expect_exact(text)
        except (pexpect.EOF, pexpect.TIMEOUT):
            raise AssertionError(f"no {text!r} in:\n{self.said}") from None

    def type(self, text: str) -> None:
        """Types a line, and Enter."""
        self._child.sendline(text)

    def press(self, key: str) -> None:
        """Types characters without Enter: ``\\t``, or ``\\x03`` for Ctrl-C."""
        self._child.send(key)

    def press_bytes(self, keys: bytes) -> None:
        """Types what need not be text."""
        os.write(self._child.child_fd, keys)

    def kill(self, number: int) -> None:
        """Sends the command a signal."""
        self._child.kill(number)

    @property
    def has_cursor(self) -> bool:
        """Whether the cursor can be seen."""
        return not self._screen.cursor.hidden

    def resize(self, width: int, height: int) -> None:
        """Makes the terminal's window that large."""
        self._child.setwinsize(height, width)
        self._screen.resize(height, width)

    def end(self) -> int:
        """Waits for the command to end by itself; its exit status."""
        try:
            self._child.expect(pexpect.EOF)
        except pexpect.TIMEOUT:
            raise AssertionError(f"the command goes on:\n{self.said}") from None
        self._child.close()
        return int(self._child.exitstatus if self._child.signalstatus is None else -1)

    @property
    def screen(self) -> str:
        """What stands on the screen now, without the blanks at the ends."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def close(self) -> None:
        """Ends the command if it still runs."""
        self._child.close(force=True)


def environment(emulator: Emulator, home: Path, **more: str) -> dict[str, str]:
    """What leads a command to the emulator, and away from the user's own files."""
    return {
        "AWS_ACCESS_KEY_ID": "emulator",
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": emulator.endpoint_url,
        "HOME": str(home),
        **more,
    }


@contextmanager
def terminal(*arguments: str, **settings: Any) -> Iterator[Terminal]:
    """A `Terminal` that ends with the block."""
    opened = Terminal(*arguments, **settings)
    try:
        yield opened
    finally:
        opened.close()
