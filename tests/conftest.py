"""The emulator, an estate in it, and connections to it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from hypothesis import settings

import awsvtab
from awsvtab.emulator import Emulator

# HYPOTHESIS_PROFILE=thorough looks longer; in CI the examples are the same each time.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=2_000)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "default")
)

# A shell starts what it runs in the background without Ctrl-C, and tests would wait for it.
signal.signal(signal.SIGINT, signal.default_int_handler)

DOMAIN = "AWS::CustomerProfiles::Domain"
EVENT_STREAM = "AWS::CustomerProfiles::EventStream"
STREAMS = {"one": ("a", "b"), "two": ("a",), "three": ("a", "b", "c")}

Connect = Callable[..., awsvtab.Connection]


@pytest.fixture(scope="session")
def _emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(_emulator: Emulator) -> Emulator:
    """An empty emulator."""
    _emulator.reset()
    return _emulator


@pytest.fixture(scope="session")
def session(_emulator: Emulator) -> boto3.Session:
    """One session for all connections: boto3 loads its models once for each."""
    return _emulator.session


@pytest.fixture
def connect(emulator: Emulator, session: boto3.Session) -> Iterator[Connect]:
    """Makes connections to the emulator, closed after the test."""
    made: list[awsvtab.Connection] = []

    def make(*arguments: Any, **options: Any) -> awsvtab.Connection:
        options.setdefault("session", session)
        connection = emulator.connect(*arguments, **options)
        made.append(connection)
        return connection

    yield make
    for connection in made:
        connection.close()


@pytest.fixture
def connection(connect: Connect) -> awsvtab.Connection:
    """A connection that knows the table by its short name."""
    return connect(tables=["customerprofiles.event_streams"])


def put_domain(emulator: Emulator, name: str, region: str = "us-east-1") -> None:
    """A domain, without streams."""
    emulator.put(DOMAIN, {"DomainName": name, "DefaultExpirationDays": 30}, region=region)


def put_stream(
    emulator: Emulator, domain: str, name: str, region: str = "us-east-1", **properties: Any
) -> str:
    """An event stream; returns its identifier."""
    uri = f"arn:aws:kinesis:{region}:123456789012:stream/{domain}-{name}"
    given = {"DomainName": domain, "EventStreamName": name, "Uri": uri, **properties}
    return emulator.put(EVENT_STREAM, given, region=region)


@pytest.fixture
def estate(emulator: Emulator) -> Emulator:
    """Three domains with six event streams, in one region."""
    for domain, streams in STREAMS.items():
        put_domain(emulator, domain)
        for stream in streams:
            put_stream(emulator, domain, stream)
    return emulator


def operations(emulator: Emulator) -> dict[str, int]:
    """How many calls of each operation arrived since this was asked last."""
    counted: dict[str, int] = {}
    for call in emulator.calls:
        counted[call.operation] = counted.get(call.operation, 0) + 1
    emulator.calls.clear()
    return counted
