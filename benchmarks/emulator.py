"""How fast the emulator lists: calls a second, and the time per page of 10,000 resources.

The clients are in processes of their own, so that what is measured is the server.

    python benchmarks/emulator.py
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from awsvtab.emulator import Emulator

TYPE = "AWS::Kinesis::Stream"
SCOPE = "emulator/20240101/us-east-1/cloudcontrolapi/aws4_request"
HEADERS = {
    "X-Amz-Target": "CloudApiService.ListResources",
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=0",
}


def call(connection: http.client.HTTPConnection, **request: object) -> dict[str, object]:
    connection.request("POST", "/", json.dumps({"TypeName": TYPE, **request}), HEADERS)
    answer: dict[str, object] = json.loads(connection.getresponse().read())
    return answer


def client(url: str, seconds: float) -> None:
    """Call as often as possible, and print how often that was."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    calls = 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        call(connection)
        calls += 1
    connection.close()
    sys.stdout.write(str(calls))


def calls_a_second(url: str, clients: int, seconds: float) -> float:
    command = [sys.executable, __file__, "--client", url, "--seconds", str(seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(clients)]
    return sum(int(process.communicate()[0]) for process in running) / seconds


def page_times(url: str) -> Iterator[float]:
    """Milliseconds for each page of a listing."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    token: dict[str, object] = {}
    while True:
        start = time.perf_counter()
        answer = call(connection, **token)
        yield 1000 * (time.perf_counter() - start)
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    connection.close()


def measure(seconds: float) -> None:
    with Emulator() as emulator:
        for n in range(10):
            emulator.put(TYPE, {"Name": f"stream-{n}"})
        for clients in (1, 2, 4):
            rate = calls_a_second(emulator.endpoint_url, clients, seconds)
            sys.stdout.write(f"{clients} clients: {rate:7.0f} ListResources a second\n")
        start = time.perf_counter()
        for n in range(10, 10_000):
            emulator.put(TYPE, {"Name": f"stream-{n}"})
        put = 1e6 * (time.perf_counter() - start) / 9_990
        sys.stdout.write(f"put: {put:.0f} µs a resource\n")
        for attempt in ("first", "second"):
            times = list(page_times(emulator.endpoint_url))
            parts = [times[:10], times[45:55], times[-10:]]
            medians = ", ".join(f"{statistics.median(part):.2f}" for part in parts)
            sys.stdout.write(
                f"{attempt} listing of 10,000: {len(times)} pages in {sum(times):.0f} ms; "
                f"ms per page at the beginning, middle, end: {medians}\n"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--client")
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    if options.client:
        client(options.client, options.seconds)
    else:
        measure(options.seconds)
