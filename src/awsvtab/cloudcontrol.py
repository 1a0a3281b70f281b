"""The Cloud Control API as awsvtab uses it: the only module that calls botocore.

https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from awsvtab.aws_errors import Subject, make_error, retry_delay, translated
from awsvtab.errors import AwsError, NotFound
from awsvtab.options import SESSION_ACCOUNT, Options, Place
from awsvtab.values import Properties, dump_json, parse_json
from awsvtab.version import __version__
from awsvtab.waiting import Cancel

if TYPE_CHECKING:
    import boto3

CALLS_KEPT = 10_000
REQUESTS_ON_A_PAGE = 100  # as many as ListResourceRequests gives
FINAL = frozenset({"SUCCESS", "FAILED", "CANCEL_COMPLETE"})
CONNECT_TIMEOUT_S = 10
CLOSE_WAIT_S = 1.0
ANY_REGION = "us-east-1"  # for what is the same in all
# What S3 answers about a bucket of another region, through the handler.
ELSEWHERE = "Status Code: 301"

# botocore takes a body that is not JSON, cut off on its way, for an answer without members: one
# without any of these is no answer, least of all an empty listing.
ANSWER_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "ListResources": ("ResourceDescriptions", "TypeName"),
    "GetResource": ("ResourceDescription",),
    **dict.fromkeys(
        ("CreateResource", "UpdateResource", "DeleteResource", "GetResourceRequestStatus"),
        ("ProgressEvent",),
    ),
    "ListResourceRequests": ("ResourceRequestStatusSummaries",),
    "GetCallerIdentity": ("Account",),
    "DescribeRegions": ("Regions",),
    "DescribeType": ("Schema",),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request to AWS: its duration in ms, and its outcome, "ok" or AWS's code."""

    position: int
    operation: str
    type_name: str | None
    region: str
    identifier: str | None
    attempt: int
    started_at: float
    ms: float
    outcome: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a listing: (identifier, JSON text of its properties), and the next page's token."""

    resources: tuple[tuple[str, str], ...]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class HookProgress:
    """What a hook says of a change, in the words of Cloud Control's HookProgressEvent."""

    hook_type_name: str
    hook_status: str
    hook_status_message: str | None = None
    invocation_point: str | None = None
    failure_mode: str | None = None


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """How a change goes on, in the words of Cloud Control's ProgressEvent.

    Times are seconds since the epoch. ``hooks`` is only known where the request was asked for.
    """

    operation: str
    operation_status: str
    type_name: str
    request_token: str
    identifier: str | None = None
    event_time: float | None = None
    status_message: str | None = None
    error_code: str | None = None
    retry_after: float | None = None
    hooks_request_token: str | None = None
    resource_model: str | None = field(default=None, repr=False)
    hooks: tuple[HookProgress, ...] = ()

    @property
    def final(self) -> bool:
        """Whether nothing more will happen."""
        return self.operation_status in FINAL


class CloudControl:
    """Calls Cloud Control, retries what may be retried, and notes every call.

    May be used from several threads. Each method raises `AwsError` subclasses, and Cancelled once
    the caller's ``cancel`` is set. Where an ``attempt`` is given, it is the number of the only one
    that is made: whether there is another is the caller's decision.
    """

    def __init__(self, options: Options) -> None:
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self._options = options
        self._clock = options.clock
        self._lock = threading.Lock()
        self._under_way = 0
        self._settled = threading.Condition(self._lock)
        self._sessions: dict[str, boto3.Session] = {}
        if options.session is not None:
            self._sessions[SESSION_ACCOUNT] = options.session
        self._clients: dict[tuple[str, Place], Any] = {}
        self._accounts: dict[str, str] = {}
        self._enabled_regions: dict[str, tuple[str, ...]] = {}
        self._made = 0
        self._random = random.Random()  # not the program's, which may be seeded

    def default_region(self, account: str = SESSION_ACCOUNT) -> str | None:
        """The session's own region, None if it has none."""
        with translated("Session", "", Subject()):
            return self._session(account).region_name

    def enabled_regions(self, account: str, cancel: Cancel) -> tuple[str, ...]:
        """The regions that are enabled for an account; asked once."""
        known = self._enabled_regions.get(account)
        if known is None:
            place = Place(account, self.default_region(account) or ANY_REGION)
            answer = self._call("ec2", "DescribeRegions", place, Subject(), {}, cancel)
            names = sorted(region["RegionName"] for region in answer["Regions"])
            known = self._enabled_regions[account] = tuple(names)
        return known

    def describe_type(self, type_name: str, cancel: Cancel) -> Mapping[str, Any]:
        """The registry's schema of a type, as it is in the session's region."""
        place = Place(SESSION_ACCOUNT, self.default_region() or ANY_REGION)
        request = {"Type": "RESOURCE", "TypeName": type_name}
        answer = self._call(
            "cloudformation", "DescribeType", place, Subject(type_name), request, cancel
        )
        schema: Mapping[str, Any] = {"typeName": type_name, **parse_json(answer["Schema"])}
        return schema

    def is_region(self, name: str) -> bool:
        """Whether a name fits the pattern of a partition that botocore knows."""
        from botocore.exceptions import UnknownRegionError

        with translated("Session", name, Subject()):
            session = self._session()
        try:
            session.get_partition_for_region(name)
        except UnknownRegionError:
            return False
        return True

    def account_id(self, place: Place, cancel: Cancel) -> str:
        """The id of the account that the credentials belong to; asked once."""
        known = self._accounts.get(place.account)
        if known is None:
            answer = self._call("sts", "GetCallerIdentity", place, Subject(), {}, cancel)
            known = self._accounts[place.account] = answer["Account"]
        return known

    def list_page(
        self,
        place: Place,
        type_name: str,
        resource_model: Properties,
        token: str | None,
        cancel: Cancel,
    ) -> Page:
        """One page of ListResources."""
        request = {"TypeName": type_name}
        if resource_model:
            request["ResourceModel"] = dump_json(resource_model)
        if token is not None:
            request["NextToken"] = token
        answer = self._cloudcontrol("ListResources", place, Subject(type_name), request, cancel)
        resources = tuple(
            (each["Identifier"], each.get("Properties", ""))
            for each in answer.get("ResourceDescriptions", ())
        )
        return Page(resources, answer.get("NextToken"))

    def get(
        self, place: Place, type_name: str, identifier: str, cancel: Cancel
    ) -> tuple[str, str] | None:
        """A resource's identifier and properties' text by GetResource; None if there is none."""
        request = {"TypeName": type_name, "Identifier": identifier}
        subject = Subject(type_name, identifier)
        try:
            answer = self._cloudcontrol("GetResource", place, subject, request, cancel)
        except NotFound:
            return None
        except AwsError as error:
            if ELSEWHERE in str(error):
                return None
            raise
        found = answer["ResourceDescription"]
        return found.get("Identifier", identifier), found.get("Properties", "")

    def create(
        self,
        place: Place,
        type_name: str,
        desired_state: Properties,
        client_token: str,
        cancel: Cancel,
        attempt: int | None = None,
    ) -> ProgressEvent:
        """Asks AWS to create a resource."""
        request = {"TypeName": type_name, "DesiredState": dump_json(desired_state)}
        return self._change(
            "CreateResource", place, Subject(type_name), request, client_token, cancel, attempt
        )

    def update(
        self,
        place: Place,
        type_name: str,
        identifier: str,
        patch_document: str,
        client_token: str,
        cancel: Cancel,
        attempt: int | None = None,
    ) -> ProgressEvent:
        """Asks AWS to patch a resource."""
        request = {
            "TypeName": type_name,
            "Identifier": identifier,
            "PatchDocument": patch_document,
        }
        subject = Subject(type_name, identifier)
        return self._change(
            "UpdateResource", place, subject, request, client_token, cancel, attempt
        )

    def delete(
        self,
        place: Place,
        type_name: str,
        identifier: str,
        client_token: str,
        cancel: Cancel,
        attempt: int | None = None,
    ) -> ProgressEvent:
        """Asks AWS to delete a resource."""
        request = {"TypeName": type_name, "Identifier": identifier}
        subject = Subject(type_name, identifier)
        return self._change(
            "DeleteResource", place, subject, request, client_token, cancel, attempt
        )

    def status(
        self, place: Place, event: ProgressEvent, cancel: Cancel, attempt: int | None = None
    ) -> ProgressEvent:
        """How the change that an event is about goes on, with what hooks say of it."""
        subject = Subject(event.type_name, event.identifier, event.request_token)
        request = {"RequestToken": event.request_token}
        answer = self._cloudcontrol(
            "GetResourceRequestStatus", place, subject, request, cancel, attempt
        )
        hooks = tuple(map(_hook_progress, answer.get("HooksProgressEvent", ())))
        return replace(progress_event(answer["ProgressEvent"]), hooks=hooks)

    def requests_page(
        self,
        place: Place,
        operations: Sequence[str],
        statuses: Sequence[str],
        token: str | None,
        cancel: Cancel,
    ) -> tuple[list[ProgressEvent], str | None]:
        """One page of ListResourceRequests, and the next page's token.

        AWS keeps them for seven days. No operations or statuses are all of them.
        """
        wanted = {"Operations": list(operations), "OperationStatuses": list(statuses)}
        request: dict[str, Any] = {"MaxResults": REQUESTS_ON_A_PAGE}
        if operations or statuses:
            request["ResourceRequestStatusFilter"] = {k: v for k, v in wanted.items() if v}
        if token is not None:
            request["NextToken"] = token
        answer = self._cloudcontrol("ListResourceRequests", place, Subject(), request, cancel)
        events = answer.get("ResourceRequestStatusSummaries", ())
        return list(map(progress_event, events)), answer.get("NextToken")

    def close(self) -> None:
        """Closes the pooled connections, after a moment for requests that are under way."""
        with self._settled:
            self._settled.wait_for(lambda: self._under_way == 0, CLOSE_WAIT_S)
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def _change(
        self,
        operation: str,
        place: Place,
        subject: Subject,
        request: dict[str, str],
        client_token: str,
        cancel: Cancel,
        attempt: int | None,
    ) -> ProgressEvent:
        request["ClientToken"] = client_token
        answer = self._cloudcontrol(operation, place, subject, request, cancel, attempt)
        return progress_event(answer["ProgressEvent"])

    def _cloudcontrol(
        self,
        operation: str,
        place: Place,
        subject: Subject,
        request: Mapping[str, Any],
        cancel: Cancel,
        attempt: int | None = None,
    ) -> dict[str, Any]:
        return self._call("cloudcontrol", operation, place, subject, request, cancel, attempt)

    def _call(
        self,
        service: str,
        operation: str,
        place: Place,
        subject: Subject,
        request: Mapping[str, Any],
        cancel: Cancel,
        only_attempt: int | None = None,
    ) -> dict[str, Any]:
        """The answer to a request, tried again while that may help."""
        attempt = only_attempt or 1
        while True:
            cancel.check()
            started = self._clock.time()
            try:
                with translated(operation, place.region, subject):
                    answer = self._send(service, operation, place, request)
            except AwsError as error:
                self._note(
                    operation, place, subject, attempt, started, error.code, error.request_id
                )
                pause = retry_delay(error, attempt, self._random.random())
                if pause is None or only_attempt is not None:
                    raise
            else:
                request_id = answer["ResponseMetadata"].get("RequestId")
                self._note(operation, place, subject, attempt, started, "ok", request_id)
                return answer
            self._clock.sleep(pause, cancel)
            attempt += 1

    def _send(
        self, service: str, operation: str, place: Place, request: Mapping[str, Any]
    ) -> dict[str, Any]:
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
        if not any(member in answer for member in ANSWER_MEMBERS[operation]):
            raise make_error(
                "InternalFailure",
                "the answer was cut off",
                operation,
                place.region,
                Subject(request.get("TypeName"), request.get("Identifier")),
            )
        return answer

    def _client(self, service: str, place: Place) -> Any:
        """One client per service and place, as boto3 makes them under no lock of its own."""
        with self._lock:
            client = self._clients.get((service, place))
            if client is None:
                from botocore.config import Config

                config = Config(
                    retries={"total_max_attempts": 1, "mode": "standard"},
                    max_pool_connections=self._options.concurrency,
                    read_timeout=self._options.read_timeout,
                    connect_timeout=CONNECT_TIMEOUT_S,
                    user_agent_extra=f"awsvtab/{__version__}",
                )
                make_client: Any = self._session(
                    place.account
                ).client  # its stub knows literal names only
                client = make_client(
                    service,
                    region_name=place.region,
                    endpoint_url=self._options.endpoint_url,
                    config=config,
                )
                self._clients[service, place] = client
            return client

    def _session(self, account: str = SESSION_ACCOUNT) -> boto3.Session:
        session = self._sessions.get(account)
        if session is None:
            import boto3

            profile = account or self._options.profile
            session = self._sessions[account] = boto3.Session(profile_name=profile)
        return session

    def _note(
        self,
        operation: str,
        place: Place,
        subject: Subject,
        attempt: int,
        started: float,
        outcome: str,
        request_id: str | None,
    ) -> None:
        ms = (self._clock.time() - started) * 1000
        with self._lock:
            self._made += 1
            self.calls.append(
                Call(
                    self._made,
                    operation,
                    subject.type_name,
                    place.region,
                    subject.identifier,
                    attempt,
                    started,
                    ms,
                    outcome,
                    request_id,
                )
            )


def progress_event(answer: Mapping[str, Any]) -> ProgressEvent:
    """A ProgressEvent as botocore gives it, its times as seconds since the epoch."""
    return ProgressEvent(
        operation=answer.get("Operation", ""),
        operation_status=answer["OperationStatus"],
        type_name=answer.get("TypeName", ""),
        request_token=answer["RequestToken"],
        identifier=answer.get("Identifier"),
        event_time=_epoch(answer.get("EventTime")),
        status_message=answer.get("StatusMessage"),
        error_code=answer.get("ErrorCode"),
        retry_after=_epoch(answer.get("RetryAfter")),
        hooks_request_token=answer.get("HooksRequestToken"),
        resource_model=answer.get("ResourceModel"),
    )


def _hook_progress(answer: Mapping[str, Any]) -> HookProgress:
    return HookProgress(
        hook_type_name=answer.get("HookTypeName", ""),
        hook_status=answer.get("HookStatus", ""),
        hook_status_message=answer.get("HookStatusMessage"),
        invocation_point=answer.get("InvocationPoint"),
        failure_mode=answer.get("FailureMode"),
    )


def _epoch(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()
