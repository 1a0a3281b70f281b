"""An HTTP server for Cloud Control and, beside it, all services that moto has.

Cloud Control requests are answered in the request handler, on connections that stay open; all
others go to moto's own application.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import re
import socket
import sys
import threading
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import ThreadedWSGIServer

from . import plugin, schemas, wire
from .account import dummy_session, put
from .controls import Controls

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LOCALHOST = "127.0.0.1"

LENGTH = re.compile(r"[0-9]{1,18}")


class RequestHandler(MotoRequestHandler):
    """One connection."""

    server: Server
    # An answer is one write, and must not wait for more.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:  # noqa: N802 - http.server gives the name
        target = self.headers.get("X-Amz-Target", "")
        if not target.startswith(wire.TARGET):
            self.run_wsgi()
            return
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers:
            self._send(wire.refusal(411, "SerializationException", "Content-Length is required"))
        elif not LENGTH.fullmatch(length):
            self._send(wire.refusal(400, "SerializationException", "Content-Length is no length"))
        else:
            body = self.rfile.read(int(length))
            caller = plugin.caller(self.headers, "", self.server.account)
            self._send(plugin.answer(target, body, caller, self.server.controls))

    def _send(self, answer: wire.Answer) -> None:
        self.close_connection = self.close_connection or answer.connection != ""
        if answer.dropped:
            return
        status = HTTPStatus(answer.status)
        headers = {"Date": self.date_time_string(), **answer.headers}
        lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + answer.sent)

    def log(self, type: str, message: str, *args: object) -> None:
        logging.getLogger(__name__).debug(message, *args)


class Server(ThreadedWSGIServer):
    """The server of one account. `stop` leaves no thread and no socket behind."""

    def __init__(self, host: str, port: int, controls: Controls, account: str) -> None:
        self.controls = controls
        self.account = account
        self._open: dict[threading.Thread, socket.socket] = {}
        super().__init__(host, port, self._moto(), RequestHandler)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, name=f"emulator {self.url}"
        )
        self._thread.daemon = True
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        for thread, connection in list(self._open.items()):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        """As the base class, but remembering the thread from the first moment."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._open[thread] = request
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            del self._open[threading.current_thread()]

    def _moto(self) -> Any:
        application = DomainDispatcherApplication(create_backend_app)

        def run(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
            if self.account != DEFAULT_ACCOUNT_ID:
                environ.setdefault("HTTP_X_MOTO_ACCOUNT_ID", self.account)
            return application(environ, start_response)

        return run


def plant(seed: Path, server: Server, region: str) -> None:
    """Put a file's resources into the emulator.

    A JSON file is a list of ``{"TypeName": …, "Properties": {…}, "Region": …}``; the region may be
    left out. A SQL file is statements for awsvtab, applied one by one. Else ValueError.
    """
    if seed.suffix == ".sql":
        _run(seed.read_text(), server, region)
        return
    for resource in json.loads(seed.read_text()):
        match resource:
            case {"TypeName": str(type_name), "Properties": dict(properties)}:
                place = resource.get("Region", region)
                put(server.account, server.controls, type_name, properties, place)
            case _:
                raise ValueError(
                    f"{seed}: {json.dumps(resource)} is no resource: write "
                    '{"TypeName": "AWS::SQS::Queue", "Properties": {}}'
                )


def _run(script: str, server: Server, region: str) -> None:
    from awsvtab import connect

    connection = connect(
        ":memory:",
        isolation_level=None,
        session=dummy_session(region),
        endpoint_url=server.url,
    )
    with contextlib.closing(connection):
        connection.executescript(script)


def serve(
    host: str = LOCALHOST,
    port: int = 5555,
    seed: Path | None = None,
    region: str = schemas.DEFAULT_REGION,
) -> None:
    """Serve until interrupted. ``region`` is that of seeded resources that name none."""
    server = Server(host, port, plugin.mocked, DEFAULT_ACCOUNT_ID)
    server.start()
    try:
        if seed is not None:
            plant(seed, server, region)
        sys.stderr.write(f"Cloud Control and moto's services at {server.url}\n")
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m awsvtab.emulator",
        description="The AWS Cloud Control API, and moto's other services, on this machine.",
    )
    parser.add_argument("--host", default=LOCALHOST)
    parser.add_argument("--port", type=int, default=5555, help="0 takes a free one")
    parser.add_argument("--seed", type=Path, help="a JSON or SQL file of resources to begin with")
    parser.add_argument(
        "--region", default=schemas.DEFAULT_REGION, help="of resources that name none"
    )
    options = parser.parse_args(arguments)
    try:
        serve(options.host, options.port, options.seed, options.region)
    except (OSError, ValueError) as error:
        parser.error(str(error))
