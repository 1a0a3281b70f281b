"""What each answer means for a change on its way."""

from __future__ import annotations

from typing import Any

import pytest

from awsvtab import errors
from awsvtab.aws_errors import Subject, make_error
from awsvtab.catalog import catalog
from awsvtab.changes import Change, Operation
from awsvtab.cloudcontrol import ProgressEvent
from awsvtab.options import Place
from awsvtab.sending import (
    LONGEST_POLL_S,
    LONGEST_RETRY_AFTER_S,
    POLL_TRIES,
    SEND_TRIES,
    Policy,
    Request,
    answered,
    given_up,
    going_out,
    poll_delay,
    refused,
)

TYPE = catalog().type("AWS::SQS::Queue")
NOW = 1_000.0
POLICY = Policy(write_timeout=600)


def change(operation: str = "CREATE", identifier: str | None = None) -> Change:
    return Change(Operation(operation), TYPE, Place("", "us-east-1"), identifier)


def sent(operation: str = "CREATE", identifier: str | None = None) -> Request:
    one = change(operation, identifier)
    return going_out(Request(1, one, one.client_token), NOW)


def event(status: str = "IN_PROGRESS", **members: Any) -> ProgressEvent:
    return ProgressEvent("CREATE", status, TYPE.name, "a-token", **members)


def error(code: str, message: str = "") -> errors.AwsError:
    return make_error(code, message, "CreateResource", "us-east-1", Subject(TYPE.name))


def after(request: Request, one: ProgressEvent, now: float = NOW, **policy: Any) -> Request:
    return answered(request, one, now, 1.0, POLICY._replace(**policy))


def test_a_change_is_not_sent_then_unknown_then_what_aws_says() -> None:
    one = change()
    request = Request(1, one, one.client_token)
    assert (request.operation_status, request.request_token) == ("NOT_SENT", None)
    request = going_out(request, NOW)
    assert (request.operation_status, request.attempts) == ("UNKNOWN", 1)
    request = after(request, event("PENDING"))
    assert (request.operation_status, request.request_token) == ("PENDING", "a-token")
    request = after(request, event("SUCCESS", identifier="url"))
    assert (request.operation_status, request.identifier) == ("SUCCESS", "url")
    assert request.over
    assert not request.failed


def test_the_next_poll_is_when_aws_says() -> None:
    request = after(sent(), event(event_time=50.0, retry_after=57.5))
    assert (request.due, request.polling) == (NOW + 7.5, True)


def test_polls_come_ever_more_slowly_up_to_a_limit() -> None:
    delays = [poll_delay(event(), polls, 1.0) for polls in range(12)]
    assert delays[:3] == [0.2, 0.4, 0.8]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_POLL_S
    assert poll_delay(event(), 11, 0.0) == LONGEST_POLL_S / 2
    assert poll_delay(event(event_time=0.0, retry_after=1e6), 0, 1.0) == LONGEST_RETRY_AFTER_S
    assert poll_delay(event(event_time=9.0, retry_after=3.0), 0, 1.0) == 0


def test_without_waiting_it_is_over_when_aws_has_accepted_it() -> None:
    request = after(sent(), event(), wait=False)
    assert (request.over, request.failed, request.operation_status) == (True, False, "IN_PROGRESS")


def test_after_the_time_there_is_one_more_poll_and_then_an_error_with_the_token() -> None:
    request = after(sent(), event(event_time=0.0, retry_after=200.0), NOW + 590)
    assert (request.over, request.due) == (False, NOW + 600)
    request = after(request, event(), NOW + 600)
    assert request.failed
    assert isinstance(request.error, errors.TimedOut)
    assert "a-token" in str(request.error)
    assert request.error.request_token == "a-token"
    assert request.operation_status == "IN_PROGRESS"


@pytest.mark.parametrize(
    ("code", "tries"),
    [
        ("Throttling", SEND_TRIES[errors.Throttling]),
        ("ConcurrentOperation", SEND_TRIES[errors.Conflict]),
        ("ConcurrentModification", SEND_TRIES[errors.Conflict]),
        ("NetworkFailure", SEND_TRIES[errors.NetworkFailed]),
        ("RequestTimeout", SEND_TRIES[errors.TimedOut]),
        ("ServiceInternalError", SEND_TRIES[errors.ServiceFailed]),
        ("AccessDenied", 1),
        ("Validation", 1),
    ],
)
def test_a_refused_request_is_tried_again_with_the_same_client_token(code: str, tries: int) -> None:
    request = first = sent()
    while not request.over:
        request = refused(request, error(code), NOW, 0.0, POLICY)
        if not request.over:
            assert request.client_token == first.client_token
            request = going_out(request, NOW)
    assert request.attempts == tries
    lost = code in ("NetworkFailure", "RequestTimeout", "ServiceInternalError")
    assert request.operation_status == ("UNKNOWN" if lost else "FAILED")


def test_a_refusal_after_a_lost_answer_leaves_open_whether_aws_has_it() -> None:
    request = refused(sent(), error("NetworkFailure"), NOW, 0.0, POLICY)
    request = refused(going_out(request, NOW), error("AccessDenied"), NOW, 0.0, POLICY)
    assert (request.over, request.operation_status) == (True, "UNKNOWN")


def test_an_answer_after_a_lost_one_settles_it() -> None:
    request = refused(sent(), error("NetworkFailure"), NOW, 0.0, POLICY)
    request = after(going_out(request, NOW), event("SUCCESS"))
    assert (request.operation_status, request.error, request.attempts) == ("SUCCESS", None, 2)


def test_no_try_after_the_time() -> None:
    assert refused(sent(), error("Throttling"), NOW + 600, 0.0, POLICY).over


def test_a_poll_that_fails_leaves_the_change_under_way() -> None:
    request = after(sent(), event())
    for _ in range(POLL_TRIES[errors.NetworkFailed]):
        assert not request.over
        request = refused(going_out(request, NOW), error("NetworkFailure"), NOW, 0.0, POLICY)
    assert request.over
    assert (request.operation_status, request.request_token) == ("IN_PROGRESS", "a-token")
    assert not request.lost
    assert request.attempts == 1


@pytest.mark.parametrize(
    "code", ["NetworkFailure", "ResourceConflict", "ServiceInternalError", "Throttling"]
)
def test_a_failure_that_may_pass_begins_anew_with_a_new_client_token(code: str) -> None:
    first = sent()
    request = after(first, event("FAILED", error_code=code))
    assert not request.over
    assert request.operation_status == "FAILED"
    assert request.client_token != first.client_token
    request = going_out(request, NOW)
    assert (request.attempts, request.begun, request.operation_status) == (2, 2, "UNKNOWN")


def test_it_begins_anew_a_limited_number_of_times() -> None:
    request = sent()
    while not request.over:
        request = after(request, event("FAILED", error_code="NetworkFailure"))
        if not request.over:
            request = going_out(request, NOW)
    assert request.begun == 3
    assert request.failed


@pytest.mark.parametrize(
    "code", ["GeneralServiceException", "InternalFailure", "NotStabilized", "ServiceTimeout"]
)
def test_other_failures_are_final(code: str) -> None:
    assert after(sent(), event("FAILED", error_code=code)).failed


def test_what_was_cancelled_is_not_begun_anew() -> None:
    assert after(sent(), event("CANCEL_COMPLETE", error_code="Throttling")).failed


def test_a_create_that_left_a_resource_with_a_name_of_awss_is_not_begun_anew() -> None:
    """There would be a second one."""
    failed = event("FAILED", error_code="NetworkFailure", identifier="made-up")
    request = after(sent(), failed)
    assert request.failed
    assert "AWS gave it the identifier 'made-up': it may be there" in str(request.error)


def test_a_create_with_the_users_own_name_is() -> None:
    failed = event("FAILED", error_code="NetworkFailure", identifier="mine")
    assert not after(sent(identifier="mine"), failed).over


def test_that_it_exists_already_is_no_left_over() -> None:
    failed = event("FAILED", error_code="AlreadyExists", identifier="mine")
    assert "may be there" not in str(after(sent(identifier="mine"), failed).error)


def test_a_delete_of_nothing_is_done() -> None:
    at_once = refused(sent("DELETE", "x"), error("ResourceNotFound"), NOW, 0.0, POLICY)
    in_the_event = after(sent("DELETE", "x"), event("FAILED", error_code="NotFound"))
    for request in (at_once, in_the_event):
        assert (request.over, request.failed) == (True, False)
        assert request.operation_status == "SUCCESS"


def test_an_update_of_nothing_is_an_error() -> None:
    assert refused(sent("UPDATE", "x"), error("ResourceNotFound"), NOW, 0.0, POLICY).failed


def test_what_did_not_go_out_was_not_sent() -> None:
    request = refused(sent(), errors.Cancelled("interrupted"), NOW, 0.0, POLICY)
    assert (request.operation_status, request.attempts) == ("NOT_SENT", 0)
    assert request.failed


def test_giving_up_tells_sent_from_unsent() -> None:
    stop = errors.Cancelled("interrupted")
    one = change()
    unsent = Request(1, one, one.client_token)
    assert given_up(unsent, stop) == unsent
    assert not given_up(sent()).over
    assert given_up(sent(), stop).operation_status == "UNKNOWN"
    assert given_up(after(sent(), event()), stop).operation_status == "IN_PROGRESS"
    again = after(sent(), event("FAILED", error_code="Throttling"))
    ended = given_up(again)
    assert (ended.over, ended.operation_status) == (True, "FAILED")
    assert isinstance(ended.error, errors.Throttling)
