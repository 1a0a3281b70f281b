"""Cloud Control beside moto's other services: what one makes, the other sees."""

from __future__ import annotations

import sys
from types import ModuleType

import boto3
import pytest
from moto import mock_aws

from awsvtab.emulator import Emulator, adapters, mirror, schemas, values
from emulating import QUEUE, cloudcontrol, create, delete, error, listed, read, update

BUCKET = "AWS::S3::Bucket"


@pytest.fixture
def client(emulator):
    with cloudcontrol(emulator) as made:
        yield made


@pytest.fixture
def service(emulator):
    """A function that makes clients of other services."""
    made = []

    def make(name, region="us-east-1"):
        made.append(
            emulator.session.client(name, endpoint_url=emulator.endpoint_url, region_name=region)
        )
        return made[-1]

    yield make
    for client in made:
        client.close()


def buckets(s3):
    return [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_a_bucket_is_seen_by_s3_and_gone_with_it(client, service):
    s3 = service("s3")
    assert create(client, BUCKET, BucketName="made-here")["OperationStatus"] == "SUCCESS"
    assert buckets(s3) == ["made-here"]
    assert delete(client, BUCKET, "made-here")["OperationStatus"] == "SUCCESS"
    assert buckets(s3) == []


def test_a_bucket_that_s3_refuses_to_delete_stays(client, service):
    s3 = service("s3")
    create(client, BUCKET, BucketName="full-bucket")
    s3.put_object(Bucket="full-bucket", Key="k", Body=b"v")
    event = delete(client, BUCKET, "full-bucket")
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "GeneralServiceException")
    assert listed(client, BUCKET) == ["full-bucket"]
    s3.delete_object(Bucket="full-bucket", Key="k")
    assert delete(client, BUCKET, "full-bucket")["OperationStatus"] == "SUCCESS"


def test_streams_tables_and_topics_are_seen_by_their_services(client, service):
    create(client, "AWS::Kinesis::Stream", Name="stream", ShardCount=1)
    assert service("kinesis").list_streams()["StreamNames"] == ["stream"]
    create(
        client,
        "AWS::DynamoDB::Table",
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
    )
    assert service("dynamodb").list_tables()["TableNames"] == ["table"]
    topic = create(client, "AWS::SNS::Topic", TopicName="topic")["Identifier"]
    assert [t["TopicArn"] for t in service("sns").list_topics()["Topics"]] == [topic]


def test_an_id_that_the_service_gave_is_the_identifier(client, service):
    vpc = create(client, "AWS::EC2::VPC", CidrBlock="10.1.0.0/16")["Identifier"]
    ec2 = service("ec2")
    [found] = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert found["CidrBlock"] == "10.1.0.0/16"
    assert read(client, "AWS::EC2::VPC", vpc)["VpcId"] == vpc
    delete(client, "AWS::EC2::VPC", vpc)
    assert vpc not in [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"]]


def test_a_change_is_written_through(client, service):
    queue = create(client, QUEUE, QueueName="q", VisibilityTimeout=10)["Identifier"]
    update(client, QUEUE, queue, {"op": "replace", "path": "/VisibilityTimeout", "value": 20})
    sqs = service("sqs")
    url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert found["Attributes"] == {"VisibilityTimeout": "20"}
    assert read(client, QUEUE, queue)["VisibilityTimeout"] == 20


def test_what_moto_refuses_is_there_all_the_same(client, service):
    table = create(client, "AWS::EC2::RouteTable", VpcId="vpc-0123456789abcdef0")["Identifier"]
    assert listed(client, "AWS::EC2::RouteTable") == [table]
    found = service("ec2").describe_route_tables()["RouteTables"]
    assert table not in [t["RouteTableId"] for t in found]


def test_a_bucket_that_s3_made_is_listed_and_read(client, service):
    s3 = service("s3")
    s3.create_bucket(Bucket="made-there")
    assert listed(client, BUCKET) == ["made-there"]
    assert read(client, BUCKET, "made-there")["Arn"] == "arn:aws:s3:::made-there"
    tags = [{"Key": "k", "Value": "v"}]
    s3.put_bucket_tagging(Bucket="made-there", Tagging={"TagSet": tags})
    assert read(client, BUCKET, "made-there")["Tags"] == tags
    s3.delete_bucket_tagging(Bucket="made-there")
    assert "Tags" not in read(client, BUCKET, "made-there")
    s3.delete_bucket(Bucket="made-there")
    assert listed(client, BUCKET) == []


def test_a_bucket_that_s3_made_is_there_already(client, service):
    service("s3").create_bucket(Bucket="made-there")
    event = create(client, BUCKET, BucketName="made-there")
    assert event["ErrorCode"] == "AlreadyExists"


def test_a_queue_that_sqs_made_is_listed_read_and_deleted(client, service):
    sqs = service("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"DelaySeconds": "7"})["QueueUrl"]
    [queue] = listed(client, QUEUE)
    assert queue == "https://sqs.us-east-1.amazonaws.com/123456789012/q"
    assert read(client, QUEUE, queue)["DelaySeconds"] == 7
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "8"})
    assert read(client, QUEUE, queue)["DelaySeconds"] == 8
    delete(client, QUEUE, queue)
    assert "QueueUrls" not in sqs.list_queues()


def test_a_change_here_is_not_undone_by_what_the_service_has(client):
    queue = create(client, QUEUE, QueueName="q", DelaySeconds=3)["Identifier"]
    update(client, QUEUE, queue, {"op": "replace", "path": "/DelaySeconds", "value": 5})
    assert read(client, QUEUE, queue)["DelaySeconds"] == 5
    update(client, QUEUE, queue, {"op": "remove", "path": "/DelaySeconds"})
    assert "DelaySeconds" not in read(client, QUEUE, queue)


def test_buckets_are_listed_everywhere_and_read_where_they_are(emulator, client, service):
    service("s3", "eu-west-2").create_bucket(
        Bucket="european", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
    )
    create(client, BUCKET, BucketName="american")
    assert sorted(listed(client, BUCKET)) == ["american", "european"]
    with error("GeneralServiceException") as caught:
        read(client, BUCKET, "european")
    assert "The bucket is in this region: eu-west-2." in str(caught.value)
    with cloudcontrol(emulator, "eu-west-2") as europe:
        assert sorted(listed(europe, BUCKET)) == ["american", "european"]
        host = "european.s3.eu-west-2.amazonaws.com"
        assert read(europe, BUCKET, "european")["RegionalDomainName"] == host


def test_put_tells_no_other_service(emulator, client, service):
    emulator.put(BUCKET, {"BucketName": "put-here"})
    assert buckets(service("s3")) == []
    assert listed(client, BUCKET) == ["put-here"]


def test_what_was_put_and_then_made_by_the_service_is_one(emulator, client, service):
    queue = emulator.put(QUEUE, {"QueueName": "q", "DelaySeconds": 3})
    sqs = service("sqs")
    sqs.create_queue(QueueName="q")
    assert read(client, QUEUE, queue)["DelaySeconds"] == 3
    assert delete(client, QUEUE, queue)["OperationStatus"] == "SUCCESS"
    assert "QueueUrls" not in sqs.list_queues()
    assert listed(client, QUEUE) == []


@pytest.mark.parametrize("kind", [QUEUE, BUCKET])
def test_a_service_that_is_being_imported_has_nothing(emulator, client, monkeypatch, kind):
    for name in ("sqs", "s3"):
        module = f"moto.{name}.models"
        monkeypatch.setitem(sys.modules, module, ModuleType(module))
    assert listed(client, kind) == []


def test_what_a_service_has_is_copied_before_it_is_walked(client, service):
    service("s3").create_bucket(Bucket="first")
    place = values.Place("123456789012", "us-east-1")
    seen = adapters.ADAPTERS[BUCKET].models(place)
    service("s3").create_bucket(Bucket="second")
    assert list(seen) == ["first"]


def test_reset_forgets_other_services_too(emulator, client, service):
    create(client, BUCKET, BucketName="made-here")
    emulator.reset()
    assert buckets(service("s3")) == []
    assert create(client, BUCKET, BucketName="made-here")["OperationStatus"] == "SUCCESS"


def test_the_services_of_another_account_are_apart(client):
    create(client, QUEUE, QueueName="q")
    with Emulator(account="210987654321") as other:
        sqs = other.session.client("sqs", endpoint_url=other.endpoint_url)
        assert "QueueUrls" not in sqs.list_queues()
        sqs.close()


def test_moto_has_models_of_many_types():
    mirrored = [n for n in schemas.type_names() if mirror.model_class(schemas.find(n))]
    assert len(mirrored) > 80
    assert {BUCKET, QUEUE, "AWS::Kinesis::Stream", "AWS::DynamoDB::Table"} < set(mirrored)


@mock_aws
def test_services_see_each_other_under_mock_aws():
    cloud = boto3.client("cloudcontrol", region_name="us-east-1")
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="made-there")
    create(cloud, BUCKET, BucketName="made-here")
    assert sorted(listed(cloud, BUCKET)) == sorted(buckets(s3)) == ["made-here", "made-there"]
