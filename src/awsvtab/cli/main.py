"""The commands and their options."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

import awsvtab
from awsvtab.catalog import catalog
from awsvtab.catalog.store import version_line
from awsvtab.cli import output


class StatementOrCommand(click.Group):
    """A group in which whatever is no command's name is a statement to run."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Puts ``query`` before a statement, or before its options."""
        if arguments and arguments[0] not in {*self.commands, "--help", "-h", "--version"}:
            is_text = any(character.isspace() for character in arguments[0])
            arguments = ["query", *(["--"] if is_text else []), *arguments]
        return super().parse_args(context, arguments)


@click.group(cls=StatementOrCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    awsvtab.__version__, message=f"awsvtab %(version)s\n{version_line(catalog())}"
)
def main() -> None:
    """Ask live AWS resources in SQL: awsvtab "SELECT … FROM aws.service.resource".

    A statement is the command `query`; its name can be left out.
    """


@main.command()
@click.argument("sql")
@click.option("--db", default=":memory:", help="SQLite file for local tables.  [default: none]")
@click.option("--region", "regions", multiple=True, help="AWS region; may be repeated.")
@click.option("--profile", help="AWS profile.")
@click.option("--endpoint-url", help="Endpoint instead of AWS's, for an emulator.")
@click.option(
    "--table",
    "tables",
    multiple=True,
    metavar="SERVICE.RESOURCE",
    help="Make the table's short name known; may be repeated.",
)
@click.option("--emulator", is_flag=True, help="Ask the demo's emulated estate instead of AWS.")
def query(sql: str, db: str, emulator: bool, **options: Any) -> None:
    """Run one SQL statement and print its rows: a table on a terminal, else CSV."""
    given = {name: value for name, value in options.items() if value}
    with reported(), opened(db, emulator, given) as connection, connection:
        output.print_result(connection.execute(sql))


@main.command()
def demo() -> None:
    """Show the main uses on an emulated estate, with the calls that each makes."""
    from awsvtab.cli.demo import run

    with reported():
        run()


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=5555, show_default=True)
@click.option(
    "--seed", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JSON or SQL file."
)
def emulator(host: str, port: int, seed: Path | None) -> None:
    """Serve an emulated Cloud Control API, with moto's other services."""
    with emulator_installed():
        from awsvtab.emulator.server import serve
    serve(host, port, seed)


@contextmanager
def opened(db: str, emulated: bool, options: dict[str, Any]) -> Iterator[awsvtab.Connection]:
    """A connection to AWS, or to an emulated estate that lives as long."""
    if not emulated:
        connection = awsvtab.connect(db, **options)
        try:
            yield connection
        finally:
            connection.close()
        return
    with emulator_installed():
        from awsvtab.cli.demo import estate
    with estate() as emulator:
        connection = emulator.connect(db, **options)
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def emulator_installed() -> Iterator[None]:
    """Tells how to install what the emulator needs, where that is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"the emulator needs {error.name}: pip install 'awsvtab[emulator]'"
        ) from None


@contextmanager
def reported() -> Iterator[None]:
    """Errors of a statement as one message on stderr, and exit status 1."""
    try:
        yield
    except awsvtab.Error as error:
        raise click.ClickException(str(error)) from None
