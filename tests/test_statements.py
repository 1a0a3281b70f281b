"""Each scan and each write is led to the run of the statement that it is part of.

Every statement here asks the stub table for a tag that no other run asks for, as a literal or as a
binding, and so what is right is known at each scan.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import apsw
import pytest

from awsvtab.execution import Execution
from stub import ROWS, Scan, Stub

LATE = (
    "SELECT n, CASE WHEN n > 1 THEN"
    " (SELECT max(number) FROM one WHERE tag = {} AND number <> n) END FROM local"
)
DIRECT = "SELECT number FROM one WHERE tag = {}"


class Snapshot:
    """Stands for what a run has read."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


def keep_snapshot(execution: Execution) -> None:
    if execution.snapshot is None:
        execution.snapshot = Snapshot()  # type: ignore[assignment]


@pytest.fixture(params=[100, 0], ids=["cached", "uncached"])
def connection(request: pytest.FixtureRequest) -> Iterator[apsw.Connection]:
    """A connection with a local table of three rows; statements are cached, or are not."""
    connection = apsw.Connection(":memory:", statementcachesize=request.param)
    connection.execute("CREATE TABLE local(n); INSERT INTO local VALUES (1), (2), (3)")
    connection.execute("CREATE TABLE copy(n)")
    yield connection
    connection.close(True)


@pytest.fixture
def stub(connection: apsw.Connection) -> Stub:
    """The tables ``one`` and ``two``, in use."""
    stub = Stub(connection, "one", "two")
    connection.execute("SELECT * FROM one, two WHERE 0").fetchall()
    stub.on_scan = keep_snapshot
    return stub


def tags(stub: Stub) -> list[Any]:
    return [scan.tag for scan in stub.scans]


def last(stub: Stub) -> Scan:
    return stub.scans[-1]


def check(stub: Stub) -> None:
    """Each scan belongs to the run that asked for its tag, and its bindings are that run's."""
    runs: dict[Any, int] = {}
    for scan in stub.scans:
        assert runs.setdefault(scan.tag, scan.number) == scan.number
        assert f"'{scan.tag}'" in scan.sql or scan.bound is None or scan.tag in scan.bound
    assert len(set(runs.values())) == len(runs)


def check_paired(stub: Stub) -> None:
    """As check; and what was bound is known of each run."""
    check(stub)
    for scan in stub.scans:
        assert f"'{scan.tag}'" in scan.sql or (scan.bound is not None and scan.tag in scan.bound)


def idle(stub: Stub) -> bool:
    """Whether no run is under way, as far as writes and snapshots go."""
    return stub.statements.writing() is None and all(
        not scan.execution.running and scan.execution.snapshot is None for scan in stub.scans
    )


# One statement


def test_the_first_statement_that_uses_a_table(connection: apsw.Connection) -> None:
    stub = Stub(connection, "one")
    assert connection.execute(DIRECT.format("'a'")).fetchall() == [(0,), (1,), (2,)]
    assert last(stub).sql == DIRECT.format("'a'")
    check_paired(stub)


@pytest.mark.parametrize(
    ("sql", "bindings", "bound"),
    [
        (DIRECT.format("'a'"), None, ()),
        (DIRECT.format("?"), ("a",), ("a",)),
        (DIRECT.format("?"), ["a"], ("a",)),
        (DIRECT.format(":tag"), {"tag": "a"}, ("a",)),
    ],
)
def test_bound_values_are_the_statements(
    connection: apsw.Connection, stub: Stub, sql: str, bindings: Any, bound: tuple[Any, ...]
) -> None:
    for _ in range(2):
        connection.execute(sql, bindings).fetchall()
        assert tuple(last(stub).execution.bound_values()) == bound


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "  {}  ",
        "{};",
        "{} ; ; ",
        "{}; -- done",
        "{}; /* done */ -- really",
        "-- about it\n{}",
        "--about it\n{}",
        "-- TRIGGER it\n{}",
        "/*+ read */ {}",
        "\n-- about it\n{} -- done\n",
        ";{}",
    ],
)
@pytest.mark.parametrize("nested", [False, True], ids=["top", "nested"])
def test_comments_blanks_and_semicolons_around_a_statement(
    connection: apsw.Connection, stub: Stub, text: str, nested: bool
) -> None:
    connection.create_scalar_function(
        "run",
        lambda tag: len(connection.execute(text.format(DIRECT.format("?")), (tag,)).fetchall()),
    )
    for tag in ("a", "b"):
        if nested:
            assert connection.execute("SELECT run(?)", (tag,)).get == ROWS
        else:
            connection.execute(text.format(DIRECT.format("?")), (tag,)).fetchall()
        assert last(stub).execution.bound_values() == [tag]
        assert DIRECT.format("?") in last(stub).sql
        assert (
            text.format(DIRECT.format("?")).strip(" ;\n").startswith(last(stub).sql.strip(" ;\n"))
        )
    assert tags(stub) == ["a", "b"]
    check_paired(stub)
    assert idle(stub)


def test_each_statement_of_a_text_is_one_of_its_own(
    connection: apsw.Connection, stub: Stub
) -> None:
    for run in ("x", "y"):
        text = "; ".join(DIRECT.format("?") + f" AND number < {n}" for n in (1, 2, 3))
        bindings = [run + name for name in "abc"]
        connection.execute(text, bindings).fetchall()
    assert tags(stub) == ["xa", "xb", "xc", "ya", "yb", "yc"]
    check(stub)


def test_all_scans_of_a_statement_belong_to_one_run(
    connection: apsw.Connection, stub: Stub
) -> None:
    sql = (
        "WITH c AS (SELECT number FROM one WHERE tag = :tag) "
        "SELECT * FROM c JOIN two ON two.number = c.number AND two.tag = :tag "
        "WHERE EXISTS (SELECT 1 FROM one AS o WHERE o.tag = :tag AND o.number = c.number) "
        "UNION ALL SELECT number, 1, 2 FROM two WHERE tag = :tag"
    )
    for tag in ("a", "b"):
        connection.execute(sql, {"tag": tag}).fetchall()
    assert len(stub.scans) > 8
    check_paired(stub)


def test_readonly_is_false_for_writes_alone(connection: apsw.Connection, stub: Stub) -> None:
    connection.execute(DIRECT.format("'a'")).fetchall()
    assert last(stub).execution.readonly
    connection.execute(f"INSERT INTO copy {DIRECT.format(repr('b'))}").fetchall()
    assert not last(stub).execution.readonly


# Several at a time


@pytest.mark.parametrize("sql", [DIRECT, LATE])
def test_selects_of_different_texts_interleave(
    connection: apsw.Connection, stub: Stub, sql: str
) -> None:
    cursors = [connection.execute(sql.format(f"'{tag}'")) for tag in "abc"]
    for _ in range(3):
        for cursor in cursors:
            next(cursor)
    assert set(tags(stub)) == {"a", "b", "c"}
    check_paired(stub)


@pytest.mark.parametrize("sql", [DIRECT, LATE])
def test_selects_of_the_same_text_interleave(
    connection: apsw.Connection, stub: Stub, sql: str
) -> None:
    for tags_now in ("abc", "def"):
        cursors = [connection.execute(sql.format("?"), (tag,)) for tag in tags_now]
        for _ in range(3):
            for cursor in reversed(cursors):
                next(cursor)
        for cursor in cursors:
            cursor.close()
    assert set(tags(stub)) == set("abcdef")
    check_paired(stub)
    assert idle(stub)


def test_a_subquery_that_opens_late_belongs_to_its_statement(
    connection: apsw.Connection, stub: Stub
) -> None:
    late = connection.execute(LATE.format("'late'"))
    next(late)
    assert stub.scans == []
    other = connection.execute(DIRECT.format("'other'"))
    next(other)
    connection.execute("SELECT * FROM local").fetchall()
    next(late)
    assert tags(stub) == ["other", "late"]
    check_paired(stub)


# Runs end


def test_a_run_ends_when_its_rows_are_read(connection: apsw.Connection, stub: Stub) -> None:
    cursor = connection.execute(DIRECT.format("'a'"))
    snapshot: Any = last(stub).execution.snapshot
    assert last(stub).execution.running
    cursor.fetchall()
    assert snapshot.closed
    assert idle(stub)


def test_a_run_ends_when_its_cursor_is_closed(connection: apsw.Connection, stub: Stub) -> None:
    cursor = connection.execute(DIRECT.format("'a'"))
    snapshot: Any = last(stub).execution.snapshot
    next(cursor)
    assert not snapshot.closed
    cursor.close()
    assert snapshot.closed
    assert idle(stub)


def test_a_run_ends_when_its_cursor_runs_another(connection: apsw.Connection, stub: Stub) -> None:
    cursor = connection.execute(DIRECT.format("?"), ("a",))
    next(cursor)
    snapshot: Any = last(stub).execution.snapshot
    cursor.execute(DIRECT.format("?"), ("b",))
    assert snapshot.closed
    assert not last(stub).execution.snapshot.closed  # type: ignore[union-attr]
    check_paired(stub)


def test_a_run_ends_when_its_cursor_is_garbage(connection: apsw.Connection, stub: Stub) -> None:
    cursor = connection.execute(DIRECT.format("'a'"))
    next(cursor)
    snapshot: Any = last(stub).execution.snapshot
    del cursor
    gc.collect()
    assert snapshot.closed
    assert idle(stub)


def test_a_run_ends_with_an_error(connection: apsw.Connection, stub: Stub) -> None:
    connection.create_scalar_function("fails", lambda number: 1 // number)
    with pytest.raises(ZeroDivisionError):
        connection.execute("SELECT fails(number) FROM one WHERE tag = 'a'").fetchall()
    assert idle(stub)


def test_a_run_ends_with_an_error_in_its_scan(connection: apsw.Connection, stub: Stub) -> None:
    def fail(execution: Execution) -> None:
        keep_snapshot(execution)
        raise ValueError("no page")

    stub.on_scan = fail
    with pytest.raises(ValueError, match="no page"):
        connection.execute(DIRECT.format("'a'")).fetchall()
    assert idle(stub)


def test_the_same_statement_run_again_is_a_new_run(connection: apsw.Connection, stub: Stub) -> None:
    for _ in range(3):
        connection.execute(DIRECT.format("'a'")).fetchall()
    numbers = [scan.number for scan in stub.scans]
    assert numbers == sorted(set(numbers))


# Prepared again


def change_schema(connection: apsw.Connection) -> None:
    connection.execute("CREATE TABLE changed(a); DROP TABLE changed")


def register_function(connection: apsw.Connection) -> None:
    """SQLite forgets its plans, and tells so before a statement begins, not after."""
    connection.create_scalar_function("unused", lambda: 1)


@pytest.mark.parametrize("change", [change_schema, register_function])
@pytest.mark.parametrize("sql", [DIRECT, LATE])
def test_a_statement_prepared_again_between_two_runs(
    connection: apsw.Connection, stub: Stub, sql: str, change: Callable[[apsw.Connection], None]
) -> None:
    for tag in "abc":
        connection.execute(sql.format("?"), (tag,)).fetchall()
        change(connection)
    check_paired(stub)
    assert idle(stub)


def test_a_statement_prepared_again_at_each_run(connection: apsw.Connection, stub: Stub) -> None:
    """LIKE with a parameter: its plan depends on the value."""
    sql = "SELECT number FROM one WHERE tag = ?1 AND key LIKE ?2"
    for tag in "abc":
        connection.execute(sql, (tag, f"{tag}%")).fetchall()
    check_paired(stub)


def test_the_schema_changes_while_statements_run(connection: apsw.Connection, stub: Stub) -> None:
    cursors = [connection.execute(LATE.format("?"), (tag,)) for tag in "ab"]
    for cursor in cursors:
        next(cursor)
    connection.execute("CREATE TABLE more(a)")
    cursors.append(connection.execute(LATE.format("?"), ("c",)))
    cursors.append(connection.execute(DIRECT.format("?"), ("d",)))
    for cursor in cursors:
        cursor.fetchall()
    check_paired(stub)
    assert idle(stub)


@pytest.mark.parametrize("between", [DIRECT.format("'other'"), "SELECT n FROM local"])
@pytest.mark.parametrize("known", [False, True], ids=["new", "known"])
@pytest.mark.parametrize("finished", [False, True], ids=["open", "finished"])
def test_prepared_again_and_late_with_another_between(
    connection: apsw.Connection, stub: Stub, between: str, known: bool, finished: bool
) -> None:
    """SQLite prepares it again when it begins; its scan begins after another statement has."""
    connection.execute(LATE.format("?"), ("early",)).fetchall()
    if known:
        connection.execute(between.replace("other", "another")).fetchall()
    connection.execute("CREATE TABLE more(a)")
    late = connection.execute(LATE.format("?"), ("late",))
    next(late)
    other = connection.execute(between)
    if finished:
        other.fetchall()
    late.fetchall()
    check_paired(stub)


def test_a_write_prepared_again_is_still_the_one_that_writes(
    connection: apsw.Connection, stub: Stub
) -> None:
    for number in range(3):
        connection.execute("INSERT INTO one(tag) VALUES (?)", (number,))
        connection.execute(f"CREATE TABLE more{number}(a)")
    executions = [execution for _, execution in stub.writes]
    assert [each and each.bindings for each in executions] == [(0,), (1,), (2,)]
    assert idle(stub)


def test_a_failed_write_prepared_again_is_undone(connection: apsw.Connection, stub: Stub) -> None:
    sql = "INSERT INTO one(tag) SELECT value FROM json_each(?)"
    connection.execute(sql, ('["a"]',))
    connection.execute("CREATE TABLE more(a); BEGIN; INSERT INTO one(tag) VALUES ('b')")
    with pytest.raises(ValueError, match="exception"):
        connection.execute(sql, ('["c", "exception"]',))
    assert stub.queue_and_sent() == [("one", "a"), ("one", "b")]


# Statements that run statements


def test_statements_run_from_a_function(connection: apsw.Connection, stub: Stub) -> None:
    def run(tag: str, depth: int) -> int:
        sql = "SELECT sum(run(? || 'x', ?)) FROM one WHERE tag = ?" if depth else DIRECT.format("?")
        bindings = (tag, depth - 1, tag) if depth else (tag,)
        connection.execute(sql, bindings).fetchall()
        return 1

    calls = iter(range(1000))
    connection.create_scalar_function("run", lambda tag, depth: run(f"{tag}{next(calls)}", depth))
    for tag in "ab":
        connection.execute("SELECT run(?, 2), number FROM one WHERE tag = ?", (tag, tag)).fetchall()
    assert len(stub.scans) > 20
    check_paired(stub)
    assert idle(stub)


def test_a_function_that_runs_the_text_of_its_own_statement(
    connection: apsw.Connection, stub: Stub
) -> None:
    sql = "SELECT number, run(?1) FROM one WHERE tag = ?1"

    def run(tag: str) -> int:
        if len(tag) < 3:
            connection.execute(sql, (f"{tag}{len(stub.scans)}",)).fetchall()
        return 1

    connection.create_scalar_function("run", run)
    for _ in range(2):
        connection.execute(sql, ("a" if not stub.scans else "b",)).fetchall()
    check_paired(stub)


def tracing(connection: apsw.Connection, *nested: str) -> list[tuple[str, Any]]:
    """An exec_trace of the user's own that runs statements; returns what it has seen."""
    seen: list[tuple[str, Any]] = []
    texts: list[str] = []

    def trace(cursor: apsw.Cursor, sql: str, bindings: Any) -> bool:
        seen.append((sql, bindings))
        if not texts:
            texts.extend(nested)
            for text in nested:
                connection.execute(
                    text, (f"nested{len(seen)}",) if "?" in text else None
                ).fetchall()
            texts.clear()
        return "refused" not in sql

    connection.exec_trace = trace
    return seen


@pytest.mark.parametrize("nested", [DIRECT.format("?"), LATE.format("?"), "SELECT n FROM local"])
@pytest.mark.parametrize("sql", [DIRECT, LATE])
def test_the_users_own_exec_trace_runs_statements(
    connection: apsw.Connection, nested: str, sql: str
) -> None:
    seen = tracing(connection, nested)
    stub = Stub(connection, "one")
    for tag in "ab":
        connection.execute(sql.format("?"), (tag,)).fetchall()
    assert (sql.format("?"), ("a",)) in seen
    assert {"a", "b"} <= set(tags(stub))
    check_paired(stub)


def test_the_users_own_exec_trace_refuses(connection: apsw.Connection) -> None:
    tracing(connection)
    stub = Stub(connection, "one")
    connection.execute(DIRECT.format("'first'")).fetchall()
    for _ in range(2):
        with pytest.raises(apsw.ExecTraceAbort):
            connection.execute(DIRECT.format("?") + " AND 'refused'", ("a",))
        connection.execute(DIRECT.format("?"), ("b" if len(stub.scans) == 1 else "c",)).fetchall()
    check_paired(stub)


@pytest.mark.parametrize("sql", [DIRECT, LATE])
def test_a_cursors_own_exec_trace_hides_the_connections(
    connection: apsw.Connection, stub: Stub, sql: str
) -> None:
    def hidden(tag: str) -> apsw.Cursor:
        cursor = connection.cursor()
        cursor.exec_trace = lambda *_: True
        return cursor.execute(sql.format("?"), (tag,))

    cursors = [
        connection.execute(sql.format("?"), ("a",)),
        hidden("b"),
        hidden("c"),
        connection.execute(sql.format("?"), ("d",)),
    ]
    for cursor in cursors:
        cursor.fetchall()
    check(stub)
    bound = {scan.tag: scan.bound for scan in stub.scans}
    assert bound == {"a": ("a",), "b": None, "c": None, "d": ("d",)}
    assert idle(stub)


def driver_cursor(connection: apsw.Connection, *nested: str, runs: bool = True) -> apsw.Cursor:
    """A cursor as the driver's: its own exec_trace tells the connection's, then runs more."""
    cursor = connection.cursor()

    def trace(cursor: apsw.Cursor, sql: str, bindings: Any) -> bool:
        tracer = connection.exec_trace
        assert tracer is None or tracer(cursor, sql, bindings)
        for text in nested:
            connection.execute(text).fetchall()
        return runs

    cursor.exec_trace = trace
    return cursor


@pytest.mark.parametrize(
    "nested", [["BEGIN", "COMMIT"], ["SELECT 1"], [DIRECT.format("'x'")], ["CREATE TABLE m(a)"]]
)
def test_a_drivers_cursor_runs_statements_before_its_own(
    connection: apsw.Connection, stub: Stub, nested: list[str]
) -> None:
    for sql, tag in ((LATE, "a"), (DIRECT, "b")):
        driver_cursor(connection, *nested).execute(sql.format("?"), (tag,)).fetchall()
        connection.execute("DROP TABLE IF EXISTS m")
        stub.scans = [scan for scan in stub.scans if scan.tag != "x"]
    check_paired(stub)
    assert tags(stub).count("b") == 1


def test_a_drivers_cursor_refuses_after_it_has_told(
    connection: apsw.Connection, stub: Stub
) -> None:
    for tag in "ab":
        with pytest.raises(apsw.ExecTraceAbort):
            driver_cursor(connection, runs=False).execute(LATE.format("?"), (f"{tag}0",))
        connection.execute(DIRECT.format("?"), (tag,)).fetchall()
        connection.execute(LATE.format("?"), (f"{tag}1",)).fetchall()
    check_paired(stub)


# Statements that are prepared and not run


def explain(connection: apsw.Connection) -> None:
    connection.execute("EXPLAIN QUERY PLAN " + LATE.format("'never'")).fetchall()


def explain_by_argument(connection: apsw.Connection) -> None:
    connection.execute(LATE.format("?"), ("never",), explain=2).fetchall()


def bind_too_few(connection: apsw.Connection) -> None:
    with pytest.raises(apsw.BindingsError):
        connection.execute(LATE.format("?"), ())


def refuse(connection: apsw.Connection) -> None:
    cursor = connection.cursor()
    cursor.exec_trace = lambda *_: False
    with pytest.raises(apsw.ExecTraceAbort):
        cursor.execute(LATE.format("?"), ("never",))


def ask_only(connection: apsw.Connection) -> None:
    import apsw.ext

    apsw.ext.query_info(connection, LATE.format("?"), ("never",), explain_query_plan=True)


NOT_RUN = [explain, explain_by_argument, bind_too_few, refuse, ask_only]


@pytest.mark.parametrize("prepare", NOT_RUN)
@pytest.mark.parametrize("open_first", [False, True], ids=["idle", "busy"])
def test_a_statement_that_was_prepared_and_not_run(
    connection: apsw.Connection,
    stub: Stub,
    prepare: Callable[[apsw.Connection], None],
    open_first: bool,
) -> None:
    before = connection.execute(LATE.format("'before'"))
    next(before)
    prepare(connection)
    if open_first:
        other = connection.execute(DIRECT.format("'open'"))
    connection.execute(DIRECT.format("'a'")).fetchall()
    connection.execute(LATE.format("?"), ("b",)).fetchall()
    if open_first:
        other.fetchall()
    before.fetchall()
    connection.execute(LATE.format("?"), ("c",)).fetchall()
    assert {"a", "b", "c", "before"} <= set(tags(stub))
    check_paired(stub)
    assert idle(stub)


def test_a_statement_that_never_compiles(connection: apsw.Connection, stub: Stub) -> None:
    for tag in "ab":
        with pytest.raises(apsw.SQLError):
            connection.execute(f"INSERT INTO copy SELECT number, 1 FROM one WHERE tag = '{tag}'")
        connection.execute(DIRECT.format("?"), (tag,)).fetchall()
    check_paired(stub)


# Writes


def test_each_row_of_executemany_is_a_run(connection: apsw.Connection, stub: Stub) -> None:
    connection.executemany("INSERT INTO one(tag) VALUES (?)", [("a",), ("b",), ("c",)])
    sql = "INSERT INTO copy SELECT number FROM one WHERE tag = ?"
    connection.executemany(sql, [("a",), ("b",)])
    assert [(tag, each and each.bindings) for tag, each in stub.writes] == [
        ("a", ("a",)),
        ("b", ("b",)),
        ("c", ("c",)),
    ]
    assert len({each and each.number for _, each in stub.writes}) == 3
    check_paired(stub)


def test_nobody_writes_while_nothing_runs(connection: apsw.Connection, stub: Stub) -> None:
    assert stub.statements.writing() is None
    cursor = connection.execute(DIRECT.format("'a'"))
    next(cursor)
    assert stub.statements.writing() is None
    cursor.close()


def test_a_write_inside_a_write(connection: apsw.Connection, stub: Stub) -> None:
    def write(tag: str) -> str:
        connection.execute("INSERT INTO two(tag) VALUES (?)", (f"inner {tag}",))
        return f"outer {tag}"

    connection.create_scalar_function("write", write)
    connection.execute("INSERT INTO one(tag) SELECT write(n) FROM local")
    for tag, execution in stub.writes:
        assert execution is not None
        assert execution.sql.startswith("INSERT INTO two" if "inner" in tag else "INSERT INTO one")
    assert len(stub.writes) == 6
    assert len({each and each.number for tag, each in stub.writes if "outer" in tag}) == 1
    assert idle(stub)


def test_a_write_while_selects_are_open(connection: apsw.Connection, stub: Stub) -> None:
    cursors = [connection.execute(DIRECT.format("?"), (tag,)) for tag in "ab"]
    connection.execute("INSERT INTO one(tag) VALUES ('w')")
    execution = stub.writes[-1][1]
    assert execution is not None
    assert execution.sql == "INSERT INTO one(tag) VALUES ('w')"
    for cursor in cursors:
        cursor.close()


def test_triggers_are_part_of_the_statement_that_fires_them(
    connection: apsw.Connection, stub: Stub
) -> None:
    connection.execute(
        """
        CREATE TRIGGER copied AFTER INSERT ON copy BEGIN
            INSERT INTO two(tag) VALUES (new.n);
            INSERT INTO one(tag) SELECT tag FROM one WHERE tag = new.n;
        END
        """
    )
    for tag in "ab":
        connection.execute("INSERT INTO copy VALUES (?), (?)", (tag, tag))
    assert [(tag, each and each.bindings) for tag, each in stub.writes] == [
        *[("a", ("a", "a"))] * (2 + 2 * ROWS),
        *[("b", ("b", "b"))] * (2 + 2 * ROWS),
    ]
    check_paired(stub)
    assert idle(stub)


def test_a_trigger_whose_statement_has_the_text_of_its_own(
    connection: apsw.Connection, stub: Stub
) -> None:
    connection.execute("CREATE VIEW seen AS SELECT 1 AS n")
    connection.execute(
        "CREATE TRIGGER inserted INSTEAD OF INSERT ON seen BEGIN "
        "INSERT INTO copy VALUES (1); INSERT INTO one(tag) VALUES (new.n); END"
    )
    connection.execute("BEGIN")
    connection.execute("INSERT INTO seen VALUES ('a')")
    connection.execute("INSERT INTO copy VALUES (1)")
    connection.execute("INSERT INTO seen VALUES ('b')")
    assert stub.queue_and_sent() == [("one", "a"), ("one", "b")]
    assert [each and each.sql for _, each in stub.writes] == [
        "INSERT INTO seen VALUES ('a')",
        "INSERT INTO seen VALUES ('b')",
    ]


@pytest.mark.parametrize("failing", ["exception", "constraint"])
def test_what_a_trigger_queued_goes_with_the_statement_that_failed(
    connection: apsw.Connection, stub: Stub, failing: str
) -> None:
    connection.execute(
        "CREATE TRIGGER copied AFTER INSERT ON copy BEGIN INSERT INTO one(tag) VALUES (new.n); END"
    )
    connection.execute("BEGIN; INSERT INTO one(tag) VALUES ('kept')")
    with pytest.raises((ValueError, apsw.ConstraintError), match=failing):
        connection.execute("INSERT INTO copy VALUES ('a'), ('b'), (?)", (failing,))
    assert connection.execute("SELECT count(*) FROM copy").get == 0
    assert stub.queue_and_sent() == [("one", "kept")]


@pytest.mark.parametrize("transaction", [False, True])
def test_an_insert_whose_returned_rows_are_not_read_is_kept(
    connection: apsw.Connection, stub: Stub, transaction: bool
) -> None:
    if transaction:
        connection.execute("BEGIN")
    for tag in "ab":
        cursor = connection.execute("INSERT INTO one(tag) VALUES (?), ('x') RETURNING tag", (tag,))
        assert next(cursor) == (tag,)
        cursor.close()
    assert [tag for _, tag in stub.queue_and_sent()] == ["a", "x", "b", "x"]


def test_an_insert_that_returns_rows_and_fails_is_undone(
    connection: apsw.Connection, stub: Stub
) -> None:
    connection.execute("BEGIN; INSERT INTO one(tag) VALUES ('kept')")
    with pytest.raises(ValueError, match="exception"):
        connection.execute("INSERT INTO one(tag) VALUES ('a'), ('exception') RETURNING tag")
    assert stub.queue_and_sent() == [("one", "kept")]


# Busy connections


def test_a_statement_that_finds_the_file_busy(tmp_path: Any) -> None:
    path = str(tmp_path / "local.db")
    connection, other = apsw.Connection(path), apsw.Connection(path)
    connection.execute("CREATE TABLE copy(n)")
    stub = Stub(connection, "one")
    sql = "INSERT INTO copy SELECT number FROM one WHERE tag = ?"
    connection.execute(sql, ("a",))
    other.execute("BEGIN IMMEDIATE")
    for tag in "bc":
        with pytest.raises(apsw.BusyError):
            connection.execute(sql, (tag,))
        connection.execute(DIRECT.format(f"'{tag}0'")).fetchall()
    other.execute("ROLLBACK")
    connection.execute(sql, ("d",))
    connection.execute(DIRECT.format("?"), ("e",)).fetchall()
    check_paired(stub)
    assert tags(stub) == ["a", "b0", "c0", "d", "e"]
    other.close()
    connection.close()


def test_another_connection_changes_the_schema(tmp_path: Any) -> None:
    path = str(tmp_path / "local.db")
    connection, other = apsw.Connection(path), apsw.Connection(path)
    connection.execute("CREATE TABLE local(n); INSERT INTO local VALUES (1), (2), (3)")
    stub = Stub(connection, "one")
    for tag in "abc":
        late = connection.execute(LATE.format("?"), (tag,))
        next(late)
        connection.execute(DIRECT.format("?"), (tag * 2,)).fetchall()
        late.fetchall()
        other.execute(f"CREATE TABLE {tag}(a)")
    check_paired(stub)
    other.close()
    connection.close()


def test_two_followers_of_one_connection(connection: apsw.Connection) -> None:
    first, second = Stub(connection, "one"), Stub(connection, "two")
    sql = "SELECT * FROM one JOIN two USING (number) WHERE one.tag = ?1 AND two.tag = ?1"
    for tag in "ab":
        connection.execute(sql, (tag,)).fetchall()
    check_paired(first)
    check_paired(second)
    assert set(tags(first)) == set(tags(second)) == {"a", "b"}


# Bounded


def sizes(stub: Stub) -> dict[str, int]:
    """The sizes of all collections that `Statements` has."""
    statements = stub.statements
    return {
        name: len(value)
        for name in statements.__slots__
        if isinstance(value := getattr(statements, name), dict | list | set)
    }


def test_ten_thousand_statements_leave_nothing_behind(
    connection: apsw.Connection, stub: Stub
) -> None:
    def run(first: int, count: int) -> None:
        for n in range(first, first + count):
            connection.execute(DIRECT.format(f"'{n}'")).fetchall()
            connection.execute(f"SELECT {n}").fetchall()
            connection.execute(f"EXPLAIN {DIRECT.format(repr(str(n)))}").fetchall()
            with pytest.raises(apsw.BindingsError):
                connection.execute(f"{DIRECT.format('?')} AND number < {n}", ())
            with pytest.raises(apsw.ExecTraceAbort):
                driver_cursor(connection, runs=False).execute(
                    f"{DIRECT.format('?')} LIMIT {n}", (n,)
                )
        stub.scans.clear()

    stub.on_scan = lambda execution: None
    run(0, 500)
    before = sizes(stub)
    run(1_000, 2_000)
    after = sizes(stub)
    assert {name: size for name, size in after.items() if size > 2 * before[name] + 50} == {}
    assert max(after.values()) < 1_000
