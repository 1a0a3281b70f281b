"""Runs the statements of a script in one transaction, or shows what that would change at AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

from awsvtab import (
    Connection,
    Cursor,
    Error,
    OperationalError,
    PendingChange,
    ProgrammingError,
)
from awsvtab.cli.script import BEGIN, COMMIT, OUTSIDE, ROLLBACK, Statement

Values = Mapping[str, Any]

_SAVEPOINT = "awsvtab_script"
_NO_END = (
    "BEGIN without COMMIT: nothing that comes after it is sent or kept; write COMMIT at its end, "
    "or leave out BEGIN"
)

Approve = Callable[[Sequence[PendingChange]], None]


@contextmanager
def located(statement: Statement, script: Sequence[Statement]) -> Iterator[None]:
    """Tells which of several statements has failed."""
    try:
        yield
    except Error as error:
        if len(script) > 1:
            number = next(n for n, each in enumerate(script, start=1) if each is statement)
            error.add_note(f"in statement {number} of {len(script)}, line {statement.line}")
        raise


class Runner:
    """Runs statements on a connection that begins no transactions by itself.

    They are one transaction, which `finish` commits; a script may also say BEGIN and COMMIT.
    ``approve`` is given what is about to be sent, whatever sends it, and raises to have nothing
    sent.
    """

    def __init__(self, connection: Connection, approve: Approve) -> None:
        self._connection = connection
        self._began = False  # by the script
        connection.set_approval(lambda _: approve(connection.pending_changes()))

    @property
    def is_over(self) -> bool:
        """Whether nothing is waiting for a COMMIT."""
        return not self._connection.in_transaction

    def execute(self, statement: Statement, values: Values) -> Cursor:
        """Runs one statement, as far as its first row."""
        control = statement.control
        if control == BEGIN and not self._began:
            self.commit()
        if control in (BEGIN, COMMIT, ROLLBACK):
            self._began = control == BEGIN
        elif control == OUTSIDE:
            return self._outside(statement, values)
        elif self.is_over:
            self._connection.execute("BEGIN")
        return self._connection.execute(statement.sql, values)

    def commit(self) -> None:
        """Applies what is pending, and commits."""
        if not self.is_over:
            self._connection.execute("COMMIT")

    def finish(self) -> None:
        """Commits what is open. ClickException for a BEGIN without an end."""
        if self._began and not self.is_over:
            raise click.ClickException(_NO_END)
        self.commit()

    def _outside(self, statement: Statement, values: Values) -> Cursor:
        try:
            return self._connection.execute(statement.sql, values)
        except OperationalError as error:
            if not self.is_over and not self._began:
                error.add_note("all statements are one transaction: write COMMIT; before this one")
            raise


class Rehearsal:
    """Runs statements as `Runner` does, but in a transaction that nothing commits.

    The script's own transactions become savepoints of it, so what they change adds up.
    """

    is_over = False

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._began = False
        connection.set_approval(_refuse)
        connection.execute("BEGIN")
        connection.execute(f"SAVEPOINT {_SAVEPOINT}")

    def execute(self, statement: Statement, values: Values) -> Cursor:
        """Runs one statement, as far as its first row."""
        control = statement.control
        if control == ROLLBACK:
            self._connection.execute(f"ROLLBACK TO {_SAVEPOINT}")
        if control == BEGIN and self._began:
            raise click.ClickException("BEGIN inside of a transaction")
        if control not in (BEGIN, COMMIT, ROLLBACK):
            return self._connection.execute(statement.sql, values)
        self._began = control == BEGIN
        self._connection.execute(f"RELEASE {_SAVEPOINT}")
        return self._connection.execute(f"SAVEPOINT {_SAVEPOINT}")

    def finish(self) -> list[PendingChange]:
        """What would have been sent. ClickException for a BEGIN without an end."""
        if self._began:
            raise click.ClickException(_NO_END)
        changes = self._connection.pending_changes()
        self._connection.execute("ROLLBACK")
        return changes


def _refuse(count: int) -> None:
    raise ProgrammingError("a dry run sends nothing")
