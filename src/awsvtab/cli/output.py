"""How rows look: a table for people, or records where one would not fit; CSV for programs."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from awsvtab import Cursor

Rows = Sequence[Sequence[Any]]


def print_result(cursor: Cursor) -> None:
    """Prints a statement's rows, or how many it changed."""
    if cursor.description is None:
        if cursor.rowcount >= 0:
            click.echo(f"{cursor.rowcount} row{'' if cursor.rowcount == 1 else 's'} changed")
        return
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    if sys.stdout.isatty():
        print_rows(Console(), names, rows)
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)


def print_rows(console: Console, names: Sequence[str], rows: Rows) -> None:
    """Prints rows as a table if the console is wide enough, else one record below the other."""
    table = _table(names, rows)
    if Measurement.get(console, console.options, table).maximum < console.width:
        console.print(table)
        return
    for row in rows:
        console.print(_record(names, row))


def _table(names: Sequence[str], rows: Rows) -> RenderableType:
    table = Table(box=SIMPLE_HEAD)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(_text, row))
    return table


def _record(names: Sequence[str], row: Sequence[Any]) -> RenderableType:
    record = Table.grid(padding=(0, 2))
    for name, value in zip(names, row, strict=True):
        record.add_row(Text(name, style="bold"), _text(value))
    record.add_row()
    return record


def _text(value: Any) -> Text:
    """A value as it is; NULL is empty."""
    return Text("" if value is None else str(value), overflow="fold")
