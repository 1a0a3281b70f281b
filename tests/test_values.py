"""JSON to SQL and back."""

import apsw
import pytest

from awsvtab import values
from awsvtab.catalog import Property
from awsvtab.errors import DataError


@pytest.mark.parametrize(
    ("json_value", "sql_value"),
    [
        ("text", "text"),
        (None, None),
        (3, 3),
        (0.5, 0.5),
        (True, 1),
        (False, 0),
        (2**63, str(2**63)),
        ([1, "é"], '[1,"é"]'),
        (["\ud800"], '["\ufffd"]'),
        ({"Key": "k"}, '{"Key":"k"}'),
        ("é", "é"),
        ("\ud800", "\ufffd"),
    ],
)
def test_a_reader_sees(json_value: object, sql_value: object) -> None:
    seen = values.to_sql(json_value)
    assert (seen, type(seen)) == (sql_value, type(sql_value))


@pytest.mark.parametrize(
    ("json_type", "sql_value", "json_value"),
    [
        ("string", "x", "x"),
        ("string", 5, "5"),
        ("integer", "42", 42),
        ("integer", 42.0, 42),
        ("number", "1e3", 1000.0),
        ("number", 7, 7),
        ("boolean", "true", True),
        ("boolean", "0", False),
        ("boolean", 1, True),
        ("array", '["a"]', ["a"]),
        ("object", '{"a": 1}', {"a": 1}),
        ("any", '{"a": 1}', {"a": 1}),
        ("any", "plain", "plain"),
        ("any", "{not json", "{not json"),
        ("integer", None, None),
    ],
)
def test_a_writer_may_write(json_type: str, sql_value: object, json_value: object) -> None:
    made = values.from_sql(Property("P", json_type), "p", sql_value)
    assert (made, type(made)) == (json_value, type(json_value))


@pytest.mark.parametrize(
    ("json_type", "sql_value"),
    [
        ("string", b"x"),
        ("string", 1.0),
        ("integer", "4.5"),
        ("integer", "042"),
        ("integer", 4.5),
        ("number", "NaN"),
        ("number", float("inf")),
        ("boolean", "yes"),
        ("boolean", 2),
        ("array", '{"a": 1}'),
        ("array", "[1,"),
        ("array", "[NaN]"),
        ("array", "[1e999]"),
        ("array", "[" * 100_000),
        ("object", "[]"),
        ("object", 5),
        ("any", b"x"),
    ],
)
def test_what_does_not_fit_is_refused_with_an_example(json_type: str, sql_value: object) -> None:
    with pytest.raises(DataError, match=r"column p: .* is no .*write for example"):
        values.from_sql(Property("P", json_type), "p", sql_value)


def test_a_write_only_value_is_not_quoted_in_the_refusal() -> None:
    with pytest.raises(DataError) as caught:
        values.from_sql(Property("P", "object", write_only=True), "p", "hunter2")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("sql_value", "integer"),
    [
        (5, 5),
        (5.0, 5),
        ("5", 5),
        (" 5.0 ", 5),
        ("5e0", 5),
        ("+5", 5),
        (5.5, None),
        ("five", None),
        (b"5", None),
        (None, None),
        (str(2**60 + 1), 2**60 + 1),
    ],
)
def test_an_integer_key_equals_what_sqlite_finds_equal(
    sql_value: values.SQLValue, integer: int | None
) -> None:
    assert values.integer_key(sql_value) == integer
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE numbers(n INTEGER)")
    connection.execute("INSERT INTO numbers VALUES (?)", (integer,))
    found = connection.execute("SELECT count(*) FROM numbers WHERE n = ?", (sql_value,)).get
    assert found == (integer is not None)
