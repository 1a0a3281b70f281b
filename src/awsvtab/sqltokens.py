"""SQL text to tokens, by the rules of SQLite's own tokenizer.

https://sqlite.org/src/file/src/tokenize.c is the specification. Nothing is rejected: where SQLite
would report an unrecognized token, there is a token too, and joining all of them gives the text.
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import accumulate, chain

# Any character beyond ASCII may be part of a name, in SQLite even a space or a currency sign. A
# byte order mark (U+FEFF) is white space, unless it comes in the middle of a name.
_NAME_CHARACTER = r"[A-Za-z0-9_$\x80-\U0010ffff]"
_BARE_NAME = rf"[A-Za-z_\x80-\ufefe\uff00-\U0010ffff]{_NAME_CHARACTER}*"

_GAP = r"(?: [ \t\n\f\r][ \t\n\v\f\r]* | \ufeff | --[^\n]* | /\*(?s:.*?)(?:\*/|\Z) )*"

_TOKEN = re.compile(
    rf"""({_GAP})(
      [xX]'[^']*'?                                                      # blob, well-formed or not
    | {_BARE_NAME}
    | (?: 0[xX][0-9a-fA-F][0-9a-fA-F_]*                                 # number, with its digit
        | (?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)                 # separators of 3.46
          (?:[eE][+-]?[0-9][0-9_]*)? ){_NAME_CHARACTER}*
    | '[^']*(?:''[^']*)*'? | "[^"]*(?:""[^"]*)*"? | `[^`]*(?:``[^`]*)*`?
    | \[[^\]]*\]?
    | \?[0-9]*
    | [$@:\#](?:::)*(?:{_NAME_CHARACTER}(?:{_NAME_CHARACTER}|::)*(?:\([^) \t\n\v\f\r]*\)?)?)?
    | ->>? | \|\| | <[<=>]? | >[>=]? | [=!]= | (?s:.) | \Z
    )""",
    re.VERBOSE,
)

# What the grammar's "nm" accepts: strings too, https://sqlite.org/quirks.html#dblquote
_NAME = re.compile(
    rf"""(?!x')(?:{_BARE_NAME})|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]"""
)

# Keywords that cannot be an alias without AS; the others (`key`, `replace`, …) are names wherever
# the grammar has no use for the keyword. `window` is one of the others: see Tokens.opens_window.
RESERVED = frozenset(
    re.findall(
        r"\w+",
        """
        add all alter and as autoincrement between case check collate commit constraint create cross
        default deferrable delete distinct drop else escape except exists foreign from full group
        having in index indexed inner insert intersect into is isnull join left limit natural not
        nothing notnull null on or order outer primary references returning right select set table
        then to transaction union unique update using values when where
        """,
    )
)

_FARTHEST_LOOK_AHEAD = 8


def tokenize(sql: str) -> list[tuple[str, str]]:
    """The tokens of ``sql``, each as (white space and comments before it, its text).

    The last ones have an empty text: they hold what follows the last token proper.
    """
    return _TOKEN.findall(sql)


def unquote(name: str) -> str:
    """The name that a bare, quoted or bracketed one stands for."""
    quote = name[0]
    if quote == "[":
        return name[1:-1]
    return name[1:-1].replace(quote * 2, quote) if quote in "\"'`" else name


class Tokens:
    """A text's tokens by index, with the questions about them that need no grammar.

    ``words`` are in lower case, and end in empty ones, so that looking ahead needs no check (nor
    does looking back from the first, which Python takes from the end). ``str.lower`` maps no
    letter but the Kelvin sign into ASCII, so that it is safe to compare with keywords.
    """

    def __init__(self, sql: str) -> None:
        self._pairs = tokenize(sql)
        self.words = [text.lower() for _, text in self._pairs]
        self.words += [""] * _FARTHEST_LOOK_AHEAD

    @cached_property
    def _bounds(self) -> list[int]:
        return list(accumulate(map(len, chain.from_iterable(self._pairs))))

    def start(self, index: int) -> int:
        """The offset of a token's first character."""
        return self._bounds[2 * index]

    def stop(self, index: int) -> int:
        """The offset behind a token's last character."""
        return self._bounds[2 * index + 1]

    def name(self, index: int) -> str | None:
        """The name at ``index``, unquoted, in lower case; None where there is no name."""
        word = self.words[index]
        return unquote(word) if _NAME.fullmatch(word) else None

    def dotted(self, index: int) -> tuple[str, ...]:
        """The parts of the dotted name that starts at ``index``; the last one may be ``*``."""
        parts = []
        while (part := self.name(index)) is not None:
            parts.append(part)
            if self.words[index + 1] != ".":
                return tuple(parts)
            index += 2
        return (*parts, self.words[index]) if parts and self.words[index] == "*" else ()

    def after_parentheses(self, index: int) -> int:
        """The index behind the parentheses that open at ``index``, or of the end of the text."""
        depth = 0
        for at in range(index, len(self._pairs)):
            depth += (self.words[at] == "(") - (self.words[at] == ")")
            if depth == 0:
                return at + 1
        return len(self._pairs)

    def opens_window(self, index: int) -> bool:
        """Whether ``window`` at ``index`` is the keyword (analyzeWindowKeyword in tokenize.c)."""
        return self.name(index + 1) is not None and self.words[index + 2] == "as"
