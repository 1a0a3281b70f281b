"""The Cloud Control API as awsvtab uses it: operations, retries, and notes of every call.

https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from awsvtab.activity import Activity, Call
from awsvtab.asking import Asker
from awsvtab.aws_errors import Subject, is_expired, make_error, retry_delay, translated
from awsvtab.clients import Clients
from awsvtab.errors import AwsError, NotFound, Throttling
from awsvtab.options import SESSION_ACCOUNT, Options, Place
from awsvtab.pacing import Pace, Slot
from awsvtab.values import Properties, dump_json, parse_json

FINAL = frozenset({"SUCCESS", "FAILED", "CANCEL_COMPLETE"})
REQUESTS_ON_A_PAGE = 100  # as many as ListResourceRequests gives
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
    """Calls Cloud Control, no faster than it takes, and retries what may be retried.

    May be used from several threads. Each method raises `AwsError` subclasses, and Cancelled once
    the caller is cancelled. Where an ``attempt`` is given, it is the number of the only one that is
    made: whether there is another is the caller's decision. ``activity`` remembers the calls.
    """

    def __init__(self, options: Options) -> None:
        self.activity = Activity()
        self._options = options
        self._clock = options.clock
        self._clients = Clients(options)
        self._paces: dict[tuple[str, Place], Pace] = {}
        self._accounts: dict[str, str] = {}
        self._enabled_regions: dict[str, tuple[str, ...]] = {}
        self._random = random.Random()  # not the program's, which may be seeded

    def default_region(self, account: str = SESSION_ACCOUNT) -> str | None:
        """The session's own region, None if it has none."""
        with translated("Session", "", Subject()):
            return self._clients.session(account).region_name

    def enabled_regions(self, account: str, asker: Asker) -> tuple[str, ...]:
        """The regions that are enabled for an account; asked once."""
        known = self._enabled_regions.get(account)
        if known is None:
            place = Place(account, self.default_region(account) or ANY_REGION)
            answer = self._call("ec2", "DescribeRegions", place, Subject(), {}, asker)
            names = sorted(region["RegionName"] for region in answer["Regions"])
            known = self._enabled_regions[account] = tuple(names)
        return known

    def describe_type(self, type_name: str, asker: Asker) -> Mapping[str, Any]:
        """The registry's schema of a type, as it is in the session's region."""
        place = Place(SESSION_ACCOUNT, self.default_region() or ANY_REGION)
        request = {"Type": "RESOURCE", "TypeName": type_name}
        answer = self._call(
            "cloudformation", "DescribeType", place, Subject(type_name), request, asker
        )
        schema: Mapping[str, Any] = {"typeName": type_name, **parse_json(answer["Schema"])}
        return schema

    def is_region(self, name: str) -> bool:
        """Whether a name fits the pattern of a partition that botocore knows."""
        from botocore.exceptions import UnknownRegionError

        with translated("Session", name, Subject()):
            session = self._clients.session()
        try:
            session.get_partition_for_region(name)
        except UnknownRegionError:
            return False
        return True

    def account_id(self, place: Place, asker: Asker) -> str:
        """The id of the account that the credentials belong to; asked once."""
        known = self._accounts.get(place.account)
        if known is None:
            answer = self._call("sts", "GetCallerIdentity", place, Subject(), {}, asker)
            known = self._accounts[place.account] = answer["Account"]
        return known

    def list_page(
        self,
        place: Place,
        type_name: str,
        resource_model: Properties,
        token: str | None,
        asker: Asker,
    ) -> Page:
        """One page of ListResources."""
        request = {"TypeName": type_name}
        if resource_model:
            request["ResourceModel"] = dump_json(resource_model)
        if token is not None:
            request["NextToken"] = token
        answer = self._cloudcontrol("ListResources", place, Subject(type_name), request, asker)
        resources = tuple(
            (each["Identifier"], each.get("Properties", ""))
            for each in answer.get("ResourceDescriptions", ())
        )
        asker.note_page(len(resources))
        return Page(resources, answer.get("NextToken"))

    def get(
        self, place: Place, type_name: str, identifier: str, asker: Asker
    ) -> tuple[str, str] | None:
        """A resource's identifier and properties' text by GetResource; None if there is none."""
        request = {"TypeName": type_name, "Identifier": identifier}
        subject = Subject(type_name, identifier)
        try:
            answer = self._cloudcontrol("GetResource", place, subject, request, asker)
        except NotFound:
            return None
        except AwsError as error:
            if ELSEWHERE in str(error):
                return None
            raise
        found = answer["ResourceDescription"]
        asker.note_resource()
        return found.get("Identifier", identifier), found.get("Properties", "")

    def create(
        self,
        place: Place,
        type_name: str,
        desired_state: Properties,
        client_token: str,
        asker: Asker,
        attempt: int | None = None,
    ) -> ProgressEvent:
        """Asks AWS to create a resource."""
        request = {"TypeName": type_name, "DesiredState": dump_json(desired_state)}
        return self._change(
            "CreateResource", place, Subject(type_name), request, client_token, asker, attempt
        )

    def update(
        self,
        place: Place,
        type_name: str,
        identifier: str,
        patch_document: str,
        client_token: str,
        asker: Asker,
        attempt: int | None = None,
    ) -> ProgressEvent:
        """Asks AWS to patch a resource."""
        request = {
            "TypeName": type_name,
            "Identifier": identifier,
            "PatchDocument": patch_document,
        }
        subject = Subject(type_name, identifier)
        return self._change("UpdateResource", place, subject, request, client_token, asker, attempt)

    def delete(
        self,
        place: Place,
        type_name: str,
        identifier: str,
        client_token: str,
        asker: Asker,
        attempt: int | None = None,
    ) -> ProgressEvent:
        """Asks AWS to delete a resource."""
        request = {"TypeName": type_name, "Identifier": identifier}
        subject = Subject(type_name, identifier)
        return self._change("DeleteResource", place, subject, request, client_token, asker, attempt)

    def status(
        self, place: Place, event: ProgressEvent, asker: Asker, attempt: int | None = None
    ) -> ProgressEvent:
        """How the change that an event is about goes on, with what hooks say of it."""
        subject = Subject(event.type_name, event.identifier, event.request_token)
        request = {"RequestToken": event.request_token}
        answer = self._cloudcontrol(
            "GetResourceRequestStatus", place, subject, request, asker, attempt
        )
        hooks = tuple(map(_hook_progress, answer.get("HooksProgressEvent", ())))
        return replace(progress_event(answer["ProgressEvent"]), hooks=hooks)

    def requests_page(
        self,
        place: Place,
        operations: Sequence[str],
        statuses: Sequence[str],
        token: str | None,
        asker: Asker,
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
        answer = self._cloudcontrol("ListResourceRequests", place, Subject(), request, asker)
        events = answer.get("ResourceRequestStatusSummaries", ())
        return list(map(progress_event, events)), answer.get("NextToken")

    def close(self) -> None:
        """Closes the pooled connections, after a moment for requests that are under way."""
        self._clients.close()

    def _change(
        self,
        operation: str,
        place: Place,
        subject: Subject,
        request: dict[str, str],
        client_token: str,
        asker: Asker,
        attempt: int | None,
    ) -> ProgressEvent:
        request["ClientToken"] = client_token
        answer = self._cloudcontrol(operation, place, subject, request, asker, attempt)
        return progress_event(answer["ProgressEvent"])

    def _cloudcontrol(
        self,
        operation: str,
        place: Place,
        subject: Subject,
        request: Mapping[str, Any],
        asker: Asker,
        attempt: int | None = None,
    ) -> dict[str, Any]:
        return self._call("cloudcontrol", operation, place, subject, request, asker, attempt)

    def _call(
        self,
        service: str,
        operation: str,
        place: Place,
        subject: Subject,
        request: Mapping[str, Any],
        asker: Asker,
        only_attempt: int | None = None,
    ) -> dict[str, Any]:
        """The answer to a request, tried again while that may help."""
        pace = self._pace(service, place)
        renewals = self._clients.renewals(place.account)
        renewed = False
        attempt = only_attempt or 1
        while True:
            asker.check()
            slot = pace.wait(self._clock, asker)
            asker.spend(operation, subject.type_name, place.region)
            try:
                answer = self._attempt(service, operation, place, subject, request, attempt, asker)
            except AwsError as error:
                self._note_refusal(pace, slot, error, asker)
                if is_expired(error) and not renewed:
                    renewed = self._renew(operation, place, renewals)
                    pause = 0.0 if renewed else None
                elif only_attempt is None:
                    pause = retry_delay(error, attempt, self._random.random())
                else:
                    pause = None
                if pause is None:
                    raise
            else:
                pace.answered(self._clock.time())
                return answer
            self._clock.sleep(pause, asker)
            attempt += 1

    def _attempt(
        self,
        service: str,
        operation: str,
        place: Place,
        subject: Subject,
        request: Mapping[str, Any],
        attempt: int,
        asker: Asker,
    ) -> dict[str, Any]:
        """The answer to one HTTP request, which is noted."""
        started_at = self._clock.time()
        outcome, request_id = "", None
        try:
            with translated(operation, place.region, subject):
                answer = self._clients.send(service, operation, place, request)
            if not any(member in answer for member in ANSWER_MEMBERS[operation]):
                message = "the answer was cut off"
                raise make_error("InternalFailure", message, operation, place.region, subject)
            outcome, request_id = "ok", answer["ResponseMetadata"].get("RequestId")
        except AwsError as error:
            outcome, request_id = error.code, error.request_id
            raise
        finally:
            ms = (self._clock.time() - started_at) * 1000
            self.activity.note_call(
                Call(
                    operation,
                    subject.type_name,
                    place.region,
                    subject.identifier,
                    attempt,
                    started_at,
                    ms,
                    outcome,
                    request_id,
                    asker.statement,
                )
            )
        return answer

    def _note_refusal(self, pace: Pace, slot: Slot, error: AwsError, asker: Asker) -> None:
        if isinstance(error, Throttling):
            asker.note_throttled()
            pace.throttled(slot, self._clock.time())
        else:
            pace.answered(self._clock.time())

    def _pace(self, service: str, place: Place) -> Pace:
        """What all callers of a service in a place share, as AWS counts them."""
        pace = self._paces.get((service, place))
        if pace is None:
            made = Pace(self._options.max_requests_per_second)
            pace = self._paces.setdefault((service, place), made)  # atomic: there is one
        return pace

    def _renew(self, operation: str, place: Place, renewals: int) -> bool:
        """Whether there are new credentials for a place, where AWS said that they have expired."""
        with translated(operation, place.region, Subject()):
            return self._clients.renew(place.account, renewals)


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
