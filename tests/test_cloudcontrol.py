"""The seam to AWS: errors, retries, waiting."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import boto3
import pytest

import awsvtab
from awsvtab import errors
from awsvtab.asking import Asker
from awsvtab.aws_errors import LONGEST_DELAY_S, TRIES, Subject, make_error, retry_delay
from awsvtab.cloudcontrol import CloudControl
from awsvtab.emulator import Emulator
from awsvtab.errors import Cancelled, aws_error_class
from awsvtab.options import Options, Place
from clock import FakeClock
from conftest import DOMAIN, put_domain

HERE = Place("", "us-east-1")
ASKER = Asker()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def aws(emulator: Emulator, clock: FakeClock) -> Iterator[CloudControl]:
    options = Options(
        session=emulator.session,
        endpoint_url=emulator.endpoint_url,
        clock=clock,
        write_timeout=600,
    )
    cloudcontrol = CloudControl(options)
    yield cloudcontrol
    cloudcontrol.close()


def get(aws: CloudControl) -> object:
    return aws.get(HERE, DOMAIN, "one", ASKER)


def list_page(aws: CloudControl) -> object:
    return aws.list_page(HERE, DOMAIN, {}, None, ASKER)


@pytest.mark.parametrize(
    ("code", "kind", "parent"),
    [
        ("ThrottlingException", errors.Throttling, awsvtab.OperationalError),
        ("Throttling", errors.Throttling, awsvtab.OperationalError),
        ("TypeNotFoundException", errors.TypeNotFound, awsvtab.ProgrammingError),
        ("ValidationException", errors.ValidationFailed, awsvtab.ProgrammingError),
        ("InvalidRequestException", errors.InvalidRequest, awsvtab.DataError),
        ("AlreadyExistsException", errors.AlreadyExists, awsvtab.IntegrityError),
        ("AlreadyExists", errors.AlreadyExists, awsvtab.IntegrityError),
        ("UnsupportedActionException", errors.UnsupportedAction, awsvtab.NotSupportedError),
        ("NotUpdatable", errors.NotUpdatable, awsvtab.NotSupportedError),
        ("AccessDeniedException", errors.AccessDenied, awsvtab.OperationalError),
        ("ClientTokenConflictException", errors.ClientTokenConflict, awsvtab.InternalError),
        ("SomethingNew", errors.AwsError, awsvtab.DatabaseError),
    ],
)
def test_each_code_has_its_class(code: str, kind: type, parent: type) -> None:
    assert aws_error_class(code) is kind
    assert issubclass(kind, parent)


def test_every_code_of_the_service_has_a_class() -> None:
    model = boto3.Session(region_name="us-east-1").client("cloudcontrol").meta.service_model
    codes = {shape.name for shape in model.error_shapes}
    codes |= set(model.shape_for("HandlerErrorCode").enum)
    unknown = {code for code in codes if aws_error_class(code) is errors.AwsError}
    assert len(codes) == 36
    assert not unknown


@pytest.mark.parametrize(
    "reason", ["Rate exceeded", "Request limit exceeded.", "Too Many Requests", "Rate Exceeded"]
)
def test_throttling_in_disguise_is_throttling(reason: str) -> None:
    message = f"Handler returned status FAILED: {reason} (Service: ElastiCache)"
    assert aws_error_class("GeneralServiceException", message) is errors.Throttling


def test_a_missing_resource_in_disguise_is_missing() -> None:
    def made(identifier: str | None, message: str) -> type:
        subject = Subject("AWS::Logs::LogGroup", identifier)
        return type(make_error("InvalidRequest", message, "GetResource", "us-east-1", subject))

    assert made("mine", "Log group mine cannot be found.") is errors.NotFound
    assert made("mine", "The role x cannot be found.") is errors.InvalidRequest
    assert made(None, "The role x cannot be found.") is errors.InvalidRequest


def test_throttling_is_tried_again(aws: CloudControl, emulator: Emulator, clock: FakeClock) -> None:
    put_domain(emulator, "one")
    emulator.faults.throttle(operation="GetResource", times=2)
    emulator.faults.throttle_behind(operation="GetResource", nth=3)
    assert get(aws) is not None
    assert len(emulator.calls) == 4
    assert len(clock.slept) >= 3
    assert [(call.attempt, call.outcome) for call in aws.activity.calls] == [
        (1, "ThrottlingException"),
        (2, "ThrottlingException"),
        (3, "GeneralServiceException"),
        (4, "ok"),
    ]


def test_throttling_that_does_not_end_is_an_error(
    aws: CloudControl, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.faults.throttle(operation="GetResource")
    with pytest.raises(errors.Throttling, match="Rate exceeded") as caught:
        get(aws)
    assert caught.value.retryable
    assert len(emulator.calls) == TRIES[errors.Throttling]
    assert max(clock.slept) <= LONGEST_DELAY_S


def test_delays_grow_to_a_limit_and_jitter() -> None:
    error = make_error("Throttling", "", "GetResource", "us-east-1", Subject())
    longest = [retry_delay(error, attempt, 1.0) for attempt in range(1, 12)]
    assert longest == sorted(longest, key=float)
    assert longest[-1] == LONGEST_DELAY_S
    assert retry_delay(error, 3, 0.5) == longest[2] / 2
    assert retry_delay(error, TRIES[errors.Throttling], 1.0) is None


def test_what_cannot_succeed_is_not_tried_again(aws: CloudControl, emulator: Emulator) -> None:
    emulator.faults.deny(operation="GetResource")
    with pytest.raises(errors.AccessDenied) as caught:
        get(aws)
    error = caught.value
    assert len(emulator.calls) == 1
    assert error.code == "AccessDeniedException"
    assert (error.operation, error.type_name) == ("GetResource", DOMAIN)
    assert (error.identifier, error.region) == ("one", "us-east-1")
    assert error.request_id
    assert "cloudformation:GetResource" in str(error)


def test_a_dropped_connection_is_tried_again(aws: CloudControl, emulator: Emulator) -> None:
    put_domain(emulator, "one")
    emulator.faults.drop(operation="GetResource", times=1)
    assert get(aws) is not None
    assert [call.outcome for call in aws.activity.calls] == ["NetworkFailure", "ok"]


@pytest.mark.parametrize("operation", ["ListResources", "GetResource"])
def test_an_answer_that_was_cut_off_is_never_an_empty_one(
    aws: CloudControl, emulator: Emulator, operation: str
) -> None:
    put_domain(emulator, "one")
    emulator.faults.truncate(operation=operation)
    ask = get if operation == "GetResource" else list_page
    with pytest.raises(awsvtab.OperationalError):
        ask(aws)


def test_a_write_whose_answer_was_lost_is_done_once(aws: CloudControl, emulator: Emulator) -> None:
    emulator.faults.lose_answer(operation="CreateResource", times=1)
    state = {"DomainName": "one", "DefaultExpirationDays": 3}
    assert aws.create(HERE, DOMAIN, state, "a-token", ASKER).operation_status == "SUCCESS"
    assert len(emulator.calls) == 2
    assert emulator.get(DOMAIN, "one") is not None


def test_a_single_attempt_is_left_to_the_caller(
    aws: CloudControl, emulator: Emulator, clock: FakeClock
) -> None:
    state = {"DomainName": "one", "DefaultExpirationDays": 3}
    event = aws.create(HERE, DOMAIN, state, "a-token", ASKER)
    emulator.faults.throttle()
    with pytest.raises(errors.Throttling):
        aws.create(HERE, DOMAIN, state, "a-token", ASKER, 3)
    with pytest.raises(errors.Throttling):
        aws.status(HERE, event, ASKER, 2)
    assert [call.attempt for call in aws.activity.calls] == [1, 3, 2]


def test_requests_are_listed_by_operation_and_status(aws: CloudControl, emulator: Emulator) -> None:
    for name in ("one", "two"):
        state = {"DomainName": name, "DefaultExpirationDays": 3}
        aws.create(HERE, DOMAIN, state, f"token-{name}", ASKER)
    aws.delete(HERE, DOMAIN, "one", "token-3", ASKER)
    assert [e.operation for e in aws.requests_page(HERE, [], [], None, ASKER)[0]] == [
        *("DELETE", "CREATE", "CREATE"),
    ]
    created, token = aws.requests_page(HERE, ["CREATE"], ["SUCCESS"], None, ASKER)
    assert {event.identifier for event in created} == {"one", "two"}
    assert token is None


def test_nothing_is_sent_once_cancelled(aws: CloudControl, emulator: Emulator) -> None:
    asker = Asker()
    asker.set()
    with pytest.raises(Cancelled):
        aws.get(HERE, DOMAIN, "one", asker)
    assert len(emulator.calls) == 0


def test_an_endpoint_that_refuses_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        session = boto3.Session("x", "x", region_name="us-east-1")
        aws = CloudControl(Options(session=session, endpoint_url=endpoint, clock=FakeClock()))
        with pytest.raises(errors.NetworkFailed, match="endpoint_url") as caught:
            get(aws)
        assert endpoint in str(caught.value)
        assert len(aws.activity.calls) == TRIES[errors.NetworkFailed]
        aws.close()


def test_missing_credentials_say_how_to_give_some(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    aws = CloudControl(Options(endpoint_url=emulator.endpoint_url))
    with pytest.raises(errors.InvalidCredentials, match="AWS_PROFILE"):
        get(aws)
    assert len(emulator.calls) == 0
    aws.close()


def test_an_unknown_profile_is_named(emulator: Emulator) -> None:
    aws = CloudControl(Options(profile="no-such-profile", endpoint_url=emulator.endpoint_url))
    with pytest.raises(errors.InvalidCredentials, match="no-such-profile"):
        get(aws)
