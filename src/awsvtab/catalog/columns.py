"""The columns of a resource type's table: hidden ones first, then properties, then region."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from awsvtab.catalog.model import Property, ResourceType
from awsvtab.catalog.names import column_name


class Kind(StrEnum):
    """What a column holds."""

    IDENTIFIER = "identifier"
    PATCH = "patch"
    KEY = "key"
    RAW = "raw"
    ACCOUNT = "account"
    PROPERTY = "property"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; ``property`` is set where the column holds one."""

    name: str
    kind: Kind
    declared_type: str
    hidden: bool = False
    property: Property | None = None


# What SQLite takes for the row's key. It is one column, as virtual tables without rowid want it.
# https://www.sqlite.org/vtab.html#_without_rowid_virtual_tables_
KEY_COLUMN = "data__key"

_LEADING = (
    Column("data__Identifier", Kind.IDENTIFIER, "TEXT", hidden=True),
    Column("Identifier", Kind.IDENTIFIER, "TEXT", hidden=True),
    Column("data__PatchDocument", Kind.PATCH, "JSON", hidden=True),
    Column("PatchDocument", Kind.PATCH, "JSON", hidden=True),
    Column("properties", Kind.RAW, "JSON", hidden=True),
    Column("account_id", Kind.ACCOUNT, "TEXT", hidden=True),
    Column(KEY_COLUMN, Kind.KEY, "TEXT", hidden=True),
)
_REGION = Column("region", Kind.REGION, "TEXT")

_DECLARED_TYPES = {
    "string": "TEXT",
    "integer": "INTEGER",
    "number": "REAL",
    "boolean": "BOOLEAN",
}


def table_columns(
    resource_type: ResourceType, only: Collection[str] | None = None
) -> tuple[Column, ...]:
    """All columns, or of the properties ``only`` some, in the order in which they are declared.

    SQLite tells which columns a statement uses for the first 63 only
    (https://www.sqlite.org/c3ref/index_info.html), so the property names as AWS spells them, a
    second way to reach the same values, come last.
    """
    taken = {column.name.lower() for column in (*_LEADING, _REGION)}
    visible = []
    shown = [p for p in resource_type.properties if only is None or p.name in only]
    for prop in shown:
        name = _free_name(column_name(prop.name), taken)
        taken.add(name.lower())
        visible.append(_property_column(name, prop))
    spelled = (
        _property_column(prop.name, prop, hidden=True)
        for prop in shown
        if prop.name.lower() not in taken
    )
    return (*_LEADING, *visible, _REGION, *spelled)


def property_columns(resource_type: ResourceType) -> dict[str, str]:
    """The name of each property's visible column."""
    return {
        column.property.name: column.name
        for column in table_columns(resource_type)
        if column.property is not None and not column.hidden
    }


def declaration(columns: Sequence[Column]) -> str:
    """The CREATE TABLE statement that tells SQLite about the columns."""
    parts = (
        f"{_quoted(column.name)} {column.declared_type}"
        + (" HIDDEN" if column.hidden else "")
        + (" NOT NULL" if column.kind is Kind.KEY else "")
        for column in columns
    )
    return f"CREATE TABLE x({', '.join(parts)}, PRIMARY KEY({KEY_COLUMN})) WITHOUT ROWID"


def _free_name(name: str, taken: set[str]) -> str:
    while name.lower() in taken:
        name = f"_{name}"
    return name


def _property_column(name: str, prop: Property, hidden: bool = False) -> Column:
    declared_type = _DECLARED_TYPES.get(prop.json_type, "JSON")
    if prop.timestamp:
        declared_type = "TIMESTAMP"
    return Column(name, Kind.PROPERTY, declared_type, hidden, prop)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
