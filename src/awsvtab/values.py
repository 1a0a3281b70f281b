"""JSON values to SQL values and back, by the property's type: pure.

Reading keeps what AWS returned. Writing follows SQLite's affinities, which SQLite itself does not
apply to virtual tables, and refuses what does not fit.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from awsvtab.catalog.model import Property
from awsvtab.errors import DataError

SQLValue = str | int | float | bytes | None
JSONValue = Any
Properties = Mapping[str, JSONValue]
_T = TypeVar("_T")

_JSON_INTEGER = re.compile(r"-?(?:0|[1-9]\d*)")
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SQL_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_SHORT_INTEGER = re.compile(r"\s*[+-]?\d{1,18}\s*", re.ASCII)
_MOST_DIGITS = 20  # of an integer of SQLite's, sign included
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
# As people read and search it.
_JSON_FOR_READERS = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)
_INT64 = range(-(2**63), 2**63)
_EXAMPLES = {
    "integer": "42",
    "number": "0.5",
    "boolean": "'true', 'false', 1 or 0",
    "array": """'["a", "b"]'""",
    "object": """'{"Key": "value"}'""",
    "string": "'text'",
}


def to_sql(value: JSONValue) -> SQLValue:
    """What a reader of the column sees: JSON text for arrays and objects, 0 or 1 for booleans."""
    if isinstance(value, str):
        return value if value.isascii() else _without_lone_surrogates(value)
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, int):
        return int(value) if value in _INT64 else str(value)
    text = _JSON_FOR_READERS.encode(value)
    return text if text.isascii() else _without_lone_surrogates(text)


def from_sql(prop: Property, column: str, value: SQLValue, secret: bool = False) -> JSONValue:
    """The JSON value for the property; None, for NULL, means that the property is absent.

    Raises DataError, which names the column and shows what to write, where the value does not fit.
    What is ``secret``, as all that is write-only, is not shown.
    """
    if value is None:
        return None
    try:
        return _CONVERT[prop.json_type](value)
    except ValueError as error:
        secret = secret or prop.write_only
        shown = "the value" if secret else _shortened(value)
        reason = f" ({error})" if error.args and not secret else ""
        raise DataError(
            f"column {column}: {shown} is no {prop.json_type}{reason}; "
            f"write for example {_EXAMPLES[prop.json_type]}"
        ) from None


def parse_json(text: str) -> JSONValue:
    """Parses strict JSON: no NaN, no Infinity, no number too large. Raises ValueError."""
    try:
        return _STRICT_JSON.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def dump_json(value: JSONValue) -> str:
    """Compact JSON text that SQLite and AWS take; members keep their order."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def sql_literal(text: str) -> str:
    """A text as it is written in SQL."""
    return "'" + text.replace("'", "''") + "'"


def text_key(value: SQLValue) -> str | None:
    """The text that equals ``value`` in a TEXT column; None for NULL and BLOB: nothing does.

    SQLite turns a number into text before it compares it with such a column. How it spells a REAL
    is its own affair, so callers must not ask about one.
    """
    return str(value) if isinstance(value, str | int) else None


def integer_key(value: SQLValue) -> int | None:
    """The integer that equals ``value`` in an INTEGER column; None where none does."""
    if isinstance(value, str) and _SQL_NUMBER.fullmatch(value):
        short_integer = _JSON_INTEGER.fullmatch(value) and len(value) <= _MOST_DIGITS
        value = int(value) if short_integer else float(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) else None


def numeric_text(text: str) -> bool:
    """Whether SQLite reads the whole of a text as a number, where it looks for one."""
    return _SQL_NUMBER.fullmatch(text) is not None


def plain_integer(text: str) -> int | None:
    """The integer of 64 bits that a text is, however many zeros and blanks; None for others."""
    return int(text) if _SHORT_INTEGER.fullmatch(text) else None


def _to_string(value: SQLValue) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    raise ValueError


def _to_integer(value: SQLValue) -> int:
    if isinstance(value, str) and _JSON_INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    raise ValueError


def _to_number(value: SQLValue) -> int | float:
    if isinstance(value, str) and _JSON_NUMBER.fullmatch(value):
        value = parse_json(value)
    if isinstance(value, int | float) and math.isfinite(value):
        return value
    raise ValueError


def _to_boolean(value: SQLValue) -> bool:
    if isinstance(value, str) and value in _BOOLEANS:
        return _BOOLEANS[value]
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise ValueError


def _to_array(value: SQLValue) -> list[JSONValue]:
    return _json_of(value, list)


def _to_object(value: SQLValue) -> dict[str, JSONValue]:
    return _json_of(value, dict)


def _json_of(value: SQLValue, kind: type[_T]) -> _T:
    parsed = parse_json(value) if isinstance(value, str) else value
    if not isinstance(parsed, kind):
        raise ValueError
    return parsed


def _to_any(value: SQLValue) -> JSONValue:
    """A document where the text is one; else the value itself."""
    if isinstance(value, bytes):
        raise ValueError
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return parse_json(value)
        except ValueError:
            return value
    return value


_CONVERT = {
    "string": _to_string,
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
    "array": _to_array,
    "object": _to_object,
    "any": _to_any,
}
_EXAMPLES["any"] = _EXAMPLES["object"]


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


# json.loads would make one for each text.
_STRICT_JSON = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def _without_lone_surrogates(text: str) -> str:
    """SQLite's text is UTF-8, which has no lone surrogates; JSON's ``\\ud800`` does."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _shortened(value: SQLValue) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
