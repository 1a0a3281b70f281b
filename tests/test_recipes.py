"""docs/recipes.md is true: each statement gives the rows that it shows, by the calls it names."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from awsvtab.cli import main
from awsvtab.cli.script import statements
from awsvtab.emulator import Emulator
from conftest import Connect

DOCS = Path(__file__).parents[1] / "docs"

Rows = list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Step:
    """A block of SQL, the rows below it with their header (none: no table), and the calls."""

    sql: str
    shown: Rows
    calls: dict[str, int]

    @property
    def ends_open(self) -> bool:
        return self.sql.startswith("BEGIN")


def recipes() -> dict[str, list[Step]]:
    """The steps of each section that has SQL."""
    sections = re.split(r"^## ", (DOCS / "recipes.md").read_text(), flags=re.MULTILINE)[1:]
    read = {section.partition("\n")[0]: list(_steps(section)) for section in sections}
    return {title: steps for title, steps in read.items() if steps}


def _steps(section: str) -> Iterator[Step]:
    for block in re.split(r"^```sql\n", section, flags=re.MULTILINE)[1:]:
        sql, _, rest = block.partition("```\n")
        lines = [line for line in rest.splitlines() if line.startswith("|")]
        shown = [_cells(line) for line in lines if not line.startswith("|---")]
        [calls] = re.findall(r"^Calls: ([^.]+)\.", rest, re.MULTILINE)
        counted = re.findall(r"(\d+) (\w+)", calls)
        assert counted or calls == "none", calls
        yield Step(sql, shown, {operation: int(count) for count, operation in counted})


def _cells(line: str) -> tuple[str, ...]:
    cells = re.split(r"(?<!\\)\|", line.strip("|"))
    return tuple(cell.strip().strip("`").replace("\\|", "|") for cell in cells)


RECIPES = recipes()


@pytest.fixture
def estate(emulator: Emulator) -> Emulator:
    """The page's estate."""
    for resource in json.loads((DOCS / "estate.json").read_text()):
        emulator.put(resource["TypeName"], resource["Properties"], region=resource.get("Region"))
    return emulator


def test_there_are_ten() -> None:
    assert len(RECIPES) == 10


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_gives_its_rows_with_its_calls(
    title: str, estate: Emulator, connect: Connect
) -> None:
    connection = connect(isolation_level=None)
    seen = 0
    for step in RECIPES[title]:
        estate.calls.clear()
        for statement in statements(step.sql):
            cursor = connection.execute(statement.sql)
            rows = [tuple(_shown(value) for value in row) for row in cursor]
        if step.shown:
            assert cursor.description is not None
            assert [tuple(column[0] for column in cursor.description), *rows] == step.shown
        noted = [name for (name,) in connection.execute("SELECT operation FROM aws_calls")]
        assert Counter(noted[seen:]) == step.calls
        sent = Counter(estate.calls.operations)
        assert sent == {name: n for name, n in step.calls.items() if name != "GetCallerIdentity"}
        seen = len(noted)


@pytest.mark.parametrize("title", RECIPES)
def test_the_command_gives_the_same(title: str, estate: Emulator, tmp_path: Path) -> None:
    emulated = {
        "AWS_ENDPOINT_URL": estate.endpoint_url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "emulator",
        "AWS_SECRET_ACCESS_KEY": "emulator",
    }
    for script, shown in _scripts(RECIPES[title]):
        arguments = ["--db", str(tmp_path / "inventory.db"), "--yes", script]
        result = CliRunner().invoke(main, arguments, env=emulated)
        assert result.exit_code == 0, result.output
        if shown:
            assert [tuple(row) for row in csv.reader(result.stdout.splitlines())] == shown


def _scripts(steps: list[Step]) -> Iterator[tuple[str, Rows]]:
    """What is given to the command at once: the command wants BEGIN and COMMIT in one script."""
    opened: list[Step] = []
    for step in steps:
        opened.append(step)
        if not step.ends_open:
            yield "".join(each.sql for each in opened), opened[0].shown
            opened = []


def test_what_is_as_wanted_is_not_changed_again(estate: Emulator, connect: Connect) -> None:
    """The page says so of its last recipe."""
    connection = connect(isolation_level=None)
    create, plan, commit = RECIPES["How do I make streams be as in my table?"]
    for step in (create, plan, commit, plan):
        for statement in statements(step.sql):
            rows = connection.execute(statement.sql).fetchall()
    assert rows == []


def test_what_a_dry_run_shows_is_on_the_page(estate: Emulator) -> None:
    """The page says that the UPDATE alone, with ``--dry-run``, shows the same changes."""
    [step, _] = RECIPES["How do I tag whatever has no owner?"]
    [_, update, _] = statements(step.sql)
    result = CliRunner().invoke(
        main,
        ["--endpoint-url", estate.endpoint_url, "--dry-run", "--format", "json", update.sql],
        env={
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "e",
            "AWS_SECRET_ACCESS_KEY": "e",
        },
    )
    assert result.exit_code == 0, result.output
    patches = [change["patch_document"] for change in json.loads(result.stdout)]
    on_page = [json.loads(row[2]) for row in step.shown[1:]]
    assert sorted(map(str, patches)) == sorted(map(str, on_page))
    assert "UpdateResource" not in estate.calls.operations


def _shown(value: object) -> str:
    return "" if value is None else str(value)
