"""The arguments that commands share: SQL, its parameters, how rows are printed."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, NoReturn

import click

from awsvtab.cli.formats import FORMATS
from awsvtab.cli.script import Statement, statements

_FORMAT = click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    help="How rows are printed: by default box on a terminal, csv elsewhere.",
)
_NULL = click.option("--null", default="", metavar="TEXT", help="Stands for NULL.")


def format_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command ``format_name``, which may be None, and ``null``."""
    return _FORMAT(_NULL(command))


def sql_arguments(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command ``script``: the statements of its arguments, of a file, or standard input."""

    @wraps(command)
    def with_script(
        *arguments: Any, sql: tuple[str, ...], files: tuple[Any, ...], **given: Any
    ) -> Any:
        return command(*arguments, script=_script(sql, files), **given)

    argument = click.argument("sql", nargs=-1)
    option = click.option(
        "-f",
        "--file",
        "files",
        multiple=True,
        type=click.File(encoding="utf-8-sig"),
        help="Run the statements of this file, - for standard input; may be repeated.",
    )
    return argument(option(with_script))


def _script(texts: Sequence[str], files: Sequence[Any]) -> list[Statement]:
    if not texts and not files:
        if sys.stdin.isatty():
            raise click.UsageError("no statement: write one in quotes, or --file FILE")
        files = [sys.stdin]
    try:
        read = [*texts, *(file.read() for file in files)]
    except UnicodeDecodeError as error:
        raise click.ClickException(f"the file is not UTF-8 text: {error}") from None
    if any("\0" in text for text in read):
        raise click.ClickException("there is a NUL in the SQL, which SQLite takes for its end")
    if not all(map(_is_unicode, read)):
        raise click.ClickException("the SQL is not UTF-8 text")
    script = [statement for text in read for statement in statements(text)]
    if not script:
        raise click.UsageError("no statement: there are only blanks and comments")
    return script


def _is_unicode(text: str) -> bool:
    """Whether all bytes of an argument or of standard input have been understood."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _parameters(
    ctx: click.Context, param: click.Parameter, given: Sequence[str]
) -> list[tuple[str, Any]]:
    """The names and values of ``name=text``, or of ``name:=JSON``."""
    return [_parameter(each) for each in given]


def _parameter(text: str) -> tuple[str, Any]:
    found = re.fullmatch(r"[:@$]?(\w+)(:?=)(.*)", text, re.DOTALL)
    if found is None:
        raise click.BadParameter(f"{text!r}: write name=text, or name:=JSON for a number")
    name, sign, value = found.groups()
    if sign == "=":
        return name, value
    try:
        given = json.loads(value, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"{text!r} is no JSON ({error}): {name}={value} is text") from None
    if isinstance(given, int) and not -(2**63) <= given < 2**63:
        raise click.BadParameter(f"{text!r} does not fit 64 bits: {name}={value} is text")
    return name, json.dumps(given) if isinstance(given, list | dict) else given


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is a number of Python's")


parameter_option = click.option(
    "--param",
    "parameters",
    metavar="NAME=VALUE",
    callback=_parameters,
    multiple=True,
    help="Value of :name, text; name:=5 is a number, null and JSON work too. May be repeated.",
)


def check_parameters(script: Sequence[Statement], given: Sequence[tuple[str, Any]]) -> None:
    """Raises UsageError for a parameter without a name, given twice, or used nowhere."""
    if any(statement.has_nameless_parameters for statement in script):
        raise click.UsageError("? has no name: write :name, and --param name=value")
    used = {name for statement in script for name in statement.parameters}
    names = [name for name, _ in given]
    for name in names:
        if name not in used:
            raise click.UsageError(f"--param {name}: no statement has :{name}")
        if names.count(name) > 1:
            raise click.UsageError(f"--param {name}: given more than once")
