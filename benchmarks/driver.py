"""The driver against ``sqlite3`` on plain local tables: ``python benchmarks/driver.py``.

Prints one line per operation, as Markdown: microseconds per statement or row of each, and the
ratio. Both run in turns in one process, on ``:memory:``; each figure is the best of the rounds, in
CPU time, so that other programs do not count.
Exit status 1 where a ratio is above its aim.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

import awsvtab.dbapi as awsvtab

ROWS = 2_000
DATA = [
    (number, f"resource-{number}", number * 1.5, f"arn:aws:s3:::bucket-{number}", None)
    for number in range(ROWS)
]
SELECT = "SELECT id, name, size, arn, note FROM resources"
INSERT = "INSERT INTO copies (id, name, size, arn, note) VALUES (?, ?, ?, ?, ?)"

Operation = Callable[[Any, ModuleType], int]
AIM = 1.25
AIMS = {"fetchall": 1.0}


def execute_select(con: Any, module: ModuleType) -> int:
    cursor = con.cursor()
    for number in range(ROWS):
        cursor.execute(f"{SELECT} WHERE id = ?", (number,)).fetchone()
    return ROWS


def execute_insert(con: Any, module: ModuleType) -> int:
    cursor = con.cursor()
    for row in DATA:
        cursor.execute(INSERT, row)
    con.rollback()
    return ROWS


def execute_new_text(con: Any, module: ModuleType) -> int:
    cursor = con.cursor()
    for number in range(500):
        cursor.execute(f"{SELECT} WHERE id = {number}").fetchone()
    return 500


def connection_execute(con: Any, module: ModuleType) -> int:
    for number in range(ROWS):
        con.execute(f"{SELECT} WHERE id = ?", (number,)).fetchone()
    return ROWS


def executemany(con: Any, module: ModuleType) -> int:
    con.executemany(INSERT, DATA)
    con.rollback()
    return ROWS


def executemany_named(con: Any, module: ModuleType) -> int:
    rows = ({"id": row[0], "name": row[1]} for row in DATA)
    con.executemany("INSERT INTO copies (id, name) VALUES (:id, :name)", rows)
    con.rollback()
    return ROWS


def fetchall(con: Any, module: ModuleType) -> int:
    return len(con.execute(SELECT).fetchall())


def fetchone(con: Any, module: ModuleType) -> int:
    cursor = con.execute(SELECT)
    while cursor.fetchone() is not None:
        pass
    return ROWS


def fetchmany(con: Any, module: ModuleType) -> int:
    cursor = con.execute(SELECT)
    while cursor.fetchmany(100):
        pass
    return ROWS


def iteration(con: Any, module: ModuleType) -> int:
    for _ in con.execute(SELECT):
        pass
    return ROWS


def with_factory(operation: Operation, factory: Callable[[ModuleType], Any]) -> Operation:
    def run(con: Any, module: ModuleType) -> int:
        con.row_factory = factory(module)
        try:
            return operation(con, module)
        finally:
            con.row_factory = None

    return run


def row(module: ModuleType) -> Any:
    return module.Row


def function(module: ModuleType) -> Any:
    return lambda cursor, values: values


OPERATIONS: dict[str, Operation] = {
    "execute SELECT and fetchone": execute_select,
    "execute INSERT": execute_insert,
    "execute, a new text each time": execute_new_text,
    "Connection.execute": connection_execute,
    "executemany": executemany,
    "executemany, named": executemany_named,
    "fetchall": fetchall,
    "fetchone": fetchone,
    "fetchmany": fetchmany,
    "iteration": iteration,
    "fetchall, Row": with_factory(fetchall, row),
    "iteration, Row": with_factory(iteration, row),
    "fetchall, function": with_factory(fetchall, function),
    "iteration, function": with_factory(iteration, function),
}


def prepared(module: ModuleType) -> Any:
    con = module.connect(":memory:")
    for table in ("resources", "copies"):
        con.execute(
            f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT, size REAL, arn TEXT, note)"
        )
    con.executemany(INSERT.replace("copies", "resources"), DATA)
    con.commit()
    return con


def measure(operation: Operation, rounds: int) -> Iterator[float]:
    """Microseconds per statement or row: ours, then those of ``sqlite3``."""
    pairs = [(module, prepared(module)) for module in (awsvtab, sqlite3)]
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for place, (module, con) in enumerate(pairs):
            start = time.process_time()
            count = operation(con, module)
            best[place] = min(best[place], (time.process_time() - start) / count * 1e6)
    for _, con in pairs:
        con.close()
    yield from best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    above = 0
    print(f"SQLite {awsvtab.sqlite_version}; sqlite3 with {sqlite3.sqlite_version}\n")
    print("| operation | awsvtab, µs | sqlite3, µs | ratio | aim |\n|---|--:|--:|--:|--:|")
    for name, operation in OPERATIONS.items():
        ours, theirs = measure(operation, rounds)
        aim = AIMS.get(name, AIM)
        above += ours / theirs > aim
        print(f"| {name} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.2f} | {aim} |")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
