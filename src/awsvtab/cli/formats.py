"""How rows look: one function for each format, which writes them to a stream.

Boxes are drawn here, and not by rich, which takes half a minute for 100,000 rows.
"""

from __future__ import annotations

import base64
import csv
import html
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import IO, Any, NoReturn

from rich.cells import cell_len

Row = Sequence[Any]

# A resource's name must not be able to move a terminal's cursor.
_CONTROLS = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"} | {
    0x7F: 0x2421,
    # C1 controls, line separators, and what turns the direction of the text after it
    **dict.fromkeys((*range(0x80, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A)), 0xFFFD),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a statement; ``types`` are its columns' declared types, None for expressions."""

    names: Sequence[str]
    types: Sequence[str | None]
    rows: Iterable[Row]


@dataclass(frozen=True, slots=True)
class Style:
    """``null`` stands for NULL. ``width`` is the terminal's, None where there is none.

    In JSON, characters that the ``encoding`` lacks are escapes.
    """

    null: str = ""
    width: int | None = None
    encoding: str = "utf-8"


Format = Callable[[Rows, IO[str], Style], None]


def box(given: Rows, out: IO[str], style: Style) -> None:
    """A table with lines around it, as wide as it has to be."""
    _draw(_cells(given, style), out)


def fitting(given: Rows, out: IO[str], style: Style) -> None:
    """A box where it fits the terminal, else one value below the other."""
    given = Rows(given.names, given.types, list(given.rows))
    cells = _cells(given, style)
    if style.width is None or sum(_widths(cells)) + 3 * len(given.names) + 1 <= style.width:
        _draw(cells, out)
    else:
        line(given, out, style)


def line(given: Rows, out: IO[str], style: Style) -> None:
    """``name = value``, a line for each value and a blank one between rows."""
    widest = max(map(len, given.names), default=0)
    for number, row in enumerate(given.rows):
        if number:
            out.write("\n")
        for name, value in zip(given.names, row, strict=True):
            out.write(f"{visible(name):>{widest}} = {visible(_text(value, style))}\n")


def separated(given: Rows, out: IO[str], style: Style) -> None:
    """Comma-separated values (RFC 4180, but for the line ends)."""
    _separated(given, out, style, csv.excel)


def tabbed(given: Rows, out: IO[str], style: Style) -> None:
    """Tab-separated values; those that hold tabs, quotes or line ends are quoted."""
    _separated(given, out, style, csv.excel_tab)


def json_array(given: Rows, out: IO[str], style: Style) -> None:
    """One array of objects, a line for each."""
    before = "["
    for text in _objects(given, style):
        out.write(f"{before}{text}")
        before = ",\n"
    out.write("[]\n" if before == "[" else "]\n")


def json_lines(given: Rows, out: IO[str], style: Style) -> None:
    """An object on each line."""
    for text in _objects(given, style):
        out.write(f"{text}\n")


def markdown(given: Rows, out: IO[str], style: Style) -> None:
    """A table as GitHub and others render it."""

    def cells(values: Iterable[str]) -> str:
        escaped = (value.replace("\\", "\\\\").replace("|", r"\|") for value in values)
        return f"| {' | '.join(' '.join(html.escape(e, False).split()) for e in escaped)} |\n"

    out.write(cells(given.names))
    out.write(f"|{'---|' * len(given.names)}\n")
    for row in given.rows:
        out.write(cells(_text(value, style) for value in row))


def html_table(given: Rows, out: IO[str], style: Style) -> None:
    """A ``<table>``, without a page around it."""

    def cells(tag: str, values: Iterable[str]) -> str:
        inner = "".join(f"<{tag}>{html.escape(value)}</{tag}>" for value in values)
        return f"<tr>{inner}</tr>\n"

    out.write(f"<table>\n<thead>\n{cells('th', given.names)}</thead>\n<tbody>\n")
    for row in given.rows:
        out.write(cells("td", (_text(value, style) for value in row)))
    out.write("</tbody>\n</table>\n")


FORMATS: dict[str, Format] = {
    "box": box,
    "csv": separated,
    "tsv": tabbed,
    "json": json_array,
    "jsonl": json_lines,
    "markdown": markdown,
    "html": html_table,
    "line": line,
}

_CRLF = "\r\n"

HAVE_GAPS = frozenset({fitting, *FORMATS.values()} - {json_array, json_lines})
"""The formats in which a blank line keeps two results apart."""


def visible(text: str) -> str:
    """The text with a picture for each control character."""
    return text.translate(_CONTROLS)


def _text(value: Any, style: Style) -> str:
    if value is None:
        return style.null
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return str(value)


def _separated(given: Rows, out: IO[str], style: Style, dialect: type[csv.Dialect]) -> None:
    writer = csv.writer(_Lines(out), dialect, lineterminator="\r\n")
    writer.writerow(given.names)
    writer.writerows([_text(value, style) for value in row] for row in given.rows)


class _Lines:
    """Ends lines as text files do. The csv module quotes what its own line end is made of."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def write(self, line: str) -> None:
        """Takes one whole line."""
        self._out.write(f"{line.removesuffix(_CRLF)}\n")


def _objects(given: Rows, style: Style) -> Iterator[str]:
    names = list(_distinct(given.names))
    for row in given.rows:
        members = dict(zip(names, map(_json, row, given.types), strict=True))
        text = json.dumps(members, ensure_ascii=False)
        try:
            text.encode(style.encoding)
        except UnicodeEncodeError:  # half of a surrogate pair, for instance
            text = json.dumps(members)
        yield text


def _distinct(names: Iterable[str]) -> Iterator[str]:
    """The names, numbered where they come again: an object has each member once."""
    seen: set[str] = set()
    for name in names:
        number, distinct = 1, name
        while distinct in seen:
            number += 1
            distinct = f"{name}_{number}"
        seen.add(distinct)
        yield distinct


def _json(value: Any, declared: str | None) -> Any:
    """A value as JSON has it: columns of JSON and BOOLEAN as what their text or number means."""
    if declared == "BOOLEAN" and value in (0, 1):
        return bool(value)
    if declared == "JSON" and isinstance(value, str):
        try:
            return json.loads(value, parse_constant=_refuse, parse_float=_finite)
        except (ValueError, RecursionError):  # of a table of the user's
            return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is in Python's JSON, and in nobody else's")


def _finite(number: str) -> float:
    value = float(number)
    return value if math.isfinite(value) else _refuse(number)


def _cells(given: Rows, style: Style) -> list[list[list[str]]]:
    """The lines of each cell, the names' row first."""
    texts = [given.names, *([_text(value, style) for value in row] for row in given.rows)]
    return [[visible(text).expandtabs().split("\n") for text in row] for row in texts]


def _widths(cells: Sequence[Sequence[Sequence[str]]]) -> list[int]:
    """The columns' widths on a terminal, where some letters take two places."""
    return [
        max(cell_len(line) for row in column for line in row) for column in zip(*cells, strict=True)
    ]


def _draw(cells: Sequence[Sequence[Sequence[str]]], out: IO[str]) -> None:
    widths = _widths(cells)

    def rule(left: str, between: str, right: str) -> str:
        return f"{left}{between.join('─' * (width + 2) for width in widths)}{right}\n"

    def drawn(row: Sequence[Sequence[str]]) -> Iterator[str]:
        for lines in zip_longest(*row, fillvalue=""):
            padded = (
                line + " " * (width - cell_len(line))
                for line, width in zip(lines, widths, strict=True)
            )
            yield f"│ {' │ '.join(padded)} │\n"

    out.write(rule("┌", "┬", "┐"))
    out.writelines(drawn(cells[0]))
    out.write(rule("├", "┼", "┤"))
    for row in cells[1:]:
        out.writelines(drawn(row))
    out.write(rule("└", "┴", "┘"))
