"""Puts the AWS tables on an APSW connection."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache, partial
from typing import Any

import apsw

from awsvtab.activity_tables import activity_tables
from awsvtab.apply import Applier, Means
from awsvtab.asking import Asker, users_level
from awsvtab.beyond import more_types, type_named
from awsvtab.cache import Cache, CachedReads
from awsvtab.catalog import Catalog, ResourceType, catalog
from awsvtab.catalog.find import no_such_table, short_names
from awsvtab.catalog.names import table_name
from awsvtab.changes import Change, Changes
from awsvtab.cloudcontrol import CloudControl
from awsvtab.commit import Committer
from awsvtab.curated import MODULE, CuratedModule, resource_type_of, stored_name
from awsvtab.errors import AwsWarning, ProgrammingError, TooManyCalls
from awsvtab.execution import Execution
from awsvtab.explain import Explanation, Setting
from awsvtab.functions import register_functions
from awsvtab.hints import Hint, hinted
from awsvtab.introspect import catalog_tables
from awsvtab.journal import Journal
from awsvtab.ledger import Ledger, Written
from awsvtab.options import ALL, WARN, Options
from awsvtab.pool import Pool
from awsvtab.progress import ReadCallback, Reporter
from awsvtab.rerun import Rerun
from awsvtab.rowtables import IntrospectionTable, register_tables
from awsvtab.scan import Reach, Scanner
from awsvtab.sending import Policy
from awsvtab.show import rewrite_show
from awsvtab.snapshot import Snapshot
from awsvtab.sql import Find, Rewritten, rewrite
from awsvtab.sqltables import made, statements
from awsvtab.sqltokens import Tokens, without_literals
from awsvtab.statements import EMPTY_SET, Statements
from awsvtab.survey import survey
from awsvtab.vtable import Engine, Module
from awsvtab.write_tables import (
    PendingChange,
    pending_changes,
    pending_table,
    requests_table,
    resource_requests_table,
)

STATEMENTS_KEPT = 256  # rewritten texts

_NO_SCHEMAS: frozenset[str] = frozenset()

# Scripts are long, and reading one token by token takes long.
_PERHAPS_CREATED = re.compile(
    r"""\b(?:table|view)\s+(?:if\s+not\s+exists\s+)?(?:\S+\s*\.\s*)?["`\[]?(\w+)""", re.IGNORECASE
)

_OWN_TABLE = """
    SELECT sql FROM temp.sqlite_schema WHERE name = :name COLLATE NOCASE
    UNION ALL SELECT sql FROM main.sqlite_schema WHERE name = :name COLLATE NOCASE
"""


class Registration:
    """The AWS side of one connection.

    With ``share`` it has that registration's options, and reaches AWS through it.
    """

    catalog: Catalog

    def __init__(
        self, connection: apsw.Connection, options: Options, share: Registration | None = None
    ) -> None:
        self._options = options
        self._shares = share is not None
        self._reach_aws(share)
        self._redact = lru_cache(STATEMENTS_KEPT)(without_literals)
        self._read_progress: ReadCallback | None = None
        self._approve: Callable[[int], object] | None = None
        if options.types and share is None:
            self.catalog = self.catalog.extended(more_types(options.types, self._describe))
        self.changes = Changes(options.max_changes)
        self.short_names = short_names(self.catalog, options.tables)
        self._connection = connection
        self._rewrite = lru_cache(STATEMENTS_KEPT)(
            partial(_rewrite, self.catalog, self.short_names, self._find)
        )
        journal = None if options.journal is None else Journal(options.journal)
        self.ledger = Ledger(journal, options.clock.time)
        self.applier = Applier(self._means(options))
        self._statements = Statements(connection, self.changes)
        self.committer = Committer(
            connection,
            self.changes,
            self.applier,
            self._statements,
            options.clock,
            self._applying,
        )
        self._rerun = Rerun(connection, self._statements, options.concurrency)
        engine = self._engine()
        curated = CuratedModule(engine, options.trusted_schema, self._type_named)
        self._create_modules(Module(engine), curated)
        self._introspection = tuple(self._tables_about_it())
        register_tables(connection, self._introspection)
        register_functions(connection)

    def _reach_aws(self, share: Registration | None) -> None:
        """The way to AWS and what is known of it: of one's own, or another one's."""
        if share is None:
            options = self._options
            self.cloudcontrol = CloudControl(options)
            self._pool = Pool(options.concurrency)
            self._cache = Cache(options.cache_ttl, options.clock, self._stems_from)
            self.catalog = catalog()
        else:
            self.cloudcontrol, self._pool = share.cloudcontrol, share._pool
            self._cache, self.catalog = share._cache, share.catalog

    def _engine(self) -> Engine:
        options = self._options
        return Engine(
            connection=self._connection,
            catalog=self.catalog,
            short_names=self.short_names,
            scanner=Scanner(self.catalog, self.cloudcontrol, options.concurrency, reach(options)),
            statements=self._statements,
            rerun=self._rerun,
            changes=self.changes,
            new_snapshot=self._new_snapshot,
            committer=self.committer,
            read_only=options.read_only,
            trusted_schema=options.trusted_schema,
        )

    def _tables_about_it(self) -> Iterator[IntrospectionTable]:
        yield from catalog_tables(self.catalog)
        yield from activity_tables(self.cloudcontrol.activity)
        yield pending_table(self.changes, self._redact)
        yield requests_table(self.ledger)
        yield resource_requests_table(
            self.catalog,
            self.ledger,
            lambda: self._new_snapshot(None),
            partial(self._regions, reach(self._options)),
            lambda: self._rerun.surveys,
        )

    def _create_modules(self, module: Any, curated: Any) -> None:
        """One module for the names of all types, and one for CREATE VIRTUAL TABLE."""
        create = partial(
            self._connection.create_module,
            use_bestindex_object=True,
            use_no_change=True,
            iVersion=2,  # with 1, SAVEPOINT and ROLLBACK TO would not be told
        )
        create_eponymous = partial(create, eponymous=True, eponymous_only=True)
        for name in (*self.catalog.known_names, *self.short_names):
            create_eponymous(name, module)
        create(MODULE, curated)

    def _find(self, service: str, resource: str) -> str | None:
        """The table behind ``service.resource``, StackQL's other names included."""
        name = table_name(service, resource)
        return name if name in self.catalog.known_names else None

    def resource_type(self, table: str) -> ResourceType | None:
        """The type whose resources are ``table``'s rows; None for tables that are not AWS's.

        What the connection's own databases hold by that name comes first, as in SQL.
        """
        for (sql,) in self._connection.execute(_OWN_TABLE, {"name": table}):
            name = stored_name(str(sql))
            return None if name is None else resource_type_of(self.catalog, name, self._type_named)
        return self._aws_table(table)

    def _aws_table(self, name: str) -> ResourceType | None:
        """The type whose table has a name."""
        return self.short_names.get(name.lower()) or self.catalog.table(name)

    def _type_named(self, name: str) -> ResourceType:
        return type_named(self.catalog, name, self._describe)

    def rewrite(self, sql: str) -> Rewritten:
        """The text for SQLite; ProgrammingError where it names an AWS table that is none."""
        schemas = _NO_SCHEMAS
        if "." in sql:
            schemas = frozenset(map(str.lower, self._connection.db_names()))
        rewritten = self._rewrite(sql, schemas)
        for _, service, resource in rewritten.unknown:
            raise ProgrammingError(no_such_table(self.catalog, f"aws.{service}.{resource}"))
        return rewritten

    def hint(self, message: str, sql: str) -> Hint:
        """SQLite's message for a rewritten statement, with what to write instead, if known."""
        others = [table.name for table in self._introspection]
        return hinted(message, sql, self.catalog, self.short_names, others)

    def warn_of_hidden(self, sql: str) -> None:
        """Warns of AWS tables whose names mean local tables, now that these were created."""
        if not any(map(self._aws_table, _PERHAPS_CREATED.findall(sql))):
            return
        tokens = Tokens(sql)
        for name in filter(None, (made(tokens, each) for each in statements(tokens))):
            hidden = self._aws_table(name)
            if hidden is not None:
                short = hidden.dotted_name.removeprefix("aws.")
                warnings.warn(
                    f"{name} is a local table from now on and hides {hidden.dotted_name}: what is "
                    "written to it does not reach AWS. If it is to, DROP it and write "
                    f"CREATE VIRTUAL TABLE {name} USING aws({short}); else give it another name",
                    AwsWarning,
                    stacklevel=users_level(),
                )

    @property
    def pending(self) -> int:
        """The number of changes that wait for COMMIT."""
        return len(self.changes)

    def pending_changes(self) -> list[PendingChange]:
        """What COMMIT would send now: the rows of ``aws_pending``, whatever else has that name."""
        return list(pending_changes(self.changes, self._redact))

    @property
    def is_used(self) -> bool:
        """Whether an AWS table has been used yet."""
        return self._statements.installed

    def written(self) -> Written:
        """What is queued and sent from now on."""
        return Written(self.ledger, self.changes)

    @property
    def ignored(self) -> int:
        """The rows that the statement that ended last left out, which SQLite counts (OR IGNORE)."""
        return self._statements.ignored

    @property
    def all_ignored(self) -> int:
        """The rows that all statements left out."""
        return self._statements.all_ignored

    def without_sets(self) -> AbstractContextManager[None]:
        """Meanwhile, statements are prepared so that no IN comes as a set."""
        return self._statements.without_sets()

    def explain(self, sql: str, bindings: Any = None) -> Explanation:
        """How a statement would reach AWS: access paths, calls as far as they are known, actions.

        ``sql`` is as `rewrite` gives it. AWS is asked nothing; local tables are read for keys.
        Raises what preparing the statement raises, and ProgrammingError for what it names wrongly.
        """
        try:
            return self._survey(sql, bindings)
        except apsw.SQLError as error:
            if str(error) != EMPTY_SET:
                raise
        with self.without_sets():
            return self._survey(sql, bindings)

    def _survey(self, sql: str, bindings: Any) -> Explanation:
        snapshot = self._new_snapshot(None)
        try:
            return survey(self._rerun, self._setting(), self.resource_type, snapshot, sql, bindings)
        finally:
            snapshot.close()

    def _setting(self) -> Setting:
        """What decides about the connection's calls."""
        types = self._options.types
        named = () if isinstance(types, str | os.PathLike) else tuple(types)

        def described(name: str) -> bool:
            try:
                self.catalog.type(name)
            except KeyError:
                return True
            return name in named

        return Setting(self.catalog, self._options.regions == ALL, described)

    def close(self) -> None:
        """Lets go of threads and connections to AWS; the tables can no longer be used.

        Those that are shared belong to the registration that was there first.
        """
        if not self._shares:
            self._pool.close()
            self.cloudcontrol.close()
        self.ledger.close()

    def set_read_progress(self, callback: ReadCallback | None) -> None:
        """Calls ``callback`` with a `ReadProgress` while statements read from AWS, and as they end.

        That is in the thread that reads, at most four times a second. A true answer cancels the
        statement; an exception ends it and is raised from it. None ends the calls.
        """
        self._read_progress = callback

    def set_approval(self, callback: Callable[[int], object] | None) -> None:
        """Calls ``callback`` with the number of changes before a COMMIT sends them to AWS.

        It is called for whatever commits, in that thread. What it raises is raised from there, the
        transaction is rolled back, and nothing was sent. None ends the calls.
        """
        self._approve = callback

    def _new_snapshot(self, execution: Execution | None) -> Snapshot:
        """What a statement is to read. One that writes reads live, and not less than all."""
        reads_only = execution is not None and execution.readonly
        asker = Asker(
            None if execution is None else execution.sql,
            redact=self._redact,
            max_calls=self._options.max_calls,
            tolerant=reads_only and self._options.on_error == WARN,
            activity=self.cloudcontrol.activity,
        )
        cached = reads_only and self._options.cache_ttl > 0
        callback = None if execution is None else self._read_progress
        return Snapshot(
            self.cloudcontrol,
            self._pool,
            self._interrupted,
            self._options.rows_in_memory,
            asker,
            reads=CachedReads(self._cache, self.cloudcontrol) if cached else None,
            reporter=callback and Reporter(callback, asker, self._options.clock),
        )

    def _describe(self, type_name: str) -> Mapping[str, Any]:
        """AWS's description of a type, for whatever statement named it first."""
        snapshot = self._new_snapshot(None)
        try:
            return snapshot.describe_type(type_name)
        finally:
            snapshot.close()

    def _stems_from(self, type_name: str, other: str) -> bool:
        """Whether a type's rows are found by way of another type's."""
        try:
            resource_type = self.catalog.type(type_name)
        except KeyError:  # beyond the catalog, and so without a known parent
            return False
        sources = {parent.type_name for parent in resource_type.parents}
        if resource_type.region_source is not None:
            sources.add(resource_type.region_source.type_name)
        return other in sources or any(
            self._stems_from(each, other)
            for each in sources
            if each is not None and each != type_name
        )

    def _regions(self, reach: Reach, snapshot: Snapshot, given: str | None) -> Sequence[str]:
        """The connection's regions, or the one of them that is given."""
        if reach.regions is None:
            default = self.cloudcontrol.default_region() if given is None else given
            known = [] if default is None else [default]
        elif reach.regions == ALL:
            known = list(snapshot.enabled_regions(reach.account))
        else:
            known = list(dict.fromkeys(reach.regions))
        return [
            each for each in known if given in (None, each) and self.cloudcontrol.is_region(each)
        ]

    def _interrupted(self) -> bool:
        return self._connection.is_interrupted

    def _means(self, options: Options) -> Means:
        return Means(
            self.cloudcontrol,
            self._pool,
            options.concurrency,
            options.clock,
            self._interrupted,
            self.ledger,
            Policy(options.write_timeout, options.wait),
        )

    @contextmanager
    def _applying(self, plan: Sequence[Change]) -> Iterator[Asker]:
        """What commits, as AWS's caller: stopped half-way, it would lose sight of what it did.

        What was read of the types before is good no longer.
        """
        most = self._options.max_calls
        if most is not None and len(plan) > most:
            raise TooManyCalls(
                f"COMMIT of {len(plan)} changes to AWS needs more than max_calls={most} calls; "
                f"nothing was sent: write less at once, or connect(max_calls={10 * len(plan)})"
            )
        if plan and self._approve is not None:
            self._approve(len(plan))
        committing = self._statements.latest()
        sql = None if committing is None else committing.sql
        written = {change.resource_type.name for change in plan}
        self._cache.drop(written)
        try:
            yield Asker(sql, redact=self._redact, activity=self.cloudcontrol.activity)
        finally:
            self._cache.drop(written)


def reach(options: Options) -> Reach:
    """Which account and regions a connection's tables show."""
    if options.regions is None:
        return Reach()
    return Reach(regions=ALL if options.regions == ALL else tuple(options.regions))


def _rewrite(
    catalog: Catalog,
    short_names: Mapping[str, ResourceType],
    find: Find,
    sql: str,
    schemas: frozenset[str],
) -> Rewritten:
    shown = rewrite_show(sql, catalog, short_names)
    if shown is not None:
        return shown

    return rewrite(sql, find, schemas)


def register(
    connection: apsw.Connection, *, share: Registration | None = None, **options: Any
) -> Registration:
    """Puts the AWS tables on ``connection``, under their underscore names and any short ones.

    The keyword arguments are those of `Options`. Tables of the connection's own hide AWS tables
    of the same name. With ``share``, a registration that is closed after this one, the options are
    its options, and both use its threads, its pace, its cache and its record of calls.
    """
    if share is None:
        return Registration(connection, Options.of(options))
    if options:
        raise ProgrammingError(
            f"share and {min(options)}: the options are those of the connection that is shared"
        )
    return Registration(connection, share._options, share)
