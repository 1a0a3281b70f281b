"""Runs statements one after the other, each a transaction of its own unless one is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from awsvtab import Connection, Cursor, ProgrammingError
from awsvtab.cli import progress
from awsvtab.cli.approval import Refused
from awsvtab.cli.running import Approve
from awsvtab.cli.script import COMMIT, Statement

T = TypeVar("T")

_STILL_OPEN = (
    "nothing was sent, and the transaction is still open: .pending shows what it would change, "
    "ROLLBACK; drops it"
)


class Session:
    """What a person at the keyboard runs, on a connection that begins no transactions by itself.

    ``approve`` is given what is about to be sent, and raises to have nothing sent; None has all
    sent. What would commit without having been asked about is refused. ``sent`` is the number of
    changes that the last statement has sent.
    """

    sent = 0

    def __init__(self, connection: Connection, approve: Approve | None) -> None:
        self._connection = connection
        self._approve = approve
        self._approved = 0  # changes
        self._is_own = False  # the transaction that is open: of one statement
        connection.set_approval(self._check)

    @property
    def pending(self) -> int:
        """How many changes wait for COMMIT."""
        return len(self._connection.pending_changes())

    def run(self, statement: Statement, values: Any, read: Callable[[Cursor], T]) -> T:
        """Runs a statement, and what ``read`` makes of it; both are undone if it is not approved.

        A COMMIT that is not approved leaves its transaction open.
        """
        self.sent = 0
        with progress.shown(self._connection) as stop:
            if statement.control is None and not self._connection.in_transaction:
                return self._alone(statement, values, read, stop)
            if statement.control == COMMIT:
                try:
                    return self._committing(lambda: self._read(statement, values, read), stop)
                except Refused:
                    raise Refused(_STILL_OPEN) from None
            return self._within(statement, values, read)

    def settle(self) -> None:
        """Undoes what is left of a statement that was a transaction of its own."""
        if self._is_own and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._is_own = False

    def _alone(
        self,
        statement: Statement,
        values: Any,
        read: Callable[[Cursor], T],
        stop: progress.Stop,
    ) -> T:
        self._is_own = True
        self._connection.execute("BEGIN")
        try:
            result = self._read(statement, values, read)
            if not statement.is_savepoint:
                self._committing(lambda: self._connection.execute("COMMIT"), stop)
        except BaseException:
            self.settle()
            raise
        self._is_own = False
        return result

    def _within(self, statement: Statement, values: Any, read: Callable[[Cursor], T]) -> T:
        """Runs a statement of a transaction, and tells if its error has ended that."""
        was_open = self._connection.in_transaction
        try:
            return self._read(statement, values, read)
        except BaseException as error:
            if was_open and not self._connection.in_transaction:  # INSERT OR ROLLBACK
                error.add_note("the whole transaction was rolled back, and nothing was sent")
            raise

    def _read(self, statement: Statement, values: Any, read: Callable[[Cursor], T]) -> T:
        return read(self._connection.execute(statement.sql, values))

    def _committing(self, commit: Callable[[], T], stop: progress.Stop) -> T:
        """Commits what has been approved."""
        changes = self._connection.pending_changes()
        if changes and self._approve is not None:
            stop()
            self._approve(changes)
        self._approved = len(changes)
        try:
            result = commit()
        finally:
            self._approved = 0
        self.sent = len(changes)
        return result

    def _check(self, count: int) -> None:
        if self._approve is not None and count != self._approved:
            raise ProgrammingError(
                f"this would change AWS without asking ({count} of its resources); nothing was "
                "sent: write it as a statement"
            )
