"""The seam between the driver and the virtual tables."""

from __future__ import annotations

from typing import Any, Protocol

import apsw

from awsvtab.sql import Rewritten


class Registration(Protocol):
    """What the driver asks of the virtual tables registered on its APSW connection."""

    @property
    def pending(self) -> int:
        """How many AWS changes are queued and not yet applied."""
        ...

    def rewrite(self, sql: str) -> Rewritten:
        """The text that SQLite is to be given."""
        ...

    def close(self) -> None:
        """Give back threads and connections."""
        ...


try:
    from awsvtab.vtable import register as register
except ImportError:  # until awsvtab.vtable is there

    class _NoTables:
        pending = 0

        def rewrite(self, sql: str) -> Rewritten:
            return Rewritten(sql)

        def close(self) -> None:
            return None

    def register(connection: apsw.Connection, **options: Any) -> Registration:
        if options:
            raise TypeError(f"unexpected keyword argument {next(iter(options))!r}")
        return _NoTables()
