"""Shows what is about to be sent to AWS, and asks."""

from __future__ import annotations

import select
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import IO

import click

from awsvtab import PendingChange
from awsvtab.cli.formats import visible

MOST_SHOWN = 20

_QUIET_S = 0.05  # a paste is over


class Refused(click.ClickException):
    """Somebody was asked, and said no."""


def ask(changes: Sequence[PendingChange]) -> None:
    """Asks on the terminal whether to send these. Refused for no; ClickException if none answers.

    The answer does not come from a pipe that holds the script, nor does the question go to a file.
    """
    lines = [*described(changes), f"Apply {_count(len(changes))} to AWS? [y/N] "]
    try:
        with _terminal(sys.stderr, "w") as asked, _terminal(sys.stdin, "r") as answers:
            answer = _answer("\n".join(lines), asked, answers)
    except OSError:
        raise click.ClickException(
            "nobody to ask: nothing was sent; --yes applies without asking, --dry-run shows only"
        ) from None
    if answer.strip().lower() not in ("y", "yes"):
        raise Refused("nothing was sent, and nothing kept")


def is_somebody_there() -> bool:
    """Whether a person has called the command, though one or two of its streams may be files."""
    return any(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def described(changes: Sequence[PendingChange], most: int = MOST_SHOWN) -> Iterator[str]:
    """Lines about each change: what is to be done, and with which values."""
    for change in changes[:most]:
        named = f" {change.identifier}" if change.identifier else ""
        yield visible(
            f"{change.operation:6} {change.type_name}{named} in {change.region}".replace("\n", " ")
        )
        document = change.desired_state or change.patch_document
        if document:
            yield f"       {visible(document)}"
    if len(changes) > most:
        yield f"… and {_count(len(changes) - most)} more; --dry-run shows all"


def _terminal(stream: IO[str], mode: str) -> AbstractContextManager[IO[str]]:
    """The stream if it is a terminal, else the one that the command was started on."""
    if stream.isatty():
        return nullcontext(stream)
    return open("/dev/tty", mode, encoding="utf-8", errors="replace")


def _forgets(answers: IO[str]) -> bool:
    """Drops what was typed, and what is still being pasted; whether there was any."""
    was_typed = False
    if sys.platform != "win32":
        import termios

        try:
            while select.select([answers], [], [], _QUIET_S)[0]:
                termios.tcflush(answers, termios.TCIFLUSH)
                was_typed = True
            termios.tcflush(answers, termios.TCIFLUSH)  # a line without its end
        except termios.error as error:
            raise OSError(*error.args) from None
    return was_typed


def _answer(question: str, asked: IO[str], answers: IO[str]) -> str:
    if _forgets(answers):
        click.echo("what was typed before this question is not its answer", asked)
    click.echo(question, asked, nl=False)
    answer = ""
    try:
        answer = answers.readline()
    except UnicodeDecodeError:
        pass  # no yes
    finally:
        if not answer:  # Ctrl-C, Ctrl-D: the cursor is still behind the question
            click.echo(file=asked)
    return answer


def _count(number: int) -> str:
    return "1 change" if number == 1 else f"{number} changes"
