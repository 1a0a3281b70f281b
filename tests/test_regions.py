"""Types whose rows are not simply those of one region's listing."""

from __future__ import annotations

import pytest

import awsvtab
from awsvtab.emulator import Emulator
from conftest import Connect, operations

ROLE = "AWS::IAM::Role"
BUCKET = "AWS::S3::Bucket"


@pytest.fixture
def role(emulator: Emulator) -> Emulator:
    emulator.put(ROLE, {"RoleName": "reader", "AssumeRolePolicyDocument": {}})
    return emulator


def test_a_global_type_is_read_once_in_its_home_region(connect: Connect, role: Emulator) -> None:
    connection = connect(regions=["eu-west-1", "eu-central-1"])
    rows = connection.execute("SELECT region, role_name FROM aws.iam.roles")
    assert rows.fetchall() == [("us-east-1", "reader")]
    assert operations(role) == {"ListResources": 1}


def test_a_global_resource_is_got_from_its_home_region(connect: Connect, role: Emulator) -> None:
    connection = connect(regions=["eu-west-1", "eu-central-1"])
    rows = connection.execute("SELECT region FROM aws.iam.roles WHERE role_name = 'reader'")
    assert rows.fetchall() == [("us-east-1",)]
    assert [(call.operation, call.region) for call in role.calls] == [("GetResource", "us-east-1")]


def test_another_region_of_a_global_type_has_no_rows_and_a_warning(
    connect: Connect, role: Emulator
) -> None:
    connection = connect()
    with pytest.warns(UserWarning, match="the rows of aws.iam.roles are in us-east-1"):
        rows = connection.execute("SELECT * FROM aws.iam.roles WHERE region = 'eu-west-1'")
    assert rows.fetchall() == []
    assert operations(role) == {}


def test_a_global_resource_is_created_in_its_home_region(
    connect: Connect, emulator: Emulator
) -> None:
    connection = connect(regions=["eu-west-1", "eu-central-1"])
    sql = "INSERT INTO aws.iam.roles (role_name, assume_role_policy_document, region) VALUES "
    with pytest.raises(awsvtab.ProgrammingError, match="write region = 'us-east-1'"):
        connection.execute(sql + "('writer', '{}', 'eu-west-1')")
    connection.execute(sql + "('writer', '{}', NULL)")
    connection.commit()
    assert emulator.get(ROLE, "writer", region="us-east-1") is not None


@pytest.fixture
def buckets(emulator: Emulator) -> Emulator:
    for region in ("us-east-1", "eu-west-1", "eu-central-1"):
        emulator.put(BUCKET, {"BucketName": f"in-{region}"}, region=region)
    emulator.listing.by_type[BUCKET] = ["BucketName", "RegionalDomainName"]
    return emulator


def test_buckets_are_listed_once_and_each_is_in_its_region(
    connect: Connect, buckets: Emulator
) -> None:
    connection = connect(regions=["us-east-1", "eu-west-1"])
    rows = connection.execute("SELECT region, bucket_name, arn IS NULL FROM aws.s3.buckets")
    assert sorted(rows) == [("eu-west-1", "in-eu-west-1", 0), ("us-east-1", "in-us-east-1", 0)]
    assert operations(buckets) == {"ListResources": 1, "GetResource": 2}


def test_a_bucket_is_found_wherever_it_is(connect: Connect, buckets: Emulator) -> None:
    connection = connect(regions=["us-east-1", "eu-west-1"])
    sql = "SELECT region FROM aws.s3.buckets WHERE bucket_name = 'in-eu-west-1'"
    assert connection.execute(sql).fetchall() == [("eu-west-1",)]
    assert operations(buckets) == {"ListResources": 1}
    sql += " AND region = 'us-east-1'"
    assert connection.execute(sql).fetchall() == []
    assert operations(buckets) == {"GetResource": 1}


def test_a_listing_that_leaves_the_region_out_makes_it_be_asked(
    connect: Connect, buckets: Emulator
) -> None:
    buckets.listing.by_type[BUCKET] = "identifier"
    connection = connect(regions=["us-east-1", "eu-west-1"])
    rows = connection.execute("SELECT region, bucket_name FROM aws.s3.buckets")
    assert sorted(rows) == [("eu-west-1", "in-eu-west-1"), ("us-east-1", "in-us-east-1")]


def test_every_value_that_a_list_needs_is_asked_for(connect: Connect, emulator: Emulator) -> None:
    for scope in ("REGIONAL", "CLOUDFRONT"):
        properties = {"Name": scope.lower(), "Scope": scope, "IPAddressVersion": "IPV4"}
        emulator.put("AWS::WAFv2::IPSet", {**properties, "Addresses": []})
    rows = connect().execute(
        "SELECT name, _scope FROM aws.wafv2.ip_sets".replace("_scope", "scope")
    )
    assert sorted(rows) == [("cloudfront", "CLOUDFRONT"), ("regional", "REGIONAL")]
    models = [call.request.get("ResourceModel") for call in emulator.calls]
    assert sorted(filter(None, models))[:2] == ['{"Scope":"CLOUDFRONT"}', '{"Scope":"REGIONAL"}']


def test_a_bucket_is_asked_for_alone_where_the_listing_does_not_tell_its_region(
    connect: Connect, buckets: Emulator
) -> None:
    buckets.listing.by_type[BUCKET] = "identifier"
    connection = connect(regions=["us-east-1", "eu-west-1"])
    sql = "SELECT region FROM aws.s3.buckets WHERE bucket_name = 'in-eu-west-1'"
    assert connection.execute(sql).fetchall() == [("eu-west-1",)]
    assert operations(buckets) == {"ListResources": 1, "GetResource": 2}


def test_a_value_that_only_the_home_region_takes_is_sent_nowhere_else(
    connect: Connect, emulator: Emulator
) -> None:
    connection = connect(regions=["us-east-1", "eu-west-1"])
    connection.execute("SELECT * FROM aws.wafv2.ip_sets WHERE scope = 'CLOUDFRONT'").fetchall()
    assert [call.region for call in emulator.calls] == ["us-east-1"]
