"""What the emulator answers instead of a result, by AWS's own codes."""

from __future__ import annotations

# Not-found and throttling are 400 on the wire too, whatever the service's documentation says.
SERVER_FAULTS = frozenset(
    {
        "HandlerFailureException",
        "HandlerInternalFailureException",
        "InternalFailure",
        "NetworkFailureException",
        "ServiceInternalErrorException",
    }
)

# HandlerErrorCode -> the exception with which a synchronous operation answers it.
HANDLER_ERRORS = {
    "AccessDenied": "AccessDeniedException",
    "AlreadyExists": "AlreadyExistsException",
    "GeneralServiceException": "GeneralServiceException",
    "InternalFailure": "HandlerInternalFailureException",
    "InvalidCredentials": "InvalidCredentialsException",
    "InvalidRequest": "InvalidRequestException",
    "NetworkFailure": "NetworkFailureException",
    "NotFound": "ResourceNotFoundException",
    "NotStabilized": "NotStabilizedException",
    "NotUpdatable": "NotUpdatableException",
    "ResourceConflict": "ResourceConflictException",
    "ServiceInternalError": "ServiceInternalErrorException",
    "ServiceLimitExceeded": "ServiceLimitExceededException",
    "ServiceTimeout": "HandlerFailureException",
    "Throttling": "ThrottlingException",
    "UnauthorizedTaggingOperation": "AccessDeniedException",
}


class CloudControlError(Exception):
    """An error answer: ``code`` as in ``__type``, HTTP 400, or 500 for AWS's own failures."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or (500 if code in SERVER_FAULTS else 400)


class HandlerError(Exception):
    """A resource type's handler failed: an error answer to a read, a FAILED event of a write."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def handler_message(type_name: str, message: str, code: str, token: str) -> str:
    """The sentence in which Cloud Control wraps what a handler said."""
    return (
        f"{type_name} Handler returned status FAILED: {message} "
        f"(HandlerErrorCode: {code}, RequestToken: {token})"
    )


def type_not_found(type_name: str) -> CloudControlError:
    return CloudControlError("TypeNotFoundException", f"The type '{type_name}' cannot be found.")


def unsupported(type_name: str, action: str) -> CloudControlError:
    message = f"Resource type {type_name} does not support {action} action"
    return CloudControlError("UnsupportedActionException", message)


def validation(message: str) -> CloudControlError:
    return CloudControlError("ValidationException", message)


def not_found(type_name: str, identifier: str) -> HandlerError:
    message = f"Resource of type '{type_name}' with identifier '{identifier}' was not found."
    return HandlerError("NotFound", message)


def other_region(type_name: str, region: str) -> HandlerError:
    service = type_name.split("::")[1]
    message = (
        f"The bucket is in this region: {region}. Please use this region to retry the request "
        f"(Service: {service}, Status Code: 301)"
    )
    return HandlerError("GeneralServiceException", message)


def not_deleted(type_name: str, identifier: str) -> HandlerError:
    service = type_name.split("::")[1]
    message = f"{identifier} is not empty, or in use (Service: {service}, Status Code: 409)"
    return HandlerError("GeneralServiceException", message)


def already_exists(type_name: str, identifier: str) -> HandlerError:
    message = f"Resource of type '{type_name}' with identifier '{identifier}' already exists."
    return HandlerError("AlreadyExists", message)
