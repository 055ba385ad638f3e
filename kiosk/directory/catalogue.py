"""The products of the province, ready for the screens: categories and groups, search by initials, pictures, and what is out of scope.

Rules: read-only; no I/O after ``load_catalogue``; ids never change their meaning (they are in every QR).
Source: the files of kiosk/data (products.csv, categories.toml, pictures.toml, out_of_scope.toml).
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kiosk.directory.divisions import County, load_divisions
from kiosk.domain.product import Product, ProductClass, ProductId
from kiosk.domain.quantity import Unit

DATA = Path(__file__).resolve().parent.parent / "data"


@dataclass(frozen=True, slots=True)
class Group:
    """One page or two of products: a part of a category that people see as belonging together."""

    id: str
    name: str
    picture: str
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """One of the first choices on the product screen. A category with a single group needs no choice of group."""

    id: str
    name: str
    picture: str
    groups: tuple[Group, ...]

    @property
    def products(self) -> tuple[Product, ...]:
        """All its products, in the order of its groups."""
        return tuple(product for group in self.groups for product in group.products)


@dataclass(frozen=True, slots=True)
class AskedFor:
    """Something no certificate is for, with the text id (``advice.<advice>``) that names the right paper."""

    name: str
    initials: str
    advice: str


class Catalogue:
    """All products. Immutable; may be read from any thread."""

    def __init__(
        self,
        products: Sequence[Product],
        categories: Sequence[Category],
        asked_for: Sequence[AskedFor],
        pictures: dict[ProductId, str],
        initials: dict[ProductId, tuple[str, ...]],
    ) -> None:
        self._by_id = {product.id: product for product in products}
        self._categories = tuple(categories)
        self._asked_for = tuple(asked_for)
        self._pictures = pictures
        self._initials = initials

    def get(self, product_id: ProductId) -> Product | None:
        """The product of an id, or None."""
        return self._by_id.get(product_id)

    def all(self) -> tuple[Product, ...]:
        """In-scope products first, in the order of the file; out-of-scope rows last."""
        return tuple(sorted(self._by_id.values(), key=lambda product: (not product.in_scope, product.id)))

    def by_class(self) -> dict[ProductClass, tuple[Product, ...]]:
        """Products by statutory class, OUTSIDE included."""
        return {cls: tuple(p for p in self._by_id.values() if p.cls is cls) for cls in ProductClass}

    def categories(self) -> tuple[Category, ...]:
        """The choices of the product screen: only in-scope products, each of them exactly once."""
        return self._categories

    def picture(self, product: Product) -> str:
        """One emoji character: its own picture, or its group's, or its category's. "" where there is none."""
        return self._pictures.get(product.id, "")

    def search(self, prefix: str) -> tuple[Product, ...]:
        """Products whose name or an alias begins with these pinyin initials; whole matches first, then in-scope ones, then shorter names.

        Capitals and blanks do not matter. An empty prefix finds nothing.
        """
        wanted = _letters(prefix)
        if not wanted:
            return ()
        hits = [(rank, product) for product in self._by_id.values() if (rank := self._rank(product, wanted)) is not None]
        return tuple(product for _, product in sorted(hits, key=lambda hit: (*hit[0], hit[1].id)))

    def find(self, text: str) -> tuple[Product, ...]:
        """Products whose name or an alias contains ``text`` (Chinese), names that begin with it first."""
        wanted = text.strip()
        if not wanted:
            return ()
        hits = [p for p in self._by_id.values() if any(wanted in name for name in (p.name, *p.aliases))]
        return tuple(sorted(hits, key=lambda p: (not p.in_scope, not p.name.startswith(wanted), len(p.name), p.id)))

    def next_letters(self, prefix: str) -> frozenset[str]:
        """The letters that can follow ``prefix`` and still find something: the others are greyed on the letter pad."""
        wanted = _letters(prefix)
        known = (*(i for all_of in self._initials.values() for i in all_of), *(thing.initials for thing in self._asked_for))
        return frozenset(i[len(wanted)] for i in known if i.startswith(wanted) and len(i) > len(wanted))

    def asked_for(self, prefix: str = "") -> tuple[AskedFor, ...]:
        """Things outside the catalogue whose initials begin with ``prefix``; all of them for ""."""
        wanted = _letters(prefix)
        hits = [thing for thing in self._asked_for if thing.initials.startswith(wanted)]
        return tuple(sorted(hits, key=lambda thing: thing.initials != wanted))

    def counties(self) -> tuple[County, ...]:
        """The 117 county-level units of the province."""
        return load_divisions().counties()

    def _rank(self, product: Product, wanted: str) -> tuple[bool, bool, bool, int] | None:
        own, *others = self._initials[product.id]
        for is_alias, initials in ((False, own), *((True, other) for other in others)):
            if initials.startswith(wanted):
                return (initials != wanted, not product.in_scope, is_alias, len(product.name))
        return None


@lru_cache(maxsize=1)
def load_catalogue(folder: Path = DATA) -> Catalogue:
    """Read the files once. Raises ``ValueError`` for a file that contradicts itself."""
    with (folder / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    products = [_product(row) for row in rows]
    group_of = {product.id: row["group"] for product, row in zip(products, rows, strict=True)}
    initials = {product.id: (product.initials, *_split(row["alias_initials"])) for product, row in zip(products, rows, strict=True)}
    pictures = tomllib.loads((folder / "pictures.toml").read_text(encoding="utf-8"))
    plan = tomllib.loads((folder / "categories.toml").read_text(encoding="utf-8"))["category"]
    categories = [_category(entry, products, group_of, pictures) for entry in plan]
    category_of = {group.id: category.id for category in categories for group in category.groups}
    lost = [product.name for product in products if product.in_scope and group_of[product.id] not in category_of]
    if lost:
        raise ValueError(f"products without a group: {', '.join(lost)}")
    things = tomllib.loads((folder / "out_of_scope.toml").read_text(encoding="utf-8"))["thing"]
    return Catalogue(
        products,
        categories,
        [AskedFor(thing["name"], thing["initials"], thing["advice"]) for thing in things],
        {
            p.id: pictures["product"].get(p.name)
            or pictures["group"].get(group_of[p.id])
            or pictures["category"].get(category_of.get(group_of[p.id], ""), "")
            for p in products
        },
        initials,
    )


def _product(row: dict[str, str]) -> Product:
    in_scope = row["in_scope"] == "1"
    aliases, alias_initials = _split(row["aliases"]), _split(row["alias_initials"])
    if len(aliases) != len(alias_initials) or in_scope != (not row["advice"]):
        raise ValueError(f"products.csv, id {row['id']}")
    return Product(
        id=ProductId(int(row["id"])),
        name=row["name"],
        cls=ProductClass(row["class"]),
        initials=row["initials"],
        units=_units([row["unit"], *row["other_units"].split("/")]),
        aliases=aliases,
        code=row["nyt3177_class"],
        is_mushroom=row["mushroom"] == "1",
        advice=row["advice"],
    )


def _units(words: Iterable[str]) -> tuple[Unit, ...]:
    """The usual unit first; kilograms always, because whatever is sold may be weighed: live animals and eggs too."""
    usual, *others = [Unit(word) for word in words if word]
    return tuple(dict.fromkeys([usual, Unit.KG, *others]))


def _category(
    entry: dict[str, object], products: Sequence[Product], group_of: dict[ProductId, str], pictures: dict[str, dict[str, str]]
) -> Category:
    groups = entry["groups"]
    if not isinstance(groups, list):
        raise ValueError("categories.toml: groups")
    return Category(
        id=str(entry["id"]),
        name=str(entry["name"]),
        picture=pictures["category"].get(str(entry["id"]), ""),
        groups=tuple(
            Group(
                id=group["id"],
                name=group["name"],
                picture=pictures["group"].get(group["id"], ""),
                products=tuple(p for p in products if p.in_scope and group_of[p.id] == group["id"]),
            )
            for group in groups
        ),
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("、") if part)


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if "a" <= c <= "z")
