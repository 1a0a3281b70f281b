"""README and docs as tests: their Python runs against the demo's estate.

The examples are written for a real account. Environment variables that every AWS client reads
lead them to the emulator.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack, chdir
from typing import Any
from unittest import mock

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

import awsvtab
from awsvtab.cli.demo import REGION, estate


def set_up(namespace: dict[str, Any]) -> None:
    """The demo's estate as the account that AWS clients find, in an empty folder."""
    stack = namespace["_stack"] = ExitStack()
    emulator = stack.enter_context(estate())
    variables = {
        "AWS_ENDPOINT_URL": emulator.endpoint_url,
        "AWS_ACCESS_KEY_ID": "emulator",
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_DEFAULT_REGION": REGION,
    }
    stack.enter_context(mock.patch.dict(os.environ, variables))
    stack.enter_context(chdir(stack.enter_context(tempfile.TemporaryDirectory())))


def tear_down(namespace: dict[str, Any]) -> None:
    """Everything as it was."""
    for value in list(namespace.values()):
        if isinstance(value, awsvtab.Connection | awsvtab.Registration):
            value.close()
    namespace["_stack"].close()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser()],
    patterns=["README.md", "docs/*.md"],
    setup=set_up,
    teardown=tear_down,
).pytest()
