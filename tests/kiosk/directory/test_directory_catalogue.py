"""The catalogue: complete, reachable, findable, and honest about what is out of scope."""

from __future__ import annotations

import time

import pytest
from PIL import Image, ImageDraw, ImageFont

from kiosk.directory.catalogue import Catalogue, load_catalogue
from kiosk.directory.divisions import load_divisions
from kiosk.domain.product import ProductClass, ProductId
from kiosk.domain.quantity import Unit
from kiosk.texts import Texts

PAGE = 8
"""Pictures on one page of the smallest screen."""
EMOJI_FONT = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def test_149_products_are_in_scope_and_12_are_not(catalogue: Catalogue) -> None:
    products = catalogue.all()
    assert len(products) == 161
    assert sum(p.in_scope for p in products) == 149
    assert [p.in_scope for p in products] == sorted((p.in_scope for p in products), reverse=True)


def test_classes_have_the_products_of_the_table(catalogue: Catalogue) -> None:
    counts = {cls: len(products) for cls, products in catalogue.by_class().items()}
    assert counts == {
        ProductClass.VEGETABLE: 84,
        ProductClass.FRUIT: 29,
        ProductClass.TEA_LEAF: 1,
        ProductClass.LIVESTOCK: 12,
        ProductClass.EGG: 7,
        ProductClass.FARMED_FISH: 16,
        ProductClass.OUTSIDE: 12,
    }


def test_mushrooms_are_vegetables_by_class_and_a_category_of_their_own(catalogue: Catalogue) -> None:
    mushrooms = [p for p in catalogue.all() if p.is_mushroom]
    assert len(mushrooms) == 7
    assert {p.cls for p in mushrooms} == {ProductClass.VEGETABLE}
    category = next(c for c in catalogue.categories() if c.id == "mushroom")
    assert set(category.products) == set(mushrooms)


def test_every_product_in_scope_is_on_the_screen_once(catalogue: Catalogue) -> None:
    shown = [p.id for c in catalogue.categories() for p in c.products]
    assert sorted(shown) == sorted(p.id for p in catalogue.all() if p.in_scope)


def test_any_product_is_reached_in_four_taps(catalogue: Catalogue) -> None:
    assert len(catalogue.categories()) <= PAGE
    for category in catalogue.categories():
        assert len(category.groups) <= PAGE
        for group in category.groups:
            for at, product in enumerate(group.products):
                taps = 1 + (len(category.groups) > 1) + at // PAGE + 1
                assert taps <= 4, product.name


def test_every_product_can_be_weighed_and_counted_goods_are_counted_first(catalogue: Catalogue) -> None:
    for product in catalogue.all():
        assert Unit.KG in product.units
        assert len(set(product.units)) == len(product.units)
    pig, egg, tomato = (catalogue.get(ProductId(i)) for i in (115, 128, 17))
    assert pig is not None and egg is not None and tomato is not None
    assert (pig.units[0], egg.units[0], tomato.units[0]) == (Unit.HEAD, Unit.EGG, Unit.KG)


@pytest.mark.parametrize(
    ("letters", "first"),
    [
        ("fq", "番茄"),
        ("xhs", "番茄"),
        ("TD", "马铃薯"),
        ("syd", "马铃薯"),
        ("ylxl", "玉露香梨"),
        ("cdj", "豇豆"),
        ("xlx", "克氏原螯虾"),
    ],
)
def test_initials_of_a_name_or_alias_find_the_product(catalogue: Catalogue, letters: str, first: str) -> None:
    assert catalogue.search(letters)[0].name == first


def test_shared_initials_give_a_list_to_pick_from(catalogue: Catalogue) -> None:
    assert {p.name for p in catalogue.search("yc")[:2]} == {"油菜", "洋葱"}


def test_every_product_is_found_by_its_whole_initials(catalogue: Catalogue) -> None:
    for product in catalogue.all():
        found = catalogue.search(product.initials)
        assert product in found[: sum(p.initials == product.initials for p in catalogue.all()) + 4]


def test_no_letters_find_nothing(catalogue: Catalogue) -> None:
    assert catalogue.search("") == catalogue.search(" 12") == catalogue.search("qqq") == ()


def test_letters_that_can_follow_are_exactly_those_that_find_something(catalogue: Catalogue) -> None:
    for prefix in ("", "x", "yc", "zzz"):
        letters = catalogue.next_letters(prefix)
        for letter in "abcdefghijklmnopqrstuvwxyz":
            hit = bool(catalogue.search(prefix + letter) or catalogue.asked_for(prefix + letter))
            assert hit == (letter in letters), prefix + letter


def test_chinese_finds_names_and_aliases(catalogue: Catalogue) -> None:
    assert catalogue.find("西红柿")[0].name == "番茄"
    assert catalogue.find("鸡蛋")[0].name == "鸡蛋"
    assert catalogue.find("") == ()


def test_what_is_out_of_scope_names_the_right_paper(catalogue: Catalogue) -> None:
    texts = Texts.load("advice")
    advice = {p.advice for p in catalogue.all() if not p.in_scope} | {t.advice for t in catalogue.asked_for()}
    assert "" not in advice
    assert {f"advice.{a}" for a in advice} <= texts.ids()
    assert {t.name: t.advice for t in catalogue.asked_for("zr")} == {"猪肉": "slaughteredMeat"}
    assert all(not p.advice for p in catalogue.all() if p.in_scope)


def test_every_picture_is_drawn_by_the_colour_font(catalogue: Catalogue) -> None:
    font = ImageFont.truetype(EMOJI_FONT, 109)
    pictures = {catalogue.picture(p) for p in catalogue.all()}
    pictures |= {c.picture for c in catalogue.categories()} | {g.picture for c in catalogue.categories() for g in c.groups}
    assert "" not in pictures
    for picture in pictures:
        assert len(picture) == 1
        canvas = Image.new("RGBA", (160, 160))
        ImageDraw.Draw(canvas).text((10, 10), picture, font=font, embedded_color=True)
        colours = canvas.getcolors(160 * 160)
        assert colours is not None and len(colours) > 10, picture


def test_117_counties_in_11_cities(catalogue: Catalogue) -> None:
    counties = catalogue.counties()
    assert len(counties) == len({c.code for c in counties}) == 117
    assert len(load_divisions().cities()) == 11
    taigu = load_divisions().county("140703")
    assert taigu is not None and taigu.text == "晋中市太谷区"
    assert load_divisions().county("142421") is None


def test_loading_takes_no_noticeable_time() -> None:
    load_catalogue.cache_clear()
    began = time.thread_time()
    load_catalogue()
    assert time.thread_time() - began < 0.15
