"""Which running statement a scan belongs to.

SQLite does not tell a virtual table. A statement prepared, and a statement run, are tied together
like this: BestIndex puts the serial number of the prepare that it is part of into the plan; APSW's
exec_trace, once the prepare is over, announces the run with its text and bindings; and the STMT
trace event with that text tells SQLite's id of the statement. A scan of the plan then leads from
serial to id, and from there to the run. PROFILE events end runs, also after errors.
https://www.sqlite.org/c3ref/c_trace.html

Three things come in between:

- APSW's statement cache counts what it prepares, after each prepare. That tells a prepare from the
  next one where the first was never run (bindings missing, an exec_trace that refuses).
- When the schema has changed, SQLite finds out as the statement begins, prepares it again and goes
  on without another STMT event: STMT, PROFILE, BestIndex, Filter, PROFILE. A run whose PROFILE
  comes before it has got further than opening its transactions is therefore not over yet.
- Where a cursor has an exec_trace of its own, that hides the connection's: the STMT event that
  comes next is taken.

A plan that still has no statement was made for one that was given up and run later, from the cache:
it belongs to the run that began last, of those that have no plan.

What cannot be told apart, and may be told that it belongs to another's run that is open as well:

- statements that an exec_trace runs that hides the connection's;
- a statement that was given up, is run later and scans late, after another such has begun;
- when a statement is prepared again and calls a function before its first scan, a new statement
  that the function leaves open.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import apsw

from awsvtab.changes import Changes
from awsvtab.execution import Execution

TRACE_ID = "awsvtab.statements"
EVENTS = apsw.SQLITE_TRACE_STMT | apsw.SQLITE_TRACE_PROFILE
ANNOUNCED_KEPT = 32  # more than exec_traces ever nest; what was given up drops out
COUNTED_KEPT = 4096  # statements
# What APSW (3.54.1) says instead of passing on the set of ``IN (SELECT …)`` if it is empty.
EMPTY_SET = "<NULL>"
PLANS_KEPT = 2  # of one text: the earlier may be the one that runs, if the later never was


@dataclass(frozen=True, slots=True)
class _Prepare:
    """A prepare in which plans are made.

    ``counts`` are the statement cache's before it. ``again`` is the id of the statement that it
    is about if SQLite prepares one again.
    """

    serial: int
    counts: tuple[int, int]
    again: int | None


@dataclass(frozen=True, slots=True)
class _Announced:
    """A run that exec_trace has told of, and whose STMT event is to come."""

    cursor: weakref.ref[apsw.Cursor]
    text: str
    bindings: object
    prepare: _Prepare | None


@dataclass(slots=True)
class _Planned:
    """A statement that SQLite knows by an id, and the serials of its last prepares."""

    sql: str
    serials: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Statements:
    """Follows a connection's statements, from the first use of an AWS table on.

    A writing statement that fails is undone, and so is what it queued: see `_undo`. ``ignored`` is
    how many rows SQLite counted too many for the run that ended last, ``all_ignored`` for all.
    ``begun`` counts the runs that have begun. ``takes_sets`` says whether plans that are made now
    may take the values of an IN together.
    """

    connection: apsw.Connection
    changes: Changes
    begun: int = 0
    ignored: int = 0
    all_ignored: int = 0
    _counter: Iterator[int] = field(default_factory=lambda: count(1))
    _preparing: _Prepare | None = None
    _restarting: int | None = None
    _announced: list[_Announced] = field(default_factory=list)
    _owners: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _planned: dict[int, _Planned] = field(default_factory=dict)
    _executions: dict[int, Execution] = field(default_factory=dict)
    _counted: dict[int, tuple[int, int]] = field(default_factory=dict)
    _returning: set[int] = field(default_factory=set)
    _following: int = 0
    installed: bool = False
    _only_reads: bool = False
    takes_sets: bool = True

    def install(self) -> None:
        """Begins to follow; local connections, which never get here, pay nothing."""
        if self.installed:
            return
        self.installed = True
        self._follow()
        previous = self.connection.exec_trace

        def trace(cursor: Any, sql: str, bindings: Any) -> bool:
            # `with connection:` has no cursor for its savepoints; nor are they writes or scans.
            if isinstance(cursor, apsw.Cursor):
                if self._only_reads and not cursor.is_readonly:
                    return False
                self._announce(cursor, sql, bindings)
            return previous(cursor, sql, bindings) if previous is not None else True

        self.connection.exec_trace = trace

    @contextmanager
    def only_reading(self) -> Iterator[None]:
        """Meanwhile, statements that write are refused, as far as exec_trace sees them."""
        self._only_reads = True
        try:
            yield
        finally:
            self._only_reads = False

    @contextmanager
    def without_sets(self) -> Iterator[None]:
        """Meanwhile, plans take the values of an IN one by one."""
        self.takes_sets = False
        try:
            yield
        finally:
            self.takes_sets = True

    def plan_serial(self) -> int:
        """The number of the prepare under way, for the plan that BestIndex makes."""
        counts = self._prepare_counts()
        if self._preparing is None or self._preparing.counts != counts:
            self._preparing = _Prepare(next(self._counter), counts, self._restarting)
            self._restarting = None
            self._follow()
        return self._preparing.serial

    def execution(self, serial: int) -> Execution:
        """The run that a scan of the plan with this number belongs to."""
        preparing = self._preparing
        if preparing is not None and preparing.serial == serial:
            self._prepared_again()
        owners = self._owners.get(serial, ())
        runs = (self._executions[owner] for owner in owners if owner in self._executions)
        execution = next(runs, None) or self._without_plan(serial)
        execution.restarting = False
        execution.used = True
        return execution

    def _prepared_again(self) -> None:
        """Nothing has begun to run since the plans were made: they are for what runs already."""
        preparing = self._stop_preparing()
        if preparing is not None and preparing.again is not None:
            self._bind(preparing, preparing.again)

    def _stop_preparing(self) -> _Prepare | None:
        preparing, self._preparing = self._preparing, None
        self._follow()
        return preparing

    def _follow(self) -> None:
        """Asks SQLite for the events that are needed just now.

        Rows, which would cost, are so in two cases: a row before any scan tells that a statement
        has been prepared again; and RETURNING gives rows when all is written.
        """
        preparing = self._preparing
        rows = bool(self._returning) or (preparing is not None and preparing.again is not None)
        events = EVENTS | apsw.SQLITE_TRACE_ROW if rows else EVENTS
        if events != self._following:
            self._following = events
            self.connection.trace_v2(events, self._on_trace, id=(TRACE_ID, id(self)))

    def writing(self) -> Execution | None:
        """The run that writes just now: of those that may, the one that began last."""
        candidates = (e for e in self._executions.values() if not e.readonly and not e.written)
        execution = max(candidates, key=lambda each: each.number, default=None)
        if execution is not None:
            execution.used = True
        return execution

    def returns_rows(self) -> bool:
        """Whether the run that writes just now gives the rows that it writes."""
        execution = self.writing()
        return execution is not None and execution.returns_rows

    def ignore_row(self) -> None:
        """Notes that SQLite counts a row too many. Those of triggers are counted in all."""
        execution = self.writing()
        self.all_ignored += 1
        if execution is not None and not execution.triggers:
            execution.ignored += 1

    def latest(self) -> Execution | None:
        """The run that began last, of those that are not over."""
        return max(self._executions.values(), key=lambda each: each.number, default=None)

    def _without_plan(self, serial: int) -> Execution:
        """The run that began last, of those that have no other plan, if there are any."""
        if not self._executions:
            raise apsw.MisuseError("a scan before any statement")
        statement, execution = max(
            self._executions.items(),
            key=lambda each: (each[0] not in self._planned, each[1].number),
        )
        if statement not in self._planned:
            self._bind(_Prepare(serial, (0, 0), None), statement)
        return execution

    def _prepare_counts(self) -> tuple[int, int]:
        """How often APSW found a statement in its cache, and how often it prepared one."""
        stats = self.connection.cache_stats()
        return stats["hits"], stats["misses"]

    def _announce(self, cursor: apsw.Cursor, text: str, bindings: object) -> None:
        prepare = self._plans_made(just_prepared=True)
        self._restarting = None
        self._announced.append(_Announced(weakref.ref(cursor), text, bindings, prepare))
        del self._announced[:-ANNOUNCED_KEPT]

    def _plans_made(self, just_prepared: bool = False, expired: bool = False) -> _Prepare | None:
        """The prepare that is over, if it was that of the statement that is to run now.

        That has ``just_prepared``, as far as APSW knows, or begins. One that is ``expired`` is
        prepared once more as it begins, which APSW does not count.
        """
        prepare = self._stop_preparing()
        if prepare is None:
            return None
        hits, misses = self._prepare_counts()
        if just_prepared and (hits, misses - 1) == prepare.counts:
            return prepare
        if misses == prepare.counts[1] and prepare.again is not None:
            self._bind(prepare, prepare.again)
            return None
        return prepare if expired and (hits, misses) == prepare.counts else None

    def _bind(self, prepare: _Prepare, statement: int) -> None:
        """Plans of this prepare are the statement's.

        Or, rarely, those of one that is being prepared again, while this one was prepared and has
        no plans of its own.
        """
        self._owners[prepare.serial] = (
            (statement,) if prepare.again is None else (statement, prepare.again)
        )
        planned = self._planned.get(statement)
        if planned is None:
            planned = self._planned[statement] = _Planned(self._executions[statement].sql)
        planned.serials.append(prepare.serial)
        for serial in planned.serials[:-PLANS_KEPT]:
            self._owners.pop(serial, None)
        del planned.serials[:-PLANS_KEPT]

    def _on_trace(self, event: dict[str, Any]) -> None:
        statement = event["id"]
        match event["code"]:
            case apsw.SQLITE_TRACE_STMT:
                self._begin(statement, event)
            case apsw.SQLITE_TRACE_PROFILE:
                self._end(statement, event)
            case apsw.SQLITE_TRACE_ROW:
                self._row(statement)

    def _begin(self, statement: int, event: dict[str, Any]) -> None:
        known = self._executions.get(statement)
        announced = None
        if known is None or known.restarting or not event["trigger"]:
            announced = self._announced_as(event)
        if known is not None and _is_trigger(event, known, announced):
            known.restarting = False
            known.enters(event["sql"])
            return
        self.begun += 1
        self._restarting = None
        expired = self._plans_made(just_prepared=announced is None, expired=True)
        execution = Execution(
            number=next(self._counter),
            sql=event["sql"] if announced is None else _text_of(event, announced.text),
            bindings=None if announced is None else announced.bindings,
            readonly=event["readonly"] and not event["explain"],
            savepoints=self.changes.savepoints_told,
            counted=self._counted.get(statement, (0, 0)) if event["trigger"] else (0, 0),
        )
        self._executions[statement] = execution
        self._forget_other_text(statement, execution.sql)
        for prepare in (None if announced is None else announced.prepare, expired):
            if prepare is not None:
                self._bind(prepare, statement)

        if not execution.readonly and "returning" in execution.sql.lower():
            self._returning.add(statement)
            self._follow()

    def _row(self, statement: int) -> None:
        if self._preparing is not None and self._preparing.again == statement:
            self._prepared_again()
        if statement in self._returning:
            # It has written all, and may be closed any time: PROFILE then comes before SQLite has
            # counted its changes.
            self._executions[statement].written = True
            self._returning.remove(statement)
            self._follow()

    def _announced_as(self, event: Mapping[str, Any]) -> _Announced | None:
        """The announcement of a run; those that came after it were given up."""
        for position in reversed(range(len(self._announced))):
            announced = self._announced[position]
            if _text_of(event, announced.text) and _has_statement(announced.cursor()):
                del self._announced[position:]
                return announced
        return None

    def _forget_other_text(self, statement: int, sql: str) -> None:
        """SQLite gives the id of a statement that is no more to another."""
        planned = self._planned.get(statement)
        if planned is not None and planned.sql != sql:
            del self._planned[statement]
            for serial in planned.serials:
                self._owners.pop(serial, None)

    def _end(self, statement: int, event: Mapping[str, Any]) -> None:
        self._restarting = None
        status = event["stmt_status"]
        counted = status["SQLITE_STMTSTATUS_RUN"], status["SQLITE_STMTSTATUS_VM_STEP"]
        if len(self._counted) > COUNTED_KEPT:
            self._counted.clear()
        self._counted[statement] = counted
        execution = self._executions.get(statement)
        if execution is None:
            return
        if not execution.used and self._has_hardly_begun(execution, *counted):
            execution.counted = counted
            execution.restarting = True
            self._restarting = statement if statement in self._planned else None
            return
        del self._executions[statement]
        execution.running = False
        self.ignored = execution.ignored
        if statement in self._returning:
            self._returning.remove(statement)
            self._follow()
        self._undo(execution)
        if execution.snapshot is not None:
            execution.snapshot.close()
            execution.snapshot = execution.read_ahead = None

    def _has_hardly_begun(self, execution: Execution, runs: int, steps: int) -> bool:
        """Whether a run got no further than opening a transaction on each database.

        It begins so: one step, and one more for each database that it uses. APSW sets the counts
        to 0 as a statement begins, but not if it is run inside another. If there are fewer runs
        than before, it is another statement.
        """
        runs_before, steps_before = execution.counted
        taken = steps - steps_before if runs > runs_before else steps
        return 0 <= taken <= 2 or 0 < taken < min(16, len(self.connection.db_names()))

    def _undo(self, execution: Execution) -> None:
        """Drops what a statement queued that SQLite has undone.

        While a Python exception is on its way, APSW tells of no ROLLBACK TO and no RELEASE. But
        the statement's own savepoint is then still open, and SQLite counts no rows: OR FAIL,
        which keeps those that came before the error, does. (Its count of all changes would not
        do: triggers move that even if what they wrote is undone.)
        """
        if not execution.readonly and not execution.written and self.connection.changes() == 0:
            self.changes.undo_since(execution.savepoints)


def _text_of(event: Mapping[str, Any], announced: str) -> str:
    """A run's text, if the announcement is its own; '' if not.

    The announcement has also the blanks and comments that come after it. Of a text that begins
    with a comment in ``--``, APSW takes away three characters, as for a trigger's program.
    """
    for sql in (event["sql"], f"-- {event['sql']}") if event["trigger"] else (event["sql"],):
        if announced.startswith(sql):
            rest = announced[len(sql) :].strip(" \t\n\f\r;")
            if not rest or rest.startswith(("--", "/*")):
                return str(sql)
    return ""


def _has_statement(cursor: apsw.Cursor | None) -> bool:
    """Whether a cursor has a statement that is to run or runs; not if it was given up."""
    try:
        return cursor is not None and cursor.is_readonly in (True, False)
    except apsw.Error:
        return False


def _is_trigger(event: Mapping[str, Any], known: Execution, announced: _Announced | None) -> bool:
    """Whether this is a trigger's program, in a run that has begun.

    SQLite announces programs like statements, with the statement's own id. What was given up
    for good, as when the file was busy, may on the other hand begin anew.
    """
    if not event["trigger"] or announced is not None:
        return False
    return not known.restarting or event["sql"] != known.sql
