"""boto3's sessions and clients: one client for each service and place, credentials that expire."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from awsvtab.options import SESSION_ACCOUNT, Options, Place
from awsvtab.version import __version__

if TYPE_CHECKING:
    import boto3

CONNECT_TIMEOUT_S = 10
CLOSE_WAIT_S = 1.0


class Clients:
    """Sends single requests. May be used from several threads. Raises what botocore raises."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lock = threading.RLock()
        self._settled = threading.Condition(self._lock)
        self._under_way = 0
        self._sessions: dict[str, boto3.Session] = {}
        if options.session is not None:
            self._sessions[SESSION_ACCOUNT] = options.session
        self._clients: dict[tuple[str, Place], Any] = {}
        self._renewals: dict[str, int] = {}

    def session(self, account: str = SESSION_ACCOUNT) -> boto3.Session:
        """The session of an account, made when it is first used."""
        with self._lock:
            session = self._sessions.get(account)
            if session is None:
                import boto3

                profile = account or self._options.profile
                session = self._sessions[account] = boto3.Session(profile_name=profile)
            return session

    def send(
        self, service: str, operation: str, place: Place, request: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The answer to one request."""
        from botocore import xform_name

        client = self._client(service, place)
        with self._lock:
            self._under_way += 1
        try:
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**request)
        finally:
            with self._settled:
                self._under_way -= 1
                self._settled.notify_all()
        return answer

    def renewals(self, account: str) -> int:
        """How often the credentials of an account were renewed."""
        return self._renewals.get(account, 0)

    def renew(self, account: str, renewals: int) -> bool:
        """Gets new credentials in place of those that have expired; False if there are none.

        ``renewals`` is what there were when the refused request was sent: requests that are
        refused together renew once. A session of the user's can give new ones if they are of the
        kind that refreshes itself; for any other, what they came from is read again.
        """
        with self._lock:
            if self.renewals(account) != renewals:
                return True
            if not self._refresh(account):
                return False
            self._renewals[account] = renewals + 1
            return True

    def _refresh(self, account: str) -> bool:
        credentials = self.session(account).get_credentials()
        old = credentials.get_frozen_credentials() if credentials is not None else None
        # Of botocore's RefreshableCredentials. It refreshes by the clock, and has no public way
        # to be told that AWS has refused the credentials before.
        refresh = getattr(credentials, "_protected_refresh", None)
        if refresh is not None:
            refresh(is_mandatory=True)
        elif self._options.session is None or account != SESSION_ACCOUNT:
            del self._sessions[account]
            self._clients = {
                key: client for key, client in self._clients.items() if key[1].account != account
            }
            credentials = self.session(account).get_credentials()
        new = credentials.get_frozen_credentials() if credentials is not None else None
        return new is not None and new != old

    def close(self) -> None:
        """Closes the pooled connections, after a moment for requests that are under way."""
        with self._settled:
            self._settled.wait_for(lambda: self._under_way == 0, CLOSE_WAIT_S)
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def _client(self, service: str, place: Place) -> Any:
        """One client per service and place, as boto3 makes them under no lock of its own."""
        with self._lock:
            client = self._clients.get((service, place))
            if client is None:
                from botocore.config import Config

                session = self.session(place.account)
                config = Config(
                    retries={"total_max_attempts": 1, "mode": "standard"},
                    max_pool_connections=self._options.concurrency,
                    read_timeout=self._options.read_timeout,
                    connect_timeout=CONNECT_TIMEOUT_S,
                    # Given whole, as botocore would put it together anew for each request.
                    user_agent=f"{session._session.user_agent()} awsvtab/{__version__}",
                )
                # boto3's stub knows literal names only.
                make_client: Any = session.client
                client = make_client(
                    service,
                    region_name=place.region,
                    endpoint_url=self._options.endpoint_url,
                    config=config,
                )
                self._clients[service, place] = client
            return client
