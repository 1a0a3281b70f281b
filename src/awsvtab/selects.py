"""The SELECT in a statement that writes, which reads what the statement will read: text to text."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from awsvtab.sqltokens import Tokens

_SUFFIXES = ("returning", "on")  # ON CONFLICT; the ON of a join has no CONFLICT behind it
_TARGET_ENDS = ("set", "from", "where", "returning")


def select_of(sql: str) -> str | None:
    """A SELECT that evaluates what INSERT, UPDATE, DELETE or CREATE TABLE AS will evaluate.

    Its parameters are the statement's own, in their order, less those that come after all the
    reading (RETURNING, ON CONFLICT). None where there is no such SELECT.
    """
    tokens = Tokens(sql)
    end = _suffix(tokens)
    if tokens.words[end] == ";" and any(tokens.words[end + 1 :]):
        return None
    verb, ctes = _verb(tokens, end)
    match verb and tokens.words[verb - 1]:
        case "insert" | "replace" | "create":
            begin = next(_at_top(tokens, verb or 0, end, ("select", "values", "with")), None)
            return None if begin is None else ctes + _text(tokens, begin, end)
        case "delete":
            source = tokens.index("from", verb or 0, end) + 1
            return f"{ctes}SELECT 1 FROM {_text(tokens, source, end)}"
        case "update":
            return _of_update(tokens, verb or 0, end, ctes)
    return None


def is_several(sql: str) -> bool:
    """Whether there is more than one statement; semicolons inside of CREATE TRIGGER end none."""
    tokens = Tokens(sql)
    for at, word in enumerate(tokens.words):
        if word == ";" and sqlite3.complete_statement(sql[: tokens.stop(at)]):
            return any(word != ";" for word in tokens.words[at:] if word)
    return False


def ignores_conflicts(sql: str) -> bool:
    """Whether a statement is INSERT OR IGNORE."""
    tokens = Tokens(sql)
    verb, _ = _verb(tokens, _suffix(tokens))
    return verb is not None and tokens.words[verb : verb + 2] == ["or", "ignore"]


def _of_update(tokens: Tokens, begin: int, end: int, ctes: str) -> str | None:
    """UPDATE t SET a = x, b = y FROM u WHERE z: SELECT x, y FROM t, u WHERE z."""
    if tokens.words[begin] == "or":
        begin += 2
    assignments = next(_at_top(tokens, begin, end, ("set",)), end)
    rest = next(_at_top(tokens, assignments, end, ("from", "where")), end)
    values = []
    first = assignments + 1
    for comma in (*_at_top(tokens, first, rest, (",",)), rest):
        if tokens.words[first + 1] != "=":  # (a, b) = (…)
            return None
        values.append(_text(tokens, first + 2, comma))
        first = comma + 1
    target = _text(tokens, begin, assignments)
    if tokens.words[rest] == "from":
        target, rest = f"{target},", rest + 1
    return f"{ctes}SELECT {', '.join(values)} FROM {target} {_text(tokens, rest, end)}"


def _verb(tokens: Tokens, end: int) -> tuple[int | None, str]:
    """Where the statement's verb is over, and the text of the common table expressions before."""
    verbs = ("insert", "replace", "create", "delete", "update")
    verb = next(_at_top(tokens, 0, end, verbs), None)
    if verb is None:
        return None, ""
    return verb + 1, _text(tokens, 0, verb) + " " if verb else ""


def _suffix(tokens: Tokens) -> int:
    """Where RETURNING or ON CONFLICT begins, or the end of the statement."""
    for at in _at_top(tokens, 0, tokens.end, (*_SUFFIXES, ";")):
        if tokens.words[at] != "on" or tokens.words[at + 1] == "conflict":
            return at
    return tokens.end


def _at_top(tokens: Tokens, begin: int, end: int, words: tuple[str, ...]) -> Iterator[int]:
    """Where words stand that are in no parentheses."""
    depth = 0
    for at in range(begin, end):
        word = tokens.words[at]
        depth += (word == "(") - (word == ")")
        if depth == 0 and word in words:
            yield at


def _text(tokens: Tokens, begin: int, end: int) -> str:
    return tokens.text[tokens.start(begin) : tokens.stop(end - 1)] if begin < end else ""
