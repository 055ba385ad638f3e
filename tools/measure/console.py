"""The console with 20,000 terminals: when a browser first paints its pages, and what an open one costs the server.

The database is SQLite, filled once in the temporary folder. The server runs as a process of its own; its CPU time is read from /proc while one stream of
events is open and terminals change. Each page is opened three times in a fresh chromium context and its best time counts.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import uvicorn
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import func, select, update
from starlette.applications import Starlette

from tools.bench.browser import find_browser
from tools.fleet.console.app import routes
from tools.fleet.console.settings import ConsoleSettings, JobRefused
from tools.fleet.store.database import open_store
from tools.fleet.store.schema import terminal
from tools.fleet.web import beijing
from tools.measure.console_store import PASSWORD, fill
from tools.measure.row import Row, at_most

TERMINALS = 20_000
PAINT_MS = 1000.0
CPU_PERCENT = 2.0
_WATCH_S = 60.0
_ROUNDS = 3
_PAGES = (("first page", "/"), ("list of terminals", "/terminals"), ("one terminal", "/terminals/1407030001"))
_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def rows(count: int = TERMINALS) -> list[Row]:
    """First paint of three pages, and the CPU of one open console. Raises ``RuntimeError`` where no browser is installed."""
    chromium = find_browser()
    if not chromium:
        raise RuntimeError("no chromium that can be used is installed")
    url = _filled(count)
    with _served(url) as (address, pid):
        cookies = _login(address)
        cost = _cpu_percent(url, address, cookies, pid)
        with sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
            )
            paints = [(name, _first_paint_ms(browser, address + path, address, cookies)) for name, path in _PAGES]
            browser.close()
    painted = [at_most(f"console, first paint of the {name} with {count} terminals", ms, "ms", PAINT_MS) for name, ms in paints]
    return [
        *painted,
        at_most(f"console, server CPU of an open first page with {count} terminals", cost, "% of a core", CPU_PERCENT),
    ]


def _filled(count: int) -> str:
    """A database of today: yesterday's has nothing to say of today's certificates."""
    folder = Path(tempfile.gettempdir()) / f"kiosk-measure-{os.getuid()}" / f"console-{count}-{beijing(datetime.now(UTC)):%Y%m%d}"
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'centre.db'}"
    store = open_store(url)
    with store.reading() as tx:
        is_filled = tx.execute(select(func.count()).select_from(terminal)).scalar() == count
    if not is_filled:
        fill(store, count, datetime.now(UTC))
    store.close()
    return url


@contextmanager
def _served(url: str) -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "tools.measure.console", url, str(port)])
    address = f"http://127.0.0.1:{port}/console"
    try:
        _wait(address, process)
        yield address, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"{address}/login")
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the console did not start")


def _login(address: str) -> dict[str, str]:
    answer = httpx.post(f"{address}/login", data={"login": "province", "password": PASSWORD, "next": "/"})
    return dict(answer.cookies)


def _cpu_percent(url: str, address: str, cookies: dict[str, str], pid: int) -> float:
    """While one stream is open and terminals change all the time, as they do in life."""
    httpx.get(f"{address}/", cookies=cookies)  # the browser's own look before the stream: templates are compiled once a process
    began_s, spent_s = time.monotonic(), _cpu_s(pid)
    closing = threading.Event()
    stirring = threading.Thread(target=_stir, args=(url, closing), name="collector", daemon=True)
    stirring.start()
    with httpx.stream("GET", f"{address}/live", cookies=cookies, timeout=30) as stream:
        lines = stream.iter_lines()
        while time.monotonic() - began_s < _WATCH_S:
            next(lines)
    closing.set()
    stirring.join()
    return (_cpu_s(pid) - spent_s) / (time.monotonic() - began_s) * 100


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _first_paint_ms(browser: Browser, page_address: str, address: str, cookies: dict[str, str]) -> float:
    times = []
    for _ in range(_ROUNDS):
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
        page = context.new_page()
        page.goto(page_address)
        page.wait_for_function(_PAINT)
        times.append(float(page.evaluate(_PAINT)))
        context.close()
    return min(times)


class _NoJobs:
    def send(self, terminal: str, kind: str, args: object, by: str) -> str:
        raise JobRefused("noSuchTerminal")


def _stir(url: str, closing: threading.Event) -> None:
    """Stands for the collector: every beat the terminals of one number in all counties change between two states."""
    store, turn = open_store(url), 0
    while not closing.wait(2.0):
        turn += 1
        now = datetime.now(UTC)
        state, other = ("issuing", "degraded") if turn % 2 else ("degraded", "issuing")
        changed = terminal.c.code.endswith("0007"), terminal.c.state == state
        with store.writing() as tx:
            tx.execute(update(terminal).where(*changed).values(state=other, state_since=now, last_seen_at=now))
    store.close()


def _serve(url: str, port: int) -> None:
    store = open_store(url)
    settings = ConsoleSettings(b"measured, nobody's secret, 32 bytes", secure_cookie=False)
    app = Starlette(routes=routes(store.engine, lambda: datetime.now(UTC), _NoJobs(), settings))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=2))
    server.run()


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
