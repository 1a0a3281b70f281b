"""Sessions that are too long for a page, as files: ``make transcripts``.

Each is run in a real terminal on the demo's emulated estate, and what the screen then shows is
written to docs/transcripts. Running it again changes nothing. Short sessions are in the pages
themselves: see consoles.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from account import emulated_account
from terminal import terminal

ROOT = Path(__file__).parents[2]
TRANSCRIPTS = ROOT / "docs" / "transcripts"
WIDTH, HEIGHT = 100, 500  # as high as the longest


@dataclass(frozen=True, slots=True)
class Transcript:
    """A command, what is typed while it runs, and the name of the file.

    ``keys`` are pairs: what the screen has to show, and what is then typed.
    """

    name: str
    arguments: tuple[str, ...]
    keys: tuple[tuple[str, str], ...] = ()


WANTED = (Transcript("demo", ("demo",)),)

# What differs from one run to the next.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")


def shown(wanted: Transcript) -> str:
    """The command line, and the screen when the command has ended. RuntimeError where it fails."""
    with (
        emulated_account(),
        terminal(*wanted.arguments, environment={}, width=WIDTH, height=HEIGHT) as opened,
    ):
        for awaited, typed in wanted.keys:
            opened.wait_for(awaited)
            opened.press(typed)
        status = opened.end()
        screen = _PORT.sub("5555", _TIME.sub("2026-01-01T00:00:00Z", opened.screen))
    if status != 0:
        raise RuntimeError(f"{wanted.name} ended with status {status}:\n{screen}")
    return f"$ awsvtab {' '.join(wanted.arguments)}\n{screen}\n"


def files() -> Iterator[tuple[Path, str]]:
    """Each file, and what is to be in it."""
    for wanted in WANTED:
        yield TRANSCRIPTS / f"{wanted.name}.txt", shown(wanted)


def main() -> None:
    """Writes all of them."""
    TRANSCRIPTS.mkdir(exist_ok=True)
    for path, text in files():
        path.write_text(text)


if __name__ == "__main__":
    main()
