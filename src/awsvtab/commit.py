"""COMMIT: AWS and the local file, as nearly together as they can be.

SQLite calls `Sync` on each table that took part, then locks the file, writes it and calls `Commit`,
or, where that fails, `Rollback`: https://www.sqlite.org/vtab.html#xsync. What AWS has by then
cannot be taken back.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import apsw

from awsvtab.apply import Applier
from awsvtab.asking import Asker
from awsvtab.changes import Change, Changes
from awsvtab.errors import OperationalError
from awsvtab.fold import fold
from awsvtab.statements import Statements
from awsvtab.waiting import Cancel, Clock

# How often a busy file is tried again.
FLUSH_EVERY_S = 0.05


class DoneButBusy(OperationalError):
    """AWS has all changes of a transaction, and the local file had none to take.

    ``rows`` is how many rows the transaction changed.
    """

    def __init__(self, message: str, rows: int) -> None:
        super().__init__(message)
        self.rows = rows


@dataclass(slots=True)
class Committer:
    """Applies a connection's plan when SQLite commits.

    ``applying`` says as whom AWS is asked, and may refuse. ``_applied`` is the number of changes
    that AWS has of a transaction that is not yet committed locally, ``_rows`` how many were queued
    for that, and ``_by`` the last statement that had begun when AWS had all that it was to have.
    """

    connection: apsw.Connection
    changes: Changes
    applier: Applier
    statements: Statements
    clock: Clock
    applying: Callable[[Sequence[Change]], AbstractContextManager[Asker]]
    _applied: int = 0
    _rows: int = 0
    _by: int = 0
    _nothing_local: bool = False
    _cancel: Cancel = field(default_factory=Cancel)

    def sync(self) -> None:
        """Applies the whole plan, at the first table of a COMMIT; the others find none left.

        SQLite would find a busy file only afterwards. Flushing finds it while nothing is sent: it
        raises BusyError, the transaction stays open, and COMMIT may be tried again.
        """
        if self.changes:
            plan = fold(self.changes.pending())
            with self.applying(plan) as asker:  # which may take a while: somebody may be asked
                self._flush()
                self._rows = len(self.changes.take())
                self._nothing_local = _nothing_written(self.connection)
                self.applier.apply(plan, asker)
            self._applied += len(plan)
        elif not self._applied:
            self._nothing_local = _nothing_written(self.connection)
        self._by = self.statements.begun

    def committed(self) -> None:
        """The transaction is over."""
        self.changes.clear()
        self._applied = 0

    def rolled_back(self) -> None:
        """The transaction is over; raises OperationalError where that is not what COMMIT said.

        SQLite rolls back without being asked if a commit hook refuses, or the disk is full.
        """
        applied, failed = self._applied, self._by == self.statements.begun
        self.committed()
        if not applied or not failed:
            return
        if self._nothing_local:
            message = f"{_aws_has(applied)}; there were no local changes to commit"
            raise DoneButBusy(message, self._rows)
        raise OperationalError(
            f"the local changes were rolled back, but {_aws_has(applied)}: see aws_requests. "
            "Nothing is sent again"
        )

    def is_done_despite(self, error: BaseException) -> bool:
        """Whether all is done though SQLite could not commit; raises where only AWS has its part.

        With a reader at work, SQLite finds the file busy even if there is nothing to write to it.
        The transaction is then still open.
        """
        if isinstance(error, DoneButBusy):
            return True
        if not isinstance(error, apsw.BusyError) or self._by != self.statements.begun:
            return False
        if self._nothing_local:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            return True
        if not self._applied:
            return False
        raise OperationalError(
            f"database is locked: {_aws_has(self._applied)}, the local changes are not committed. "
            "The transaction is still open: COMMIT again, nothing is sent twice"
        ) from error

    def _flush(self) -> None:
        """Writes what can be written before COMMIT, as soon as the file lets it.

        SQLite itself waits in some of the cases, and in others not at all.
        """
        begun = self.clock.time()
        while True:
            try:
                return self.connection.cache_flush()
            except apsw.BusyError:
                timeout_s = self.connection.pragma("busy_timeout") / 1000
                if self.clock.time() - begun >= timeout_s or self.connection.is_interrupted:
                    raise apsw.BusyError(
                        "database is locked; nothing was sent to AWS: try COMMIT again"
                    ) from None
            self.clock.sleep(FLUSH_EVERY_S, self._cancel)


def _aws_has(applied: int) -> str:
    return "AWS has 1 change" if applied == 1 else f"AWS has {applied} changes"


def _nothing_written(connection: apsw.Connection) -> bool:
    """Whether a transaction has changed no page of any file.

    SQLite opens a file's rollback journal when the first page of a transaction changes, and not
    before. The struct sqlite3_file begins with a pointer that is null until it is open:
    https://www.sqlite.org/c3ref/file.html. (In WAL mode, where the answer is False, readers are in
    nobody's way.)
    """
    for name in connection.db_names():
        if connection.txn_state(name) != apsw.SQLITE_TXN_WRITE:
            continue
        pointer = ctypes.c_void_p()
        known = connection.file_control(
            name, apsw.SQLITE_FCNTL_JOURNAL_POINTER, ctypes.addressof(pointer)
        )
        if not known or not pointer.value or ctypes.c_void_p.from_address(pointer.value).value:
            return False
    return True
