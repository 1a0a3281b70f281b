"""Connections that share another one's way to AWS."""

from __future__ import annotations

import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import Connect, operations

COUNT = "SELECT count(*) FROM aws.customerprofiles.domains"


def test_what_one_has_read_the_other_need_not_read(estate: Emulator, connect: Connect) -> None:
    first = connect(cache_ttl=60)
    first.execute(COUNT).fetchall()
    with_first = awsvtab.connect(":memory:", share=first)
    assert with_first.execute(COUNT).fetchall() == [(3,)]
    assert operations(estate) == {"ListResources": 1}
    with_first.close()


def test_calls_are_in_one_record(estate: Emulator, connect: Connect) -> None:
    first = connect()
    with_first = awsvtab.connect(":memory:", share=first)
    for connection in (first, with_first):
        connection.execute(COUNT).fetchall()
    assert with_first.execute("SELECT count(*) FROM aws_calls").fetchone() == (2,)
    with_first.close()


def test_options_are_those_of_the_first(estate: Emulator, connect: Connect) -> None:
    first = connect(tables=["customerprofiles.domains"], read_only=True)
    with_first = awsvtab.connect(":memory:", share=first)
    assert with_first.execute("SELECT count(*) FROM domains").fetchone() == (3,)
    with pytest.raises(awsvtab.OperationalError, match="read_only"):
        with_first.execute("DELETE FROM domains WHERE domain_name = 'one'")
    with_first.close()
    with pytest.raises(awsvtab.ProgrammingError, match="share and regions"):
        awsvtab.connect(":memory:", share=first, regions=["us-east-1"])


def test_closing_it_leaves_the_first_at_work(estate: Emulator, connect: Connect) -> None:
    first = connect()
    awsvtab.connect(":memory:", share=first).close()
    assert first.execute(COUNT).fetchone() == (3,)
