"""The queue of changes follows SQLite's savepoints."""

from __future__ import annotations

import pytest

from awsvtab.catalog import catalog
from awsvtab.changes import Change, Changes, Operation
from awsvtab.options import Place

ONE, TWO = object(), object()  # tables


def change(name: str) -> Change:
    resource_type = catalog().table("aws_customerprofiles_event_streams")
    assert resource_type is not None
    return Change(Operation.DELETE, resource_type, Place("123456789012", "us-east-1"), name)


def add(changes: Changes, *names: str) -> None:
    for name in names:
        changes.add(change(name))


def queued(changes: Changes) -> list[str | None]:
    return [each.identifier for each in changes.pending()]


@pytest.fixture
def changes() -> Changes:
    """A queue in whose transaction one table takes part: BEGIN; INSERT INTO one."""
    changes = Changes()
    changes.begin(ONE)
    add(changes, "first")
    return changes


def test_a_new_queue_is_empty_and_false() -> None:
    assert not Changes()
    assert Changes().pending() == ()


def test_changes_wait_in_the_order_made(changes: Changes) -> None:
    add(changes, "second", "third")
    assert queued(changes) == ["first", "second", "third"]
    assert len(changes) == 3


def test_pending_is_a_copy(changes: Changes) -> None:
    before = changes.pending()
    add(changes, "second")
    assert len(before) == 1


def test_each_change_has_a_client_token_of_its_own() -> None:
    assert change("a").client_token != change("a").client_token


def test_rollback_to_drops_what_came_after_the_savepoint(changes: Changes) -> None:
    changes.savepoint(ONE, 0)
    add(changes, "second")
    changes.rollback_to(0)
    assert queued(changes) == ["first"]


def test_a_savepoint_outlives_a_rollback_to_it(changes: Changes) -> None:
    changes.savepoint(ONE, 0)
    for name in ("second", "third"):
        add(changes, name)
        changes.rollback_to(0)
        assert queued(changes) == ["first"]


def test_rollback_to_an_outer_savepoint_forgets_those_inside(changes: Changes) -> None:
    changes.savepoint(ONE, 0)
    add(changes, "second")
    changes.savepoint(ONE, 1)
    add(changes, "third")
    changes.rollback_to(0)
    add(changes, "fourth")
    changes.savepoint(ONE, 1)
    add(changes, "fifth")
    changes.rollback_to(1)
    assert queued(changes) == ["first", "fourth"]


def test_a_late_table_tells_of_a_savepoint_after_a_rollback(changes: Changes) -> None:
    changes.savepoint(ONE, 0)
    add(changes, "second")
    changes.savepoint(ONE, 1)
    changes.rollback_to(0)
    changes.begin(TWO)
    changes.savepoint(TWO, 1)
    add(changes, "third")
    changes.rollback_to(1)
    assert queued(changes) == ["first"]


def test_released_changes_stay(changes: Changes) -> None:
    changes.savepoint(ONE, 0)
    add(changes, "second")
    changes.release(0)
    assert queued(changes) == ["first", "second"]


def test_released_changes_go_with_the_savepoint_around_them(changes: Changes) -> None:
    changes.savepoint(ONE, 0)
    changes.savepoint(ONE, 1)
    add(changes, "second")
    changes.release(1)
    changes.rollback_to(0)
    assert queued(changes) == ["first"]


def test_release_of_an_outer_savepoint_releases_those_inside(changes: Changes) -> None:
    changes.savepoint(ONE, 0)
    changes.savepoint(ONE, 1)
    add(changes, "second")
    changes.release(0)
    changes.savepoint(ONE, 0)
    add(changes, "third")
    changes.rollback_to(0)
    assert queued(changes) == ["first", "second"]


def test_a_number_opened_again_marks_the_new_place(changes: Changes) -> None:
    changes.savepoint(ONE, 0)
    changes.release(0)
    add(changes, "second")
    changes.savepoint(ONE, 0)
    add(changes, "third")
    changes.rollback_to(0)
    assert queued(changes) == ["first", "second"]


def test_a_savepoint_told_by_two_tables_is_one(changes: Changes) -> None:
    changes.begin(TWO)
    changes.savepoint(TWO, 0)
    changes.savepoint(ONE, 0)
    add(changes, "second")
    for _ in (ONE, TWO):
        changes.rollback_to(0)
    assert queued(changes) == ["first"]


def test_savepoints_from_before_the_first_table_found_an_empty_queue() -> None:
    """BEGIN; SAVEPOINT a; SAVEPOINT b; INSERT INTO one: only b is told, as number 1."""
    changes = Changes()
    changes.begin(ONE)
    changes.savepoint(ONE, 1)
    add(changes, "first")
    changes.rollback_to(0)
    assert queued(changes) == []


def test_a_table_that_joins_late_does_not_move_the_mark(changes: Changes) -> None:
    """SAVEPOINT a; INSERT INTO one; INSERT INTO two: two is told of a after one's change."""
    changes.savepoint(ONE, 0)
    add(changes, "second")
    changes.begin(TWO)
    changes.savepoint(TWO, 0)
    add(changes, "third")
    changes.rollback_to(0)
    assert queued(changes) == ["first"]


def test_a_table_that_joined_late_tells_later_savepoints_rightly(changes: Changes) -> None:
    changes.savepoint(ONE, 0)
    changes.begin(TWO)
    changes.savepoint(TWO, 0)
    add(changes, "second")
    changes.savepoint(TWO, 1)
    add(changes, "third")
    changes.rollback_to(1)
    assert queued(changes) == ["first", "second"]


def test_rollback_to_the_savepoint_that_began_the_transaction_drops_all(changes: Changes) -> None:
    """SAVEPOINT a; INSERT INTO one; ROLLBACK TO a: SQLite calls it -1."""
    changes.savepoint(ONE, 0)
    add(changes, "second")
    changes.rollback_to(-1)
    assert queued(changes) == []


def test_savepoints_after_a_rollback_to_the_beginning_start_anew(changes: Changes) -> None:
    changes.savepoint(ONE, 0)
    changes.rollback_to(-1)
    add(changes, "second")
    changes.savepoint(ONE, 0)
    add(changes, "third")
    changes.rollback_to(0)
    assert queued(changes) == ["second"]


def test_take_gives_the_plan_and_empties_the_queue(changes: Changes) -> None:
    add(changes, "second")
    assert [each.identifier for each in changes.take()] == ["first", "second"]
    assert not changes
    assert list(changes.take()) == []


def test_what_was_taken_does_not_change_any_more(changes: Changes) -> None:
    taken = changes.take()
    add(changes, "second")
    assert [each.identifier for each in taken] == ["first"]


@pytest.mark.parametrize("end", [Changes.clear, Changes.take], ids=["clear", "take"])
def test_the_next_transaction_starts_without_savepoints(changes: Changes, end) -> None:
    changes.savepoint(ONE, 0)
    add(changes, "second")
    end(changes)
    assert queued(changes) == []
    changes.begin(ONE)
    add(changes, "third", "fourth")
    changes.savepoint(ONE, 0)
    add(changes, "fifth")
    changes.rollback_to(0)
    assert queued(changes) == ["third", "fourth"]


def test_a_joining_that_nobody_used_ends_with_the_transaction(changes: Changes) -> None:
    """BEGIN; INSERT INTO one; COMMIT; BEGIN; SAVEPOINT …: the table has joined before."""
    changes.clear()
    changes.savepoint(ONE, 0)
    add(changes, "second")
    changes.savepoint(ONE, 0)
    add(changes, "third")
    changes.rollback_to(0)
    assert queued(changes) == ["second"]


def test_undo_since_drops_what_an_unreleased_savepoint_holds(changes: Changes) -> None:
    """A statement that failed in Python: SQLite opened its savepoint, and told of no end."""
    changes.savepoint(ONE, 0)
    add(changes, "second")
    told = changes.savepoints_told
    changes.savepoint(ONE, 1)
    add(changes, "third")
    changes.undo_since(told)
    assert queued(changes) == ["first", "second"]
    changes.rollback_to(0)
    assert queued(changes) == ["first"]


def test_undo_since_keeps_what_a_released_savepoint_held(changes: Changes) -> None:
    told = changes.savepoints_told
    changes.savepoint(ONE, 0)
    add(changes, "second")
    changes.release(0)
    changes.undo_since(told)
    assert queued(changes) == ["first", "second"]


def test_undo_since_keeps_what_earlier_savepoints_hold(changes: Changes) -> None:
    changes.savepoint(ONE, 0)
    add(changes, "second")
    changes.undo_since(changes.savepoints_told)
    assert queued(changes) == ["first", "second"]


def test_undo_since_counts_a_savepoint_that_a_late_table_tells(changes: Changes) -> None:
    """BEGIN; SAVEPOINT a; SAVEPOINT b, and a statement's own, number 2: only that is told."""
    changes.clear()
    told = changes.savepoints_told
    changes.begin(ONE)
    changes.savepoint(ONE, 2)
    add(changes, "second")
    changes.undo_since(told)
    assert queued(changes) == []
