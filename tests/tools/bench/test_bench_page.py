"""The bench's page in a real browser, with the real drivers on the other side of the devices."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from drivers.device import DeviceKind
from drivers.idcard.record import CardRead
from drivers.scale.record import ScaleReading, ScaleStatus
from drivers.scanner.record import CodeScanned
from drivers.virtual.camera import code_picture
from support.bench_host import BenchHost, wait_until
from support.browsers import chromium
from tools.bench.bench import Bench
from tools.bench.errors import BenchError
from tools.bench.people import everybody
from tools.bench.web.server import serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture
def address(bench: Bench) -> Iterator[str]:
    with serving(bench, 0) as made:
        yield made


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, connected; at the end nothing may have gone wrong in it, and nothing may have been asked of anybody else."""
    made = browser.new_page(viewport={"width": 1500, "height": 1000})
    troubles: list[str] = []
    asked: list[str] = []
    made.on("console", lambda message: troubles.append(message.text))
    made.on("pageerror", lambda error: troubles.append(str(error)))
    made.on("request", lambda request: asked.append(request.url))
    made.goto(address)
    expect(made.locator("#live")).to_have_class("live on")
    yield made
    made.close()
    assert troubles == []
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(address).netloc}


def test_everybody_has_a_card_and_a_laid_card_is_read(page: Page, host: BenchHost) -> None:
    expect(page.locator("#cards .id-card")).to_have_count(len(everybody()))
    host.use_reader()
    host.online(DeviceKind.ID_READER)
    host.reader.arm()
    expect(page.locator("#reader-says")).to_have_text("终端正在找卡")
    page.click(".seat[data-name=王建国] .id-card")
    assert host.wait_for(CardRead).card.number == "142421196804123019"
    expect(page.locator("#log")).to_contain_text("终端读了这张卡")
    expect(page.locator("#on-pad .name")).to_have_text("王建国")
    page.click("#take-card")
    expect(page.locator("#on-pad .id-card")).to_have_count(0)


def test_a_card_can_be_dragged_onto_the_reader_and_changed_for_another(page: Page) -> None:
    page.drag_and_drop(".seat[data-name=李秀英] .id-card", "#pad")
    expect(page.locator("#on-pad .name")).to_have_text("李秀英")
    page.click(".seat[data-name=任𤧛] .id-card")
    expect(page.locator("#on-pad .name")).to_have_text("任𤧛")
    expect(page.locator(".seat.away")).to_have_attribute("data-name", "任𤧛")


def test_goods_are_put_on_by_number_by_slider_and_taken_off(page: Page, host: BenchHost) -> None:
    host.use_scale()
    page.fill("#kg-typed", "12.35")
    page.click("#kg-form .go")
    host.weight("12.35")
    expect(page.locator("#kg")).to_have_text("12.35")
    expect(page.locator("#scale-says")).to_have_text("稳定")
    page.locator("#kg-slide").fill("40")
    host.weight("40.00")
    page.click("#kg-empty")
    host.weight("0.00", since=len(host.records) - 1)
    expect(page.locator("#scale-says")).to_have_text("零")


def test_a_fault_button_breaks_and_pressed_again_mends(page: Page, host: BenchHost) -> None:
    host.use_scale()
    host.weight("0.00")
    button = page.locator("#scale-faults button", has_text="超载")
    button.click()
    host.wait_for(ScaleReading, lambda reading: reading.status is ScaleStatus.OVERWEIGHT)
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#scale-says")).to_have_text("超载")
    since = len(host.records)
    button.click()
    host.weight("0.00", since=since)
    expect(button).to_have_attribute("aria-pressed", "false")


def test_paper_comes_out_newest_first_and_goes_before_the_camera(page: Page, bench: Bench, host: BenchHost) -> None:
    host.use_printer()
    host.online(DeviceKind.PRINTER)
    host.print("1")
    expect(page.locator("#strip")).to_be_visible()
    host.print("2", seed=2)
    host.printed("2")
    expect(page.locator("#labels figure")).to_have_count(2)
    newest = page.locator("#labels figure").first
    expect(newest).to_have_attribute("data-number", "2")
    wait_until(lambda: newest.locator("img").evaluate("picture => picture.complete && picture.naturalWidth") == 576)
    assert newest.locator("img").evaluate("picture => picture.naturalHeight") == bench.labels()[1].height_dots
    page.locator("#labels figure").last.locator("button").click()
    expect(page.locator("#camera-says")).to_have_text("第 1 张标签")


def test_a_printer_without_paper_says_so_and_is_mended(page: Page, host: BenchHost) -> None:
    host.use_printer()
    host.online(DeviceKind.PRINTER)
    page.fill("#rows", "100")
    page.click("#rows-form button >> nth=0")
    host.print()
    host.error("paperOut")
    expect(page.locator("#printer-says")).to_have_text("没纸")
    expect(page.locator("#labels figure")).to_have_class("paper paperEnd")
    since = len(host.records)
    page.click("#printer-well")
    host.online(DeviceKind.PRINTER, since=since)
    expect(page.locator("#printer-says")).not_to_have_text("没纸")


def test_a_cable_is_pulled_put_back_and_put_elsewhere(page: Page, host: BenchHost) -> None:
    host.use_scale()
    host.online(DeviceKind.SCALE)
    page.click(".scale .switch")
    host.gone(DeviceKind.SCALE)
    expect(page.locator("#scale-says")).to_have_text("没插")
    since = len(host.records)
    page.click(".scale .switch")
    host.online(DeviceKind.SCALE, since=since)
    since = len(host.records)
    page.click(".scale .move")
    assert host.online(DeviceKind.SCALE, since=since).port != "usb:1-2"


def test_a_text_and_a_picture_are_held_before_the_camera(page: Page, host: BenchHost, tmp_path: Path) -> None:
    import cv2

    host.use_camera()
    page.fill("#qr-text", "https://q.sxnc.cn/417")
    page.click("#qr-form .go")
    assert host.wait_for(CodeScanned).text == "https://q.sxnc.cn/417"
    cv2.imwrite(str(tmp_path / "code.png"), code_picture("https://q.sxnc.cn/418", 5))
    page.set_input_files("#qr-file", tmp_path / "code.png")
    host.wait_for(CodeScanned, lambda code: code.text.endswith("418"))
    expect(page.locator("#camera-says")).to_have_text("code.png")
    page.click("#qr-clear")
    expect(page.locator("#camera-says")).to_have_text("镜头前没有东西")


def test_a_refusal_is_said_in_words(page: Page) -> None:
    page.fill("#kg-typed", "很重")
    page.click("#kg-form .go")
    expect(page.locator("#toast")).to_have_text("“很重”不是重量")


def test_what_others_do_is_seen_and_an_ended_bench_too(browser: Browser, tmp_path: Path) -> None:
    with Bench(tmp_path / "bench") as bench:
        with serving(bench, 0) as address:
            page = browser.new_page()
            page.goto(address)
            bench.tap_card("zhao")
            expect(page.locator("#on-pad .name")).to_have_text("赵德厚")
        expect(page.locator("#live")).to_have_text("台架不在")
        page.close()


@pytest.mark.parametrize("width", [360, 480, 760, 1000, 1280, 1900])
def test_nothing_sticks_out_at_any_width(page: Page, bench: Bench, width: int) -> None:
    page.emulate_media(reduced_motion="reduce")  # a card on its way flies over everything
    bench.tap_card("anna")
    bench.show_qr("https://q.sxnc.cn/" + "9" * 200)
    expect(page.locator("#camera-says")).to_contain_text("9999")
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.panel button, .panel input, .panel .chip, .panel h2')]
        .filter((node) => node.offsetParent && !node.closest('.cards'))
        .filter((node) => { const a = node.getBoundingClientRect(), b = node.closest('.panel').getBoundingClientRect();
                            return a.width && (a.left < b.left - 1 || a.right > b.right + 1); })
        .map((node) => node.outerHTML.slice(0, 80))"""
    )
    assert outside == []


# ---- the door -------------------------------------------------------------------------------------------------------------------


def request(address: str, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_strangers_and_nonsense_stay_outside(address: str, bench: Bench) -> None:
    weight = json.dumps({"do": "weight", "kg": "5"}).encode()
    assert request(address, "POST", "/do", weight, Host="evil.example", Content_Type="application/json")[0] == 400
    assert request(address, "POST", "/do", weight, Content_Type="text/plain")[0] == 415
    assert request(address, "POST", "/do", b"{", Content_Type="application/json")[0] == 400
    assert request(address, "POST", "/camera", b"x", Content_Type="text/plain")[0] == 415
    assert request(address, "GET", "/paper/1.png")[0] == 404
    assert request(address, "GET", "/paper/strip.png")[0] == 204
    assert request(address, "GET", "/static/../server.py")[0] == 404
    status, said = request(address, "POST", "/camera?name=x", b"no picture", Content_Type="image/png")
    assert (status, json.loads(said)["error"]) == (200, "not-a-picture")
    assert bench.state()["scale"]["on_pan"] == "0"  # type: ignore[index]


def test_a_port_that_is_taken_is_said(address: str, bench: Bench) -> None:
    port = urlsplit(address).port
    assert port is not None
    with pytest.raises(BenchError) as told, serving(bench, port):
        pass
    assert told.value.code == "port-taken"
