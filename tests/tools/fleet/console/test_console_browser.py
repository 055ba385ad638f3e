"""The console in a real browser: live, by keyboard, readable, from nowhere else."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update
from starlette.applications import Starlette

from support.browsers import chromium
from support.console_visit import Clock, SentJobs
from tools.fleet.console.app import routes
from tools.fleet.console.settings import ConsoleSettings
from tools.fleet.store.database import Store
from tools.fleet.store.schema import account, job, terminal
from tools.fleet.store.states import State
from tools.measure.console_store import PASSWORD

PAGES = (
    "/", "/terminals", "/terminals?state=cannotIssue", "/terminals/1407030001", "/terminals/1407030001/jobs/pauseIssuing", "/alerts", "/alerts/1",
    "/jobs", "/jobs/00000000-0000-4000-8000-100000000002", "/releases", "/releases/directory/118", "/rollouts/3", "/terminals/1407030001/jobs/setConfiguration",
    "/conflicts", "/conflicts/1", "/reports", "/lookup", "/lookup?q=x", "/certificates/{number}", "/accounts", "/accounts/taigu", "/audit", "/password", "/nothing",
)  # fmt: skip
SIZES = ((1366, 768), (1920, 1080))

LOW_CONTRAST = """() => {
  const light = (c) => { const [r, g, b] = c.map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
  const ground = (node) => { for (; node; node = node.parentElement) { const c = parse(getComputedStyle(node).backgroundColor); if (c[3] > .99) return c; } return [255, 255, 255, 1]; };
  const low = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || !node.checkVisibility()) continue;
    const style = getComputedStyle(node);
    const ink = parse(node.closest("svg") ? style.fill : style.color), back = ground(node.closest("svg") || node);
    const [a, b] = [light(ink.slice(0, 3)), light(back.slice(0, 3))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 7) low.push(`${ratio.toFixed(1)} ${text.slice(0, 20)}`);
  }
  return low;
}"""

CUT = """() => [...document.querySelectorAll("h1, h2, h3, td, th, .badge, .button, button, .tile b, .count, .paper, label, dt, dd, .figure")]
  .filter(node => node.checkVisibility() && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline")
  .concat([...document.querySelectorAll(".tile, .tile .name")].filter(node => node.scrollHeight > node.clientHeight + 1))
  .map(node => `${node.className || node.tagName}: ${node.textContent.trim().slice(0, 24)}`)"""


@dataclass(frozen=True, slots=True)
class Served:
    """The console at an address of this machine."""

    address: str


@pytest.fixture
def served(store: Store, clock: Clock, jobs: SentJobs) -> Iterator[Served]:
    closing = threading.Event()
    settings = ConsoleSettings(b"s" * 32, secure_cookie=False, beat_s=0.2, closing=closing)
    listener = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=routes(store.engine, clock, jobs, settings))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, args=([listener],), name="console", daemon=True)
    thread.start()
    yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}/console")
    closing.set()
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture
def enter(browser: Browser, served: Served) -> Iterator[Callable[..., Page]]:
    """A page on which somebody has logged in; at the end nothing may have gone wrong in it, and nobody else may have been asked."""
    opened: list[Page] = []
    troubles: list[str] = []
    asked: list[str] = []

    def make(login: str = "province", size: tuple[int, int] = SIZES[0]) -> Page:
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        opened.append(page)
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{served.address}/")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{served.address}/")
        return page

    yield make
    for page in opened:
        page.close()
    assert [trouble for trouble in troubles if "404" not in trouble and "MIME" not in trouble] == []
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(served.address).netloc}


def test_a_change_reaches_an_open_page_by_itself(enter: Callable[..., Page], store: Store) -> None:
    page = enter("taigu")
    with store.writing() as tx:
        tx.execute(update(terminal).values(state=State.ISSUING.value, reason=""))
    total = page.locator(".sentence b").first.inner_text()
    expect(page.locator(".sentence b").nth(1)).to_have_text(total)
    expect(page.locator("[data-live=tile-140703] b")).to_have_text("100%")
    with store.writing() as tx:
        tx.execute(
            update(terminal).where(terminal.c.code == "1407030001").values(state=State.CANNOT_ISSUE.value, reason="paperOut")
        )
    expect(page.locator(".worst-list li")).to_have_count(1)
    expect(page.locator(".worst-list")).to_contain_text("没纸了")
    expect(page.locator("[data-live=tile-140703] a")).to_have_attribute(
        "title", re.compile(f"^晋中市太谷区：{total} 台中 {int(total) - 1} 台能开证"), timeout=3000
    )


def test_a_job_is_confirmed_first_and_its_states_are_followed(enter: Callable[..., Page], store: Store, jobs: SentJobs) -> None:
    page = enter("taigu")
    page.goto(page.url + "terminals/1407030001")
    page.get_by_role("link", name="打一张试样", exact=True).click()
    expect(page.locator("h1")).to_have_text("要“打一张试样”吗？")
    assert jobs.sent == []
    page.get_by_role("button", name="打一张试样").click()
    page.wait_for_url("**/terminals/1407030001#jobs")
    assert [one[:2] for one in jobs.sent] == [("1407030001", "testPrint")]
    with store.writing() as tx:
        tx.execute(update(job).where(job.c.kind == "collectLogs").values(status="TIMED_OUT"))
    expect(page.locator("[data-live=jobs]")).to_contain_text("过期没做")


def test_a_session_that_ends_stops_the_stream_and_asks_for_a_login(enter: Callable[..., Page], store: Store, clock: Clock) -> None:
    page = enter("taigu")
    with store.writing() as tx:
        tx.execute(update(account).where(account.c.login == "taigu").values(epoch=account.c.epoch + 1))
    expect(page.locator("h1")).to_have_text("请登录", timeout=15_000)


def test_the_keyboard_reaches_everything(enter: Callable[..., Page]) -> None:
    page = enter()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.goto(page.url + "terminals")
    page.keyboard.press("/")
    page.keyboard.type("太谷")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=%E5%A4%AA%E8%B0%B7**")
    assert page.locator("tbody tr").count() == page.locator("tbody tr", has_text="太谷区").count() > 0
    page.goto(page.url.partition("/terminals")[0] + "/")
    focusable = page.locator(".tile").count()
    assert focusable == 117
    page.locator(".tile").first.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_a_focused_tile_keeps_the_focus_when_it_changes(enter: Callable[..., Page], store: Store) -> None:
    page = enter("taigu")
    page.locator("[data-live=tile-140703] a").focus()
    before = page.locator("[data-live=tile-140703] b").inner_text()
    with store.writing() as tx:
        tx.execute(update(terminal).where(terminal.c.county == "140703").values(state=State.SILENT.value))
    expect(page.locator("[data-live=tile-140703] b")).to_have_text("0%")
    assert before != "0%"
    expect(page.locator("[data-live=tile-140703] a")).to_be_focused()


@pytest.mark.parametrize("size", SIZES, ids=["office", "wall"])
def test_every_page_is_readable_and_nothing_is_cut(enter: Callable[..., Page], store: Store, size: tuple[int, int]) -> None:
    page = enter(size=size)
    base = page.url.rstrip("/")
    page.goto(f"{base}/terminals/1407030001")
    number = page.locator("[data-live=certificates] a").first.inner_text()
    for path in PAGES:
        page.goto(base + path.format(number=number))
        assert page.evaluate(LOW_CONTRAST) == [], path
        assert page.evaluate(CUT) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_the_first_page_fits_an_office_screen(enter: Callable[..., Page]) -> None:
    page = enter()
    box = page.locator(".tiles").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 768


def test_markup_in_a_station_name_runs_nothing(enter: Callable[..., Page], store: Store) -> None:
    evil = "<img src=x onerror=\"document.title='gone'\"><script>document.title='gone'</script>"
    with store.writing() as tx:
        tx.execute(update(terminal).where(terminal.c.county == "140703").values(station=evil, state=State.CANNOT_ISSUE.value))
    page = enter("taigu")
    expect(page.locator(".worst-list")).to_contain_text("<img src=x")
    for path in ("terminals", "terminals/1407030001"):
        page.goto(page.url.partition("/console")[0] + f"/console/{path}")
        page.wait_for_load_state("networkidle") if path == "terminals" else expect(page.locator("[data-live=can]")).to_be_visible()
        assert page.title() != "gone"
    with store.reading() as tx:
        assert tx.execute(select(terminal.c.station).where(terminal.c.code == "1407030001")).scalar() == evil
