"""What was sent, and what AWS lists of it."""

from __future__ import annotations

import json

import pytest

import awsvtab
from awsvtab import errors
from awsvtab.emulator import Emulator
from conftest import DOMAIN, Connect, operations, put_domain
from emulating import cloudcontrol, create

INSERT = "INSERT INTO aws.customerprofiles.domains (domain_name, default_expiration_days) "
REQUESTS = "SELECT type_name, identifier, operation, operation_status, region FROM "


def test_each_change_that_was_sent_has_a_row(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    put_domain(emulator, "b")
    connection.execute(f"{INSERT} VALUES ('a', 30)")
    connection.execute(f"{INSERT} VALUES ('b', 30)")
    connection.execute(f"{INSERT} VALUES ('c', 30)")
    assert connection.execute("SELECT count(*) FROM aws_requests").fetchone() == (0,)
    with pytest.raises(errors.AlreadyExists):
        connection.commit()
    cursor = connection.execute("SELECT * FROM aws_requests")
    names = [column[0] for column in cursor.description]
    assert names == [
        *("position", "operation", "type_name", "region", "identifier", "operation_status"),
        *("error_code", "status_message", "client_token", "request_token", "event_time"),
        "attempts",
    ]
    first, second, third = (dict(zip(names, row, strict=True)) for row in cursor)
    assert (first["position"], second["position"], third["position"]) == (1, 2, 3)
    assert first["operation_status"] == "SUCCESS"
    assert first["event_time"].endswith("Z")
    assert (second["operation_status"], second["error_code"]) == ("FAILED", "AlreadyExists")
    assert "already exists" in second["status_message"]
    assert (third["operation_status"], third["request_token"]) == ("NOT_SENT", None)
    assert third["event_time"] is None
    assert len({each["client_token"] for each in (first, second, third)}) == 3


def test_what_aws_made_can_be_looked_up_after_commit(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    with connection:
        connection.execute("INSERT INTO aws.sqs.queues (queue_name) VALUES ('q')")
    operations(emulator)
    (url,) = connection.execute("SELECT identifier FROM aws_requests").fetchone()
    assert emulator.get("AWS::SQS::Queue", url) is not None
    assert operations(emulator) == {}


def test_a_refused_request_has_awss_words(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    emulator.faults.deny(operation="CreateResource")
    connection.execute(f"{INSERT} VALUES ('a', 30)")
    with pytest.raises(errors.AccessDenied):
        connection.commit()
    [(status, code, message)] = connection.execute(
        "SELECT operation_status, error_code, status_message FROM aws_requests"
    )
    assert (status, code) == ("FAILED", "AccessDeniedException")
    assert "not authorized" in message


def test_what_aws_lists_is_asked_live(connection: awsvtab.Connection, emulator: Emulator) -> None:
    with cloudcontrol(emulator) as client:
        create(client, DOMAIN, DomainName="a", DefaultExpirationDays=3)
    found = connection.execute(f"{REQUESTS} aws_resource_requests").fetchall()
    assert found == [(DOMAIN, "a", "CREATE", "SUCCESS", "us-east-1")]
    assert operations(emulator) == {"CreateResource": 1, "ListResourceRequests": 1}
    (model, time) = connection.execute(
        "SELECT resource_model, event_time FROM aws_resource_requests"
    ).fetchone()
    assert json.loads(model)["DomainName"] == "a"
    assert time.endswith("Z")


@pytest.mark.parametrize(
    ("where", "names", "filters"),
    [
        ("operation = 'DELETE'", ["a"], [{"Operations": ["DELETE"]}]),
        ("operation_status = 'FAILED'", ["b"], [{"OperationStatuses": ["FAILED"]}]),
        (
            "operation IN ('CREATE', 'DELETE') AND operation_status = 'SUCCESS'",
            ["a", "a", "b"],
            [
                {"Operations": ["CREATE"], "OperationStatuses": ["SUCCESS"]},
                {"Operations": ["DELETE"], "OperationStatuses": ["SUCCESS"]},
            ],
        ),
        ("operation = 'DROP'", [], []),
        ("operation_status = 'success'", [], []),
        ("region = 'no-such-region'", [], []),
        ("region = NULL", [], []),
    ],
)
def test_what_the_where_fixes_is_asked_for(
    connection: awsvtab.Connection,
    emulator: Emulator,
    where: str,
    names: list[str],
    filters: list[object],
) -> None:
    with cloudcontrol(emulator) as client:
        for name in ("a", "b", "b"):
            create(client, DOMAIN, DomainName=name, DefaultExpirationDays=3)
        client.delete_resource(TypeName=DOMAIN, Identifier="a")
    emulator.calls.clear()
    query = f"SELECT identifier FROM aws_resource_requests WHERE {where} ORDER BY 1"
    assert [name for (name,) in connection.execute(query)] == names
    asked = [call.request["ResourceRequestStatusFilter"] for call in emulator.calls]
    assert asked == filters


def test_all_pages_of_all_regions_are_read(connect: Connect, emulator: Emulator) -> None:
    regions = ["us-east-1", "us-west-2"]
    for region in regions:
        with cloudcontrol(emulator, region) as client:
            for number in range(101):
                create(client, DOMAIN, DomainName=f"d{number}", DefaultExpirationDays=3)
    operations(emulator)
    connection = connect(regions=regions)
    counted = "SELECT region, count(*) FROM aws_resource_requests GROUP BY region"
    assert connection.execute(counted).fetchall() == [(region, 101) for region in regions]
    assert operations(emulator) == {"ListResourceRequests": 4}
    counted = "SELECT count(*) FROM aws_resource_requests WHERE region = ?"
    assert connection.execute(counted, ("us-west-2",)).fetchone() == (101,)
    assert connection.execute(counted, ("eu-west-1",)).fetchone() == (0,)
    assert operations(emulator) == {"ListResourceRequests": 2}


def test_a_failure_to_list_is_no_empty_table(
    connection: awsvtab.Connection, emulator: Emulator
) -> None:
    emulator.faults.deny(operation="ListResourceRequests")
    with pytest.raises(errors.AccessDenied):
        connection.execute("SELECT * FROM aws_resource_requests").fetchall()
