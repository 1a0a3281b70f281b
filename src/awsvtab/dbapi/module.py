"""``sqlite3``'s functions and attributes that belong to no class."""

from __future__ import annotations

import warnings

import apsw

from awsvtab.dbapi.deprecation import warn

apilevel = "2.0"
threadsafety = 1
"""Threads may share the module, not connections (PEP 249)."""
paramstyle = "qmark"

sqlite_version = apsw.sqlite_lib_version()
sqlite_version_info = tuple(map(int, sqlite_version.split(".")))


# Of the ``sqlite3`` interface, as ``sqlite3.version`` was until Python 3.13.
_VERSIONS = {"version": "2.6.0", "version_info": (2, 6, 0)}


def outdated(name: str) -> object:
    """``version`` and ``version_info``, with sqlite3's warning; a module's ``__getattr__``."""
    if name not in _VERSIONS:
        raise AttributeError(f"module 'awsvtab' has no attribute {name!r}")
    warn(f"{name} is deprecated and will be removed in Python 3.14")
    return _VERSIONS[name]


def complete_statement(statement: str) -> bool:
    """Whether the text ends in a whole statement; it may still be wrong."""
    return apsw.complete(statement)


def enable_shared_cache(do_enable: bool) -> None:
    """Does nothing: APSW's SQLite is built without a shared cache, which SQLite advises."""
    warnings.warn("There is no shared cache", DeprecationWarning, stacklevel=2)
