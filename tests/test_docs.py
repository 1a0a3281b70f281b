"""The docs name everything that there is, and the site of them builds without a warning."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import click
import pytest

import awsvtab
import transcripts
from awsvtab import emulator, errors
from awsvtab.catalog import catalog
from awsvtab.cli import main
from awsvtab.options import Options
from conftest import Connect

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GENERATED = {"api.md", "cli.md", "parents.md"}
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)

# For other modules of the package.
OF_THE_PACKAGE = {
    "hint",
    "is_used",
    "resource_type",
    "warn_of_hidden",
    "without_sets",
    "written",
}


def code_of(page: Path) -> str:
    """What a page has in code blocks and between backticks."""
    return "\n".join(CODE.findall(page.read_text()))


# By hand, each.
PAGES = {path.name: code_of(path) for path in DOCS.glob("*.md") if path.name not in GENERATED}
EVERYWHERE = "\n".join(PAGES.values())


def commands() -> Iterator[tuple[str, click.Command]]:
    """Each command with its name as it is typed, those of groups included."""
    waiting: list[tuple[str, click.Command]] = [("awsvtab", main)]
    while waiting:
        name, command = waiting.pop()
        yield name, command
        if isinstance(command, click.Group):
            waiting += [(f"{name} {each}", found) for each, found in command.commands.items()]


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_each_of_its_options_is_documented(name: str) -> None:
    """An option in each way in which it can be written."""
    flags = [
        flag
        for option in COMMANDS[name].params
        if isinstance(option, click.Option)
        for flag in (*option.opts, *option.secondary_opts)
    ]
    missing = [
        each for each in (name, *flags) if not re.search(rf"(?<![\w-]){each}(?![\w-])", EVERYWHERE)
    ]
    assert missing == []


def names_of(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def fields_of(kind: type) -> set[str]:
    return {field.name for field in fields(kind)}


@pytest.mark.parametrize(
    ("page", "names"),
    [
        pytest.param("reading.md", fields_of(awsvtab.AccessPath), id="AccessPath"),
        pytest.param("reading.md", fields_of(awsvtab.ReadProgress), id="ReadProgress"),
        pytest.param("writes.md", fields_of(awsvtab.Recovered), id="Recovered"),
        pytest.param("writes.md", names_of(awsvtab.ProgressEvent), id="ProgressEvent"),
        pytest.param("writes.md", {"done", "failed", "total"}, id="WriteProgress"),
        pytest.param("driver.md", names_of(awsvtab.Registration) - OF_THE_PACKAGE, id="apsw"),
        pytest.param("emulator.md", set(emulator.__all__), id="awsvtab.emulator"),
        pytest.param("emulator.md", names_of(emulator.Emulator), id="Emulator"),
        pytest.param("emulator.md", fields_of(emulator.Call), id="Call"),
        pytest.param("emulator.md", fields_of(emulator.Listing), id="Listing"),
        pytest.param("emulator.md", fields_of(emulator.Asynchrony), id="Asynchrony"),
    ],
)
def test_every_public_name_is_documented(page: str, names: set[str]) -> None:
    """tests/test_dbapi_docs.py has those of the module, of connections and of cursors."""
    assert names - words(PAGES[page]) == set()


def words(code: str) -> set[str]:
    return set(re.findall(r"\w+", code))


def test_every_option_of_connections_is_documented() -> None:
    """In words of its own, that is: not as an option of the command only."""
    code = "\n".join(text for page, text in PAGES.items() if page != "command.md")
    assert fields_of(Options) - {"clock"} - words(code) == set()


def test_every_table_about_awsvtab_is_documented_with_its_columns(connect: Connect) -> None:
    connection = connect()
    modules = {name for (name,) in connection.execute("SELECT name FROM pragma_module_list")}
    tables = {name for name in modules if name.startswith("aws_")} - set(catalog().known_names)
    assert "aws_calls" in tables
    for table in tables:
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        missing = [columns - words(code) for code in PAGES.values() if table in words(code)]
        assert set() in missing, table


def rows_of(page: str) -> list[list[str]]:
    """The cells of all tables of a page, without backticks."""
    lines = re.findall(r"^\|(.*)\|$", (DOCS / page).read_text(), re.MULTILINE)
    return [[cell.strip().strip("`") for cell in line.split("|")] for line in lines]


def test_the_table_of_aws_codes_is_the_mapping() -> None:
    classes = set(errors.AwsError._classes.values())
    on_page = {
        row[0]: (row[1], {code.strip() for code in row[2].split(",")})
        for row in rows_of("errors.md")
        if row[0] in {each.__name__ for each in classes}
    }
    mapping = {
        each.__name__: (
            next(base.__name__ for base in each.__mro__[2:] if hasattr(awsvtab, base.__name__)),
            {code for code, found in errors.AwsError._classes.items() if found is each},
        )
        for each in classes
    }
    assert on_page == mapping


def test_every_error_and_each_of_its_attributes_is_documented() -> None:
    classes = {
        name for name, value in vars(errors).items() if isinstance(value, type) and name[0] != "_"
    }
    attributes = names_of(errors.AwsError) | set(vars(errors.AwsError("")))
    attributes -= names_of(awsvtab.Error) | {"add_note"}
    assert (classes | attributes) - {"ClassVar"} - words(PAGES["errors.md"]) == set()


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "index.md").read_text()
    listed = set(re.findall(r"^[\w-]+$", index, re.MULTILINE))
    assert {path.stem for path in DOCS.glob("*.md")} - {"index"} == listed


class Links(HTMLParser):
    """The anchors of a built page, and where its links go."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.anchors = {""}
        self.links: list[str] = []
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors.add(given.get("id") or "")
        if tag == "a":
            self.links.append(given.get("href") or "")


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "-W",
            "--keep-going",
            "-n",
            "-q",
            str(DOCS),
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (built.returncode, built.stderr) == (0, "")
    pages = {page: Links(page) for page in tmp_path.rglob("*.html")}
    assert len(pages) > len(PAGES)
    dead = []
    for page, found in pages.items():
        for link in found.links:
            path, anchor = urldefrag(link)
            if ":" in path:
                continue
            target = (page.parent / unquote(path)).resolve() if path else page
            there = target in pages and unquote(anchor) in pages[target].anchors
            if not there and not (target.exists() and not anchor):
                dead.append((page.name, link))
    assert dead == []


def test_the_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.slow
@pytest.mark.parametrize("wanted", transcripts.WANTED, ids=lambda wanted: wanted.name)
def test_a_transcript_is_what_the_terminal_shows(wanted: transcripts.Transcript) -> None:
    path = transcripts.TRANSCRIPTS / f"{wanted.name}.txt"
    assert path.read_text() == transcripts.shown(wanted)
