"""Tables that a database file holds, StackQL's other names, and types beyond the catalog."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

import awsvtab
from awsvtab.curated import Definition, parse
from awsvtab.emulator import Emulator
from conftest import DOMAIN, Connect, operations, put_domain

CREATE = "CREATE VIRTUAL TABLE domains USING aws(customerprofiles.domains"


@pytest.mark.parametrize(
    ("arguments", "definition"),
    [
        (["sqs.queues"], Definition("sqs.queues")),
        (["'sqs.queues'", "region = 'eu-west-1'"], Definition("sqs.queues", "eu-west-1")),
        (
            ['"aws.sqs.queues"', "REGION=eu-west-1", "profile='o''neil'"],
            Definition("aws.sqs.queues", "eu-west-1", "o'neil"),
        ),
    ],
)
def test_a_definition_is_read(arguments: list[str], definition: Definition) -> None:
    assert parse(arguments) == definition


@pytest.mark.parametrize(
    "arguments", [[], [""], ["sqs.queues", "endpoint_url='x'"], ["sqs.queues", "eu-west-1"]]
)
def test_a_wrong_definition_shows_how_to_write_one(arguments: list[str]) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="write USING aws"):
        parse(arguments)


def test_a_curated_table_has_its_own_region(connect: Connect, emulator: Emulator) -> None:
    put_domain(emulator, "here")
    put_domain(emulator, "there", "eu-west-2")
    connection = connect()
    connection.execute(CREATE + ", region='eu-west-2')")
    rows = connection.execute("SELECT region, domain_name FROM domains").fetchall()
    assert rows == [("eu-west-2", "there")]
    with pytest.raises(awsvtab.ProgrammingError, match="none of the connection's"):
        connection.execute("SELECT * FROM domains WHERE region = 'us-east-1'").fetchall()


def test_a_curated_table_is_seen_by_reflection(connect: Connect) -> None:
    connection = connect()
    connection.execute(CREATE + ")")
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    assert names == [("domains",)]


def test_who_defines_a_table_may_write_it(connect: Connect, emulator: Emulator) -> None:
    connection = connect()
    connection.execute(CREATE + ")")
    with connection:
        connection.execute(
            "INSERT INTO domains (domain_name, default_expiration_days) VALUES ('one', 3)"
        )
    assert emulator.get(DOMAIN, "one") is not None


def test_a_table_that_came_with_the_file_is_read_only_unless_trusted(
    connect: Connect, emulator: Emulator, tmp_path: Path
) -> None:
    put_domain(emulator, "one")
    path = str(tmp_path / "from-elsewhere.db")
    maker = connect(path)
    maker.execute(CREATE + ")")
    maker.close()
    connection = connect(path)
    assert connection.execute("SELECT domain_name FROM domains").fetchall() == [("one",)]
    with pytest.raises(awsvtab.NotSupportedError, match="trusted_schema=True"):
        connection.execute("DELETE FROM domains WHERE domain_name = 'one'")
    connection.commit()
    assert emulator.get(DOMAIN, "one") is not None
    trusting = connect(path, trusted_schema=True)
    with trusting:
        trusting.execute("DELETE FROM domains WHERE domain_name = 'one'")
    assert emulator.get(DOMAIN, "one") is None


def test_a_profile_of_a_file_from_elsewhere_is_not_used(
    connect: Connect, emulator: Emulator, tmp_path: Path
) -> None:
    put_domain(emulator, "one")
    path = str(tmp_path / "from-elsewhere.db")
    maker = connect(path)
    maker.execute(CREATE + ", profile='no-such-profile')")
    with pytest.raises(awsvtab.OperationalError, match="no-such-profile"):
        maker.execute("SELECT * FROM domains").fetchall()
    maker.close()
    assert connect(path).execute("SELECT domain_name FROM domains").fetchall() == [("one",)]
    with pytest.raises(awsvtab.OperationalError, match="no-such-profile"):
        connect(path, trusted_schema=True).execute("SELECT * FROM domains").fetchall()


def test_a_table_of_an_unknown_type_says_what_there_is(connect: Connect) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match=r"did you mean aws\.sqs\.queues"):
        connect().execute("CREATE VIRTUAL TABLE q USING aws(sqs.queue)")


def test_a_type_may_be_named_as_aws_names_it(connect: Connect, emulator: Emulator) -> None:
    put_domain(emulator, "one")
    connection = connect()
    connection.execute(f"CREATE VIRTUAL TABLE d USING aws('{DOMAIN}')")
    assert connection.execute("SELECT domain_name FROM d").fetchall() == [("one",)]


@pytest.mark.parametrize(
    ("table", "columns", "count"),
    [
        (
            "awscc.customerprofiles.event_streams_list_only",
            ["domain_name", "event_stream_name", "region"],
            6,
        ),
        ("awscc.customerprofiles.domains_list_only", ["domain_name", "region"], 3),
    ],
)
def test_list_only_tables_show_region_and_identifier(
    connect: Connect, estate: Emulator, table: str, columns: list[str], count: int
) -> None:
    cursor = connect().execute(f"SELECT * FROM {table} WHERE region = 'us-east-1'")
    assert [column[0] for column in cursor.description] == columns
    assert len(cursor.fetchall()) == count
    assert "GetResource" not in operations(estate)


@pytest.mark.parametrize("table", ["event_streams_list_only", "domains_list_only"])
def test_stored_views_may_use_the_other_names(
    connect: Connect, estate: Emulator, tmp_path: Path, table: str
) -> None:
    path = str(tmp_path / "views.db")
    maker = connect(path)
    maker.execute(f"CREATE VIEW v AS SELECT domain_name FROM aws.customerprofiles.{table}")
    maker.close()
    connection = connect(path)
    connection.execute("CREATE TABLE local (x)")
    connection.execute("ALTER TABLE local RENAME TO other")
    assert len(connection.execute("SELECT * FROM v").fetchall()) in (3, 6)


def test_the_older_providers_names_work(connect: Connect, emulator: Emulator) -> None:
    rows = connect().execute("SELECT registry_name FROM aws.eventschemas.schemata LIMIT 0")
    assert rows.fetchall() == []


SCHEMA = {
    "typeName": "Org::Svc::Thing",
    "properties": {"Name": {"type": "string"}, "Size": {"type": "integer"}},
    "required": ["Name"],
    "primaryIdentifier": ["/properties/Name"],
    "handlers": {"read": {"permissions": []}, "list": {"permissions": []}},
}


def test_schemas_in_a_folder_are_tables(
    connect: Connect, emulator: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "thing.json").write_text(json.dumps(SCHEMA))
    connection = connect(types=tmp_path)
    cursor = connection.execute("SELECT * FROM aws.svc.things LIMIT 0")
    assert [column[0] for column in cursor.description] == ["name", "size", "region"]
    assert cursor.fetchall() == []
    with pytest.raises(awsvtab.ProgrammingError, match="Org::Svc::Thing"):
        connection.execute("SELECT * FROM aws_svc_things").fetchall()
    rows = connection.execute(
        "SELECT table_name FROM aws_resource_types WHERE type_name = 'Org::Svc::Thing'"
    )
    assert rows.fetchall() == [("aws_svc_things",)]


@pytest.mark.parametrize(
    ("types", "message"),
    [
        (["Thing"], "write for example 'Org::Service::Resource'"),
        ("/nonexistent.zip", "cannot read"),
        ([5], "write a list of names"),
    ],
)
def test_wrong_types_say_what_to_write(connect: Connect, types: object, message: str) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match=message):
        connect(types=types)


def test_all_regions_are_asked_for_once(connect: Connect, emulator: Emulator) -> None:
    put_domain(emulator, "here")
    put_domain(emulator, "there", "eu-west-2")
    connection = connect(regions="all")
    for _ in range(2):
        rows = connection.execute("SELECT region, domain_name FROM aws.customerprofiles.domains")
        assert sorted(rows) == [("eu-west-2", "there"), ("us-east-1", "here")]
    asked = [call.operation for call in connection._registration.cloudcontrol.activity.calls]
    assert asked.count("DescribeRegions") == 1
    listed = {call.region for call in emulator.calls}
    assert len(listed) > 5
    assert "eu-south-2" not in listed  # the type is not there


def test_a_region_of_all_that_lacks_the_type_has_no_rows(
    connect: Connect, emulator: Emulator
) -> None:
    put_domain(emulator, "here")
    emulator.faults.error("TypeNotFoundException", "no such type", region="me-south-1")
    rows = connect(regions="all").execute("SELECT domain_name FROM aws.customerprofiles.domains")
    assert rows.fetchall() == [("here",)]


def test_a_types_own_module_makes_no_other_tables(connect: Connect) -> None:
    with pytest.raises(awsvtab.OperationalError, match="no such module"):
        connect().execute("CREATE VIRTUAL TABLE x USING aws_sqs_queues")


def test_a_table_is_not_dropped_while_changes_wait(connect: Connect, emulator: Emulator) -> None:
    put_domain(emulator, "one")
    connection = connect()
    connection.execute(CREATE + ")")
    connection.commit()
    connection.execute("DELETE FROM domains WHERE domain_name = 'one'")
    with pytest.raises(awsvtab.ProgrammingError, match="COMMIT or ROLLBACK first"):
        connection.execute("DROP TABLE domains")
    connection.rollback()
    assert connection._registration.pending == 0
    connection.execute("DROP TABLE domains")
    connection.commit()
    assert emulator.get(DOMAIN, "one") is not None


def test_another_file_under_the_same_name_is_not_trusted(
    connect: Connect, emulator: Emulator, tmp_path: Path
) -> None:
    put_domain(emulator, "one")
    foreign, own = str(tmp_path / "foreign.db"), str(tmp_path / "own.db")
    maker = connect(foreign)
    maker.execute(CREATE + ")")
    maker.close()
    connection = connect(isolation_level=None)
    connection.execute("ATTACH ? AS x", (own,))
    connection.execute(CREATE.replace("domains ", "x.domains ", 1) + ")")
    connection.execute("DETACH x")
    connection.execute("ATTACH ? AS x", (foreign,))
    with pytest.raises(awsvtab.NotSupportedError, match="came with the database file"):
        connection.execute("DELETE FROM x.domains WHERE domain_name = 'one'")


@pytest.mark.parametrize("names", [["MyOrg::S3::Bucket"], ["A::Svc::Thing", "B::Svc::Thing"]])
def test_types_that_would_be_called_alike_are_refused(connect: Connect, names: list[str]) -> None:
    with pytest.raises(awsvtab.ProgrammingError, match="types: "):
        connect(types=names)


class Registry(BaseHTTPRequestHandler):
    """CloudFormation as far as DescribeType goes, which moto does not have."""

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        assert asked["Action"] == ["DescribeType"]
        if asked["TypeName"] == ["Org::Svc::Thing"]:
            self.answer(200, f"<Schema>{escape(json.dumps(SCHEMA))}</Schema>", "DescribeType")
        else:
            code = "<Error><Code>TypeNotFoundException</Code><Message>none</Message></Error>"
            self.answer(404, code, "Error")

    def answer(self, status: int, body: str, name: str) -> None:
        whole = body if name == "Error" else f"<{name}Result>{body}</{name}Result>"
        text = f"<{name}Response>{whole}</{name}Response>".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def registry() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_type_that_the_catalog_lacks_is_described_by_aws(connect: Connect, registry: str) -> None:
    connection = connect(types=["Org::Svc::Thing"], endpoint_url=registry)
    cursor = connection.execute("SELECT * FROM aws.svc.things LIMIT 0")
    assert [column[0] for column in cursor.description] == ["name", "size", "region"]
    plain = connect(endpoint_url=registry)
    plain.execute("CREATE VIRTUAL TABLE t USING aws('Org::Svc::Thing')")
    cursor = plain.execute("SELECT * FROM t LIMIT 0")
    assert [column[0] for column in cursor.description] == ["name", "size", "region"]


def test_a_type_that_aws_does_not_know_is_named(connect: Connect, registry: str) -> None:
    connection = connect(types=["Org::Svc::Other"], endpoint_url=registry)
    with pytest.raises(awsvtab.ProgrammingError, match="DescribeType Org::Svc::Other"):
        connection.execute("SELECT * FROM aws.svc.others")


def test_the_catalogs_tables_ask_aws_for_nothing(connect: Connect, registry: str) -> None:
    connection = connect(types=["Org::Svc::Thing", "Org::Svc::Other"], endpoint_url=registry)
    sql = "SELECT count(*) FROM aws_resource_types WHERE type_name LIKE 'Org::%'"
    assert connection.execute(sql).fetchone() == (0,)
    assert len(connection._registration.cloudcontrol.activity.calls) == 0
    connection.execute("SELECT * FROM aws.svc.things LIMIT 0")
    assert connection.execute(sql).fetchone() == (1,)
