"""``awsvtab recover``: what became of the changes of a process that was killed."""

from __future__ import annotations

from dataclasses import asdict

import click

from awsvtab import Recovered, recover
from awsvtab.cli.arguments import format_options
from awsvtab.cli.connecting import Command, Target, reading_options, reported
from awsvtab.cli.formats import Rows
from awsvtab.cli.output import Output
from awsvtab.values import dump_json

NAMES = tuple(Recovered.__dataclass_fields__)


@click.command("recover", cls=Command)
@click.argument("path", metavar="JOURNAL")
@format_options
@reading_options
def recover_journal(path: str, format_name: str | None, null: str, target: Target) -> None:
    """Ask AWS how the changes that JOURNAL holds have ended, and change nothing.

    JOURNAL is the file that --journal named when they were made.
    """
    with reported():
        changes = recover(path, **target.options)
        rows = [
            (*values.values(), dump_json(candidates) if candidates else None)
            for values in map(asdict, changes)
            for candidates in [values.pop("candidates")]
        ]
        types = [None] * (len(NAMES) - 1) + ["JSON"]
        Output(format_name, null).rows(Rows(NAMES, types, rows))
