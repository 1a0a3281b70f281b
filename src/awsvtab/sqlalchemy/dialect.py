"""The dialect: SQLite's, over this driver, with AWS tables in its reflection."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.sqlite.base import SQLiteIdentifierPreparer
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL

from awsvtab.catalog import ResourceType
from awsvtab.catalog.columns import table_columns
from awsvtab.registration import Registration
from awsvtab.sqlalchemy.url import take_options

AWS_SCHEMA = "aws"
"""The schema under which reflection finds every resource type, if asked for it."""


class AwsvtabIdentifierPreparer(SQLiteIdentifierPreparer):
    """Leaves the schema ``aws`` out of SQL: SQLite has no database of that name."""

    # SQLAlchemy's stubs declare an attribute that holds a function.
    def schema_for_object(self, table: Any) -> str | None:  # type: ignore[override]
        """The schema to write before a table's name."""
        schema: str | None = table.schema
        return None if schema == AWS_SCHEMA else schema


class AwsvtabDialect(SQLiteDialect_pysqlite):
    """``awsvtab:///inventory.db?regions=us-east-1``.

    Its name is SQLite's, so that what is keyed by a dialect's name (Alembic, types, inserts) works.
    Curated tables are listed as any other. AWS's own are not unless the schema ``aws`` is asked
    for; under their underscore names they reflect with it and without.
    """

    driver = "awsvtab"
    supports_statement_cache = True
    preparer = AwsvtabIdentifierPreparer

    @classmethod
    def import_dbapi(cls) -> Any:
        """The driver."""
        import awsvtab

        return awsvtab

    def create_connect_args(self, url: URL) -> Any:
        """`awsvtab.connect`'s arguments: AWS's options from the URL's query, the rest SQLite's."""
        options, rest = take_options(url)
        arguments, keywords = super().create_connect_args(rest)
        return arguments, {**keywords, **options}

    def get_schema_names(self, connection: Any, **kw: Any) -> list[str]:
        """SQLite's databases, and ``aws``."""
        return [*super().get_schema_names(connection, **kw), AWS_SCHEMA]

    # SQLite's dialect has one more keyword here and below; it comes in ``kw``.
    def get_table_names(  # type: ignore[override]
        self, connection: Any, schema: str | None = None, **kw: Any
    ) -> list[str]:
        """The database's tables; all resource types for the schema ``aws``."""
        if schema == AWS_SCHEMA:
            return sorted(_registration(connection).catalog.table_names())
        names: list[str] = super().get_table_names(connection, schema, **kw)
        return names

    def get_view_names(  # type: ignore[override]
        self, connection: Any, schema: str | None = None, **kw: Any
    ) -> list[str]:
        """The database's views; AWS has none."""
        if schema == AWS_SCHEMA:
            return []
        names: list[str] = super().get_view_names(connection, schema, **kw)
        return names

    def _get_table_sql(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        # No statement made it: no constraints to be found there, as with SQLite's own tables.
        if schema == AWS_SCHEMA or _registration(connection).resource_type(table_name):
            return None
        return super()._get_table_sql(connection, table_name, schema, **kw)

    def _get_table_pragma(
        self, connection: Any, pragma: str, table_name: str, schema: str | None = None
    ) -> Any:
        if schema == AWS_SCHEMA:
            schema = None
        rows = super()._get_table_pragma(connection, pragma, table_name, schema)
        resource_type = _registration(connection).resource_type(table_name)
        if resource_type is None or not pragma.startswith("table_"):
            return rows
        return [_with_key(row, resource_type) for row in rows if not _is_hidden(row)]


def _registration(connection: Any) -> Registration:
    registration: Registration = connection.connection.driver_connection._registration
    return registration


def _is_hidden(row: Any) -> bool:
    """``PRAGMA table_xinfo`` has a seventh column, 1 for those that ``SELECT *`` leaves out."""
    return len(row) > 6 and row[6] == 1


def _with_key(row: Any, resource_type: ResourceType) -> tuple[Any, ...]:
    """A row of ``PRAGMA table_info`` with the primary identifier and the region as its key."""
    number, name, declared, not_null, default, _, *rest = row
    key = [*_identifier_columns(resource_type), "region"]
    position = key.index(name) + 1 if name in key else 0
    return number, name, declared, not_null, default, position, *rest


def _identifier_columns(resource_type: ResourceType) -> list[str]:
    columns = (column for column in table_columns(resource_type) if not column.hidden)
    names = {column.property.name: column.name for column in columns if column.property}
    return [names[part] for part in resource_type.identifier if part in names]
