"""What the console and the public page share: templates that escape, headers that forbid, Beijing's time.

Rules: every template escapes and a name that is not given is an error; nothing is loaded from elsewhere; no page may be framed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CHINA = timezone(timedelta(hours=8), "中国标准时间")
"""China has one time and no daylight saving."""

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
NO_STORE = {"Cache-Control": "no-store"}


def templates(folder: Path) -> Environment:
    """The templates of one room. Everything is escaped, whatever the file is called."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def page(
    environment: Environment, name: str, status: int = 200, headers: Mapping[str, str] | None = None, **facts: object
) -> HTMLResponse:
    """A page drawn from the template ``name``; never kept by a browser or a proxy."""
    return HTMLResponse(environment.get_template(name).render(facts), status, {**NO_STORE, **(headers or {})})


def beijing(moment: datetime) -> datetime:
    """The same moment as a clock in China shows it. Raises ``ValueError`` for a moment without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a zone")
    return moment.astimezone(CHINA)


class SecurityHeaders:
    """Adds to every answer what keeps a page of elsewhere, a guessed type or a foreign script out."""

    def __init__(self, app: ASGIApp, policy: str = CONTENT_POLICY) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, add)
