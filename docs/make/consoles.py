"""The console sessions of the docs, run in a real terminal on the demo's emulated estate.

``make transcripts`` writes anew what the commands print there. In the tests, what the page says is
compared with what they print.

A line after ``$ `` is a command, one after ``> `` goes on with it; what follows is the screen.
Where that has an answer behind a question's ``[y/N]``, the answer is typed; so is what stands
behind a prompt of ``awsvtab shell``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from account import emulated_account
from terminal import terminal

BLOCK = re.compile(r"(?m)^```console\n(.*?)^```$", re.DOTALL)
ASKS = re.compile(r"^.*(\[y/N\] |awsvtab(?:\*\d*)?> | {5}\.\.\.> )(.*)$", re.MULTILINE)
SECONDS = re.compile(r"(?<= · )\d+\.\d s$", re.MULTILINE)  # differ from one run to the next
WIDTH, HEIGHT = 100, 120


@dataclass
class Command:
    """A command of a session, as lines, and what the page says that the screen then shows."""

    lines: list[str]
    shown: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The command as the shell reads it."""
        return "\n".join(self.lines)

    @property
    def answers(self) -> list[tuple[str, str]]:
        """What the command asks with, and what is then typed."""
        return ASKS.findall("\n".join(self.shown))

    def __str__(self) -> str:
        first, *others = self.lines
        return "\n".join([f"$ {first}", *(f"> {each}" for each in others), *self.shown])


def commands(block: str) -> Iterator[Command]:
    """The commands of one session."""
    command: Command | None = None
    for line in block.splitlines():
        if line.startswith("$ "):
            if command is not None:
                yield command
            command = Command([line[2:]])
        elif command is None:
            raise ValueError(f"a session begins with a command, not with {line!r}")
        elif line.startswith("> ") and not command.shown:
            command.lines.append(line[2:])
        else:
            command.shown.append(line)
    if command is not None:
        yield command


def run(command: Command, program: str) -> Command:
    """The command with what the screen shows of it now; ``program`` is what awsvtab is."""
    wrapped = f'awsvtab() {{ {program} "$@"; }}\n{command.text}'
    with terminal(
        program=("/bin/sh", "-c", wrapped),
        environment={},
        width=WIDTH,
        height=HEIGHT,
    ) as opened:
        for question, answer in command.answers:
            opened.wait_for(question)
            opened.type(answer)
        opened.end()
        return Command(command.lines, SECONDS.sub("0.1 s", opened.screen).splitlines())


def session(block: str) -> str:
    """A session with what its commands print now."""
    program = f'"{sys.executable}" -m awsvtab'
    return "".join(f"{run(command, program)}\n" for command in commands(block))


def main(paths: list[str]) -> None:
    """Writes the pages anew, each on an estate of its own."""
    for page in map(Path, paths):
        text, page = page.read_text(), page.resolve()
        with emulated_account():
            page.write_text(BLOCK.sub(lambda found: f"```console\n{session(found[1])}```", text))


if __name__ == "__main__":
    main(sys.argv[1:])
