"""StackQL's SHOW and DESCRIBE to SELECTs from the introspection tables: text to text.

Neither word begins a statement of SQLite's, so nothing that works is taken away. The columns are
called as StackQL calls them: https://stackql.io/docs/language-spec/show
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from awsvtab.catalog import Catalog, ResourceType
from awsvtab.catalog.find import PROVIDERS, find_table, no_such_table
from awsvtab.errors import ProgrammingError
from awsvtab.sql import Rewritten
from awsvtab.sqltokens import Tokens
from awsvtab.values import sql_literal

_BEGIN = re.compile(
    r"(?>\s+|--[^\n]*|/\*.*?\*/)*(?:show|desc|describe)\b", re.IGNORECASE | re.DOTALL
)

_SERVICES = """
SELECT 'aws.' || service AS id, service AS name, count(*) AS resources
FROM aws_resource_types WHERE {condition} GROUP BY service ORDER BY service
"""
_RESOURCES = """
SELECT resource AS name, 'aws.' || service || '.' || resource AS id, type_name
FROM aws_resource_types WHERE service = {service} AND {condition} ORDER BY resource
"""
_METHODS = """
SELECT method AS MethodName, required_params AS RequiredParams, sql_verb AS SQLVerb
FROM aws_methods WHERE type_name = {type_name} AND {condition}
"""
_DESCRIBE = """
SELECT column_name AS name, type FROM aws_columns WHERE type_name = {type_name}
"""
_DESCRIBE_EXTENDED = """
SELECT column_name AS name, type, property, is_required, is_read_only, is_create_only,
is_write_only, identifier_position FROM aws_columns WHERE type_name = {type_name}
"""


def rewrite_show(
    sql: str, catalog: Catalog, short_names: Mapping[str, ResourceType]
) -> Rewritten | None:
    """The SELECT for one SHOW or DESCRIBE statement; None for any other text.

    Raises ProgrammingError where the name that is asked about is of no service or resource type.
    """
    if not _BEGIN.match(sql):
        return None
    tokens = Tokens(sql)
    names = _Names(catalog, short_names)
    select = _show(tokens, names) if tokens.words[0] == "show" else _describe(tokens, names)
    if select is None:
        return None
    text = " ".join(select.split("\n")).strip()
    return Rewritten(text, ((0, 0), (len(text), len(sql))))


@dataclass(frozen=True, slots=True)
class _Names:
    """What a dotted name is about, as a literal for the SELECT; None where it may be local.

    Raises ProgrammingError where a name can only be AWS's and is of nothing.
    """

    catalog: Catalog
    short_names: Mapping[str, ResourceType]

    def type_name(self, name: tuple[str, ...]) -> str | None:
        """The literal of the resource type behind a table's name."""
        dotted = ".".join(name)
        found = find_table(self.catalog, dotted) or self.short_names.get(dotted)
        if found is not None:
            return sql_literal(found.name)
        if len(name) in (2, 3) and (name[0] in PROVIDERS or name[0] in self._services()):
            raise ProgrammingError(no_such_table(self.catalog, dotted))
        return None

    def service(self, name: tuple[str, ...]) -> str | None:
        """The literal of a service, named with a provider or without."""
        *provider, service = name
        if len(provider) > 1 or not PROVIDERS.issuperset(provider):
            return None
        services = self._services()
        if service not in services:
            near = difflib.get_close_matches(service, services)
            hint = f"; did you mean {' or '.join(f'aws.{each}' for each in near)}?" if near else ""
            raise ProgrammingError(f"no such service: {'.'.join(name)}{hint}")
        return sql_literal(service)

    def _services(self) -> set[str]:
        return {dotted.partition(".")[0] for dotted in self.catalog.dotted_names()}


def _show(tokens: Tokens, names: _Names) -> str | None:
    """``SHOW {SERVICES | RESOURCES | METHODS} {IN | FROM} name [LIKE 'pattern']``"""
    _, kind, preposition = tokens.words[:3]
    name = tokens.dotted(3)
    behind = 3 + 2 * len(name) - 1
    pattern = _pattern(tokens, behind)
    if not name or preposition not in {"in", "from"} or not _ends(tokens, behind, pattern):
        return None
    if kind == "services" and len(name) == 1 and name[0] in PROVIDERS:
        return _SERVICES.format(condition=_like("service", pattern))
    if kind == "resources" and (service := names.service(name)):
        return _RESOURCES.format(service=service, condition=_like("resource", pattern))
    if kind == "methods" and (type_name := names.type_name(name)):
        return _METHODS.format(type_name=type_name, condition=_like("method", pattern))
    return None


def _describe(tokens: Tokens, names: _Names) -> str | None:
    """``{DESCRIBE | DESC} [EXTENDED] name``"""
    is_extended = tokens.words[1] == "extended" and tokens.words[2] != "."
    begin = 2 if is_extended else 1
    name = tokens.dotted(begin)
    if not name or not _ends(tokens, begin + 2 * len(name) - 1):
        return None
    type_name = names.type_name(name)
    if type_name is None:
        return None
    return (_DESCRIBE_EXTENDED if is_extended else _DESCRIBE).format(type_name=type_name)


def _pattern(tokens: Tokens, index: int) -> str | None:
    """The pattern of a LIKE at ``index``."""
    is_like = tokens.words[index] == "like" and tokens.words[index + 1][:1] in {"'", '"'}
    return tokens.name(index + 1) if is_like else None


def _ends(tokens: Tokens, index: int, pattern: str | None = None) -> bool:
    """Whether nothing but the pattern and semicolons comes from ``index`` on."""
    behind = index if pattern is None else index + 2
    return {";", ""}.issuperset(tokens.words[behind : tokens.end])


def _like(column: str, pattern: str | None) -> str:
    return "true" if pattern is None else f"{column} LIKE {sql_literal(pattern)}"
