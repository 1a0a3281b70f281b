"""The catalog that ships with the package: every resource type, decoded when it is first used.

The file holds one block a type, blank lines between: a line with the type's name and its
table's ``service.resource``, then the type's record (see `awsvtab.catalog.schema`) as JSON.
Reading it costs a few milliseconds once a process; decoding a type some tens of microseconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from functools import cache, cached_property
from pathlib import Path

from awsvtab.catalog import names
from awsvtab.catalog.model import ResourceType
from awsvtab.catalog.schema import Record, resource_type
from awsvtab.errors import ProgrammingError

DATA_FILE = Path(__file__).with_name("resource-types.txt")


class Catalog:
    """Resource types by table name and by type name."""

    def __init__(self, text: str) -> None:
        """Takes a catalog file's text.

        Its first block is about the catalog as a whole: ``source``, ``date`` where it is known,
        ``types`` (how many), ``regions``.
        """
        head, *blocks = text.rstrip("\n").split("\n\n")
        self.metadata: Mapping[str, object] = json.loads(head)
        self._blocks: dict[str, str] = {}
        self._types: dict[str, str] = {}
        self._dotted: list[str] = []
        self._decoded: dict[str, ResourceType] = {}
        self._more: Mapping[str, Callable[[], ResourceType]] = {}
        for block in blocks:
            line, _, record = block.partition("\n")
            type_name, _, dotted = line.partition(" ")
            self._blocks[type_name] = record
            self._types["aws_" + dotted.replace(".", "_", 1)] = type_name
            self._dotted.append(dotted)

    @property
    def version(self) -> str:
        """Where the catalog comes from, with the day where it is known."""
        day = self.metadata.get("date")
        return f"{self.metadata['source']} ({day})" if day else str(self.metadata["source"])

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that the catalog knows about."""
        return tuple(self.metadata["regions"])  # type: ignore[arg-type]  # JSON array of strings

    def extended(self, more: Mapping[str, ResourceType | Callable[[], ResourceType]]) -> Catalog:
        """This catalog and more types, by name; what is no type yet is made when it is first used.

        A type of the catalog may be replaced, but not hidden by one that its table would be called
        like: that is a ProgrammingError.
        """
        extended = copy(self)
        extended.__dict__.pop("known_names", None)
        dotted = {f"{names.service_name(n)}.{names.resource_name(n)}": n for n in more}
        extended._types = self._types | {
            names.table_name(*each.split(".", 1)): type_name for each, type_name in dotted.items()
        }
        for each, type_name in dotted.items():
            other = self._types.get(names.table_name(*each.split(".", 1)), type_name)
            if other != type_name:
                raise ProgrammingError(f"types: {type_name} and {other} would both be {each}")
        if len(dotted) < len(more):
            raise ProgrammingError(f"types: two of {', '.join(more)} have the same table name")
        extended._dotted = [*dict.fromkeys((*self._dotted, *dotted))]
        extended._decoded = {n: t for n, t in more.items() if isinstance(t, ResourceType)}
        extended._more = {n: t for n, t in more.items() if not isinstance(t, ResourceType)}
        return extended

    def table_names(self) -> Iterable[str]:
        """Every underscore name."""
        return self._types.keys()

    @cached_property
    def known_names(self) -> Mapping[str, None]:
        """Every underscore name, StackQL's other names included, in a fixed order."""
        older = (names.table_name(*each) for each in names.OLDER_NAMES)
        own = (*self._types, *older)
        return dict.fromkeys((*own, *(f"{name}{names.LIST_ONLY}" for name in own)))

    def dotted_names(self) -> Iterable[str]:
        """Every ``service.resource``."""
        return self._dotted

    def table(self, table_name: str) -> ResourceType | None:
        """The type behind an underscore name, in any letter case."""
        type_name = self._types.get(table_name.lower())
        return None if type_name is None else self.type(type_name)

    def find(self, service: str, resource: str) -> ResourceType | None:
        """The type behind ``service.resource``, in any letter case."""
        return self.table(names.table_name(service, resource))

    def type(self, type_name: str) -> ResourceType:
        """The type of AWS's name; KeyError if there is none."""
        found = self._decoded.get(type_name)
        if found is None:
            if type_name in self._more:
                found = self._more[type_name]()
            else:
                found = resource_type(type_name, json.loads(self._blocks[type_name]))
            self._decoded[type_name] = found
        return found

    def __iter__(self) -> Iterator[ResourceType]:
        """The types that are known without asking AWS."""
        return map(self.type, dict.fromkeys((*self._blocks, *self._decoded)))

    def __len__(self) -> int:
        return len(self._types)


@cache
def catalog() -> Catalog:
    """The catalog that ships with the package."""
    return Catalog(DATA_FILE.read_text(encoding="utf-8"))


def version_line(catalog: Catalog) -> str:
    """What ``awsvtab --version`` says about the catalog."""
    return f"catalog: {len(catalog)} resource types from {catalog.version}"


def dump(metadata: Mapping[str, object], records: Mapping[str, Record]) -> str:
    """The text of a catalog file, one property or handler a line: its diff can be read."""
    return "\n\n".join([_members(metadata), *map(_block, sorted(records.items()))]) + "\n"


def _block(item: tuple[str, Record]) -> str:
    type_name, record = item
    dotted = f"{names.service_name(type_name)}.{names.resource_name(type_name)}"
    return f"{type_name} {dotted}\n{_members(record)}"


def _members(record: Mapping[str, object]) -> str:
    return "{" + ",\n".join(f'"{key}":{_value(value)}' for key, value in record.items()) + "}"


def _value(value: object) -> str:
    if isinstance(value, dict):
        lines = (f"{json.dumps(key)}:{_compact(inner)}" for key, inner in value.items())
        return "{\n" + ",\n".join(lines) + "}"
    return _compact(value)


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
