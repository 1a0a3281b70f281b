"""botocore's exceptions to ours, and which of them are worth another try: pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from awsvtab import errors
from awsvtab.errors import AwsError, aws_error_class, short_code


class Subject(NamedTuple):
    """What a request is about."""

    type_name: str | None = None
    identifier: str | None = None
    request_token: str | None = None


# The most tries, the first included, for each class that may be tried again.
TRIES: dict[type[AwsError], int] = {
    errors.Throttling: 12,
    errors.ServiceFailed: 5,
    errors.Conflict: 5,
    errors.NetworkFailed: 3,
}
EXPIRED = frozenset({"ExpiredToken", "RequestExpired"})
FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 20.0

_REQUEST_TOKEN = re.compile(r"RequestToken: ([^,)\s]+)")

# What to write instead, by the class of the error.
_REMEDIES: dict[type[AwsError], str] = {
    errors.InvalidCredentials: (
        "give credentials that are valid, for example connect(profile='audit'), the environment "
        "variable AWS_PROFILE, or 'aws sso login'"
    ),
    errors.NetworkFailed: (
        "check the network, the region's name, and endpoint_url if you gave one, for example "
        "connect(endpoint_url='http://127.0.0.1:5555') for an emulator"
    ),
    errors.TimedOut: "try again, or wait longer with connect(read_timeout=120)",
    errors.Throttling: "wait, or ask less at once with connect(concurrency=4)",
    errors.AccessDenied: "the credentials need an IAM policy that allows it",
}

_RENEW = (
    "the credentials have expired and could not be renewed: get new ones, for example with "
    "'aws sso login', and connect again; a profile, connect(profile='audit'), or a role renews "
    "its credentials by itself"
)


@contextmanager
def translated(operation: str, region: str, subject: Subject) -> Iterator[None]:
    """Within it botocore's exceptions leave as `AwsError`; others pass unchanged."""
    try:
        yield
    except errors.Error:
        raise
    except (ValueError, TypeError) as unfit:  # what botocore says of options that it cannot use
        raise errors.ProgrammingError(f"{operation} in {region}: {unfit}") from unfit
    except Exception as foreign:
        error = translate(foreign, operation, region, subject)
        if error is None:
            raise
        raise error from foreign


def translate(foreign: Exception, operation: str, region: str, subject: Subject) -> AwsError | None:
    """Our error for one of botocore's; None for an exception that is not botocore's."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    if isinstance(foreign, ClientError):
        answer = foreign.response
        code = answer.get("Error", {}).get("Code", "Unknown")
        message = answer.get("Error", {}).get("Message", "")
        request_id = answer.get("ResponseMetadata", {}).get("RequestId")
        return make_error(code, message, operation, region, subject, request_id)
    if isinstance(foreign, RuntimeError) and "credentials" in str(foreign):
        return make_error("ExpiredToken", str(foreign), operation, region, subject)
    if isinstance(foreign, BotoCoreError | ResponseParserError):
        return make_error(_local_code(foreign), str(foreign), operation, region, subject)
    return None


def make_error(
    code: str,
    message: str,
    operation: str,
    region: str,
    subject: Subject,
    request_id: str | None = None,
) -> AwsError:
    """The error for an AWS code, with where it happened and what may help in its message."""
    kind = aws_error_class(code, message)
    if kind is errors.InvalidRequest and _names_nothing(message, subject.identifier):
        kind = errors.NotFound
    about = " ".join(filter(None, (subject.type_name, repr_identifier(subject.identifier))))
    place = f"in {region}" if region else ""
    head = " ".join(filter(None, (operation, about, place)))
    remedy = next((text for each, text in _REMEDIES.items() if issubclass(kind, each)), None)
    remedy = _RENEW if short_code(code) in EXPIRED else remedy
    token = subject.request_token or _token_in(message)
    return kind(
        f"{head}: {code}: {message}" + (f" ({remedy})" if remedy else ""),
        code=code,
        operation=operation,
        type_name=subject.type_name,
        identifier=subject.identifier,
        region=region or None,
        request_id=request_id,
        request_token=token,
    )


def _names_nothing(message: str, identifier: str | None) -> bool:
    """Whether a handler says in its own words that a resource does not exist, as LogGroup's does:
    InvalidRequest "… <identifier> … cannot be found".
    """
    return identifier is not None and identifier in message and "cannot be found" in message


def retry_delay(error: AwsError, attempt: int, chance: float) -> float | None:
    """Seconds to wait before attempt ``attempt + 1``; None where another would not help."""
    tries = next((n for kind, n in TRIES.items() if isinstance(error, kind)), 1)
    return None if attempt >= tries else backoff(attempt, chance)


def backoff(attempt: int, chance: float) -> float:
    """Seconds to wait after the attempt of this number failed, counted from 1.

    Exponential with full jitter, ``chance`` being a random number from 0 to 1:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    return chance * min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0**attempt)


def is_expired(error: AwsError) -> bool:
    """Whether AWS refused credentials only because their time is over."""
    return short_code(error.code) in EXPIRED


def repr_identifier(identifier: str | None) -> str | None:
    """An identifier as messages quote it."""
    return None if identifier is None else f"'{identifier}'"


def _local_code(foreign: Exception) -> str:
    """An AWS-like code for what went wrong before AWS answered."""
    from botocore import exceptions as boto
    from botocore.parsers import ResponseParserError

    for code, kinds in (
        ("NoCredentials", (boto.NoCredentialsError, boto.PartialCredentialsError)),
        ("NoCredentials", (boto.CredentialRetrievalError, boto.ProfileNotFound)),
        (
            "NoCredentials",
            (boto.SSOError, boto.TokenRetrievalError, boto.UnauthorizedSSOTokenError),
        ),
        ("RequestTimeout", (boto.ReadTimeoutError,)),
        ("NetworkFailure", (boto.HTTPClientError, boto.ConnectionError)),
        ("ServiceUnavailable", (ResponseParserError,)),
        ("ValidationException", (boto.ParamValidationError,)),
    ):
        if isinstance(foreign, kinds):
            return code
    return type(foreign).__name__


def _token_in(message: str) -> str | None:
    found = _REQUEST_TOKEN.search(message)
    return found[1] if found else None
