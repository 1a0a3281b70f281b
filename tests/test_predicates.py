"""No predicate drops a row that SQLite keeps: every constraint that SQLite offers, against SQLite.

A virtual table of one row makes predicates of all constraints and shows the row whatever they say;
where SQLite then keeps the row, each of them must admit it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsvtab.patterns import OPERATORS, own_patterns
from awsvtab.predicates import Operator, Predicate, compares, hash_keys, is_hashed
from awsvtab.values import SQLValue

TYPES = {"TEXT": False, "INTEGER": True, "REAL": True, "BOOLEAN": True, "JSON": True}


class Probe:
    """One column ``c`` of a declared type, one row, and the predicates of the last scan."""

    def __init__(self, connection: apsw.Connection, name: str, declared: str) -> None:
        self.connection = connection
        self.declared = declared
        self.value: SQLValue = None
        self.predicates: list[Predicate] = []
        self._offered: list[tuple[Operator, bool]] = []
        self._row = 0
        connection.create_module(name, self, use_bestindex_object=True, eponymous=True)

    def Connect(self, *_: object) -> tuple[str, Probe]:  # noqa: N802
        return f"CREATE TABLE x(c {self.declared})", self

    def BestIndexObject(self, index: apsw.IndexInfo) -> bool:  # noqa: N802
        offered = []
        for number in range(index.nConstraint):
            operator = OPERATORS.get(index.get_aConstraint_op(number))
            binary = index.get_aConstraint_collation(number) == "BINARY"
            usable = index.get_aConstraint_usable(number)
            if usable and operator is not None and compares(operator, binary):
                offered.append(f"{operator}/{index.get_aConstraint_rhs(number) is not None}")
                index.set_aConstraintUsage_argvIndex(number, len(offered))
                if index.get_aConstraintUsage_in(number):
                    index.set_aConstraintUsage_in(number, True)
        index.idxStr = "|".join(offered)
        # Only as an inner table, where what it is compared with is known.
        index.estimatedCost = 1.0 if offered else 1e12
        return True

    def Open(self) -> Probe:  # noqa: N802
        return self

    def Filter(self, number: int, text: str, values: Sequence[Any]) -> None:  # noqa: N802
        self._row = 0
        matching = own_patterns(self.connection)
        for offered, value in zip(text.split("|") if text else (), values, strict=True):
            operator, _, literal = offered.partition("/")
            self.predicates.append(
                Predicate(
                    Operator(operator),
                    frozenset(value) if isinstance(value, set) else value,
                    TYPES[self.declared],
                    literal == "True",
                    matching.get(Operator(operator)),
                )
            )

    def Next(self) -> None:  # noqa: N802
        self._row += 1

    def Eof(self) -> bool:  # noqa: N802
        return self._row > 0

    def Column(self, number: int) -> SQLValue:  # noqa: N802
        return 1 if number < 0 else self.value

    Rowid = Next

    def Close(self) -> None:  # noqa: N802
        pass

    Disconnect = Destroy = Close

    def check(self, sql: str, bindings: Sequence[SQLValue] = ()) -> bool:
        """Whether SQLite kept the row; if so, all predicates must have admitted it."""
        self.predicates.clear()
        kept = bool(self.connection.execute(sql, bindings).fetchall())
        if kept:
            assert [each for each in self.predicates if not each.admits(self.value)] == []
            for each in self.predicates:
                self._check_hash(each)
        return kept

    def _check_hash(self, predicate: Predicate) -> None:
        operands = predicate.operand
        if predicate.operator is not Operator.EQ or isinstance(operands, frozenset):
            return
        if is_hashed(operands):
            assert set(hash_keys(self.value)[:1]) & set(hash_keys(operands))


@pytest.fixture(scope="module", params=["UTF-8", "UTF-16le", "UTF-16be"])
def probes(request: pytest.FixtureRequest) -> Iterator[dict[str, Probe]]:
    connection = apsw.Connection("")
    connection.execute(f"PRAGMA encoding = '{request.param}'")
    connection.execute(
        "CREATE TABLE l (t TEXT, i INTEGER, r REAL, n NUMERIC, b BLOB, f TEXT COLLATE NOCASE)"
    )
    yield {name: Probe(connection, f"p_{name.lower()}", name) for name in TYPES}
    connection.close()


TEXTS = (
    "",
    "a",
    "A",
    "ab",
    "b",
    "5",
    "05",
    "5.0",
    " 5 ",
    "5e0",
    "5x",
    "-0",
    "0",
    "0.30",
    "é",
    "\uff41",
)
TEXTS += ("\U0001f600", "[1]", "1.5", "9007199254740993", "18446744073709551616", ".5", "5.", "x%")
NUMBERS = (
    0,
    1,
    5,
    -1,
    5.0,
    1.5,
    0.1 + 0.2,
    1e300,
    -0.0,
    2**53 + 1,
    9.007199254740992e15,
    2**63 - 1,
)
ALIKE = (None, "5", "05", "5.0", " 5 ", "5e0", 5, 5.0, "10", 10, "10.0", "1e1", 10.0)
cells: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(ALIKE), st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.text(max_size=3)
).filter(lambda each: not isinstance(each, str) or "\0" not in each)
operands = st.one_of(st.sampled_from(ALIKE), cells, st.sampled_from((b"", b"5", b"a")))
COMPARISONS = ("=", "=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT", "LIKE", "GLOB")
collations = st.sampled_from(("", "", " COLLATE NOCASE", " COLLATE RTRIM"))
casts = st.sampled_from(("INTEGER", "TEXT", "NUMERIC", "REAL", "BLOB"))


@given(
    st.sampled_from(("TEXT", "TEXT", *TYPES)),
    cells,
    st.sampled_from(COMPARISONS),
    operands,
    st.sampled_from(("literal", "bound", "cast", "in", "in select", "select", *"tirnbf")),
    casts,
    collations,
    st.booleans(),
)
def test_what_sqlite_keeps_is_admitted(
    probes: dict[str, Probe],
    declared: str,
    value: SQLValue,
    comparison: str,
    operand: SQLValue,
    source: str,
    cast: str,
    collation: str,
    swapped: bool,
) -> None:
    probe = probes[declared]
    probe.value = value
    table = f"p_{declared.lower()}"
    literal = apsw.format_sql_value(operand)
    right, bindings = literal, ()
    if source == "bound":
        right, bindings = "?1", (operand,)
    elif source == "cast":
        right = f"CAST({literal} AS {cast})"
    elif source != "literal":
        probe.connection.execute("DELETE FROM l")
        probe.connection.execute("INSERT INTO l VALUES (?1, ?1, ?1, ?1, ?1, ?1)", (operand,))
    if source == "in":
        probe.check(f"SELECT * FROM {table} WHERE c IN ({literal}, 'zz', NULL)")
    elif source == "in select":
        probe.check(f"SELECT * FROM {table} WHERE c IN (SELECT {cast[0].lower()} FROM l)")
    elif source == "select":
        probe.check(f"SELECT * FROM {table} WHERE c {comparison} (SELECT {cast[0].lower()} FROM l)")
    elif source in ("t", "i", "r", "n", "b", "f"):
        sides = (f"l.{source}", "p.c") if swapped else ("p.c", f"l.{source}")
        condition = f" {comparison} ".join(sides)
        probe.check(f"SELECT * FROM l CROSS JOIN {table} p ON {condition}{collation}")
    else:
        sides = (right, "c") if swapped else ("c", right)
        condition = f" {comparison} ".join(sides)
        probe.check(f"SELECT * FROM {table} WHERE {condition}{collation}", bindings)


@pytest.mark.parametrize(
    ("operator", "operand", "admitted", "dropped"),
    [
        (Operator.EQ, "a", ["a"], ["A", "b", None, 5]),
        (Operator.EQ, 5, ["5", "05", "5.0"], ["a", "6", None]),
        (Operator.NE, "a", ["b", "A"], ["a", None]),
        (Operator.NE, None, [], ["a", None]),
        (Operator.LT, "b", ["a", "B"], ["b", "c", None]),
        (Operator.LE, "b", ["a", "b"], ["c", None]),
        (Operator.GT, "b", ["c", "é"], ["b", "a", None]),
        (Operator.GE, "b", ["b", "c"], ["a", None]),
        (Operator.LT, b"", ["a"], [None]),
        (Operator.GT, b"", [], ["a", None]),
        (Operator.IS, None, [None], ["a"]),
        (Operator.IS, "a", ["a"], ["b", None]),
        (Operator.IS_NOT, None, ["a"], [None]),
        (Operator.IS_NOT, "a", ["b", None], ["a"]),
        (Operator.IS_NULL, None, [None], ["a"]),
        (Operator.NOT_NULL, None, ["a"], [None]),
        (Operator.EQ, frozenset({"a", None}), ["a"], ["b", None]),
        (Operator.EQ, frozenset({None}), [], ["a", None]),
    ],
)
def test_what_a_predicate_drops(
    operator: Operator,
    operand: SQLValue | frozenset[SQLValue],
    admitted: list[SQLValue],
    dropped: list[SQLValue],
) -> None:
    predicate = Predicate(operator, operand)
    assert list(filter(predicate.admits, [*admitted, *dropped])) == admitted
    assert predicate.never == (not admitted and operand in (None, frozenset({None})))


@pytest.mark.parametrize(
    ("operator", "pattern", "admitted", "dropped"),
    [
        (Operator.LIKE, "a%", ["a", "AB"], ["ba", "", None]),
        (Operator.LIKE, "%É", ["xÉ"], ["xé"]),
        (Operator.LIKE, "5_", [55, "5x", 5.5], [5]),
        (Operator.GLOB, "a*", ["a", "ab"], ["A"]),
        (Operator.GLOB, "[ab]", ["a"], ["c", "ab"]),
        (Operator.LIKE, 5, ["5", "6"], [None]),
        (Operator.LIKE, "a\0%", ["a", "b"], []),
    ],
)
def test_what_a_pattern_drops(
    operator: Operator, pattern: SQLValue, admitted: list[SQLValue], dropped: list[SQLValue]
) -> None:
    match = own_patterns(apsw.Connection(""))[operator]
    predicate = Predicate(operator, pattern, match=match)
    assert list(filter(predicate.admits, [*admitted, *dropped])) == admitted


def test_patterns_that_an_application_compares_itself_are_left_to_it() -> None:
    connection = apsw.Connection("")
    connection.create_scalar_function("like", lambda pattern, text: 1)
    assert own_patterns(connection).keys() == {Operator.GLOB}
    connection.create_scalar_function("like", None)
    assert own_patterns(connection).keys() == {Operator.LIKE, Operator.GLOB}
    connection.execute("PRAGMA case_sensitive_like = 1")
    assert own_patterns(connection).keys() == {Operator.GLOB}


def test_an_authorizer_that_forbids_asking_costs_only_the_short_cut() -> None:
    connection = apsw.Connection("")
    connection.authorizer = lambda *_: apsw.SQLITE_DENY
    assert own_patterns(connection) == {}


def test_asking_about_patterns_is_not_traced() -> None:
    connection = apsw.Connection("")
    told: list[str] = []
    connection.exec_trace = lambda cursor, sql, bindings: bool(told.append(sql)) or True
    assert own_patterns(connection)
    assert told == []
