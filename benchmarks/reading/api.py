"""Cloud Control as those call it who write the programs by hand: through boto3, or the AWS CLI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, Protocol

import boto3
from benchmarks.stub.estate import HOME
from botocore.config import Config

CONNECTIONS = 16

Json = dict[str, Any]
Page = tuple[list[str], str | None]


class Api(Protocol):
    """The two calls that read."""

    def page(self, region: str, type_name: str, model: Json, token: str | None) -> Page:
        """The identifiers of a page of a listing, and the token of the next page."""

    def get(self, region: str, type_name: str, identifier: str) -> Json | None:
        """The properties of a resource; None if there is none."""


def new_session() -> boto3.Session:
    """A session with credentials that are none."""
    return boto3.Session("stub", "stub", region_name=HOME)


class Pace:
    """Lets through so many requests a second, and a second's worth of them at once."""

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        now = time.monotonic()
        with self._lock:
            self._next = max(self._next, now - 1) + self._interval
            due = self._next
        time.sleep(max(due - now, 0))


class Boto3:
    """Through boto3, with a client for each region; ``rate`` is how fast each may be asked."""

    def __init__(self, url: str, regions: Sequence[str], rate: float = 0) -> None:
        session = new_session()
        config = Config(
            max_pool_connections=CONNECTIONS, retries={"mode": "standard", "total_max_attempts": 30}
        )
        self._pace = Pace(rate) if rate else None
        self._clients = {
            region: session.client(
                "cloudcontrol", region_name=region, endpoint_url=url, config=config
            )
            for region in regions
        }

    def page(self, region: str, type_name: str, model: Json, token: str | None) -> Page:
        request = {"TypeName": type_name}
        if model:
            request["ResourceModel"] = json.dumps(model)
        if token:
            request["NextToken"] = token
        if self._pace is not None:
            self._pace.wait()
        answer = self._clients[region].list_resources(**request)
        identifiers = [each["Identifier"] for each in answer["ResourceDescriptions"]]
        return identifiers, answer.get("NextToken")

    def get(self, region: str, type_name: str, identifier: str) -> Json | None:
        client = self._clients[region]
        if self._pace is not None:
            self._pace.wait()
        try:
            answer = client.get_resource(TypeName=type_name, Identifier=identifier)
        except client.exceptions.ResourceNotFoundException:
            return None
        found: Json = json.loads(answer["ResourceDescription"]["Properties"])
        return found

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


class Cli:
    """Through the AWS CLI: a process for each call, all pages of a listing in one."""

    def __init__(self, url: str, command: str) -> None:
        self._command = [command, "--endpoint-url", url, "--output", "json", "cloudcontrol"]
        self._environment = os.environ | {
            "AWS_ACCESS_KEY_ID": "stub",
            "AWS_SECRET_ACCESS_KEY": "stub",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_PAGER": "",
        }

    def page(self, region: str, type_name: str, model: Json, token: str | None) -> Page:
        given = ["--resource-model", json.dumps(model)] if model else []
        answer = self._run(region, "list-resources", "--type-name", type_name, *given)
        return [each["Identifier"] for each in answer["ResourceDescriptions"]], None

    def get(self, region: str, type_name: str, identifier: str) -> Json | None:
        answer = self._run(
            region, "get-resource", "--type-name", type_name, "--identifier", identifier
        )
        found: Json = json.loads(answer["ResourceDescription"]["Properties"])
        return found

    def _run(self, region: str, *arguments: str) -> Json:
        command = [*self._command, *arguments, "--region", region]
        done = subprocess.run(command, env=self._environment, capture_output=True, check=True)
        answer: Json = json.loads(done.stdout)
        return answer

    def close(self) -> None:
        pass


def cli_command() -> str | None:
    """The AWS CLI: the one that is installed beside this Python, or else on the path."""
    beside = Path(sys.executable).with_name("aws")
    return str(beside) if beside.exists() else shutil.which("aws")


class AtOnce(Executor):
    """Does each thing when it is submitted: what makes a program for threads a plain loop."""

    def submit(self, act: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(act(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future


def pages(api: Api, region: str, type_name: str, model: Json) -> Iterator[list[str]]:
    """The pages of a listing, one after the other, as their tokens come."""
    token = None
    while True:
        identifiers, token = api.page(region, type_name, model, token)
        yield identifiers
        if token is None:
            return
