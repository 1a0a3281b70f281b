"""Shows what is about to be sent to AWS, and asks."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click

from awsvtab import PendingChange
from awsvtab.cli.formats import visible

MOST_SHOWN = 20


def ask(changes: Sequence[PendingChange]) -> None:
    """Asks on the terminal whether to send these. ClickException for no, or where nobody answers.

    The answer does not come from a pipe that holds the script.
    """
    click.echo("\n".join(described(changes)), err=True)
    question = f"Apply {_count(len(changes))} to AWS? [y/N] "
    try:
        answer = _answer(question)
    except OSError:
        raise click.ClickException(
            "nobody to ask: nothing was sent; --yes applies without asking, --dry-run shows only"
        ) from None
    if answer.strip().lower() not in ("y", "yes"):
        raise click.ClickException("nothing was sent, and nothing kept")


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


def _answer(question: str) -> str:
    click.echo(question, nl=False, err=True)
    answer = ""
    try:
        if sys.stdin.isatty():
            answer = sys.stdin.readline()
        else:
            with open("/dev/tty", encoding="utf-8") as terminal:
                answer = terminal.readline()
    finally:
        if not answer:  # Ctrl-C, Ctrl-D: the cursor is still behind the question
            click.echo(err=True)
    return answer


def _count(number: int) -> str:
    return "1 change" if number == 1 else f"{number} changes"
