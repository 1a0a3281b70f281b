"""The stub's HTTP: as much of it as botocore, the AWS CLI and curl speak."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from itertools import count

from .service import Service

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TARGET = re.compile(rb"\r\nx-amz-target: *CloudApiService\.(\w+)", re.IGNORECASE)
REGION = re.compile(rb"Credential=[^/]*/\d+/([\w-]+)/")
HEAD = (
    b"HTTP/1.1 %d \r\n"
    b"Content-Type: application/x-amz-json-1.0\r\n"
    b"x-amzn-RequestId: 00000000-0000-0000-0000-%012x\r\n"
    b"Content-Length: %d\r\n\r\n"
)


class Connection(asyncio.Protocol):
    """One client's connection; requests may follow one another without waiting for answers."""

    def __init__(self, service: Service, latency_s: float, numbers: count[int]) -> None:
        self._service = service
        self._latency_s = latency_s
        self._numbers = numbers
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self._buffer, 0, end)
            until = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < until:
                return
            head, body = self._buffer[:end], self._buffer[end + 4 : until]
            self._buffer = self._buffer[until:]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        target = TARGET.search(head)
        if target is None:
            self._send(self._control(head.split(b" ", 2)[1]))
            return
        region = REGION.search(head)
        where = region[1].decode() if region else ""
        status, answer = self._service.answer(target[1].decode(), where, body)
        whole = HEAD % (status, next(self._numbers), len(answer)) + answer
        if self._latency_s:
            asyncio.get_running_loop().call_later(self._latency_s, self._send, whole)
        else:
            self._send(whole)

    def _control(self, path: bytes) -> bytes:
        """The stub's own requests, which are answered at once: its counts, and a new start."""
        if path == b"/reset":
            self._service.reset()
        usage = {"cpu_s": time.process_time(), **self._service.counts()}
        answer = json.dumps(usage).encode()
        return HEAD % (200, 0, len(answer)) + answer

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


async def serve(service: Service, latency_s: float) -> None:
    """Serves on a free port, which is printed, until stdin ends: with whoever started this."""
    loop = asyncio.get_running_loop()
    numbers = count(1)
    server = await loop.create_server(
        lambda: Connection(service, latency_s, numbers), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, ended.set)
    await ended.wait()
    server.close()
