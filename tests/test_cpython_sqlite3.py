"""CPython's tests of sqlite3 pass, but for the failures listed with their reasons."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import cpython_sqlite3

KNOWN = json.loads(Path(__file__).with_name("cpython_sqlite3_known.json").read_text())


@pytest.fixture(scope="module")
def outcomes() -> cpython_sqlite3.Outcomes:
    reason = cpython_sqlite3.missing()
    if reason is not None:
        pytest.skip(reason)
    return cpython_sqlite3.run()


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    """The failures that are known with this Python: those of the newest version listed."""
    versions = sorted(tuple(map(int, version.split("."))) for version in KNOWN)
    newest = max(version for version in versions if version <= sys.version_info)
    listed: dict[str, str] = KNOWN[".".join(map(str, newest))]
    return listed


def test_fails_nothing_that_is_not_listed(
    outcomes: cpython_sqlite3.Outcomes, known: dict[str, str]
) -> None:
    failed = {n: o for n, o in outcomes.items() if o not in ("passed", "skipped")}
    assert {name: failed[name] for name in failed.keys() - known.keys()} == {}


def test_lists_no_failure_that_is_gone(
    outcomes: cpython_sqlite3.Outcomes, known: dict[str, str]
) -> None:
    assert [name for name in known if outcomes.get(name) in (None, "passed")] == []


def test_runs_the_whole_suite(outcomes: cpython_sqlite3.Outcomes) -> None:
    assert len(outcomes) >= 436
