"""The PEP 249 exception tree, and the one mapping from AWS error codes to it.

Each class derives from the standard ``sqlite3`` class of the same name, so code that catches
``sqlite3.OperationalError`` catches ours. A class below `AwsError` registers the AWS codes that it
stands for: the table of classes is the mapping. Codes are Cloud Control's exceptions
(``ThrottlingException``) and ``HandlerErrorCode`` values (``Throttling``), compared without the
suffix ``Exception``.
"""

from __future__ import annotations

import re
import sqlite3
from typing import ClassVar


class Warning(sqlite3.Warning):
    """Something that the user should know and that is no failure."""


class AwsWarning(Warning, UserWarning):
    """AWS gave less than was asked for, and the statement went on; or will not be asked at all."""


class Error(sqlite3.Error):
    """Base class of all errors that awsvtab raises."""


class InterfaceError(Error, sqlite3.InterfaceError):
    """The DB-API was used in a way that it does not allow."""


class DatabaseError(Error, sqlite3.DatabaseError):
    """The database, SQLite's or AWS, reported an error."""


class DataError(DatabaseError, sqlite3.DataError):
    """A value does not fit the property that it is meant for."""


class OperationalError(DatabaseError, sqlite3.OperationalError):
    """Something outside the statement failed: access, limits, network, time."""


class IntegrityError(DatabaseError, sqlite3.IntegrityError):
    """The resource exists already, or a constraint failed."""


class InternalError(DatabaseError, sqlite3.InternalError):
    """awsvtab or AWS is in a state that it should never be in."""


class ProgrammingError(DatabaseError, sqlite3.ProgrammingError):
    """The statement or the call is wrong: unknown names, missing key columns."""


class NotSupportedError(DatabaseError, sqlite3.NotSupportedError):
    """AWS or awsvtab cannot do this, whatever the values."""


class Cancelled(OperationalError):
    """The statement was interrupted, or its cursor closed, while AWS was being asked."""


class TooManyCalls(OperationalError):
    """The statement would make more calls to AWS than ``max_calls`` allows."""


class AwsError(DatabaseError):
    """An error that AWS answered with, or that reaching AWS ended in.

    ``code`` is AWS's own (``ThrottlingException``), ``operation`` Cloud Control's
    (``GetResource``), ``request_id`` that of the HTTP request, and ``request_token`` that of the
    change, with which ``aws cloudcontrol get-resource-request-status`` tells how it went on.
    ``retryable`` says whether the same request may succeed later.
    """

    retryable: bool = False
    _classes: ClassVar[dict[str, type[AwsError]]] = {}

    def __init_subclass__(cls, codes: tuple[str, ...] = (), **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls._classes.update(dict.fromkeys(codes, cls))

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        operation: str | None = None,
        type_name: str | None = None,
        identifier: str | None = None,
        region: str | None = None,
        request_id: str | None = None,
        request_token: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.operation = operation
        self.type_name = type_name
        self.identifier = identifier
        self.region = region
        self.request_id = request_id
        self.request_token = request_token


class TypeNotFound(AwsError, ProgrammingError, codes=("TypeNotFound",)):
    """The region does not know the resource type."""


class ValidationFailed(AwsError, ProgrammingError, codes=("Validation", "ValidationError")):
    """AWS refused the request's form."""


class InvalidRequest(AwsError, DataError, codes=("InvalidRequest",)):
    """The handler refused the values."""


class AlreadyExists(AwsError, IntegrityError, codes=("AlreadyExists",)):
    """A resource with this identifier exists."""


class UnsupportedAction(AwsError, NotSupportedError, codes=("UnsupportedAction",)):
    """The resource type has no handler for the operation."""


class NotUpdatable(AwsError, NotSupportedError, codes=("NotUpdatable",)):
    """The change needs a new resource."""


class PrivateType(AwsError, NotSupportedError, codes=("PrivateType",)):
    """The operation is not available for private types."""


class NotFound(AwsError, OperationalError, codes=("NotFound", "ResourceNotFound")):
    """The resource to be written does not exist."""


class AccessDenied(
    AwsError,
    OperationalError,
    codes=("AccessDenied", "UnauthorizedTaggingOperation", "NotAuthorized", "OptInRequired"),
):
    """The credentials do not allow the action."""


class InvalidCredentials(
    AwsError,
    OperationalError,
    codes=(
        "InvalidCredentials",
        "UnrecognizedClient",
        "InvalidClientTokenId",
        "InvalidSignature",
        "IncompleteSignature",
        "ExpiredToken",
        "RequestExpired",
        "MissingAuthenticationToken",
        "NoCredentials",
    ),
):
    """There are no credentials, or AWS does not accept them."""


class Throttling(
    AwsError,
    OperationalError,
    codes=("Throttling", "TooManyRequests", "RequestLimitExceeded", "SlowDown"),
):
    """Too many requests, still after retries."""

    retryable = True


class Conflict(
    AwsError,
    OperationalError,
    codes=("ConcurrentModification", "ConcurrentOperation", "ResourceConflict"),
):
    """Something else is changing the resource."""

    retryable = True


class LimitExceeded(AwsError, OperationalError, codes=("ServiceLimitExceeded",)):
    """A quota of the account is used up."""


class HandlerFailed(
    AwsError,
    OperationalError,
    codes=("GeneralService", "HandlerFailure", "NotStabilized"),
):
    """The resource type's handler failed."""


class ServiceFailed(
    AwsError,
    OperationalError,
    codes=(
        "HandlerInternalFailure",
        "InternalFailure",
        "InternalServerError",
        "ServiceInternalError",
        "ServiceUnavailable",
    ),
):
    """AWS failed on its side."""

    retryable = True


class NetworkFailed(
    AwsError, OperationalError, codes=("NetworkFailure", "EndpointConnection", "ConnectionClosed")
):
    """AWS, or the service behind the handler, could not be reached."""

    retryable = True


class TimedOut(AwsError, OperationalError, codes=("ServiceTimeout", "RequestTimeout")):
    """No answer in time; a change may still finish."""

    retryable = True


class RequestTokenNotFound(AwsError, OperationalError, codes=("RequestTokenNotFound",)):
    """AWS does not know the request token, or has forgotten it."""


class ClientTokenConflict(AwsError, InternalError, codes=("ClientTokenConflict",)):
    """A client token was used for two different requests."""


# In the words of the services behind the handlers.
_THROTTLED = re.compile(r"rate exceeded|request limit exceeded|too many requests", re.IGNORECASE)


def short_code(code: str) -> str:
    """``ThrottlingException`` and ``Throttling`` are the same code: the latter."""
    return code.removesuffix("Exception")


def aws_error_class(code: str, message: str = "") -> type[AwsError]:
    """The class for an AWS code; plain `AwsError`, a DatabaseError, for an unknown one.

    Handlers wrap foreign errors: "Rate exceeded" in any code is throttling.
    """
    code = short_code(code)
    if _THROTTLED.search(message):
        return Throttling
    return AwsError._classes.get(code, AwsError)
