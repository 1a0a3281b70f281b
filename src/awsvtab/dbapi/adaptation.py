"""Python values to SQLite's and back: adapters, converters, parameters."""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

import apsw

from awsvtab.dbapi.deprecation import warn_of_default
from awsvtab.errors import ProgrammingError

Adapter = Callable[[Any], Any]
Converter = Callable[[bytes], Any]
Parameters = Any
"""A sequence, or a mapping of names, of values."""


PrepareProtocol = sqlite3.PrepareProtocol
"""What ``__conform__`` is asked for: a value that SQLite can store."""


def _adapt_date(value: datetime.date) -> str:
    warn_of_default("date adapter")
    return value.isoformat()


def _adapt_datetime(value: datetime.datetime) -> str:
    warn_of_default("datetime adapter")
    return value.isoformat(" ")


def _convert_date(raw: bytes) -> datetime.date:
    warn_of_default("date converter")
    return datetime.date.fromisoformat(raw.decode())


def _convert_timestamp(raw: bytes) -> datetime.datetime:
    if b"T" not in raw:  # which is AWS's way to write it, and no concern of sqlite3's
        warn_of_default("timestamp converter")
    return datetime.datetime.fromisoformat(raw.decode())


adapters: dict[tuple[type, type], Adapter] = {
    (datetime.date, PrepareProtocol): _adapt_date,
    (datetime.datetime, PrepareProtocol): _adapt_datetime,
}
converters: dict[str, Converter] = {
    "DATE": _convert_date,
    "TIMESTAMP": _convert_timestamp,
    "JSON": json.loads,
    "BOOLEAN": lambda raw: bool(int(raw)),
}

# Those that nobody has registered, here and with sqlite3.
_DEFAULTS = {*adapters.values(), *sqlite3.adapters.values()}

# Values of exactly these types need no adapter. `register_adapter` takes types out.
_PLAIN: set[type] = {int, float, str, bytes, bytearray, bool, type(None)}


def register_adapter(type_: type, adapter: Adapter, /) -> None:
    """Store values of exactly ``type_`` as what ``adapter`` returns for them."""
    if not isinstance(type_, type):
        raise TypeError(f"register_adapter() takes a type, not {type_!r}")
    _PLAIN.discard(type_)
    adapters[type_, PrepareProtocol] = adapter


def register_converter(typename: str, converter: Converter, /) -> None:
    """Give ``converter`` the bytes of every value whose column is declared ``typename``."""
    converters[typename.upper()] = converter


_MISSING = object()


def adapt(value: Any, protocol: type = PrepareProtocol, default: Any = _MISSING, /) -> Any:
    """``value`` as ``protocol`` wants it, or ``default``.

    Raises ProgrammingError where nothing adapts it and there is no default. A TypeError in
    ``__adapt__`` or ``__conform__`` (PEP 246) means that it does not adapt.
    """
    adapter = _adapter(type(value), protocol)
    if adapter is not None:
        return adapter(value)
    for method, argument in (
        (getattr(protocol, "__adapt__", None), value),
        (getattr(value, "__conform__", None), protocol),
    ):
        adapted = _try(method, argument)
        if adapted is not None:
            return adapted
    if default is _MISSING:
        raise ProgrammingError("can't adapt")
    return default


def _adapter(type_: type, protocol: type) -> Adapter | None:
    """One registered here, one that others, such as pandas, registered with sqlite3, a default."""
    ours = adapters.get((type_, protocol))
    if ours is not None and ours not in _DEFAULTS:
        return ours
    theirs = sqlite3.adapters.get((type_, protocol))
    return ours if theirs is None or theirs in _DEFAULTS else theirs


def _try(method: Callable[[Any], Any] | None, argument: Any) -> Any:
    if method is None:
        return None
    try:
        return method(argument)
    except TypeError:
        return None


def bindable(parameters: Parameters) -> Any:
    """What APSW takes: ``parameters`` itself where nothing in it is to be adapted."""
    kind = type(parameters)
    if kind is tuple or kind is list:
        if _PLAIN.issuperset(map(type, parameters)):
            return parameters
    elif kind is dict and _PLAIN.issuperset(map(type, parameters.values())):
        return parameters
    return _adapted(parameters)


def _adapted(parameters: Parameters) -> Any:
    if hasattr(parameters, "__missing__"):
        return parameters  # APSW asks it for names; what it cannot bind, `convert_binding` adapts
    if isinstance(parameters, Mapping):
        return {name: _adapt_value(parameters[name]) for name in parameters}
    if hasattr(parameters, "__getitem__") and hasattr(parameters, "__len__"):
        return _adapt_sequence(parameters)
    raise ProgrammingError("parameters are of unsupported type")


def _adapt_sequence(parameters: Any) -> tuple[Any, ...]:
    # By index: an adapter may shorten the list, and that must be an IndexError.
    return tuple([_adapt_value(parameters[index]) for index in range(len(parameters))])


def _adapt_value(value: Any) -> Any:
    return value if type(value) in _PLAIN else adapt(value, PrepareProtocol, value)


def convert_binding(cursor: apsw.Cursor, number: int, value: Any) -> Any:
    """APSW's last resort for a value that it cannot bind (``apsw.Cursor.convert_binding``)."""
    adapted = adapt(value, PrepareProtocol, None)
    if adapted is None:
        raise ProgrammingError(
            f"Error binding parameter {number}: type '{type(value).__name__}' is not supported"
        )
    return adapted
