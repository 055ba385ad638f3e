"""Products of the catalogue and whether the certificate is the right paper for them.

Source: 《农产品质量安全承诺达标合格证管理办法》 art. 3 (classes); what lies outside gets the name of the paper that is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from kiosk.domain.quantity import Unit

ProductId = NewType("ProductId", int)


class ProductClass(StrEnum):
    """Statutory classes, and OUTSIDE for the catalogue's out-of-scope rows."""

    VEGETABLE = "蔬菜"
    FRUIT = "水果"
    TEA_LEAF = "茶鲜叶"
    LIVESTOCK = "畜禽"
    EGG = "禽蛋"
    FARMED_FISH = "养殖水产品"
    OUTSIDE = "目录外"


@dataclass(frozen=True, slots=True)
class Product:
    """One row of the catalogue.

    ``initials`` are lower-case pinyin initials (several products may share them), ``units`` start with the usual one,
    ``is_mushroom`` marks 食用菌 (statutory class 蔬菜), ``advice`` is a text id naming the right paper for an OUTSIDE row.
    """

    id: ProductId
    name: str
    cls: ProductClass
    initials: str
    units: tuple[Unit, ...]
    aliases: tuple[str, ...] = ()
    code: str = ""
    is_mushroom: bool = False
    advice: str = ""

    @property
    def in_scope(self) -> bool:
        """Whether a certificate may be issued for it."""
        return self.cls is not ProductClass.OUTSIDE
