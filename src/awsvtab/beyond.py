"""Resource types beyond the catalog: private, third-party, or newer than it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from awsvtab.catalog import Catalog, ResourceType
from awsvtab.errors import ProgrammingError

Describe = Callable[[str], Mapping[str, Any]]  # a type's name to its schema in the registry
_TYPE_NAME = re.compile(r"\w+::\w+::\w+")


def more_types(
    types: Sequence[str] | str | os.PathLike[str], describe: Describe
) -> Mapping[str, ResourceType | Callable[[], ResourceType]]:
    """The types that a connection was told about, by name, or what makes them.

    Files are read now, which raises ProgrammingError if they are none; AWS is asked when a type is
    first used.
    """
    if isinstance(types, str | os.PathLike):
        from awsvtab.catalog.sources import read_types  # with zip files, a sixth of all imports

        return read_types(Path(types))
    return {name: partial(described, name, describe) for name in map(_checked, types)}


def type_named(catalog: Catalog, name: str, describe: Describe) -> ResourceType:
    """A type of AWS's name: the catalog's, else as AWS describes it now."""
    try:
        return catalog.type(name)
    except KeyError:
        return described(_checked(name), describe)


def described(name: str, describe: Describe) -> ResourceType:
    """A type as CloudFormation's DescribeType has it."""
    from awsvtab.catalog.sources import type_of

    return type_of(describe(name))


def _checked(name: str) -> str:
    if not _TYPE_NAME.fullmatch(name):
        raise ProgrammingError(
            f"no resource type is called {name!r}: write for example 'Org::Service::Resource'"
        )
    return name
