"""SQLite's codes for comparisons, and its LIKE and GLOB where they are SQLite's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import apsw

from awsvtab.predicates import Match, Operator

# https://www.sqlite.org/c3ref/c_index_constraint_eq.html
OPERATORS: Mapping[int, Operator] = {
    apsw.SQLITE_INDEX_CONSTRAINT_EQ: Operator.EQ,
    apsw.SQLITE_INDEX_CONSTRAINT_NE: Operator.NE,
    apsw.SQLITE_INDEX_CONSTRAINT_LT: Operator.LT,
    apsw.SQLITE_INDEX_CONSTRAINT_LE: Operator.LE,
    apsw.SQLITE_INDEX_CONSTRAINT_GT: Operator.GT,
    apsw.SQLITE_INDEX_CONSTRAINT_GE: Operator.GE,
    apsw.SQLITE_INDEX_CONSTRAINT_IS: Operator.IS,
    apsw.SQLITE_INDEX_CONSTRAINT_ISNOT: Operator.IS_NOT,
    apsw.SQLITE_INDEX_CONSTRAINT_ISNULL: Operator.IS_NULL,
    apsw.SQLITE_INDEX_CONSTRAINT_ISNOTNULL: Operator.NOT_NULL,
    apsw.SQLITE_INDEX_CONSTRAINT_LIKE: Operator.LIKE,
    apsw.SQLITE_INDEX_CONSTRAINT_GLOB: Operator.GLOB,
    apsw.SQLITE_INDEX_CONSTRAINT_LIMIT: Operator.LIMIT,
    apsw.SQLITE_INDEX_CONSTRAINT_OFFSET: Operator.OFFSET,
}

_OVERRIDDEN = (
    "SELECT DISTINCT upper(name) FROM pragma_function_list "
    "WHERE name IN ('like', 'glob') AND NOT builtin"
)


def own_patterns(connection: apsw.Connection) -> Mapping[Operator, Match]:
    """LIKE and GLOB as SQLite compares, without those that the connection has functions for.

    Applications may define ``like()`` and ``glob()``, and PRAGMA case_sensitive_like does
    (https://www.sqlite.org/lang_expr.html#like). LIKE with ESCAPE never gets here: SQLite does not
    offer it.
    """
    cursor = connection.cursor()
    cursor.exec_trace = _untold
    try:
        overridden = {name for (name,) in cursor.execute(_OVERRIDDEN)}
    except apsw.Error:  # an authorizer, an interrupt: SQLite compares by itself
        return {}
    return {operator: match for operator, match in _OWN.items() if operator not in overridden}


def _untold(*_: object) -> bool:
    """Keeps a statement of our own from those who follow the user's."""
    return True


def _matcher(differ: Callable[[str, str], int]) -> Match:
    return lambda pattern, text: differ(pattern, text) == 0


_OWN: Mapping[Operator, Match] = {
    Operator.LIKE: _matcher(apsw.strlike),
    Operator.GLOB: _matcher(apsw.strglob),
}
