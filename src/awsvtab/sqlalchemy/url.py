"""AWS's options in a database URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.engine import URL

from awsvtab.errors import ProgrammingError
from awsvtab.options import ALL


def _names(text: str) -> list[str] | str:
    return text if text == "all" else [name.strip() for name in text.split(",")]


def _flag(text: str) -> bool:
    """Yes or no. A slip of the key must not switch off a guard: ProgrammingError."""
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    if text.lower() not in words:
        raise ProgrammingError(f"{text!r} in the URL: write true or false")
    return words[text.lower()]


OPTIONS: Mapping[str, Callable[[str], Any]] = {
    "tables": _names,
    "regions": lambda text: ALL if text == ALL else _names(text),
    "types": _names,
    "trusted_schema": _flag,
    "read_only": _flag,
    "max_changes": int,
    "profile": str,
    "endpoint_url": str,
    "concurrency": int,
    "max_requests_per_second": float,
    "max_calls": int,
    "cache_ttl": float,
    "on_error": str,
    "rows_in_memory": int,
    "read_timeout": float,
    "write_timeout": float,
    "wait": _flag,
    "journal": str,
}
"""What a URL's query may say, and how its text is read; the rest is for ``connect_args``."""


def take_options(url: URL) -> tuple[dict[str, Any], URL]:
    """The options that the query holds, and the URL without them.

    Lists are written with commas, ``regions=us-east-1,eu-west-1``, or as repeated parameters.
    """
    found = {name: _text(url.query[name]) for name in OPTIONS if name in url.query}
    options = {name: OPTIONS[name](text) for name, text in found.items()}
    return options, url.difference_update_query(found)


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ",".join(value)
