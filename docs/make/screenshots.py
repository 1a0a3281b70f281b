"""Makes the pictures of docs/serve.md: ``make screenshots``. Needs Chromium."""

from __future__ import annotations

from pathlib import Path

from serving import browsing, served

ROOT = Path(__file__).parents[2]
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
