"""Builds the catalog's data file, and the page on parents, from registry schemas.

    python -m awsvtab.catalog.build [--order ORDER.json] [--date DATE] [--review] [SCHEMAS]

SCHEMAS is a folder or a zip file of schemas, such as AWS's CloudformationSchema.zip; without it
the schemas that the installed cfn-lint carries are taken (``pip install 'awsvtab[emulator]'``).
cfn-lint sorts properties by name, so their order comes from ORDER.json
(``{type name: [property, ...]}``) and from the catalog that is being replaced; that of other
schemas is their own. Availability by region is known from cfn-lint only. What changed against the
catalog that is replaced is printed; ``--review`` prints how each listing's input was found.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from awsvtab.catalog.difference import differences
from awsvtab.catalog.overrides import NO_WAY
from awsvtab.catalog.page import parents_page, way_cells
from awsvtab.catalog.parents import find_ways
from awsvtab.catalog.schema import list_requirements, parent_of
from awsvtab.catalog.sources import Source, read_cfn_lint, read_files, records
from awsvtab.catalog.store import DATA_FILE, Catalog, dump, version_line

PAGE = DATA_FILE.parents[3] / "docs" / "parents.md"


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the data file and the page, and says what changed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("schemas", nargs="?", type=Path)
    parser.add_argument("--order", type=Path)
    parser.add_argument("--date")
    parser.add_argument("--review", action="store_true")
    parser.add_argument("--output", type=Path, default=DATA_FILE)
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args(arguments)
    source = read_cfn_lint() if options.schemas is None else read_files(options.schemas)
    previous = Catalog(DATA_FILE.read_text(encoding="utf-8")) if DATA_FILE.exists() else None
    order = property_order(options.order, previous if source.sorts_properties else None)
    text = build(source, order, options.date)
    built = Catalog(text)
    options.output.write_text(text, encoding="utf-8")
    options.page.parent.mkdir(exist_ok=True)
    options.page.write_text(parents_page(built), encoding="utf-8")
    report = [*differences(previous, built)] if previous is not None else []
    if options.review:
        report += review(source)
    for line in [*report, *summary(built)]:
        print(line)  # noqa: T201 - a command


def build(
    source: Source, order: Mapping[str, Sequence[str]], source_date: str | None = None
) -> str:
    """The data file's text."""
    entries = records(source, order)
    metadata = {
        "source": source.name,
        "date": source_date or source.date,
        "types": len(entries),
        "regions": sorted(source.regions),
    }
    return dump({key: value for key, value in metadata.items() if value is not None}, entries)


def property_order(order_file: Path | None, previous: Catalog | None) -> dict[str, list[str]]:
    """The known order of properties: the file's, then that of the catalog to be replaced."""
    known = {t.name: [p.name for p in t.properties] for t in previous or ()}
    if order_file is not None:
        known |= json.loads(order_file.read_text(encoding="utf-8"))
    return known


def review(source: Source) -> Iterator[str]:
    """A line for each type whose listing needs input: the rule that found it, and what it found."""
    ways = find_ways(source.schemas)
    for name, schema in sorted(source.schemas.items()):
        if required := list_requirements(schema):
            way = ways.get(name)
            found = [] if way is None else [parent_of(each) for each in way.parents]
            wanted = " or ".join(", ".join(names) for names in required)
            rule = "no way" if way is None else way.rule
            yield " | ".join((name, rule, *way_cells(wanted, found)))


def summary(built: Catalog) -> Iterator[str]:
    """What is in the catalog, and what nobody has looked at."""
    needing = [each for each in built if each.list_requires]
    without = [each.name for each in needing if not each.parents]
    yield version_line(built)
    yield f"{len(needing)} listings need input, {len(needing) - len(without)} have a way to get it"
    for name in without:
        if name not in NO_WAY:
            yield f"{name}: no way was found; add it to PARENTS or to NO_WAY in overrides.py"


if __name__ == "__main__":
    main()
