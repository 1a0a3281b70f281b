"""Short forms for tests that talk to the emulator through boto3."""

from __future__ import annotations

import json
import re

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

DOMAIN = "AWS::CustomerProfiles::Domain"
STREAM = "AWS::CustomerProfiles::EventStream"
QUEUE = "AWS::SQS::Queue"


class cloudcontrol:  # noqa: N801 - used as a function
    """A client whose sockets are closed."""

    def __init__(self, emulator, region=None):
        self.client = emulator.session.client(
            "cloudcontrol",
            endpoint_url=emulator.endpoint_url,
            region_name=region,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def __enter__(self):
        return self.client

    def __exit__(self, *_):
        self.client.close()


def create(client, type_name, client_token=None, **properties):
    token = {"ClientToken": client_token} if client_token else {}
    desired = json.dumps(properties)
    answer = client.create_resource(TypeName=type_name, DesiredState=desired, **token)
    return answer["ProgressEvent"]


def update(client, type_name, identifier, *operations, **kwargs):
    answer = client.update_resource(
        TypeName=type_name, Identifier=identifier, PatchDocument=json.dumps(operations), **kwargs
    )
    return answer["ProgressEvent"]


def read(client, type_name, identifier):
    answer = client.get_resource(TypeName=type_name, Identifier=identifier)
    return json.loads(answer["ResourceDescription"]["Properties"])


def listed(client, type_name, **kwargs):
    pages = client.get_paginator("list_resources").paginate(TypeName=type_name, **kwargs)
    return [d["Identifier"] for page in pages for d in page["ResourceDescriptions"]]


def delete(client, type_name, identifier, **kwargs):
    answer = client.delete_resource(TypeName=type_name, Identifier=identifier, **kwargs)
    return answer["ProgressEvent"]


def status(client, event):
    answer = client.get_resource_request_status(RequestToken=event["RequestToken"])
    return answer["ProgressEvent"]


def error(code):
    return pytest.raises(ClientError, match=re.escape(f"({code})"))
