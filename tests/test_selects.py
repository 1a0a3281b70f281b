"""The SELECT that reads what a writing statement will read."""

from __future__ import annotations

import pytest

from awsvtab.selects import select_of


@pytest.mark.parametrize(
    ("sql", "select"),
    [
        ("CREATE TABLE x AS SELECT a FROM t", "SELECT a FROM t"),
        ("create temp table if not exists m.x as select a from t;", "select a from t"),
        (
            "CREATE TABLE x AS WITH c AS (SELECT 1) SELECT * FROM c",
            "WITH c AS (SELECT 1) SELECT * FROM c",
        ),
        ("INSERT INTO x SELECT a FROM t", "SELECT a FROM t"),
        ("INSERT INTO x (a, b) SELECT a, b FROM t WHERE c = ?", "SELECT a, b FROM t WHERE c = ?"),
        ("INSERT OR IGNORE INTO x VALUES ((SELECT a FROM t), 1)", "VALUES ((SELECT a FROM t), 1)"),
        ("REPLACE INTO x SELECT a FROM t", "SELECT a FROM t"),
        (
            "WITH c AS (SELECT a FROM t) INSERT INTO x SELECT * FROM c",
            "WITH c AS (SELECT a FROM t)  SELECT * FROM c",
        ),
        (
            "INSERT INTO x SELECT a FROM t JOIN u ON t.a = u.a WHERE true "
            "ON CONFLICT (a) DO UPDATE SET b = 1 RETURNING a",
            "SELECT a FROM t JOIN u ON t.a = u.a WHERE true",
        ),
        ("INSERT INTO x SELECT a FROM t RETURNING a", "SELECT a FROM t"),
        (
            "DELETE FROM t WHERE a IN (SELECT b FROM u)",
            "SELECT 1 FROM t WHERE a IN (SELECT b FROM u)",
        ),
        ("DELETE FROM t AS y RETURNING a", "SELECT 1 FROM t AS y"),
        ("UPDATE t SET a = 1", "SELECT 1 FROM t "),
        (
            "UPDATE OR FAIL t AS y SET a = (SELECT b FROM u WHERE c = y.c), d = max(e, 2) WHERE f",
            "SELECT (SELECT b FROM u WHERE c = y.c), max(e, 2) FROM t AS y WHERE f",
        ),
        (
            "UPDATE t SET a = u.b FROM u JOIN v ON u.c = v.c WHERE u.d = t.d",
            "SELECT u.b FROM t, u JOIN v ON u.c = v.c WHERE u.d = t.d",
        ),
        (
            "WITH c AS (SELECT 1 AS n) UPDATE t SET a = (SELECT n FROM c)",
            "WITH c AS (SELECT 1 AS n)  SELECT (SELECT n FROM c) FROM t ",
        ),
        ("UPDATE t SET (a, b) = (SELECT 1, 2)", None),
        ("DROP TABLE t", None),
        ("SELECT 1; SELECT 2", None),
    ],
)
def test_the_select_of(sql: str, select: str | None) -> None:
    found = select_of(sql)
    assert (found and " ".join(found.split())) == (select and " ".join(select.split()))


def test_what_comes_behind_all_reading_is_left_out_with_its_parameters() -> None:
    assert select_of("INSERT INTO x SELECT ? FROM t WHERE 1 ON CONFLICT DO UPDATE SET a = ?") == (
        "SELECT ? FROM t WHERE 1"
    )
