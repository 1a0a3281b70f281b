"""The dot commands of ``awsvtab shell`` that APSW's shell does not have, or has otherwise."""

from __future__ import annotations

import difflib

import apsw
import click

from awsvtab import Connection, Error
from awsvtab.catalog import catalog
from awsvtab.catalog.find import find_table
from awsvtab.cli import approval, browse
from awsvtab.cli.explaining import lines as lines_about
from awsvtab.cli.formats import Rows, visible
from awsvtab.cli.naming import Naming
from awsvtab.cli.script import Statement
from awsvtab.cli.session import Session
from awsvtab.cli.statementshell import StatementShell, waiting

_HELP = """\
Statements end with a semicolon, may go over several lines, and TAB completes names.

.tables ?PATTERN?      Tables with PATTERN in their names: .tables s3*bucket
.describe TABLE        Columns, what a listing needs, and a statement to begin with
.plan ?SELECT ...?     The calls that a statement would make, without making them
.calls ?all?           The calls that the last statement made
.pending               What COMMIT would change at AWS
.mode MODE             How rows look: auto, box, line, csv, json, jsonl, markdown, ...
.parameter set NAME V  Gives :NAME in statements a value
.read FILE             Runs the statements of a file
.output FILE           Sends rows to a file; .output stdout brings them back
.quit                  Leaves, as Ctrl-D does; Ctrl-C stops what is running

A statement is a transaction of its own. BEGIN; collects changes until COMMIT; or ROLLBACK;
Nothing is changed at AWS before you have seen it and said yes.

.help COMMAND tells more; .help all lists every command.
"""

_OURS = frozenset({"tables", "describe", "schema", "plan", "pending", "calls", "help", "quit"})

_MOST_LISTED = 100

_CALLS = """
SELECT operation, replace(type_name, 'AWS::', '') AS type, region, identifier,
    CAST(ms AS INTEGER) AS ms, outcome || iif(attempt > 1, ', try ' || attempt, '') AS outcome
FROM aws_calls WHERE position > ? ORDER BY position
"""
_OWN_COLUMNS = """
SELECT name AS "column", type, iif("notnull", 'NOT NULL', '') AS "" FROM pragma_table_xinfo(?)
"""


class CommandShell(StatementShell):
    """The first line of a command's docstring is what ``.help`` says of it."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self._naming = Naming(connection)
        super().__init__(connection, session)

    def commands(self) -> list[str]:
        """All commands, with their dots."""
        names = (each.removeprefix("command_") for each in dir(self) if each.startswith("command_"))
        return [f".{each.replace('_', '-')}" for each in names]

    def process_command(self, command: str) -> None:
        """Runs a dot command; the quotes in what follows ``.plan`` are SQL's."""
        name, _, rest = command[1:].rstrip("; \t").partition(" ")
        if name in _OURS:
            command = command.rstrip("; \t")
        if name == "plan":
            self.command_plan([rest.strip()] if rest.strip() else [])
            return
        if not hasattr(self, f"command_{name.replace('-', '_')}"):
            near = difflib.get_close_matches(f".{name}", self.commands(), n=1, cutoff=0.7)
            hint = f"; did you mean {near[0]}?" if near else "; .help shows what there is"
            raise self.Error(f"no such command: .{name}{hint}")
        super().process_command(command)

    def command_help(self, cmd: list[str]) -> None:
        """help ?COMMAND?: Shows what to begin with, or more about COMMAND

        ``.help all`` lists every command.
        """
        if cmd:
            super().command_help([] if cmd == ["all"] else cmd)
        else:
            self.write(self.stdout, _HELP)

    def command_tables(self, cmd: list[str]) -> None:
        """tables ?PATTERN?: Lists tables whose name, or resource type, has PATTERN in it

        Upper and lower case are the same; an asterisk stands for anything. Without a pattern,
        your own tables are listed, and those about awsvtab.
        """
        pattern = " ".join(cmd)
        own = [(name, "yours") for name in self._naming.own()]
        own += [(name, "about awsvtab") for name in self._naming.about_awsvtab]
        own = [each for each in own if pattern.lower() in each[0].lower()]
        if own:
            self.show(Rows(("table", ""), (None, None), own))
        if cmd:
            self._list_matching(pattern, is_needed=not own)
            return
        count = len(self._naming.names().aws_tables)
        self.write(
            self.stderr,
            f"and {count:,} of AWS: .tables WORD finds those with WORD in their names, "
            "SHOW SERVICES IN aws; lists the services\n",
        )

    def _list_matching(self, pattern: str, is_needed: bool) -> None:
        try:
            found = browse.matching(self._connection, pattern)
        except click.ClickException:
            if is_needed:
                raise
            return
        lines = list(browse.listed(found))
        self.write(self.stdout, "".join(f"{line}\n" for line in lines[:_MOST_LISTED]))
        if len(lines) > _MOST_LISTED:
            more = f"and {len(lines) - _MOST_LISTED:,} more: a longer pattern has fewer\n"
            self.write(self.stderr, more)

    def command_describe(self, cmd: list[str]) -> None:
        """describe TABLE: Shows a table's columns, what a listing needs, and an example

        TABLE is written as in SQL, or as the resource type: aws.s3.buckets, AWS::S3::Bucket.
        """
        if len(cmd) != 1:
            raise self.Error("say which table: .describe aws.s3.buckets")
        (name,) = cmd
        if name.lower() in map(str.lower, [*self._naming.own(), *self._naming.about_awsvtab]):
            cursor = self._connection.execute(_OWN_COLUMNS, (name,))
            names = [each[0] for each in cursor.description or ()]
            self.show(Rows(names, cursor.declared_types, cursor))
            return
        resource_type = browse.find(catalog(), name)
        rows = browse.columns_of(self._connection, resource_type)
        browse.for_people(resource_type, rows, self.stdout, self.nullvalue)

    def command_schema(self, cmd: list[str]) -> None:
        """schema ?TABLE? [TABLE...]: Shows the SQL of your own tables, the columns of AWS's"""
        for name in cmd:
            if find_table(catalog(), name) is not None:
                self.command_describe([name])
        own = [name for name in cmd if find_table(catalog(), name) is None]
        if own or not cmd:
            super().command_schema(own)

    def command_plan(self, cmd: list[str]) -> None:
        """plan ?STATEMENT?: Shows the calls that a statement would make, and makes none

        With the permissions that it may need. Without a statement, of the last one.
        """
        if cmd:
            self._statement = Statement(cmd[0])
        if self._statement is None:
            raise self.Error("say which: .plan SELECT * FROM aws.s3.buckets")
        explanation = self._connection.explain(self._statement.sql, self.bindings)
        self.write(self.stdout, "".join(f"{visible(line)}\n" for line in lines_about(explanation)))

    def command_pending(self, cmd: list[str]) -> None:
        """pending: Shows what COMMIT would change at AWS"""
        changes = self._connection.pending_changes()
        for line in approval.described(changes, most=len(changes)):
            self.write(self.stdout, f"{line}\n")
        if changes:
            self.write(self.stderr, f"{waiting(len(changes))} for COMMIT\n")
        elif self._connection.in_transaction:
            self.write(self.stderr, "nothing yet in this transaction\n")
        else:
            self.write(
                self.stderr,
                "nothing: each statement is a transaction of its own; BEGIN; collects changes\n",
            )

    def command_calls(self, cmd: list[str]) -> None:
        """calls ?all?: Lists the calls to AWS of the last statement, or of all"""
        if cmd not in ([], ["all"]):
            raise self.Error(".calls lists those of the last statement, .calls all all of them")
        before = 0 if cmd else self._calls_before
        cursor = self._connection.execute(_CALLS, (before,))
        names = [each[0] for each in cursor.description or ()]
        rows = cursor.fetchall()
        if rows:
            self.show(Rows(names, [None] * len(names), rows))
        else:
            self.write(self.stderr, "no call to AWS\n")

    def command_parameter(self, cmd: list[str]) -> None:
        """parameter CMD ...: Values of :NAME in statements: set NAME VALUE, unset NAME, list, clear

        VALUE is an SQL expression: .parameter set floor 10.99, .parameter set name 'retail'
        """
        super().command_parameter([*cmd[:1], *(each.lstrip(":@$") for each in cmd[1:2]), *cmd[2:]])

    def command_import(self, cmd: list[str]) -> None:
        """import FILE TABLE: Imports the rows of FILE into a table of your own"""
        if len(cmd) == 2 and cmd[1].lower() not in map(str.lower, self._naming.own()):
            raise self.Error(
                f"{cmd[1]} is no table of yours: import into one, and INSERT INTO an AWS table "
                "with a SELECT from that; .autoimport makes a table of a file"
            )
        try:
            super().command_import(cmd)
        except apsw.SQLError as error:  # APSW's own ROLLBACK, of what was rolled back already
            if isinstance(error.__context__, Error):
                raise error.__context__ from None
            raise

    def command_read(self, cmd: list[str]) -> None:
        """read FILENAME: Runs the statements and commands in FILENAME"""
        if cmd and cmd[0].lower().endswith(".py"):
            self.command_py([])
        super().command_read(cmd)

    def command_changes(self, cmd: list[str]) -> None:
        """changes: Not here: the number of changed rows is always told"""
        raise self.Error("the number of changed rows is always told; SELECT total_changes();")

    def command_py(self, cmd: list[str]) -> None:
        """py: Not here: run python, and awsvtab.connect() there"""
        raise self.Error("no Python here: run python, and awsvtab.connect() there")

    def command_open(self, cmd: list[str]) -> None:
        """open: Not here: ATTACH 'FILE' AS name; or awsvtab shell --db FILE"""
        raise self.Error(
            "this shell has one connection, which has the AWS tables: "
            "ATTACH 'FILE' AS name; or run awsvtab shell --db FILE"
        )

    def command_connection(self, cmd: list[str]) -> None:
        """connection: Not here: this shell has one connection"""
        self.command_open([])

    def command_close(self, cmd: list[str]) -> None:
        """close: Not here: .quit leaves"""
        raise self.Error("this shell has one connection, which .quit closes")
