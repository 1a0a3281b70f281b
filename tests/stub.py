"""A virtual table that stands on the real `Statements` and `Changes`, and on nothing else.

A row of it is ``(tag, number)``. Scans and writes note which statement they were told that they
belong to; the test gives the statement's name as ``WHERE tag = …`` and so knows what is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import apsw

from awsvtab.changes import Changes
from awsvtab.execution import Execution
from awsvtab.statements import Statements

ROWS = 3
IGNORE = 2  # SQLITE_IGNORE, https://www.sqlite.org/c3ref/vtab_on_conflict.html


@dataclass(frozen=True)
class Scan:
    """A scan, by the tag that it asked for, and the run that it was said to be part of."""

    tag: Any
    execution: Execution
    number: int
    sql: str
    bound: tuple[Any, ...] | None
    """What was bound to the run; None where that is not known."""


class Queued(NamedTuple):
    """What a row that was written to a table leaves in the queue."""

    table: str
    tag: Any

    key = None
    operation = None


class Stub:
    """The tables ``names`` on a connection, as `awsvtab.vtable` makes them."""

    def __init__(self, connection: apsw.Connection, *names: str) -> None:
        self.connection = connection
        self.changes = Changes()
        self.statements = Statements(connection, self.changes)
        self.sent: list[Any] = []
        self.send: Callable[[Sequence[Any]], None] = self.sent.extend
        self.scans: list[Scan] = []
        self.writes: list[tuple[str, Execution | None]] = []
        self.on_scan: Callable[[Execution], None] = lambda execution: None
        for name in names:
            connection.create_module(
                name, self, use_bestindex_object=True, iVersion=2, eponymous=True
            )

    def Connect(self, connection: apsw.Connection, name: str, *_: object) -> tuple[str, Table]:  # noqa: N802
        self.statements.install()
        connection.vtab_config(apsw.SQLITE_VTAB_CONSTRAINT_SUPPORT, 1)
        declaration = (
            "CREATE TABLE x(tag TEXT, number INTEGER, "
            "key TEXT HIDDEN NOT NULL, PRIMARY KEY(key)) WITHOUT ROWID"
        )
        return declaration, Table(self, name)

    def queue_and_sent(self) -> list[Any]:
        """All that was written and not undone."""
        return [*self.sent, *self.changes.pending()]


class Table:
    def __init__(self, stub: Stub, name: str) -> None:
        self.stub = stub
        self.name = name

    def BestIndexObject(self, index: apsw.IndexInfo) -> bool:  # noqa: N802
        wanted = (
            n
            for n in range(index.nConstraint)
            if index.get_aConstraint_iColumn(n) == 0
            and index.get_aConstraint_op(n) == apsw.SQLITE_INDEX_CONSTRAINT_EQ
            and index.get_aConstraint_usable(n)
        )
        for n in wanted:
            index.set_aConstraintUsage_argvIndex(n, 1)
            break
        index.idxStr = str(self.stub.statements.plan_serial())
        return True

    def Open(self) -> Cursor:  # noqa: N802
        return Cursor(self.stub)

    def Disconnect(self) -> None:  # noqa: N802
        pass

    Destroy = Disconnect

    def UpdateInsertRow(self, rowid: object, fields: Sequence[Any]) -> int:  # noqa: N802
        tag = fields[0]
        self.stub.writes.append((tag, self.stub.statements.writing()))
        if tag == "constraint":
            if self.stub.connection.vtab_on_conflict() == IGNORE:
                return 0
            raise apsw.ConstraintError(tag)
        if tag == "exception":
            raise ValueError(tag)
        self.stub.changes.add(Queued(self.name, tag))  # type: ignore[arg-type]
        return 0

    def Begin(self) -> None:  # noqa: N802
        self.stub.changes.begin(self)

    def Sync(self) -> None:  # noqa: N802
        if self.stub.changes:
            self.stub.send(self.stub.changes.take())

    def Commit(self) -> None:  # noqa: N802
        self.stub.changes.clear()

    Rollback = Commit

    def Savepoint(self, number: int) -> None:  # noqa: N802
        self.stub.changes.savepoint(self, number)

    def Release(self, number: int) -> None:  # noqa: N802
        self.stub.changes.release(number)

    def RollbackTo(self, number: int) -> None:  # noqa: N802
        self.stub.changes.rollback_to(number)


class Cursor:
    def __init__(self, stub: Stub) -> None:
        self.stub = stub
        self.tag: Any = None
        self.row = 0

    def Filter(self, number: int, text: str, values: Sequence[Any]) -> None:  # noqa: N802
        execution = self.stub.statements.execution(int(text))
        self.tag = values[0] if values else None
        self.row = 0
        bound = None if execution.bindings is None else tuple(execution.bound_values())
        self.stub.scans.append(Scan(self.tag, execution, execution.number, execution.sql, bound))
        self.stub.on_scan(execution)

    def Next(self) -> None:  # noqa: N802
        self.row += 1

    def Eof(self) -> bool:  # noqa: N802
        return self.row == ROWS

    def Column(self, number: int) -> Any:  # noqa: N802
        return (self.tag, self.row, str(self.row))[number]

    def Close(self) -> None:  # noqa: N802
        pass
