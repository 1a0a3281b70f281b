"""docs/driver.md names everything that the driver offers, and nothing that it does not."""

from __future__ import annotations

import re
from pathlib import Path

import awsvtab

PAGE = (Path(__file__).parents[1] / "docs" / "driver.md").read_text()
NAMES = PAGE.partition("## Names")[2].partition("\n## ")[0]
NAMED = set(re.findall(r"`(\w+)`", NAMES))
CLASSES = (awsvtab.Connection, awsvtab.Cursor, awsvtab.Row, awsvtab.Blob)


def public(names: list[str]) -> set[str]:
    return {name for name in names if not name.startswith(("_", "SQLITE_"))}


OFFERED = public(awsvtab.__all__) | {"__version__", "version", "version_info"}
OF_CLASSES = set[str]().union(*(public(dir(each)) for each in CLASSES))


def test_every_public_name_is_documented() -> None:
    assert set() == (OFFERED | OF_CLASSES) - NAMED


def test_every_documented_name_is_there() -> None:
    of_errors = set(vars(awsvtab.AwsError("message"))) | {"retryable"}
    of_instances = {"connection"}
    assert NAMED - OFFERED - OF_CLASSES - of_errors - of_instances - {"sqlite3"} == set()


def test_what_the_module_has_without_offering_it_is_its_own() -> None:
    """Modules, and what makes them: nothing that a user would take for the driver's."""
    rest = {name: getattr(awsvtab, name) for name in public(dir(awsvtab)) - OFFERED}
    modules = {name for name, value in rest.items() if type(value).__name__ == "module"}
    assert rest.keys() - modules == {"TYPE_CHECKING", "outdated"}
