"""Joins by key: the calls are exactly those that one key after the other would cost, at once.

Each shape runs three times: read ahead, one key after the other (a statement that uses random() is
never run twice), and over ordinary tables with the same rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import apsw
import boto3
import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import DOMAIN, EVENT_STREAM, Connect, operations, put_domain

KEYS = 60
LOCAL_ROWS = 150
LATENCY_S = 0.01  # long enough for calls to meet
DOMAINS = "aws_customerprofiles_domains"
STREAMS = "aws_customerprofiles_event_streams"

Rows = list[tuple[Any, ...]]


def domains() -> Rows:
    """Domains by name, each with a reference to a stream's identifier, and some to nothing.

    One in ten of those that local rows name is not there. The t's are a tree.
    """
    rows = [
        (f"d{n}", f"s{n % 20}|x" if n % 3 else None, n % 5 + 1) for n in range(KEYS) if n % 10 != 7
    ]
    return [*rows, *((f"t{n}", f"t{(n - 1) // 3}" if n else None, 1) for n in range(100))]


def streams() -> Rows:
    """Streams by identifier, with a uri."""
    return [(f"s{n}|x", f"uri{n % 3}") for n in range(20) if n % 4]


@pytest.fixture(scope="module")
def joined(session: boto3.Session, _emulator: Emulator) -> Iterator[awsvtab.Connection]:
    """Local rows that name domains and streams, and ordinary tables with what AWS has."""
    _emulator.reset()
    connection = _emulator.connect(session=session)
    connection.execute("CREATE TABLE l (a INTEGER, k TEXT, k2 TEXT)")
    connection.executemany(
        "INSERT INTO l VALUES (?, ?, ?)",
        [(n, f"d{n * 7 % KEYS}", f"s{n % 30}|x") for n in range(LOCAL_ROWS)],
    )
    connection.execute("CREATE TABLE leaves (id TEXT)")
    connection.executemany("INSERT INTO leaves VALUES (?)", [(f"t{n}",) for n in range(60, 100)])
    connection.execute("CREATE TABLE o_d (domain_name, dead_letter_queue_url, days INTEGER)")
    connection.executemany("INSERT INTO o_d VALUES (?, ?, ?)", domains())
    connection.execute("CREATE TABLE o_s (data__Identifier, uri)")
    connection.executemany("INSERT INTO o_s VALUES (?, ?)", streams())
    connection.commit()
    for name, reference, days in domains():
        properties = {"DomainName": name, "DefaultExpirationDays": days}
        given = {} if reference is None else {"DeadLetterQueueUrl": reference}
        _emulator.put(DOMAIN, properties | given)
    for identifier, uri in streams():
        domain, name = identifier.split("|")
        put_domain(_emulator, domain)
        _emulator.put(EVENT_STREAM, {"DomainName": domain, "EventStreamName": name, "Uri": uri})
    _emulator.calls.clear()
    yield connection
    connection.close()


@pytest.fixture
def aws(_emulator: Emulator) -> Emulator:
    """Where the rows of `joined` are, which has seen no calls yet."""
    _emulator.faults.clear()
    _emulator.calls.clear()
    return _emulator


# {d} is the table of domains, {s} that of streams; a domain's dead_letter_queue_url names a stream
# or another domain.
SHAPES = {
    "join": "SELECT a, dead_letter_queue_url FROM l JOIN {d} d ON d.domain_name = l.k",
    "left join": "SELECT a, dead_letter_queue_url FROM l LEFT JOIN {d} d ON d.domain_name = l.k",
    "chain": """SELECT a, s.uri FROM l JOIN {d} d ON d.domain_name = l.k
        JOIN {s} s ON s.data__Identifier = d.dead_letter_queue_url""",
    "chain of left joins": """SELECT a, s.uri FROM l LEFT JOIN {d} d ON d.domain_name = l.k
        LEFT JOIN {s} s ON s.data__Identifier = d.dead_letter_queue_url""",
    "chain with a second way": """SELECT a, s.uri FROM l LEFT JOIN {d} d ON d.domain_name = l.k
        LEFT JOIN {s} s ON s.data__Identifier = coalesce(d.dead_letter_queue_url, l.k2)""",
    "not exists": """SELECT a FROM l
        WHERE NOT EXISTS (SELECT 1 FROM {d} d WHERE d.domain_name = l.k)""",
    "not exists and exists": """SELECT a FROM l
        WHERE NOT EXISTS (SELECT 1 FROM {d} d WHERE d.domain_name = l.k)
        AND EXISTS (SELECT 1 FROM {s} s WHERE s.data__Identifier = l.k2)""",
    "exists or exists": """SELECT a FROM l
        WHERE CASE WHEN EXISTS (SELECT 1 FROM {d} d WHERE d.domain_name = l.k) THEN 1
        ELSE EXISTS (SELECT 1 FROM {s} s WHERE s.data__Identifier = l.k2) END""",
    "union all": """SELECT a, d.dead_letter_queue_url FROM l JOIN {d} d ON d.domain_name = l.k
        WHERE a < 50 UNION ALL
        SELECT a, s.uri FROM l JOIN {s} s ON s.data__Identifier = l.k2 WHERE a >= 50""",
    "union": """SELECT dead_letter_queue_url FROM l LEFT JOIN {d} d ON d.domain_name = l.k
        UNION SELECT uri FROM l LEFT JOIN {s} s ON s.data__Identifier = l.k2""",
    "recursive": """WITH RECURSIVE up (id, depth) AS (SELECT id, 0 FROM leaves
        UNION ALL SELECT d.dead_letter_queue_url, depth + 1 FROM up
        JOIN {d} d ON d.domain_name = up.id WHERE d.dead_letter_queue_url IS NOT NULL)
        SELECT id, depth FROM up""",
    "group by": """SELECT d.dead_letter_queue_url, count(*) FROM l
        JOIN {d} d ON d.domain_name = l.k GROUP BY 1""",
    "correlated": "SELECT a, (SELECT uri FROM {s} s WHERE s.data__Identifier = l.k2) FROM l",
    "two correlated": """SELECT a, (SELECT uri FROM {s} s WHERE s.data__Identifier = l.k2),
        (SELECT dead_letter_queue_url FROM {d} d WHERE d.domain_name = l.k) FROM l""",
    "nested correlated": """SELECT a, (SELECT uri FROM {s} s WHERE s.data__Identifier =
        (SELECT dead_letter_queue_url FROM {d} d WHERE d.domain_name = l.k)) FROM l""",
    "same key twice": """SELECT count(*) FROM l JOIN {d} x ON x.domain_name = l.k
        JOIN {d} y ON y.domain_name = x.domain_name""",
    "window function": """SELECT a, row_number() OVER (ORDER BY a), dead_letter_queue_url
        FROM l LEFT JOIN {d} d ON d.domain_name = l.k""",
    "in select": """SELECT domain_name, dead_letter_queue_url FROM {d}
        WHERE domain_name IN (SELECT k FROM l WHERE a < 40)""",
    "ordered by another column": """SELECT a, dead_letter_queue_url FROM l
        JOIN {d} d ON d.domain_name = l.k ORDER BY a DESC""",
    "materialised": """SELECT x.n, d.dead_letter_queue_url
        FROM (SELECT k, count(*) AS n FROM l GROUP BY k) x JOIN {d} d ON d.domain_name = x.k""",
}


def over_ordinary(sql: str) -> str:
    return sql.format(d="o_d", s="o_s")


def over_aws(sql: str) -> str:
    return sql.format(d=DOMAINS, s=STREAMS)


def one_by_one(sql: str) -> str:
    """The same in a statement that is never run twice."""
    if "WITH RECURSIVE" in sql:
        return sql.replace("WITH RECURSIVE", "WITH RECURSIVE off AS (SELECT random()), ")
    return f"WITH off AS (SELECT random()) {sql}"


def requests(emulator: Emulator) -> Counter[tuple[Any, ...]]:
    made = Counter((call.operation, call.type_name, call.identifier) for call in emulator.calls)
    emulator.calls.clear()
    return made


@pytest.mark.parametrize("shape", SHAPES)
def test_calls_are_the_distinct_keys_and_run_at_once(
    joined: awsvtab.Connection, aws: Emulator, shape: str
) -> None:
    sql = SHAPES[shape]
    alone = joined.execute(over_aws(one_by_one(sql))).fetchall()
    needed = requests(aws)
    assert max(needed.values()) == 1
    delay = aws.faults.delay(LATENCY_S)
    rows = joined.execute(over_aws(sql)).fetchall()
    aws.faults.remove(delay)
    assert aws.calls.peak >= 4
    assert requests(aws) == needed
    assert rows == alone
    assert Counter(rows) == Counter(joined.execute(over_ordinary(sql)).fetchall())


def test_a_join_by_parent_lists_and_hydrates_at_once(
    joined: awsvtab.Connection, aws: Emulator
) -> None:
    sql = """SELECT l.a, x.event_stream_name, x.uri FROM l
        JOIN {s} x ON x.domain_name = substr(l.k2, 1, length(l.k2) - 2)"""
    delay = aws.faults.delay(LATENCY_S)
    rows = joined.execute(over_aws(sql)).fetchall()
    aws.faults.remove(delay)
    assert aws.calls.peak >= 4
    expected = {("GetResource", EVENT_STREAM, identifier): 1 for identifier, _ in streams()}
    assert requests(aws) == Counter({("ListResources", EVENT_STREAM, None): 30, **expected})
    assert len(rows) == sum(n % 30 < 20 and n % 30 % 4 > 0 for n in range(LOCAL_ROWS))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT y.domain_name FROM {d} x CROSS JOIN {d} y ON y.domain_name = x.domain_name",
        "SELECT x.domain_name FROM {d} x WHERE EXISTS "
        "(SELECT 1 FROM {d} y WHERE y.domain_name = x.domain_name)",
    ],
)
def test_what_was_listed_is_not_read_by_its_key(
    joined: awsvtab.Connection, aws: Emulator, sql: str
) -> None:
    assert len(joined.execute(over_aws(sql)).fetchall()) == len(domains()) + len(streams())
    assert set(aws.calls.operations) == {"ListResources"}


def test_what_was_listed_and_read_is_not_read_again(
    joined: awsvtab.Connection, aws: Emulator
) -> None:
    sql = "SELECT y.dead_letter_queue_url FROM {d} x CROSS JOIN {d} y ON y.domain_name = x.{c}"
    rows = joined.execute(over_aws(sql.replace("{c}", "dead_letter_queue_url"))).fetchall()
    assert len(rows) == 99
    reads = [count for request, count in requests(aws).items() if request[0] == "GetResource"]
    assert set(reads) == {1}


WRITES = {
    "create table as": "CREATE TABLE made AS {join}",
    "insert select": "INSERT INTO into_a {join}",
    "with insert": "WITH x AS ({join}) INSERT INTO into_a (a, b) SELECT * FROM x",
    "insert with": "INSERT OR REPLACE INTO into_a WITH x AS ({join}) SELECT * FROM x",
    "insert on conflict": "INSERT INTO into_a {join} WHERE true ON CONFLICT DO NOTHING",
    "insert returning": "INSERT INTO into_a {join} RETURNING a",
    "update by a scalar": """UPDATE l SET k2 = (SELECT dead_letter_queue_url FROM {d} d
        WHERE d.domain_name = l.k), a = a + 1 WHERE a >= 0""",
    "update from": """UPDATE l AS t SET k2 = d.dead_letter_queue_url FROM {d} d
        WHERE d.domain_name = t.k""",
    "delete": "DELETE FROM l WHERE EXISTS (SELECT 1 FROM {d} d WHERE d.domain_name = l.k)",
}


@pytest.mark.parametrize("write", WRITES)
def test_what_a_local_write_reads_is_read_ahead(
    joined: awsvtab.Connection, aws: Emulator, write: str
) -> None:
    sql = WRITES[write].replace("{join}", SHAPES["join"])
    joined.execute("CREATE TABLE IF NOT EXISTS into_a (a INTEGER, b TEXT)")
    delay = aws.faults.delay(LATENCY_S)
    joined.execute(over_aws(sql)).fetchall()
    aws.faults.remove(delay)
    assert aws.calls.peak >= 4
    assert requests(aws) == {("GetResource", DOMAIN, f"d{n}"): 1 for n in range(KEYS)}
    joined.rollback()
    joined.execute("DROP TABLE IF EXISTS made")


@pytest.mark.parametrize(("limit", "most"), [(1, 2), (5, 10), (40, 80)])
def test_a_limit_costs_at_most_twice_its_keys(
    joined: awsvtab.Connection, aws: Emulator, limit: int, most: int
) -> None:
    rows = joined.execute(
        over_aws("SELECT a, d.dead_letter_queue_url FROM l LEFT JOIN {d} d ON d.domain_name = l.k")
        + f" LIMIT {limit}"
    ).fetchall()
    assert len(rows) == limit
    assert limit <= len(aws.calls) <= most


def test_bound_values_are_bound_again(joined: awsvtab.Connection, aws: Emulator) -> None:
    sql = over_aws(SHAPES["join"] + " WHERE a < ?")
    delay = aws.faults.delay(LATENCY_S)
    assert len(joined.execute(sql, (40,)).fetchall()) == 36
    aws.faults.remove(delay)
    assert aws.calls.peak >= 4
    assert len(aws.calls) == 40


def test_parameters_behind_all_reading_are_left_out(
    joined: awsvtab.Connection, aws: Emulator
) -> None:
    joined.execute("CREATE TABLE IF NOT EXISTS keyed (a INTEGER PRIMARY KEY, b TEXT)")
    sql = SHAPES["join"] + " WHERE a < ? ON CONFLICT (a) DO UPDATE SET b = ?"
    aws.faults.delay(LATENCY_S)
    joined.execute(over_aws(f"INSERT INTO keyed {sql}"), (40, "again"))
    assert aws.calls.peak >= 4
    assert len(aws.calls) == 40
    joined.rollback()


@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("in_view", [True, False])
def test_a_function_that_may_have_effects_is_not_called_again(
    joined: awsvtab.Connection, aws: Emulator, deterministic: bool, in_view: bool
) -> None:
    called: list[str] = []
    joined.create_function(
        "noted", 1, lambda key: called.append(key) or key, deterministic=deterministic
    )
    joined.execute("CREATE TEMP VIEW noted_keys AS SELECT noted(k) AS k FROM l")
    source = "noted_keys" if in_view else "(SELECT noted(k) AS k FROM l)"
    delay = aws.faults.delay(LATENCY_S / 10)
    rows = joined.execute(
        over_aws(f"SELECT d.domain_name FROM {source} x LEFT JOIN {{d}} d ON d.domain_name = x.k")
    ).fetchall()
    aws.faults.remove(delay)
    joined.execute("DROP VIEW noted_keys")
    joined.create_function("noted", 1, None)
    assert len(rows) == LOCAL_ROWS
    assert len(aws.calls) == KEYS
    if not deterministic:
        # For the key, and as SQLite compares it with what was found.
        assert len(called) <= 2 * LOCAL_ROWS
        assert aws.calls.peak == 1


def test_a_statement_is_traced_once(joined: awsvtab.Connection) -> None:
    traced: list[str] = []
    joined.set_trace_callback(traced.append)
    sql = over_aws(SHAPES["join"])
    joined.execute(sql).fetchall()
    joined.set_trace_callback(None)
    assert traced == [sql]


def test_a_function_that_writes_writes_as_often_as_without(joined: awsvtab.Connection) -> None:
    """Declared deterministic, which it is not."""
    joined.execute("CREATE TABLE log (key TEXT)")

    def note(key: str) -> str:
        joined.execute("INSERT INTO log VALUES (?)", (key,))
        return key

    joined.create_function("note", 1, note, deterministic=True)
    sql = "SELECT a, d.domain_name FROM l LEFT JOIN {d} d ON d.domain_name = note(l.k)"
    counts = []
    for each in (one_by_one(sql), sql):
        assert len(joined.execute(over_aws(each)).fetchall()) == LOCAL_ROWS
        counts += joined.execute("SELECT count(*) FROM log").fetchone()
        joined.execute("DELETE FROM log")
    assert counts[0] == counts[1]
    joined.rollback()
    joined.create_function("note", 1, None)


def test_it_works_on_a_bare_connection_with_a_tracer_of_its_own(
    emulator: Emulator, session: boto3.Session
) -> None:
    traced: list[str] = []

    def trace(cursor: apsw.Cursor, sql: str, bindings: object) -> bool:
        traced.append(sql)
        return True

    connection = apsw.Connection(":memory:")
    connection.exec_trace = trace
    registration = awsvtab.register(connection, session=session, endpoint_url=emulator.endpoint_url)
    connection.execute("CREATE TABLE l (k TEXT)")
    connection.executemany("INSERT INTO l VALUES (?)", [(f"d{n}",) for n in range(30)])
    for n in range(30):
        put_domain(emulator, f"d{n}")
    emulator.faults.delay(LATENCY_S)
    traced.clear()
    sql = f"SELECT default_expiration_days FROM l JOIN {DOMAINS} ON domain_name = k"
    assert len(connection.execute(sql).fetchall()) == 30
    assert emulator.calls.peak >= 4
    assert operations(emulator) == {"GetResource": 30}
    assert traced == [sql]
    registration.close()
    connection.close()


def test_an_error_is_the_reader_s_own_and_comes_where_it_is_read(
    connect: Connect, emulator: Emulator
) -> None:
    connection = connect()
    connection.execute("CREATE TABLE l (k TEXT)")
    connection.executemany("INSERT INTO l VALUES (?)", [(f"d{n}",) for n in range(12)])
    for n in range(12):
        put_domain(emulator, f"d{n}")
    emulator.faults.deny(identifier="d6")
    cursor = connection.execute(
        f"SELECT domain_name, default_expiration_days FROM l JOIN {DOMAINS} ON domain_name = k"
    )
    assert [cursor.fetchone()[0] for _ in range(6)] == [f"d{n}" for n in range(6)]
    with pytest.raises(awsvtab.OperationalError, match="'d6' in us-east-1: AccessDenied"):
        cursor.fetchone()


def test_interrupting_while_it_looks_ahead_ends_the_statement(
    joined: awsvtab.Connection, aws: Emulator
) -> None:
    joined.create_function("stop", 1, lambda key: joined.interrupt() or key, deterministic=True)
    with pytest.raises(awsvtab.OperationalError, match="interrupted"):
        joined.execute(
            over_aws("SELECT a FROM l JOIN {d} d ON d.domain_name = stop(l.k)")
        ).fetchall()
    joined.create_function("stop", 1, None)
    assert len(aws.calls) <= 1
    assert joined.execute("SELECT count(*) FROM l").fetchone() == (LOCAL_ROWS,)


def test_a_limit_ends_what_has_no_end(joined: awsvtab.Connection, aws: Emulator) -> None:
    """No pass may wait for rows that it is not shown."""
    rows = joined.execute(
        over_aws(
            "WITH RECURSIVE c(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM c) "
            "SELECT x FROM c JOIN {d} d ON d.domain_name = 'd' || (x % 3) LIMIT 5"
        )
    ).fetchall()
    assert rows == [(0,), (1,), (2,), (3,), (4,)]
    assert len(aws.calls) == 3


def test_keys_that_are_bound_are_read_ahead(joined: awsvtab.Connection, aws: Emulator) -> None:
    keys = [f"d{n}" for n in range(40)]
    values = ", ".join("(?)" for _ in keys)
    aws.faults.delay(LATENCY_S)
    rows = joined.execute(
        over_aws(
            f"WITH v (k) AS (VALUES {values}) SELECT v.k, d.dead_letter_queue_url FROM v "
            "LEFT JOIN {d} d ON d.domain_name = v.k"
        ),
        keys,
    ).fetchall()
    assert len(rows) == 40
    assert aws.calls.peak >= 4
    assert len(aws.calls) == 40


@pytest.mark.parametrize("name", ["eff", '"eff"', "[eff]", "`eff`"])
def test_a_quoted_function_is_called_no_more_often(joined: awsvtab.Connection, name: str) -> None:
    called: list[str] = []
    joined.create_function("eff", 1, lambda key: called.append(key) or key)
    joined.execute(
        over_aws(f"SELECT 1 FROM l JOIN {{d}} d ON d.domain_name = {name}(l.k)")
    ).fetchall()
    joined.create_function("eff", 1, None)
    assert len(called) <= 2 * LOCAL_ROWS
