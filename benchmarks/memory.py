"""Peak memory of statements over long listings, read row by row: ``python benchmarks/memory.py``.

Each size is read in a process of its own. Plain: nine texts that the listing has. Hydrated: the
listing has the identifier only, and each row is read by GetResource. Noted: besides, all are
shown to a statement that writes. Exit status 1 where ten times as many rows take more than 50 MB
more.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys

from offline import TABLE, TEXTS, Pages, offline

from awsvtab.catalog.names import column_name

AIM_MB = 50
CASES = {"plain": 100_000, "hydrated": 30_000, "noted": 30_000}
COLUMNS = ", ".join(column_name(name) for name in TEXTS)


def read(case: str, rows: int) -> int:
    """Reads, and returns the peak of the process in KB."""
    with offline(Pages(rows, whole=case == "plain")) as connection:
        if case == "noted":
            connection.execute("ATTACH '' AS local")  # a file, not memory
            connection.execute(f"CREATE TABLE local.copy AS SELECT {COLUMNS} FROM {TABLE}")
            (count,) = connection.execute("SELECT count(*) FROM local.copy").fetchone()
        else:
            count = sum(1 for _ in connection.execute(f"SELECT {COLUMNS} FROM {TABLE}"))
    if count != rows:
        raise SystemExit(f"{count} of {rows} rows came")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform != "darwin" else peak // 1024


def measure(case: str, rows: int) -> float:
    """Peak memory in MB, of a fresh process."""
    command = [sys.executable, __file__, "--case", case, "--rows", str(rows)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=CASES)
    parser.add_argument("--rows", type=int, default=0)
    options = parser.parse_args()
    if options.case:
        print(read(options.case, options.rows))
        return 0
    above = 0
    print("| case | rows | peak, MB | rows | peak, MB | more | aim |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for case, rows in CASES.items():
        few, many = measure(case, rows), measure(case, 10 * rows)
        above += many - few > AIM_MB
        print(
            f"| {case} | {rows:,} | {few:.0f} | {10 * rows:,} | {many:.0f} "
            f"| {many - few:.0f} | {AIM_MB} |"
        )
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
