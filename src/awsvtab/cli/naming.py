"""What a connection has to name, for completion."""

from __future__ import annotations

from collections.abc import Iterator

import apsw

from awsvtab import Connection
from awsvtab.catalog import Catalog, catalog
from awsvtab.catalog.find import find_alias, find_table
from awsvtab.cli.completion import Column, Names
from awsvtab.curated import MODULE

_OWN = """
SELECT DISTINCT name FROM pragma_table_list
WHERE type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
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
        return [name for (name,) in self._connection.execute(_OWN)]

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
        alias = find_alias(self._catalog, table)
        found = alias.resource_type if alias else find_table(self._catalog, table)
        name = table.rpartition(".")[2] if found is None else found.table_name
        for column, hidden in self._connection.execute(_COLUMNS, (name,)):
            yield Column(column, bool(hidden))


def _about_awsvtab(connection: Connection, catalog: Catalog) -> list[str]:
    """The tables that are neither a resource type's nor SQLite's own: aws_calls, short names."""
    plain = apsw.Connection(":memory:")
    of_sqlite = {name for (name,) in plain.execute(_MODULES)}
    plain.close()
    names = {name for (name,) in connection.execute(_MODULES)}
    return sorted(names - of_sqlite - {*catalog.known_names, MODULE})
