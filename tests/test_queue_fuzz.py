"""The queue of changes against an ordinary table that sees the same statements.

After each step of a random script, what is queued plus what was sent must be the rows of the
ordinary table: SQLite itself says what a savepoint, a conflict clause or an error leaves of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from random import Random
from typing import Any, NamedTuple

import apsw
import pytest

from stub import Stub

STEPS = 60
SAVEPOINTS = ("a", "b", "c")
POLICIES = ("", "", "", "OR IGNORE", "OR FAIL", "OR ABORT", "OR ROLLBACK")
# Values that make a row fail: by the table, by the table's Python code, by a Python function, by
# SQLite's own function.
FAILING = ("constraint", "exception", "function", "overflow")

SCHEMA = """
    CREATE TABLE ordinary(position INTEGER PRIMARY KEY, name, tag CHECK(tag <> 'constraint'));
    CREATE TABLE via(name, tag);
    CREATE TRIGGER via_insert AFTER INSERT ON via BEGIN
        INSERT INTO one(tag) SELECT new.tag WHERE new.name = 'one';
        INSERT INTO two(tag) SELECT new.tag WHERE new.name = 'two';
        INSERT INTO ordinary(name, tag) VALUES (new.name, new.tag);
    END;
    CREATE VIEW seen AS SELECT name, tag FROM via;
    CREATE TRIGGER seen_insert INSTEAD OF INSERT ON seen BEGIN
        INSERT INTO ordinary(name, tag) VALUES (new.name, new.tag);
        INSERT INTO one(tag) SELECT new.tag WHERE new.name = 'one';
        INSERT INTO two(tag) SELECT new.tag WHERE new.name = 'two';
    END;
    CREATE TABLE local(n);
"""
VALUE = "iif({0} = 'overflow', abs(-9223372036854775808), checked({0}))"


class AwsFailedError(Exception):
    """What sending the queue raises."""


class Step(NamedTuple):
    """Statements that are run one after the other, whatever becomes of each."""

    statements: Sequence[str]
    bindings: Any = None
    sending_fails: bool = False
    leaves_open: bool = False


class Close(NamedTuple):
    """One of the cursors that were left open is closed."""

    which: int


def script(random: Random, steps: int = STEPS) -> list[Step | Close]:
    """A random script. Any part of it is a script, too."""
    counter = count()
    makers: Sequence[Callable[[], Step | Close]] = (
        lambda: Step([random.choice(("BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT a"))]),
        lambda: Step([f"SAVEPOINT {random.choice(SAVEPOINTS)}"]),
        lambda: Step([f"ROLLBACK TO {random.choice(SAVEPOINTS)}"]),
        lambda: Step([f"RELEASE {random.choice(SAVEPOINTS)}"], sending_fails=random.random() < 0.2),
        lambda: Step(["COMMIT"], sending_fails=random.random() < 0.3),
        lambda: Step(["ROLLBACK"]),
        lambda: Step(["SELECT value FROM json_each('[1, 2, 3]')"], leaves_open=True),
        lambda: Step(["SELECT number FROM one, two"], leaves_open=True),
        lambda: Step(["INSERT INTO local VALUES (1), (2), (3) RETURNING n"], leaves_open=True),
        lambda: returning(random, counter),
        lambda: Close(random.randrange(10)),
        lambda: insertion(random, counter),
    )
    weights = (5, 10, 8, 6, 4, 1, 3, 2, 1, 2, 8, 55)
    return [random.choices(makers, weights)[0]() for _ in range(steps)]


def returning(random: Random, counter: Iterator[int]) -> Step:
    """One INSERT into both, whose rows are not all read."""
    tags = json.dumps([f"v{next(counter)}", f"v{next(counter)}"])
    insert = "INSERT INTO via(name, tag) SELECT 'one', value FROM json_each(?) RETURNING tag"
    return Step([insert], (tags,))


def insertion(random: Random, counter: Iterator[int]) -> Step:
    """INSERTs of the same rows into a virtual table and into the ordinary one."""
    name = random.choice(("one", "two"))
    tags = [f"v{next(counter)}" for _ in range(random.randint(1, 3))]
    if random.random() < 0.4:
        tags[random.randrange(len(tags))] = random.choice(FAILING)
    policy = random.choice(POLICIES)
    if len(tags) == 1 and random.random() < 0.5:
        row, source, bindings = VALUE.format("?1"), "", (tags[0],)
    else:
        row, source = VALUE.format("value"), " FROM (SELECT value FROM json_each(?))"
        bindings = (json.dumps(tags),)
    if random.random() < 0.25:
        into = random.choice(("via", "seen"))
        row = random.choice((row, f"nested({row})"))
        insert = f"INSERT {policy} INTO {into}(name, tag) SELECT '{name}', {row}{source}"
        return Step([insert], bindings)
    statements = [
        f"INSERT {policy} INTO {name}(tag) SELECT {row}{source}",
        f"INSERT {policy} INTO ordinary(name, tag) SELECT '{name}', accepted({row}){source}",
    ]
    if not source:
        statements = [text.replace("SELECT ", "VALUES (") + ")" for text in statements]
    return Step(random.sample(statements, 2), bindings)


class Both:
    """A connection with the virtual tables and the ordinary one."""

    def __init__(self) -> None:
        self.connection = apsw.Connection(":memory:")
        self.connection.execute(SCHEMA)
        self.stub = Stub(self.connection, "one", "two")
        self.connection.create_scalar_function("checked", fails_for("function"))
        self.connection.create_scalar_function("accepted", fails_for("exception"))
        self.connection.create_scalar_function("nested", self.nested)
        self.open: list[apsw.Cursor] = []

    def nested(self, tag: str) -> str:
        """A function that writes, to both kinds of table, while a statement writes."""
        self.connection.execute("INSERT INTO via(name, tag) VALUES ('two', ?)", (f"{tag}n",))
        return tag

    def take(self, step: Step | Close) -> None:
        if isinstance(step, Close):
            if self.open:
                self.open.pop(step.which % len(self.open)).close()
            return
        self.stub.send = fail if step.sending_fails else self.stub.sent.extend
        for statement in step.statements:
            try:
                cursor = self.connection.execute(statement, step.bindings)
            except (apsw.Error, ValueError, AwsFailedError):
                continue
            if step.leaves_open:
                self.open.append(cursor)
            else:
                cursor.close()
        self.stub.send = self.stub.sent.extend

    def rows(self) -> list[tuple[str, str]]:
        return list(self.connection.execute("SELECT name, tag FROM ordinary ORDER BY position"))

    def agree(self) -> bool:
        return self.stub.queue_and_sent() == self.rows()

    def close(self) -> None:
        for cursor in self.open:
            cursor.close()
        self.connection.close()


def fails_for(value: str) -> Callable[[str], str]:
    def checked(given: str) -> str:
        if given == value:
            raise ValueError(given)
        return given

    return checked


def fail(changes: Sequence[Any]) -> None:
    raise AwsFailedError


def disagreement(steps: Sequence[Step | Close]) -> str | None:
    """What differs, after which step."""
    both = Both()
    try:
        for number, step in enumerate(steps):
            both.take(step)
            if not both.agree():
                return f"after step {number}: {both.stub.queue_and_sent()} for {both.rows()}"
    finally:
        both.close()
    return None


def shortest(steps: list[Step | Close]) -> list[Step | Close]:
    """The script without the steps that the disagreement does not need."""
    for position in reversed(range(len(steps))):
        fewer = steps[:position] + steps[position + 1 :]
        if disagreement(fewer):
            steps = fewer
    return steps


def check(seed: int) -> None:
    steps = script(Random(seed))
    if disagreement(steps):
        steps = shortest(steps)
        listed = "\n".join(map(str, steps))
        pytest.fail(f"seed {seed}: {disagreement(steps)}\n{listed}")


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_the_queue_holds_what_an_ordinary_table_holds(first: int) -> None:
    for seed in range(first, first + 50):
        check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1_000, 7_000, 500))
def test_the_queue_holds_what_an_ordinary_table_holds_at_length(first: int) -> None:
    for seed in range(first, first + 500):
        check(seed)
