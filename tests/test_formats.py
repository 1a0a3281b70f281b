"""How rows look in each format."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsvtab.cli.formats import FORMATS, Rows, Style, fitting, visible

NAMES = ("a", "b")
VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=12))


def printed(name: str, rows: Any, names: Any = NAMES, types: Any = None, **style: Any) -> str:
    out = io.StringIO(newline="")
    FORMATS[name](Rows(names, types or [None] * len(names), rows), out, Style(**style))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("csv", "a,b\n1,\"x,\"\n,x'00ff'\n"),
        ("tsv", "a\tb\n1\tx,\n\tx'00ff'\n"),
        ("json", '[{"a": 1, "b": "x,"},\n{"a": null, "b": "AP8="}]\n'),
        ("jsonl", '{"a": 1, "b": "x,"}\n{"a": null, "b": "AP8="}\n'),
        ("markdown", "| a | b |\n|---|---|\n| 1 | x, |\n|  | x'00ff' |\n"),
        ("line", "a = 1\nb = x,\n\na = \nb = x'00ff'\n"),
        (
            "box",
            "┌───┬─────────┐\n│ a │ b       │\n├───┼─────────┤\n"
            "│ 1 │ x,      │\n│   │ x'00ff' │\n└───┴─────────┘\n",
        ),
        (
            "html",
            "<table>\n<thead>\n<tr><th>a</th><th>b</th></tr>\n</thead>\n<tbody>\n"
            "<tr><td>1</td><td>x,</td></tr>\n<tr><td></td><td>x&#x27;00ff&#x27;</td></tr>\n"
            "</tbody>\n</table>\n",
        ),
    ],
)
def test_each_format(name: str, expected: str) -> None:
    assert printed(name, [(1, "x,"), (None, b"\x00\xff")]) == expected


@pytest.mark.parametrize("name", FORMATS)
def test_no_rows_are_a_whole_result(name: str) -> None:
    text = printed(name, [])
    assert text in ("", "[]\n") if name in ("json", "jsonl", "line") else "a" in text


@given(st.lists(st.tuples(VALUES, VALUES), max_size=4))
def test_programs_read_back_what_was_written(rows: list[tuple[Any, Any]]) -> None:
    assert [tuple(each.values()) for each in json.loads(printed("json", rows))] == rows
    lines = printed("jsonl", rows).split("\n")[:-1]
    assert [tuple(json.loads(line).values()) for line in lines] == rows
    texts = [["NULL" if v is None else str(v) for v in row] for row in rows]
    for name, dialect in (("csv", csv.excel), ("tsv", csv.excel_tab)):
        stream = io.StringIO(printed(name, rows, null="NULL"), newline="")
        assert list(csv.reader(stream, dialect)) == [list(NAMES), *texts]


def test_json_has_json_and_booleans_where_columns_declare_them() -> None:
    types = ("JSON", "BOOLEAN")
    rows = [('[{"Key": "a"}]', 1), ("not JSON", 2), (None, 0)]
    assert json.loads(printed("json", rows, types=types)) == [
        {"a": [{"Key": "a"}], "b": True},
        {"a": "not JSON", "b": 2},
        {"a": None, "b": False},
    ]


def test_a_column_that_comes_twice_loses_no_value() -> None:
    text = printed("jsonl", [(1, 2, 3, 4)], names=("a", "a", "a_2", "a"))
    assert json.loads(text) == {"a": 1, "a_2": 2, "a_2_2": 3, "a_3": 4}


@pytest.mark.parametrize("text", ["NaN", "[-Infinity]", "[1e999]", "[" * 100_000, "{"])
def test_what_is_no_json_is_text_in_it(text: str) -> None:
    shown = printed("jsonl", [(text,)], names=("a",), types=("JSON",))
    assert json.loads(shown, parse_constant=pytest.fail) == {"a": text}


@pytest.mark.parametrize(
    ("value", "encoding", "expected"),
    [
        ('"\\ud800"', "utf-8", '{"a": "\\ud800"}\n'),
        ('"é€"', "latin-1", '{"a": "\\u00e9\\u20ac"}\n'),
        ('"é"', "latin-1", '{"a": "é"}\n'),
    ],
)
def test_characters_that_cannot_be_written_are_escapes_in_json(
    value: str, encoding: str, expected: str
) -> None:
    shown = printed("jsonl", [(value,)], names=("a",), types=("JSON",), encoding=encoding)
    assert shown == expected


def test_json_has_no_infinite_numbers() -> None:
    assert json.loads(printed("json", [(float("inf"), 0.5)])) == [{"a": "inf", "b": 0.5}]


def test_markdown_keeps_a_row_on_its_line() -> None:
    assert printed("markdown", [("a|b\\", "x\n<y>")]).splitlines()[2] == r"| a\|b\\ | x &lt;y&gt; |"


def test_html_is_text_whatever_the_values_are() -> None:
    class Reader(HTMLParser):
        tags: set[str] = set()  # noqa: RUF012 - of one test
        texts: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.tags.add(tag)

        def handle_data(self, data: str) -> None:
            self.texts.append(data)

    reader = Reader()
    reader.feed(printed("html", [("<script>alert(1)</script>", '"&')]))
    assert reader.tags == {"table", "thead", "tbody", "tr", "th", "td"}
    assert "<script>alert(1)</script>" in "".join(reader.texts)


@pytest.mark.parametrize("name", ["box", "line"])
def test_no_value_moves_the_cursor_of_a_terminal(name: str) -> None:
    text = printed(name, [("\x1b[2Jgone\r", "\x07\x9b1m")])
    assert not any(ord(c) < 0x20 and c != "\n" for c in text)
    assert "\x9b" not in text
    assert "␛[2Jgone␍" in text
    assert visible("a\tb\nc") == "a\tb\nc"


def test_what_does_not_fit_the_terminal_stands_in_lines() -> None:
    def fitted(width: int) -> str:
        out = io.StringIO()
        fitting(Rows(NAMES, (None, None), iter([("x" * 20, "y")])), out, Style(width=width))
        return out.getvalue()

    assert fitted(40) == printed("box", [("x" * 20, "y")])
    assert fitted(20) == printed("line", [("x" * 20, "y")])
    assert fitted(28) == fitted(40)
    assert fitted(27) == fitted(20)


def test_wide_letters_keep_the_lines_of_a_box_straight() -> None:
    lines = printed("box", [("日本", "x")]).splitlines()
    assert lines[3] == "│ 日本 │ x │"
    assert lines[0] == "┌──────┬───┐"


@pytest.mark.parametrize("character", ["\u2028", "\u202e", "\u2066", "\x9b"])
def test_no_name_turns_the_text_around(character: str) -> None:
    assert visible(f"a{character}b") == "a\ufffdb"
