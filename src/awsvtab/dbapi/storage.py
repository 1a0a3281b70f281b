"""The database as a whole: copies, images, limits, extensions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import apsw

from awsvtab.dbapi.blob import Blob
from awsvtab.dbapi.dump import dump
from awsvtab.dbapi.handle import Handle
from awsvtab.dbapi.translate import translating
from awsvtab.errors import ProgrammingError

Progress = Callable[[int, int, int], object]


class Storage(Handle):
    """`backup`, `iterdump`, `serialize`, `blobopen` and what configures SQLite."""

    def backup(
        self,
        target: Handle,
        *,
        pages: int = -1,
        progress: Progress | None = None,
        name: str = "main",
        sleep: float = 0.250,
    ) -> None:
        """Copy the database ``name`` over ``target``'s main one, ``pages`` at a time.

        ``progress`` is called after each step with SQLite's status, the pages left and the
        pages in all; while the source is locked, ``sleep`` seconds pass before the next.
        """
        source = self._open_database()
        if not isinstance(target, Handle):
            raise TypeError(f"target must be a Connection, not {type(target).__name__}")
        if target is self:
            raise ValueError("target cannot be the same connection instance")
        if progress is not None and not callable(progress):
            raise TypeError("progress argument must be a callable")
        with (
            translating,
            target._open_database().backup("main", source, name) as copy,
        ):
            while not copy.done:
                status = _step(copy, pages or -1)
                if progress is not None:
                    progress(status, copy.remaining, copy.page_count)
                if status in (apsw.SQLITE_BUSY, apsw.SQLITE_LOCKED):
                    time.sleep(sleep)

    def blobopen(
        self, table: str, column: str, row: int, /, *, readonly: bool = False, name: str = "main"
    ) -> Blob:
        """The BLOB in one row (a rowid), to be read and written in place."""
        with translating:
            source = self._open_database().blob_open(name, table, column, row, not readonly)
        return Blob._of(self, source)

    def iterdump(self, *, filter: str | None = None) -> Iterator[str]:
        """The SQL that makes the main database again; ``filter`` is a LIKE pattern of names."""
        return dump(self._open_database(), "%" if filter is None else filter)

    def serialize(self, *, name: str = "main") -> bytes:
        """The database as the bytes of its file."""
        with translating:
            return self._open_database().serialize(name)

    def deserialize(self, data: bytes, /, *, name: str = "main") -> None:
        """Replace the database by one in memory, made of what `serialize` returned."""
        database = self._open_database()
        self._statements.clear()
        with translating:
            database.deserialize(name, data)

    def getlimit(self, category: int, /) -> int:
        """One of SQLite's limits, ``SQLITE_LIMIT_*``."""
        return self.setlimit(category, -1)

    def setlimit(self, category: int, limit: int, /) -> int:
        """Set one of SQLite's limits and return what it was; -1 changes nothing."""
        database = self._open_database()
        if category not in apsw.mapping_limits:
            raise ProgrammingError("'category' is out of bounds")
        return database.limit(category, limit)

    def getconfig(self, op: int, /) -> bool:
        """Whether a ``SQLITE_DBCONFIG_*`` switch is on."""
        return bool(self._configure(op, -1))

    def setconfig(self, op: int, enable: bool = True, /) -> None:
        """Turn a ``SQLITE_DBCONFIG_*`` switch on or off. Raises OperationalError if it stays."""
        self._configure(op, int(enable))

    def _configure(self, op: int, value: int) -> int:
        database = self._open_database()
        if op not in apsw.mapping_db_config:
            raise ValueError(f"unknown config 'op': {op}")
        with translating:
            return database.config(op, value)

    def enable_load_extension(self, enable: bool, /) -> None:
        """Let SQLite extensions be loaded."""
        with translating:
            self._open_database().enable_load_extension(enable)

    def load_extension(self, name: str, /, *, entrypoint: str | None = None) -> None:
        """Load a SQLite extension; see `enable_load_extension`."""
        with translating:
            self._open_database().load_extension(name, entrypoint)


def _step(copy: apsw.Backup, pages: int) -> int:
    try:
        return apsw.SQLITE_DONE if copy.step(pages) else apsw.SQLITE_OK
    except apsw.BusyError:
        return apsw.SQLITE_BUSY
    except apsw.LockedError:
        return apsw.SQLITE_LOCKED
