"""The Cloud Control API as awsvtab uses it: operations, retries, and notes of every call.

https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awsvtab.activity import Activity, Call
from awsvtab.asking import Asker
from awsvtab.aws_errors import Subject, is_expired, make_error, retry_delay, translated
from awsvtab.clients import Clients
from awsvtab.errors import AwsError, NotFound, Throttling, aws_error_class
from awsvtab.options import SESSION_ACCOUNT, Options, Place
from awsvtab.pacing import Pace, Slot
from awsvtab.values import Properties, dump_json, parse_json

FINAL = frozenset({"SUCCESS", "FAILED", "CANCEL_COMPLETE"})
FIRST_POLL_S, LONGEST_POLL_S = 0.5, 30.0
LONGEST_RETRY_AFTER_S = 300.0
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
class ProgressEvent:
    """How a change goes on, in the words of Cloud Control's ProgressEvent."""

    operation: str
    operation_status: str
    type_name: str
    request_token: str
    identifier: str | None = None
    event_time: float | None = None
    status_message: str | None = None
    error_code: str | None = None
    retry_after: float | None = None

    @property
    def final(self) -> bool:
        """Whether nothing more will happen."""
        return self.operation_status in FINAL


class CloudControl:
    """Calls Cloud Control, no faster than it takes, and retries what may be retried.

    May be used from several threads. Each method raises `AwsError` subclasses, and Cancelled once
    the caller is cancelled. ``activity`` remembers the calls.
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
    ) -> ProgressEvent:
        """Asks AWS to create a resource."""
        request = {"TypeName": type_name, "DesiredState": dump_json(desired_state)}
        return self._change(
            "CreateResource", place, Subject(type_name), request, client_token, asker
        )

    def update(
        self,
        place: Place,
        type_name: str,
        identifier: str,
        patch_document: str,
        client_token: str,
        asker: Asker,
    ) -> ProgressEvent:
        """Asks AWS to patch a resource."""
        request = {
            "TypeName": type_name,
            "Identifier": identifier,
            "PatchDocument": patch_document,
        }
        subject = Subject(type_name, identifier)
        return self._change("UpdateResource", place, subject, request, client_token, asker)

    def delete(
        self, place: Place, type_name: str, identifier: str, client_token: str, asker: Asker
    ) -> ProgressEvent:
        """Asks AWS to delete a resource."""
        request = {"TypeName": type_name, "Identifier": identifier}
        subject = Subject(type_name, identifier)
        return self._change("DeleteResource", place, subject, request, client_token, asker)

    def wait(self, place: Place, event: ProgressEvent, asker: Asker) -> ProgressEvent:
        """The event that ends a change; polls when AWS says, else ever more slowly.

        Raises TimedOut, with the request token, after ``write_timeout``.
        """
        deadline = self._clock.time() + self._options.write_timeout
        pause = FIRST_POLL_S
        while not event.final:
            now = self._clock.time()
            if now >= deadline:
                raise self._out_of_time(place, event)
            due = poll_delay(event)
            if due is None:
                due = pause * self._random.uniform(0.5, 1)
            self._clock.sleep(min(due, deadline - now), asker)
            pause = min(pause * 2, LONGEST_POLL_S)
            event = self._status(place, event, asker)
        return event

    def close(self) -> None:
        """Closes the pooled connections, after a moment for requests that are under way."""
        self._clients.close()

    def _status(self, place: Place, event: ProgressEvent, asker: Asker) -> ProgressEvent:
        subject = Subject(event.type_name, event.identifier, event.request_token)
        request = {"RequestToken": event.request_token}
        answer = self._cloudcontrol("GetResourceRequestStatus", place, subject, request, asker)
        return progress_event(answer["ProgressEvent"])

    def _out_of_time(self, place: Place, event: ProgressEvent) -> AwsError:
        return aws_error_class("ServiceTimeout")(
            f"{event.operation} of {event.type_name} in {place.region} is still "
            f"{event.operation_status} after {self._options.write_timeout:g} s and may yet finish: "
            f"ask with request token {event.request_token}, or connect(write_timeout=…) for longer",
            code="ServiceTimeout",
            operation="GetResourceRequestStatus",
            type_name=event.type_name,
            identifier=event.identifier,
            region=place.region,
            request_token=event.request_token,
        )

    def _change(
        self,
        operation: str,
        place: Place,
        subject: Subject,
        request: dict[str, str],
        client_token: str,
        asker: Asker,
    ) -> ProgressEvent:
        request["ClientToken"] = client_token
        answer = self._cloudcontrol(operation, place, subject, request, asker)
        return progress_event(answer["ProgressEvent"])

    def _cloudcontrol(
        self,
        operation: str,
        place: Place,
        subject: Subject,
        request: Mapping[str, str],
        asker: Asker,
    ) -> dict[str, Any]:
        return self._call("cloudcontrol", operation, place, subject, request, asker)

    def _call(
        self,
        service: str,
        operation: str,
        place: Place,
        subject: Subject,
        request: Mapping[str, str],
        asker: Asker,
    ) -> dict[str, Any]:
        """The answer to a request, tried again while that may help."""
        pace = self._pace(service, place)
        renewals = self._clients.renewals(place.account)
        renewed = False
        attempt = 1
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
                else:
                    pause = retry_delay(error, attempt, self._random.random())
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
        request: Mapping[str, str],
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
    )


def poll_delay(event: ProgressEvent) -> float | None:
    """Seconds to the time at which AWS wants to be asked again; None if it does not say.

    Both times of the event are AWS's: this machine's clock may be wrong.
    """
    if event.retry_after is None or event.event_time is None:
        return None
    return min(max(event.retry_after - event.event_time, 0.0), LONGEST_RETRY_AFTER_S)


def _epoch(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()
