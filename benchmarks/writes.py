"""Creates, against programs written by hand: ``python benchmarks/writes.py``.

One INSERT … SELECT and its COMMIT create 100 resources; each is done at the third poll. Prints, as
Markdown, calls made and wall time of each contender, and awsvtab's ratio to each of the others.
``benchmarks/README.md`` says how. Exit status 1 where awsvtab misses its aim.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from benchmarks.reading.api import CONNECTIONS, new_session
from benchmarks.reading.measuring import Figures, best
from benchmarks.stub import Settings, Sizes, Stub
from benchmarks.stub.estate import HOME, KINESIS_STREAM
from botocore.config import Config

import awsvtab

AIM = 1.25
INSERT = "INSERT INTO aws.kinesis.streams (name, shard_count, region) SELECT name, 1, ? FROM wanted"
Json = dict[str, Any]


class Sql:
    """awsvtab: a statement, and its COMMIT."""

    def __init__(self, url: str) -> None:
        session = new_session()
        self._connection = awsvtab.connect(
            ":memory:", session=session, endpoint_url=url, concurrency=CONNECTIONS
        )
        self._connection.execute("CREATE TABLE wanted (name TEXT)")

    def prepare(self, names: Sequence[str]) -> None:
        self._connection.execute("DELETE FROM wanted")
        self._connection.executemany("INSERT INTO wanted VALUES (?)", [(name,) for name in names])
        self._connection.commit()

    def create(self) -> None:
        self._connection.execute(INSERT, (HOME,))
        self._connection.commit()

    def close(self) -> None:
        self._connection.close()


class Threads:
    """boto3: each thread creates a resource, waits until it is there, and takes the next."""

    def __init__(self, url: str) -> None:
        session = new_session()
        config = Config(max_pool_connections=CONNECTIONS)
        self._client = session.client("cloudcontrol", endpoint_url=url, config=config)
        self._pool = ThreadPoolExecutor(CONNECTIONS)
        self._names: Sequence[str] = ()

    def prepare(self, names: Sequence[str]) -> None:
        self._names = names

    def create(self) -> None:
        for event in self._pool.map(self._created, self._names):
            check(event)

    def _created(self, name: str) -> Json:
        event = self._ask(name)
        while event["OperationStatus"] == "IN_PROGRESS":
            time.sleep(pause_s(event))
            event = self._poll(event)
        return event

    def _ask(self, name: str) -> Json:
        state = json.dumps({"Name": name, "ShardCount": 1})
        answer = self._client.create_resource(TypeName=KINESIS_STREAM, DesiredState=state)
        first: Json = answer["ProgressEvent"]
        return first

    def _poll(self, event: Json) -> Json:
        token = event["RequestToken"]
        answer = self._client.get_resource_request_status(RequestToken=token)
        polled: Json = answer["ProgressEvent"]
        return polled

    def close(self) -> None:
        self._pool.shutdown()
        self._client.close()


class Scheduled(Threads):
    """boto3: no thread waits for a resource; what is due is polled by whichever is free."""

    def create(self) -> None:
        running = {self._pool.submit(self._ask, name) for name in self._names}
        due: list[tuple[float, str, Json]] = []
        while running or due:
            running |= {self._pool.submit(self._poll, event) for event in taken(due)}
            timeout = max(due[0][0] - time.monotonic(), 0) if due else None
            done, running = wait_for(running, timeout)
            for future in done:
                event = future.result()
                if event["OperationStatus"] == "IN_PROGRESS":
                    at = time.monotonic() + pause_s(event)
                    heappush(due, (at, event["RequestToken"], event))
                else:
                    check(event)


def taken(due: list[tuple[float, str, Json]]) -> Iterable[Json]:
    """The events whose time has come, taken from the heap."""
    while due and due[0][0] <= time.monotonic():
        yield heappop(due)[2]


def wait_for(
    running: set[Future[Json]], timeout_s: float | None
) -> tuple[set[Future[Json]], set[Future[Json]]]:
    if not running:
        time.sleep(timeout_s or 0)
    return wait(running, timeout_s, FIRST_COMPLETED)


def pause_s(event: Json) -> float:
    """How long AWS wants nobody to ask."""
    pause: float = (event["RetryAfter"] - event["EventTime"]).total_seconds()
    return pause


def check(event: Json) -> None:
    if event["OperationStatus"] != "SUCCESS":
        raise RuntimeError(event)


OURS, SCHEDULED, THREADS = "awsvtab", "boto3, 16 threads", "boto3, 16 threads that wait"
CONTENDERS: dict[str, Callable[[str], Any]] = {OURS: Sql, SCHEDULED: Scheduled, THREADS: Threads}


def measure(creates: int, settings: Settings, rounds: int) -> dict[str, Figures]:
    """The best of the rounds of each contender, after one that warms up; they take turns."""
    found: dict[str, list[Figures]] = {name: [] for name in CONTENDERS}
    sizes = Sizes(domains=0, instances=0, subnets=0, kinesis_streams=0)
    with Stub(sizes, settings) as stub, ExitStack() as closing:
        contenders = {}
        for name, make in CONTENDERS.items():
            contenders[name] = make(stub.url)
            closing.callback(contenders[name].close)
        made: list[str] = []
        for _ in range(rounds + 1):
            for name, contender in contenders.items():
                names = [f"stream-{len(made) + number}" for number in range(creates)]
                contender.prepare(names)
                stub.reset()
                start = time.perf_counter()
                contender.create()
                seconds = time.perf_counter() - start
                counts = stub.counts()
                found[name].append(Figures(counts.calls, counts.refusals, seconds))
                made += names
                if Counter(held(stub)) != Counter(made):
                    raise RuntimeError(f"{name} did not create what was wanted")
    return {name: best(each) for name, each in found.items()}


def held(stub: Stub) -> list[str]:
    """What is there, asked of the stub."""
    client = new_session().client("cloudcontrol", endpoint_url=stub.url)
    try:
        listing = client.get_paginator("list_resources").paginate(TypeName=KINESIS_STREAM)
        return [each["Identifier"] for page in listing for each in page["ResourceDescriptions"]]
    finally:
        client.close()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creates", type=int, default=100)
    parser.add_argument("--polls", type=int, default=3, help="until a change is done")
    parser.add_argument("--retry-after", type=float, default=200, help="between polls, in ms")
    parser.add_argument("--latency", type=float, default=50, help="of each call, in ms")
    parser.add_argument("--rounds", type=int, default=3, help="after one that warms up")
    options = parser.parse_args(arguments)
    settings = Settings(
        latency_s=options.latency / 1000,
        polls=options.polls,
        retry_after_s=options.retry_after / 1000,
    )
    figures = measure(options.creates, settings, options.rounds)
    least = options.creates * (1 + options.polls)
    print(f"{options.creates} creates, {options.polls} polls each, at least {least} calls\n")
    print("| | calls and time | awsvtab's ratio to it | aim |\n|---|--:|--:|--:|")
    ratios = {name: figures[OURS].seconds / each.seconds for name, each in figures.items()}
    for name, each in figures.items():
        aim = AIM if name == SCHEDULED else ""
        print(f"| {name} | {each} | {ratios[name]:.2f} | {aim} |")
    return 1 if ratios[SCHEDULED] > AIM or figures[OURS].calls > least else 0


if __name__ == "__main__":
    sys.exit(main())
