"""Follows an issued certificate to where others see it: the operators' console and the shopper's page."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from kiosk.domain.number import CertificateNumber
from tools.bench.browser import a_browser, picture_console, picture_public
from tools.bench.centre import CentreError, DemoCentre

ARRIVED, PUBLIC = "arrived at the centre", "public page"


def wait_arrival(centre: DemoCentre, number: CertificateNumber, digits: str) -> float:
    """Seconds until the centre has the certificate. Raises ``CentreError`` when it does not come."""
    begun = time.monotonic()
    centre.wait_ready()
    centre.wait_arrived(number, digits)
    return round(time.monotonic() - begun, 1)


def show_arrival(
    centre: DemoCentre, number: CertificateNumber, digits: str, out: Path, browser: str, note: Callable[[str, str], object]
) -> None:
    """Show what has arrived: console.png and public.png by the chromium at ``browser``, without one both pages as HTML.

    ``note`` is told each step and the name of what it leaves in ``out``. Raises ``CentreError`` when the certificate is not shown.
    """
    if browser:
        with a_browser(browser) as window:
            picture_console(window, centre.address, number.compact, out / "console.png")
            note(ARRIVED, "console.png")
            picture_public(window, centre.address, digits, out / "public.png")
            note(PUBLIC, "public.png")
    else:
        _keep(centre, f"/console/certificates/{number.compact}", str(number), out / "console.html")
        note(ARRIVED, "console.html")
        _keep(centre, f"/q/{digits}?plain", "演示样张", out / "public.html")
        note(PUBLIC, "public.html")


def _keep(centre: DemoCentre, path: str, words: str, file: Path) -> None:
    """Keep a page that must say ``words``. Raises ``CentreError``."""
    with centre.console() as client:
        page = client.get(path)
    if page.status_code != 200 or words not in page.text:
        raise CentreError(f"{path} 上没有“{words}”（{page.status_code}）")
    file.write_text(page.text, encoding="utf-8")
