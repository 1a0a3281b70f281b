"""One run of a statement: what it is, what was bound to it, what it has read so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from awsvtab.lookups import Lookups
from awsvtab.plan import Argument
from awsvtab.predicates import Operator
from awsvtab.readahead import ReadAhead
from awsvtab.resources import ResourceKey
from awsvtab.snapshot import Snapshot
from awsvtab.sqltokens import tokenize
from awsvtab.values import SQLValue, sql_literal

TRIGGER = "TRIGGER "  # how a trigger's program is announced, with its name


@dataclass(slots=True)
class Execution:
    """One run of a statement.

    ``number`` grows from run to run. ``bindings`` is None where the run could not be paired with
    what was bound to it. ``savepoints`` is how many the queue of changes had been told of, and
    ``counted`` SQLite's runs and steps of the statement so far, when it began. One that is
    ``restarting`` was given up by SQLite before it ``used`` a table, for good or to prepare it
    again. One that has ``written`` all only gives rows (RETURNING). ``triggers`` are those whose
    programs have begun, in that order, and ``program`` is the statement of theirs that began last.
    ``ignored`` is how many rows SQLite counts too many, ``updated`` what resources it has updated.
    """

    number: int
    sql: str
    bindings: object
    readonly: bool
    savepoints: int
    counted: tuple[int, int]
    running: bool = True
    restarting: bool = False
    used: bool = False
    written: bool = False
    snapshot: Snapshot | None = None
    triggers: dict[str, None] = field(default_factory=dict)
    program: str = ""
    ignored: int = 0
    updated: set[ResourceKey] = field(default_factory=set)
    lookups: Lookups = field(default_factory=Lookups)
    read_ahead: ReadAhead | None = None
    scanned: set[str] = field(default_factory=set)

    def enters(self, program: str) -> None:
        """A trigger's program begins, or a statement of one: SQLite announces both.

        As comments; but APSW has taken that away unless the run is inside another.
        """
        program = program.removeprefix("-- ")
        if program.startswith(TRIGGER):
            self.triggers[program.removeprefix(TRIGGER)] = None
        else:
            self.program = program

    def keyed(self, reference: str, arguments: Sequence[Argument], values: Sequence[Any]) -> bool:
        """Whether some of a scan's values come from other tables, as far as that is known.

        They do where the same table reference is scanned again.
        """
        again = reference in self.scanned
        self.scanned.add(reference)
        return any(
            again or not self.wrote(each, argument)
            for argument, value in zip(arguments, values, strict=True)
            if argument.operator not in (Operator.IS_NULL, Operator.NOT_NULL)
            for each in (value if isinstance(value, set) else (value,))
        )

    @property
    def returns_rows(self) -> bool:
        """Whether it has a RETURNING clause, and no trigger writes for it."""
        if self.triggers or "returning" not in self.sql.lower():
            return False
        return any(text.lower() == "returning" for _, text in tokenize(self.sql))

    def wrote(self, value: SQLValue, argument: Argument) -> bool:
        """Whether the user wrote a value as this argument of a plan, as far as that is known.

        SQLite tells a constant from a column of another table, but not what stands in an IN list
        or is bound.
        """
        if argument.literal or value in self.bound_values():
            return True
        return argument.many and (
            (sql_literal(value) if isinstance(value, str) else str(value)) in self.sql
        )

    def bound_values(self) -> Collection[SQLValue]:
        if isinstance(self.bindings, Mapping):
            return list(self.bindings.values())
        return list(self.bindings) if isinstance(self.bindings, tuple | list) else ()
