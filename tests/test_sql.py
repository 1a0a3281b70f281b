"""AWS table names become SQLite's, nothing else changes, and SQLite accepts the result.

Statements run on SQLite, with a stub of a virtual table behind each AWS table.
"""

# ruff: noqa: N802 - the methods of a virtual table have APSW's names

from __future__ import annotations

import itertools
import re

import apsw
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from awsvtab.sql import Rewritten, rewrite
from awsvtab.sqltokens import RESERVED, tokenize

CATALOG = {
    ("iam", "roles"): "aws_iam_roles",
    ("s3", "buckets"): "aws_s3_buckets",
    ("sso", "roles"): "aws_sso_roles",
    ("glue", "references"): "aws_glue_references",
}
COLUMNS = "name, arn, size"


def find(service: str, resource: str) -> str | None:
    return CATALOG.get((service, resource))


def to_sqlite(sql: str, schemas: tuple[str, ...] = ()) -> str:
    return rewrite(sql, find, schemas).text


class StubTable:
    """The module, the table and all of its cursors in one; it accepts changes and forgets them."""

    def __init__(self, rows):
        self.rows = rows

    def Create(self, *_):
        columns = f"{COLUMNS}, key HIDDEN NOT NULL, PRIMARY KEY (key)"
        return f"CREATE TABLE t ({columns}) WITHOUT ROWID", self

    def BestIndexObject(self, _):
        return True

    def Open(self):
        return StubCursor(self.rows)

    def Disconnect(self):
        pass

    def UpdateInsertRow(self, *_):
        return 0

    def UpdateDeleteRow(self, *_):
        pass

    Connect, Destroy, UpdateChangeRow = Create, Disconnect, UpdateDeleteRow


class StubCursor:
    def __init__(self, rows):
        self.rows = rows

    def Filter(self, *_):
        self.at = 0

    def Eof(self):
        return self.at == len(self.rows)

    def Next(self):
        self.at += 1

    def Column(self, number):
        return (*self.rows[self.at], f"key {self.at}")[number]

    def Close(self):
        pass


def connect(rows_of):
    """A database with the AWS tables and local ones, one of which has an AWS table's name."""
    connection = apsw.Connection(":memory:")
    for table in CATALOG.values():
        module = StubTable(rows_of(table))
        connection.create_module(table, module, use_bestindex_object=True, eponymous=True)
    connection.execute("CREATE TABLE keyed (name UNIQUE, roles)")
    for table in ("local", "roles"):
        connection.execute(f"CREATE TABLE {table} ({COLUMNS})")
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows_of(table))
    return connection


@pytest.fixture
def database():
    connection = connect(lambda table: [(f"{table}.name", f"{table}.arn", 1)])
    yield connection
    connection.close()


# What is written: «the user's|SQLite's»


def spellings(marked: str) -> tuple[str, str]:
    """A text in the user's spelling, and in SQLite's."""
    pair = r"«([^|]*)\|([^»]*)»"
    return re.sub(pair, r"\1", marked), re.sub(pair, r"\2", marked)


SELECTS = [
    # one table, however it is spelled
    "SELECT * FROM «aws.iam.roles|aws_iam_roles AS roles»",
    "SELECT * FROM «awscc.iam.roles|aws_iam_roles AS roles»",
    "SELECT * FROM «iam.roles|aws_iam_roles AS roles»",
    "select * from «AWS.Iam.ROLES|aws_iam_roles AS roles»",
    'SELECT * FROM «aws."iam".[roles]|aws_iam_roles AS roles»',
    'SELECT * FROM «"iam".`roles`|aws_iam_roles AS roles»',
    "SELECT * FROM\n«aws . iam /* of */ . -- all\n roles|aws_iam_roles AS roles»",
    "SELECT * FROM /* c */ «iam.roles|aws_iam_roles AS roles» -- d",
    "SELECT * FROM aws_iam_roles, «s3.buckets|aws_s3_buckets AS buckets»",
    'SELECT * FROM «glue.references|aws_glue_references AS "references"»',
    "\ufeffSELECT * FROM «iam.roles|aws_iam_roles AS roles»;",
    "SELECT * FROM «iam.\ufeffroles|aws_iam_roles AS roles»",
    "SELECT * FROM «[iam]\ufeff.roles|aws_iam_roles AS roles»",
    "SELECT * FROM «iam./**/roles|aws_iam_roles AS roles»",
    "SELECT * FROM «[iam]/**/.roles|aws_iam_roles AS roles»",
    # the short name becomes an alias where there is none
    "SELECT roles.arn FROM «iam.roles|aws_iam_roles AS roles»",
    "SELECT r.arn FROM «iam.roles|aws_iam_roles» r",
    "SELECT r.arn FROM «iam.roles|aws_iam_roles» AS r",
    "SELECT r.arn FROM «iam.roles|aws_iam_roles» 'r'",
    "SELECT [r].arn FROM «iam.roles|aws_iam_roles» [r]",
    "SELECT \u00e9.arn FROM «iam.roles|aws_iam_roles» \u00e9",
    "SELECT \u20ac\xa0.arn FROM «iam.roles|aws_iam_roles» \u20ac\xa0",
    "SELECT key.arn FROM «iam.roles|aws_iam_roles» key",
    "SELECT left.arn FROM «iam.roles|aws_iam_roles» AS left",
    "SELECT window.arn FROM «iam.roles|aws_iam_roles» window",
    "SELECT aws.arn FROM «iam.roles|aws_iam_roles» aws",
    "SELECT 1 FROM «iam.roles|aws_iam_roles» window WINDOW w AS ()",
    "SELECT 1 FROM local window, «iam.roles|aws_iam_roles AS roles»",
    "SELECT 1 FROM «iam.roles|aws_iam_roles AS roles» WINDOW w AS ()",
    "SELECT 1 FROM «iam.roles|aws_iam_roles AS roles» NOT INDEXED",
    "SELECT 1 FROM «iam.roles|aws_iam_roles AS roles» WHERE 1",
    "SELECT 1 FROM «iam.roles|aws_iam_roles AS roles» GROUP BY 1",
    "SELECT 1 FROM «iam.roles|aws_iam_roles AS roles» LIMIT 1",
    "SELECT 1 FROM «iam.roles|aws_iam_roles»('a')«| AS roles»",
    "SELECT 1 FROM «iam.roles|aws_iam_roles»('a') r",
    # qualifiers
    "SELECT «aws.iam.roles|roles».arn FROM «aws.iam.roles|aws_iam_roles AS roles»",
    "SELECT «iam.roles|roles».arn FROM «aws.iam.roles|aws_iam_roles AS roles»",
    "SELECT «awscc.iam.roles|roles».* FROM «iam.roles|aws_iam_roles AS roles»",
    "SELECT «iam.roles|roles».* FROM «iam.roles|aws_iam_roles AS roles»",
    "SELECT 1 FROM «iam.roles|aws_iam_roles AS roles» ORDER BY «IAM.Roles|roles».arn",
    "SELECT iam.arn FROM local iam, «iam.roles|aws_iam_roles AS roles»",
    "SELECT aws.arn FROM local aws, «aws.iam.roles|aws_iam_roles AS roles»",
    "SELECT aws.iam FROM (SELECT 1 AS iam) aws, «s3.buckets|aws_s3_buckets AS buckets»",
    "SELECT iam.roles FROM (SELECT 1 AS roles) iam, «iam.roles|aws_iam_roles» b",
    "SELECT main.local.arn FROM local, «iam.roles|aws_iam_roles AS roles»",
    # joins
    "SELECT 1 FROM «iam.roles|aws_iam_roles AS roles», «s3.buckets|aws_s3_buckets AS buckets»",
    (
        "SELECT 1 FROM «iam.roles|aws_iam_roles AS roles»"
        " JOIN «s3.buckets|aws_s3_buckets AS buckets» USING (name, arn)"
    ),
    (
        "SELECT 1 FROM «iam.roles|aws_iam_roles AS roles»"
        " NATURAL LEFT JOIN «s3.buckets|aws_s3_buckets AS buckets»"
    ),
    (
        "SELECT 1 FROM local"
        " LEFT OUTER JOIN «iam.roles|aws_iam_roles AS roles» ON roles.arn IN (1, 2),"
        " «s3.buckets|aws_s3_buckets AS buckets»"
    ),
    "SELECT 1 FROM «iam.roles|aws_iam_roles» a JOIN «iam.roles|aws_iam_roles» b ON a.arn = b.arn",
    "SELECT 1 FROM local, json_each('[1]'), «iam.roles|aws_iam_roles AS roles»",
    (
        "SELECT value FROM «iam.roles|aws_iam_roles AS roles»,"
        " json_each(json_array(«iam.roles|roles».arn, roles.name))"
    ),
    (
        "SELECT 1 FROM («iam.roles|aws_iam_roles AS roles»"
        " JOIN «s3.buckets|aws_s3_buckets AS buckets»), local"
    ),
    (
        "SELECT 1 FROM ((«iam.roles|aws_iam_roles AS roles», local)"
        " JOIN «s3.buckets|aws_s3_buckets AS buckets»)"
    ),
    # SQLite forgets an alias inside of parentheses around one table
    "SELECT roles.arn FROM local JOIN («iam.roles|aws_iam_roles»)«| AS roles» ON 1",
    "SELECT roles.arn FROM local, ((«iam.roles|aws_iam_roles»))«| AS roles»",
    "SELECT r.arn FROM local, («iam.roles|aws_iam_roles») r",
    # subqueries
    (
        "SELECT 1 FROM (SELECT 1, 2 FROM «iam.roles|aws_iam_roles AS roles») x,"
        " «s3.buckets|aws_s3_buckets AS buckets»"
    ),
    "SELECT * FROM (SELECT 1, iam.roles FROM (SELECT 1 AS roles) iam)",
    "SELECT (SELECT max(roles.arn) FROM «iam.roles|aws_iam_roles AS roles»)",
    (
        "SELECT 1 FROM local WHERE EXISTS (SELECT 1 FROM «iam.roles|aws_iam_roles AS roles»"
        " WHERE roles.arn = local.arn)"
    ),
    (
        "SELECT 1 FROM local WHERE arn IN (SELECT «iam.roles|roles».arn"
        " FROM «iam.roles|aws_iam_roles AS roles»)"
    ),
    "SELECT 1 FROM json_each((SELECT arn FROM «iam.roles|aws_iam_roles AS roles» WHERE 0))",
    "WITH w AS (SELECT * FROM «iam.roles|aws_iam_roles AS roles») SELECT * FROM w",
    (
        "WITH w(a) AS NOT MATERIALIZED (VALUES (1))"
        " SELECT * FROM w, «iam.roles|aws_iam_roles AS roles»"
    ),
    (
        "SELECT arn FROM «iam.roles|aws_iam_roles AS roles» UNION ALL"
        " SELECT roles.arn FROM «iam.roles|aws_iam_roles AS roles»"
    ),
    "SELECT * FROM (VALUES (1), (2)), «iam.roles|aws_iam_roles AS roles»",
    # an alias behind IN would be that of the result column
    "SELECT (1, 2, 3) IN «iam.roles|aws_iam_roles»",
    "SELECT (1, 2, 3) NOT IN «aws.iam.roles|aws_iam_roles» AS x",
    # commas and FROMs that tell of no table
    "SELECT 1, name IS NOT DISTINCT FROM arn FROM «iam.roles|aws_iam_roles AS roles»",
    (
        "SELECT 1 FROM «iam.roles|aws_iam_roles» r WHERE r.name IS DISTINCT FROM (r.arn)"
        " GROUP BY r.name, r.arn ORDER BY r.name, r.arn"
    ),
    (
        "SELECT sum(size) FILTER (WHERE size > 0) OVER (PARTITION BY roles.arn, name)"
        " FROM «iam.roles|aws_iam_roles AS roles»"
    ),
    (
        "SELECT CASE WHEN 1 IN (1, 2) THEN 1 END, roles.arn ->> '$.a.b'"
        " FROM «iam.roles|aws_iam_roles AS roles» WHERE 0"
    ),
    (
        "SELECT 1 FROM (SELECT 1 AS roles) iam, «s3.buckets|aws_s3_buckets AS buckets»"
        " WHERE size IS NOT DISTINCT FROM iam.roles GROUP BY 1, iam.roles ORDER BY 1, iam.roles"
    ),
    "EXPLAIN QUERY PLAN SELECT 1 FROM «iam.roles|aws_iam_roles AS roles»",
]

CHANGES = [
    "INSERT INTO «aws.iam.roles|aws_iam_roles» (name) VALUES (1)",
    "/*+ create */ INSERT INTO «iam.roles|aws_iam_roles» (name) SELECT 1",
    "INSERT INTO «iam.roles|aws_iam_roles» DEFAULT VALUES",
    "INSERT OR IGNORE INTO «iam.roles|aws_iam_roles» AS r (name) VALUES (1)",
    "REPLACE INTO «iam.roles|aws_iam_roles» (name) VALUES (1)",
    "WITH w AS (SELECT 1) INSERT INTO «iam.roles|aws_iam_roles» (name) SELECT * FROM w",
    "INSERT INTO «iam.roles|aws_iam_roles» (name) WITH w AS (SELECT 1) SELECT * FROM w",
    "INSERT INTO local SELECT * FROM «iam.roles|aws_iam_roles AS roles»",
    "INSERT INTO roles SELECT roles.* FROM «iam.roles|aws_iam_roles AS roles»",
    (
        "INSERT INTO local SELECT * FROM «iam.roles|aws_iam_roles AS roles»"
        " WHERE 1 ON CONFLICT DO NOTHING"
    ),
    (
        "INSERT INTO keyed SELECT roles.name, 1 FROM «iam.roles|aws_iam_roles AS roles»"
        " WHERE 1 ON CONFLICT DO UPDATE SET roles = 1, name = excluded.name"
    ),
    "INSERT INTO local VALUES ((SELECT arn FROM «iam.roles|aws_iam_roles AS roles»), 1, 2)",
    (
        "INSERT INTO «iam.roles|aws_iam_roles» (name) VALUES (1)"
        " RETURNING «iam.roles|aws_iam_roles».name"
    ),
    (
        "INSERT INTO «iam.roles|aws_iam_roles» (name) SELECT «iam.roles|roles».arn"
        " FROM «iam.roles|aws_iam_roles AS roles» RETURNING «aws.iam.roles|aws_iam_roles».name"
    ),
    "UPDATE «iam.roles|aws_iam_roles AS roles» SET arn = 1 WHERE roles.name = 1",
    "UPDATE OR IGNORE «iam.roles|aws_iam_roles AS roles» SET arn = 1",
    "UPDATE «iam.roles|aws_iam_roles» AS r SET arn = 1 WHERE r.name = 1",
    "UPDATE «iam.roles|aws_iam_roles AS roles» SET (name, arn) = (1, 2)",
    (
        "UPDATE «iam.roles|aws_iam_roles AS roles» SET arn = (SELECT max(«iam.roles|roles».arn)"
        " FROM «iam.roles|aws_iam_roles AS roles»)"
    ),
    (
        "UPDATE local SET arn = roles.arn, name = 1"
        " FROM «iam.roles|aws_iam_roles AS roles», «s3.buckets|aws_s3_buckets AS buckets»"
        " WHERE roles.name = local.name"
    ),
    "DELETE FROM «iam.roles|aws_iam_roles AS roles» WHERE roles.name = 1",
    "DELETE FROM «aws.iam.roles|aws_iam_roles» AS r WHERE r.name = 1",
    "DELETE FROM «iam.roles|aws_iam_roles AS roles» NOT INDEXED",
    (
        "DELETE FROM local WHERE arn NOT IN (SELECT arn FROM «iam.roles|aws_iam_roles AS roles»)"
        " RETURNING arn"
    ),
    (
        "DELETE FROM «iam.roles|aws_iam_roles AS roles»;"
        " DELETE FROM «s3.buckets|aws_s3_buckets AS buckets»;"
    ),
]

SCHEMA_STATEMENTS = [
    "CREATE VIEW v AS SELECT roles.arn FROM «aws.iam.roles|aws_iam_roles AS roles»",
    "CREATE TABLE t AS SELECT * FROM «iam.roles|aws_iam_roles AS roles»",
    "CREATE TABLE t (a REFERENCES «iam.roles|aws_iam_roles» ON UPDATE SET NULL, b)",
    (
        "CREATE TABLE t AS SELECT 1 FROM (SELECT 1 AS roles) iam"
        " JOIN «s3.buckets|aws_s3_buckets» b ON iam.roles"
    ),
    "ANALYZE «iam.roles|aws_iam_roles»",
    "EXPLAIN QUERY PLAN ANALYZE «iam.roles|aws_iam_roles»",
    "EXPLAIN ANALYZE «iam.roles|aws_iam_roles»",
    "PRAGMA table_info(«aws.iam.roles|aws_iam_roles»)",
    "PRAGMA main.table_xinfo = «iam.roles|aws_iam_roles»",
    """
    CREATE TEMP TRIGGER t AFTER UPDATE OF roles, name ON keyed
    WHEN new.name IN (SELECT roles.arn FROM «iam.roles|aws_iam_roles AS roles») BEGIN
        UPDATE «iam.roles|aws_iam_roles»
            SET arn = CASE WHEN «iam.roles|aws_iam_roles».size THEN 1 END WHERE name = new.name;
        INSERT INTO «iam.roles|aws_iam_roles» (name) VALUES (new.name);
        DELETE FROM «iam.roles|aws_iam_roles» WHERE «aws.iam.roles|aws_iam_roles».name = new.name;
        INSERT INTO local SELECT roles.* FROM «iam.roles|aws_iam_roles AS roles»;
    END;
    DELETE FROM «iam.roles|aws_iam_roles AS roles»
    """,
]

REFUSED = {
    "DROP TABLE «iam.roles|aws_iam_roles»": "may not be dropped",
    "DROP TABLE IF EXISTS «aws.iam.roles|aws_iam_roles»": "may not be dropped",
    "ALTER TABLE «iam.roles|aws_iam_roles» RENAME TO x": "may not be altered",
    "CREATE INDEX i ON «iam.roles|aws_iam_roles» (arn)": "virtual tables may not be indexed",
    "CREATE TRIGGER t AFTER INSERT ON «iam.roles|aws_iam_roles» BEGIN SELECT 1; END": (
        "cannot create triggers on virtual tables"
    ),
    "SELECT 1 FROM «iam.roles|aws_iam_roles AS roles» INDEXED BY i": "no such index: i",
    "SELECT «iam.roles|aws_iam_roles».arn FROM «iam.roles|aws_iam_roles» r": (
        "no such column: aws_iam_roles.arn"
    ),
    "SELECT «aws.iam.roles|aws_iam_roles».arn FROM local": "no such column: aws_iam_roles.arn",
    "INSERT INTO «iam.roles|aws_iam_roles» (name) VALUES (1) RETURNING roles.name": (
        "no such column: roles.name"
    ),
}


@pytest.mark.parametrize("marked", SELECTS + CHANGES + SCHEMA_STATEMENTS)
def test_names_become_what_sqlite_accepts(database, marked):
    sql, expected = spellings(marked)
    assert to_sqlite(sql) == expected
    database.execute(expected).fetchall()


@pytest.mark.parametrize("marked", REFUSED)
def test_what_an_aws_table_cannot_do_is_refused_by_sqlite(database, marked):
    sql, expected = spellings(marked)
    assert to_sqlite(sql) == expected
    with pytest.raises(apsw.SQLError, match=REFUSED[marked]):
        database.execute(expected)


UNTOUCHED = [
    "",
    ";",
    "SELECT 1",
    # tokens that are no names
    "SELECT 'aws.iam.roles', 'it''s iam.roles' FROM local",
    'SELECT "aws.iam.roles", [iam.roles], `iam.roles`, "a""iam.roles" FROM local',
    "SELECT 1 -- FROM aws.iam.roles\n/* FROM iam.roles */ FROM local",
    "SELECT /*+ aws.iam.roles */ 1",
    "SELECT :a, @a, $a, ?1, $a::b, $a::b(FROM/iam.roles), #a FROM local WHERE a = :iam.roles",
    "SELECT x'00', x'iam.roles, X'' FROM local",
    "SELECT 1.5, .5, 1., 1e5, 1.5e-3, 0xff, 1_000.000_1, 1.5iam.roles FROM local",
    "SELECT a->'$.iam.roles'->>'b', a<<b<>c||d FROM local",
    # unterminated tokens
    "SELECT 'FROM aws.iam.roles",
    'SELECT "FROM aws.iam.roles',
    "SELECT [FROM aws.iam.roles",
    "SELECT `FROM aws.iam.roles",
    "SELECT /* FROM aws.iam.roles",
    "SELECT -- FROM aws.iam.roles",
    # names that are columns, or another table's
    "SELECT iam.roles FROM local",
    "SELECT iam.roles.arn FROM local",
    "SELECT aws.iam.roles FROM local",
    "SELECT main.iam.roles.arn FROM local",
    "SELECT a.iam.roles FROM local a, aws_iam_roles",
    "SELECT 1 FROM main.roles",
    "SELECT 1 FROM iam.nosuch",
    "SELECT 1 FROM aws.nosuch.roles",
    "SELECT 1 FROM aws.iam",
    "SELECT 1 FROM xaws.iam.roles",
    "SELECT 1 WHERE 1 IN (iam.roles)",
    # what is made must not hide an AWS table
    "CREATE TABLE aws.iam.roles (a)",
    "CREATE TABLE iam.roles AS SELECT 1",
    "CREATE VIEW iam.roles AS SELECT 1",
    "CREATE VIRTUAL TABLE x USING aws(iam.roles, FROM iam.roles)",
    # not SQL
    "FROM",
    "SELECT 1 FROM aws.",
    "SELECT 1 FROM iam. , .roles",
    "SELECT 1 FROM iam.'roles",
    "aws.iam.roles",
    "iam.roles.arn",
    ")) , iam.roles",
    "PRAGMA foreign_keys; iam.roles",
    "CREATE INDEX i; iam.roles",
    "EXPLAIN",
    "UPDATE",
    "DROP TABLE",
]


@pytest.mark.parametrize("sql", UNTOUCHED)
def test_all_else_passes_through(sql):
    rewritten = rewrite(sql, find)
    assert (rewritten.text, rewritten.edits) == (sql, ())


@pytest.mark.parametrize(
    "clause",
    [
        *("WHERE 1", "GROUP BY 1", "HAVING 1", "WINDOW w AS ()", "ORDER BY 1", "LIMIT 1"),
        *("UNION SELECT 1", "EXCEPT SELECT 1", "INTERSECT VALUES (1)", "RETURNING 1"),
    ],
)
def test_behind_the_from_clause_no_comma_stands_between_tables(clause):
    sql = f"SELECT 1 FROM local {clause}, iam.roles"
    assert to_sqlite(sql) == sql


def test_where_parentheses_are_not_closed_no_alias_can_be_put_behind_them():
    assert to_sqlite("SELECT 1 FROM iam.roles('a'") == "SELECT 1 FROM aws_iam_roles('a'"


def test_a_text_with_a_nul_is_left_to_apsw_to_refuse():
    sql = "SELECT 1 FROM iam.roles\0"
    assert to_sqlite(sql) == sql


def test_a_statement_may_change_what_follows_it_in_the_text():
    sql = "SELECT 1 FROM iam.roles; ATTACH ':memory:' AS iam; SELECT 1 FROM iam.roles"
    assert to_sqlite(sql) == (
        "SELECT 1 FROM aws_iam_roles AS roles; ATTACH ':memory:' AS iam; SELECT 1 FROM iam.roles"
    )


# Attached databases


def test_an_attached_database_is_meant_before_a_service_of_its_name(database):
    database.execute("ATTACH ':memory:' AS iam")
    database.execute("CREATE TABLE iam.roles (arn); INSERT INTO iam.roles VALUES ('attached')")
    sql = "SELECT iam.roles.arn FROM iam.roles"
    assert database.execute(to_sqlite(sql, schemas=("main", "iam"))).get == "attached"


def test_three_parts_are_never_an_attached_databases(database):
    database.execute("ATTACH ':memory:' AS iam; CREATE TABLE iam.local (arn)")
    sql = "SELECT aws.iam.roles.arn, iam.local.arn FROM aws.iam.roles LEFT JOIN iam.local"
    text = to_sqlite(sql, schemas=("main", "iam"))
    assert database.execute(text).get == ("aws_iam_roles.arn", None)


def test_a_database_called_aws_has_its_two_part_names(database):
    database.execute("ATTACH ':memory:' AS aws; CREATE TABLE aws.iam (roles)")
    database.execute("INSERT INTO aws.iam VALUES (7)")
    sql = "SELECT aws.iam.roles, r.arn, buckets.arn FROM aws.iam, aws.iam.roles r, awscc.s3.buckets"
    text = to_sqlite(sql, schemas=("main", "aws"))
    assert database.execute(text).get == (7, "aws_iam_roles.arn", "aws_s3_buckets.arn")


# Who has the short name


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT aws.iam.roles.arn, roles.arn FROM roles, iam.roles",
        "SELECT iam.roles.arn, roles.arn FROM iam.roles JOIN main.roles",
        "SELECT iam.roles.arn, roles.arn FROM iam.roles, local AS roles",
        "SELECT iam.roles.arn, roles.arn FROM iam.roles, (SELECT * FROM local) roles",
        "SELECT iam.roles.arn, roles.arn FROM iam.roles, (local) roles",
        "SELECT iam.roles.arn, roles.arn FROM iam.roles, json_each('[1]') local, roles",
        "WITH roles AS (SELECT * FROM local) SELECT iam.roles.arn, roles.arn FROM iam.roles, roles",
        "WITH roles AS (SELECT * FROM iam.roles) SELECT roles.arn, 'roles.arn' FROM roles",
        "SELECT (SELECT iam.roles.arn FROM iam.roles), roles.arn FROM roles",
        "SELECT iam.roles.arn, (SELECT roles.arn FROM roles) FROM iam.roles",
        "SELECT a.arn, b.arn FROM iam.roles a, roles b",
        "SELECT iam.roles.arn, [roles].arn FROM iam.roles, 'roles'",
    ],
)
def test_a_table_or_alias_of_the_short_name_keeps_it(database, sql):
    [(from_aws, from_local)] = database.execute(to_sqlite(sql))
    assert from_aws == "aws_iam_roles.arn"
    assert from_local in {"roles.arn", "local.arn"}


def test_two_aws_tables_of_one_short_name_have_only_their_long_ones(database):
    sql = "SELECT iam.roles.arn, aws.sso.roles.arn FROM aws.iam.roles, sso.roles"
    assert database.execute(to_sqlite(sql)).get == ("aws_iam_roles.arn", "aws_sso_roles.arn")
    with pytest.raises(apsw.SQLError, match=r"no such column: roles\.arn"):
        database.execute(to_sqlite("SELECT roles.arn FROM aws.iam.roles, sso.roles"))


def test_updating_a_local_table_from_its_namesake(database):
    sql = "UPDATE roles SET arn = iam.roles.arn FROM iam.roles WHERE roles.name = 'roles.name'"
    database.execute(to_sqlite(sql))
    assert database.execute("SELECT arn FROM main.roles").get == "aws_iam_roles.arn"


def test_inner_and_outer_table_of_one_name_are_told_apart_as_in_sql(database):
    sql = (
        "SELECT iam.roles.size FROM iam.roles WHERE EXISTS"
        " (SELECT 1 FROM s3.buckets WHERE buckets.arn <> roles.arn AND iam.roles.size = 1)"
    )
    assert database.execute(to_sqlite(sql)).get == 1


def test_each_statement_of_a_text_has_its_own_names():
    text = to_sqlite("SELECT 1 FROM roles, iam.roles; SELECT roles.arn FROM iam.roles")
    assert text == (
        "SELECT 1 FROM roles, aws_iam_roles; SELECT roles.arn FROM aws_iam_roles AS roles"
    )


def test_result_columns_keep_their_names(database):
    sql = "SELECT roles.arn, upper(roles.arn), count(*) FROM iam.roles"
    description = database.execute(to_sqlite(sql)).get_description()
    assert [name for name, *_ in description] == ["arn", "upper(roles.arn)", "count(*)"]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE VIEW v AS SELECT roles.arn, iam.roles.name FROM aws.iam.roles",
        "CREATE VIEW v AS SELECT iam.roles.arn, iam.roles.name FROM aws.iam.roles, roles",
    ],
)
def test_a_stored_view_needs_no_rewriting_any_more(database, sql):
    database.execute(to_sqlite(sql))
    assert database.execute("SELECT * FROM v").get == ("aws_iam_roles.arn", "aws_iam_roles.name")


# Names that the catalog does not have


@pytest.mark.parametrize(
    ("sql", "unknown"),
    [
        ("SELECT 1 FROM aws.iam.rolls", [(14, "iam", "rolls")]),
        ("SELECT 1 FROM x, AWSCC.Iam.Rolls r", [(17, "iam", "rolls")]),
        ("DELETE FROM aws.a.b; UPDATE aws.c.d SET e = 1", [(12, "a", "b"), (28, "c", "d")]),
        ("SELECT 1 IN aws.a.b", [(12, "a", "b")]),
        ("DROP TABLE aws.a.b", [(11, "a", "b")]),
        ("SELECT * FROM aws.iam.roles, aws.a.b", [(29, "a", "b")]),
        ("SELECT aws.a.b, aws.a.b.c FROM local, iam.rolls, iam.roles", []),
        ("SELECT 'FROM aws.a.b' FROM iam.roles", []),
    ],
)
def test_unknown_three_part_names_are_reported_as_they_stand(sql, unknown):
    rewritten = rewrite(sql, find)
    assert list(rewritten.unknown) == unknown
    for offset, *_ in unknown:
        assert sql[offset:].lower().startswith("aws")


# The way back


def user_offset(rewritten: Rewritten, error: apsw.SQLError) -> int:
    """Where in the user's SQL SQLite's error is: it counts bytes of what it was given."""
    before = rewritten.text.encode()[: error.error_offset]
    return rewritten.offset(len(before.decode()))


@pytest.mark.parametrize(
    ("sql", "token"),
    [
        ("SELECT nosuch FROM aws.iam.roles", "nosuch"),
        ("SELECT 1 FROM aws.iam.roles WHERE nosuch = 1", "nosuch"),
        ("SELECT 'h\u00e9' FROM aws.iam.roles r, s3.buckets WHERE r.nosuch", "r.nosuch"),
        ("SELECT 1 FROM aws.iam.roles ORDER BY aws.iam.roles.arn, nosuch()", "nosuch"),
        ("SELECT aws.iam.roles.nosuch FROM aws.iam.roles, roles", "aws.iam.roles.nosuch"),
        ("SELECT 1 FROM s3.buckets, aws.iam.roles ORDER 1", "1"),
        ("SELECT iam.roles.arn FROM iam.roles r WHERE 1", "iam.roles.arn"),
        ("DELETE FROM aws.iam.roles (", "("),
    ],
)
def test_an_error_offset_is_mapped_back_to_the_users_token(database, sql, token):
    rewritten = rewrite(sql, find)
    with pytest.raises(apsw.SQLError) as caught:
        database.execute(rewritten.text)
    assert user_offset(rewritten, caught.value) == sql.rindex(token)


def test_positions_in_a_replacement_are_where_the_replaced_name_starts():
    sql = "SELECT 1 FROM aws.iam.roles JOIN x"
    rewritten = rewrite(sql, find)
    assert rewritten.text == "SELECT 1 FROM aws_iam_roles AS roles JOIN x"
    user_tokens = {"FROM": 9, "aws_iam": 14, "_roles": 14, " AS": 27, " JOIN": 27, "x": 33}
    for token, offset in user_tokens.items():
        assert rewritten.offset(rewritten.text.index(token)) == offset
    assert rewritten.offset(len(rewritten.text)) == len(sql)


def test_without_edits_offsets_are_the_same():
    assert Rewritten("SELECT 1").offset(7) == 7


# Any text at all

FRAGMENTS = (
    r"""SELECT FROM JOIN , ( ) . ; IN AS WHERE UPDATE SET INSERT INTO DELETE VALUES ON USING WITH
    CREATE TRIGGER VIEW BEGIN END DROP TABLE PRAGMA = WINDOW RETURNING ATTACH EXPLAIN VIRTUAL
    aws awscc iam roles s3 buckets local r * 1 1.5 0x1_f 1e+5 x' ? :a $a::b( # @ -- /* */ -> ->>
    ' " ` [ ] 'a' "iam" [roles] aws.iam.roles iam.roles | \ """
    "\ufeff \u00e9 \u20ac \u212a \u0130"
)
fragments = st.sampled_from([*re.split(r"[ \n]+", FRAGMENTS), *" \n\t\v\f\r\xa0"])
texts = st.one_of(
    st.text(),
    st.lists(fragments).map("".join),
    st.lists(fragments).map(" ".join),
)


@settings(deadline=None)
@given(texts)
def test_tokens_are_the_whole_text(sql):
    assert "".join(itertools.chain.from_iterable(tokenize(sql))) == sql


@settings(deadline=None)
@given(texts)
def test_nothing_changes_where_the_catalog_knows_no_name(sql):
    assert rewrite(sql, lambda service, resource: None).text == sql


@settings(deadline=None)
@given(texts)
def test_between_replacements_the_text_is_the_users(sql):
    rewritten = rewrite(sql, find)
    ends = [(0, 0), *rewritten.edits[1::2]]
    starts = [*rewritten.edits[::2], (len(rewritten.text), len(sql))]
    for (begin, user_begin), (end, user_end) in zip(ends, starts, strict=True):
        assert rewritten.text[begin:end] == sql[user_begin:user_end]
        assert rewritten.offset(begin) in {user_begin, user_end}


@settings(deadline=None)
@given(texts.filter(lambda sql: "\0" not in sql))
@example("SELECT 1 FROM aws\ufeff.iam.roles")
@example("SELECT 1 FROM aws.\ufeffiam.roles")
def test_the_guard_never_passes_over_a_name(sql):
    comment = "/* aws.x: */"
    assert rewrite(comment + sql, find).text == comment + rewrite(sql, find).text


@settings(deadline=None)
@given(texts.filter(lambda sql: "\0" not in sql))
@example("1.5.5e5e")
@example("x'0g' 'a")
@example("$a::(b) $a(b c")
@example("/*/ */ -- \v")
@example("a /*")
def test_tokens_are_those_that_sqlite_complains_of(sql):
    sql = f"SELECT {sql}"
    try:
        apsw.Connection("").execute(sql)
    except apsw.SQLError as error:
        complaint = re.search(r'(?s)(?:near|unrecognized token:) "(.*)"', str(error))
        if complaint is not None:
            before = sql.encode()[: error.error_offset].decode()
            assert token_at(sql, len(before)) == complaint[1]
    except (apsw.BindingsError, ValueError):
        pass


def token_at(sql: str, offset: int) -> str | None:
    start = 0
    for gap, text in tokenize(sql):
        start += len(gap)
        if start == offset:
            return text
        start += len(text)
    return None


def test_reserved_keywords_are_those_that_sqlite_takes_for_no_alias(database):
    def is_alias(word):
        try:
            database.execute(f"SELECT 1 FROM local {word}")
        except apsw.SQLError:
            return False
        return True

    assert {word.lower() for word in apsw.keywords if not is_alias(word)} == RESERVED


# Queries: rewritten, on virtual tables; and on ordinary tables of the underscore names


def rows_of(table: str) -> list[tuple[str, str, int]]:
    return [(f"{table} {n}", f"arn {n % 2}", n) for n in range(3)]


def ordinary_tables() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    for table in (*CATALOG.values(), "local", "roles"):
        connection.execute(f"CREATE TABLE {table} ({COLUMNS})")
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows_of(table))
    return connection


def marked_name(draw, table: str, text: str | None = None) -> str:
    """An AWS table's name in one of the ways to write it, or ``text``; and the underscore name."""
    service, resource = next(name for name, value in CATALOG.items() if value == table)
    prefix = draw(st.sampled_from(["", "aws.", "awscc /* c */ .", "[AWS]."]))
    dotted = draw(st.sampled_from(["{}.{}", '"{}" . [{}]', "{}.\n`{}`"])).format(service, resource)
    return f"«{text or prefix + dotted}|{table}»"


@st.composite
def sources(draw, namesakes: bool, depth: int, taken: set[str]):
    """A marked-up source of rows and the marked-up qualifiers that its columns can have.

    With ``namesakes``, there may be several tables called roles, and none is AWS's.
    """
    names = ["aws_iam_roles", "aws_s3_buckets", "local", "(subquery)"][: 4 if depth else 3]
    names += ["aws_sso_roles", "roles"] if namesakes else []
    aliases = sorted({"a", "b", "iam", "aws", "key", "[x y]", "window"} - taken)
    name = draw(st.sampled_from(names))
    alias = draw(st.sampled_from(aliases))
    is_aws = name in CATALOG.values()
    if name == "(subquery)":
        text = f"({draw(queries(namesakes, depth - 1))})"
    else:
        text = marked_name(draw, name) if is_aws else name
    if name == "(subquery)" or name in taken or draw(st.booleans()):
        taken.add(alias)
        return f"{text} {draw(st.sampled_from(['', 'AS ']))}{alias}", [alias]
    taken.add(name)
    if draw(st.booleans()):
        text = f"({text})"
    if not is_aws:
        return text, [name]
    short = name.rpartition("_")[2]
    spelled = [marked_name(draw, name), marked_name(draw, name, short)]
    return text, spelled[:1] if namesakes and short == "roles" else spelled


@st.composite
def queries(draw, namesakes: bool, depth: int, outer: tuple[str, ...] = ()):
    """A marked-up SELECT of three columns, called as the tables' are."""
    qualifiers = list(outer)
    taken: set[str] = set()

    def source():
        text, own = draw(sources(namesakes, depth, taken))
        qualifiers.extend(own)
        return text

    def column():
        name = draw(st.sampled_from(COLUMNS.split(", ")))
        return f"{draw(st.sampled_from(qualifiers))}.{name}"

    def condition():
        a, b, c = column(), column(), column()
        in_table = f"({a}, {b}, {c}) NOT IN {marked_name(draw, 'aws_s3_buckets')}"
        forms = [f"{a} = {b}", f"{a} IS NOT DISTINCT FROM {b}", f"{a} IN ({b}, {c})", in_table]
        if depth and draw(st.booleans()):
            return f"EXISTS ({draw(queries(namesakes, depth - 1, tuple(qualifiers)))})"
        return draw(st.sampled_from(forms))

    text = source()
    for _ in range(draw(st.integers(0, 2))):
        join = draw(st.sampled_from([",", " JOIN", " LEFT JOIN", " NATURAL JOIN"]))
        text = f"{text}{join} {source()}"
        if join in {" JOIN", " LEFT JOIN"} and draw(st.booleans()):
            text = f"{text} ON {condition()}"
    query = f"SELECT {column()} AS name, {column()} AS arn, {column()} AS size FROM {text}"
    clauses = {" WHERE": condition, " GROUP BY": column}
    for keyword, expression in clauses.items():
        if draw(st.booleans()):
            query = f"{query}{keyword} {expression()}"
    if draw(st.booleans()):
        query = f"{query} UNION {draw(queries(namesakes, 0))}"
    return query


def outcome(connection: apsw.Connection, sql: str):
    """The rows, in an order of their own, or that there is an error."""
    try:
        return sorted(connection.execute(sql), key=repr)
    except apsw.SQLError:
        return apsw.SQLError


@settings(deadline=None)
@given(st.booleans().flatmap(lambda namesakes: queries(namesakes, depth=2)))
def test_a_query_means_what_it_means_with_underscore_names(marked):
    sql, expected = spellings(marked)
    assert outcome(connect(rows_of), to_sqlite(sql)) == outcome(ordinary_tables(), expected)
