"""Where registry schemas come from: cfn-lint's copy, a folder or a zip file. Reads, never asks AWS.

A schema is as CloudFormation's registry has it: as in AWS's CloudformationSchema.zip, as the
Schema that DescribeType returns, or that whole answer saved to a file.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from awsvtab.catalog.model import ResourceType
from awsvtab.catalog.parents import find_ways
from awsvtab.catalog.schema import Record, Schema, record, resource_type
from awsvtab.catalog.scope import scope_record
from awsvtab.errors import ProgrammingError

SERVERLESS_TRANSFORM = "sam"  # no region: SAM's types are not in the registry
HOME_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Source:
    """Schemas by type name. ``regions`` maps each region to its types, where that is known.

    ``sorts_properties`` says that the order of properties in the schemas means nothing.
    """

    name: str
    schemas: Mapping[str, Schema]
    date: str | None = None
    regions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sorts_properties: bool = False


def read_types(path: Path) -> dict[str, ResourceType]:
    """The resource types of a folder or a zip file of schemas, by type name.

    Raises ProgrammingError if there are none, or a file is not what it should be.
    """
    found = records(read_files(path), {})
    return {name: resource_type(name, each) for name, each in found.items()}


def type_of(schema: Schema) -> ResourceType:
    """The resource type of one schema, such as DescribeType returns; it has no known parents."""
    name: str = schema["typeName"]
    return resource_type(name, record(schema) | scope_record(name))


def records(source: Source, order: Mapping[str, Sequence[str]]) -> dict[str, Record]:
    """The records of a source's types. ``order`` is the known order of a type's properties."""
    ways = find_ways(source.schemas)
    result: dict[str, Record] = {}
    for name, schema in source.schemas.items():
        known = order.get(name, () if source.sorts_properties else None)
        entry = record(schema, known) | scope_record(name)
        if name in ways:
            entry["parents"] = list(ways[name].parents)
        lacking = (region for region, types in source.regions.items() if name not in types)
        if not_in := sorted(lacking):
            entry["not_in"] = not_in
        entry["properties"] = entry.pop("properties")  # last: the longest part of a block
        result[name] = entry
    return result


def read_files(path: Path) -> Source:
    """The schemas of a folder or a zip file."""
    try:
        schemas = {schema["typeName"]: schema for schema in _schemas(path)}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise ProgrammingError(f"types: cannot read {path}: {error}") from error
    if not schemas:
        raise ProgrammingError(
            f"types: there are no schemas in {path}: a schema is a JSON object with typeName and "
            "properties, in a file of its own called *.json"
        )
    return Source(path.name, schemas, _date(path))


def _schemas(path: Path) -> Iterator[dict[str, Any]]:
    for text in _texts(path):
        document = json.loads(text)
        if isinstance(document, dict) and isinstance(document.get("Schema"), str):
            document = json.loads(document["Schema"])  # DescribeType's whole answer
        if isinstance(document, dict) and {"typeName", "properties"} <= document.keys():
            yield document


def _texts(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        yield from (file.read_bytes() for file in sorted(path.glob("*.json")))
        return
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".json"):
                yield archive.read(name)


def _date(path: Path) -> str | None:
    """The day of the newest file in a zip file; copying files changes the dates of a folder's."""
    if path.is_dir():
        return None
    with zipfile.ZipFile(path) as archive:
        return max(date(*entry.date_time[:3]) for entry in archive.infolist()).isoformat()


def read_cfn_lint() -> Source:
    """The schemas that the installed cfn-lint carries, with the regions that have each type."""
    spec = importlib.util.find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise ProgrammingError("cfn-lint is not installed: pip install 'awsvtab[emulator]'")
    root = Path(spec.origin).parent / "data" / "schemas"
    hashes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    regions: dict[str, frozenset[str]] = {}
    for file in sorted((root / "providers").glob("*.json")):
        if file.stem == SERVERLESS_TRANSFORM:
            continue
        types: dict[str, str] = json.loads(file.read_bytes())
        regions[file.stem] = frozenset(types)
        for type_name, digest in types.items():
            hashes[type_name][digest].append(file.stem)
    schemas: dict[str, Schema] = {
        type_name: json.loads((root / "resources" / f"{_preferred(found)}.json").read_bytes())
        for type_name, found in hashes.items()
    }
    name = f"cfn-lint {importlib.metadata.version('cfn-lint')}"
    return Source(name, schemas, regions=regions, sorts_properties=True)


def _preferred(found: Mapping[str, Sequence[str]]) -> str:
    """The home region's schema, else that of the most regions."""
    return max(found, key=lambda digest: (HOME_REGION in found[digest], len(found[digest])))
