"""Labels and rolls that a terminal may carry: 203 dpi, that is 8 dots a millimetre."""

from __future__ import annotations

from dataclasses import dataclass

DOTS_PER_MM = 8


@dataclass(frozen=True, slots=True)
class LabelStock:
    """``width_dots`` is what the head can burn; ``height_dots`` is the label's, or the longest allowed piece of a roll.

    ``qr_dots`` are dots a module (never 3: it cannot be read after a few broken dots). ``wide`` puts the QR beside the fields, else below
    them; ``qr_alone`` gives the QR a row of its own on narrow paper. ``larger`` names the next size up, "" for none.
    """

    id: str
    width_dots: int
    height_dots: int
    is_roll: bool
    wide: bool
    qr_dots: int
    margin_dots: int
    larger: str
    qr_alone: bool = False


STOCKS = {
    stock.id: stock
    for stock in (
        LabelStock("60x80", 480, 640, False, False, 4, 24, "100x70"),
        LabelStock("75x65", 576, 520, False, True, 4, 22, "100x70"),
        LabelStock("80x60", 640, 480, False, True, 4, 24, "100x70"),
        LabelStock("100x70", 800, 560, False, True, 5, 24, "roll80"),
        LabelStock("roll58", 384, 1600, True, False, 5, 12, "roll80", qr_alone=True),
        LabelStock("roll80", 576, 1600, True, False, 5, 24, ""),
    )
}


def label_stock(stock_id: str) -> LabelStock:
    """The stock of that id. Raises ``KeyError``."""
    return STOCKS[stock_id]
