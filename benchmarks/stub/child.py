"""The stub as a child process, and what can be asked of it."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .estate import HOME, INSTANCE, Sizes, instance_id
from .service import Settings

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Counts:
    """Calls since the last reset, by operation: those answered, and those throttled."""

    answered: dict[str, int]
    throttled: dict[str, int]

    @property
    def calls(self) -> int:
        return sum(self.answered.values())

    @property
    def refusals(self) -> int:
        return sum(self.throttled.values())


class Stub:
    """The endpoint in a process of its own, which ends with the ``with`` block or with this one."""

    def __init__(self, sizes: Sizes = Sizes(), settings: Settings = Settings()) -> None:  # noqa: B008
        self.sizes = sizes
        self.settings = settings

    def __enter__(self) -> Self:
        sizes, settings = json.dumps(asdict(self.sizes)), json.dumps(asdict(self.settings))
        self._child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.stub", "--sizes", sizes, "--settings", settings],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._child.stdout is not None
        try:
            self.port = int(self._child.stdout.readline())
            self._control = http.client.HTTPConnection("127.0.0.1", self.port)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._control.close()
        self._end()

    def _end(self) -> None:
        self._child.kill()
        self._child.communicate()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def counts(self) -> Counts:
        usage = self._ask("/counts")
        return Counts(usage["answered"], usage["throttled"])

    def reset(self) -> None:
        """Counts from nothing, and forgives what was asked too fast."""
        self._ask("/reset")

    def speed(self, requests: int = 3_000) -> tuple[float, float]:
        """Requests a second, asked one after the other, and the CPU time of each, in µs."""
        request = _get_request()
        before = self._ask("/counts")["cpu_s"]
        with (
            socket.create_connection(("127.0.0.1", self.port)) as connection,
            connection.makefile("rb") as reader,
        ):
            start = time.perf_counter()
            for _ in range(requests):
                connection.sendall(request)
                _skip_answer(reader)
            elapsed = time.perf_counter() - start
        cpu_s = self._ask("/reset")["cpu_s"] - before
        return requests / elapsed, cpu_s / requests * 1e6

    def _ask(self, path: str) -> dict[str, Any]:
        self._control.request("GET", path)
        usage: dict[str, Any] = json.loads(self._control.getresponse().read())
        return usage


def _get_request() -> bytes:
    body = json.dumps({"TypeName": INSTANCE, "Identifier": instance_id(0)}).encode()
    return (
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: CloudApiService.GetResource\r\n"
        b"Authorization: AWS4-HMAC-SHA256 Credential=stub/20250101/%b/cloudcontrolapi/"
        b"aws4_request, SignedHeaders=host, Signature=0\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (HOME.encode(), len(body), body)
    )


def _skip_answer(reader: Any) -> None:
    length = 0
    while (line := reader.readline()) != b"\r\n":
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    reader.read(length)
