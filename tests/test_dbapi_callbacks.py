"""Functions and handlers of the user's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import awsvtab


@pytest.fixture
def local() -> Iterator[awsvtab.Connection]:
    connection = awsvtab.connect(":memory:")
    yield connection
    connection.close()


class Failing:
    """An aggregate that fails where it is told to."""

    where = "step"

    def step(self, value: int) -> None:
        self._fail("step")

    def finalize(self) -> int:
        self._fail("finalize")
        return 1

    def _fail(self, here: str) -> None:
        if here == self.where:
            raise ZeroDivisionError(here)


@pytest.mark.parametrize("error", [ZeroDivisionError(), OverflowError()])
def test_a_failed_function_has_sqlites_code(error: Exception) -> None:
    def raised(module: ModuleType) -> tuple[str, int, str]:
        def fail() -> None:
            raise error

        connection = module.connect(":memory:")
        connection.create_function("fail", 0, fail)
        with pytest.raises(module.Error) as caught:
            connection.execute("SELECT fail()").fetchall()
        connection.close()
        found = caught.value
        return type(found).__name__, found.sqlite_errorcode, found.sqlite_errorname

    sqlite3.enable_callback_tracebacks(False)  # importing Datasette enables them
    assert raised(awsvtab) == raised(sqlite3)


def test_the_cause_of_a_failed_function_is_kept(local: awsvtab.Connection) -> None:
    local.create_function("inverse", 1, lambda x: 1 / x)
    with pytest.raises(awsvtab.OperationalError, match="user-defined function") as caught:
        local.execute("SELECT inverse(0)").fetchall()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("where", ["step", "finalize"])
def test_the_cause_of_a_failed_aggregate_is_kept(local: awsvtab.Connection, where: str) -> None:
    local.create_aggregate("failing", 1, type("Here", (Failing,), {"where": where}))
    with pytest.raises(awsvtab.OperationalError, match=f"'{where}' method raised") as caught:
        local.execute("SELECT failing(1)").fetchall()
    assert str(caught.value.__cause__) == where


def test_a_failed_collation_is_an_error(local: awsvtab.Connection) -> None:
    def compare(left: str, right: str) -> int:
        raise ZeroDivisionError

    local.create_collation("broken", compare)
    with pytest.raises(awsvtab.OperationalError, match="user-defined collation"):
        local.execute("SELECT 'a' = 'b' COLLATE broken").fetchall()


def test_errors_of_ours_pass_through_functions(local: awsvtab.Connection) -> None:
    local.create_function("nested", 0, lambda: local.execute("SELECT * FROM nowhere"))
    with pytest.raises(awsvtab.OperationalError, match="user-defined") as caught:
        local.execute("SELECT nested()").fetchall()
    assert "no such table" in str(caught.value.__cause__)


def test_tracebacks_go_to_a_hook_when_asked(
    local: awsvtab.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", seen.append)
    local.set_progress_handler(lambda: 1 // 0, 1)
    awsvtab.enable_callback_tracebacks(True)
    try:
        with pytest.raises(awsvtab.OperationalError, match="interrupted"):
            local.execute("CREATE TABLE t (x)")
    finally:
        awsvtab.enable_callback_tracebacks(False)
    assert seen[0].exc_type is ZeroDivisionError


def test_trace_sees_what_runs_in_order_and_nothing_else(local: awsvtab.Connection) -> None:
    traced: list[str] = []
    local.execute("CREATE TABLE t (x)")
    local.set_trace_callback(traced.append)
    for _ in range(2):
        local.executemany("INSERT INTO t VALUES (?)", [(1,), ("a",), (None,)])
        local.commit()
    local.set_trace_callback(None)
    local.execute("SELECT 1")
    inserts = [f"INSERT INTO t VALUES({value})" for value in ("1", "'a'", "NULL")]
    expected = ["BEGIN ", *inserts, "COMMIT"] * 2
    assert [text.replace("VALUES (", "VALUES(") for text in traced] == expected


def test_window_functions_slide(local: awsvtab.Connection) -> None:
    class Sum:
        def __init__(self) -> None:
            self.total = 0

        def step(self, value: int) -> None:
            self.total += value

        def inverse(self, value: int) -> None:
            self.total -= value

        def value(self) -> int:
            return self.total

        finalize = value

    local.create_window_function("total", 1, Sum)
    rows = local.execute(
        "SELECT total(column1) OVER (ORDER BY column1 ROWS 1 PRECEDING) FROM (VALUES (1), (2), (3))"
    )
    assert rows.fetchall() == [(1,), (3,), (5,)]
