"""A file that outlives the process: what was about to be sent, and what AWS answered.

A line of JSON each, on disk before anything more happens. It holds no property of a resource.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from awsvtab.errors import AwsError, OperationalError, ProgrammingError
from awsvtab.sending import Request

Path = str | os.PathLike[str]


class Step(StrEnum):
    """What a line says: of the changes of a plan, each is the last word until the next."""

    PLANNED = "PLANNED"
    SENDING = "SENDING"
    ANSWERED = "ANSWERED"
    OVER = "OVER"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line. ``change`` stays the same where a change is begun anew with another client token.

    ``at`` is in seconds since the epoch, ``profile`` the AWS profile where a table has its own.
    """

    step: Step
    at: float
    change: str
    operation: str
    type_name: str
    region: str
    profile: str
    identifier: str | None
    client_token: str
    request_token: str | None
    operation_status: str
    error_code: str | None


class Journal:
    """Appends to a file; several processes may."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            if os.lseek(self._file, 0, os.SEEK_END):
                os.lseek(self._file, -1, os.SEEK_END)
                if os.read(self._file, 1) != b"\n":
                    os.write(self._file, b"\n")  # after a line that was cut off
        except OSError as error:
            raise OperationalError(f"journal={os.fspath(path)!r}: {error.strerror}") from error

    def note(self, step: Step, requests: Iterable[Request], now: float) -> None:
        """Appends a line for each request, and waits until they are on disk."""
        lines = [json.dumps(asdict(_entry(step, request, now))) for request in requests]
        if lines:
            try:
                text = "".join(f"{line}\n" for line in lines).encode()
                if os.write(self._file, text) < len(text):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(self._file)
            except OSError as error:
                raise OperationalError(f"the journal cannot be written: {error}") from error

    def close(self) -> None:
        """Closes the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def read_journal(path: Path) -> Iterator[Entry]:
    """The lines of a journal, but for those that were cut off as a process was killed.

    Raises ProgrammingError for a file that is no journal.
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file):
                entry = _read(line)
                if entry is not None:
                    yield entry
                elif number == 0:
                    raise ProgrammingError(f"{os.fspath(path)!r} is no journal of awsvtab")
    except OSError as error:
        raise OperationalError(f"journal {os.fspath(path)!r}: {error.strerror}") from error


def _read(line: str) -> Entry | None:
    try:
        members: Any = json.loads(line)
        given = {each.name: members[each.name] for each in fields(Entry)}
        return Entry(**{**given, "step": Step(given["step"])})
    except (ValueError, TypeError, KeyError):
        return None


def _entry(step: Step, request: Request, now: float) -> Entry:
    change, error = request.change, request.error
    code = error.code if isinstance(error, AwsError) else None
    event_code = request.event.error_code if request.event is not None else None
    return Entry(
        step=step,
        at=now,
        change=change.client_token,
        operation=change.operation,
        type_name=change.resource_type.name,
        region=change.place.region,
        profile=change.place.account,
        identifier=request.identifier,
        client_token=request.client_token,
        request_token=request.request_token,
        operation_status=request.operation_status,
        error_code=event_code or code,
    )
