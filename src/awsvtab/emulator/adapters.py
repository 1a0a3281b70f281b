"""The reverse of `mirror`: what a service's own client made, seen by Cloud Control.

moto's own threads change these objects meanwhile: what is walked through is copied first.
An adapter says which objects moto has of a type and what properties they have. To add one, write
its two functions and enter it into `ADAPTERS`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .pointers import Json
from .values import Place


@dataclass(frozen=True)
class Adapter:
    """``models`` gives moto's objects that an account has in a place, by identifier.

    ``properties`` gives an object's properties as Cloud Control has them. ``region`` is where the
    object is, for types that are listed in every region.
    """

    models: Callable[[Place], Mapping[str, Any]]
    properties: Callable[[Any], Json]
    region: Callable[[Any], str]


def _buckets(place: Place) -> Mapping[str, Any]:
    buckets: Mapping[str, Any] = _backends("s3")[place.account][place.partition].buckets
    return dict(buckets)


def _bucket(bucket: Any) -> Json:
    backend = _backends("s3")[bucket.account_id][bucket.partition]
    properties: Json = {"BucketName": bucket.name}
    if bucket.versioning_status:
        properties["VersioningConfiguration"] = {"Status": bucket.versioning_status}
    return properties | _tags(backend.tagger.get_tag_dict_for_resource(bucket.arn))


def _queues(place: Place) -> Mapping[str, Any]:
    queues = _backends("sqs")[place.account][place.region].queues
    return {queue.physical_resource_id: queue for queue in list(queues.values())}


def _queue(queue: Any) -> Json:
    properties: Json = {
        "QueueName": queue.name,
        "DelaySeconds": int(queue.delay_seconds),
        "MaximumMessageSize": int(queue.maximum_message_size),
        "MessageRetentionPeriod": int(queue.message_retention_period),
        "ReceiveMessageWaitTimeSeconds": int(queue.receive_message_wait_time_seconds),
        "VisibilityTimeout": int(queue.visibility_timeout),
    }
    if queue.fifo_queue:
        properties["FifoQueue"] = True
    return properties | _tags(queue.tags)


ADAPTERS = {
    "AWS::S3::Bucket": Adapter(_buckets, _bucket, lambda bucket: str(bucket.region_name)),
    "AWS::SQS::Queue": Adapter(_queues, _queue, lambda queue: str(queue.region)),
}


def _backends(service: str) -> Any:
    """moto's state of a service, in use only if something has imported it."""
    module = sys.modules.get(f"moto.{service}.models")
    # Another thread may be importing it.
    return getattr(module, f"{service}_backends", None) or _Nothing()


class _Nothing:
    """The state of a service that nobody has used: no account has anything."""

    buckets: Mapping[str, Any] = {}
    queues: Mapping[str, Any] = {}

    def __getitem__(self, key: str) -> _Nothing:
        return self


def _tags(tags: Mapping[str, str]) -> Json:
    return {"Tags": [{"Key": k, "Value": v} for k, v in tags.items()]} if tags else {}
