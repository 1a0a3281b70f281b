"""What every part of a connection stands on: the APSW connection, and who may use it."""

from __future__ import annotations

from threading import get_ident

import apsw

from awsvtab.dbapi.statement import Statement
from awsvtab.errors import ProgrammingError
from awsvtab.registration import Registration


class Handle:
    """Holds the APSW connection; every public method asks `_open_database` for it."""

    _database: apsw.Connection | None = None
    _registration: Registration
    _thread: int | None = None
    _closed = False
    _statements: dict[str, Statement]

    def _open_database(self) -> apsw.Connection:
        """The APSW connection. Raises ProgrammingError if it may not be used here and now."""
        thread, database = self._thread, self._database
        if thread is not None and thread != get_ident():
            self._check_thread()
        if database is None:
            raise ProgrammingError(
                "Cannot operate on a closed database."
                if self._closed
                else "Base Connection.__init__ not called."
            )
        return database

    def _check_thread(self) -> None:
        if self._thread is not None and self._thread != get_ident():
            raise ProgrammingError(
                "SQLite objects created in a thread can only be used in that same thread. "
                f"The object was created in thread id {self._thread} and this is thread id "
                f"{get_ident()}."
            )
