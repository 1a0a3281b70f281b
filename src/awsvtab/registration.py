"""Puts the AWS tables on an APSW connection."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Any

import apsw

from awsvtab.apply import Applier
from awsvtab.catalog import Catalog, catalog
from awsvtab.catalog.find import no_such_table, short_names
from awsvtab.catalog.names import table_name
from awsvtab.changes import Changes
from awsvtab.cloudcontrol import CloudControl
from awsvtab.errors import ProgrammingError
from awsvtab.hints import explain
from awsvtab.options import Options
from awsvtab.scan import Scanner
from awsvtab.snapshot import Snapshot
from awsvtab.sql import Rewritten, rewrite
from awsvtab.statements import Statements
from awsvtab.vtable import Engine, Module

STATEMENTS_KEPT = 256  # rewritten texts


class Registration:
    """The AWS side of one connection."""

    def __init__(self, connection: apsw.Connection, options: Options) -> None:
        self.catalog = catalog()
        self.cloudcontrol = CloudControl(options)
        self.changes = Changes()
        self._short_names = short_names(self.catalog, options.tables)
        self._connection = connection
        self._rewrite = lru_cache(STATEMENTS_KEPT)(partial(_rewrite, self.catalog))
        self._executor = ThreadPoolExecutor(options.concurrency, thread_name_prefix="awsvtab")
        self.applier = Applier(self.cloudcontrol, self._executor)
        engine = Engine(
            connection=connection,
            catalog=self.catalog,
            short_names=self._short_names,
            scanner=Scanner(self.catalog, self.cloudcontrol, options),
            statements=Statements(connection, self.changes),
            changes=self.changes,
            new_snapshot=self._new_snapshot,
            apply=self._apply,
        )
        module: Any = Module(engine)  # APSW's stub asks for methods that it treats as optional
        for name in (*self.catalog.table_names(), *self._short_names):
            connection.create_module(
                name,
                module,
                use_bestindex_object=True,
                use_no_change=True,
                iVersion=2,
                eponymous=True,
            )

    def rewrite(self, sql: str) -> Rewritten:
        """The text for SQLite; ProgrammingError where it names an AWS table that is none."""
        schemas = frozenset(name.lower() for name in self._connection.db_names())
        rewritten = self._rewrite(sql, schemas)
        for _, service, resource in rewritten.unknown:
            raise ProgrammingError(no_such_table(self.catalog, f"aws.{service}.{resource}"))
        return rewritten

    def explain(self, message: str, sql: str) -> str:
        """SQLite's message for a rewritten statement, with what to write instead, if known."""
        return explain(message, sql, self.catalog, self._short_names)

    @property
    def pending(self) -> int:
        """The number of changes that wait for COMMIT."""
        return len(self.changes)

    def close(self) -> None:
        """Lets go of threads and connections to AWS; the tables can no longer be used."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        self.cloudcontrol.close()

    def _new_snapshot(self) -> Snapshot:
        return Snapshot(self.cloudcontrol, self._executor, lambda: self._connection.is_interrupted)

    def _apply(self) -> None:
        """Applies the whole plan, at the first table of a COMMIT; the others find none left."""
        if self.changes:
            self.applier.apply(self.changes.take())


def _rewrite(catalog: Catalog, sql: str, schemas: frozenset[str]) -> Rewritten:
    def find(service: str, resource: str) -> str | None:
        name = table_name(service, resource)
        return name if catalog.has_table(name) else None

    return rewrite(sql, find, schemas)


def register(connection: apsw.Connection, **options: Any) -> Registration:
    """Puts the AWS tables on ``connection``, under their underscore names and any short ones.

    The keyword arguments are those of `Options`. Tables of the connection's own hide AWS tables
    of the same name.
    """
    return Registration(connection, Options.of(options))
