"""A real browser for the demonstration's last steps, where there is one: the console and the public page as people see them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tools.bench.centre import LOGIN, PASSWORD, CentreError

_STUB_BYTES = 8192
_WAIT_MS = 20_000
_DESK = {"width": 1366, "height": 768}
_PHONE = {"width": 390, "height": 844}


def find_browser() -> str:
    """Where chromium is; "" where there is none. A script that only leads to a snap is none: a snap is not let into our folders."""
    for name in ("chromium", "google-chrome", "chromium-browser"):
        found = shutil.which(name)
        if found and not _leads_to_a_snap(Path(found)):
            return found
    return ""


def _leads_to_a_snap(path: Path) -> bool:
    real = path.resolve()
    if real.name == "snap" or str(real).startswith("/snap/"):
        return True
    with real.open("rb") as file:
        start = file.read(_STUB_BYTES)
    return start.startswith(b"#!") and b"/snap/bin/" in start


@contextmanager
def a_browser(path: str) -> Iterator[Browser]:
    """The chromium at ``path``, without a window. Raises ``CentreError`` when it does not start."""
    with sync_playwright() as play:
        try:
            browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        except PlaywrightError as err:
            raise CentreError(f"浏览器 {path} 没有启动：{str(err).splitlines()[0]}") from err
        try:
            yield browser
        finally:
            browser.close()


def picture_console(browser: Browser, address: str, number: str, file: Path) -> None:
    """Log in at the console, open the certificate's page and keep its picture. Raises ``CentreError`` when it is not there."""
    with _page(browser, _DESK) as page:

        def enter() -> None:
            page.goto(f"{address}/console/")
            page.fill("[name=login]", LOGIN)
            page.fill("[name=password]", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(f"{address}/console/")
            page.goto(f"{address}/console/certificates/{number}")
            page.locator("h1.code").wait_for()
            page.screenshot(path=file)

        _expect(enter, "值班台上没有这张合格证")


def picture_public(browser: Browser, address: str, digits: str, file: Path) -> None:
    """Open the public page of a code on a phone and keep its picture, once it says valid and 演示样张. Raises ``CentreError`` when it does not."""
    with _page(browser, _PHONE, scale=2) as page:

        def open_it() -> None:
            page.goto(f"{address}/q/{digits}")
            page.locator(".verdict[data-verdict=valid]").wait_for()
            page.get_by_text("演示样张").first.wait_for()
            page.screenshot(path=file)

        _expect(open_it, "公开页没有认这张合格证")


@contextmanager
def _page(browser: Browser, size: dict[str, int], scale: int = 1) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": size["width"], "height": size["height"]}, device_scale_factor=scale)
    context.set_default_timeout(_WAIT_MS)
    try:
        yield context.new_page()
    finally:
        context.close()


def _expect(do: Callable[[], None], otherwise: str) -> None:
    try:
        do()
    except PlaywrightError as err:
        raise CentreError(f"{otherwise}：{str(err).splitlines()[0]}") from err
