"""SQLAlchemy's tests of dialects pass, and skip nothing that the built-in one does not."""

from __future__ import annotations

import pytest

import sqlalchemy_suite

pytest.importorskip("sqlalchemy")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ours() -> sqlalchemy_suite.Outcomes:
    return sqlalchemy_suite.run("awsvtab://")


@pytest.fixture(scope="module")
def built_in() -> sqlalchemy_suite.Outcomes:
    return sqlalchemy_suite.run("sqlite://")


def test_nothing_fails(ours: sqlalchemy_suite.Outcomes) -> None:
    assert {n: o for n, o in ours.items() if o not in ("passed", "skipped")} == {}


def test_nothing_is_skipped_that_the_built_in_dialect_passes(
    ours: sqlalchemy_suite.Outcomes, built_in: sqlalchemy_suite.Outcomes
) -> None:
    skipped = {name for name, outcome in ours.items() if outcome == "skipped"}
    assert {name for name in skipped if built_in.get(name) == "passed"} == set()


def test_the_whole_suite_runs(
    ours: sqlalchemy_suite.Outcomes, built_in: sqlalchemy_suite.Outcomes
) -> None:
    assert ours.keys() == built_in.keys()
    assert sum(outcome == "passed" for outcome in ours.values()) >= 1_500
