"""What a connection remembers of its calls to AWS, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from awsvtab.activity import Activity
from awsvtab.rowtables import Given, IntrospectionTable, Row

_CALLS = {
    "position": "INTEGER",
    **dict.fromkeys(("statement", "operation", "type_name", "region", "identifier"), "TEXT"),
    "attempt": "INTEGER",
    "started_at": "TIMESTAMP",
    "ms": "REAL",
    **dict.fromkeys(("outcome", "request_id"), "TEXT"),
}
_ERRORS = dict.fromkeys(
    (
        *("statement", "region", "type_name", "operation"),
        *("identifier", "code", "message", "request_id"),
    ),
    "TEXT",
)


def activity_tables(activity: Activity) -> tuple[IntrospectionTable, ...]:
    """The tables about a connection's reading. None of them makes a call to AWS."""

    def calls(given: Given) -> Iterator[Row]:
        for call in activity.calls:
            values = {name: getattr(call, name) for name in _CALLS}
            yield tuple({**values, "started_at": timestamp(call.started_at)}.values())

    def errors(given: Given) -> Iterator[Row]:
        for failure in activity.failures:
            yield tuple(getattr(failure, name) for name in _ERRORS)

    return (
        IntrospectionTable("aws_calls", _CALLS, calls),
        IntrospectionTable("aws_errors", _ERRORS, errors),
    )


def timestamp(seconds: float) -> str:
    """A time since the epoch as SQLite's date functions and the driver's converters take it."""
    moment = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")
