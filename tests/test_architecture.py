"""ARCHITECTURE.md's table of modules is true: complete, and nothing imports from below."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import awsvtab

PACKAGE = Path(awsvtab.__file__).parent
PAGE = PACKAGE.parents[1] / "ARCHITECTURE.md"


def modules_in_order() -> list[str]:
    """The modules and packages of the table, top to bottom."""
    rows = re.findall(r"^\| (`[^|]+) \|", PAGE.read_text(), re.MULTILINE)
    return [
        name.strip("/").removesuffix(".py") for row in rows for name in re.findall("`(.+?)`", row)
    ]


def imported(path: Path) -> Iterator[str]:
    """What a module imports of the package when it is itself imported."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("awsvtab."):
            yield node.module.split(".")[1]  # type: ignore[union-attr]
        elif isinstance(node, ast.ImportFrom) and node.module == "awsvtab":
            yield from (
                alias.name for alias in node.names if (PACKAGE / f"{alias.name}.py").exists()
            )


def test_every_module_is_in_the_table_once() -> None:
    names = modules_in_order()
    there = {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")}
    there |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert sorted(names) == sorted(there)


def test_modules_import_only_from_those_above() -> None:
    names = modules_in_order()
    upward = []
    for place, name in enumerate(names):
        paths = [PACKAGE / f"{name}.py", *(PACKAGE / name).glob("**/*.py")]
        for path in filter(Path.exists, paths):
            below = set(imported(path)) - set(names[: place + 1])
            upward += [(str(path.relative_to(PACKAGE)), module) for module in sorted(below)]
    assert upward == []
