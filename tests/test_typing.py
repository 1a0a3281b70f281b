"""``typing_tests/`` is what type checkers say it is, the mistakes in it included."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 300


def checked(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )


def test_mypy_agrees() -> None:
    pytest.importorskip("mypy")
    found = checked("mypy", "typing_tests")
    assert found.returncode == 0, found.stdout + found.stderr


def test_pyright_agrees() -> None:
    pytest.importorskip("pyright")
    found = checked("pyright", "--pythonpath", sys.executable)
    if found.returncode not in (0, 1):
        pytest.skip(f"pyright cannot run here; it needs Node.js: {found.stderr[-200:]}")
    assert found.returncode == 0, found.stdout
