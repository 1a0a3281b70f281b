"""The emulator as tests use it: a server in this process."""

from __future__ import annotations

import re
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import boto3
from moto.core.models import DEFAULT_ACCOUNT_ID

from . import plugin, schemas
from .account import Account, dummy_session
from .controls import Controls
from .server import LOCALHOST, Server

if TYPE_CHECKING:
    from awsvtab import Connection


class Emulator(Account):
    """Cloud Control, and moto's other services, on a free port of 127.0.0.1.

    A context manager: inside it, ``endpoint_url`` and ``session`` make any AWS client talk to the
    emulator. It begins empty, and what is created is kept until it closes or is `reset`.

    ``account`` is moto's 123456789012, or the next number that no running emulator has: emulators
    that run at the same time share nothing. Raises ValueError for a region that there is not, or an
    account that is no 12 digits.
    """

    def __init__(self, region: str = schemas.DEFAULT_REGION, account: str | None = None) -> None:
        if region not in schemas.regions():
            raise ValueError(f"there is no region {region!r}")
        if account is not None and not re.fullmatch(r"[0-9]{12}", account):
            raise ValueError(f"an account has 12 digits, which {account!r} has not")
        super().__init__(region, account or DEFAULT_ACCOUNT_ID, Controls())
        self._wanted = account
        self._server: Server | None = None

    def __enter__(self) -> Self:
        return self.start()

    def start(self) -> Self:
        """Begin to serve, until `close`. A ``with`` statement calls both.

        Raises RuntimeError where it is serving already.
        """
        if self._server is not None:
            raise RuntimeError("the emulator is running already")
        self.account = plugin.accounts.take(self._wanted)
        plugin.backends.controls.add(self._controls)
        self.reset()
        self._server = Server(LOCALHOST, 0, self._controls, self.account)
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server and forget everything. Closing twice is allowed."""
        if self._server is not None:
            self.faults.clear()
            self._server.stop()
            self._server = None
            self.reset()
            plugin.backends.controls.discard(self._controls)
            plugin.accounts.give_back(self.account)

    @property
    def endpoint_url(self) -> str:
        if self._server is None:
            raise RuntimeError("the emulator is not running: use it in a with statement")
        return self._server.url

    @property
    def session(self) -> boto3.Session:
        """A new session with credentials that are none, in the emulator's region."""
        return dummy_session(self.region)

    def connect(self, database: str = ":memory:", **kwargs: Any) -> Connection:
        """`awsvtab.connect` to this emulator, with its session and endpoint."""
        # Not needed, and so not imported, where only boto3 talks to the emulator.
        from awsvtab import connect

        kwargs.setdefault("session", self.session)
        kwargs.setdefault("endpoint_url", self.endpoint_url)
        return connect(database, **kwargs)
