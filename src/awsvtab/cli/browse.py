"""``awsvtab tables`` and ``awsvtab describe``: what there is to ask for."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import IO

import click

import awsvtab
from awsvtab.catalog import Catalog, ResourceType, catalog
from awsvtab.catalog.columns import property_columns
from awsvtab.catalog.find import find_alias, find_table, nearest, no_such_table
from awsvtab.cli.arguments import format_options
from awsvtab.cli.connecting import Command, reported
from awsvtab.cli.formats import Rows, Style, box
from awsvtab.cli.output import Output
from awsvtab.resources import identifier_form

_TABLES = """
SELECT 'aws.' || service || '.' || resource AS "table", type_name AS type,
    can_list, can_read, can_create, can_update, can_delete
FROM aws_resource_types
WHERE "table" LIKE :pattern ESCAPE '\\' OR type LIKE :pattern ESCAPE '\\'
ORDER BY 1
"""
_COLUMNS = """
SELECT column_name, type, property, is_required, is_read_only, is_create_only, is_write_only,
    identifier_position
FROM aws_columns WHERE type_name = ?
"""
_VERBS = ("list", "read", "create", "update", "delete")
_NOT_READ = "Cloud Control neither lists nor reads this type: no statement gives rows of it."
_NOTES = ("required", "read-only", "create-only", "write-only")


@click.command(cls=Command)
@click.argument("pattern", default="")
@format_options
def tables(pattern: str, format_name: str | None, null: str) -> None:
    """List the tables whose name, or resource type, has PATTERN in it.

    Upper and lower case are the same; an asterisk stands for anything: `tables 's3*bucket'`.
    """
    with reported(), closing(awsvtab.connect(":memory:")) as connection:
        found = matching(connection, pattern)
        if format_name is None and sys.stdout.isatty():
            click.echo("\n".join(listed(found)))
        else:
            Output(format_name, null).rows(found)


def matching(connection: awsvtab.Connection, pattern: str) -> Rows:
    """The tables with a pattern in their names. ClickException if there is none."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    cursor = connection.execute(_TABLES, {"pattern": f"%{escaped.replace('*', '%')}%"})
    rows = cursor.fetchall()
    if not rows:
        near = nearest(catalog(), pattern.strip("*"))
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise click.ClickException(f"no table has {pattern!r} in its name{hint}")
    names = [each[0] for each in cursor.description or ()]
    return Rows(names, cursor.declared_types, rows)


def listed(tables: Rows) -> Iterator[str]:
    """A line for each table, which says what is not to be had of it."""
    rows = list(tables.rows)
    widest = max(len(row[0]) for row in rows)
    for table, type_name, *can in rows:
        lacks = [verb for verb, has in zip(_VERBS, can, strict=True) if not has]
        note = f"  cannot {', '.join(lacks)}" if lacks else ""
        yield f"{table:{widest}}  {type_name}{note}"


@click.command(cls=Command)
@click.argument("table")
@format_options
def describe(table: str, format_name: str | None, null: str) -> None:
    """Show a table's columns, what a listing needs, and a statement to begin with.

    TABLE is written as in SQL, or as the resource type: aws.s3.buckets, AWS::S3::Bucket.
    """
    with reported(), closing(awsvtab.connect(":memory:")) as connection:
        resource_type = find(catalog(), table)
        rows = columns_of(connection, resource_type)
        if format_name is None and sys.stdout.isatty():
            for_people(resource_type, rows, sys.stdout, null)
        else:
            Output(format_name, null).rows(rows)


def columns_of(connection: awsvtab.Connection, resource_type: ResourceType) -> Rows:
    """A table's columns, and what may be done with each."""
    cursor = connection.execute(_COLUMNS, (resource_type.name,))
    names = [each[0] for each in cursor.description or ()]
    return Rows(names, cursor.declared_types, cursor.fetchall())


def for_people(resource_type: ResourceType, columns: Rows, out: IO[str], null: str = "") -> None:
    """Prints what a table is, its columns, and a statement to begin with."""
    out.writelines(f"{line}\n" for line in _described(catalog(), resource_type))
    box(_with_notes(columns), out, Style(null))
    out.write(f"\n{example(resource_type) or _NOT_READ}\n")


def find(catalog: Catalog, name: str) -> ResourceType:
    """The type behind a table's or a type's name. ProgrammingError if there is none."""
    if "::" in name:
        for resource_type in catalog:
            if resource_type.name.lower() == name.lower():
                return resource_type
    found, alias = find_table(catalog, name), find_alias(catalog, name)
    if found is not None:
        return found
    if alias is not None:
        return alias.resource_type
    raise awsvtab.ProgrammingError(_no_such_table(catalog, name))


def _no_such_table(catalog: Catalog, name: str) -> str:
    if "::" not in name:
        return no_such_table(catalog, name)
    near = difflib.get_close_matches(name, [each.name for each in catalog], n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"no such resource type: {name}{hint}"


def _described(catalog: Catalog, resource_type: ResourceType) -> Iterator[str]:
    columns = property_columns(resource_type)
    can = filter(resource_type.can, _VERBS)
    identifier = "|".join(columns.get(name, name) for name in resource_type.identifier)
    yield f"{resource_type.dotted_name}   {resource_type.name}"
    yield f"identifier  {identifier}"
    yield f"can         {', '.join(can)}"
    if resource_type.is_global:
        yield "region      global: every row is in the partition's home region"
    choices = [
        " and ".join(columns.get(each, each) for each in c) for c in resource_type.list_requires
    ]
    if choices:
        parents = [
            catalog.type(parent.type_name).dotted_name
            for parent in resource_type.parents
            if parent.type_name is not None
        ]
        missing = (
            f"without it, {' or '.join(dict.fromkeys(parents))} is listed first"
            if parents
            else "it has to be in the WHERE"
        )
        yield f"a listing   needs {' or '.join(choices)}; {missing}"


def _with_notes(rows: Rows) -> Rows:
    """One column of notes instead of one for each flag."""
    noted = []
    for name, json_type, _, *flags, position in rows.rows:
        notes = [note for note, flag in zip(_NOTES, flags, strict=True) if flag]
        notes += [f"identifier {position}"] if position else []
        noted.append((name, json_type, ", ".join(notes)))
    return Rows(("column", "type", ""), (None, None, None), noted)


def example(resource_type: ResourceType) -> str | None:
    """A SELECT to begin with: of the identifier's columns, in one region. None if there is none."""
    columns = property_columns(resource_type)
    named = [columns[name] for name in resource_type.identifier if name in columns]
    conditions = [] if resource_type.is_global else ["region = 'us-east-1'"]
    if not resource_type.can("list"):
        if not resource_type.can("read"):
            return None
        conditions.append(f"data__Identifier = '{identifier_form(resource_type)}'")
    elif resource_type.list_requires and not resource_type.parents:
        needed = resource_type.list_requires[0]
        conditions += [f"{columns[name]} = '…'" for name in needed if name in columns]
    where = f"\nWHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {', '.join(named or ['*'])} FROM {resource_type.dotted_name}{where};"
