"""How far a statement or COMMIT has got, on stderr while somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

from awsvtab import Connection, ReadProgress, WriteProgress

Stop = Callable[[], None]


@contextmanager
def shown(connection: Connection) -> Iterator[Stop]:
    """Meanwhile progress is shown if stderr is a terminal; what it yields takes it away."""
    console = Console(stderr=True)
    if not sys.stderr.isatty() or console.is_dumb_terminal:
        yield lambda: None
        return
    status = console.status("")

    def reading(progress: ReadProgress) -> None:
        if progress.done:
            status.stop()
        else:
            _tell(status, of_reading(progress))

    def writing(progress: WriteProgress) -> None:
        _tell(status, of_writing(progress))

    connection.set_read_progress(reading)
    connection.set_write_progress(writing)
    try:
        yield status.stop
    finally:
        status.stop()
        connection.set_read_progress(None)
        connection.set_write_progress(None)


def _tell(status: Status, text: str) -> None:
    status.update(text)
    status.start()


def of_reading(progress: ReadProgress) -> str:
    """``2 of 17 regions · 1,234 rows listed · 56 read · 90 calls · 3 throttled · 4 s``"""
    parts = [f"{progress.regions_done} of {_count(progress.regions, 'region')}"]
    parts += [f"{_count(progress.rows, 'row')} listed"] if progress.rows else []
    parts += [f"{progress.resources:,} read"] if progress.resources else []
    parts += [_count(progress.calls, "call")]
    parts += [f"{progress.throttled:,} throttled"] if progress.throttled else []
    return " · ".join([*parts, f"{progress.seconds:.0f} s"])


def of_writing(progress: WriteProgress) -> str:
    """``3 of 10 changes done · 1 failed``"""
    done = f"{progress.done:,} of {_count(progress.total, 'change')} done"
    return f"{done} · {progress.failed:,} failed" if progress.failed else done


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
