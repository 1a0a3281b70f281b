"""Which running statement a scan belongs to.

SQLite does not tell a virtual table. A statement prepared, and a statement run, are tied together
like this: BestIndex puts the serial number of the prepare that it is part of into the plan; APSW's
exec_trace, once the prepare is over, tells the statement's text, and the STMT trace event with that
text SQLite's id of the statement. A scan of the plan then leads from serial to id, and from there
to the run. PROFILE events end runs, also after errors. https://www.sqlite.org/c3ref/c_trace.html

Where a cursor has an exec_trace of its own, that hides the connection's, the STMT event that comes
next is taken. When the schema has changed, SQLite prepares a running statement again, without
another STMT: the scan that follows belongs to the run that ended last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import apsw

from awsvtab.snapshot import Snapshot
from awsvtab.values import SQLValue, sql_literal

TRACE_ID = "awsvtab.statements"


@dataclass(slots=True)
class Execution:
    """One run of a statement.

    ``number`` counts the runs. ``bindings`` is None where the run could not be paired with what
    was bound to it. ``queued`` is the length of the queue of changes, ``total_changes`` SQLite's
    count, when it began.
    """

    number: int
    sql: str
    bindings: object
    readonly: bool
    queued: int
    total_changes: int
    running: bool = True
    snapshot: Snapshot | None = None

    def wrote(self, value: str) -> bool:
        """Whether a text stands in the statement or is bound to it, as far as that is known."""
        return sql_literal(value) in self.sql or value in self._bound_values()

    def _bound_values(self) -> Collection[SQLValue]:
        if isinstance(self.bindings, Mapping):
            return list(self.bindings.values())
        return list(self.bindings) if isinstance(self.bindings, tuple | list) else ()


@dataclass(slots=True)
class _Prepared:
    """A statement that SQLite knows by an id: the last two prepares of the same text.

    Of the two, the earlier may still be the one that runs, if the later was never run.
    """

    sql: str
    serial: int
    earlier: int | None = None


@dataclass(slots=True)
class Statements:
    """Follows a connection's statements, from the first use of an AWS table on.

    ``queue_length`` and ``undo_to`` are the queue of changes': a statement that ends without
    having changed anything, by SQLite's own count, was undone, and so is what it queued.
    """

    connection: apsw.Connection
    queue_length: Callable[[], int]
    undo_to: Callable[[int], None]
    _begun: int = 0
    _serial: int = 0
    _planning: bool = False
    _ended_last: int | None = None
    _ids: dict[int, int] = field(default_factory=dict)
    _prepared: dict[int, _Prepared] = field(default_factory=dict)
    _executions: dict[int, Execution] = field(default_factory=dict)
    _candidates: dict[int, int | None] = field(default_factory=dict)
    _awaiting: dict[str, int] = field(default_factory=dict)
    _traced: tuple[str, object] | None = None
    _installed: bool = False

    def install(self) -> None:
        """Begins to follow; local connections, which never get here, pay nothing."""
        if self._installed:
            return
        self._installed = True
        self.connection.trace_v2(
            apsw.SQLITE_TRACE_STMT | apsw.SQLITE_TRACE_PROFILE, self._on_trace, id=TRACE_ID
        )
        previous = self.connection.exec_trace

        def trace(cursor: apsw.Cursor, sql: str, bindings: Any) -> bool:
            self._prepare_ended(sql.strip(), bindings)
            return previous(cursor, sql, bindings) if previous is not None else True

        self.connection.exec_trace = trace

    def plan_serial(self) -> int:
        """The number of the prepare under way, for the plan that BestIndex makes."""
        if not self._planning:
            self._planning = True
            self._candidates[self._serial] = self._ended_last
        return self._serial

    def execution(self, serial: int) -> Execution:
        """The run that a scan of the plan with this number belongs to."""
        statement = self._ids.get(serial)
        if statement is None:
            statement = self._prepared_again(serial)
        execution = self._executions[statement]
        execution.running = True
        return execution

    def writing(self) -> Execution | None:
        """The run that writes just now: of those that may, the one that began last."""
        candidates = (e for e in self._executions.values() if e.running and not e.readonly)
        return max(candidates, key=lambda each: each.number, default=None)

    def _prepared_again(self, serial: int) -> int:
        """Binds a plan made inside a running statement to that statement."""
        statement = self._candidates.get(serial)
        if statement is None:
            raise apsw.MisuseError("a scan before any statement")
        self._bind(serial, statement, self._executions[statement].sql)
        if serial == self._serial:
            self._next_serial()
        return statement

    def _prepare_ended(self, text: str, bindings: object) -> None:
        self._traced = (text, bindings)
        if self._planning:
            self._awaiting[text] = self._next_serial()

    def _next_serial(self) -> int:
        """The serial of the prepare that is over."""
        serial = self._serial
        self._serial += 1
        self._planning = False
        return serial

    def _bind(self, serial: int, statement: int, sql: str) -> None:
        known = self._prepared.get(statement)
        self._candidates.pop(serial, None)
        self._ids[serial] = statement
        if known is None or known.sql != sql:
            self._prepared[statement] = _Prepared(sql, serial)
            outdated = [] if known is None else [known.serial, known.earlier]
        else:
            self._prepared[statement] = _Prepared(sql, serial, known.serial)
            outdated = [known.earlier]
        for each in outdated:
            if each is not None:
                self._ids.pop(each, None)

    def _on_trace(self, event: dict[str, Any]) -> None:
        statement = event["id"]
        if event["code"] == apsw.SQLITE_TRACE_PROFILE:
            self._ended_last = statement
            self._end(self._executions.get(statement), event["total_changes"])
        else:
            self._begin(statement, event)

    def _begin(self, statement: int, event: dict[str, Any]) -> None:
        known = self._executions.get(statement)
        if known is not None and (known.running or _is_trigger(event)):
            known.running = True
            return
        sql: str = event["sql"]
        serial = self._awaiting.pop(sql.strip(), None)
        if serial is None and self._planning:
            serial = self._next_serial()
        if serial is not None:
            self._bind(serial, statement, sql)
        self._begun += 1
        self._executions[statement] = Execution(
            number=self._begun,
            sql=sql,
            bindings=self._bindings_of(sql),
            readonly=event["readonly"] and not event["explain"],
            queued=self.queue_length(),
            total_changes=event["total_changes"],
        )

    def _bindings_of(self, sql: str) -> object:
        traced, self._traced = self._traced, None
        return traced[1] if traced is not None and traced[0] == sql.strip() else None

    def _end(self, execution: Execution | None, total_changes: int) -> None:
        if execution is None:
            return
        if total_changes == execution.total_changes:
            self.undo_to(execution.queued)
        execution.running = False
        if execution.snapshot is not None:
            execution.snapshot.close()
            execution.snapshot = None


def _is_trigger(event: Mapping[str, Any]) -> bool:
    """A trigger's program announces itself as a statement: ``TRIGGER name`` or a comment."""
    sql: str = event["sql"]
    return bool(event["trigger"]) and sql.startswith("TRIGGER ")
