r"""Strings that match a regular expression: a small parser, and a generator over what it parsed.

The dialect is that of resource schemas: Java's and ECMA's, with ``\p{L}``, look-arounds (skipped,
then checked by matching) and no back-references.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterator
from dataclasses import dataclass, field

from .validation import matches

WORD = string.ascii_lowercase + string.digits + string.ascii_uppercase + "_"
PRINTABLE = WORD + "-./:=+@,#&()*%!?~ <>[]{}|;'\"$^`\\"
CLASSES = {
    "d": string.digits,
    "w": WORD,
    "s": " \t\n",
    "D": "".join(c for c in PRINTABLE if c not in string.digits),
    "W": "".join(c for c in PRINTABLE if c not in WORD),
    "S": PRINTABLE.replace(" ", ""),
}
ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}
PROPERTIES = {
    "L": string.ascii_lowercase + string.ascii_uppercase,
    "Ll": string.ascii_lowercase,
    "Lu": string.ascii_uppercase,
    "Alpha": string.ascii_lowercase,
    "Alnum": string.ascii_lowercase + string.digits,
    "N": string.digits,
    "Nd": string.digits,
    "Digit": string.digits,
    "Z": " ",
    "Zs": " ",
    "Space": " ",
    "P": "-._:/",
    "Punct": "-._:/",
    "S": "+=$",
    "M": "",
    "C": "",
}


@dataclass
class Chars:
    """One of these characters."""

    allowed: str


@dataclass
class Choice:
    """One of these sequences."""

    branches: list[list[Node]] = field(default_factory=list)


@dataclass
class Repeat:
    """The node, at least and at most so many times."""

    node: Node
    least: int
    most: int


Node = Chars | Choice | Repeat


def example(pattern: str, shortest: int, longest: int, seed: str) -> str:
    """A string of an allowed length that matches, other seeds giving others if there are many.

    Raises ValueError where 220 tries find none.
    """
    tree = _Parser(pattern).parse()
    for attempt in range(220):
        size = attempt // 2 % 11
        grow = (8, 0, 1, 2, 4, 8, 16, 32, 64, shortest, longest)[size]
        writer = _Writer(_picks(f"{seed}/{attempt}"), attempt // 22, options=size > 1)
        text = "".join(writer.write(tree, grow))
        for candidate in (text, text[:longest], text.ljust(shortest, text[-1:] or "0")):
            if shortest <= len(candidate) <= longest and matches(pattern, candidate):
                return candidate
    raise ValueError(f"no string of {shortest} to {longest} characters found for {pattern!r}")


def both(left: str, right: str) -> str:
    """A pattern of what matches both; just the left one where neither begins at the beginning."""
    for ahead, body in ((left, right), (right, left)):
        if left != right and body.startswith("^"):
            return rf"(?=[\s\S]*?(?:{ahead}))(?:{body})"
    return left


def _picks(seed: str) -> Iterator[int]:
    """Endless numbers that the seed alone decides."""
    n = 0
    while True:
        yield from hashlib.sha256(f"{seed}/{n}".encode()).digest()
        n += 1


@dataclass
class _Writer:
    """Writes what a pattern's tree may stand for.

    Of choices it takes the first branch, the second, or any; what may be left out is, but for
    ``options``.
    """

    picks: Iterator[int]
    branch: int
    options: bool

    def write(self, node: Node, grow: int) -> Iterator[str]:
        """What repeats does so ``grow`` times if it may, and once inside of what repeats."""
        if isinstance(node, Chars):
            if node.allowed:
                yield node.allowed[next(self.picks) % min(len(node.allowed), 36)]
        elif isinstance(node, Choice):
            chosen = self.branch if self.branch < 2 else next(self.picks)
            for part in node.branches[chosen % len(node.branches)]:
                yield from self.write(part, grow)
        else:
            wanted = 0 if node.most == 1 and not self.options else grow
            for _ in range(min(max(node.least, wanted), node.most)):
                yield from self.write(node.node, min(grow, 1))


class _Parser:
    """Recursive descent over the pattern's text."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def parse(self) -> Choice:
        choice = Choice([[]])
        while self.at < len(self.pattern) and self._peek() != ")":
            if self._take("|"):
                choice.branches.append([])
                continue
            node = self._quantified(self._atom())
            if node is not None:
                choice.branches[-1].append(node)
        return choice

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _next(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1 : self.at]

    def _take(self, text: str) -> bool:
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found

    def _atom(self) -> Node | None:
        char = self._next()
        if char in "^$":
            return None
        if char == "(":
            return self._group()
        if char == "[":
            return Chars(self._set())
        if char == ".":
            return Chars(PRINTABLE)
        if char == "\\":
            allowed = self._escape()
            return Chars(allowed) if allowed else None
        return Chars(char)

    def _group(self) -> Node | None:
        skipped = any(self._take(mark) for mark in ("?!", "?=", "?<!", "?<="))
        if not skipped and self._take("?"):
            # A name, or flags, which may be all that there is.
            while self._peek() not in (":", ">", ")", ""):
                self.at += 1
            if self._peek() in (":", ">"):
                self.at += 1
        inner = self.parse()
        self._take(")")
        return None if skipped else inner

    def _escape(self) -> str:
        char = self._next()
        if char in "pP":
            name = self._next()
            if name == "{":
                name = self._until("}")
            allowed = PROPERTIES.get(name.removeprefix("Is"), WORD)
            return allowed if char == "p" else "".join(c for c in PRINTABLE if c not in allowed)
        if char in "bBAzZG":
            return ""
        if char in "xu":
            digits = self._until("}") if self._take("{") else self._digits(2 if char == "x" else 4)
            return chr(int(digits, 16))
        return CLASSES.get(char) or ESCAPES.get(char, char)

    def _digits(self, count: int) -> str:
        self.at += count
        return self.pattern[self.at - count : self.at]

    def _until(self, end: str) -> str:
        start = self.at
        found = self.pattern.index(end, start)
        self.at = found + len(end)
        return self.pattern[start:found]

    def _set(self) -> str:
        negated = self._take("^")
        allowed = ""
        first = True
        while self.at < len(self.pattern) and (first or self._peek() != "]"):
            first = False
            allowed += self._set_item()
        self._take("]")
        if negated:
            return "".join(c for c in PRINTABLE if c not in allowed)
        return "".join(sorted(set(allowed), key=_plainness))

    def _set_item(self) -> str:
        char = self._next()
        if char == "[" and self._take(":"):
            return PROPERTIES.get(self._until(":]").capitalize(), WORD)
        low = self._escape() if char == "\\" else char
        rest = self.pattern[self.at + 1 : self.at + 2]
        if len(low) == 1 and self._peek() == "-" and rest not in ("]", ""):
            self._next()
            high = self._next()
            high = self._escape() if high == "\\" else high
            if len(high) == 1:
                # Wide ranges of Unicode are only looked into, not listed.
                return "".join(chr(c) for c in range(ord(low), min(ord(high), ord(low) + 300) + 1))
            return f"{low}-{high}"
        return low

    def _quantified(self, node: Node | None) -> Node | None:
        bounds = self._bounds()
        if bounds is None:
            return node
        self._take("?") or self._take("+")
        return None if node is None else Repeat(node, *bounds)

    def _bounds(self) -> tuple[int, int] | None:
        for mark, bounds in (("*", (0, 512)), ("+", (1, 512)), ("?", (0, 1))):
            if self._take(mark):
                return bounds
        end = self.pattern.find("}", self.at)
        inside = self.pattern[self.at + 1 : end]
        if self._peek() != "{" or end < 0 or not inside.replace(",", "").isdigit():
            return None
        self.at = end + 1
        least, comma, most = inside.partition(",")
        return int(least or 0), int(most) if most else (512 if comma else int(least))


def _plainness(char: str) -> tuple[int, str]:
    return (PRINTABLE.index(char) if char in PRINTABLE else len(PRINTABLE), char)
