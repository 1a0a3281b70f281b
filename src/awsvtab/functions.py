"""StackQL's SQL functions, for statements written for it: pure, and NULL for a NULL argument.

Their semantics are those of https://github.com/stackql/sqlite-ext-functions, where that does not
say otherwise. An argument that has to be JSON and is not raises DataError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Any

import apsw

from awsvtab.errors import DataError
from awsvtab.values import SQLValue, parse_json


def register_functions(connection: apsw.Connection) -> None:
    """Makes the functions known to a connection; those that it defines later replace them."""
    for name, count, function in _FUNCTIONS:
        connection.create_scalar_function(
            name, function, count, deterministic=True, flags=apsw.SQLITE_INNOCUOUS
        )


def string(value: SQLValue) -> str | None:
    """The value as text: a REAL in the fewest digits that read back the same, a BLOB as UTF-8."""
    if value is None or isinstance(value, str):
        return value
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def split_part(source: SQLValue, separator: SQLValue, part: SQLValue) -> str | None:
    """The part with this number, from 1, or from -1 at the end; NULL where there is none.

    The separator is one text, however long; an empty one separates nothing, and gives NULL.
    """
    text, between = string(source), string(separator)
    if text is None or not between or part is None:
        return None
    parts = text.split(between)
    number = _integer(part)
    index = number - 1 if number > 0 else len(parts) + number
    return parts[index] if number != 0 and 0 <= index < len(parts) else None


def json_equal(left: SQLValue, right: SQLValue) -> int | None:
    """1 where two JSON texts mean the same, else 0.

    The order of an object's members does not matter, that of an array's does; 1 is 1.0.
    """
    if left is None or right is None:
        return None
    return int(_read(left, _json, "json_equal") == _read(right, _json, "json_equal"))


def aws_policy_equal(left: SQLValue, right: SQLValue) -> int | None:
    """1 where two IAM policies, or two lists of tags, mean the same to AWS, else 0.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. The order of
    statements, actions, resources, principals, values of conditions and tags does not matter, nor
    whether a single one stands in a list. Letters count in any case in the names of elements,
    of condition keys and operators, in actions, and in the partition and service of an ARN.
    """
    if left is None or right is None:
        return None
    return int(
        _read(left, _policy, "aws_policy_equal") == _read(right, _policy, "aws_policy_equal")
    )


_FUNCTIONS: tuple[tuple[str, int, Callable[..., SQLValue]], ...] = (
    ("string", 1, string),
    ("split_part", 3, split_part),
    ("json_equal", 2, json_equal),
    ("aws_policy_equal", 2, aws_policy_equal),
)

_ACCOUNT_ROOT = re.compile(r"arn:[^:]*:iam::(\d{12}):root")

# What a document means, such that what means the same is equal.
Meaning = Hashable


def _integer(value: SQLValue) -> int:
    """The number of a part; DataError where it is none."""
    try:
        return int(value)  # type: ignore[arg-type]  # the caller has dealt with None
    except (ValueError, OverflowError):
        raise DataError("split_part: the part is no integer; write for example 1 or -1") from None


def _read(value: SQLValue, meaning: Callable[[Any], Meaning], function: str) -> Meaning:
    try:
        return meaning(parse_json(string(value) or ""))
    except (ValueError, RecursionError):
        raise DataError(
            f"{function}: an argument is no JSON; write for example '[\"a\"]'"
        ) from None


def _json(value: Any) -> Meaning:
    match value:
        case dict():
            return "object", frozenset((key, _json(each)) for key, each in value.items())
        case list():
            return "array", tuple(map(_json, value))
        case bool():
            return "boolean", value  # to Python, True is 1
        case _:
            scalar: Meaning = value
            return scalar


def _policy(document: Any) -> Meaning:
    return _element("tags" if isinstance(document, list) else "", document)


def _element(name: str, value: Any) -> Meaning:
    """What the element of a policy means; ``name`` is in lower case."""
    if name in _VALUES:
        return _set(value, _VALUES[name])
    match value:
        case dict():
            return frozenset((key.lower(), _element(key.lower(), value[key])) for key in value)
        case list():
            return tuple(_element("", each) for each in value)
        case _:
            return _json(value)


def _set(value: Any, meaning: Callable[[Any], Meaning]) -> Meaning:
    return frozenset(map(meaning, value if isinstance(value, list) else [value]))


def _statement(value: Any) -> Meaning:
    return _element("", value)


def _action(value: Any) -> Meaning:
    return value.lower() if isinstance(value, str) else _json(value)


def _resource(value: Any) -> Meaning:
    """An ARN's partition and service are folded; the rest of it is a name, where case counts."""
    if not isinstance(value, str):
        return _json(value)
    parts = value.split(":", 3)
    if len(parts) < 4 or parts[0].lower() != "arn":
        return value
    return ":".join([*map(str.lower, parts[:3]), parts[3]])


def _principals(value: Any) -> Meaning:
    """``"*"`` is ``{"AWS": "*"}``."""
    principals = value if isinstance(value, dict) else {"AWS": value}
    return frozenset((kind.lower(), _set(who, _principal)) for kind, who in principals.items())


def _principal(value: Any) -> Meaning:
    """An account is the same as its root: https://docs.aws.amazon.com/IAM/latest/UserGuide/
    reference_policies_elements_principal.html#principal-accounts
    """
    folded = _resource(value)
    root = _ACCOUNT_ROOT.fullmatch(folded) if isinstance(folded, str) else None
    return folded if root is None else root[1]


def _conditions(value: Any) -> Meaning:
    if not isinstance(value, dict):
        return _json(value)
    return frozenset((operator.lower(), _keys(keys)) for operator, keys in value.items())


def _keys(value: Any) -> Meaning:
    if not isinstance(value, dict):
        return _json(value)
    return frozenset((key.lower(), _set(each, _condition_value)) for key, each in value.items())


def _condition_value(value: Any) -> Meaning:
    """IAM takes ``true`` and ``1`` for ``"true"`` and ``"1"``."""
    return str(value).lower() if isinstance(value, bool | int | float) else _json(value)


_VALUES: dict[str, Callable[[Any], Meaning]] = {
    "statement": _statement,
    "action": _action,
    "notaction": _action,
    "resource": _resource,
    "notresource": _resource,
    "principal": _principals,
    "notprincipal": _principals,
    "condition": _conditions,
    "tags": _json,
}
