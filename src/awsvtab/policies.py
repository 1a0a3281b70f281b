"""Explanations to the IAM policy document that their statements need. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from awsvtab.catalog.actions import iam_actions, without_repetition
from awsvtab.explain import CALLED, Explanation

Policy = dict[str, Any]

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, without white space
MANAGED_LIMIT, USER_LIMIT = 6_144, 2_048


def policy(*explanations: Explanation) -> Policy:
    """The least that IAM has to allow for the statements that were explained, as a policy document.

    One statement of it has the actions that awsvtab calls, the other what AWS's handlers of the
    resource types do with the caller's permissions, as their schemas say. An action stands there
    once, and not where another with ``*`` includes it. ``Resource`` is ``*``: Cloud Control's
    actions take nothing else, and the schemas do not say which resources the handlers touch.
    """
    needed = iam_actions(action for each in explanations for action in each.actions)
    actions = without_repetition(needed)
    parts = {
        "AwsvtabCalls": [action for action in actions if action in CALLED],
        "ResourceHandlers": [action for action in actions if action not in CALLED],
    }
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": sid, "Effect": "Allow", "Action": part, "Resource": "*"}
            for sid, part in parts.items()
            if part
        ],
    }


def size(document: Mapping[str, Any]) -> int:
    """The characters of a policy document that IAM counts: all but white space."""
    return len(json.dumps(document, separators=(",", ":")))


def remarks(document: Mapping[str, Any]) -> Iterator[str]:
    """What whoever uses a policy document had better know of it."""
    counted = size(document)
    if not document["Statement"]:
        yield "no permission is needed; IAM takes no policy without a statement"
    if counted > MANAGED_LIMIT:
        yield (
            f"{counted:,} characters are more than a managed policy may have ({MANAGED_LIMIT:,}): "
            "make one for fewer statements at a time"
        )
    elif counted > USER_LIMIT:
        yield (
            f"{counted:,} characters are more than a user's inline policies may have "
            f"({USER_LIMIT:,}): make it a managed policy, or a role's"
        )
    for service in _whole_services(document["Statement"]):
        yield f"{service}:* is every action of {service}: AWS's schema asks for no less"


def _whole_services(statements: Sequence[Mapping[str, Any]]) -> list[str]:
    actions = (action for each in statements for action in each["Action"])
    return [action.removesuffix(":*") for action in actions if action.endswith(":*")]
