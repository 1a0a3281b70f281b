"""The command ``awsvtab``: its commands, and statements without one."""

from __future__ import annotations

import difflib
import errno
import os
import re
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

import awsvtab
from awsvtab.catalog import catalog
from awsvtab.catalog.store import version_line
from awsvtab.cli.browse import describe, tables
from awsvtab.cli.connecting import installed, reported
from awsvtab.cli.explaining import explain, policy
from awsvtab.cli.query import query
from awsvtab.cli.recovering import recover_journal
from awsvtab.cli.serve import serve
from awsvtab.cli.shell import shell

_STATEMENTS = frozenset({"begin", "commit", "end", "rollback", "vacuum"})  # of one word
_UNQUOTED = frozenset(
    {"alter", "analyze", "attach", "create", "delete", "detach", "drop", "insert", "pragma"}
    | {"reindex", "release", "replace", "savepoint", "select", "update", "values", "with"}
)


class StatementOrCommand(click.Group):
    """A group in which whatever is no command's name is a statement to run."""

    def main(self, *arguments: Any, **settings: Any) -> Any:
        """Runs a command; streams that the caller has closed are nowhere."""
        with ExitStack() as stack:
            for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
                if getattr(sys, name) is None:
                    nowhere = stack.enter_context(open(os.devnull, mode, encoding="utf-8"))
                    setattr(sys, name, nowhere)
            return super().main(*arguments, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command. What files and streams refuse is a message, but for a closed pipe."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            raise click.ClickException(str(error)) from None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts ``query`` before a statement, or before its options."""
        if not args and not sys.stdin.isatty():
            args = ["query"]
        elif args and args[0] not in {*self.commands, "--help", "-h", "--version"}:
            self._refuse_misspelt(args[0])
            is_text = any(character.isspace() for character in args[0])
            args = ["query", *(["--"] if is_text and args[0].startswith("-") else []), *args]
        return super().parse_args(ctx, args)

    def _refuse_misspelt(self, word: str) -> None:
        if not re.fullmatch(r"[a-z_-]+", word, re.IGNORECASE) or word.startswith("-"):
            return
        if word.lower() in _UNQUOTED:
            raise click.UsageError(f'a statement is one argument: write it in quotes, "{word} …"')
        if word.lower() not in _STATEMENTS:
            near = difflib.get_close_matches(word, self.commands, n=1)
            hint = f"did you mean {near[0]}?" if near else "there are " + ", ".join(self.commands)
            raise click.UsageError(f"no such command: {word}; {hint}")


@click.group(cls=StatementOrCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    awsvtab.__version__, message=f"awsvtab %(version)s\n{version_line(catalog())}"
)
def main() -> None:
    """Ask live AWS resources in SQL, and change them.

    \b
    awsvtab "SELECT bucket_name FROM aws.s3.buckets"
    awsvtab --emulator "SELECT * FROM aws.customerprofiles.event_streams"
    awsvtab tables bucket
    awsvtab describe aws.s3.buckets
    awsvtab shell

    A statement is the command `query`, whose name can be left out: its options are in
    `awsvtab query --help`.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


@main.command()
def demo() -> None:
    """Show the main uses on an emulated estate, with the calls that each makes."""
    with installed("emulator"):
        from awsvtab.cli.demo import run
    with reported():
        run()


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=5555,
    show_default=True,
    help="Port to listen at.",
)
@click.option(
    "--seed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON or SQL file with resources to begin with.",
)
def emulator(host: str, port: int, seed: Path | None) -> None:
    """Serve an emulated Cloud Control API, with moto's other services."""
    with installed("emulator"):
        from awsvtab.emulator.server import serve
    with reported():
        try:
            serve(host, port, seed)
        except (OSError, ValueError) as error:
            raise click.ClickException(str(error)) from None


for command in (query, shell, tables, describe, explain, policy, serve, recover_journal):
    main.add_command(command)
