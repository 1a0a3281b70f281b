"""README and docs as tests: their Python and their console sessions, on the demo's estate."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

import awsvtab
from account import emulated_account
from consoles import session


def set_up(namespace: dict[str, Any]) -> None:
    """An account for the page."""
    stack = namespace["_stack"] = ExitStack()
    stack.enter_context(emulated_account())


def tear_down(namespace: dict[str, Any]) -> None:
    """Everything as it was."""
    for value in list(namespace.values()):
        if isinstance(value, awsvtab.Connection | awsvtab.Registration):
            value.close()
    namespace["_stack"].close()


def check_session(example: Example) -> None:
    """Compares what a page says that commands print with what they print."""
    assert session(example.parsed) == example.parsed


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), CodeBlockParser("console", check_session)],
    patterns=["README.md", "docs/*.md"],
    setup=set_up,
    teardown=tear_down,
).pytest()
