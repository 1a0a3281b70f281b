"""``awsvtab serve`` in a browser, from its index to rows, as somebody new to it would go."""

from __future__ import annotations

import csv
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import awsvtab
from awsvtab.emulator import Emulator
from serving import SOURCES, Server, browsing, chromium, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

needs_browser = pytest.mark.skipif(chromium() is None, reason="there is no Chromium here")
STREAMS = "aws/aws_customerprofiles_event_streams"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served("--emulator") as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page on the index; at the end, that nothing went wrong in the browser."""
    problems: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: problems.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(server.url)
    yield page
    page.close()
    assert problems == []


def cells(page: Page, column: str) -> list[str]:
    """The texts of a column, once it is there."""
    found = page.locator(f"td.col-{column}")
    found.first.wait_for()
    return found.all_inner_texts()


def calls(page: Page, server: Server) -> int:
    """How many calls to AWS the server has made."""
    answer = page.request.get(f"{server.url}aws.json?sql=select+count(*)+from+aws_calls")
    (row,) = answer.json()["rows"]
    return int(row[0])


@needs_browser
def test_from_the_index_to_a_row(page: Page) -> None:
    page.get_by_role("link", name="customerprofiles", exact=True).click()
    page.get_by_role("link", name="aws.customerprofiles.event_streams").click()
    assert page.locator("h1").inner_text() == "aws.customerprofiles.event_streams"
    assert cells(page, "event_stream_name") == [
        "orders",
        "returns",
        "chats",
        "tickets",
        "bookings",
    ]
    page.get_by_role("link", name="retail|orders").click()
    assert page.locator("h1").inner_text() == "retail|orders"
    assert '"Key": "domain"' in page.locator("table.row").inner_text()
    page.get_by_role("link", name="customerprofiles", exact=True).click()
    assert page.locator("h1").inner_text() == "aws.customerprofiles"


@needs_browser
def test_a_search_leads_to_a_table(page: Page) -> None:
    page.get_by_label("Find a table").fill("event stream")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="aws.customerprofiles.event_streams").click()
    assert "5 rows" in page.locator("h3").first.inner_text()


@needs_browser
def test_filters_and_facets_narrow_a_table_without_more_calls(page: Page, server: Server) -> None:
    page.goto(server.url + STREAMS)
    page.locator("th.col-domain_name svg").click()
    before = calls(page, server)
    page.get_by_role("link", name="Facet by this").click()
    facet = page.locator(".facet-info")
    facet.wait_for()
    assert facet.locator("li").all_inner_texts() == ["retail 2", "support 2", "travel 1"]
    assert calls(page, server) == before
    with page.expect_navigation():
        facet.get_by_role("link", name="support").click()
    assert sorted(cells(page, "event_stream_name")) == ["chats", "tickets"]
    page.goto(server.url + STREAMS)
    page.locator("select[name=_filter_column]").select_option("domain_name")
    page.locator("input[name=_filter_value]").fill("travel")
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()
    assert cells(page, "event_stream_name") == ["bookings"]


@needs_browser
def test_the_sql_box_runs_dotted_names(page: Page) -> None:
    page.locator(".CodeMirror").click()
    page.keyboard.press("Control+A")
    page.keyboard.type(
        "select domain_name, count(*) as n from aws.customerprofiles.event_streams group by 1"
    )
    page.get_by_role("button", name="Run SQL").click()
    assert cells(page, "domain_name") == ["retail", "support", "travel"]
    assert cells(page, "n") == ["2", "2", "1"]


@needs_browser
def test_a_page_s_sql_can_be_edited(page: Page, server: Server) -> None:
    page.goto(f"{server.url}{STREAMS}?domain_name=travel")
    page.get_by_role("link", name="View and edit SQL").click()
    assert "FROM aws.customerprofiles.event_streams" in page.locator("#sql-editor").input_value()
    assert cells(page, "event_stream_name") == ["bookings"]


@needs_browser
def test_csv_is_downloaded(page: Page, server: Server, tmp_path: Path) -> None:
    page.goto(server.url + STREAMS)
    page.get_by_label("download file").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    path = tmp_path / "streams.csv"
    download.value.save_as(path)
    with path.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 5


@needs_browser
def test_a_table_that_needs_more_asks_for_it(browser: Browser, server: Server) -> None:
    page = browser.new_page()
    response = page.goto(f"{server.url}aws/aws_acmpca_certificates")
    assert response is not None
    assert response.status == 400
    page.locator("input[name=Identifier__exact]").fill("arn|ca")
    page.get_by_role("button", name="Show").click()
    assert "0 records" in page.locator("section.content").inner_text()
    page.close()


@needs_browser
def test_another_site_cannot_reach_it(browser: Browser, server: Server) -> None:
    page = browser.new_page()
    other = server.url.replace("127.0.0.1", "localhost")
    page.goto(other)
    before = calls(page, server)
    status = page.evaluate(
        """async url => { try { return (await fetch(url)).status } catch (e) { return e.name } }""",
        f"{server.url}aws/aws_sqs_queues.json",
    )
    assert status == "TypeError"
    assert calls(page, server) == before
    page.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_told_to(number: signal.Signals) -> None:
    with served("--emulator") as server:
        with urllib.request.urlopen(server.url + STREAMS) as answer:
            assert answer.status == 200
        server.process.send_signal(number)
        _, err = server.process.communicate(timeout=10)
    assert (server.process.returncode, err) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_while_aws_is_slow_and_tells_the_browser(
    emulator: Emulator, number: signal.Signals
) -> None:
    emulator.put("AWS::SQS::Queue", {"QueueName": "q"})
    asked, released = threading.Event(), threading.Event()

    def wait(_: float) -> None:
        asked.set()
        released.wait(30)

    emulator.faults.sleep = wait
    emulator.faults.delay(60, operation="GetResource")
    account = {
        "AWS_ACCESS_KEY_ID": "emulator",
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with (
        served("--endpoint-url", emulator.endpoint_url, **account) as server,
        ThreadPoolExecutor(1) as threads,
    ):
        url = f"{server.url}aws/aws_sqs_queues"
        slow = threads.submit(urllib.request.urlopen, url)
        assert asked.wait(20)
        server.process.send_signal(number)
        _, err = server.process.communicate(timeout=10)
        with pytest.raises(urllib.error.HTTPError, match="503") as told:
            slow.result()
        told.value.close()
    released.set()
    assert (server.process.returncode, err) == (0, "")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "awsvtab", "serve", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env={"PYTHONPATH": SOURCES},
        check=False,
    )


def test_a_port_that_is_taken_is_one_message() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        done = run("--port", str(other.getsockname()[1]))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "--port 0" in line


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    done = run("--db", str(tmp_path / "no.db"))
    assert done.returncode == 2
    assert "there is no such file" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_it_opens_the_browser(tmp_path: Path) -> None:
    program, opened = tmp_path / "browser", tmp_path / "opened"
    os.mkfifo(opened)
    program.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
    program.chmod(0o755)
    with served("--emulator", "--open", BROWSER=str(program)) as server:
        assert opened.read_text() == server.url  # waits until it is written


def test_without_the_extra_it_says_how_to_install_it() -> None:
    program = "import sys; sys.modules['datasette'] = None; from awsvtab.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "serve"],
        capture_output=True,
        text=True,
        timeout=30,
        env={"PYTHONPATH": SOURCES},
        check=False,
    )
    assert done.returncode == 1
    assert "pip install 'awsvtab[serve]'" in done.stderr


def test_half_an_answer_is_no_page() -> None:
    assert "--on-error" in run("--on-error", "warn").stderr


def test_a_file_s_tables_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    with closing(awsvtab.connect(str(path), isolation_level=None)) as writer:
        writer.execute("CREATE VIRTUAL TABLE streams USING aws(customerprofiles.event_streams)")
    with (
        served("--emulator", "--db", str(path)) as server,
        urllib.request.urlopen(f"{server.url}aws/streams.csv") as answer,
    ):
        assert len(answer.read().splitlines()) == 6
