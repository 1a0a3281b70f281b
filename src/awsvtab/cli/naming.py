"""What a connection has to name, for completion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import apsw

from awsvtab import Connection
from awsvtab.catalog import Catalog, ResourceType, catalog
from awsvtab.catalog.find import find_alias, find_table
from awsvtab.cli.completion import Column, Names
from awsvtab.curated import MODULE, stored_name

# Not pragma_table_list, which asks each virtual table for its columns; that may take calls to AWS.
_OWN = """
SELECT name, sql FROM {}.sqlite_schema
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
"""
_MODULES = "SELECT name FROM pragma_module_list"
_FUNCTIONS = "SELECT DISTINCT name FROM pragma_function_list"
_COLUMNS = "SELECT name, hidden = 1 FROM pragma_table_xinfo(?)"


class Naming:
    """What stays the same while a connection is open, read once; AWS is not asked."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._catalog = catalog()
        self.about_awsvtab = _about_awsvtab(connection, self._catalog)
        self._aws_tables = [f"aws.{name}" for name in self._catalog.dotted_names()]
        self._functions = [name for (name,) in connection.execute(_FUNCTIONS)]

    def own(self) -> list[str]:
        """The tables and views of the databases that are open."""
        return sorted(self._own())

    def names(self) -> Names:
        """All that can be named now."""
        return Names(
            aws_tables=self._aws_tables,
            others=[*self.own(), *self.about_awsvtab],
            regions=self._catalog.regions,
            functions=self._functions,
            columns=self.columns,
        )

    def columns(self, table: str) -> Iterator[Column]:
        """The columns of a table, as its name is written; none of what is no table."""
        name = self._known_to_sqlite(table)
        for column, hidden in self._connection.execute(_COLUMNS, (name,)):
            yield Column(column, bool(hidden))

    def _known_to_sqlite(self, table: str) -> str | None:
        """A name under which SQLite has the table's columns; None where AWS would be asked."""
        name = table.rpartition(".")[2]
        own = {each.lower(): sql for each, sql in self._own().items()}
        stored = stored_name(own.get(name.lower(), ""))
        found = self._type(stored or table)
        if found is not None:
            return found.table_name
        return name if stored is None else None

    def _type(self, name: str) -> ResourceType | None:
        if "::" in name:
            with suppress(KeyError):  # beyond the catalog
                return self._catalog.type(name)
            return None
        alias = find_alias(self._catalog, name)
        return find_table(self._catalog, name) if alias is None else alias.resource_type

    def _own(self) -> dict[str, str]:
        """The SQL of each table and view, by its name."""
        found: dict[str, str] = {}
        for schema in self._connection.apsw_connection.db_names():
            quoted = schema.replace('"', '""')
            found.update(self._connection.execute(_OWN.format(f'"{quoted}"')))
        return found


def _about_awsvtab(connection: Connection, catalog: Catalog) -> list[str]:
    """The tables that are neither a resource type's nor SQLite's own: aws_calls, short names."""
    plain = apsw.Connection(":memory:")
    of_sqlite = {name for (name,) in plain.execute(_MODULES)}
    plain.close()
    names = {name for (name,) in connection.execute(_MODULES)}
    return sorted(names - of_sqlite - {*catalog.known_names, MODULE})
