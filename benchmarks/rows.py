"""What a row and a statement cost beside AWS: ``python benchmarks/rows.py``.

A row has nine columns of text. awsvtab's rows are ready when the statement has read them before;
before, their JSON has to be parsed. The bare virtual table reads those very tuples, from a list. A
statement of 450 bytes with three-part names is compared with bare APSW
running the rewritten text over bare tables; neither gives a row. Each figure is processor time,
the best of the rounds. Exit status 1 where one is above its aim.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import apsw
from offline import REGION, TABLE, TEXTS, TYPE, Pages, offline

import awsvtab
from awsvtab.catalog.columns import declaration, table_columns
from awsvtab.catalog.names import column_name
from awsvtab.flow import Waiting
from awsvtab.options import SESSION_ACCOUNT, Place
from awsvtab.rows import Cell
from awsvtab.snapshot import Snapshot

ROWS = 1_000  # few enough for a processor's cache
PASSES = 20
READY_AIM = 1.15
STATEMENT_AIM_US = 60.0
NAMES = [column_name(name) for name in TEXTS]
COLUMNS = ", ".join(f"t.{name}" for name in NAMES)
DOTTED = TYPE.dotted_name
STATEMENT = f"""
SELECT h.host_id, h.availability_zone, h.instance_type, h.instance_family, h.host_recovery,
    h.asset_id, h.region, count(*) AS number, max(h.outpost_arn) AS outpost
FROM {DOTTED} AS h
WHERE h.region = ? AND h.data__Identifier = ? AND h.instance_family IN ('m5', 'm6i', 'r5')
    AND h.availability_zone LIKE 'us-east-1%' AND h.host_maintenance IS NOT 'off'
GROUP BY h.availability_zone, h.instance_family
HAVING count(*) > 1 ORDER BY number DESC LIMIT 10
""".strip()


class BareTable:
    """The least that a virtual table can do."""

    def __init__(self) -> None:
        self.rows: Sequence[Sequence[Cell]] = ()

    def Connect(self, *_: object) -> tuple[str, BareTable]:  # noqa: N802
        return declaration(table_columns(TYPE)).split(", PRIMARY KEY")[0] + ")", self

    def BestIndexObject(self, index: apsw.IndexInfo) -> bool:  # noqa: N802
        return True

    def Open(self) -> BareCursor:  # noqa: N802
        return BareCursor(self.rows)

    def Disconnect(self) -> None:  # noqa: N802
        pass

    Destroy = Disconnect


class BareCursor:
    def __init__(self, rows: Sequence[Sequence[Cell]]) -> None:
        self._rows = rows

    def Filter(self, *_: object) -> None:  # noqa: N802
        self._left = iter(self._rows)
        self._row = next(self._left, None)

    def Next(self) -> None:  # noqa: N802
        self._row = next(self._left, None)

    def Eof(self) -> bool:  # noqa: N802
        return self._row is None

    def Column(self, number: int) -> Cell:  # noqa: N802
        return self._row[number]  # type: ignore[index]

    def Rowid(self) -> int:  # noqa: N802
        return 0

    def Close(self) -> None:  # noqa: N802
        pass


@contextmanager
def bare(table: BareTable) -> Iterator[apsw.Connection]:
    """A connection with a bare table of the same name and columns."""
    connection = apsw.Connection(":memory:")
    module: Any = table
    connection.create_module(TABLE, module, use_bestindex_object=True, eponymous=True)
    yield connection
    connection.close()


def ready_tuples(snapshot: Snapshot) -> list[Sequence[Cell]]:
    """The rows that a statement has made of a listing, by itself or before."""
    listing = snapshot.listing(Place(SESSION_ACCOUNT, REGION), TYPE, {})
    return [row.cells for step in listing if not isinstance(step, Waiting) for row in step]


def seconds(run: Callable[[], object]) -> float:
    """Of processor time, in this thread."""
    start = time.thread_time()
    run()
    return time.thread_time() - start


def rows(rounds: int) -> tuple[float, float, float]:
    """Microseconds per row: of the bare table, of ready rows, and of rows read the first time."""
    sql = (
        "WITH RECURSIVE pass(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM pass WHERE n < ?) "
        f"SELECT {COLUMNS} FROM pass CROSS JOIN {TABLE} AS t"
    )
    best = [float("inf")] * 3
    snapshots: list[Snapshot] = []
    table = BareTable()
    with bare(table) as plain, offline(Pages(ROWS, whole=True), snapshots) as ours:
        for _ in range(rounds):
            reader = ours.execute(sql, (PASSES + 2,))
            first = seconds(lambda r=reader: take(r, ROWS)) / ROWS
            take(reader, ROWS)  # whoever reads a second time may build something, for all others
            table.rows = ready_tuples(snapshots[-1])
            ready = seconds(lambda r=reader: take(r, PASSES * ROWS)) / (PASSES * ROWS)
            others = plain.execute(sql, (PASSES + 1,))
            take(others, ROWS)
            simple = seconds(lambda r=others: take(r, PASSES * ROWS)) / (PASSES * ROWS)
            best = [min(pair) for pair in zip(best, (simple, ready, first), strict=True)]
            reader.close()
            others.close()
    plain_s, ready_s, first_s = best
    return plain_s * 1e6, ready_s * 1e6, first_s * 1e6


def take(rows: Iterator[object], number: int) -> None:
    """Reads as many rows."""
    deque(islice(rows, number), maxlen=0)


def statements(rounds: int) -> tuple[float, float]:
    """Microseconds per statement: of bare APSW with the rewritten text, and of awsvtab."""
    runs = 500
    parameters = ("us-east-1", None)
    best = [float("inf")] * 2
    ours = awsvtab.connect(":memory:", regions=["us-east-1"])
    rewritten = STATEMENT.replace(DOTTED, TABLE)
    with bare(BareTable()) as plain:
        for _ in range(rounds):
            for place, run in enumerate(
                (
                    lambda: plain.execute(rewritten, parameters).fetchall(),
                    lambda: ours.execute(STATEMENT, parameters).fetchall(),
                )
            ):
                taken = seconds(lambda run=run: [run() for _ in range(runs)])
                best[place] = min(best[place], taken / runs * 1e6)
    ours.close()
    return best[0], best[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    plain, ready, first = rows(rounds)
    print("| a row of nine texts | µs | ratio | aim |\n|---|--:|--:|--:|")
    print(f"| bare virtual table over tuples | {plain:.2f} | | |")
    print(f"| ready rows | {ready:.2f} | {ready / plain:.2f} | {READY_AIM} |")
    print(f"| first read: listed, parsed, shown | {first:.2f} | {first / plain:.2f} | |\n")
    theirs, ours = statements(rounds)
    print(f"| a statement of {len(STATEMENT)} bytes | µs | more | aim |\n|---|--:|--:|--:|")
    print(f"| bare APSW, the rewritten text | {theirs:.1f} | | |")
    print(f"| awsvtab | {ours:.1f} | {ours - theirs:.1f} | {STATEMENT_AIM_US:g} |")
    return 1 if ready / plain > READY_AIM or ours - theirs > STATEMENT_AIM_US else 0


if __name__ == "__main__":
    sys.exit(main())
