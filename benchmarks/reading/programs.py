"""The programs written by hand: one for each scenario, as good as they get with boto3 and threads.

What can be asked is asked as soon as it is known, in as many threads as there are connections, and
nothing is asked twice. With `AtOnce` for the pool, each is the plain loop that does the same.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, as_completed, wait
from dataclasses import dataclass
from itertools import islice
from typing import Any

from benchmarks.stub.estate import (
    DOMAIN,
    EVENT_STREAM,
    HOME,
    INSTANCE,
    INSTANCE_TYPES,
    KINESIS_STREAM,
    SUBNET,
    instance_id,
)

from .api import Api, Json, pages
from .scenarios import Host, Scenario
from .tables import TABLES

Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Hand:
    """What the programs have to work with."""

    api: Api
    pool: Executor
    hosts: Sequence[Host]

    def get(self, type_name: str, identifier: str) -> Future[Json | None]:
        return self.pool.submit(self.api.get, HOME, type_name, identifier)

    def get_all(self, type_name: str, identifiers: Iterable[str]) -> dict[str, Json]:
        """Those that there are."""
        gets = {each: self.get(type_name, each) for each in identifiers}
        return {each: found for each, get in gets.items() if (found := get.result()) is not None}

    def streams(self) -> Iterable[Future[list[str]]]:
        """The identifiers of the streams of each domain, under way."""
        domains = (each for page in pages(self.api, HOME, DOMAIN, {}) for each in page)
        return [self.pool.submit(self._streams_of, domain) for domain in domains]

    def _streams_of(self, domain: str) -> list[str]:
        listing = pages(self.api, HOME, EVENT_STREAM, {"DomainName": domain})
        return [each for page in listing for each in page]


def names(hand: Hand, scenario: Scenario) -> Rows:
    return [tuple(each.split("|")) for listing in hand.streams() for each in listing.result()]


def all_columns(hand: Hand, scenario: Scenario) -> Rows:
    gets = [
        hand.get(EVENT_STREAM, each)
        for listing in as_completed(hand.streams())
        for each in listing.result()
    ]
    return [_stream_row(found) for get in gets if (found := get.result()) is not None]


def first_rows(hand: Hand, scenario: Scenario) -> Rows:
    identifiers = (
        each
        for domains in pages(hand.api, HOME, DOMAIN, {})
        for domain in domains
        for page in pages(hand.api, HOME, EVENT_STREAM, {"DomainName": domain})
        for each in page
    )
    found = hand.get_all(EVENT_STREAM, islice(identifiers, scenario.limit))
    return [_stream_row(each) for each in found.values()]


def count(hand: Hand, scenario: Scenario) -> Rows:
    """Each page is a task of its own, so that no thread is idle while there are pages to get."""
    total = 0

    def submit(region: str, token: str | None) -> Future[Any]:
        future = hand.pool.submit(hand.api.page, region, KINESIS_STREAM, {}, token)
        regions[future] = region
        return future

    regions: dict[Future[Any], str] = {}
    running = {submit(region, None) for region in scenario.regions}
    while running:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            identifiers, token = future.result()
            total += len(identifiers)
            if token is not None:
                running.add(submit(regions[future], token))
    return [(total,)]


def self_join(hand: Hand, scenario: Scenario) -> Rows:
    domains_of: dict[str, list[str]] = defaultdict(list)
    for domain, name in names(hand, scenario):
        domains_of[name].append(domain)
    return [
        (one, other, name)
        for name, domains in domains_of.items()
        for one in domains
        for other in domains
        if one < other
    ]


def join(hand: Hand, scenario: Scenario) -> Rows:
    instances = hand.get_all(INSTANCE, {instance for _, instance, _ in hand.hosts})
    return [
        (host, instances[instance]["InstanceType"], instances[instance]["PrivateIp"])
        for host, instance, _ in hand.hosts
        if instance in instances
    ]


def create(hand: Hand, scenario: Scenario) -> Rows:
    database = sqlite3.connect(":memory:")
    try:
        database.execute("CREATE TABLE inventory (id, instance_type, private_ip)")
        database.executemany("INSERT INTO inventory VALUES (?, ?, ?)", join(hand, scenario))
        return database.execute(scenario.result).fetchall()
    finally:
        database.close()


def chain(hand: Hand, scenario: Scenario) -> Rows:
    """The subnets are asked for as the instances come that name them."""
    gets = {hand.get(INSTANCE, each): each for each in {host[1] for host in hand.hosts}}
    instances: dict[str, Json] = {}
    subnets: dict[str, Future[Json | None]] = {}
    for get in as_completed(gets):
        instance = get.result()
        if instance is not None:
            instances[gets[get]] = instance
            subnet = instance["SubnetId"]
            if subnet not in subnets:
                subnets[subnet] = hand.get(SUBNET, subnet)
    rows = []
    for host, key, _ in hand.hosts:
        instance = instances.get(key)
        if instance is not None:
            found = subnets[instance["SubnetId"]].result()
            if found is not None:
                rows.append((host, instance["InstanceType"], found["CidrBlock"]))
    return rows


def exists(hand: Hand, scenario: Scenario) -> Rows:
    """Only the subnets of hosts that pass the first test are asked for, as soon as they do."""
    hosts_of: dict[str, list[Host]] = defaultdict(list)
    for host in hand.hosts:
        hosts_of[host[1]].append(host)
    gets = {hand.get(INSTANCE, each): each for each in hosts_of}
    passed: list[Host] = []
    subnets: dict[str, Future[Json | None]] = {}
    for get in as_completed(gets):
        instance = get.result()
        if instance is None or instance["InstanceType"] == INSTANCE_TYPES[0]:
            for host in hosts_of[gets[get]]:
                passed.append(host)
                if host[2] not in subnets:
                    subnets[host[2]] = hand.get(SUBNET, host[2])
    right = {
        subnet
        for subnet, get in subnets.items()
        if (found := get.result()) is not None and found["CidrBlock"].startswith("10.")
    }
    return [(host,) for host, _, subnet in passed if subnet in right]


def wanted(hand: Hand, scenario: Scenario) -> Rows:
    identifiers = (instance_id(number) for number in range(scenario.least))
    return [
        (each["InstanceId"], each["InstanceType"], each["PrivateIp"])
        for each in hand.get_all(INSTANCE, identifiers).values()
    ]


def _stream_row(properties: Json) -> tuple[Any, ...]:
    return TABLES["streams"].row(properties, HOME)


PROGRAMS: dict[str, Callable[[Hand, Scenario], Rows]] = {
    "names": names,
    "all": all_columns,
    "count": count,
    "self-join": self_join,
    "limit": first_rows,
    "join": join,
    "chain": chain,
    "in": wanted,
    "create": create,
    "exists": exists,
    "throttled": wanted,
}
