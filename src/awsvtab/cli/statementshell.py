"""APSW's shell, with its statements run by the driver: rows, and a word about them.

https://rogerbinns.github.io/apsw/shell.html
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import IO, Any

import apsw
import apsw.ext
import apsw.shell

from awsvtab import Connection, Cursor
from awsvtab.cli import formats
from awsvtab.cli.formats import Rows, Style, visible
from awsvtab.cli.output import new_spool
from awsvtab.cli.script import COMMIT, Statement, statements
from awsvtab.cli.session import Session

_IN_MEMORY = 8 * 1024 * 1024
_LAST_CALL = "SELECT coalesce(max(position), 0) FROM aws_calls"


@dataclass(frozen=True, slots=True)
class _Result:
    """What a statement gave: its rows as they will be printed, and a word about them."""

    rows: IO[str] | None
    said: str = ""
    is_write: bool = False

    def print(self, out: IO[str]) -> None:
        """Prints the rows."""
        if self.rows is not None:
            self.rows.seek(0)
            shutil.copyfileobj(self.rows, out)
            out.flush()

    def close(self) -> None:
        """Lets go of the rows, which are not printed where the statement was undone."""
        if self.rows is not None:
            self.rows.close()


class _Counted:
    """Rows, counted as they are read."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            self.count += 1
            yield row


class _Mode:
    """An output mode of ours, for APSW to find by its name, with its help."""

    def __init__(self, render: formats.Format) -> None:
        self.render = render
        self.__doc__ = render.__doc__


class StatementShell(apsw.shell.Shell):
    """Statements go through the driver and a `Session`; APSW's own go where they always did.

    Modes that are not APSW's: auto (a box, or lines if that is too wide), json and jsonl with
    AWS's types, and markdown.
    """

    output_auto: Any = _Mode(formats.fitting)
    output_json: Any = _Mode(formats.json_array)
    output_jsonl: Any = _Mode(formats.json_lines)
    output_markdown: Any = _Mode(formats.markdown)

    def __init__(self, connection: Connection, session: Session) -> None:
        self._connection = connection
        self._session = session
        self._statement: Statement | None = None  # the last one
        self._calls_before = 0
        super().__init__(db=connection.apsw_connection)
        self.header = True
        if self.interactive:
            self.output = self.output_auto
        else:
            self.command_mode(["csv"])
            self.bail = True

    def process_sql(
        self, sql: str, bindings: Any = None, internal: bool = False, summary: Any = None
    ) -> None:
        """Runs statements; those of APSW's commands (``internal``) on its own connection."""
        if internal:
            self._process_internal(sql, bindings, summary)
            return
        for statement in statements(sql):
            if self.echo:
                self.write_error(f"{statement.sql}\n")
            file = self.stderr if self.timer else None
            with apsw.ext.ShowResourceUsage(file=file, db=self.db, scope="thread", indent="* "):
                self._run(statement, self.bindings if bindings is None else bindings)

    def _process_internal(self, sql: str, bindings: Any, summary: Any) -> None:
        cursor = self.db.execute(sql, bindings)
        try:
            names = [name for name, _ in cursor.get_description()]
        except apsw.ExecutionCompleteError:
            return
        before, after = summary or ("", "")
        self._output_summary(before)
        self.show(Rows(names, [None] * len(names), cursor))
        self._output_summary(after)

    def _run(self, statement: Statement, bindings: Any) -> None:
        self._statement = statement
        if bindings is self.bindings:
            self._check_parameters(statement)
        self._calls_before = self._last_call()
        begun = time.monotonic()
        with ExitStack() as kept:

            def read(cursor: Cursor) -> _Result:
                return kept.enter_context(closing(self._read(cursor)))

            result = self._session.run(statement, bindings, read)
            result.print(self.stdout)
        said = [result.said] if result.said and (self.interactive or result.rows is None) else []
        if statement.control == COMMIT and self._session.sent:
            said = [f"AWS has {number(self._session.sent, 'change')}"]
        calls = self._last_call() - self._calls_before
        if calls and self.interactive:
            said.append(number(calls, "call"))
            if not self._session.sent:  # else somebody was asked in between
                said.append(f"{time.monotonic() - begun:.1f} s")
        if said:
            self.write(self.stderr, f"{' · '.join(said)}\n")
        if result.is_write and self.interactive and (count := self._session.pending):
            self.write(self.stderr, f"{waiting(count)} for COMMIT; .pending shows more\n")

    def _check_parameters(self, statement: Statement) -> None:
        if statement.has_nameless_parameters:
            raise self.Error("a ? has no name: write :name, and .parameter set name VALUE")
        for name in sorted(statement.parameters - set(self.bindings)):
            raise self.Error(f"no value for :{name}: .parameter set {name} VALUE")

    def _last_call(self) -> int:
        return int(self._connection.execute(_LAST_CALL).fetchone()[0])

    def _read(self, cursor: Cursor) -> _Result:
        """Reads a statement's rows, before the user is told of anything."""
        if cursor.description is None:
            said = "" if cursor.rowcount < 0 else f"{number(cursor.rowcount, 'row')} changed"
            return _Result(None, said, cursor.rowcount >= 0)
        counted = _Counted(cursor)
        names = [each[0] for each in cursor.description]
        spool = self._rendered(Rows(names, cursor.declared_types, counted))
        return _Result(spool, number(counted.count, "row"), cursor.rowcount >= 0)

    def show(self, rows: Rows) -> None:
        """Prints rows as the mode has them."""
        with closing(_Result(self._rendered(rows))) as result:
            result.print(self.stdout)

    def _rendered(self, rows: Rows) -> IO[str]:
        """Rows as the mode has them, not yet printed."""
        is_terminal = self.stdout.isatty()
        width = shutil.get_terminal_size().columns if is_terminal else None
        spool = new_spool()
        printed, self.stdout = self.stdout, spool
        try:
            self._render(rows, Style(self.nullvalue, width), is_terminal)
        except BaseException:
            spool.close()
            raise
        finally:
            self.stdout = printed
        return spool

    def _render(self, rows: Rows, style: Style, is_terminal: bool) -> None:
        if isinstance(self.output, _Mode):
            self.output.render(rows, self.stdout, style)
            return
        values = map(_visible, rows.rows) if is_terminal else iter(rows.rows)
        names = tuple(visible(name) for name in rows.names)
        if getattr(self.output, "all_at_once", False):
            self.output(names, list(values))
            return
        self.output(True, names)
        for row in values:
            self.output(False, row)


def _visible(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([visible(value) if isinstance(value, str) else value for value in row])


def number(count: int, noun: str) -> str:
    """``1 row``, ``2,000 rows``"""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def waiting(count: int) -> str:
    """``2 changes to AWS wait``"""
    return f"{number(count, 'change')} to AWS {'waits' if count == 1 else 'wait'}"
