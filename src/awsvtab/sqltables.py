"""Where a statement names tables, by SQLite's grammar.

https://sqlite.org/src/file/src/parse.y is the grammar. This is no parser of it: a few keywords
tell where a table name stands. What is not valid SQL is read somehow, and SQLite reports it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from .sqltokens import RESERVED, Tokens


@dataclass(frozen=True, slots=True)
class Statement:
    """The token indexes of a statement: of its first, and behind its last.

    Names mean something within a statement only, and so the header of CREATE TRIGGER, up to BEGIN,
    counts as one, and each statement of the trigger's body as another.
    """

    begin: int
    end: int
    in_trigger: bool


@dataclass(frozen=True, slots=True)
class Mention:
    """A table's name where the grammar wants one, or something in parentheses in its place.

    ``parts`` are the name's (none of parentheses), ``first`` and ``last`` the indexes of its
    tokens. ``called`` is what the table's columns can be qualified with: its alias, or the last of
    ``parts``; None where no column can refer to the table. ``alias_at`` is the index of the token
    that an alias can be put behind; None where there is one or SQLite would not take it.
    """

    parts: tuple[str, ...]
    first: int
    last: int
    called: str | None = None
    alias_at: int | None = None


@dataclass(frozen=True, slots=True)
class Qualifier:
    """Two parts or more in front of a column, and the indexes of the first and last token.

    ``in_returning``, an alias means nothing to SQLite: it is the table's own name that counts.
    """

    parts: tuple[str, ...]
    first: int
    last: int
    in_returning: bool


def statements(tokens: Tokens) -> Iterator[Statement]:
    """The statements of a text, less CREATE VIRTUAL TABLE: a module's arguments are free text."""
    begin, in_trigger = 0, False
    while begin < tokens.end:
        end = tokens.index(";", begin, tokens.end)
        if tokens.words[begin] == "end":
            in_trigger = False
        created = _created(tokens, begin)
        if created == "trigger":
            end = tokens.index("begin", begin, end)
        if created != "virtual":
            yield Statement(begin, end, in_trigger)
        in_trigger = in_trigger or created == "trigger"
        begin = end + 1


def mentions(tokens: Tokens, statement: Statement) -> list[Mention]:
    """The tables that a statement names; parentheses come behind what is in them."""
    reader = _Reader(tokens, statement)
    reader.read()
    return reader.mentions


def qualifiers(tokens: Tokens, statement: Statement) -> Iterator[Qualifier]:
    """The qualifiers of several parts.

    In ``a.b.c``, SQLite takes ``a`` for an attached database, never for an alias or a table.
    """
    words = tokens.words
    returning = tokens.index("returning", statement.begin, statement.end)
    for dot in range(statement.begin, statement.end):
        if words[dot] == "." == words[dot + 2] and words[dot - 2] != ".":
            parts = tokens.dotted(dot - 1)[:-1]
            if parts:
                yield Qualifier(parts, dot - 1, dot + 2 * len(parts) - 3, dot > returning)


def attached(tokens: Tokens, statement: Statement) -> str | None:
    """The name that an ATTACH statement gives to a database."""
    if tokens.words[_verb(tokens, statement.begin)] != "attach":
        return None
    return tokens.name(tokens.index("as", statement.begin, statement.end) + 1)


def made(tokens: Tokens, statement: Statement) -> str | None:
    """The name of the table or view that a statement creates, without its database's."""
    if _created(tokens, statement.begin) not in {"table", "view"}:
        return None
    kind = min(tokens.index(each, statement.begin, statement.end) for each in ("table", "view"))
    has_condition = tokens.words[kind + 1 : kind + 4] == ["if", "not", "exists"]
    parts = tokens.dotted(kind + (4 if has_condition else 1))
    return parts[-1] if parts else None


def _verb(tokens: Tokens, begin: int) -> int:
    """The index of a statement's first word behind EXPLAIN [QUERY PLAN]."""
    if tokens.words[begin] != "explain":
        return begin
    return begin + (3 if tokens.words[begin + 1] == "query" else 1)


def _created(tokens: Tokens, begin: int) -> str | None:
    """What a CREATE statement makes: ``table``, ``trigger``, …; ``virtual`` is a virtual table."""
    at = _verb(tokens, begin)
    if tokens.words[at] != "create":
        return None
    has_adjective = tokens.words[at + 1] in {"temp", "temporary", "unique"}
    return tokens.words[at + 2 if has_adjective else at + 1]


def _object(tokens: Tokens, statement: Statement) -> int:
    """The index of the table's name in a statement that is about a table, not about rows.

    The end of the statement where there is none. What CREATE TABLE and CREATE VIEW make does not
    count: under the name of an AWS table, it would hide that table.
    """
    words, end = tokens.words, statement.end
    at = _verb(tokens, statement.begin)
    match words[at]:
        case "analyze" | "reindex":
            return at + 1
        case "alter" | "drop":
            return at + (4 if words[at + 2] == "if" and words[at + 3] == "exists" else 2)
        case "pragma":
            return min(tokens.index("(", at, end), tokens.index("=", at, end)) + 1
        case "create" if _created(tokens, at) in {"index", "trigger"}:
            return tokens.index("on", at, end) + 1
    return end


class _Place(Enum):
    """Where a table name stands, by the alias that it can take."""

    SOURCE = auto()  # FROM, JOIN, and the commas and parentheses between tables
    TARGET = auto()  # DELETE, UPDATE: none in a trigger
    OTHER = auto()  # none, or, with INSERT, none that RETURNING would know


class _Reader:
    """Collects the mentions of a statement, from token to token.

    For each keyword and punctuation mark that tells of tables there is a method, see `_TURNS`.
    """

    def __init__(self, tokens: Tokens, statement: Statement) -> None:
        self.mentions: list[Mention] = []
        self._tokens = tokens
        self._words = tokens.words
        self._statement = statement
        self._in_from = False  # whether a comma here stands between tables
        self._outer: list[tuple[bool, bool]] = []  # in_from and for_table, by open parenthesis
        self._awaited = -1  # the index of a parenthesis in the place of a table

    def read(self) -> None:
        statement = self._statement
        name = _object(self._tokens, statement)
        if name < statement.end:
            self._mention(name, _Place.OTHER)
        for index in range(statement.begin, statement.end):
            turn = _TURNS.get(self._words[index])
            if turn is not None:
                turn(self, index)

    def on_from(self, index: int) -> None:
        before = self._words[index - 1]
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
        for_table = index == self._awaited
        self._outer.append((self._in_from, for_table))
        self._in_from = for_table and self._words[index + 1] not in {"select", "values", "with"}
        if self._in_from:
            self._table(index + 1, _Place.SOURCE)

    def on_close(self, index: int) -> None:
        if not self._outer:
            return
        self._in_from, for_table = self._outer.pop()
        if for_table:
            self.mentions.append(Mention((), index, index, self._alias(index + 1)))

    def on_end_of_from(self, index: int) -> None:
        self._in_from = False

    def on_window(self, index: int) -> None:
        if self._opens_window(index):
            self._in_from = False

    def on_update(self, index: int) -> None:
        following = self._words[index + 1]
        if following not in {"set", "on", "of"}:  # DO UPDATE SET, and the events of triggers
            self._table(index + (3 if following == "or" else 1), _Place.TARGET)

    def on_other(self, index: int) -> None:
        self._mention(index + 1, _Place.OTHER)

    def _table(self, index: int, place: _Place) -> None:
        if self._words[index] == "(":
            self._awaited = index
        else:
            self._mention(index, place)

    def _mention(self, index: int, place: _Place) -> None:
        parts = self._tokens.dotted(index)
        if not parts:
            return
        last = index + 2 * len(parts) - 2
        if place is _Place.OTHER:
            self.mentions.append(Mention(parts, index, last))
            return
        alias, alias_at = self._alias_or_its_place(index, last)
        if place is _Place.TARGET and self._statement.in_trigger:
            # SQLite 3.54 takes an alias there. To releases that do not, a database with such a
            # trigger in it is malformed as a whole.
            alias_at = None
        self.mentions.append(Mention(parts, index, last, alias or parts[-1], alias_at))

    def _alias_or_its_place(self, first: int, last: int) -> tuple[str | None, int | None]:
        """The alias of a table, or the index that one can be put behind; the other is None."""
        behind = last + 1
        if self._words[behind] == "(":
            behind = self._tokens.behind_parentheses(behind)
            if behind == self._tokens.end:  # they are never closed
                return None, None
        alias = self._alias(behind)
        # Of "a JOIN (b AS c)" SQLite forgets c: a lone table takes its alias behind parentheses.
        while alias is None and self._words[first - 1] == "(" and self._words[behind] == ")":
            first, behind = first - 1, behind + 1
            alias = self._alias(behind)
        return (alias, None) if alias is not None else (None, behind - 1)

    def _alias(self, index: int) -> str | None:
        word = self._words[index]
        if word == "as":
            return self._tokens.name(index + 1)
        if word in RESERVED or (word == "window" and self._opens_window(index)):
            return None
        return self._tokens.name(index)

    def _opens_window(self, index: int) -> bool:
        """Whether ``window`` is a keyword here (analyzeWindowKeyword in tokenize.c)."""
        return self._tokens.name(index + 1) is not None and self._words[index + 2] == "as"


_Turn = Callable[[_Reader, int], None]
_TURNS: dict[str, _Turn] = {
    "from": _Reader.on_from,
    "join": _Reader.on_join,
    ",": _Reader.on_comma,
    "(": _Reader.on_open,
    ")": _Reader.on_close,
    "where": _Reader.on_end_of_from,
    "group": _Reader.on_end_of_from,
    "having": _Reader.on_end_of_from,
    "window": _Reader.on_window,
    "order": _Reader.on_end_of_from,
    "limit": _Reader.on_end_of_from,
    "union": _Reader.on_end_of_from,
    "except": _Reader.on_end_of_from,
    "intersect": _Reader.on_end_of_from,
    "returning": _Reader.on_end_of_from,
    "update": _Reader.on_update,
    "into": _Reader.on_other,
    "in": _Reader.on_other,
    "references": _Reader.on_other,
}
