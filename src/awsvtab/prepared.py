"""What SQLite says of a statement when it prepares it, and does not run it.

`apsw.ext.query_info` says more, but (3.54.1) fails for statements that make an index, as CREATE
TABLE with a primary key does; and its import takes longer than all of awsvtab.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import apsw

_ANYTHING: Any = apsw._null_bindings  # type: ignore[attr-defined]  # as `apsw.ext` does


@dataclass(frozen=True, slots=True)
class Access:
    """What a statement does to a table: one of ``SQLITE_READ``, ``SQLITE_INSERT``, …

    ``column`` is what it reads or sets, ``within`` the trigger or view in which it does that.
    """

    action: str
    table: str
    column: str
    within: str | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that does not run: what it accesses, and the texts of its scans of tables."""

    readonly: bool
    accesses: tuple[Access, ...]
    scans: tuple[str, ...]


def prepare(connection: apsw.Connection, sql: str, bindings: Any) -> Prepared:
    """What SQLite makes of a statement. Raises what is wrong with it.

    Without bindings, its parameters may be anything.
    """
    bindings = _ANYTHING if bindings is None else bindings
    accesses: list[Access] = []
    cursor = connection.cursor()
    readonly = explains = False

    def note(
        code: int, first: str | None, second: str | None, _: str | None, within: str | None
    ) -> int:
        action = apsw.mapping_authorizer_function[code]
        accesses.append(Access(str(action), first or "", second or "", within))
        return apsw.SQLITE_OK

    def stop(prepared: apsw.Cursor, *_: object) -> bool:
        nonlocal readonly, explains
        readonly, explains = prepared.is_readonly, bool(prepared.is_explain)
        return False

    authorizer, connection.authorizer = connection.authorizer, note
    cursor.exec_trace = stop
    try:
        cursor.execute(sql, bindings, can_cache=False)
    except apsw.ExecTraceAbort:
        pass
    finally:
        connection.authorizer = authorizer
        cursor.exec_trace = None
    scans = () if explains else _scans(cursor, sql, bindings)
    return Prepared(readonly, tuple(accesses), scans)


def _scans(cursor: apsw.Cursor, sql: str, bindings: Any) -> tuple[str, ...]:
    """The text that each scan of a virtual table gets: https://sqlite.org/opcode.html#VFilter"""
    steps = cursor.execute(sql, bindings, explain=1)
    texts = (text for _, opcode, _, _, _, text, *_ in steps if opcode == "VFilter")
    return tuple(text for text in texts if isinstance(text, str))
