"""APSW's virtual table protocol, in its own words: glue between SQLite and the modules above.

https://rogerbinns.github.io/apsw/vtable.html and https://www.sqlite.org/vtab.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any

import apsw

from awsvtab import plan as planning
from awsvtab.catalog import Catalog, ResourceType
from awsvtab.catalog.columns import Column, Kind, declaration, table_columns
from awsvtab.catalog.find import find_alias, list_only_properties
from awsvtab.changes import Change, Changes, Operation
from awsvtab.commit import Committer
from awsvtab.errors import IntegrityError, NotSupportedError, OperationalError, ProgrammingError
from awsvtab.execution import Execution
from awsvtab.keys import NO_MATCHING, Matching, read_keys
from awsvtab.options import Place
from awsvtab.overlay import Hiding, Pending, overlaid, pending_rows
from awsvtab.patterns import OPERATORS, own_patterns
from awsvtab.predicates import PATTERNS
from awsvtab.readahead import Probe, Unknown
from awsvtab.rerun import Rerun
from awsvtab.resources import Missing, Resource, ResourceKey, known_identifier
from awsvtab.rows import KEY_SEPARATOR, Cells, LazyRow, Shape, column_reader
from awsvtab.scan import Reach, Scanner
from awsvtab.snapshot import Snapshot, Source
from awsvtab.statements import Statements
from awsvtab.triggers import refuse_stored_trigger
from awsvtab.values import Properties, SQLValue
from awsvtab.writes import (
    IGNORE,
    Write,
    changed_resource,
    check_conflict_clause,
    check_deletable,
    new_resource,
)

REFERENCE = "."  # between the serials of a prepare and of a table reference in it
ANY_CELL = object()  # the shape of rows of which SQLite may want to see any cell


@dataclass(frozen=True, slots=True)
class Engine:
    """What the tables of one connection share.

    ``read_only`` tables take no writes; with ``trusted_schema`` they do so from stored triggers.
    """

    connection: apsw.Connection
    catalog: Catalog
    short_names: Mapping[str, ResourceType]
    scanner: Scanner
    statements: Statements
    rerun: Rerun
    changes: Changes
    new_snapshot: Callable[[Execution | None], Snapshot]
    committer: Committer
    read_only: bool = False
    trusted_schema: bool = False
    references: Iterator[int] = field(default_factory=count)


class Clash(IntegrityError, apsw.ConstraintError):
    """What SQLite takes for a constraint that failed, so that OR FAIL and OR ROLLBACK work."""


class Module:
    """Makes the tables of all resource types; SQLite tells it which by the module's name."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def Connect(  # noqa: N802 - APSW's name, as all below
        self,
        connection: apsw.Connection,
        modulename: str,
        databasename: str,
        tablename: str,
        *args: object,
    ) -> tuple[str, Table]:
        """Declares the columns of a type's table."""
        engine = self._engine
        alias = find_alias(engine.catalog, modulename)
        if alias is not None:
            shown = list_only_properties(alias.resource_type) if alias.list_only else None
            return declare(engine, alias.resource_type, only=shown)
        resource_type = engine.short_names.get(modulename.lower())
        if resource_type is None:
            resource_type = engine.catalog.table(modulename)
        if resource_type is None:
            raise ProgrammingError(f"no such table: {modulename}")
        # CREATE VIRTUAL TABLE x USING aws_…: whoever made the file wrote that.
        foreign = tablename.lower() != modulename.lower()
        return declare(
            engine, resource_type, refusal=came_with_file(tablename) if foreign else None
        )


def came_with_file(table_name: str) -> str:
    """Why a table that the database file defines cannot be written."""
    return (
        f"table {table_name} came with the database file and is read-only: "
        "connect(trusted_schema=True) if you trust the file"
    )


def declare(
    engine: Engine,
    resource_type: ResourceType,
    *,
    reach: Reach | None = None,
    refusal: str | None = None,
    only: Collection[str] | None = None,
) -> tuple[str, Table]:
    """A table, with what APSW wants to know of it.

    ``reach`` is the table's own where it has one, ``refusal`` why it cannot be written, and
    ``only`` the properties that it shows.
    """
    engine.statements.install()
    engine.connection.vtab_config(apsw.SQLITE_VTAB_CONSTRAINT_SUPPORT, 1)
    scanner = engine.scanner if reach is None else replace(engine.scanner, reach=reach)
    table = Table(engine, resource_type, scanner, table_columns(resource_type, only), refusal)
    return declaration(table.columns), table


class Table:
    """A resource type as SQLite sees it, in one schema of one connection."""

    def __init__(
        self,
        engine: Engine,
        resource_type: ResourceType,
        scanner: Scanner,
        columns: tuple[Column, ...],
        refusal: str | None,
    ) -> None:
        self.engine = engine
        self.resource_type = resource_type
        self.scanner = scanner
        self.columns = columns
        self._refusal = refusal
        self.readers = [column_reader(column) for column in self.columns]
        self._shapes: dict[str, Shape] = {}
        self.matching: tuple[int, Matching] | None = None  # of the prepare with that number

    def BestIndexObject(self, index: apsw.IndexInfo) -> bool:  # noqa: N802
        """Tells SQLite which constraints the scan wants, and what it will cost."""
        choice = planning.choose(
            self.resource_type,
            self.columns,
            map(_constraint(index, self.engine.statements.takes_sets), range(index.nConstraint)),
            index.colUsed,
        )
        for position, constraint in enumerate(choice.taken, start=1):
            index.set_aConstraintUsage_argvIndex(constraint.number, position)
            if constraint.many:
                index.set_aConstraintUsage_in(constraint.number, True)
        index.estimatedCost, index.estimatedRows = choice.estimate
        if choice.unique:
            index.idxFlags = apsw.SQLITE_INDEX_SCAN_UNIQUE
        serial = self.engine.statements.plan_serial()
        reference = f"{serial}{REFERENCE}{next(self.engine.references)}"
        self.engine.rerun.note_plan(reference, self.resource_type, choice.plan)
        used = sum(1 << number for number in index.colUsed)
        index.idxStr = f"{reference} {used:x} {planning.encode(choice.plan)}"
        return True

    def shape(self, used: str) -> Shape:
        """The shape of rows of which a statement looks at the columns with these bits, in hex."""
        found = self._shapes.get(used)
        if found is None:
            bits = int(used, 16)
            found = Shape(self.columns, [n for n in range(len(self.columns)) if bits >> n & 1])
            self._shapes[used] = found
        return found

    def pending(self) -> Pending:
        """The rows that changes of this transaction wait for."""
        changes = self.engine.changes
        if not changes:
            return {}
        return pending_rows(changes.pending(), self.resource_type, self.scanner.reach.account)

    def Open(self) -> Cursor:  # noqa: N802
        """A cursor for one reference to the table in a statement."""
        return Cursor(self)

    def Disconnect(self) -> None:  # noqa: N802
        """Nothing to let go of."""

    def Destroy(self) -> None:  # noqa: N802
        """DROP TABLE: SQLite would tell this table no more of the transaction, nor the queue."""
        if self.engine.changes:
            raise ProgrammingError(
                f"DROP TABLE: {len(self.engine.changes)} AWS changes are waiting: "
                "COMMIT or ROLLBACK first"
            )

    def UpdateInsertRow(self, rowid: object, fields: Sequence[SQLValue]) -> int:  # noqa: N802
        """Queues a CREATE; for INSERT OR IGNORE, only of what is not there."""
        clause = self.engine.connection.vtab_on_conflict()
        check_conflict_clause(self.resource_type, clause, self.engine.statements.returns_rows)
        given = list(zip(self.columns, fields, strict=True))
        write, region = new_resource(self.resource_type, given)
        place = self.scanner.place_of_new(
            self.resource_type, None if region is None else str(region), self._snapshot()
        )
        identifier = known_identifier(self.resource_type, write.properties)
        if clause == IGNORE and identifier is not None and self._exists(place, identifier):
            self.engine.statements.ignore_row()
        else:
            self._queue(Operation.CREATE, place, identifier, write)
        return 0

    def UpdateDeleteRow(self, key: str) -> None:  # noqa: N802
        """Queues a DELETE."""
        check_deletable(self.resource_type)
        resource_key = self._resource_key(key)
        self._queue(Operation.DELETE, resource_key.place, resource_key.identifier)

    def UpdateChangeRow(  # noqa: N802
        self, key: str, new_key: str | None, fields: Sequence[Any]
    ) -> None:
        """Queues an UPDATE, if anything changes."""
        given = [
            (column, value)
            for column, value in zip(self.columns, fields, strict=True)
            if value is not apsw.no_change
        ]
        resource_key = self._resource_key(key)
        self._forget_earlier_match(resource_key)
        current = self._current(resource_key)
        write = changed_resource(self.resource_type, resource_key, current, given)
        if write.document:
            self._queue(Operation.UPDATE, resource_key.place, resource_key.identifier, write)

    def Begin(self) -> None:  # noqa: N802
        """The table takes part in a transaction: a statement that may write it begins."""
        if self.engine.read_only:
            raise OperationalError(
                f"attempt to write {self.resource_type.dotted_name}: the connection was opened "
                "with read_only=True"
            )
        if self._refusal is not None:
            raise NotSupportedError(self._refusal)
        self.engine.changes.begin(self)

    def Sync(self) -> None:  # noqa: N802
        """The transaction is about to be committed: the plan is applied, or this raises."""
        self.engine.committer.sync()

    def Commit(self) -> None:  # noqa: N802
        """The transaction is over."""
        self.engine.committer.committed()

    def Rollback(self) -> None:  # noqa: N802
        """The transaction is over, by ROLLBACK or because COMMIT failed."""
        self.engine.committer.rolled_back()

    def Savepoint(self, number: int) -> None:  # noqa: N802
        """A savepoint was opened."""
        self.engine.changes.savepoint(self, number)

    def Release(self, number: int) -> None:  # noqa: N802
        """A savepoint was released."""
        self.engine.changes.release(number)

    def RollbackTo(self, number: int) -> None:  # noqa: N802
        """What came after a savepoint is undone."""
        self.engine.changes.rollback_to(number)

    def _queue(
        self,
        operation: Operation,
        place: Place,
        identifier: str | None,
        write: Write | None = None,
    ) -> None:
        engine = self.engine
        execution = engine.statements.writing()
        if execution is not None and not engine.trusted_schema:
            refuse_stored_trigger(engine.connection, execution, self.resource_type.dotted_name)
        change = Change(
            operation,
            self.resource_type,
            place,
            identifier,
            None if write is None else write.document,
            0 if execution is None else execution.number,
            None if write is None else write.properties,
            sql="" if execution is None else execution.sql,
        )
        try:
            engine.changes.add(change)
        except IntegrityError as error:
            raise Clash(str(error)) from None

    def _forget_earlier_match(self, key: ResourceKey) -> None:
        """Of several rows of an UPDATE … FROM that fit a resource, the last counts, as in SQLite.

        Here SQLite asks for an update with each of them.
        """
        execution = self.engine.statements.writing()
        if execution is None or execution.triggers:
            return
        if key in execution.updated:
            self.engine.changes.withdraw(key, execution.number)
            self.engine.statements.ignore_row()
        execution.updated.add(key)

    def _resource_key(self, key: str) -> ResourceKey:
        region, _, identifier = key.partition(KEY_SEPARATOR)
        return ResourceKey(
            Place(self.scanner.reach.account, region), self.resource_type.name, identifier
        )

    def _current(self, key: ResourceKey) -> Properties:
        """The resource's properties as the running statement read them, with pending updates."""
        pending = self.engine.changes.latest(key)
        if pending is not None and pending.properties is not None:
            return pending.properties
        return self._snapshot().whole(key, self.resource_type).properties

    def _exists(self, place: Place, identifier: str) -> bool:
        """Whether a resource is there, as far as this transaction sees."""
        pending = self.engine.changes.latest(
            ResourceKey(place, self.resource_type.name, identifier)
        )
        if pending is not None:
            return pending.operation is not Operation.DELETE
        snapshot = self._snapshot()
        if snapshot.listed(place, self.resource_type, identifier) is not None:
            return True
        found = snapshot.resource(place, self.resource_type, identifier)
        return snapshot.result(found) is not None

    def _snapshot(self) -> Snapshot:
        """What the writing statement has read."""
        execution = self.engine.statements.writing()
        if execution is None:
            return self.engine.new_snapshot(None)
        return _snapshot_of(execution, self.engine)


class Cursor:
    """Goes through the rows of one scan."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows: Iterator[Resource] = iter(())
        self._resource: Resource | None = None
        self._shape: object = None
        self._row: Cells = ()
        self._source: Source | None = None
        self._note: Callable[[Resource], None] | None = None

    def Filter(self, number: int, text: str, values: Sequence[Any]) -> None:  # noqa: N802
        """Begins a scan; the first row is read, so that errors come here."""
        engine, resource_type = self._table.engine, self._table.resource_type
        reference, used, plan_text = text.split(" ", 2)
        plan = planning.decode(plan_text)
        serial = int(reference.partition(REFERENCE)[0])
        execution = engine.rerun.execution or engine.statements.execution(serial)
        keys = read_keys(
            resource_type, plan, values, execution.wrote, self._patterns_compared(plan, serial)
        )
        snapshot = _snapshot_of(execution, engine)
        keyed = execution.keyed(reference, plan.arguments, values)
        self._source = source = engine.rerun.source(
            execution, snapshot, reference, keyed, plan.narrowed
        )
        self._note = None if execution.readonly else snapshot.remember
        shape = self._table.shape(used)
        exact = shape.exact and execution.readonly and not isinstance(source, Probe)
        self._shape = shape if exact else ANY_CELL
        scanner, pending = self._table.scanner, self._table.pending()
        live = Hiding(source, pending) if pending else source
        scan = partial(scanner.scan, live, resource_type, keys)
        if isinstance(source, Probe):
            self._rows = source.rows(scan(frozenset(), lookups=source.lookups))
        else:
            self._rows = scan(
                plan.needs, plan.whole, plan.limited, execution.lookups, rechecked=True
            )
        if pending:
            places = partial(scanner.places, resource_type, keys, source)
            self._rows = overlaid(self._rows, pending, keys, places)
        self.Next()

    def Next(self) -> None:  # noqa: N802
        """Goes to the next row."""
        resource = self._resource = next(self._rows, None)
        if resource is not None:
            made = resource.shape is self._shape
            self._row = resource.cells if made else self._row_of(resource)

    def Eof(self) -> bool:  # noqa: N802
        """Whether the scan is over."""
        return self._resource is None

    def Column(self, number: int) -> SQLValue:  # noqa: N802
        """A column's value."""
        return self._row[number]  # type: ignore[return-value]  # MISSING is where nobody looks

    def ColumnNoChange(self, number: int) -> Any:  # noqa: N802
        """An UPDATE leaves the column alone: its value need not be read."""
        return apsw.no_change

    def Close(self) -> None:  # noqa: N802
        """The statement has no more use for the rows."""
        self._rows = iter(())
        self._resource = None
        self._row = ()

    def _row_of(self, resource: Resource) -> Cells:
        """A row that has yet to be made, or that SQLite may want to see any cell of."""
        if self._note is not None:
            self._note(resource)
        shape = self._shape
        return shape.cells(resource) if isinstance(shape, Shape) else LazyRow(self._read)

    def _patterns_compared(self, plan: planning.Plan, serial: int) -> Matching:
        """The functions for the patterns of a plan; with others, SQLite would prepare it again."""
        if not any(each.operator in PATTERNS for each in plan.arguments):
            return NO_MATCHING
        known = self._table.matching
        if known is None or known[0] != serial:
            known = self._table.matching = (serial, own_patterns(self._table.engine.connection))
        return known[1]

    def _read(self, number: int) -> SQLValue:
        resource = self._resource
        if resource is None or self._source is None:
            raise apsw.MisuseError("no row")
        if self._table.columns[number].kind is Kind.ACCOUNT:
            value: SQLValue | Missing = self._source.account_id(resource.place)
        else:
            value = self._table.readers[number](resource)
        if isinstance(value, Missing):
            # SQLite had not said that the column would be wanted.
            try:
                resource.learn(self._source.whole(resource.key, resource.resource_type))
            except Unknown:
                return None
            value = self._table.readers[number](resource)
        if isinstance(value, Missing):
            raise OperationalError(f"{resource.key} has no {self._table.columns[number].name}")
        return value


def _constraint(index: apsw.IndexInfo, takes_sets: bool) -> Callable[[int], planning.Constraint]:
    def read(number: int) -> planning.Constraint:
        usable = index.get_aConstraint_usable(number)
        return planning.Constraint(
            number=number,
            column=index.get_aConstraint_iColumn(number),
            operator=OPERATORS.get(index.get_aConstraint_op(number)),
            usable=usable,
            binary=index.get_aConstraint_collation(number) == "BINARY",
            many=takes_sets and usable and index.get_aConstraintUsage_in(number),
            literal=index.get_aConstraint_rhs(number) is not None,
        )

    return read


def _snapshot_of(execution: Execution, engine: Engine) -> Snapshot:
    if execution.snapshot is None:
        execution.snapshot = engine.new_snapshot(execution)
    return execution.snapshot
