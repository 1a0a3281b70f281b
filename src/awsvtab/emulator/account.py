"""An emulated account as tests hold it: its resources, its settings and its log."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import boto3
import botocore.loaders
import botocore.session
from moto.core.authorization import enable_iam_authentication
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

from . import examples, identifiers, plugin, schemas
from .calls import Calls
from .controls import Asynchrony, Controls, Listing
from .faults import Faults
from .pointers import Json
from .schemas import ResourceSchema

# Sessions share what they have read of botocore's data: a new client takes 8 ms instead of 40.
LOADER = botocore.loaders.create_loader()


class Account:
    """What a test can do to an emulated account: its resources, its settings and its log."""

    def __init__(self, region: str, account: str, controls: Controls) -> None:
        self.region = region
        self.account = account
        self._controls = controls

    def put(self, type_name: str, properties: Json, region: str | None = None) -> str:
        """Hold a resource, whatever the settings say, and return its identifier.

        Not a call, so there is no fault, no waiting and no entry in ``calls``. Read-only
        properties may be given, and are made up where they are not. Values are taken as they are:
        required properties, patterns and parents are not checked, names are. Raises ValueError for
        a type or property that there is none of.
        """
        return put(self.account, self._controls, type_name, properties, region or self.region)

    def get(self, type_name: str, identifier: str, region: str | None = None) -> Json | None:
        """All properties that the emulator holds, write-only ones too; None if there is none."""
        region = region or self.region
        schema = _schema(type_name, region)
        with plugin.LOCK:
            holdings = plugin.service(self.account, region, self._controls).holdings
            resource = holdings.find(schema, identifiers.parse(schema, identifier))
            return copy.deepcopy(resource.properties) if resource else None

    def example(self, type_name: str, seed: str = "", region: str | None = None) -> Json:
        """A small desired state that the type accepts. Another seed gives another one."""
        return examples.desired_state(_schema(type_name, region or self.region), seed)

    @contextmanager
    def user(self, policy: Json) -> Iterator[boto3.Session]:
        """A session of a new IAM user, who may do what the policy document says, and no more.

        Meanwhile all callers in this process are held to the policies that moto has of them.
        """
        users, name = iam_backends[self.account][get_partition(self.region)], f"user-{uuid4()}"
        users.create_user(self.region, name)
        try:
            users.put_user_policy(name, "policy", json.dumps(policy))
            key = users.create_access_key(name)
            with enable_iam_authentication():
                yield dummy_session(self.region, key.access_key_id, key.secret_access_key)
        finally:
            user = users.users.pop(name, None)  # unless `reset` has forgotten it
            for own in user.access_keys if user else ():
                del users.access_keys[own.access_key_id]

    def reset(self) -> None:
        """Forget the account's resources, of all services, and set all settings back."""
        self._controls.reset()
        with plugin.LOCK:
            for backends in plugin.instances():
                if self.account in backends:
                    backends[self.account].reset()
                    del backends[self.account]

    @property
    def calls(self) -> Calls:
        """The requests that arrived."""
        return self._controls.calls

    @property
    def faults(self) -> Faults:
        """What goes wrong, on order."""
        return self._controls.faults

    @property
    def listing(self) -> Listing:
        """How listings are paged and ordered, and what they carry."""
        return self._controls.listing

    @property
    def changes(self) -> Asynchrony:
        """How long changes take."""
        return self._controls.changes


def mocked(region: str = "us-east-1", account: str = DEFAULT_ACCOUNT_ID) -> Account:
    """The account that ``mock_aws`` gives, for use inside it. Its settings end with the mock."""
    # moto clears what has been used: without this, faults that no call met would stay.
    _ = plugin.backends[account]
    return Account(region, account, plugin.mocked)


def dummy_session(region: str, key: str = "emulator", secret: str = "emulator") -> boto3.Session:
    """A new session, by default with credentials that are none."""
    core = botocore.session.Session()
    core.register_component("data_loader", LOADER)
    return boto3.Session(
        botocore_session=core,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        region_name=region,
    )


def put(account: str, controls: Controls, type_name: str, properties: Json, region: str) -> str:
    """`Emulator.put`, on an account's state."""
    schema = _schema(type_name, region)
    unknown = [name for name in properties if name not in schema.properties]
    if unknown:
        raise ValueError(f"{type_name} has no property {unknown[0]}")
    with plugin.LOCK:
        holdings = plugin.service(account, region, controls).holdings
        return holdings.put(schema, properties, holdings.serial()).identifier


def _schema(type_name: str, region: str) -> ResourceSchema:
    schema = schemas.find(type_name, region)
    if schema is None:
        raise ValueError(f"{region} has no resource type {type_name}")
    return schema
