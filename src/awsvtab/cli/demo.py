"""A small emulated estate, and a tour of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.syntax import Syntax

from awsvtab import Connection
from awsvtab.cli.formats import Rows, Style, fitting
from awsvtab.emulator import Emulator

REGION = "us-east-1"
DOMAIN = "AWS::CustomerProfiles::Domain"
EVENT_STREAM = "AWS::CustomerProfiles::EventStream"
STREAMS = {
    "retail": ("orders", "returns"),
    "travel": ("bookings",),
    "support": ("tickets", "chats"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A statement of the tour, and what it shows."""

    title: str
    sql: str


STEPS = (
    Step(
        "All event streams of a region. Their list needs a domain, so the domains are listed "
        "first, and their streams at once.",
        """SELECT
region,
domain_name,
event_stream_name,
uri,
event_stream_arn,
tags,
created_at,
state,
destination_details
FROM aws.customerprofiles.event_streams
WHERE region = 'us-east-1';""",
    ),
    Step(
        "One event stream by its identifier: one call.",
        """SELECT
region,
domain_name,
event_stream_name,
uri,
event_stream_arn,
tags,
created_at,
state,
destination_details
FROM aws.customerprofiles.event_streams
WHERE region = 'us-east-1' AND data__Identifier = 'retail|orders';""",
    ),
    Step(
        "How many there are: no resource is read.",
        "SELECT count(*) FROM event_streams WHERE region = 'us-east-1';",
    ),
    Step("A table of your own.", "CREATE TABLE owners (domain TEXT PRIMARY KEY, team TEXT);"),
    Step(
        "Some rows for it.",
        "INSERT INTO owners VALUES ('retail', 'checkout'), ('travel', 'booking');",
    ),
    Step(
        "The streams of the domains in your table: only those are listed.",
        """SELECT owners.team, event_streams.event_stream_name, event_streams.state
FROM event_streams JOIN owners ON owners.domain = event_streams.domain_name
WHERE event_streams.region = 'us-east-1'
ORDER BY 1, 2;""",
    ),
    Step(
        "A new event stream.",
        """/*+ create */
INSERT INTO aws.customerprofiles.event_streams (
 DomainName,
 EventStreamName,
 Uri,
 region
)
SELECT
'travel',
 'cancellations',
 'arn:aws:kinesis:us-east-1:123456789012:stream/cancellations',
'us-east-1';""",
    ),
    Step(
        "A change: the patch document is made for it, of what changes.",
        """UPDATE aws.customerprofiles.event_streams
SET tags = '[{"Key":"team","Value":"booking"}]'
WHERE data__Identifier = 'travel|cancellations' AND region = 'us-east-1';""",
    ),
    Step(
        "What has become of it.",
        """SELECT event_stream_name, tags FROM event_streams
WHERE region = 'us-east-1' AND domain_name = 'travel' AND event_stream_name = 'cancellations';""",
    ),
    Step(
        "And its end.",
        """/*+ delete */
DELETE FROM aws.customerprofiles.event_streams
WHERE data__Identifier = 'travel|cancellations'
AND region = 'us-east-1';""",
    ),
)


@contextmanager
def estate() -> Iterator[Emulator]:
    """An emulator that holds three domains with five event streams."""
    with Emulator(region=REGION) as emulator:
        for domain, streams in STREAMS.items():
            emulator.put(DOMAIN, {"DomainName": domain, "DefaultExpirationDays": 366})
            for stream in streams:
                emulator.put(
                    EVENT_STREAM,
                    {
                        "DomainName": domain,
                        "EventStreamName": stream,
                        "Uri": f"arn:aws:kinesis:{REGION}:123456789012:stream/{stream}",
                        "Tags": [{"Key": "domain", "Value": domain}],
                    },
                )
        yield emulator


def run() -> None:
    """Runs every step and prints it, its rows and its calls."""
    console = Console()
    with estate() as emulator:
        # One call at a time: rows of several listings then come in the same order each time.
        connection = emulator.connect(tables=["customerprofiles.event_streams"], concurrency=1)
        try:
            for step in STEPS:
                emulator.calls.clear()
                _show(console, connection, step)
                calls = Counter(call.operation for call in emulator.calls)
                made = ", ".join(f"{count} {operation}" for operation, count in calls.items())
                console.print(f"[dim]calls: {made or 'none'}[/dim]\n")
        finally:
            connection.close()


def _show(console: Console, connection: Connection, step: Step) -> None:
    console.print(step.title, style="bold")
    console.print(Syntax(step.sql, "sql", background_color="default", word_wrap=True))
    with connection:
        cursor = connection.execute(step.sql)
        if cursor.description is not None:
            names = [column[0] for column in cursor.description]
            rows = Rows(names, cursor.declared_types, cursor)
            fitting(rows, console.file, Style(width=console.width))
        elif cursor.rowcount >= 0:
            console.print(f"{cursor.rowcount} changed")
