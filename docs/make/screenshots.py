"""Makes the pictures of docs/serve.md: ``python docs/make/screenshots.py``. Needs Chromium."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "src"), str(ROOT / "tests")]  # as pyproject.toml has it for pytest

from serving import browsing, served  # noqa: E402 - is in tests/

IMAGES = ROOT / "docs" / "images"
STREAMS = "aws/aws_customerprofiles_event_streams"
PAGES = {
    "serve-index": "?q=event",
    "serve-table": f"{STREAMS}?_facet=domain_name",
    "serve-row": f"{STREAMS}/us-east-1,retail~7Corders",
    "serve-sql": (
        "aws?sql=SELECT+domain_name%2C+count(*)+AS+streams%0A"
        "FROM+aws.customerprofiles.event_streams%0AGROUP+BY+domain_name"
    ),
    "serve-needs": "aws/aws_acmpca_certificates",
}


def main() -> None:
    """Writes one PNG for each page."""
    IMAGES.mkdir(exist_ok=True)
    with served("--emulator") as server, browsing() as browser:
        page = browser.new_page(viewport={"width": 1200, "height": 720})
        for name, path in PAGES.items():
            page.goto(server.url + path)
            page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
