"""SQL text to statements: where each begins, and what it does to the transaction. Pure."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from awsvtab.sqltokens import Tokens, tokenize

BEGIN, COMMIT, ROLLBACK, OUTSIDE = "begin", "commit", "rollback", "outside"

_CONTROLS = {
    "begin": BEGIN,
    "commit": COMMIT,
    "end": COMMIT,
    "rollback": ROLLBACK,
    # What SQLite refuses inside of a transaction, or does nothing there; RELEASE ends one.
    **dict.fromkeys(("attach", "detach", "pragma", "release", "vacuum"), OUTSIDE),
}
_PARAMETER = re.compile(r"[:@$]\w+")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, without the blanks around it; ``line`` is its first, counted from 1."""

    sql: str
    line: int = 1

    @property
    def control(self) -> str | None:
        """What it does to the transaction; None for what just runs in it.

        `OUTSIDE` is for what begins none, though there may be one.
        """
        words = self._words
        if not words or (words[0] == "rollback" and "to" in words):
            return None
        return _CONTROLS.get(words[0])

    @property
    def is_savepoint(self) -> bool:
        """Whether it sets a savepoint, which outside of a transaction begins one."""
        return self._words[:1] == ["savepoint"]

    @property
    def _words(self) -> list[str]:
        return [word for word in Tokens(self.sql).words if word not in ("", ";")]

    @property
    def parameters(self) -> frozenset[str]:
        """The names of its parameters, without the sign before them."""
        words = (word for _, word in tokenize(self.sql))
        return frozenset(word[1:] for word in words if _PARAMETER.fullmatch(word))

    @property
    def has_nameless_parameters(self) -> bool:
        """Whether there is a ``?`` in it, or a ``?1``."""
        return any(word.startswith("?") for _, word in tokenize(self.sql))


def statements(text: str) -> Iterator[Statement]:
    """The statements of a script, each with its semicolon; comments alone are none."""
    begin = 0
    tokens = Tokens(text)
    first: int | None = None
    for index in range(tokens.end):
        word = tokens.words[index]
        if word and word != ";" and first is None:
            first = index
        # The semicolons inside of CREATE TRIGGER end no statement.
        if word == ";" and sqlite3.complete_statement(text[begin : tokens.stop(index)]):
            if first is not None:
                yield _statement(tokens, first, begin, tokens.stop(index))
            begin, first = tokens.stop(index), None
    if first is not None:
        yield _statement(tokens, first, begin, len(text))


def _statement(tokens: Tokens, first: int, begin: int, end: int) -> Statement:
    text = tokens.text[begin:end]
    line = tokens.text.count("\n", 0, tokens.stop(first) - len(tokens.words[first])) + 1
    return Statement(text.strip(), line)
