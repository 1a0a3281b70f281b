"""SQL text to statements."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsvtab.cli.script import BEGIN, COMMIT, OUTSIDE, ROLLBACK, Statement, statements

TRIGGER = "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; SELECT 1; END;"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ; ;\n-- nothing\n/* nor here */", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1; SELECT 2;", ["SELECT 1;", "SELECT 2;"]),
        ("SELECT ';'; SELECT \"a;b\" /* ; */ -- ;\n;", ["SELECT ';';", None]),
        (f"{TRIGGER}\nSELECT 2", [TRIGGER, "SELECT 2"]),
        ("SHOW SERVICES IN aws; SELECT 1", ["SHOW SERVICES IN aws;", "SELECT 1"]),
        ("SELECT 'unfinished; SELECT 2", ["SELECT 'unfinished; SELECT 2"]),
    ],
)
def test_a_script_is_cut_where_statements_end(text: str, expected: list[str | None]) -> None:
    found = [statement.sql for statement in statements(text)]
    assert len(found) == len(expected)
    assert all(want in (None, got) for want, got in zip(expected, found, strict=True))


def test_a_statement_knows_the_line_of_its_first_word() -> None:
    script = "-- first\nSELECT 1;\n\n/* two\nlines */ SELECT\n2; SELECT 3"
    assert [statement.line for statement in statements(script)] == [2, 5, 6]


@given(st.text(alphabet=";'\"/*-\n ab", max_size=30))
def test_nothing_but_blanks_and_empty_statements_is_lost(text: str) -> None:
    found = "".join(statement.sql for statement in statements(text))
    kept = iter(text)
    assert all(character in kept for character in found)  # in the same order
    for word in ("a", "b"):
        in_comments = text.count(word) - found.count(word)
        assert in_comments == 0 or "--" in text or "/*" in text


@pytest.mark.parametrize(
    ("sql", "control"),
    [
        ("SELECT 1", None),
        ("", None),
        ("/*+ create */ INSERT INTO a VALUES (1)", None),
        ("-- COMMIT\nSELECT 1", None),
        (";BEGIN IMMEDIATE", BEGIN),
        ("commit", COMMIT),
        ("END TRANSACTION", COMMIT),
        ("ROLLBACK", ROLLBACK),
        ("ROLLBACK TRANSACTION TO SAVEPOINT a", None),
        ("SAVEPOINT a", None),
        ("RELEASE a", OUTSIDE),
        ("PRAGMA user_version = 3", OUTSIDE),
    ],
)
def test_what_a_statement_does_to_the_transaction(sql: str, control: str | None) -> None:
    assert Statement(sql).control == control


def test_the_names_of_parameters() -> None:
    statement = Statement("SELECT :a, @b, $c, ?, ?1, ':d', \":e\" -- :f")
    assert statement.parameters == {"a", "b", "c"}
