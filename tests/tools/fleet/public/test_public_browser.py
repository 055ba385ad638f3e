"""The public page in a real browser: every published vector, every fate of a certificate, hostile names, and no network."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from kiosk.credential.__main__ import as_json
from kiosk.credential.keylist import load_key_list
from kiosk.credential.token import DIGITS
from kiosk.credential.verify import verify_url
from support.browsers import chromium
from support.public_host import World, a_world, serving
from tools.fleet.public.assets import BUDGET
from tools.fleet.public.forms import KINDS
from tools.fleet.store.queries_public import choose_phone

VECTORS = Path(__file__).parents[3] / "vectors"
PURE = "Object.defineProperty(self.crypto, 'subtle', {value: undefined, configurable: true})"
"""A browser without a check of its own."""
JUDGE = """async ([text, list, root, record, now]) => {
  const read = await SXC.token.readList(list, root);
  const found = await SXC.token.judge(SXC.token.decode(text), read, record, now);
  return {...found, key: found.key && {terminal: found.key.terminal, station: found.key.station}};
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("public")) as made:
        yield made


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    with serving(world.app()) as made:
        yield made


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A phone's window; nothing may go wrong in it, and nobody else may be asked."""
    context = browser.new_context(viewport={"width": 360, "height": 640})
    made = context.new_page()
    troubles: list[str] = []
    asked: list[str] = []
    made.on("pageerror", lambda error: troubles.append(str(error)))
    made.on("console", lambda message: troubles.append(message.text) if "Content Security" in message.text else None)
    made.on("request", lambda request: asked.append(request.url))
    yield made
    assert context.cookies() == []
    context.close()
    assert troubles == []
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} <= {urlsplit(address).netloc}


def show(page: Page, address: str, digits: str) -> Page:
    page.goto(f"{address}/{digits}")
    expect(page.locator("#page")).to_have_attribute("aria-busy", "false")
    return page


@pytest.mark.parametrize("way", ["native", "pure"])
def test_every_vector_has_the_verdict_and_the_facts_of_python(page: Page, address: str, world: World, way: str) -> None:
    published = json.loads((VECTORS / "vectors.json").read_text(encoding="utf-8"))
    document = json.loads((VECTORS / "keys.json").read_text(encoding="utf-8"))
    root = published["root_public_key"]
    keys = load_key_list(VECTORS / "keys.json", bytes.fromhex(root))
    now = datetime(2026, 12, 1, tzinfo=UTC)
    show(page, address, world.codes["good"])
    if way == "pure":
        page.evaluate(PURE)
    for vector in published["vectors"]:
        record = vector["record"]
        here = as_json(verify_url(vector["text"], keys, now, None if record is None else record.encode()))
        there = page.evaluate(JUDGE, [vector["text"], document, root, record, now.timestamp() * 1000])
        assert there["status"] == here["check"] == vector["status"], vector["name"]
        assert there["list_age_days"] == here["list_age_days"]
        assert (there.get("number") or None) == here.get("number"), vector["name"]
        if "counter" in (body := there.get("body") or {}):
            facts = ("key_id", "copy", "copies", "clock", "county", "document", "product", "amount", "unit", "subject", "digest")
            assert {name: body[name] for name in facts} == {name: here[name] for name in facts}, vector["name"]
            assert sorted(body["basis"]) == here["basis"]
            assert datetime.fromtimestamp(body["issued"] / 1000, UTC).isoformat() == here["issued"]
            assert there["demo"] is here["demo"]


def test_no_flipped_bit_verifies_in_a_browser_without_a_check_of_its_own(page: Page, address: str, world: World) -> None:
    published = json.loads((VECTORS / "vectors.json").read_text(encoding="utf-8"))
    document = json.loads((VECTORS / "keys.json").read_text(encoding="utf-8"))
    good = int(published["vectors"][0]["text"].rpartition("/")[2])
    show(page, address, world.codes["good"])
    page.evaluate(PURE)
    chance = random.Random(417)
    flipped = [f"https://{document['host']}/{good ^ (1 << bit):0{DIGITS}d}" for bit in chance.sample(range(800), 120)]
    found = page.evaluate(
        """async ([texts, list]) => { const read = await SXC.token.readList(list, null);
        return Promise.all(texts.map(async (text) => (await SXC.token.judge(SXC.token.decode(text), read, null, 0)).status)); }""",
        [flipped, document],
    )
    assert "valid" not in found
    assert len(found) == 120


def test_a_list_that_its_root_did_not_sign_is_not_believed(page: Page, address: str, world: World) -> None:
    published = json.loads((VECTORS / "vectors.json").read_text(encoding="utf-8"))
    document = json.loads((VECTORS / "keys.json").read_text(encoding="utf-8"))
    show(page, address, world.codes["good"])
    read = "async ([list, root]) => SXC.token.readList(list, root).then(() => 'read', (err) => err.message)"
    root = published["root_public_key"]
    assert page.evaluate(read, [document, root]) == "read"
    twice = {**document, "keys": [*document["keys"], document["keys"][0]]}
    assert page.evaluate(read, [twice, root]) == "badSignature"
    assert page.evaluate(read, [twice, None]) == "malformed"
    assert page.evaluate(read, [{**document, "schema": 2}, root]) == "unknownVersion"
    assert page.evaluate(read, [{**document, "signature": None}, root]) == "badSignature"


@pytest.mark.parametrize(
    ("fate", "verdict", "tone"),
    [
        ("good", "valid", "good"),
        ("demo", "valid", "care"),
        ("absent", "absent", "good"),
        ("voided", "voided", "stop"),
        ("recalled", "recalled", "stop"),
        ("conflict", "conflict", "care"),
    ],
)
def test_each_fate_has_its_word_and_colour(page: Page, address: str, world: World, fate: str, verdict: str, tone: str) -> None:
    show(page, address, world.codes[fate])
    found = page.locator(".verdict")
    expect(found).to_have_attribute("data-verdict", verdict)
    expect(found).to_have_class(f"verdict {tone}")
    assert ("演示样张" in page.inner_text("#page")) is (fate == "demo")
    stamp = {"demo": "演示样张", "voided": "已作废", "recalled": "已召回"}.get(fate)
    assert page.locator(".paper .stamp").all_inner_texts() == ([stamp] if stamp else [])
    green = page.evaluate("getComputedStyle(document.querySelector('.paper')).borderTopColor") == "rgb(8, 90, 51)"
    assert green is (stamp is None)  # what lies under it does not look valid to who scrolls
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(("digits", "tone"), [("forged", "stop"), ("1407030031000417", "care")])
@pytest.mark.parametrize("way", ["", "?plain"])
def test_who_holds_a_forged_or_strange_code_is_told_what_to_do_next(
    page: Page, address: str, world: World, digits: str, tone: str, way: str
) -> None:
    good = world.codes["good"]
    code = good[:-1] + str((int(good[-1]) + 1) % 10) if digits == "forged" else digits
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/{code}{way}")
    expect(page.locator(f".verdict.{tone}")).to_be_visible()
    assert page.locator(".paper").count() == 0
    page.get_by_role("link", name="查另一张").click()
    expect(page.get_by_role("heading", name="查验承诺达标合格证")).to_be_visible()


def test_the_form_stands_word_for_word_with_the_masked_phone_until_the_subject_chooses(
    page: Page, address: str, world: World
) -> None:
    show(page, address, world.codes["blocks"])
    text = page.inner_text(".paper")
    for line in (
        "我承诺生产销售的食用农产品：",
        "未使用禁用农药、兽药及其他化合物；",
        "使用的常规农药、兽药残留不超标。",
        "承诺依据：",
    ):
        assert line in text
    assert page.locator(".paper dt").all_inner_texts() == ["产品名称", "重量或数量", "产地", "承诺主体", "联系方式", "开具时间"]
    assert re.search(r"\d{3}\*{4}\d{4}", text)
    assert not re.search(r"\d{11}", text)
    with world.store.writing() as tx:
        choose_phone(tx, world.subject_of("blocks"), show=True)
    show(page, address, world.codes["blocks"])
    assert re.search(r"\d{11}", page.inner_text(".paper"))
    assert "完整内容与签名相符" in page.text_content("#page")  # type: ignore[operator]
    expect(page.locator("[data-block=production] .trail li")).to_have_count(3)
    expect(page.locator("[data-block=credit] .grade")).to_have_text("A")


def test_the_verdict_stands_before_anything_but_the_key_was_asked_for(page: Page, address: str, world: World) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.route("**/p/scan", lambda route: route.abort())
    page.goto(f"{address}/{world.codes['good']}")
    expect(page.locator(".verdict")).to_have_attribute("data-verdict", "offline")
    expect(page.locator(".verdict h1")).to_have_text("合格证是真的")
    before = asked[: asked.index("/p/scan")]
    assert [path for path in before if path.startswith("/p/key/")] == ["/p/key/2.json"]


@pytest.mark.parametrize(("what", "verdict"), [("forged", "badSignature"), ("torn", "truncated"), ("words", "notOurs")])
def test_what_is_not_genuine_gets_a_clear_page_and_shows_nothing_of_itself(
    page: Page, address: str, world: World, what: str, verdict: str
) -> None:
    good = world.codes["good"]
    digits = {"forged": f"{good[:-1]}{(int(good[-1]) + 1) % 10}", "torn": good[:150], "words": "1'\"<b>x"}[what]
    show(page, address, digits)
    expect(page.locator(".verdict")).to_have_attribute("data-verdict", verdict)
    expect(page.locator(".paper")).to_have_count(0)


def test_a_list_signed_by_somebody_else_proves_nothing(page: Page, address: str, world: World) -> None:
    def alter(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "host": "q.test", "issued_at": "2026-11-25T00:00:00+00:00"})

    page.route("**/p/key/*", alter)
    show(page, address, world.codes["good"])
    expect(page.locator(".verdict")).to_have_attribute("data-verdict", "badList")


def test_names_of_hostile_terminals_stay_words(page: Page, browser: Browser, address: str, world: World) -> None:
    evil = "<img src=x onerror=window.hit=1><script>window.hit=1</script>"
    world.set_words("recalled", subject_name=evil, product_name=evil, origin=evil, station=evil, void_reason=f"召回{evil}")
    show(page, address, world.codes["recalled"])
    assert page.evaluate("window.hit") is None
    assert evil in page.inner_text(".paper")
    page.goto(f"{address}/{world.codes['recalled']}?plain")
    assert page.evaluate("window.hit") is None
    assert page.locator("img").count() == 0
    assert evil in page.inner_text(".paper")


def test_without_script_the_centre_draws_the_page_and_takes_a_report(browser: Browser, address: str, world: World) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 640}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{world.codes['good']}")
    page.wait_for_url("**?plain")
    expect(page.locator("h1")).to_have_text("合格证是真的")
    page.check("input[value=copied]")
    page.click("text=提交问题")
    expect(page.locator(".notice")).to_have_text("收到了，谢谢您。")
    context.close()


def test_stars_and_reports_are_sent_from_the_page(page: Page, address: str, world: World) -> None:
    show(page, address, world.codes["good"])
    page.click("summary:has-text('评价')")
    page.click("text=提交评价")
    expect(page.locator("details[open] .notice")).to_contain_text("还没有选")
    page.check("input[value='4']")
    expect(page.locator(".stars .on")).to_have_count(4)
    page.click("text=提交评价")
    expect(page.locator("details[open] .notice")).to_have_text("谢谢您的评价。")
    page.click("summary:has-text('反映问题')")
    expect(page.locator(".kinds input")).to_have_count(len(KINDS))
    page.check("input[value=quality]")
    page.click("text=提交问题")
    expect(page.locator("details[open] .notice").last).to_have_text("收到了，谢谢您。")


def test_the_whole_page_weighs_at_most_100_kb_and_starts_without_any_compression(
    browser: Browser, address: str, world: World
) -> None:
    context = browser.new_context(extra_http_headers={"Accept-Encoding": "identity"})
    page = context.new_page()
    weights: dict[str, int] = {}
    page.on("response", lambda answer: weights.__setitem__(urlsplit(answer.url).path, len(answer.body())))
    show(page, address, world.codes["blocks"])
    context.close()
    assert sum(weights.values()) <= BUDGET, weights


def test_everything_can_be_read_labelled_and_hit_by_a_thumb(page: Page, address: str, world: World) -> None:
    for fate in ("good", "demo", "voided", "conflict", "absent"):
        show(page, address, world.codes[fate])
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        faint = page.evaluate(_CONTRASTS)
        assert [one for one in faint if one["ratio"] < 7] == [], fate
        unnamed = page.evaluate(
            "[...document.querySelectorAll('input,textarea')].filter((one) => !one.labels.length && !one.ariaLabel).length"
        )
        assert unnamed == 0
        small = page.evaluate(
            "[...document.querySelectorAll('button,summary,label:has(input)')]"
            ".filter((one) => one.getBoundingClientRect().height < 48).map((one) => one.outerHTML)"
        )
        assert small == []


_CONTRASTS = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const over = (top, under) => { const a = top.length > 3 ? top[3] : 1; return [0, 1, 2].map((i) => top[i] * a + under[i] * (1 - a)); };
  const ground = (one) => { const chain = []; for (let at = one; at; at = at.parentElement) chain.unshift(parse(getComputedStyle(at).backgroundColor));
    return chain.reduce((under, top) => over(top, under), [255, 255, 255]); };
  const light = (rgb) => { const [r, g, b] = rgb.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const one = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !one.getClientRects().length || one.closest('.stamp,.unseen')) continue;
    const under = ground(one), text = over(parse(getComputedStyle(one).color), under);
    const a = light(text), b = light(under);
    found.push({text: walk.currentNode.data.slice(0, 12), ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)});
  }
  return found;
}"""
