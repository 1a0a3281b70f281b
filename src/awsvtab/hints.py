"""SQLite's messages, with what to write instead: text to text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from awsvtab.catalog import Catalog, ResourceType
from awsvtab.catalog.columns import table_columns
from awsvtab.catalog.find import nearest

_NO_TABLE = re.compile(r"no such table: (.+)")
_NO_COLUMN = re.compile(r"(?:no such column: |table \S+ has no column named )(?:\S+\.)?([^.]+)")
_NOT_ON_VIRTUAL_TABLES = {
    "UPSERT not implemented for virtual table": (
        "AWS has no such operation: UPDATE what is there, and INSERT OR IGNORE what is not"
    ),
    "UPDATE RETURNING is not available on virtual tables": (
        "SELECT the rows in the same transaction instead"
    ),
    "DELETE RETURNING is not available on virtual tables": (
        "SELECT the rows before the DELETE, in the same transaction"
    ),
}
_NO_SHOW = re.compile(r'near "(show|desc|describe)": syntax error', re.IGNORECASE)
_SHOWS = (
    "there are SHOW SERVICES IN aws, SHOW RESOURCES IN aws.s3, SHOW METHODS IN aws.s3.buckets and "
    "DESCRIBE aws.s3.buckets"
)
_WORD = re.compile(r"\w+")
_MOST_COLUMNS = 12


class Hint(NamedTuple):
    """What to say of an error; ``unsupported`` if AWS tables cannot do what was asked at all."""

    message: str
    unsupported: bool = False


def hinted(
    message: str,
    sql: str,
    catalog: Catalog,
    short_names: Mapping[str, ResourceType],
    other_tables: Collection[str] = (),
) -> Hint:
    """SQLite's message for a statement, with a correction where one is near.

    ``other_tables`` are the names of tables that are of no resource type.
    """
    if found := _NO_TABLE.fullmatch(message):
        same = difflib.get_close_matches(found[1].lower(), other_tables, n=1, cutoff=0.9)
        near = f"; did you mean {same[0]}?" if same else _near(found[1], catalog)
        return Hint(message + near)
    tables = _tables_in(sql, catalog, short_names)
    if found := _NO_COLUMN.fullmatch(message):
        return Hint(message + _other_columns(found[1], tables))
    if _NO_SHOW.fullmatch(message):
        return Hint(f"{message}; {_SHOWS}")
    for start, remedy in _NOT_ON_VIRTUAL_TABLES.items():
        if message.startswith(start) and next(tables, None) is not None:
            return Hint(f"{message}: {remedy}", unsupported=True)
    return Hint(message)


def _near(name: str, catalog: Catalog) -> str:
    near = nearest(catalog, name)
    if not near:
        return ""
    hint = f"; did you mean {' or '.join(near)}?"
    if "." in name or name.startswith("aws_"):
        return hint
    return f"{hint} (connect(tables=[{near[0].removeprefix('aws.')!r}]) makes the short name known)"


def _other_columns(name: str, tables: Iterator[ResourceType]) -> str:
    for table in tables:
        columns = [column.name for column in table_columns(table)]
        near = difflib.get_close_matches(name, columns, n=3, cutoff=0.5)
        if near:
            return f"; did you mean {' or '.join(near)}?"
        visible = [column.name for column in table_columns(table) if not column.hidden]
        more = ", …" if len(visible) > _MOST_COLUMNS else ""
        return f"; {table.dotted_name} has {', '.join(visible[:_MOST_COLUMNS])}{more}"
    return ""


def _tables_in(
    sql: str, catalog: Catalog, short_names: Mapping[str, ResourceType]
) -> Iterator[ResourceType]:
    for word in _WORD.findall(sql):
        found = short_names.get(word.lower()) or catalog.table(word)
        if found is not None:
            yield found
