"""CPython's own tests of ``sqlite3``, run unmodified against another module.

    python tests/cpython_sqlite3.py [--module awsvtab] [--failures]

In a process of its own, and in those that the tests start, ``sqlite3`` is the other module:
a ``sitecustomize`` sees to that. The tests are those of the running interpreter's ``test``
package; `missing` says why there are none.
"""

# ruff: noqa: T201 - a program

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "src"
PACKAGE = "test.test_sqlite3"
TIMEOUT_S = 300

SITECUSTOMIZE = """
import importlib, sys
module = importlib.import_module({module!r})
sys.modules["sqlite3"] = sys.modules["sqlite3.dbapi2"] = module
"""

Outcomes = dict[str, str]
"""For each test ``passed``, ``skipped`` or what went wrong."""


def missing() -> str | None:
    """Why the suite cannot be run here; None if it can."""
    try:
        found = importlib.util.find_spec(PACKAGE)
    except ModuleNotFoundError:
        found = None
    if found is None:
        return f"this Python ({sys.executable}) comes without {PACKAGE}"
    return None


def run(module: str = "awsvtab") -> Outcomes:
    """The outcome of each test with ``sqlite3`` replaced by ``module``.

    Raises RuntimeError if the process dies, naming the test that it died in.
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sitecustomize.py").write_text(SITECUSTOMIZE.format(module=module))
        report = Path(folder, "outcomes")
        process = subprocess.run(
            [sys.executable, str(Path(__file__).resolve()), "--module", module, "--in", report],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([folder, str(SOURCES)])},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        lines = report.read_text().splitlines() if report.exists() else []
    outcomes = dict(json.loads(line) for line in lines)
    if process.returncode:
        last = next(reversed(outcomes), "no test")
        raise RuntimeError(f"died in {last}: {process.stderr.strip()[-2000:]}")
    return outcomes


class _Report(unittest.TestResult):
    """Writes each outcome as it comes; ``started`` stays where the process dies."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("w")
        self._outcome = ""

    def _note(self, test: unittest.TestCase, outcome: str) -> None:
        name = test.id().removeprefix(f"{PACKAGE}.")
        self._file.write(json.dumps([name, outcome]) + "\n")
        self._file.flush()

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        super().startTest(test)
        self._outcome = "passed"
        self._note(test, "started")

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        super().stopTest(test)
        self._note(test, self._outcome)

    def addError(self, test, err) -> None:  # noqa: N802 - unittest's name
        self._outcome = f"{err[0].__name__}: {err[1]}"

    addFailure = addError  # noqa: N815 - unittest's name

    def addSubTest(self, test, subtest, err) -> None:  # noqa: N802 - unittest's name
        if err is not None:
            self.addError(test, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802 - unittest's name
        self._outcome = "skipped"


def _modules() -> Iterator[str]:
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None
    for folder in spec.submodule_search_locations or ():
        for path in sorted(Path(folder).glob("test_*.py")):
            if path.stem != "test_cli":  # of ``python -m sqlite3``, a program of its own
                yield path.stem


def _run_inside(report: Path) -> None:
    """In the process where ``sqlite3`` is the other module already."""
    result = _Report(report)
    loader = unittest.defaultTestLoader
    for name in _modules():
        module = importlib.import_module(f"{PACKAGE}.{name}")
        loader.loadTestsFromModule(module).run(result)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--module", default="awsvtab")
    parser.add_argument("--failures", action="store_true", help="list what failed, and how")
    parser.add_argument("--in", type=Path, dest="inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        _run_inside(options.inside)
        return
    if (reason := missing()) is not None:
        sys.exit(reason)
    outcomes = run(options.module)
    kinds = Counter(o if o in ("passed", "skipped") else "failed" for o in outcomes.values())
    print(f"{options.module}: " + ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds)))
    for name, outcome in outcomes.items():
        if options.failures and outcome not in ("passed", "skipped"):
            print(f"{name}: {outcome[:200]}")


if __name__ == "__main__":
    main()
