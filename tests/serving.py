"""``awsvtab serve`` as its users start it, and the browser that looks at it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import awsvtab

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SOURCES = str(Path(awsvtab.__file__).parents[1])


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    process: subprocess.Popen[str]
    url: str


@contextmanager
def served(*options: str, **environment: str) -> Iterator[Server]:
    """The command with these options, on a free port; ended by SIGTERM if it still runs."""
    command = [sys.executable, "-m", "awsvtab", "serve", "--port", "0", *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCES, **environment},
    ) as process:
        assert process.stdout is not None
        try:
            found = re.match(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
            if found is None:
                process.kill()
                raise AssertionError(process.communicate()[1])
            yield Server(process, found[0])
        finally:
            if process.poll() is None:
                process.terminate()


def chromium() -> str | None:
    """The path of the browser, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
