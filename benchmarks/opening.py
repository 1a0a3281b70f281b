"""What it costs to have every type at hand: import, opening a connection, the wheel.

python benchmarks/opening.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import apsw

import awsvtab

ROUNDS = 50
IMPORT = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


def main() -> None:
    """Prints the three."""
    imported, bare = (min(import_s(name) for _ in range(5)) for name in ("awsvtab", "apsw"))
    print(f"import awsvtab: {imported * 1000:.0f} ms, of which apsw {bare * 1000:.0f} ms")
    with_tables = min(open_s(register=True) for _ in range(ROUNDS))
    without = min(open_s(register=False) for _ in range(ROUNDS))
    print(f"registering every type on a connection: {(with_tables - without) * 1000:.2f} ms")
    print(f"wheel: {wheel_bytes() / 1e6:.2f} MB")


def import_s(name: str) -> float:
    """Seconds for a fresh interpreter to import a module."""
    command = [sys.executable, "-c", IMPORT.format(name)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def open_s(register: bool) -> float:
    """Seconds to open a connection, with the AWS tables or without."""
    start = time.perf_counter()
    connection = apsw.Connection(":memory:")
    registration = awsvtab.register(connection) if register else None
    elapsed = time.perf_counter() - start
    if registration is not None:
        registration.close()
    connection.close()
    return elapsed


def wheel_bytes() -> int:
    """The size of the wheel built from this tree."""
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, root]
        subprocess.run(command, check=True, capture_output=True)
        (wheel,) = Path(folder).glob("*.whl")
        return wheel.stat().st_size


if __name__ == "__main__":
    main()
