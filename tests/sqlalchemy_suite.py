"""SQLAlchemy's tests of dialects, run against a URL.

    python tests/sqlalchemy_suite.py [awsvtab:// | sqlite://]

In a process and a folder of their own: SQLAlchemy's pytest plugin wants the whole session.
"""

# ruff: noqa: T201 - a program

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

TESTS = Path(__file__).parent
TIMEOUT_S = 600
OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:sybil")

FILES = {
    "conftest.py": """
import pytest
from sqlalchemy.dialects import registry

for name in ("awsvtab", "sqlite.awsvtab"):
    registry.register(name, "awsvtab.sqlalchemy", "AwsvtabDialect")
pytest.register_assert_rewrite("sqlalchemy.testing.assertions")
from sqlalchemy.testing.plugin.pytestplugin import *
""",
    "test_suite.py": "from sqlalchemy.testing.suite import *\n",
    "setup.cfg": """
[tool:pytest]
python_files = test_*.py
[sqla_testing]
requirement_cls = sqlalchemy_requirements:Requirements
profile_file = profiles.txt
""",
}

Outcomes = dict[str, str]
"""For each test ``passed``, ``skipped`` or what went wrong."""


def run(url: str) -> Outcomes:
    """The outcome of each test on the database that ``url`` names.

    Raises RuntimeError if the suite does not come to its end.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            Path(folder, name).write_text(text)
        report = Path(folder, "report.xml")
        paths = [str(TESTS.parent / "src"), str(TESTS)]
        process = subprocess.run(
            [sys.executable, "-m", "pytest", *OPTIONS, "--dburi", url, f"--junitxml={report}"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        if process.returncode not in (0, 1):  # 1: tests failed
            raise RuntimeError(f"the suite did not run: {process.stdout[-2000:]}{process.stderr}")
        return dict(_outcome(case) for case in ElementTree.parse(report).iter("testcase"))


def _outcome(case: ElementTree.Element) -> tuple[str, str]:
    # The classes are named for the dialect and SQLite's version, ``DateTest_sqlite+pysqlite_3_40``.
    group = re.sub(r"_sqlite\+.*", "", case.attrib["classname"])
    for outcome in ("failure", "error"):
        found = case.find(outcome)
        if found is not None:
            return f"{group}.{case.attrib['name']}", found.get("message", outcome)
    return f"{group}.{case.attrib['name']}", "passed" if case.find("skipped") is None else "skipped"


def main() -> None:
    url = sys.argv[1] if len(sys.argv) > 1 else "awsvtab://"
    outcomes = run(url)
    kinds = Counter(o if o in ("passed", "skipped") else "failed" for o in outcomes.values())
    print(f"{url}: " + ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds)))
    for name, outcome in outcomes.items():
        if outcome not in ("passed", "skipped"):
            print(f"{name}: {outcome[:200]}")


if __name__ == "__main__":
    main()
