"""What requests are let through, and how long they live: an ASGI application around another.

Any page in the user's browser can make it send requests to 127.0.0.1. Only those are answered that
were made by a page of ours, or by the user: they would cost calls to AWS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

HOSTS = frozenset({"127.0.0.1", "localhost"})
HEADERS = (
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"frame-ancestors 'none'; form-action 'self'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


def refusal(method: str, path: str, headers: Mapping[str, str]) -> tuple[int, str] | None:
    """The status and the text for a request that gets no answer; None for one that does."""
    if method not in ("GET", "HEAD"):
        return 405, "awsvtab serve is read-only: GET and HEAD are all that it answers\n"
    if headers.get("host", "").partition(":")[0].lower() not in HOSTS:
        return 403, "The name in the address is not this server's: use http://127.0.0.1\n"
    # https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
    if headers.get("sec-fetch-site") in ("cross-site", "same-site") and path != "/":
        return 403, "Another site leads here. If you want this page, enter its address again\n"
    return None


def guarded(application: Application) -> Application:
    """The application, as far as requests may reach it."""

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        refused = refusal(scope["method"], scope["path"], headers)
        if refused is not None:
            await _send_text(send, *refused)
        else:
            await _while_wanted(application, scope, receive, _with_headers(send))

    return asgi


async def _while_wanted(
    application: Application, scope: Scope, receive: Receive, send: Send
) -> None:
    """Runs the application until it is done, the browser has gone, or the server ends."""
    begun = False

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def no_body() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def noting_send(message: MutableMapping[str, Any]) -> None:
        nonlocal begun
        begun = True
        await send(message)

    answer = asyncio.ensure_future(application(scope, no_body, noting_send))
    watch = asyncio.ensure_future(gone())
    ends = False
    try:
        await asyncio.wait({answer, watch}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        ends = True
    is_wanted = not (ends or watch.done())
    answer.cancel()
    watch.cancel()
    while not (answer.done() and watch.done()):
        with suppress(asyncio.CancelledError):  # a server that ends says so more than once
            await asyncio.wait({answer, watch})
    if is_wanted or not answer.cancelled():
        answer.result()
    elif ends and not begun:
        await _send_text(send, 503, "awsvtab serve has ended\n")


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
        await send(message)

    return send_with_headers


async def _send_text(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
