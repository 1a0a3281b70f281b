"""Triggers that a database file brings along may not write to AWS.

SQLite announces each trigger's program, and each statement of it, as it begins. A statement that
writes an AWS table runs no triggers itself, so the one that began last is the one that writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import apsw

from awsvtab.errors import NotSupportedError
from awsvtab.execution import Execution

_BLANK = re.compile(r"[ \t\n\v\f\r]")
_OWN = "temp"  # the schema of what this connection made, and no file holds


def refuse_stored_trigger(connection: apsw.Connection, execution: Execution, table: str) -> None:
    """NotSupportedError if a trigger of a database file writes the table in this run.

    A TEMP trigger is the user's own: only this connection can have made it.
    """
    if not execution.triggers and not execution.program:
        return
    writer = stored_writer(connection, execution)
    if writer is not None:
        raise NotSupportedError(
            f"trigger {writer} writes {table}: triggers that are stored in a database file may not "
            "change AWS; connect(trusted_schema=True) if you trust the file, or CREATE TEMP TRIGGER"
        )


def stored_writer(connection: apsw.Connection, execution: Execution) -> str | None:
    """The stored trigger that may have begun what the run does just now; None if there is none.

    It is one of those that hold the statement, if any does: SQLite announces a trigger's statement
    as it stands there, but for its blanks.
    """
    begun = list(_begun(connection, execution))
    holding = [each for each in begun if execution.program in each[2]]
    stored = [name for schema, name, _ in holding or begun if schema != _OWN]
    if not begun:  # out of reach
        return next(iter(execution.triggers), "(unknown)")
    return stored[0] if stored else None


def _begun(connection: apsw.Connection, execution: Execution) -> Iterator[tuple[str, str, str]]:
    """The schema, name and text of all triggers that are called like those that have begun."""
    cursor = connection.cursor()
    cursor.exec_trace = lambda *_: True  # not a statement of the user's
    marks = ",".join("?" * len(execution.triggers))
    for schema in connection.db_names():
        quoted = '"' + schema.replace('"', '""') + '"'
        rows = cursor.execute(
            f"SELECT name, sql FROM {quoted}.sqlite_schema WHERE type = 'trigger' "
            f"AND name COLLATE NOCASE IN ({marks})",
            tuple(execution.triggers),
        )
        for name, sql in rows.fetchall():
            yield schema, str(name), _BLANK.sub(" ", str(sql))
