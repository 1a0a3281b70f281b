"""Results on standard output: whole or not at all, and not before they are true."""

from __future__ import annotations

import shutil
import sys
import tempfile
from typing import IO, Self

import click

from awsvtab import Cursor
from awsvtab.cli.formats import FORMATS, HAVE_GAPS, Rows, Style, fitting

_IN_MEMORY = 8 * 1024 * 1024


def new_spool() -> IO[str]:
    """A file for a result, in memory as long as that is small; to be closed by who prints it."""
    return tempfile.SpooledTemporaryFile(
        _IN_MEMORY, "w+", encoding="utf-8", errors="backslashreplace", newline=""
    )


class Output:
    """Prints results in one format: by default a box on a terminal, and CSV elsewhere.

    A result is spooled until its last row is there. Those of statements that write are `held`
    until their transaction is over; what is read meanwhile is printed before them.
    """

    def __init__(self, name: str | None = None, null: str = "") -> None:
        is_terminal = sys.stdout.isatty()
        if name is None:
            self._format = fitting if is_terminal else FORMATS["csv"]
        else:
            self._format = FORMATS[name]
        width = shutil.get_terminal_size().columns if is_terminal else None
        self._style = Style(null, width, sys.stdout.encoding or "utf-8")
        self._has_printed = False
        self._held: list[str | IO[str]] = []  # notes for stderr, spooled results

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()  # what still is held has not become true

    def show(self, cursor: Cursor, held: bool = False) -> None:
        """Prints a statement's rows, if it has any, or how many it changed."""
        if cursor.description is not None:
            self.rows(
                Rows([each[0] for each in cursor.description], cursor.declared_types, cursor), held
            )
        elif cursor.rowcount >= 0:
            rows = "1 row" if cursor.rowcount == 1 else f"{cursor.rowcount:,} rows"
            self._put(f"{rows} changed", held)

    def rows(self, rows: Rows, held: bool = False) -> None:
        """Prints rows."""
        spool = new_spool()
        try:
            self._format(rows, spool, self._style)
        except BaseException:
            spool.close()
            raise
        self._put(spool, held)

    def release(self) -> None:
        """Prints what was held."""
        held, self._held = self._held, []
        for each in held:
            self._put(each, False)

    def discard(self) -> None:
        """Forgets what was held."""
        for each in self._held:
            if not isinstance(each, str):
                each.close()
        self._held.clear()

    def _put(self, result: str | IO[str], held: bool) -> None:
        if held:
            self._held.append(result)
        elif isinstance(result, str):
            click.echo(result, err=True)
        else:
            self._print(result)

    def _print(self, spool: IO[str]) -> None:
        with spool:
            spool.seek(0)
            if self._has_printed and self._format in HAVE_GAPS:
                sys.stdout.write("\n")
            shutil.copyfileobj(spool, sys.stdout)
            sys.stdout.flush()
        self._has_printed = True
