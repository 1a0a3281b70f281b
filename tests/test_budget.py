"""max_calls: a statement that would make more calls is stopped."""

from __future__ import annotations

import pytest

import awsvtab
from awsvtab.emulator import Emulator
from awsvtab.errors import TooManyCalls
from awsvtab.options import Options
from conftest import Connect, operations


def test_a_statement_within_its_budget_runs(connect: Connect, estate: Emulator) -> None:
    connection = connect(tables=["customerprofiles.event_streams"], max_calls=4)
    for _ in range(3):  # each statement has a budget of its own
        assert connection.execute("SELECT count(*) FROM event_streams").fetchone() == (6,)
    assert operations(estate) == {"ListResources": 12}


@pytest.mark.parametrize("most", [1, 3, 7])
def test_nothing_is_sent_beyond_the_budget(connect: Connect, estate: Emulator, most: int) -> None:
    connection = connect(tables=["customerprofiles.event_streams"], max_calls=most)
    with pytest.raises(
        awsvtab.OperationalError, match=rf"max_calls={most} .*max_calls={10 * most}"
    ):
        connection.execute("SELECT uri FROM event_streams").fetchall()
    connection.close()  # waits for those under way
    assert len(estate.calls) == most


def test_repeated_requests_count(connect: Connect, estate: Emulator) -> None:
    connection = connect(tables=["customerprofiles.event_streams"], max_calls=3)
    estate.faults.drop(operation="GetResource", times=2)
    sql = "SELECT uri FROM event_streams WHERE data__Identifier = 'one|a'"
    assert len(connection.execute(sql).fetchall()) == 1
    estate.faults.drop(operation="ListResources", times=2)
    with pytest.raises(TooManyCalls):
        connection.execute("SELECT uri FROM event_streams WHERE domain_name = 'one'").fetchall()


def test_the_budget_is_no_failure_that_may_be_left_out(connect: Connect, estate: Emulator) -> None:
    connection = connect(tables=["customerprofiles.event_streams"], max_calls=5, on_error="warn")
    with pytest.raises(TooManyCalls):
        connection.execute("SELECT uri FROM event_streams").fetchall()


def test_a_commit_that_needs_more_sends_nothing(connect: Connect, estate: Emulator) -> None:
    connection = connect(tables=["customerprofiles.event_streams"], max_calls=2)
    connection.execute("CREATE TABLE mine (a)")
    sql = "INSERT INTO aws.customerprofiles.domains (domain_name, default_expiration_days) VALUES "
    connection.execute(sql + "('a', 1), ('b', 1), ('c', 1)")
    with pytest.raises(TooManyCalls, match="COMMIT of 3 changes"):
        connection.commit()
    assert len(estate.calls) == 0
    connection.execute(sql + "('a', 1), ('b', 1)")
    estate.changes.polls = 3
    connection.commit()  # what was sent is waited for, whatever that takes
    assert operations(estate) == {"CreateResource": 2, "GetResourceRequestStatus": 6}


@pytest.mark.parametrize("given", [0, -1, 1.5, True, "5"])
def test_a_budget_that_is_none_is_refused(given: object) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="write 1 or more"):
        Options(max_calls=given)  # type: ignore[arg-type]


def test_a_join_is_one_statement(connect: Connect, estate: Emulator) -> None:
    connection = connect(tables=["customerprofiles.event_streams"], max_calls=2)
    connection.execute("CREATE TABLE mine (id)")
    connection.executemany("INSERT INTO mine VALUES (?)", [("one|a",), ("one|b",), ("two|a",)])
    connection.commit()
    sql = "SELECT uri FROM mine JOIN event_streams ON data__Identifier = id WHERE id {} 'two|a'"
    assert len(connection.execute(sql.format("<>")).fetchall()) == 2
    with pytest.raises(TooManyCalls):
        connection.execute(sql.format("<=")).fetchall()
    connection.close()
    assert operations(estate) == {"GetResource": 4}
