"""``awsvtab query``, or no command's name at all: runs statements."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

import awsvtab
from awsvtab import PendingChange
from awsvtab.cli import approval, progress
from awsvtab.cli.arguments import check_parameters, format_options, parameter_option, sql_arguments
from awsvtab.cli.connecting import Command, Target, connection_options, reported
from awsvtab.cli.formats import Rows
from awsvtab.cli.output import Output
from awsvtab.cli.running import Rehearsal, Runner, Values, located
from awsvtab.cli.script import ROLLBACK, Statement

Script = Sequence[Statement]

_SHOWN = PendingChange._fields[:-1]  # all but the statement
_DOCUMENTS = ("desired_state", "patch_document")


@click.command(cls=Command)
@sql_arguments
@parameter_option
@format_options
@click.option("--dry-run", is_flag=True, help="Show what would change at AWS, and send nothing.")
@click.option("--yes", "-y", is_flag=True, help="Change AWS without asking.")
@connection_options
def query(
    script: Script,
    parameters: Sequence[tuple[str, Any]],
    format_name: str | None,
    null: str,
    dry_run: bool,
    yes: bool,
    target: Target,
) -> None:
    """Run SQL statements and print their rows.

    All statements are one transaction: what they change is sent to AWS when the last of them has
    run, unless one fails. On a terminal you are shown the changes and asked first.
    """
    check_parameters(script, parameters)
    output = Output(format_name, null)
    with reported(), _ended_as_by_ctrl_c(), target.opened(isolation_level=None) as connection:
        if dry_run:
            changes = _rehearse(connection, script, dict(parameters))
            _show_plan(changes, output, as_rows=format_name is not None)
        else:
            with output:
                _run(connection, script, dict(parameters), output, yes)


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """Meanwhile ``kill``, and a terminal that goes, end the command as Ctrl-C does.

    It then takes progress off the screen, and says what AWS has of a COMMIT. What the caller
    ignores (nohup) stays ignored.
    """
    signals = [
        each
        for name in ("SIGTERM", "SIGHUP")  # there is no SIGHUP on Windows
        if (each := getattr(signal, name, None)) is not None
        and signal.getsignal(each) is signal.SIG_DFL
    ]
    for each in signals:
        signal.signal(each, signal.default_int_handler)
    try:
        yield
    finally:
        for each in signals:
            signal.signal(each, signal.SIG_DFL)


def _run(
    connection: awsvtab.Connection, script: Script, values: Values, output: Output, yes: bool
) -> None:
    with progress.shown(connection) as stop:

        def approve(changes: Sequence[PendingChange]) -> None:
            stop()
            if not yes and approval.is_somebody_there():
                approval.ask(changes)

        runner = Runner(connection, approve)
        for statement in script:
            with located(statement, script):
                cursor = runner.execute(statement, values)
                if statement.control == ROLLBACK:
                    output.discard()
                output.show(cursor, held=cursor.rowcount >= 0)
                stop()
            if runner.is_over:
                output.release()
        runner.finish()
    output.release()


def _rehearse(
    connection: awsvtab.Connection, script: Script, values: Values
) -> list[PendingChange]:
    with progress.shown(connection):
        rehearsal = Rehearsal(connection)
        for statement in script:
            with located(statement, script):
                rehearsal.execute(statement, values).fetchall()
        return rehearsal.finish()


def _show_plan(changes: Sequence[PendingChange], output: Output, as_rows: bool) -> None:
    """A list for people, or rows for programs."""
    if as_rows or not sys.stdout.isatty():
        types = ["JSON" if name in _DOCUMENTS else None for name in _SHOWN]
        output.rows(Rows(_SHOWN, types, (each[: len(_SHOWN)] for each in changes)))
    elif changes:
        click.echo("\n".join(approval.described(changes, most=len(changes))))
    if not changes:
        click.echo("nothing would change at AWS", err=True)
