"""Secrets, which are write-only values, are seen by nobody but AWS."""

from __future__ import annotations

import json
import logging
import traceback
from typing import Any

import pytest

import awsvtab
from awsvtab.catalog import catalog
from awsvtab.emulator import Emulator
from awsvtab.errors import Error
from awsvtab.masking import MASK, hide, keep_secrets, masked, secrets, visible
from clock import FakeClock
from conftest import Connect

SECRET = "hunter2-é\"'\n"
PATH = "/AuthParameters"
AUTH = catalog().type("AWS::Events::Connection")
TOP = catalog().type("AWS::SecretsManager::Secret")
STREAM = catalog().type("AWS::CustomerProfiles::EventStream")


def basic(**members: Any) -> dict[str, Any]:
    return {"BasicAuthParameters": members}


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        ({"Name": "n"}, {"Name": "n"}),
        (
            {"Name": "n", "AuthParameters": basic(Username="u", Password=SECRET)},
            {"Name": "n", "AuthParameters": basic(Username="u", Password=MASK)},
        ),
        (  # all that is below a write-only place
            {"AuthParameters": {"InvocationHttpParameters": {"any": [SECRET]}}},
            {"AuthParameters": {"InvocationHttpParameters": MASK}},
        ),
        (  # a patch of the place itself, of one above it, of one below it, and of others
            [
                {"op": "add", "path": f"{PATH}/BasicAuthParameters/Password", "value": "x"},
                {"op": "add", "path": "/AuthParameters", "value": basic(Password="x")},
                {"op": "add", "path": f"{PATH}/InvocationHttpParameters/a/0", "value": "x"},
                {"op": "replace", "path": "", "value": {"AuthParameters": basic(Password="x")}},
                {"op": "replace", "path": "/Description", "value": "x"},
                {"op": "remove", "path": "/Description"},
            ],
            [
                {"op": "add", "path": f"{PATH}/BasicAuthParameters/Password", "value": MASK},
                {"op": "add", "path": "/AuthParameters", "value": basic(Password=MASK)},
                {"op": "add", "path": f"{PATH}/InvocationHttpParameters/a/0", "value": MASK},
                {"op": "replace", "path": "", "value": {"AuthParameters": basic(Password=MASK)}},
                {"op": "replace", "path": "/Description", "value": "x"},
                {"op": "remove", "path": "/Description"},
            ],
        ),
        (None, None),
    ],
)  # fmt: skip
def test_write_only_values_are_masked_wherever_they_stand(document: Any, shown: Any) -> None:
    before = json.dumps(document)
    assert masked(AUTH, document) == shown
    assert json.dumps(document) == before


def test_elements_of_arrays_are_masked_with_or_without_a_star_in_the_pointer() -> None:
    types = [each for each in catalog() if any("/*/" in p for p in each.nested_write_only)]
    pointer = next(p for p in types[0].nested_write_only if "/*/" in p)
    document: Any = SECRET
    for step in reversed(pointer.split("/")):
        document = [document] if step == "*" else {step: document}
    assert SECRET not in json.dumps(masked(types[0], document), ensure_ascii=False)
    path = "/" + pointer.replace("*", "0")
    (operation,) = masked(types[0], [{"op": "add", "path": path, "value": SECRET}])
    assert operation["value"] == MASK


def test_every_write_only_place_of_every_type_is_masked() -> None:
    for resource_type in catalog():
        tops = [prop.name for prop in resource_type.properties if prop.write_only]
        for pointer in (*tops, *resource_type.nested_write_only):
            document: Any = "hunter2"
            for step in reversed(pointer.split("/")):
                document = [document] if step == "*" else {step: document}
            assert "hunter2" not in json.dumps(masked(resource_type, document)), pointer
            assert "hunter2" not in json.dumps(visible(resource_type, document)), pointer
            path = "/" + pointer.replace("*", "-")
            patch = [{"op": "add", "path": path, "value": "hunter2"}]
            assert "hunter2" not in json.dumps(masked(resource_type, patch)), pointer
            assert list(secrets(resource_type, patch)) == ["hunter2"], pointer


def test_a_type_without_secrets_is_shown_as_it_is() -> None:
    document = {"Tags": [{"Key": "a"}]}
    assert masked(STREAM, document) is document
    assert hide("a", STREAM, document) == "a"


@pytest.mark.parametrize(
    ("value", "text", "shown"),
    [
        ("hunter2", "string [hunter2] is bad: hunter2!", f"string [{MASK}] is bad: {MASK}!"),
        ("hunter2", "hunter2x", f"{MASK}x"),
        ("pi", "pi is no pin: (pi)", f"{MASK} is no pin: ({MASK})"),
        ('a"b\\c', r"said \"a\"b\\c\" or a\"b\\c", rf"said \"{MASK}\" or {MASK}"),
        ("über1", r"\u00fcber1 über1", f"{MASK} {MASK}"),
        ({"user": "root", "word": "hunter2"}, "root:hunter2", f"{MASK}:{MASK}"),
        (1234567, "port 1234567", f"port {MASK}"),
        ("", "nothing", "nothing"),
        (True, "True", "True"),
    ],
)
def test_secrets_are_taken_out_of_what_aws_says(value: Any, text: str, shown: str) -> None:
    assert hide(text, TOP, {"Name": "n", "SecretString": value}) == shown


def test_an_error_is_cut_off_from_what_it_was_raised_from_if_that_tells() -> None:
    error = Error("the value hunter2 is bad")
    error.__cause__ = ValueError("hunter2")
    keep_secrets(error, TOP, {"SecretString": "hunter2"})
    assert error.args == (f"the value {MASK} is bad",)
    assert error.__cause__ is None
    harmless = Error("no such thing")
    harmless.__cause__ = cause = ValueError("x")
    keep_secrets(harmless, TOP, {"SecretString": "hunter2"})
    assert harmless.__cause__ is cause


INSERT = "INSERT INTO aws.secretsmanager.secrets (name, secret_string) VALUES ('s', :secret)"
UPDATE = "UPDATE aws.secretsmanager.secrets SET "
AUTH_UPDATE = "UPDATE aws.events.connections SET "
NESTED = "json_set(auth_parameters, '$.BasicAuthParameters.Password', :secret)"
PATCH = "json_array(json_object('op', 'add', 'path', '/SecretString', 'value', :secret)"

# Statements that hold the secret, and each fail in another way, or do not.
STATEMENTS = [
    INSERT,
    INSERT.replace(":secret", "CAST(:secret AS BLOB)"),
    "INSERT INTO aws.secretsmanager.secrets (name, secret_string, id) VALUES ('s', :secret, 'x')",
    "INSERT INTO aws.secretsmanager.secrets (name, generate_secret_string) VALUES ('s', :secret)",
    "INSERT INTO aws.secretsmanager.secrets (name, generate_secret_string) "
    "VALUES ('s', '{\"a\":' || :secret)",
    "INSERT INTO aws.events.connections (name, auth_parameters, authorization_type) "
    "VALUES ('d', '{' || :secret, 'BASIC')",
    "INSERT INTO aws.events.connections (name, auth_parameters, authorization_type) "
    "VALUES ('d', json_object('BasicAuthParameters', json_object('Password', :secret)), 'BASIC')",
    UPDATE + "secret_string = :secret",
    UPDATE + "secret_string = :secret, id = 'x'",
    UPDATE + "secret_string = :secret, SecretString = :secret || 'x'",
    UPDATE + "secret_string = :secret, PatchDocument = '[]'",
    UPDATE + f"PatchDocument = {PATCH})",
    UPDATE + f"PatchDocument = {PATCH}) || :secret",
    UPDATE + f"PatchDocument = {PATCH}, json_object('op', 'remove', 'path', '/Tags/9'))",
    UPDATE + f"PatchDocument = {PATCH.replace('add', 'replace')})",
    UPDATE + f"PatchDocument = {PATCH.replace('add', 'test').replace('SecretString', 'Name')})",
    AUTH_UPDATE + f"auth_parameters = {NESTED}",
    AUTH_UPDATE + f"auth_parameters = {NESTED}, arn = 'x'",
    AUTH_UPDATE + f"auth_parameters = {NESTED} || 'x'",
]

FAULTS = ["none", "at once", "at once, as 500", "in the event", "while polling"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_planted_secret_is_seen_nowhere(
    connect: Connect,
    emulator: Emulator,
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
    sql: str,
    fault: str,
) -> None:
    emulator.put(TOP.name, {"Name": "old", "SecretString": "older"})
    auth = {"BasicAuthParameters": {"Username": "u", "Password": "older"}}
    emulator.put(AUTH.name, {"Name": "c", "AuthorizationType": "BASIC", "AuthParameters": auth})
    said = f"string [{SECRET}] does not match, {json.dumps(SECRET)} neither"
    for operation in ("CreateResource", "UpdateResource"):
        order(emulator, fault, said, operation)
    connection = connect(max_changes=1, clock=FakeClock())
    seen: list[str] = []
    with caplog.at_level(logging.DEBUG):
        for _ in range(2):  # the second is one change too many, or clashes
            seen += attempt(lambda: connection.execute(sql, {"secret": SECRET}))
        seen += [repr(connection._registration.changes.pending())]
        seen += [str(each) for each in connection._registration.changes.pending()]
        seen += attempt(connection.commit)
    seen += [repr(list(connection._registration.ledger))]
    seen += [record.getMessage() for record in caplog.records if is_ours(record)]
    seen += [str(warning.message) for warning in recwarn.list]
    seen += [repr(row) for row in rows_about_awsvtab(connection)]
    told = "\n".join(seen)
    for spelled in (SECRET, json.dumps(SECRET)[1:-1], repr(SECRET)[1:-1], "hunter2"):
        assert spelled not in told


def order(emulator: Emulator, fault: str, said: str, operation: str) -> None:
    """Makes AWS say the secret."""
    match fault:
        case "at once":
            emulator.faults.error("ValidationException", said, operation=operation)
        case "at once, as 500":
            emulator.faults.error("HandlerInternalFailureException", said, operation=operation)
        case "in the event":
            emulator.faults.fail_change("GeneralServiceException", said, operation=operation)
        case "while polling":
            emulator.changes.polls = 1
            emulator.faults.fail_change("InvalidRequest", said, operation=operation)


def attempt(call: Any) -> list[str]:
    """What a person sees of the errors that a call raises, tracebacks included."""
    try:
        call()
    except awsvtab.Error as error:
        return [str(error), repr(error), *traceback.format_exception(error), repr(vars(error))]
    return []


def is_ours(record: logging.LogRecord) -> bool:
    """botocore's own debug log shows whole requests, to those who switch it on."""
    return record.name.split(".")[0] not in ("botocore", "boto3", "urllib3", "s3transfer", "moto")


def rows_about_awsvtab(connection: awsvtab.Connection) -> list[Any]:
    names = connection.execute(
        "SELECT name FROM pragma_module_list WHERE name IN "
        "('aws_pending', 'aws_requests', 'aws_resource_requests', 'aws_calls', 'aws_errors')"
    ).fetchall()
    return [row for (name,) in names for row in connection.execute(f"SELECT * FROM {name}")]
