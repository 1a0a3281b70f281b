"""The user's SQL to SQLite's: names of AWS tables, token by token.

SQLite has no three-part names, so ``aws.customerprofiles.event_streams`` (or the same without
``aws.``) becomes ``aws_customerprofiles_event_streams AS event_streams``, and nothing else in the
text changes. `rewrite` reads each statement once:

1. `_Reader` finds the tables that it names, by the keywords that a table name follows. It is no
   parser: what is not valid SQL passes, and SQLite reports it.
2. `_short_names` decides which AWS tables may be called by the last part of their name.
3. Names of AWS tables are replaced, and then qualifiers of their columns, by what 2 decided.

The grammar that this relies on is https://sqlite.org/src/file/src/parse.y.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from .sqltokens import RESERVED, Tokens

Find = Callable[[str, str], str | None]

_PROVIDERS = frozenset({"aws", "awscc"})


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What SQLite is given, and the way back to the user's text.

    ``edits`` are ``(offset in text, offset in the user's SQL)`` pairs, ascending, one at each
    place where the two texts stop running in step: the first of a pair of them where a replacement
    starts, the second where it ends. ``unknown`` are the ``(offset in the user's SQL, service,
    resource)`` of three-part table names that the catalog does not have. They are left as they
    were, which SQLite calls a syntax error.
    """

    text: str
    edits: tuple[tuple[int, int], ...] = ()
    unknown: tuple[tuple[int, str, str], ...] = ()

    def offset(self, position: int) -> int:
        """The offset in the user's SQL of what is at ``position`` in ``text``.

        Inside a replacement, that is where the replaced part starts. Both count characters;
        SQLite's own ``error_offset`` counts bytes of UTF-8.
        """
        passed = bisect_right(self.edits, position, key=lambda edit: edit[0])
        if passed == 0:
            return position
        at, origin = self.edits[passed - 1]
        return origin if passed % 2 else origin + position - at


def rewrite(sql: str, find: Find, schemas: Collection[str] = ()) -> Rewritten:
    """``sql`` with the names of AWS tables as SQLite knows them.

    ``find(service, resource)`` gives the name of the table (``aws_customerprofiles_event_streams``)
    or None where there is no such resource type; it is asked with lower-case names, often about
    names that have nothing to do with AWS, and should be one look-up. ``schemas`` are the
    lower-case names of the attached databases: theirs are the two-part names that start with one.

    The result depends on nothing but the arguments. Statements repeat, so a caller that runs many
    should keep results: ``lru_cache`` over ``(sql, frozenset(schemas))`` for one ``find``.
    """
    if not _may_name_tables(sql, find):
        return Rewritten(sql)
    tokens = Tokens(sql)
    edits: list[_Edit] = []
    unknown: list[tuple[int, str, str]] = []
    for statement in _statements(tokens.words):
        reader = _Reader(tokens, find, schemas, statement)
        edits += reader.edits()
        unknown += reader.unknown
    return _apply(sql, edits, tuple(unknown))


# A dotted name, or a dot next to something that may be a quoted part, white space or a comment.
_DOT = re.compile(r"""([\w$]+)\.([\w$]+)|["'`\]\s/]\.|\.["'`\[\s/-]""")


def _may_name_tables(sql: str, find: Find) -> bool:
    """Whether there is anything to rewrite: False is certain, and cheap.

    Most statements have no dot, or dots in ``alias.column`` only. A service cannot be told from an
    alias by its looks, but the catalog can tell.
    """
    if "." not in sql or "\0" in sql:  # APSW refuses a text with a NUL: let it
        return False
    for dot in _DOT.finditer(sql):
        first, second = dot.groups()
        if first is None:
            return True
        first = first.lower()
        if first in _PROVIDERS or find(first, second.lower()) is not None:
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Statement:
    """Token indexes of one statement: from its first to behind its last.

    The header of a CREATE TRIGGER, up to BEGIN, is one, and so is each statement of the body:
    names mean something within one of these only.
    """

    begin: int
    end: int
    in_trigger: bool


def _statements(words: list[str]) -> Iterator[_Statement]:
    """The statements of a text, without those that must be left alone."""
    begin, in_trigger = 0, False
    while begin < len(words):
        end = _index(words, ";", begin, len(words))
        if words[begin] == "end":
            in_trigger = False
        kind = _created(words, begin)
        if kind == "trigger":
            end = _index(words, "begin", begin, end)
        if kind != "virtual":  # a module's arguments are free text
            yield _Statement(begin, end, in_trigger)
        in_trigger = in_trigger or kind == "trigger"
        begin = end + 1


def _index(words: list[str], word: str, begin: int, end: int) -> int:
    """Where ``word`` comes first in a range, or the end of the range."""
    try:
        return words.index(word, begin, end)
    except ValueError:
        return end


def _verb(words: list[str], begin: int) -> int:
    """The index of a statement's first word behind EXPLAIN [QUERY PLAN]."""
    if words[begin] != "explain":
        return begin
    return begin + (3 if words[begin + 1] == "query" else 1)


def _created(words: list[str], begin: int) -> str | None:
    """What a CREATE statement makes; ``virtual`` for a virtual table."""
    at = _verb(words, begin)
    if words[at] != "create":
        return None
    return words[at + 2 if words[at + 1] in {"temp", "temporary", "unique"} else at + 1]


def _object(words: list[str], statement: _Statement) -> int | None:
    """The index of the table that a statement is about which neither reads nor changes rows.

    The table that CREATE TABLE makes is not among them: with the name rewritten, it would be an
    ordinary table that hides the AWS one.
    """
    at = _verb(words, statement.begin)
    match words[at]:
        case "analyze" | "reindex":
            return at + 1
        case "alter" | "drop":
            return at + (4 if words[at + 2] == "if" and words[at + 3] == "exists" else 2)
        case "pragma":
            openings = (_index(words, mark, at, statement.end) for mark in "(=")
            return min(openings) + 1
        case "create" if _created(words, at) in {"index", "trigger"}:
            return _index(words, "on", at, statement.end) + 1
    return None


class _Place(Enum):
    """Where a table name can stand, by the alias that may follow."""

    SOURCE = auto()  # FROM, JOIN, and commas and parentheses between them: with AS or without
    TARGET = auto()  # DELETE FROM, UPDATE: with AS
    OPERAND = auto()  # elsewhere: none


@dataclass(frozen=True, slots=True)
class _Mention:
    """A table name in table position.

    ``first`` and ``last`` are the indexes of its tokens, and ``called`` is what columns of it are
    qualified with, unless it is rewritten: an alias, or the last part of its name. ``alias_at`` is
    the index of the token that an alias could be put behind, None where there is one already or
    can be none. ``table`` is None for a table that is not AWS's.
    """

    first: int
    last: int
    table: str | None
    called: str | None
    alias_at: int | None


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    """``text`` instead of what is between two offsets."""

    start: int
    stop: int
    text: str


class _Reader:
    """Reads one statement, and says how to write it."""

    def __init__(
        self, tokens: Tokens, find: Find, schemas: Collection[str], statement: _Statement
    ) -> None:
        self.tokens = tokens
        self.words = tokens.words
        self.find = find
        self.schemas = schemas
        self.statement = statement
        self.mentions: list[_Mention] = []
        self.unknown: list[tuple[int, str, str]] = []
        self._in_from = False  # whether a comma here stands between tables
        self._outer: list[tuple[bool, bool]] = []  # the same outside of each open parenthesis
        self._awaited = -1  # index of a parenthesis that stands where a table would
        self._read()

    # --- the tables that the statement names

    def _read(self) -> None:
        about = _object(self.words, self.statement)
        if about is not None:
            self._mention(about, _Place.OPERAND)
        for index in range(self.statement.begin, self.statement.end):
            turn = _TURNS.get(self.words[index])
            if turn is not None:
                turn(self, index)

    def on_from(self, index: int) -> None:
        before = self.words[index - 1]
        if before == "distinct":  # a IS [NOT] DISTINCT FROM b
            return
        self._in_from = True
        self._table(index + 1, _Place.TARGET if before == "delete" else _Place.SOURCE)

    def on_join(self, index: int) -> None:
        self._table(index + 1, _Place.SOURCE)

    def on_comma(self, index: int) -> None:
        if self._in_from:
            self._table(index + 1, _Place.SOURCE)

    def on_open(self, index: int) -> None:
        is_table = index == self._awaited
        self._outer.append((self._in_from, is_table))
        self._in_from = is_table and self.words[index + 1] not in {"select", "values", "with"}
        if self._in_from:
            self._table(index + 1, _Place.SOURCE)

    def on_close(self, index: int) -> None:
        if not self._outer:
            return
        self._in_from, was_table = self._outer.pop()
        if was_table:
            called = self._alias(index + 1, _Place.SOURCE)
            self.mentions.append(_Mention(index, index, None, called, None))

    def on_end_of_from(self, index: int) -> None:
        if self.words[index] != "window" or self.tokens.opens_window(index):
            self._in_from = False

    def on_update(self, index: int) -> None:
        in_conflict = self.words[index + 1] == "or"  # UPDATE OR IGNORE
        self._table(index + (3 if in_conflict else 1), _Place.TARGET)

    def on_operand(self, index: int) -> None:
        if self.words[index + 1] != "(":
            self._mention(index + 1, _Place.OPERAND)

    def _table(self, index: int, place: _Place) -> None:
        if self.words[index] == "(":
            self._awaited = index
        else:
            self._mention(index, place)

    def _mention(self, index: int, place: _Place) -> None:
        parts = self.tokens.dotted(index)
        if not parts or self.words[index] in RESERVED:
            return
        table = self._find(parts)
        if table is None and len(parts) == 3 and parts[0] in _PROVIDERS:
            self.unknown.append((self.tokens.start(index), parts[1], parts[2]))
        last = index + 2 * len(parts) - 2
        called: str | None = None
        alias_at: int | None = None
        if place is not _Place.OPERAND:
            called, alias_at = self._called(index, last, place)
            if called is None:
                called = parts[-1]
                if place is _Place.TARGET and self.statement.in_trigger:
                    # SQLite takes an alias there since 2025; to an older one, a database with
                    # such a trigger is malformed as a whole.
                    alias_at = None
        self.mentions.append(_Mention(index, last, table, called, alias_at))

    def _find(self, parts: tuple[str, ...]) -> str | None:
        match parts:
            case ("aws" | "awscc", service, resource):
                return self.find(service, resource)
            case (service, resource) if service not in self.schemas:
                return self.find(service, resource)
        return None

    def _called(self, first: int, last: int, place: _Place) -> tuple[str | None, int | None]:
        """The alias of a table, or None and the token that one could be put behind."""
        after = last + 1
        if place is _Place.SOURCE and self.words[after] == "(":
            after = self.tokens.after_parentheses(after)
        alias = self._alias(after, place)
        # In "a JOIN (b AS c)" SQLite forgets the alias c, of a lone table in parentheses.
        while alias is None and self.words[first - 1] == "(" and self.words[after] == ")":
            first, after = first - 1, after + 1
            alias = self._alias(after, place)
        return (None, after - 1) if alias is None else (alias, None)

    def _alias(self, index: int, place: _Place) -> str | None:
        word = self.words[index]
        if word == "as":
            return self.tokens.name(index + 1)
        if place is not _Place.SOURCE or word in RESERVED:
            return None
        if word == "window" and self.tokens.opens_window(index):
            return None
        return self.tokens.name(index)

    # --- what to write

    def edits(self) -> Iterator[_Edit]:
        shorts = _short_names(self.mentions)
        for mention in self.mentions:
            if mention.table is not None:
                yield self._replace(mention.first, mention.last, mention.table)
                if mention.alias_at is not None and mention.table in shorts:
                    behind = self.tokens.stop(mention.alias_at)
                    yield _Edit(behind, behind, f" AS {shorts[mention.table]}")
        yield from self._qualifiers(shorts)

    def _qualifiers(self, shorts: dict[str, str]) -> Iterator[_Edit]:
        """The edits of ``aws.service.resource.`` and ``service.resource.`` before a column.

        Four parts are never SQLite's; of three, the first is an attached database in SQLite, and
        so not an alias or a table.
        """
        mentioned = {mention.table for mention in self.mentions}
        begin, end = self.statement.begin, self.statement.end
        returning = _index(self.words, "returning", begin, end)
        for dot in (i for i in range(begin, end) if self.words[i] == "."):
            if self.words[dot + 2] != "." or self.words[dot - 2] == ".":
                continue
            *parts, _ = self.tokens.dotted(dot - 1) or ("",)
            table = self._find(tuple(parts))
            if table is None or (len(parts) == 2 and table not in mentioned):
                continue
            # In RETURNING, SQLite knows the table by no alias.
            short = shorts.get(table, table) if dot < returning else table
            yield self._replace(dot - 1, dot + 2 * len(parts) - 3, short)

    def _replace(self, first: int, last: int, text: str) -> _Edit:
        return _Edit(self.tokens.start(first), self.tokens.stop(last), text)


# Keyword or punctuation to what it says about the tables around it.
_Turn = Callable[[_Reader, int], None]
_END_OF_FROM = (
    *("where", "group", "having", "window", "order", "limit", "union", "except", "intersect"),
    *("returning", "select", "set", "values"),
)
_TURNS: dict[str, _Turn] = {
    **dict.fromkeys(_END_OF_FROM, _Reader.on_end_of_from),
    "from": _Reader.on_from,
    "join": _Reader.on_join,
    ",": _Reader.on_comma,
    "(": _Reader.on_open,
    ")": _Reader.on_close,
    "update": _Reader.on_update,
    "into": _Reader.on_operand,
    "in": _Reader.on_operand,
    "references": _Reader.on_operand,
}


def _short_names(mentions: Iterable[_Mention]) -> dict[str, str]:
    """AWS table to the alias that it gets wherever the statement names it without one.

    None for a table whose short name belongs to any other table or alias of the statement, however
    far away: a short name that means one thing here and another there helps nobody.
    """
    owners: dict[str, set[str | None]] = {}
    for mention in mentions:
        if mention.called is not None:
            owner = mention.table if mention.alias_at is not None else None
            owners.setdefault(mention.called, set()).add(owner)
    return {
        table: f'"{name}"' if name in RESERVED else name
        for name, tables in owners.items()
        if len(tables) == 1 and (table := next(iter(tables))) is not None
    }


def _apply(
    sql: str, edits: Iterable[_Edit], unknown: tuple[tuple[int, str, str], ...]
) -> Rewritten:
    """``sql`` with the edits made."""
    pieces: list[str] = []
    offsets: list[tuple[int, int]] = []
    done = length = 0
    for edit in sorted(edits):
        kept = sql[done : edit.start]
        pieces += (kept, edit.text)
        offsets.append((length + len(kept), edit.start))
        length += len(kept) + len(edit.text)
        offsets.append((length, edit.stop))
        done = edit.stop
    return Rewritten("".join([*pieces, sql[done:]]), tuple(offsets), unknown)
