"""The eight operations of the Cloud Control API, on requests and answers as plain dicts."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Callable, Sequence
from typing import NoReturn

from . import errors, identifiers, parents, patches, pointers, schemas, tokens, validation
from .access import Rights, everything
from .changes import ACTIVE, Change, Work
from .controls import Carried, Controls
from .faults import Effect
from .holdings import Holdings, Region
from .pointers import Json
from .schemas import ResourceSchema
from .store import Resource, key_type

OPERATIONS = {
    "CancelResourceRequest": "cancel_resource_request",
    "CreateResource": "create_resource",
    "DeleteResource": "delete_resource",
    "GetResource": "get_resource",
    "GetResourceRequestStatus": "get_resource_request_status",
    "ListResourceRequests": "list_resource_requests",
    "ListResources": "list_resources",
    "UpdateResource": "update_resource",
}

ALL_OPERATIONS = ("CREATE", "UPDATE", "DELETE")
ALL_STATUSES = (*ACTIVE, "SUCCESS", "FAILED", "CANCEL_IN_PROGRESS", "CANCEL_COMPLETE")


class CloudControl:
    """The service as one request to a region sees it. Callers hold `plugin.LOCK`."""

    def __init__(
        self,
        region: Region,
        regions: Callable[[str], Region],
        controls: Controls,
        effects: Sequence[Effect] = (),
        rights: Rights = everything,
    ) -> None:
        self.controls = controls
        self.effects = effects
        self.rights = rights
        self.now = controls.changes.clock()
        self.requests = region.requests
        self.holdings = Holdings(region, regions, self.now)
        region.pending.settle(self.now)

    def answer(self, operation: str, request: Json) -> Json:
        """The operation's output. Raises `CloudControlError`."""
        method: Callable[[Json], Json] = getattr(self, OPERATIONS[operation])
        try:
            return method(request)
        except errors.HandlerError as error:
            message = errors.handler_message(
                request.get("TypeName", ""), error.message, error.code, str(uuid.uuid4())
            )
            raise errors.CloudControlError(errors.HANDLER_ERRORS[error.code], message) from None

    # Reading

    def get_resource(self, request: Json) -> Json:
        schema = self._schema(request, "read")
        resource = self.holdings.existing(schema, identifiers.parse(schema, request["Identifier"]))
        return {
            "TypeName": schema.type_name,
            "ResourceDescription": {
                "Identifier": resource.identifier,
                "Properties": _described(schema, resource, "all"),
            },
        }

    def list_resources(self, request: Json) -> Json:
        schema = self._schema(request, "list")
        model = _object(request.get("ResourceModel", "{}"), "ResourceModel")
        validation.check_list_input(schema, model)
        self.holdings.check_parents(schema, model)
        listing = self.controls.listing
        size = min(listing.page_size, request.get("MaxResults", listing.page_size))
        wanted = parents.selection(schema, model)
        scope = self._scope(schema.type_name, listing.order, wanted.text)
        token = request.get("NextToken")
        after, number = tokens.decode(token, scope, key_type(listing.order))
        index = self.holdings.of(schema).index(listing.order, wanted.by)
        page, end = index.page(wanted.values, after, size, wanted.picked if wanted.picks else None)
        carried = listing.carried(schema.type_name)
        answer: Json = {
            "TypeName": schema.type_name,
            "ResourceDescriptions": [
                {"Identifier": r.identifier, "Properties": _described(schema, r, carried)}
                for r in page
            ],
        }
        if end is not None:
            answer["NextToken"] = tokens.encode(scope, end, number + 1)
        return answer

    # Writing

    def create_resource(self, request: Json) -> Json:
        schema = self._schema(request, "create")
        desired = _object(request["DesiredState"], "DesiredState")
        validation.check_desired_state(schema, desired)

        def begin() -> Change:
            serial = self.holdings.serial()
            foreseen = self.holdings.complete(schema, desired, serial)
            identifier = identifiers.compose(schema, foreseen)
            named = all(pointers.get(desired, p) is not None for p in schema.identifier)

            def work() -> tuple[str, Json | None]:
                return _outcome(schema, self.holdings.create(schema, desired, serial))

            return self._change("CREATE", schema, identifier, work, named)

        return self._begin(request, begin)

    def update_resource(self, request: Json) -> Json:
        schema = self._schema(request, "update")
        identifier = identifiers.parse(schema, request["Identifier"])

        def begin() -> Change:
            resource = self.holdings.existing(schema, identifier)
            patched = patches.apply(schema, resource.properties, request["PatchDocument"])
            validation.check_model(schema, patched, resource.properties)

            def work() -> tuple[str, Json | None]:
                return _outcome(schema, self.holdings.update(schema, identifier, patched))

            return self._change("UPDATE", schema, identifier, work)

        return self._begin(request, begin)

    def delete_resource(self, request: Json) -> Json:
        schema = self._schema(request, "delete")
        identifier = identifiers.parse(schema, request["Identifier"])

        def begin() -> Change:
            def work() -> tuple[str, Json | None]:
                self.holdings.delete(schema, identifier)
                return identifier, None

            return self._change("DELETE", schema, identifier, work)

        return self._begin(request, begin)

    # Changes

    def get_resource_request_status(self, request: Json) -> Json:
        change = self.requests.find(request["RequestToken"])
        change.advance(self.now, polled=True)
        hooks = change.hook_events()
        said = {"HooksProgressEvent": hooks} if hooks else {}
        return {"ProgressEvent": change.event(self.now), **said}

    def cancel_resource_request(self, request: Json) -> Json:
        change = self.requests.find(request["RequestToken"])
        change.cancel(self.now)
        return {"ProgressEvent": change.event(self.now)}

    def list_resource_requests(self, request: Json) -> Json:
        wanted = request.get("ResourceRequestStatusFilter", {})
        operations = wanted.get("Operations") or ALL_OPERATIONS
        statuses = wanted.get("OperationStatuses") or ALL_STATUSES
        scope = self._scope(*operations, *statuses)
        after, number = tokens.decode(request.get("NextToken"), scope, int)
        if after is not None and after[0] < 1:
            raise tokens.invalid()
        size = request.get("MaxResults", 20)
        page, end = self.requests.page(operations, statuses, self.now, size, after)
        answer: Json = {"ResourceRequestStatusSummaries": [c.event(self.now) for c in page]}
        if end is not None:
            answer["NextToken"] = tokens.encode(scope, end, number + 1)
        return answer

    def _scope(self, *listing: str) -> list[str]:
        """What a listing's tokens are good for: it, in this account and region."""
        return [self.holdings.place.account, self.holdings.place.region, *listing]

    def _schema(self, request: Json, action: str) -> ResourceSchema:
        type_name = request["TypeName"]
        schema = schemas.find(type_name, self.holdings.place.region)
        if schema is None:
            raise errors.type_not_found(type_name)
        if action not in schema.handlers:
            raise errors.unsupported(type_name, action.upper())
        self.holdings.holder(schema).pending.settle(self.now)
        denied = self.rights(schema.service, schema.permissions(action))
        if denied is not None and action in ("read", "list"):
            raise denied
        if denied is not None:
            self.effects = (*self.effects, Effect(change_error=denied))
        return schema

    def _begin(self, request: Json, begin: Callable[[], Change]) -> Json:
        """The first event of the change, or the last one of what the client token began."""
        token = request.get("ClientToken")
        text = json.dumps(request, sort_keys=True)
        change = self.requests.repeated(token, text, self.now)
        if change is None:
            change = begin()
            self.requests.add(change, token, text, self.now)
        return {"ProgressEvent": change.event(self.now)}

    def _change(
        self,
        operation: str,
        schema: ResourceSchema,
        identifier: str,
        work: Work,
        named: bool = True,
    ) -> Change:
        """The change begun, and done where it takes no time."""
        asynchrony = self.controls.changes
        stalls = any(effect.stalls for effect in self.effects)
        change = Change(
            operation=operation,
            type_name=schema.type_name,
            identifier=identifier,
            work=_failing(work, self.effects),
            polls=asynchrony.polls,
            ready_at=math.inf if stalls else self.now + asynchrony.seconds,
            event_time=self.now,
            retry_after_s=asynchrony.retry_after_s,
            named=named,
            hook=next((effect.hook for effect in self.effects if effect.hook), ""),
        )
        self.holdings.holder(schema).pending.begin(change, self.now)
        return change


def _failing(work: Work, effects: Sequence[Effect]) -> Work:
    """The work, or what raises in its place where a fault was ordered."""
    error = next((effect.change_error for effect in effects if effect.change_error), None)
    if error is None:
        return work

    def fail() -> NoReturn:
        raise error

    return fail


def _object(text: str, member: str) -> Json:
    try:
        value = json.loads(text)
    except (RecursionError, ValueError):
        value = None
    if not isinstance(value, dict):
        raise errors.validation(f"{member} must be a JSON object")
    return value


def _outcome(schema: ResourceSchema, resource: Resource) -> tuple[str, Json]:
    return resource.identifier, _visible(schema, resource.properties)


def _visible(schema: ResourceSchema, properties: Json) -> Json:
    visible: Json = pointers.without(properties, schema.write_only)
    return visible


def _described(schema: ResourceSchema, resource: Resource, carried: Carried) -> str:
    """The JSON text of the properties that a description carries; made once."""
    key = carried if isinstance(carried, str) else frozenset(carried)
    text = resource.described.get(key)
    if text is None:
        visible = _visible(schema, resource.properties)
        if carried != "all":
            names = () if isinstance(carried, str) else carried
            chosen = {name: visible[name] for name in names if name in visible}
            visible = {**pointers.pick(visible, schema.identifier), **chosen}
        text = resource.described[key] = json.dumps(visible)
    return text
