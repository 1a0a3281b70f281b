"""Runs a statement once more, to find out which keys it is going to look up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import apsw

from awsvtab.catalog.model import ResourceType
from awsvtab.errors import Cancelled
from awsvtab.execution import Execution
from awsvtab.plan import Plan
from awsvtab.readahead import Discovery, ReadAhead
from awsvtab.selects import select_of
from awsvtab.snapshot import Snapshot, Source
from awsvtab.sqltokens import tokenize, unquote
from awsvtab.statements import Statements

# What SQLite has in the flags of a function that gives the same for the same.
_DETERMINISTIC = 0x800  # https://www.sqlite.org/c3ref/c_deterministic.html
_CHANGEABLE_FUNCTIONS = f"""SELECT lower(name) FROM pragma_function_list
    WHERE NOT builtin AND NOT flags & {_DETERMINISTIC}"""
_VIEWS = "SELECT lower(sql) FROM {}.sqlite_schema WHERE type = 'view'"
_RUNNABLE = frozenset(
    {"select", "values", "with", "insert", "replace", "create", "update", "delete"}
)
_RANDOM = frozenset({"random", "randomblob"})
_PARAMETER = tuple("?:@$#")


@dataclass(slots=True)
class Rerun:
    """Gives each scan of a connection its source, and runs statements again for a `Discovery`.

    ``execution`` is the run that is being rerun: its scans come as if they were part of it. Where
    ``noted_plans`` is not None, it gets the plan of each table reference that SQLite considers.
    """

    connection: apsw.Connection
    statements: Statements
    width: int
    execution: Execution | None = None
    noted_plans: dict[str, tuple[ResourceType, Plan]] | None = None
    _discovery: Discovery | None = None

    def source(
        self,
        execution: Execution,
        snapshot: Snapshot,
        reference: str,
        keyed: bool,
        narrowed: bool,
    ) -> Source:
        """Where a scan of a table reference takes its rows from.

        It is ``keyed`` by other tables, or at least ``narrowed`` by more than its region.
        """
        if self._discovery is not None:
            return self._discovery.probe(reference, keyed, narrowed)
        if not keyed:
            return snapshot
        if execution.read_ahead is None:
            execution.read_ahead = self._read_ahead(execution, snapshot)
        return execution.read_ahead

    @property
    def surveys(self) -> bool:
        """Whether what runs is to ask AWS nothing at all."""
        return self.noted_plans is not None

    def note_plan(self, reference: str, resource_type: ResourceType, plan: Plan) -> None:
        """SQLite considers a plan for a table reference."""
        if self.noted_plans is not None:
            self.noted_plans[reference] = (resource_type, plan)

    def survey(self, discovery: Discovery, sql: str, readonly: bool, bindings: object) -> None:
        """Runs what a statement would read, for a discovery of one that does not run itself.

        Raises what goes wrong. Does nothing where a run could be noticed.
        """
        execution = Execution(0, sql, bindings, readonly, 0, (0, 0), snapshot=discovery.snapshot)
        text = self._text(execution)
        if text is not None:
            self._follow(execution, text, _bindings_of(text, bindings), discovery)

    def _read_ahead(self, execution: Execution, snapshot: Snapshot) -> ReadAhead:
        sql = self._text(execution)
        bindings = None if sql is None else _bindings_of(sql, execution.bindings)

        def discover(discovery: Discovery) -> None:
            if sql is not None:
                self._run(execution, sql, bindings, discovery)

        eager = "limit" not in execution.sql.lower()
        return ReadAhead(snapshot, discover, self.width, eager)

    def _run(self, execution: Execution, sql: str, bindings: Any, discovery: Discovery) -> None:
        """Runs a statement to its end or that of the discovery.

        Whatever goes wrong is not ours to report: if the statement gets there, it will say so.
        """
        try:
            self._follow(execution, sql, bindings, discovery)
        except (apsw.InterruptError, Cancelled):
            raise
        except Exception:
            return

    def _follow(self, execution: Execution, sql: str, bindings: Any, discovery: Discovery) -> None:
        self.execution, self._discovery = execution, discovery
        try:
            with self.statements.only_reading():
                for _ in self._rows(sql, bindings):
                    pass
        finally:
            self.execution = self._discovery = None

    def _text(self, execution: Execution) -> str | None:
        """What to run; None where another run could be noticed, or is not known how to make.

        Functions that are not declared deterministic may have effects, or give other keys.
        """
        tokens = [text for _, text in tokenize(execution.sql) if text]
        words = {unquote(text).lower() for text in tokens}
        if not tokens or tokens[0].lower() not in _RUNNABLE:
            return None  # COMMIT, ATTACH and some PRAGMAs pass for reading
        if execution.bindings is None and any(word.startswith(_PARAMETER) for word in words):
            return None  # its bindings are not known
        if words & _RANDOM or self._calls_functions(words):
            return None
        return execution.sql if execution.readonly else select_of(execution.sql)

    def _calls_functions(self, words: set[str]) -> bool:
        """Whether a statement of these words may call such a function, itself or in a view."""
        found = {name for (name,) in self._rows(_CHANGEABLE_FUNCTIONS)} - _usual_functions()
        if not found or not words.isdisjoint(found):
            return bool(found)
        schemas = self.connection.db_names()
        views = " UNION ALL ".join(
            _VIEWS.format('"' + name.replace('"', '""') + '"') for name in schemas
        )
        return any(name in text for (text,) in self._rows(views) for name in found)

    def _rows(self, sql: str, bindings: Any = None) -> Iterator[tuple[Any, ...]]:
        """Rows of a statement of ours, of which the user's tracers are told nothing."""
        cursor = self.connection.cursor()
        cursor.exec_trace = lambda source, *_: source.is_readonly
        cursor.row_trace = lambda _, row: row
        try:
            yield from cursor.execute(sql, bindings, can_cache=self.statements.takes_sets)
        finally:
            cursor.close(True)


@cache
def _usual_functions() -> frozenset[str]:
    """Those of SQLite's extensions."""
    connection = apsw.Connection(":memory:")
    try:
        return frozenset(name for (name,) in connection.execute(_CHANGEABLE_FUNCTIONS))
    finally:
        connection.close()


def _bindings_of(sql: str, bindings: Any) -> Any:
    """The SELECT of a writing statement may take fewer values, and lacks the last."""
    return bindings[: _count_parameters(sql)] if isinstance(bindings, tuple | list) else bindings


def _count_parameters(sql: str) -> int | None:
    """How many values a statement takes; None where its parameters have numbers or names."""
    parameters = [text for _, text in tokenize(sql) if text.startswith(_PARAMETER)]
    return len(parameters) if all(text == "?" for text in parameters) else None
