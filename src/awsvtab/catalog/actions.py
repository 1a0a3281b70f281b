"""What registry schemas call permissions, as IAM actions: pure.

The schemas have slips: prefixes in capitals (``EC2:CreateTags``), an action in two spellings, an
empty text, and a name that IAM does not know (``s3:REST.PUT.OBJECT`` is of S3's access logs).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
_ACTION = re.compile(r"([a-z0-9-]+):([a-z0-9*]+)", re.IGNORECASE)


def iam_action(permission: str) -> str | None:
    """The IAM action, its prefix in small letters as in AWS's lists; None for what is none."""
    action = _ACTION.fullmatch(permission.strip())
    return None if action is None else f"{action[1].lower()}:{action[2]}"


def iam_actions(permissions: Iterable[str]) -> tuple[str, ...]:
    """The IAM actions among permissions, sorted, each once: IAM does not tell capitals apart."""
    found: dict[str, str] = {}
    for action in sorted(filter(None, map(iam_action, permissions))):
        found.setdefault(action.lower(), action)
    return tuple(found.values())


def allows(pattern: str, action: str) -> bool:
    """Whether an action is one of those that a pattern with ``*`` stands for."""
    return fnmatchcase(action.lower(), pattern.lower())


def without_repetition(actions: Iterable[str]) -> tuple[str, ...]:
    """The actions less those that another of them stands for: ``s3:GetObject`` beside ``s3:*``."""
    actions = tuple(actions)
    patterns = [action for action in actions if "*" in action]
    return tuple(
        action
        for action in actions
        if not any(allows(pattern, action) for pattern in patterns if pattern != action)
    )
