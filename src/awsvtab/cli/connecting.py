"""The options that say how to connect, and the connection that they make."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import click

import awsvtab
from awsvtab.cli.formats import visible
from awsvtab.options import ALL, Options

DEFAULTS = Options()


class ConnectionOption(click.Option):
    """An option that says how to connect; the help has them in a section of their own."""


class Command(click.Command):
    """A command whose help has the options for connecting after its own."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes both sections."""
        for title, is_for_connecting in (("Options", False), ("How to connect", True)):
            records = [
                record
                for parameter in self.get_params(ctx)
                if isinstance(parameter, click.Option)
                and isinstance(parameter, ConnectionOption) is is_for_connecting
                and (record := parameter.get_help_record(ctx)) is not None
            ]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


@dataclass(frozen=True, slots=True)
class Target:
    """What to connect to: a database file, and AWS or the demo's emulated estate."""

    db: str = ":memory:"
    emulator: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def opened(self, **more: Any) -> Iterator[awsvtab.Connection]:
        """A connection, closed at the end; ``more`` are further arguments of `awsvtab.connect`."""
        with self._connect() as connect:
            try:
                connection = connect(self.db, **self.options, **more)
            except awsvtab.OperationalError as error:
                error.add_note(f"with --db {self.db}")
                raise
            try:
                yield connection
            finally:
                connection.close()

    @contextmanager
    def _connect(self) -> Iterator[Callable[..., awsvtab.Connection]]:
        if not self.emulator:
            yield awsvtab.connect
            return
        with installed("emulator"):
            from awsvtab.cli.demo import estate
        with estate() as emulator:
            yield emulator.connect


# By the keyword of `awsvtab.connect` that each one gives.
_OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "db": ("--db", {"metavar": "FILE", "help": "SQLite file with your own tables."}),
    "emulator": (
        "--emulator",
        {"is_flag": True, "help": "Ask the demo's emulated estate instead of AWS."},
    ),
    "regions": (
        "--region",
        {"multiple": True, "metavar": "REGION", "help": "Region to ask; repeat it, or say all."},
    ),
    "profile": ("--profile", {"help": "AWS profile, of ~/.aws/config."}),
    "endpoint_url": ("--endpoint-url", {"metavar": "URL", "help": "Ask there instead of AWS."}),
    "tables": (
        "--table",
        {
            "multiple": True,
            "metavar": "SERVICE.RESOURCE",
            "help": "Know the table by its short name; may be repeated.",
        },
    ),
    "types": (
        "--types",
        {
            "multiple": True,
            "metavar": "NAME|PATH",
            "help": "Types beyond the catalog: names, or a folder or zip file of schemas.",
        },
    ),
    "on_error": (
        "--on-error",
        {"type": click.Choice(["raise", "warn"]), "help": "warn: print what could be read."},
    ),
    "max_calls": (
        "--max-calls",
        {"type": int, "metavar": "N", "help": "Calls that a statement may make."},
    ),
    "max_requests_per_second": (
        "--max-requests-per-second",
        {"type": float, "metavar": "N", "help": "Calls in a second to a service in a region."},
    ),
    "concurrency": (
        "--concurrency",
        {
            "type": int,
            "metavar": "N",
            "help": f"Calls to make at once, {DEFAULTS.concurrency} if not said.",
        },
    ),
    "cache_ttl": (
        "--cache-ttl",
        {"type": float, "metavar": "SECONDS", "help": "How long what was read is good for."},
    ),
    "rows_in_memory": (
        "--rows-in-memory",
        {
            "type": int,
            "metavar": "N",
            "help": "Rows of a statement to keep there; others go to a file.",
        },
    ),
    "read_timeout": (
        "--read-timeout",
        {"type": float, "metavar": "SECONDS", "help": "How long to wait for an answer."},
    ),
    "read_only": ("--read-only", {"is_flag": True, "help": "Refuse to change anything at AWS."}),
    "max_changes": (
        "--max-changes",
        {"type": int, "metavar": "N", "help": "Refuse transactions with more changes to AWS."},
    ),
    "write_timeout": (
        "--write-timeout",
        {"type": float, "metavar": "SECONDS", "help": "How long to wait for a change."},
    ),
    "wait": (
        "--wait/--no-wait",
        {"default": True, "help": "Whether to wait until AWS is done, or has accepted."},
    ),
    "journal": ("--journal", {"metavar": "FILE", "help": "Keep a record of what is sent."}),
    "trusted_schema": (
        "--trusted-schema",
        {"is_flag": True, "help": "Let triggers and tables of the file change AWS."},
    ),
}


_OF_WRITES = ("read_only", "max_changes", "write_timeout", "wait", "journal")


def connection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options for connecting, as one `Target` named ``target``."""
    return _with_options(command, _OPTIONS)


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command that changes nothing those of the options that mean something for it."""
    return _with_options(command, [each for each in _OPTIONS if each not in _OF_WRITES])


def _with_options(command: Callable[..., Any], keywords: Collection[str]) -> Callable[..., Any]:
    @wraps(command)
    def with_target(*arguments: Any, **given: Any) -> Any:
        said = {name: given.pop(name) for name in keywords}
        return command(*arguments, target=_target(**said), **given)

    for keyword in reversed([*keywords]):
        flag, settings = _OPTIONS[keyword]
        with_target = click.option(flag, keyword, cls=ConnectionOption, **settings)(with_target)
    return with_target


def _target(db: str | None, emulator: bool, wait: bool = True, **options: Any) -> Target:
    """What the options say; those that were not given are left to `awsvtab.connect`."""
    for name in ("endpoint_url", "profile"):
        if emulator and options[name] is not None:
            flag = _OPTIONS[name][0]
            raise click.UsageError(f"--emulator and {flag}: write one of them")
    said = {
        name: value
        for name, value in options.items()
        if value is not None and value is not False and value != ()  # but 0 is something
    }
    if "all" in said.get("regions", ()):
        said["regions"] = ALL
    if "types" in said:
        said["types"] = _types(said["types"])
    if not wait:
        said["wait"] = False
    return Target(db or ":memory:", emulator, said)


def _types(given: tuple[str, ...]) -> Any:
    """The folder or zip file, if it is one; else names."""
    return given[0] if len(given) == 1 and Path(given[0]).exists() else list(given)


@contextmanager
def installed(extra: str) -> Iterator[None]:
    """Tells how to install what an import needs, where that is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"this needs {error.name}: pip install 'awsvtab[{extra}]'"
        ) from None


@contextmanager
def reported() -> Iterator[None]:
    """What goes wrong, as one message on stderr and exit status 1, or 130 after Ctrl-C."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = _warn
        try:
            yield
        except (awsvtab.Error, awsvtab.Warning) as error:
            raise click.ClickException(message_of(error)) from None
        except KeyboardInterrupt as stop:
            click.echo(message_of(stop) or "interrupted", err=True)
            raise click.exceptions.Exit(130) from None


def _warn(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    click.echo(f"Warning: {spelled(visible(str(message)))}", err=True)


def message_of(error: BaseException) -> str:
    """What to say of an error: its message and notes, as one who uses the command needs them."""
    texts = (str(error), *getattr(error, "__notes__", ()))
    return spelled(visible("\n".join(filter(None, texts))))


_CONNECT = re.compile(r"connect\((\w+)=(\[[^]]*\]|[^)]+)\)")
_ARGUMENT = re.compile(r"(?<![\w.\"'])(\w+)=(True|nan|inf|-?\d+(?:\.\d+)?|'[^']*')(?!\w)")
_SUBJECT = re.compile(r"(\w+)(?=:? )")


def spelled(message: str) -> str:
    """The message with the command's options in the place of `connect`'s arguments."""
    message = _ARGUMENT.sub(_as_options, _CONNECT.sub(_as_options, message))
    first = _SUBJECT.match(message)
    if first is None or first[1] not in ("journal", "tables", "types"):
        return message
    return _OPTIONS[first[1]][0] + message[first.end() :]


def _as_options(found: re.Match[str]) -> str:
    keyword, value = found.groups()
    if keyword not in _OPTIONS:
        return found[0]
    flag = _OPTIONS[keyword][0]
    try:
        given = ast.literal_eval(value)
    except (SyntaxError, ValueError):  # an ellipsis
        return f"{flag} {value}"
    if given is True:
        return flag
    return " ".join(f"{flag} {each}" for each in (given if isinstance(given, list) else [given]))
