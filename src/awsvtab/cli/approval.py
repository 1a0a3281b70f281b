"""Shows what is about to be sent to AWS, and asks."""

from __future__ import annotations

import select
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

import click

from awsvtab.cli.formats import visible
from awsvtab.cli.running import PendingChange

try:
    import termios
except ModuleNotFoundError:  # on Windows
    termios = None  # type: ignore[assignment]

MOST_SHOWN = 20

_QUIET_S = 0.05  # a paste is over


class Refused(click.ClickException):
    """Somebody was asked, and said no."""


def ask(changes: Sequence[PendingChange]) -> None:
    """Asks on the terminal whether to send these. Refused for no; ClickException if none answers.

    The answer does not come from a pipe that holds the script, nor from what was typed or pasted
    before the question.
    """
    question = f"Apply {_count(len(changes))} to AWS? [y/N] "
    try:
        with _keyboard() as keyboard, _screen() as screen:
            click.echo("\n".join(described(changes)), screen)
            answer = _answer(question, keyboard, screen)
    except OSError:
        raise click.ClickException(
            "nobody to ask: nothing was sent; --yes applies without asking, --dry-run shows only"
        ) from None
    if answer.strip().lower() not in ("y", "yes"):
        raise Refused("nothing was sent, and nothing kept")


def is_somebody_there() -> bool:
    """Whether a person reads what the command says."""
    return sys.stderr.isatty()


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


def _answer(question: str, keyboard: TextIO, screen: TextIO) -> str:
    if _forgets(keyboard):
        click.echo("what was typed before this question is not its answer", screen)
    click.echo(question, screen, nl=False)
    answer = ""
    try:
        answer = keyboard.readline()
    finally:
        if not answer:  # Ctrl-C, Ctrl-D: the cursor is still behind the question
            click.echo(file=screen)
    return answer


@contextmanager
def _keyboard() -> Iterator[TextIO]:
    if sys.stdin.isatty():
        yield sys.stdin
        return
    with open("/dev/tty", encoding="utf-8") as terminal:
        yield terminal


@contextmanager
def _screen() -> Iterator[TextIO]:
    if sys.stderr.isatty():
        yield sys.stderr
        return
    with open("/dev/tty", "w", encoding="utf-8") as terminal:
        yield terminal


def _forgets(keyboard: TextIO) -> bool:
    """Drops what was typed, or is being pasted; whether there was any."""
    if termios is None:
        return False
    was_typed = False
    try:
        while select.select([keyboard], [], [], _QUIET_S)[0]:
            termios.tcflush(keyboard, termios.TCIFLUSH)
            was_typed = True
        termios.tcflush(keyboard, termios.TCIFLUSH)  # a line without its end
    except termios.error as error:
        raise OSError(*error.args) from None
    return was_typed


def _count(number: int) -> str:
    return "1 change" if number == 1 else f"{number} changes"
