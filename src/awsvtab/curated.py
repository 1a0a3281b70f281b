"""``CREATE VIRTUAL TABLE … USING aws(…)``: tables that are stored in the user's database file.

What a file says is not what its reader said: a table that came with the file is read-only and its
profile is not used, unless the connection trusts the file's schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import apsw

from awsvtab.catalog import Catalog, ResourceType
from awsvtab.catalog.find import find_table, no_such_table
from awsvtab.errors import ProgrammingError
from awsvtab.options import SESSION_ACCOUNT
from awsvtab.scan import Reach
from awsvtab.vtable import Engine, Table, came_with_file, declare

MODULE = "aws"
USAGE = "USING aws(service.resource, region='eu-west-1', profile='audit')"

_OPTION = re.compile(r"(\w+)\s*=\s*(.+)", re.DOTALL)
_STORED = re.compile(r"\bUSING\s+aws\s*\(([^,)]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Definition:
    """What stands between the parentheses."""

    name: str
    region: str | None = None
    profile: str | None = None


class CuratedModule:
    """Makes tables that were, or are now, defined by CREATE VIRTUAL TABLE."""

    def __init__(
        self, engine: Engine, trusted: bool, type_named: Callable[[str], ResourceType]
    ) -> None:
        self._engine = engine
        self._trusted = trusted
        self._type_named = type_named
        self._created: set[tuple[str, str, Definition]] = set()  # file, table, what it says

    def Create(  # noqa: N802 - APSW's name
        self,
        connection: apsw.Connection,
        modulename: str,
        databasename: str,
        tablename: str,
        *args: object,
    ) -> tuple[str, Table]:
        """A table that this connection defines."""
        definition = parse(args)
        made = self._make(definition, tablename, own=True)
        self._created.add((connection.db_filename(databasename), tablename, definition))
        return made

    def Connect(  # noqa: N802 - APSW's name
        self,
        connection: apsw.Connection,
        modulename: str,
        databasename: str,
        tablename: str,
        *args: object,
    ) -> tuple[str, Table]:
        """A table that the database file holds."""
        definition = parse(args)
        own = (connection.db_filename(databasename), tablename, definition) in self._created
        return self._make(definition, tablename, own)

    def _make(self, definition: Definition, table_name: str, own: bool) -> tuple[str, Table]:
        trusted = own or self._trusted
        profile = definition.profile if trusted else None
        reach = self._engine.scanner.reach
        bound = Reach(
            account=SESSION_ACCOUNT if profile is None else profile,
            regions=reach.regions if definition.region is None else (definition.region,),
        )
        refusal = None if trusted else came_with_file(table_name)
        resource_type = self._resource_type(definition.name)
        return declare(self._engine, resource_type, reach=bound, refusal=refusal)

    def _resource_type(self, name: str) -> ResourceType:
        return resource_type_of(self._engine.catalog, name, self._type_named)


def resource_type_of(
    catalog: Catalog, name: str, type_named: Callable[[str], ResourceType]
) -> ResourceType:
    """The type behind ``service.resource`` or AWS's own name for it."""
    if "::" in name:
        return type_named(name)
    found = find_table(catalog, name)
    if found is None:
        raise ProgrammingError(no_such_table(catalog, name))
    return found


def parse(arguments: Sequence[object]) -> Definition:
    """The definition that the arguments make; ProgrammingError shows how to write one."""
    first, *rest = map(str, arguments) if arguments else [""]
    name = _unquoted(first)
    options: dict[str, str] = {}
    for text in rest:
        option = _OPTION.fullmatch(text.strip())
        if option is None or option[1].lower() not in ("region", "profile"):
            raise ProgrammingError(f"aws(…): unknown option {text.strip()!r}; write {USAGE}")
        options[option[1].lower()] = _unquoted(option[2])
    if not name:
        raise ProgrammingError(f"aws(…) lacks the table's type; write {USAGE}")
    return Definition(name, **options)


def stored_name(sql: str) -> str | None:
    """What a CREATE VIRTUAL TABLE statement calls its type; None if it makes no AWS table."""
    found = _STORED.search(sql)
    return None if found is None else _unquoted(found[1])


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"`":
        return text[1:-1].replace(text[0] * 2, text[0])
    return text
