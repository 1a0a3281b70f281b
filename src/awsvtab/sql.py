"""The user's SQL to SQLite's: names of AWS tables, token by token.

SQLite has no three-part names. ``aws.customerprofiles.event_streams``, or the same without the
``aws.``, becomes ``aws_customerprofiles_event_streams AS event_streams``, and as the qualifier of
a column (``customerprofiles.event_streams.uri``) it becomes what the table is called then. Nothing
else in the text changes: no string, comment or parameter, nor anything that SQLite would refuse.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from .sqltables import Mention, Qualifier, attached, mentions, qualifiers, statements
from .sqltokens import RESERVED, Tokens

Find = Callable[[str, str], str | None]
Unknown = tuple[int, str, str]

_PROVIDERS = frozenset({"aws", "awscc"})


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What SQLite is given, and the way back to the user's text.

    ``edits`` are ``(offset in text, offset in the user's SQL)`` pairs, ascending, one at each
    place where the two texts stop running in step: each replacement has one where it starts and
    one where it ends. ``unknown`` are the three-part names in a table's place that are of no
    resource type, as ``(offset in the user's SQL, service, resource)``. They still stand in
    ``text``, where SQLite takes the second dot for a syntax error.
    """

    text: str
    edits: tuple[tuple[int, int], ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def offset(self, position: int) -> int:
        """The offset in the user's SQL of what is at ``position`` in ``text``.

        Within a replacement, it is where the replaced part starts. Both are in characters, whereas
        SQLite's ``error_offset`` is in bytes of UTF-8.
        """
        passed = bisect_right(self.edits, position, key=lambda edit: edit[0])
        if passed == 0:
            return position
        start, origin = self.edits[passed - 1]
        is_replaced = passed % 2 == 1
        return origin if is_replaced else origin + position - start


def rewrite(sql: str, find: Find, schemas: Collection[str] = ()) -> Rewritten:
    """``sql`` with the names of AWS tables as SQLite knows them.

    ``find(service, resource)`` returns the name of the table, or None where there is no such
    resource type. It is asked for lower-case names, about aliases and columns too, and should be
    no more than a look-up. ``schemas`` are the lower-case names of the attached databases: a
    two-part name that starts with one is a table in it.

    The result depends on the arguments alone, and statements repeat: callers should keep results,
    by ``(sql, frozenset(schemas))``, in a `functools.lru_cache`.
    """
    if not _may_name_tables(sql, find):
        return Rewritten(sql)
    tokens = Tokens(sql)
    names = _Names(find, schemas)
    edits: list[_Edit] = []
    unknown: list[Unknown] = []
    for statement in statements(tokens):
        if (schema := attached(tokens, statement)) is not None:
            names = _Names(find, {*names.schemas, schema})
        tables = [(each, names.table(each.parts)) for each in mentions(tokens, statement)]
        qualified = [(each, names.table(each.parts)) for each in qualifiers(tokens, statement)]
        shorts = _short_names(tables)
        edits += _table_edits(tokens, tables, shorts)
        edits += _qualifier_edits(tokens, qualified, tables, shorts)
        unknown += _unknown(tokens, tables)
    return _apply(sql, edits, unknown)


# A dotted name, or a dot next to what may be a quoted part, white space or a comment.
_DOT = re.compile(r"""\b(\w++)\.(\w+)|["'`\]\s\ufeff/]\.|\.["'`\[\s\ufeff/-]""")


def _may_name_tables(sql: str, find: Find) -> bool:
    """Whether there is anything to rewrite; False is certain.

    Most statements have no dots, or have them in ``alias.column``. Nothing in the text tells an
    alias from a service, but the catalog does.
    """
    if "." not in sql or "\0" in sql:  # APSW refuses a text with a NUL
        return False
    for dot in _DOT.finditer(sql):
        first, second = dot.groups()
        if first is None:
            return True
        first = first.lower()
        if first in _PROVIDERS or find(first, second.lower()) is not None:
            return True
    return False


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    """``text`` in place of what is between two offsets."""

    start: int
    stop: int
    text: str


@dataclass(frozen=True, slots=True)
class _Names:
    """What a dotted name means: attached databases come before services."""

    find: Find
    schemas: Collection[str]

    def table(self, parts: tuple[str, ...]) -> str | None:
        """The AWS table of that name."""
        match parts:
            case (provider, service, resource) if provider in _PROVIDERS:
                return self.find(service, resource)
            case (service, resource) if service not in self.schemas:
                return self.find(service, resource)
        return None


# Each with the AWS table that its parts name, if they do.
_Tables = list[tuple[Mention, str | None]]
_Qualified = list[tuple[Qualifier, str | None]]


def _short_names(tables: _Tables) -> dict[str, str]:
    """The short names that become aliases, to the AWS tables whose they are.

    A name that is also another table's or an alias, be it far away in the statement, becomes none:
    local copies are often called like the original, and where both are read, the short name is the
    copy's and only the copy's.
    """
    owners: dict[str, set[str | None]] = {}
    for mention, table in tables:
        if mention.called is not None:
            can_have_alias = mention.alias_at is not None
            owners.setdefault(mention.called, set()).add(table if can_have_alias else None)
    only = {called: next(iter(found)) for called, found in owners.items() if len(found) == 1}
    return {called: table for called, table in only.items() if table is not None}


def _table_edits(tokens: Tokens, tables: _Tables, shorts: dict[str, str]) -> Iterator[_Edit]:
    for mention, table in tables:
        if table is None:
            continue
        yield _Edit(tokens.start(mention.first), tokens.stop(mention.last), table)
        if mention.alias_at is not None and mention.called in shorts:
            behind = tokens.stop(mention.alias_at)
            yield _Edit(behind, behind, f" AS {_identifier(mention.called)}")


def _qualifier_edits(
    tokens: Tokens, qualified: _Qualified, tables: _Tables, shorts: dict[str, str]
) -> Iterator[_Edit]:
    named = {table for _, table in tables}
    for qualifier, table in qualified:
        # Three parts before a column can only be AWS's; two may be of a database not attached.
        if table is None or (len(qualifier.parts) == 2 and table not in named):
            continue
        short = qualifier.parts[-1]
        is_alias = shorts.get(short) == table and not qualifier.in_returning
        text = _identifier(short) if is_alias else table
        yield _Edit(tokens.start(qualifier.first), tokens.stop(qualifier.last), text)


def _identifier(resource: str) -> str:
    """A resource's name in SQL: nothing in it needs quotes, unless it is a keyword."""
    return f'"{resource}"' if resource in RESERVED else resource


def _unknown(tokens: Tokens, tables: _Tables) -> Iterator[Unknown]:
    for mention, table in tables:
        match mention.parts:
            case (provider, service, resource) if table is None and provider in _PROVIDERS:
                yield tokens.start(mention.first), service, resource


def _apply(sql: str, edits: Iterable[_Edit], unknown: Iterable[Unknown]) -> Rewritten:
    """``sql`` with edits that do not overlap, in whatever order."""
    pieces: list[str] = []
    offsets: list[tuple[int, int]] = []
    done = length = 0
    for edit in sorted(edits):
        length += edit.start - done
        offsets += (length, edit.start), (length + len(edit.text), edit.stop)
        pieces += sql[done : edit.start], edit.text
        length += len(edit.text)
        done = edit.stop
    return Rewritten("".join([*pieces, sql[done:]]), tuple(offsets), tuple(unknown))
