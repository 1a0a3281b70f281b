"""What may come next in a statement: text before and after the cursor to candidates. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from awsvtab.sqltokens import RESERVED, Tokens

DELIMITERS = " \t\n\f\r,;()=<>!'\"`+*/|[]"
"""What ends a word for readline. Dots and hyphens do not: ``aws.s3.buckets``, ``us-east-1``."""

_WORD = re.compile(rf"[^{re.escape(DELIMITERS)}]*\Z")
_LONG_NAME = re.compile(r"aws_\w")  # of the tables' 1,884 underscore names

_BEFORE_TABLES = frozenset({"from", "join", "into", "update", "table", "exists", "view"})
_SHOWING = frozenset({"show", "describe", "desc"})
_CLAUSES = _BEFORE_TABLES | frozenset(
    re.findall(
        r"\w+",
        "select where on using set group order having limit values returning by with",
    )
)
_COMPARISONS = frozenset({"=", "==", "<>", "!=", "is"})
_REGIONS = frozenset({"region", "_region"})

_BEGINNINGS = re.findall(
    r"\w+",
    """
    SELECT INSERT UPDATE DELETE WITH BEGIN COMMIT ROLLBACK CREATE DROP EXPLAIN SHOW DESCRIBE
    PRAGMA ATTACH SAVEPOINT RELEASE ALTER ANALYZE VACUUM REPLACE DETACH
    """,
)
_BEHIND_TABLES = ["WHERE", "JOIN", "LEFT", "CROSS", "ON", "AS", "GROUP", "ORDER", "LIMIT", "UNION"]
_BEHIND = {"into": ["VALUES", "SELECT"], "update": ["SET"]}
_SECOND = re.findall(
    r"\w+",
    """
    FROM INTO OR TABLE VIEW INDEX TRIGGER TEMP VIRTUAL UNIQUE IF NOT EXISTS QUERY PLAN SELECT INSERT
    UPDATE DELETE TRANSACTION IMMEDIATE TO RENAME ADD COLUMN DATABASE SERVICES IN COLUMNS
    """,
)
_IN_EXPRESSIONS = re.findall(
    r"\w+",
    """
    FROM WHERE AND OR NOT IN IS NULL LIKE GLOB BETWEEN EXISTS CASE WHEN THEN ELSE END CAST AS
    DISTINCT ALL SELECT JOIN LEFT CROSS ON USING GROUP ORDER BY HAVING LIMIT OFFSET ASC DESC UNION
    EXCEPT INTERSECT SET RETURNING COLLATE ESCAPE
    """,
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``hidden`` are those that ``SELECT *`` leaves out."""

    name: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """What there is to name.

    ``aws_tables`` have dotted names; ``others`` are the user's own and those about awsvtab.
    ``columns`` gives those of a table by its name as written, none for what is no table.
    """

    aws_tables: Sequence[str]
    others: Sequence[str]
    regions: Sequence[str]
    functions: Sequence[str]
    columns: Callable[[str], Iterable[Column]]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that a statement names, and what it is called in there."""

    name: str
    alias: str


def candidates(before: str, after: str, names: Names) -> list[str]:
    """What may stand in the place of the word that the cursor is behind.

    Readline itself ends the quotes that a word stands in.
    """
    word = word_before(before)
    words = _statement(before[: len(before) - len(word)])
    last = words[-1] if words else ""
    if _is_open(last, "'"):
        return _with(names.regions, word) if _wants_region(words[:-1]) else []
    if last and _is_open(last, last[0]):  # a quoted name
        return []
    if _wants_region(words):
        return [f"'{region}'" for region in _with(names.regions, word)]
    if word.lower().startswith("aws.") or _is_table_next(words):
        return tables(word, names)
    return sorted(set(_in_statement(words, word, before, after, names)))


def open_quote(text: str) -> str:
    """The quote that the text ends inside of, or none."""
    words = _statement(text)
    return words[-1][0] if words and _is_open(words[-1], words[-1][0]) else ""


def word_before(text: str) -> str:
    """The word that the text ends with, empty after a delimiter."""
    found = _WORD.search(text)
    return found[0] if found else ""


def tables(word: str, names: Names) -> list[str]:
    """The tables that begin like a word; AWS's one part after the other."""
    own = _with(names.others, word)
    if _LONG_NAME.match(word.lower()):
        long = (name.replace(".", "_") for name in names.aws_tables)
        return sorted({*own, *_with(long, word)})
    parts = {_next_part(name, len(word)) for name in _with(names.aws_tables, word)}
    if "." in word and not parts:  # s3.buckets
        without = (name.partition(".")[2] for name in names.aws_tables)
        parts = set(_with(without, word))
    return sorted({*own, *parts})


def _next_part(name: str, length: int) -> str:
    dot = name.find(".", length)
    return name if dot < 0 else name[: dot + 1]


def _in_statement(
    words: Sequence[str], word: str, before: str, after: str, names: Names
) -> Iterator[str]:
    clause, is_inside = _clause(words)
    if clause is None:
        yield from _keywords(_SECOND if words else _BEGINNINGS, word)
    elif clause in _BEFORE_TABLES and not is_inside:
        yield from _keywords(_BEHIND.get(clause, _BEHIND_TABLES), word)
    else:
        whole = _current(before + after, len(before))
        used = [] if clause == "values" else list(_tables_in(whole))
        yield from _columns(word, used, names)
        if word and clause != "into":
            yield from (f"{name}(" for name in _with(names.functions, word))
            yield from _keywords(_IN_EXPRESSIONS, word)
        if clause != "into":
            yield from _with((f"{table.alias}." for table in used if "." not in word), word)


def _columns(word: str, used: Sequence[_Table], names: Names) -> Iterator[str]:
    """Hidden columns have other names of the visible ones among them: only as they are spelled."""
    alias, dot, begun = word.rpartition(".")
    for table in used:
        if not dot or table.alias.lower() == alias.lower():
            for column in names.columns(table.name):
                matches = column.name.lower().startswith(begun.lower())
                if column.hidden:
                    matches = bool(begun) and column.name.startswith(begun)
                if matches:
                    yield f"{alias}{dot}{column.name}"


def _statement(text: str) -> list[str]:
    """The words of the last statement, in lower case."""
    tokens = Tokens(text)
    words = [word for word in tokens.words[: tokens.end] if word]
    while ";" in words:
        del words[: words.index(";") + 1]
    return words


def _current(text: str, cursor: int) -> Tokens:
    """The tokens of the statement that the cursor is in."""
    tokens = Tokens(text)
    ends = [tokens.stop(index) for index in range(tokens.end) if tokens.words[index] == ";"]
    begin = max((end for end in ends if end <= cursor), default=0)
    end = min((end for end in ends if end > cursor), default=len(text))
    return Tokens(text[begin:end])


def _is_open(word: str, quote: str) -> bool:
    return quote in "'\"`" and word.startswith(quote) and word.count(quote) % 2 == 1


def _wants_region(words: Sequence[str]) -> bool:
    """Whether the words end where a region is to be written."""
    left = list(words)
    if left and left[-1] in ("(", ","):
        while left and (left[-1] == "," or left[-1][0] in "'?:"):
            left.pop()
        is_region_next = left[-2:] == ["in", "("]
        del left[-2:]
        if left[-1:] == ["not"]:
            left.pop()
    else:
        is_region_next = bool(left) and left.pop() in _COMPARISONS
    return is_region_next and bool(left) and left[-1] in _REGIONS


def _is_table_next(words: Sequence[str]) -> bool:
    if words and words[0] in _SHOWING:
        return words[-1] in {*_SHOWING, "in", "from"} and words[-1] != "show"
    clause, is_inside = _clause(words)
    if clause not in _BEFORE_TABLES or is_inside:
        return False
    return words[-1] == clause or (words[-1] == "," and clause in ("from", "join"))


def _clause(words: Sequence[str]) -> tuple[str | None, bool]:
    """The keyword that the end of the words belongs to; and whether in parentheses behind it."""
    depth, is_inside = 0, False
    for word in reversed(words):
        if word == ")":
            depth += 1
        elif word == "(":
            is_inside = is_inside or depth == 0
            depth = max(depth - 1, 0)
        elif depth == 0 and word in _CLAUSES:
            return word, is_inside
    return None, False


def _tables_in(tokens: Tokens) -> Iterator[_Table]:
    index = 0
    while index < tokens.end:
        if tokens.words[index] not in ("from", "join", "into", "update"):
            index += 1
            continue
        index += 1
        while parts := tokens.dotted(index):
            index += 2 * len(parts) - 1
            index += tokens.words[index] == "as"
            alias = tokens.name(index)
            if alias is None or alias in RESERVED:
                alias = parts[-1]
            else:
                index += 1
            if parts[0] not in RESERVED:
                yield _Table(".".join(parts), alias)
            if tokens.words[index] != ",":
                break
            index += 1


def _keywords(keywords: Iterable[str], word: str) -> list[str]:
    """In lower case where the word is, each with a blank behind it."""
    found = _with(keywords, word)
    return [f"{each.lower() if word.islower() else each} " for each in found]


def _with(texts: Iterable[str], beginning: str) -> list[str]:
    beginning = beginning.lower()
    return [text for text in texts if text.lower().startswith(beginning)]
