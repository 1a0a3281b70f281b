"""When a transaction begins, and what ends it."""

from __future__ import annotations

from types import TracebackType
from typing import Final, Literal, Self

from awsvtab.dbapi.handle import Handle
from awsvtab.dbapi.translate import translating
from awsvtab.errors import ProgrammingError

LEGACY_TRANSACTION_CONTROL: Final = -1
"""``autocommit=``: transactions begin as ``isolation_level`` says, before the first write."""

_LEVELS = ("", "DEFERRED", "IMMEDIATE", "EXCLUSIVE")


class Transactions(Handle):
    """`commit`, `rollback`, ``with connection:`` and the two ways to say when one begins."""

    _isolation_level: str | None = ""
    _autocommit: int = LEGACY_TRANSACTION_CONTROL
    # The statement that opens a transaction before a write; None where nothing is to do that.
    _begin: str | None = "BEGIN "

    @property
    def in_transaction(self) -> bool:
        """Whether there is something to commit or roll back."""
        return self._open_database().in_transaction

    @property
    def isolation_level(self) -> str | None:
        """How a transaction begins before a write: ``""``, DEFERRED, IMMEDIATE or EXCLUSIVE.

        With None none does. Setting None commits, as sqlite3 does; AWS changes are never
        applied that way: ProgrammingError.
        """
        self._open_database()
        return self._isolation_level

    @isolation_level.setter
    def isolation_level(self, level: str | None) -> None:
        self._open_database()
        known = check_isolation_level(level)
        self._refuse_pending("change isolation_level")
        if known is None and self._autocommit == LEGACY_TRANSACTION_CONTROL:
            self._end("COMMIT")
        self._isolation_level = known
        self._set_begin()

    @property
    def autocommit(self) -> bool | int:
        """False: always in a transaction (PEP 249). True: never. Else as `isolation_level` says."""
        self._open_database()
        control = self._autocommit
        return control if control == LEGACY_TRANSACTION_CONTROL else bool(control)

    @autocommit.setter
    def autocommit(self, control: bool | Literal[-1]) -> None:
        self._open_database()
        known = check_autocommit(control)
        if known == self._autocommit:
            return
        self._refuse_pending("change autocommit")
        self._autocommit = known
        if known is True:
            self._end("COMMIT")
        self._set_begin()
        self._begin_always()

    def commit(self) -> None:
        """Apply the queued AWS changes, then commit; nothing where no transaction is open."""
        self._open_database()
        if self._autocommit in (LEGACY_TRANSACTION_CONTROL, False):
            self._end("COMMIT")

    def rollback(self) -> None:
        """Forget the queued AWS changes and undo the local ones."""
        self._open_database()
        if self._autocommit in (LEGACY_TRANSACTION_CONTROL, False):
            self._end("ROLLBACK")
            self._statements.clear()

    def __enter__(self) -> Self:
        self._open_database()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        if kind is not None:
            self.rollback()
            return False
        try:
            self.commit()
        except BaseException:
            self.rollback()
            raise
        return False

    def _commit_implicitly(self, action: str) -> None:
        """What sqlite3 does before a script, unless ``autocommit`` is False or True.

        Raises ProgrammingError if AWS changes are queued.
        """
        self._open_database()
        if self._autocommit == LEGACY_TRANSACTION_CONTROL:
            self._refuse_pending(action)
            self._end("COMMIT")

    def _end(self, command: str) -> None:
        database = self._open_database()
        if database.in_transaction:
            with translating:
                try:
                    database.execute(command)
                except Exception as error:
                    if not self._registration.committer.is_done_despite(error):
                        raise
        self._begin_always()

    def _end_at_close(self) -> None:
        """With ``autocommit=False`` closing rolls back, for all to see in a trace."""
        database = self._open_database()
        if database.in_transaction:
            with translating:
                database.execute("ROLLBACK")

    def _begin_always(self) -> None:
        """With ``autocommit=False`` the end of one transaction begins the next."""
        database = self._open_database()
        if self._autocommit is False and not database.in_transaction:
            with translating:
                database.execute("BEGIN")

    def _set_begin(self) -> None:
        legacy = self._autocommit == LEGACY_TRANSACTION_CONTROL
        level = self._isolation_level
        self._begin = f"BEGIN {level}" if legacy and level is not None else None

    def _refuse_pending(self, action: str) -> None:
        """An implicit commit never applies AWS changes."""
        pending = self._registration.pending
        if pending:
            changes = "1 AWS change is" if pending == 1 else f"{pending} AWS changes are"
            raise ProgrammingError(
                f"cannot {action}: {changes} waiting for a decision. "
                "Apply with commit() or forget with rollback(), then try again."
            )


def check_isolation_level(level: object) -> str | None:
    """The level in capitals. Raises TypeError or ValueError for anything but a level or None."""
    if level is None:
        return None
    if not isinstance(level, str):
        raise TypeError("isolation_level must be str or None")
    for known in _LEVELS:
        if str.upper(level) == known:
            return known
    raise ValueError("isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'")


def check_autocommit(control: object) -> bool | Literal[-1]:
    """``control`` itself. Raises ValueError for anything but a bool or the legacy constant."""
    if isinstance(control, bool):
        return control
    if type(control) is int and control == LEGACY_TRANSACTION_CONTROL:
        return LEGACY_TRANSACTION_CONTROL
    raise ValueError("autocommit must be True, False, or sqlite3.LEGACY_TRANSACTION_CONTROL")
