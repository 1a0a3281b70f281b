"""The questions: as SQL, with the fewest calls that can answer them and what awsvtab aims at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from benchmarks.stub.estate import HOME, INSTANCE_TYPES, REGIONS, Sizes, instance_id, subnet_id

from .tables import TABLES

STREAM_COLUMNS = ", ".join(TABLES["streams"].columns)
INVENTORY = "SELECT h.id, i.instance_type, i.private_ip FROM hosts h JOIN {instances} i "
Host = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is asked for: ``keys`` distinct instances among the hosts, 1 in 20 of them gone."""

    sizes: Sizes = field(default_factory=Sizes)
    hosts: int = 1_000
    keys: int = 400
    host_subnets: int = 20
    wanted: int = 200
    throttled: int = 120
    rate: float = 30

    @property
    def there(self) -> int:
        """How many of the keys exist."""
        return self.keys - self.keys // 20

    @property
    def subnets_there(self) -> int:
        """How many of the hosts' subnets exist."""
        return self.host_subnets - self.host_subnets // 10

    def instance_ids(self) -> list[str]:
        """The distinct keys."""
        gone = range(self.sizes.instances, self.sizes.instances + self.keys - self.there)
        return [instance_id(number) for number in (*range(self.there), *gone)]

    def passes(self, instance: str) -> bool:
        """Whether an instance is of the rare type, or gone."""
        number = int(instance.removeprefix("i-"), 16)
        kinds = INSTANCE_TYPES
        return number >= self.sizes.instances or kinds[number % len(kinds)] == kinds[0]

    def host_rows(self) -> list[Host]:
        """The local table: id, instance, subnet.

        Each instance is first on a host whose subnet exists, so that the order in which a
        statement asks for the two makes no difference to how many calls it needs.
        """
        keys = self.instance_ids()
        subnets = list(range(self.subnets_there))
        subnets += range(self.sizes.subnets, self.sizes.subnets + self.host_subnets - len(subnets))
        rows = []
        for number in range(self.hosts):
            choice = subnets[: self.subnets_there] if number < self.keys else subnets
            subnet = subnet_id(choice[number % len(choice)])
            rows.append((number, keys[number % self.keys], subnet))
        return rows


@dataclass(frozen=True, slots=True)
class Aim:
    """What awsvtab may take at most, where ``pool`` is what boto3 with threads took."""

    ratio: float = 1.0
    round_trips: int = 0
    calls: int = 1

    def seconds(self, pool: float, latency_s: float) -> float:
        return pool * self.ratio + self.round_trips * latency_s

    def __str__(self) -> str:
        return f"+{self.round_trips} round trips" if self.round_trips else f"{self.ratio:.2f}"


SCAN = Aim(1.10)
BY_KEY = Aim(1.25)
FIRST_ROWS = Aim(round_trips=2, calls=2)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A question.

    ``sql`` has the names of AWS tables in braces; where it makes a table, ``result`` reads it.
    ``limit`` is how many rows are wanted, any of them, where not all are. ``least`` is the number
    of calls without which there is no answer. In a ``nested`` loop SQLite asks for one key, or one
    scan, after the other. ``rate`` is the requests a second that the endpoint allows; a ``small``
    case does not take the AWS CLI too long.
    """

    name: str
    title: str
    sql: str
    least: int
    aim: Aim
    regions: tuple[str, ...] = (HOME,)
    result: str = ""
    limit: int = 0
    rate: float = 0
    nested: bool = False
    small: bool = False

    @property
    def statement(self) -> str:
        return f"{self.sql} LIMIT {self.limit}" if self.limit else self.sql


def scenarios(scale: Scale) -> Iterator[Scenario]:
    """All of them, at a scale."""
    yield from _scans(scale)
    yield from (replace(each, nested=True) for each in _by_key(scale))


def _scans(scale: Scale) -> Iterator[Scenario]:
    sizes = scale.sizes
    streams = sizes.domains * sizes.streams
    listings = _pages(sizes.domains, sizes) + sizes.domains * _pages(sizes.streams, sizes)
    yield Scenario(
        "names",
        f"names of {streams:,} streams in {sizes.domains} domains",
        "SELECT domain_name, event_stream_name FROM {streams}",
        listings,
        SCAN,
        small=True,
    )
    yield Scenario(
        "all",
        "all columns of the same",
        f"SELECT {STREAM_COLUMNS} FROM {{streams}}",
        listings + streams,
        SCAN,
    )
    yield Scenario(
        "count",
        f"count(*) over {sizes.regions} regions of {sizes.kinesis_streams} each",
        "SELECT count(*) FROM {kinesis}",
        sizes.regions * _pages(sizes.kinesis_streams, sizes),
        SCAN,
        regions=REGIONS[: sizes.regions],
    )
    yield Scenario(
        "self-join",
        "self-join",
        "SELECT a.domain_name, b.domain_name, b.event_stream_name FROM {streams} a "
        "JOIN {streams} b ON a.event_stream_name = b.event_stream_name "
        "WHERE a.domain_name < b.domain_name",
        listings,
        SCAN,
        nested=True,
    )
    yield Scenario(
        "limit",
        f"LIMIT 5 of {streams:,} with all columns",
        f"SELECT {STREAM_COLUMNS} FROM {{streams}}",
        2 + 5,
        FIRST_ROWS,
        limit=5,
        small=True,
    )


def _by_key(scale: Scale) -> Iterator[Scenario]:
    join = Scenario(
        "join",
        f"join of {scale.hosts:,} local rows with {scale.keys} distinct keys",
        INVENTORY + "ON i.instance_id = h.instance_id",
        scale.keys,
        BY_KEY,
    )
    yield join
    yield Scenario(
        "chain",
        "chain of two AWS tables",
        "SELECT h.id, i.instance_type, s.cidr_block FROM hosts h "
        "JOIN {instances} i ON i.instance_id = h.instance_id "
        "JOIN {subnets} s ON s.subnet_id = i.subnet_id",
        scale.keys + min(scale.there, scale.sizes.subnets),
        BY_KEY,
    )
    yield _wanted("in", f"IN of {scale.wanted} identifiers", scale.wanted)
    yield replace(
        join,
        name="create",
        title="CREATE TABLE AS from the join",
        sql=f"CREATE TABLE inventory AS {join.sql}",
        result="SELECT * FROM inventory",
    )
    # Whether an instance is there decides for most hosts that nobody asks for their subnets.
    passing = {subnet for _, instance, subnet in scale.host_rows() if scale.passes(instance)}
    yield Scenario(
        "exists",
        "NOT EXISTS and EXISTS",
        "SELECT h.id FROM hosts h WHERE NOT EXISTS (SELECT 1 FROM {instances} i "
        "WHERE i.instance_id = h.instance_id AND i.instance_type <> "
        f"'{INSTANCE_TYPES[0]}') AND EXISTS (SELECT 1 FROM {{subnets}} s "
        "WHERE s.subnet_id = h.subnet_id AND s.cidr_block LIKE '10.%')",
        scale.keys + len(passing),
        BY_KEY,
    )
    throttled = _wanted("throttled", "", scale.throttled)
    title = f"IN of {scale.throttled} where {scale.rate:g} requests a second are allowed"
    yield replace(throttled, title=title, rate=scale.rate)


def _wanted(name: str, title: str, count: int) -> Scenario:
    identifiers = ", ".join(f"'{instance_id(number)}'" for number in range(count))
    sql = (
        "SELECT instance_id, instance_type, private_ip FROM {instances} "
        f"WHERE instance_id IN ({identifiers})"
    )
    return Scenario(name, title, sql, count, BY_KEY)


def _pages(resources: int, sizes: Sizes) -> int:
    return -(-resources // sizes.page)
