"""The glue to moto: a backend per account and region, and the entry in moto's table of services.

moto finds a service's backends as ``moto.<service>.<service>_backends`` and its URLs in
``moto.backend_index``. Importing this module adds both for Cloud Control; from then on it works
under ``mock_aws``, and moto clears its state together with that of its own services.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
import threading
import weakref
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from botocore.exceptions import ConnectionClosedError
from moto import backend_index
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import get_account_id_from

from . import access, schemas, wire
from .access import Rights
from .controls import Controls
from .errors import CloudControlError
from .faults import Effect
from .holdings import Region
from .pointers import Json
from .service import CloudControl
from .values import Place

SERVICE = "cloudcontrolapi"

url_bases = [r"https?://cloudcontrolapi(-fips)?\.(.+)\.(amazonaws\.com|api\.aws)"]

if TYPE_CHECKING:
    Backends = BackendDict["CloudControlBackend"]
else:
    Backends = BackendDict


# All state of Cloud Control is used under it. moto's services know no locks, and their own clients'
# requests do not take this one.
LOCK = threading.RLock()


class Headers(Protocol):
    """What http.server's, werkzeug's and botocore's headers have in common."""

    def get(self, name: str, default: Any = None) -> Any: ...
    def items(self) -> Iterable[tuple[str, Any]]: ...


class CloudControlBackend(BaseBackend):
    """One region of one account."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.region = Region(Place(account_id, region_name, self.partition))

    @property
    def _url_module(self) -> ModuleType:
        return sys.modules[__name__]


class CloudControlBackends(Backends):
    """All backends. Clearing them sets their emulators' settings back too."""

    def __init__(self) -> None:
        super().__init__(
            CloudControlBackend,
            SERVICE,
            use_boto3_regions=False,
            additional_regions=list(schemas.regions()),
        )
        self.controls: weakref.WeakSet[Controls] = weakref.WeakSet()

    def clear(self) -> None:
        super().clear()
        for controls in self.controls:
            controls.reset()


class Accounts:
    """The accounts of the emulators that run in this process, each with one."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str | None) -> str:
        """An account that is free from now on no more. Raises RuntimeError for one that is not."""
        with LOCK:
            free = (str(n) for n in itertools.count(int(DEFAULT_ACCOUNT_ID)))
            account = wanted or next(a for a in free if a not in self._taken)
            if account in self._taken:
                raise RuntimeError(f"an emulator of account {account} is running already")
            self._taken.add(account)
            return account

    def give_back(self, account: str) -> None:
        with LOCK:
            self._taken.discard(account)


accounts = Accounts()
backends = CloudControlBackends()
mocked = Controls()
backends.controls.add(mocked)


def service(
    account: str,
    region: str,
    controls: Controls,
    effects: Sequence[Effect] = (),
    rights: Rights = access.everything,
) -> CloudControl:
    """Cloud Control as the account sees it in the region, for one request.

    Raises ValueError for a region that there is not.
    """
    try:
        here = backends[account][region].region
    except KeyError:
        raise ValueError(f"there is no region '{region}'") from None
    regions = backends[account]
    return CloudControl(here, lambda name: regions[name].region, controls, effects, rights)


def answer(target: str, body: bytes, caller: wire.Caller, controls: Controls) -> wire.Answer:
    """The answer to one HTTP request."""

    def run(operation: str, request: Json, effects: Sequence[Effect]) -> Json:
        with LOCK:
            rights = access.rights(caller.account, caller.region, caller.headers, body, operation)
            try:
                cloud_control = service(caller.account, caller.region, controls, effects, rights)
            except ValueError as error:
                # What a request to no endpoint gets from AWS is no answer at all.
                raise CloudControlError("UnrecognizedClientException", str(error)) from None
            return cloud_control.answer(operation, request)

    return wire.answer(target, body, caller, controls, run)


def caller(headers: Headers, url: str, default_account: str) -> wire.Caller:
    """The region that a request is signed for or sent to, and the account of its access key."""
    scope = re.search(r"Credential=([^/]+)/\d+/([^/]+)/", headers.get("Authorization", ""))
    host = re.match(url_bases[0], url)
    region = host[2] if host else scope[2] if scope else schemas.DEFAULT_REGION
    account = os.environ.get("MOTO_ACCOUNT_ID") or headers.get("x-moto-account-id")
    if account is None:
        account = get_account_id_from(scope[1] if scope else "")
    account = default_account if account == DEFAULT_ACCOUNT_ID else account
    given = dict(headers.items())
    if url and "host" not in map(str.lower, given):
        given["host"] = urlsplit(url).netloc  # under ``mock_aws``, which takes requests before that
    return wire.Caller(account, region, given)


def respond(request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, str], bytes]:
    """moto's entry: a request that ``mock_aws`` or a moto server took."""
    target = request.headers.get("X-Amz-Target", "")
    asks = caller(request.headers, full_url, DEFAULT_ACCOUNT_ID)
    given = answer(target, request.data, asks, mocked)
    if given.dropped:
        raise ConnectionClosedError(endpoint_url=full_url)
    return given.status, dict(given.headers), given.sent


url_paths = {"{0}/$": respond}


def instances() -> list[Any]:
    """moto's services that hold state now."""
    holder: Any = BackendDict
    return list(holder._instances)


def install() -> None:
    """Make moto know the service. Importing the package does it; once is enough."""
    module = ModuleType(f"moto.{SERVICE}")
    module.__dict__[f"{SERVICE}_backends"] = backends
    if f"moto.{SERVICE}" not in sys.modules:
        sys.modules[f"moto.{SERVICE}"] = module
        pattern = re.compile(url_bases[0])
        backend_index.backend_url_patterns.append((SERVICE, pattern))


install()
