"""What stands before every page: strict headers, the host, the origin of whoever posts, and the size of a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
)
_SAFE_METHODS = frozenset({"GET", "HEAD"})
MOST_BYTES = 128 * 2**10
MOST_SCAN_BYTES = 24 * 2**20
_SCAN_PATH = "/keyed"

_OUR_FAULT = "Something of ours failed. Look whether what you did is there before you repeat it."

RefusalLog = Callable[[str, str, str], None]
"""Takes the address, the path and why a request was turned away."""


class Guards:
    """An ASGI layer; `hosts` are the names under which the desk is reached, `log` writes refusals down."""

    def __init__(self, app: App, *, hosts: frozenset[str], log: RefusalLog, https: bool) -> None:
        self._app = app
        self._hosts = hosts
        self._log = log
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        why = self._why_not(scope)
        if why is not None:
            status, reason = why
            client = scope.get("client") or ("unknown",)
            self._log(str(client[0]), str(scope.get("path", ""))[:200], reason)
            await self._refuse(send, status, reason)
            return
        answering = _Answering(send)
        try:
            await self._app(scope, _limited(receive, _limit_of(scope)), self._with_headers(scope, answering))
        except Exception:
            # What failed may quote the paper: the page says nothing of it, the server's own log has it.
            if not answering.begun:
                await self._answer(send, 500, _OUR_FAULT)
            raise

    def _why_not(self, scope: Scope) -> tuple[int, str] | None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if _name_of(host) not in self._hosts:
            return 421, "the desk does not answer to this host name"
        length = headers.get(b"content-length", "0")
        if not length.isdecimal() or int(length) > _limit_of(scope):
            return 413, "the request is larger than any form of the desk"
        if scope["method"] in _SAFE_METHODS:
            return None
        origin = headers.get(b"origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return 403, "the request came from another site"
        if origin is None and headers.get(b"sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "the request came from another site"
        return None

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        is_static = str(scope.get("path", "")).startswith("/static/")
        kept = b"public, max-age=86400" if is_static else b"no-store"

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                own_say = [value for name, value in message.get("headers", []) if name.lower() == b"cache-control"]
                mine = [*_HEADERS, (b"cache-control", own_say[0] if own_say and not is_static else kept)]
                if self._https:
                    mine.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
                own = {name for name, _ in mine} | {b"server"}
                message["headers"] = [h for h in message.get("headers", []) if h[0].lower() not in own] + mine
            await send(message)

        return sending

    async def _refuse(self, send: Send, status: int, reason: str) -> None:
        await self._answer(send, status, f"Refused: {reason}.")

    async def _answer(self, send: Send, status: int, words: str) -> None:
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *_HEADERS]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": f"{words}\n".encode()})


class _Answering:
    """Passes an answer on, and knows whether it has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self._send(message)


class TooLarge(Exception):
    """A body that says less of its length than it has."""


def _limit_of(scope: Scope) -> int:
    return MOST_SCAN_BYTES if scope.get("path") == _SCAN_PATH else MOST_BYTES


def _limited(receive: Receive, limit: int) -> Receive:
    """Stops a body without a stated length at the limit."""
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise TooLarge
        return message

    return receiving


def _name_of(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
