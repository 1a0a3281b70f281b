"""The ledger keeps the last requests, and a plan whole."""

from __future__ import annotations

import pytest

from awsvtab.catalog import catalog
from awsvtab.changes import Change, Operation
from awsvtab.ledger import REQUESTS_KEPT, Ledger
from awsvtab.options import Place

TYPE = catalog().type("AWS::SQS::Queue")


def changes(number: int) -> list[Change]:
    return [Change(Operation.DELETE, TYPE, Place("", "us-east-1"), "q")] * number


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(None, lambda: 0.0)


def test_the_oldest_go_when_there_are_too_many(ledger: Ledger) -> None:
    ledger.open(changes(REQUESTS_KEPT))
    ledger.open(changes(3))
    positions = [request.position for request in ledger]
    assert (len(positions), positions[0], positions[-1]) == (REQUESTS_KEPT, 4, REQUESTS_KEPT + 3)


def test_a_plan_is_never_cut(ledger: Ledger) -> None:
    ledger.open(changes(5))
    opened = ledger.open(changes(REQUESTS_KEPT + 2))
    assert len(list(ledger)) == REQUESTS_KEPT + 2
    assert ledger.latest([1, opened[0].position]) == opened[:1]
