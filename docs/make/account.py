"""The account that the docs' examples meet: the demo's emulated estate.

The examples are written for a real account. Environment variables that every AWS client reads
lead them to the emulator.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from unittest import mock

from awsvtab.cli.demo import REGION, estate


@contextmanager
def emulated_account() -> Iterator[None]:
    """Meanwhile every AWS client asks an estate of this block's, in an empty folder."""
    with ExitStack() as stack:
        emulator = stack.enter_context(estate())
        folder, state = (stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(2))
        variables = {
            "AWS_ENDPOINT_URL": emulator.endpoint_url,
            "AWS_ACCESS_KEY_ID": "emulator",
            "AWS_SECRET_ACCESS_KEY": "emulator",
            "AWS_DEFAULT_REGION": REGION,
            "XDG_STATE_HOME": state,
        }
        stack.enter_context(mock.patch.dict(os.environ, variables))
        stack.enter_context(chdir(folder))
        yield
