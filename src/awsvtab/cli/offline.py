"""A connection that asks AWS nothing, and a script's explanations on it.

Statements may build on local tables that those before them make, so what a script does to them is
done as well, in a transaction that nothing commits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import awsvtab
from awsvtab import Connection, Explanation
from awsvtab.cli.connecting import Target
from awsvtab.cli.running import located
from awsvtab.cli.script import Statement
from awsvtab.selects import select_of
from awsvtab.sqltokens import Tokens, tokenize

if TYPE_CHECKING:
    import boto3

_ANY_REGION = "us-east-1"  # where neither --region nor the SQL names one
_WITHOUT_MEANING = ("emulator", "endpoint_url", "journal", "profile")
_LOCAL = frozenset({"alter", "create", "delete", "drop", "insert", "replace", "update"})
_NO_PROFILE: Any = {"profile": (None, None, None, None)}  # AWS_PROFILE's need not be there
_PARAMETER = tuple("?:@$#")
_COLUMNS = "awsvtab_columns"


@contextmanager
def unconnected(target: Target) -> Iterator[Connection]:
    """A connection as the options say, with credentials that are none.

    Nothing that is done with it is kept: it is in a transaction that ends with ROLLBACK.
    """
    options = {name: each for name, each in target.options.items() if name not in _WITHOUT_MEANING}
    database = target.db if Path(target.db).exists() else ":memory:"
    local = replace(target, db=database, emulator=False, options=options)
    with local.opened(session=offline_session(), isolation_level=None) as connection:
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.rollback()


def offline_session() -> boto3.Session:
    """A session that looks for no credentials and no region, and refuses to send anything."""
    import boto3
    import botocore.session

    core = botocore.session.Session(session_vars=_NO_PROFILE)
    core.register("before-call", _refuse)
    return boto3.Session(
        botocore_session=core,
        aws_access_key_id="none",
        aws_secret_access_key="none",
        region_name=_ANY_REGION,
    )


def _refuse(**call: Any) -> NoReturn:
    raise awsvtab.ProgrammingError(
        f"{call['model'].name} would have to be asked of AWS, which explain and policy do not do: "
        "types beyond the catalog are known by files of their schemas, --types FOLDER"
    )


def explained(
    connection: Connection, script: Sequence[Statement], values: Mapping[str, Any]
) -> Iterator[tuple[Statement, Explanation]]:
    """Each statement with its explanation; what it does to local tables is done after it."""
    all_known = True
    for statement in script:
        given = values if statement.parameters <= values.keys() else {}
        with located(statement, script):
            explanation = connection.explain(statement.sql, given)
            yield statement, explanation if all_known else _with_calls_unknown(explanation)
            if _is_local(statement) and statement.parameters <= given.keys():
                all_known = _do(connection, statement.sql, explanation, given) and all_known


def _with_calls_unknown(explanation: Explanation) -> Explanation:
    """The explanation where local tables lack the rows that a script's AWS tables would give."""
    paths = (replace(path, calls=(), exact=False) for path in explanation.paths)
    return replace(explanation, paths=tuple(paths))


def _is_local(statement: Statement) -> bool:
    """Whether a statement may make or change local tables."""
    first = next(filter(None, Tokens(statement.sql).words), "")
    return first in _LOCAL or (first == "with" and select_of(statement.sql) is not None)


def _do(
    connection: Connection, sql: str, explanation: Explanation, given: Mapping[str, Any]
) -> bool:
    """Does what a statement does locally; whether that was all, without rows of AWS's."""
    if not explanation.paths:
        connection.execute(sql, given)
        return True
    if "create" in Tokens(sql).words[:1]:
        _create_empty(connection, sql)
    return False


def _create_empty(connection: Connection, sql: str) -> None:
    """Makes the table that CREATE TABLE … AS would make, without its rows."""
    select, tokens = select_of(sql), Tokens(sql)
    if select is None:
        return
    unbound = "".join(  # a view takes no parameters
        blank + ("NULL" if word.startswith(_PARAMETER) else word)
        for blank, word in tokenize(select)
    )
    connection.execute(f"CREATE TEMP VIEW {_COLUMNS} AS {unbound}")
    names = [str(row[1]) for row in connection.execute(f"PRAGMA table_info({_COLUMNS})")]
    columns = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
    connection.execute(f"DROP VIEW {_COLUMNS}")
    head = sql[: tokens.start(tokens.index("as", 0, tokens.end))]
    connection.execute(f"{head} ({columns})")
