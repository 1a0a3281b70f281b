"""Builds the catalog's data file from CloudFormation registry schemas.

    python -m awsvtab.catalog.build [--order ORDER.json] [--output FILE] [SCHEMAS]

SCHEMAS is a folder or a zip file of schemas, such as AWS's CloudformationSchema.zip; without it
the schemas that the installed cfn-lint carries are taken (``pip install 'awsvtab[emulator]'``).
cfn-lint sorts properties by name, so their order comes from ORDER.json
(``{type name: [property, ...]}``), from the catalog that is being replaced, and last from the
schema. Availability by region is known from cfn-lint only.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from awsvtab.catalog.parents import find_parents
from awsvtab.catalog.schema import Record, Schema, record
from awsvtab.catalog.store import DATA_FILE, Catalog, dump

SERVERLESS_TRANSFORM = "sam"  # no region: SAM's types are not in the registry
HOME_REGION = "us-east-1"


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the data file and says what is in it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("schemas", nargs="?", type=Path)
    parser.add_argument("--order", type=Path)
    parser.add_argument("--output", type=Path, default=DATA_FILE)
    options = parser.parse_args(arguments)
    order = property_order(options.order, DATA_FILE)
    source, schemas, regions = read_schemas(options.schemas)
    text = build(source, schemas, regions, order)
    options.output.write_text(text, encoding="utf-8")
    built = Catalog(text)
    with_input = sum(bool(t.list_requires) for t in built)
    parented = sum(t.parent is not None for t in built)
    print(  # noqa: T201 - a command
        f"{options.output}: {len(built)} types in {len(built.regions)} regions from {source}; "
        f"{with_input} lists need input, {parented} have a way to get it"
    )


def build(
    source: str,
    schemas: Mapping[str, Schema],
    regions: Mapping[str, frozenset[str]],
    order: Mapping[str, Sequence[str]],
) -> str:
    """The data file's text. ``regions`` maps each region to the types that it has."""
    parents = find_parents(schemas)
    records: dict[str, Record] = {}
    for type_name, schema in schemas.items():
        entry = record(schema, order.get(type_name, ()))
        if type_name in parents:
            entry["parent"] = parents[type_name]
        if not_in := [
            region for region, types in sorted(regions.items()) if type_name not in types
        ]:
            entry["not_in"] = not_in
        entry["properties"] = entry.pop("properties")  # last: the longest part of a block
        records[type_name] = entry
    return dump({"source": source, "regions": sorted(regions)}, records)


def property_order(order_file: Path | None, previous: Path) -> dict[str, list[str]]:
    """The known order of properties: the file's, then that of the catalog to be replaced."""
    known: dict[str, list[str]] = {}
    if previous.exists():
        known = {t.name: [p.name for p in t.properties] for t in Catalog(previous.read_text())}
    if order_file is not None:
        known |= json.loads(order_file.read_text(encoding="utf-8"))
    return known


def read_schemas(
    path: Path | None,
) -> tuple[str, dict[str, Schema], dict[str, frozenset[str]]]:
    """The source's name, its schemas by type, and the types of each region."""
    if path is None:
        return _cfn_lint()
    schemas: dict[str, Schema] = {schema["typeName"]: schema for schema in _files(path)}
    return path.name, schemas, {}


def _files(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_dir():
        yield from (json.loads(file.read_bytes()) for file in sorted(path.glob("*.json")))
        return
    with zipfile.ZipFile(path) as archive:
        yield from (json.loads(archive.read(name)) for name in sorted(archive.namelist()))


def _cfn_lint() -> tuple[str, dict[str, Schema], dict[str, frozenset[str]]]:
    spec = importlib.util.find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise SystemExit("cfn-lint is not installed: pip install 'awsvtab[emulator]'")
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
    return f"cfn-lint {importlib.metadata.version('cfn-lint')}", schemas, regions


def _preferred(found: Mapping[str, Sequence[str]]) -> str:
    """The home region's schema, else that of the most regions."""
    return max(found, key=lambda digest: (HOME_REGION in found[digest], len(found[digest])))


if __name__ == "__main__":
    main()
