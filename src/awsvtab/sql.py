"""The user's SQL to SQLite's: names of AWS tables, token by token."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What SQLite is given, and the way back to the user's text.

    ``edits`` are ``(offset in text, offset in the user's SQL)`` pairs, ascending, one at each
    place where the two texts stop running in step.
    """

    text: str
    edits: tuple[tuple[int, int], ...] = ()
