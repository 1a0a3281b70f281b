"""What of docs/emulator.md does not run by itself, as its other examples do."""

from __future__ import annotations

import re
from pathlib import Path

from awsvtab.emulator import Faults

PAGE = Path(__file__).parents[1] / "docs" / "emulator.md"


def test_the_example_with_mock_aws_runs():
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    [example] = [block for block in blocks if "@mock_aws" in block]
    namespace = {}
    exec(example, namespace)
    namespace["test_a_domain_is_found"]()


def test_the_table_of_faults_is_complete():
    ordering = {
        name
        for name, method in vars(Faults).items()
        if getattr(method, "__annotations__", {}).get("return") == "Fault" and name[0] != "_"
    }
    assert set(re.findall(r"^\| `(\w+)\(", PAGE.read_text(), re.M)) == ordering
