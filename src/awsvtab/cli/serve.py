"""``awsvtab serve``: AWS in a browser."""

from __future__ import annotations

import signal
import socket
import warnings
import webbrowser
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import click

import awsvtab
from awsvtab.cli.connecting import (
    Command,
    Target,
    installed,
    reading_options,
    reported,
    spelled,
)

if TYPE_CHECKING:
    from awsvtab.serve.app import AwsDatasette

HOST = "127.0.0.1"
CACHE_TTL_S = 60
PATIENCE_S = 1  # with pages that are under way when the server is told to end
MEMORY = ":memory:"


@click.command(cls=Command)
@click.option("--port", default=8001, show_default=True, help="Port to listen at; 0: a free one.")
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.option(
    "--time-limit",
    "time_limit_s",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long a statement may take.",
)
@reading_options
def serve(target: Target, port: int, opens: bool, time_limit_s: float) -> None:
    """Show AWS in a browser: pages of tables, filters, facets, SQL, JSON and CSV.

    Nothing can be changed, and only this machine can see it. What was read is good for a minute,
    or for --cache-ttl SECONDS. Ctrl-C ends it.
    """
    with installed("serve"):
        from awsvtab.serve import datasette_for
    path = None if target.db == MEMORY else target.db
    with reported(), closing(_listening(port)) as listener:
        # Datasette leaves files open, and coroutines of facets. What AWS's warnings are about would
        # be an empty page that does not say why, as that of IAM's roles in another region.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", awsvtab.AwsWarning)
        with _read_only(target).opened() as connection:
            datasette = datasette_for(connection, path, time_limit_s=time_limit_s, spelled=spelled)
            with closing(datasette):
                url = f"http://{HOST}:{listener.getsockname()[1]}/"
                click.echo(f"{url} shows AWS, to this machine only. Ctrl-C ends it.")
                if opens:  # a browser in the terminal waits for the page
                    Thread(target=webbrowser.open, args=(url,), daemon=True).start()
                _run(datasette, listener)


def _read_only(target: Target) -> Target:
    """What AWS is reached through; the file is opened by the connections that show it."""
    if target.options.get("on_error") == "warn":
        raise click.UsageError("serve shows no half an answer: leave out --on-error warn")
    if target.db != MEMORY and not Path(target.db).is_file():
        raise click.UsageError(f"--db {target.db}: there is no such file")
    options = {"cache_ttl": CACHE_TTL_S, **target.options, "read_only": True}
    options.pop("journal", None)  # of what is sent, which is nothing
    return replace(target, db=MEMORY, options={**options, "check_same_thread": False})


def _listening(port: int) -> socket.socket:
    """A socket at the port, so that a browser can be sent there; ClickException if it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise click.ClickException(
            f"cannot listen at port {port} ({error}): choose another, --port 0 for any that is free"
        ) from None
    listener.listen()
    return listener


def _run(datasette: AwsDatasette, listener: socket.socket) -> None:
    """Serves until Ctrl-C or SIGTERM."""
    import uvicorn

    config = uvicorn.Config(
        datasette.app(),
        log_level="critical",  # what goes wrong with a page is reported as one
        lifespan="on",
        timeout_graceful_shutdown=PATIENCE_S,
    )
    # The server takes both signals while it runs, and hands them on when it has ended.
    both = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda number, frame: None) for number in both]
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        for number, handler in zip(both, before, strict=True):
            signal.signal(number, handler)
