"""What stands between the page and other pages: only this machine's own name, only forms of our own, nothing foreign.

A page elsewhere can make a browser send requests here: by a name that it lets point to 127.0.0.1 (DNS rebinding), or by
a form. The first names another host, the second lacks the token that only our own forms carry. Sources: OWASP,
Cross-Site Request Forgery Prevention; W3C, Content Security Policy Level 3; Fetch, `Sec-Fetch-Site`.
"""

import secrets
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS: Final = ("127.0.0.1", "localhost")
READING: Final = ("GET", "HEAD")
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FOR_EVER: Final = "public, max-age=31536000, immutable"
TOKEN: Final = "token"  # noqa: S105 - the name of a form's field


class Guard:
    """Turns away requests under another name and writing ones from elsewhere; adds the headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                kept = scope["path"].startswith("/static/") and b"v=" in scope["query_string"]
                headers.setdefault("Cache-Control", FOR_EVER if kept else "no-store")
            await send(message)

        refusal = _refusal(scope["method"], Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, headed)
        else:
            await PlainTextResponse(*refusal)(scope, receive, headed)


def _refusal(method: str, headers: Headers) -> tuple[str, int] | None:
    host = headers.get("host", "")
    if host.partition(":")[0] not in HOSTS:
        return "This page answers to 127.0.0.1 and localhost only.", 421
    if method in READING:
        return None
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return "This was sent by another site.", 403
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return "This was sent by another site.", 403
    return None


def new_token() -> str:
    """Make the secret that our own forms carry; a new one each start."""
    return secrets.token_urlsafe(24)


def token_of(request: Request) -> str:
    """Give the token to put into a form."""
    token: str = request.app.state.token
    return token


def is_ours(request: Request, given: object) -> bool:
    """Say whether a form carried the token."""
    return isinstance(given, str) and secrets.compare_digest(given.encode(), token_of(request).encode())
