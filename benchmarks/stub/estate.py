"""What the stub holds: made from numbers, so that the benchmarks know it without asking."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

DOMAIN = "AWS::CustomerProfiles::Domain"
EVENT_STREAM = "AWS::CustomerProfiles::EventStream"
INSTANCE = "AWS::EC2::Instance"
SUBNET = "AWS::EC2::Subnet"
KINESIS_STREAM = "AWS::Kinesis::Stream"

IDENTIFIERS = {
    DOMAIN: ("DomainName",),
    EVENT_STREAM: ("DomainName", "EventStreamName"),
    INSTANCE: ("InstanceId",),
    SUBNET: ("SubnetId",),
    KINESIS_STREAM: ("Name",),
}
LIST_REQUIRES = {EVENT_STREAM: "DomainName"}

HOME = "us-east-1"
REGIONS = (
    HOME, "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1", "eu-north-1",
    "eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "ap-south-1", "ap-northeast-1",
    "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2",
)  # fmt: skip

# What is rare is what anti-joins look for: every seventh.
INSTANCE_TYPES = ("t3.nano", *["m7g.large"] * 6)

Properties = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many there are: streams in each domain, Kinesis streams in each region, the rest at home.

    ``page`` is how many resources a page of a listing has.
    """

    domains: int = 10
    streams: int = 100
    instances: int = 1_000
    subnets: int = 90
    regions: int = len(REGIONS)
    kinesis_streams: int = 250
    page: int = 100


def identifier_of(type_name: str, properties: Properties) -> str:
    return "|".join(str(properties[name]) for name in IDENTIFIERS[type_name])


def resources(sizes: Sizes) -> Iterator[tuple[str, str, Properties]]:
    """Region, type and properties of everything."""
    for d in range(sizes.domains):
        yield HOME, DOMAIN, domain(d)
        for s in range(sizes.streams):
            yield HOME, EVENT_STREAM, event_stream(d, s)
    for n in range(sizes.instances):
        yield HOME, INSTANCE, instance(n, sizes)
    for n in range(sizes.subnets):
        yield HOME, SUBNET, subnet(n)
    for region in REGIONS[: sizes.regions]:
        for n in range(sizes.kinesis_streams):
            yield region, KINESIS_STREAM, kinesis_stream(region, n)


def domain(number: int) -> Properties:
    return {
        "DomainName": f"domain-{number}",
        "DefaultExpirationDays": 30 + number,
        "Tags": [{"Key": "number", "Value": str(number)}],
        "CreatedAt": "2025-01-01T00:00:00Z",
    }


def event_stream(domain: int, number: int) -> Properties:
    name = f"stream-{number:03}"
    return {
        "DomainName": f"domain-{domain}",
        "EventStreamName": name,
        "Uri": f"arn:aws:kinesis:{HOME}:123456789012:stream/{domain}-{name}",
        "EventStreamArn": f"arn:aws:profile:{HOME}:123456789012:domains/domain-{domain}/{name}",
        "Tags": [{"Key": "domain", "Value": str(domain)}, {"Key": "name", "Value": name}],
        "CreatedAt": "2025-01-01T00:00:00Z",
        "State": "RUNNING",
        "DestinationDetails": {"Uri": f"arn:aws:kinesis:::{number}", "Status": "HEALTHY"},
    }


def instance_id(number: int) -> str:
    return f"i-{number:017x}"


def subnet_id(number: int) -> str:
    return f"subnet-{number:017x}"


def instance(number: int, sizes: Sizes) -> Properties:
    """Instances are spread over the subnets."""
    return {
        "InstanceId": instance_id(number),
        "InstanceType": INSTANCE_TYPES[number % len(INSTANCE_TYPES)],
        "ImageId": "ami-0123456789abcdef0",
        "SubnetId": subnet_id(number % sizes.subnets),
        "VpcId": "vpc-0123456789abcdef0",
        "AvailabilityZone": f"{HOME}a",
        "PrivateIp": f"10.0.{number // 256}.{number % 256}",
        "State": {"Code": "16", "Name": "running"},
        "SecurityGroupIds": [f"sg-{number % 7:017x}"],
        "Tenancy": "default",
        "EbsOptimized": True,
        "Tags": [{"Key": "Name", "Value": f"host-{number}"}],
    }


def subnet(number: int) -> Properties:
    return {
        "SubnetId": subnet_id(number),
        "VpcId": "vpc-0123456789abcdef0",
        "CidrBlock": f"10.{number}.0.0/16",
        "AvailabilityZone": f"{HOME}{'abc'[number % 3]}",
        "MapPublicIpOnLaunch": False,
        "Tags": [{"Key": "Name", "Value": f"subnet-{number}"}],
    }


def kinesis_stream(region: str, number: int) -> Properties:
    name = f"stream-{number:04}"
    return {
        "Name": name,
        "Arn": f"arn:aws:kinesis:{region}:123456789012:stream/{name}",
        "RetentionPeriodHours": 24,
        "ShardCount": 1,
    }
