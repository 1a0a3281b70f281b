"""Every provisionable resource type: create, get, list, update, delete."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from awsvtab.emulator import (
    examples,
    mocked,
    parents,
    plugin,
    pointers,
    schemas,
    validation,
    wire,
)
from emulating import create, delete, read, update
from planting import Planter

EXCEPTIONS = json.loads(Path(__file__).with_name("emulator_exceptions.json").read_text())
PROVISIONABLE = [name for name in schemas.type_names() if "create" in schemas.find(name).handlers]
STEPS = ("create", "get", "list", "update", "delete")


class Client:
    """A client without HTTP and botocore, which take most of the time of 8,000 calls.

    Answers are checked against botocore's shapes.
    """

    def __init__(self, emulator):
        self.caller = wire.Caller(emulator.account, emulator.region)
        self.model = botocore.session.get_session().get_service_model("cloudcontrol")

    def __getattr__(self, name):
        operation = "".join(word.capitalize() for word in name.split("_"))

        def call(**request):
            body = json.dumps(request).encode()
            answer = plugin.answer(wire.TARGET + operation, body, self.caller, plugin.mocked)
            found = json.loads(answer.body)
            if answer.status != 200:
                error = {"Code": found["__type"], "Message": found["Message"]}
                raise ClientError({"Error": error}, operation)
            shape = self.model.operation_model(operation).output_shape
            assert not ParamValidator().validate(found, shape).has_errors()
            return found

        return call


class Walk:
    """Resources of one type after another, each with the parents that it needs."""

    def __init__(self, emulator, client):
        self.emulator = emulator
        self.client = client
        self.planter = Planter(emulator, "us-east-1")
        self.done = Counter()

    def through(self, type_name):
        """Take one resource through all that its type can do."""
        schema = schemas.find(type_name)
        desired = self.planter.desired_state(type_name, "walk", may_read_only=False)
        event = create(self.client, type_name, **desired)
        assert event["OperationStatus"] == "SUCCESS", event["StatusMessage"]
        self.done["create"] += 1
        identifier = event["Identifier"]
        if "read" in schema.handlers:
            self.get(schema, identifier, desired)
        if "list" in schema.handlers:
            self.list(schema, identifier)
        if "update" in schema.handlers:
            self.update(schema, identifier)
        if "delete" in schema.handlers:
            assert delete(self.client, type_name, identifier)["OperationStatus"] == "SUCCESS"
            assert self.emulator.get(type_name, identifier) is None
            self.done["delete"] += 1

    def get(self, schema, identifier, desired):
        held = read(self.client, schema.type_name, identifier)
        everything = self.emulator.get(schema.type_name, identifier)
        assert list(validation.violations(validation.model_validator(schema), everything)) == []
        assert held == pointers.without(everything, schema.write_only)
        assert contains(held, pointers.without(desired, schema.write_only))
        self.done["get"] += 1

    def list(self, schema, identifier):
        held = self.emulator.get(schema.type_name, identifier)
        known = parents.model_of(schema, held)
        required = schema.list_requires[0] if schema.list_requires else ()
        model = {name: known[name] for name in required}
        answer = self.client.list_resources(
            TypeName=schema.type_name, ResourceModel=json.dumps(model)
        )
        assert identifier in [d["Identifier"] for d in answer["ResourceDescriptions"]]
        self.done["list"] += 1

    def update(self, schema, identifier):
        """Give some property another value: the first that is valid beside the others."""
        fixed = {p[0] for p in (*schema.read_only, *schema.create_only, *schema.write_only)}
        held = self.emulator.get(schema.type_name, identifier)
        for name, node in schema.properties.items():
            value = examples.example(schema, node, name, "update")
            if name in fixed or held.get(name) == value or not fits(schema, {**held, name: value}):
                continue
            patch = {"op": "add", "path": f"/{name}", "value": value}
            event = update(self.client, schema.type_name, identifier, patch)
            assert event["OperationStatus"] == "SUCCESS", event
            assert self.emulator.get(schema.type_name, identifier)[name] == value
            self.done["update"] += 1
            return
        self.done["nothing to update"] += 1


def contains(held, desired):
    """Whether all that was desired is there; AWS adds to it."""
    if isinstance(desired, dict):
        return all(name in held and contains(held[name], desired[name]) for name in desired)
    if isinstance(desired, list):
        return len(held) == len(desired) and all(map(contains, held, desired))
    return held == desired


def fits(schema, properties):
    return validation.model_validator(schema).is_valid(properties)


@pytest.fixture
def walk():
    emulator = mocked("us-east-1")
    yield Walk(emulator, Client(emulator))
    emulator.reset()


@pytest.mark.slow
def test_every_type_goes_through(walk, capsys):
    failed = {}
    for type_name in PROVISIONABLE:
        try:
            walk.through(type_name)
        except (AssertionError, ClientError, ValueError) as reason:
            failed[type_name] = str(reason)
    counts = ", ".join(f"{walk.done[step]} {step}" for step in (*STEPS, "nothing to update"))
    with capsys.disabled():
        sys.stdout.write(f"\n{len(PROVISIONABLE)} provisionable types: {counts}\n")
        sys.stdout.writelines(f"{name}: {reason}\n" for name, reason in failed.items())
    assert failed.keys() == EXCEPTIONS.keys()
    assert len(failed) < 0.05 * len(PROVISIONABLE)
