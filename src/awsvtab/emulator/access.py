"""Callers held to their IAM policies, where moto is told to check them.

moto holds the users, roles and policies, and has the switch: `enable_iam_authentication` and
``INITIAL_NO_AUTH_ACTION_COUNT`` (https://docs.getmoto.org/en/latest/docs/iam.html). AWS checks
Cloud Control's own action first, and then those that a type's handler takes with the caller's
credentials.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn

from botocore.auth import SigV4Auth
from botocore.credentials import Credentials
from moto import settings
from moto.core.authorization import ActionAuthenticatorMixin
from moto.iam.access_control import IAMPolicyStatement, IAMRequestBase, PermissionResult
from moto.iam.models import Policy

from awsvtab.catalog.actions import iam_actions

from .errors import CloudControlError, HandlerError
from .pointers import Json

# What a handler of a service does with the permissions that its schema lists, or why it fails.
Rights = Callable[[str, Iterable[str]], HandlerError | None]

PREFIX = "cloudformation"  # Cloud Control has none of its own


def everything(service: str, permissions: Iterable[str]) -> None:
    """The rights of callers whom nobody checks."""


def rights(
    account: str, region: str, headers: Mapping[str, str], body: bytes, operation: str
) -> Rights:
    """What whoever signed a request may do. Raises `CloudControlError` for what it itself asks."""
    checked = ActionAuthenticatorMixin
    if checked.request_count < settings.INITIAL_NO_AUTH_ACTION_COUNT:
        checked.request_count += 1
        return everything
    if "Authorization" not in headers:
        raise CloudControlError(
            "MissingAuthenticationTokenException", "Missing Authentication Token"
        )
    signed = SignedRequest(account, "POST", "/", {}, body, dict(headers), operation)
    signed.check_signature()
    signed.check_action_permitted(f"arn:aws:{PREFIX}:{region}:{account}:resource/*")

    def missing(service: str, permissions: Iterable[str]) -> HandlerError | None:
        refusals = (signed.refusal(action, "*") for action in iam_actions(permissions))
        refusal = next(filter(None, refusals), None)
        if refusal is None:
            return None
        return HandlerError("AccessDenied", f"{refusal} (Service: {service}, Status Code: 403)")

    return missing


class SignedRequest(IAMRequestBase):
    """A request whose caller moto knows. Errors are Cloud Control's."""

    def check_action_permitted(self, resource: str) -> None:
        """Raises AccessDeniedException unless the caller may do what the request asks for."""
        refusal = self.refusal(self._own_action, resource)
        if refusal is not None:
            raise CloudControlError("AccessDeniedException", refusal)

    @property
    def _own_action(self) -> str:
        """The action by which IAM knows the request's operation."""
        return f"{PREFIX}:{self._action.partition(':')[2]}"

    def refusal(self, action: str, resource: str) -> str | None:
        """What AWS says to a caller that may not do something; None if it may."""
        results = {
            IAMPolicyStatement(statement).is_action_permitted(action.lower(), resource)
            for policy in self._access_key.collect_policies()
            for statement in _statements(policy)
        }
        if PermissionResult.DENIED in results:
            reason = "with an explicit deny in an identity-based policy"
        elif PermissionResult.PERMITTED in results:
            return None
        else:
            reason = f"because no identity-based policy allows the {action} action"
        return (
            f"User: {self._access_key.arn} is not authorized to perform: {action} "
            f"on resource: {resource} {reason}"
        )

    def _create_auth(self, credentials: Credentials) -> SigV4Auth:
        return SigV4Auth(credentials, self._service, self._region)

    def _raise_invalid_access_key(self, reason: str) -> NoReturn:
        message = "The security token included in the request is invalid."
        raise CloudControlError("UnrecognizedClientException", message)

    def _raise_signature_does_not_match(self) -> NoReturn:
        message = "The request signature we calculated does not match the signature you provided."
        raise CloudControlError("InvalidSignatureException", message)

    def _raise_access_denied(self) -> NoReturn:
        message = f"User: {self._access_key.arn} is not authorized to perform: {self._own_action}"
        raise CloudControlError("AccessDeniedException", message)


def _statements(policy: Any) -> Iterator[Json]:
    """The statements of a policy as moto holds it, its actions in small letters.

    IAM does not tell capitals apart in them, moto does.
    """
    document = json.loads(_document(policy))
    given = document["Statement"]
    for statement in given if isinstance(given, list) else [given]:
        yield {
            name: _lower(value) if name in ("Action", "NotAction") else value
            for name, value in statement.items()
        }


def _lower(actions: str | list[str]) -> str | list[str]:
    return actions.lower() if isinstance(actions, str) else [each.lower() for each in actions]


def _document(policy: Any) -> str:
    if isinstance(policy, Policy):
        return next(each.document for each in policy.versions if each.is_default)
    document: str = policy if isinstance(policy, str) else policy["policy_document"]
    return document
