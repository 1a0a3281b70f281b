"""SQL text to tokens, by the rules of SQLite's own tokenizer.

https://sqlite.org/src/file/src/tokenize.c is the specification. Nothing is rejected: where SQLite
would report an unrecognized token, there is a token too, and all of them together are the text.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import accumulate, chain

# Any character beyond ASCII may be part of a name, even a no-break space or a currency sign. A
# byte order mark is white space, unless it comes in the middle of a name.
_IN_NAME = r"[A-Za-z0-9_$\x80-\U0010ffff]"
_BARE_NAME = rf"[A-Za-z_\x80-\ufefe\uff00-\U0010ffff]{_IN_NAME}*"

# The end of the text ends a comment (but makes none of "/*") and a string, which is then refused.
_TOKEN = rf"""
    ( (?: [ \t\n\f\r][ \t\n\v\f\r]* | \ufeff | --[^\n]* | /\*(?!\Z)(?s:.*?)(?:\*/|\Z) )* )
    ( [xX]'[^']*'?
    | {_BARE_NAME}
    | (?: 0[xX][0-9a-fA-F][0-9a-fA-F_]*
        | (?: [0-9][0-9_]*(?:\.[0-9_]*)? | \.[0-9][0-9_]* ) (?:[eE][+-]?[0-9][0-9_]*)?
      ) {_IN_NAME}*
    | '[^']*(?:''[^']*)*'? | "[^"]*(?:""[^"]*)*"? | `[^`]*(?:``[^`]*)*`? | \[[^\]]*\]?
    | \?[0-9]*
    | [$@:\#](?:::)*(?: {_IN_NAME}(?:{_IN_NAME}|::)* (?:\([^) \t\n\v\f\r]*\)?)? )?
    | ->>? | \|\| | <[<=>]? | >[>=]? | [=!]= | (?s:.) | \Z
    )
    """

# In the place of a name SQLite takes a string, too: https://sqlite.org/quirks.html
_NAME = re.compile(
    rf"""{_BARE_NAME} | '(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\]""",
    re.VERBOSE,
)

# The keywords that cannot be an alias without AS. The others (`key`, `replace`, …) are names
# wherever the grammar has no use for the keyword.
RESERVED = frozenset(
    re.findall(
        r"\w+",
        """
        add all alter and as autoincrement between case check collate commit constraint create
        cross default deferrable delete distinct drop else escape except exists foreign from full
        group having in index indexed inner insert intersect into is isnull join left limit natural
        not nothing notnull null on or order outer primary references returning right select set
        table then to transaction union unique update using values when where
        """,
    )
)

_FARTHEST_LOOK_AHEAD = 8

_LITERAL = re.compile(r"['0-9]|\.[0-9]|[xX]'")
_BEFORE_NAMES = frozenset({"as", "exists", "from", "into", "join", "table", "update", "view"})


def tokenize(sql: str) -> list[tuple[str, str]]:
    """The tokens of ``sql``, each as (white space and comments before it, its text).

    The last one or two have no text: they hold what follows the last token proper.
    """
    return _token_pattern().findall(sql)


@cache
def _token_pattern() -> re.Pattern[str]:
    """Compiled when it is first used: that takes longer than all else that an import does."""
    return re.compile(_TOKEN, re.VERBOSE)


def without_literals(sql: str) -> str:
    """The text with ``?`` for each string, number and blob, and without comments.

    SQLite takes a name in double quotes for a string where it knows no such name
    (https://sqlite.org/quirks.html): one is kept only where nothing but a name can be.
    """
    tokens = tokenize(sql)
    words = ["", *(text for _, text in tokens), ""]
    parts = []
    for number, (blank, text) in enumerate(tokens, start=1):
        parts.append(" " if blank and number > 1 and text else "")
        literal = bool(_LITERAL.match(text)) or (
            text[:1] == '"' and not _takes_name(words[number - 1], words[number + 1])
        )
        parts.append("?" if literal else text)
    return "".join(parts)


def _takes_name(before: str, after: str) -> bool:
    return "." in (before, after) or before.lower() in _BEFORE_NAMES


def unquote(name: str) -> str:
    """The name that a bare or a quoted one stands for."""
    quote = name[0]
    if quote == "[":
        return name[1:-1]
    return name[1:-1].replace(quote * 2, quote) if quote in "\"'`" else name


class Tokens:
    """The tokens of a text by index, and the questions about them that need no grammar.

    ``words`` are in lower case, to be compared with keywords and with each other. (The Kelvin sign
    is the only foreign letter that becomes an ASCII one.) Behind ``end``, they go on with empty
    ones, so that looking ahead needs no check, nor does looking back: Python takes index -1 for
    the last.
    """

    def __init__(self, sql: str) -> None:
        self.text = sql
        pairs = tokenize(sql)
        self.words = [text.lower() for _, text in pairs]
        self.end = len(pairs)
        self.words += [""] * _FARTHEST_LOOK_AHEAD
        self._bounds = list(accumulate(map(len, chain.from_iterable(pairs))))

    def start(self, index: int) -> int:
        """The offset of a token's first character."""
        return self._bounds[2 * index]

    def stop(self, index: int) -> int:
        """The offset behind a token's last character."""
        return self._bounds[2 * index + 1]

    def index(self, word: str, begin: int, end: int) -> int:
        """Where ``word`` comes first in a range, or the end of the range."""
        try:
            return self.words.index(word, begin, end)
        except ValueError:
            return end

    def name(self, index: int) -> str | None:
        """The name at ``index``, unquoted, in lower case; None where there is no name."""
        word = self.words[index]
        return unquote(word) if _NAME.fullmatch(word) else None

    def dotted(self, index: int) -> tuple[str, ...]:
        """The parts of the dotted name that starts at ``index``; the last one may be ``*``."""
        parts: list[str] = []
        while (part := self.name(index)) is not None:
            parts.append(part)
            if self.words[index + 1] != ".":
                return tuple(parts)
            index += 2
        return (*parts, "*") if parts and self.words[index] == "*" else ()

    def behind_parentheses(self, index: int) -> int:
        """The index behind the parentheses that open at ``index``, or the end of the text."""
        depth = 0
        for at in range(index, self.end):
            depth += (self.words[at] == "(") - (self.words[at] == ")")
            if depth == 0:
                return at + 1
        return self.end
