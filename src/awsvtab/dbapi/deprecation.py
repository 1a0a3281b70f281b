"""What ``sqlite3`` warns of, in its words, with the Python versions in which it does."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

NAMED_WANT_NAMES = sys.version_info >= (3, 12)
"""Whether a sequence for named parameters is deprecated."""

_PACKAGE = str(Path(__file__).parents[1])


def warn(message: str) -> None:
    """A DeprecationWarning for the line that called this package; none before Python 3.12."""
    if sys.version_info >= (3, 12):
        warnings.warn(message, DeprecationWarning, skip_file_prefixes=(_PACKAGE,))


def warn_of_default(what: str) -> None:
    """That a default adapter or converter was used."""
    warn(
        f"The default {what} is deprecated as of Python 3.12; "
        "see the sqlite3 documentation for suggested replacement recipes"
    )


def warn_of_names(names: Sequence[str | None]) -> None:
    """That a sequence was given for parameters some of which have ``names``."""
    for number, name in enumerate(names, 1):
        if name is not None:
            warn(
                f"Binding {number} ('{name}') is a named parameter, but you supplied a sequence "
                "which requires nameless (qmark) placeholders. Starting with Python 3.14 an "
                "sqlite3.ProgrammingError will be raised."
            )


def positional(*names: str) -> Callable[[F], F]:
    """Marks parameters of a method that are to be given by position."""
    listed = _listed(names)
    s = "s" if len(names) > 1 else ""

    def mark(method: F) -> F:
        message = (
            f"Passing keyword argument{s} {listed} to _sqlite3.Connection.{method.__name__}() is "
            f"deprecated. Parameter{s} {listed} will become positional-only in Python 3.15."
        )
        return _warning(method, lambda _, keywords: not keywords.keys().isdisjoint(names), message)

    return mark


def keywords(function: str, *names: str) -> Callable[[F], F]:
    """Marks parameters of a function that are to be given by keyword."""

    def mark(method: F) -> F:
        first = method.__code__.co_varnames.index(names[0])
        message = (
            f"Passing more than 1 positional argument to {function}() is deprecated. Parameters "
            f"{_listed(names)} will become keyword-only parameters in Python 3.15."
        )
        return _warning(method, lambda given, _: len(given) > first, message)

    return mark


def _warning(
    function: F, applies: Callable[[tuple[Any, ...], dict[str, Any]], bool], message: str
) -> F:
    if sys.version_info < (3, 13):
        return function

    @functools.wraps(function)
    def call(*given: Any, **keywords: Any) -> Any:
        if applies(given, keywords):
            warn(message)
        return function(*given, **keywords)

    return call


def _listed(names: Sequence[str]) -> str:
    *others, last = [f"'{name}'" for name in names]
    return f"{', '.join(others)} and {last}" if others else last
