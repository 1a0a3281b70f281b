"""``awsvtab explain`` and ``awsvtab policy``: what statements would ask of AWS, and may."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import click

import awsvtab
from awsvtab import AccessPath, Explanation
from awsvtab.cli.arguments import check_parameters, parameter_option, sql_arguments
from awsvtab.cli.connecting import Command, Target, reading_options, reported
from awsvtab.cli.offline import explained, unconnected
from awsvtab.cli.script import Statement
from awsvtab.policies import remarks

WIDTH = 80
_HOW = {
    "get": "read one by one, by identifier",
    "list": "listed",
    "list by parent": "listed, once for each row of what is read first",
    "hash": "listed once, and looked up there by a join",
    "create": "made, when the transaction commits",
    "update": "changed, when the transaction commits",
    "delete": "deleted, when the transaction commits",
}


@click.command(cls=Command)
@sql_arguments
@parameter_option
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    help="table: for people, which is the default; json: for programs.",
)
@reading_options
def explain(
    script: Sequence[Statement],
    parameters: Sequence[tuple[str, Any]],
    format_name: str,
    target: Target,
) -> None:
    """Show how SQL statements would reach AWS, and run nothing.

    For each AWS table: how its rows are found, by which columns, and which calls that begins with;
    then the IAM actions that the statement needs. AWS is asked nothing, and no credentials are
    needed. Local tables are read, but nothing in them is changed.
    """
    found = _explanations(script, parameters, target)
    if format_name == "json":
        shown = [
            {"sql": each.sql, "paths": [*map(_members, found.paths)], "actions": found.actions}
            for each, found in found
        ]
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        several = len(found) > 1
        click.echo("\n\n".join("\n".join(_shown(*each, several)) for each in found))


@click.command(cls=Command)
@sql_arguments
@parameter_option
@reading_options
def policy(
    script: Sequence[Statement], parameters: Sequence[tuple[str, Any]], target: Target
) -> None:
    """Print the IAM policy document that SQL statements need, and run nothing.

    It allows the least: the calls that the statements may make, and the permissions that the
    schemas of the resource types ask for. AWS is asked nothing, and no credentials are needed.
    """
    found = _explanations(script, parameters, target)
    document = awsvtab.policy(*(explanation for _, explanation in found))
    click.echo(json.dumps(document, indent=2))
    for remark in remarks(document):
        click.echo(f"Note: {remark}", err=True)


def _explanations(
    script: Sequence[Statement], parameters: Sequence[tuple[str, Any]], target: Target
) -> list[tuple[Statement, Explanation]]:
    check_parameters(script, parameters)
    with reported(), unconnected(target) as connection:
        return list(explained(connection, script, dict(parameters)))


def _members(path: AccessPath) -> dict[str, Any]:
    return {**asdict(path), "calls": dict(path.calls)}


def _shown(statement: Statement, explanation: Explanation, several: bool) -> Iterator[str]:
    if several:
        yield textwrap.shorten(statement.sql, WIDTH, placeholder=" …")
    yield from lines(explanation)


def lines(explanation: Explanation) -> Iterator[str]:
    """The lines for one statement, no wider than a terminal usually is."""
    if not explanation.paths:
        yield "asks AWS nothing"
    for path in explanation.paths:
        yield path.table
        yield from _facts(path)
    if explanation.actions:
        yield "IAM actions"
        yield from _wrapped(" ".join(explanation.actions), "  ", "  ")


def _facts(path: AccessPath) -> Iterator[str]:
    facts = {
        "rows": _HOW[path.access],
        "by": ", ".join(path.keys),
        "first": ", ".join(path.reads),
        "calls": path.cost.removeprefix("calls "),
    }
    for name, fact in facts.items():
        if fact:
            yield from _wrapped(fact, f"  {name:5}  ", " " * 9)


def _wrapped(text: str, first: str, others: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
