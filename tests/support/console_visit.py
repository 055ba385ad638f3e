"""A clock, a keeper of jobs and a person at a browser without scripts, for the console's tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette
from starlette.testclient import TestClient

from tools.fleet.console.settings import JobRefused
from tools.measure.console_store import PASSWORD

NOW = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)  # a Wednesday, half past two in the afternoon in China
TERMINALS = 360


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


class SentJobs:
    """Keeps what was sent; refuses with ``code`` when one is set."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Mapping[str, object], str]] = []
        self.code = ""

    def send(self, terminal: str, kind: str, args: Mapping[str, object], by: str) -> str:
        if self.code:
            raise JobRefused(self.code)
        self.sent.append((terminal, kind, args, by))
        return f"job-{len(self.sent)}"


class Visitor:
    """A person at a browser without scripts."""

    def __init__(self, app: Starlette) -> None:
        self.client = TestClient(app, base_url="http://console.test", raise_server_exceptions=False, follow_redirects=False)

    def get(self, path: str) -> tuple[int, str]:
        answer = self.client.get("/console" + path)
        return answer.status_code, answer.text

    def post(self, path: str, on: str = "/lookup", **fields: str) -> tuple[int, str]:
        """Send a form with the token that the page ``on`` carries."""
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', self.get(on)[1])
        answer = self.client.post("/console" + path, data={"form_token": found[1] if found else "", **fields})
        return answer.status_code, answer.headers.get("location", answer.text)

    def login(self, login: str, password: str = PASSWORD) -> int:
        return self.client.post("/console/login", data={"login": login, "password": password, "next": "/"}).status_code
