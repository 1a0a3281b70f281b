"""The AWS tables that the scenarios' SQL names in braces, with the columns that it uses."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.stub.estate import EVENT_STREAM, INSTANCE, KINESIS_STREAM, SUBNET, Properties

WORD = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Table:
    """A resource type: what awsvtab calls it, and the properties that are asked for."""

    type_name: str
    awsvtab: str
    properties: Sequence[str]

    @property
    def columns(self) -> list[str]:
        return [*map(column, self.properties), "region"]

    def row(self, properties: Properties, region: str) -> tuple[Any, ...]:
        """The values of the columns."""
        values = (properties.get(name) for name in self.properties)
        return (*(_text(value) for value in values), region)


TABLES = {
    "streams": Table(
        EVENT_STREAM,
        "aws.customerprofiles.event_streams",
        (
            "DomainName",
            "EventStreamName",
            "Uri",
            "EventStreamArn",
            "Tags",
            "CreatedAt",
            "State",
            "DestinationDetails",
        ),
    ),
    "instances": Table(
        INSTANCE, "aws.ec2.instances", ("InstanceId", "InstanceType", "PrivateIp", "SubnetId")
    ),
    "subnets": Table(SUBNET, "aws.ec2.subnets", ("SubnetId", "CidrBlock")),
    "kinesis": Table(KINESIS_STREAM, "aws.kinesis.streams", ("Name",)),
}


def column(name: str) -> str:
    """A property's column: ``DomainName`` is ``domain_name``."""
    return WORD.sub("_", name).lower()


def _text(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value
