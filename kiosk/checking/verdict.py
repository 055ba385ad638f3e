"""From a cryptographic verdict to what a person sees: three outcomes, the facts in the order of the form, and how fresh our knowledge is.

Pure: text ids and values, no sentences. ``outcome`` is genuine | notGenuine | revoked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.credential.verify import Status, Verdict
from kiosk.domain.certificate import BEIJING
from kiosk.domain.quantity import plain

GENUINE = "genuine"
NOT_GENUINE = "notGenuine"
REVOKED = "revoked"
_OUTCOMES = {Status.VALID: GENUINE, Status.REVOKED: REVOKED, Status.VOIDED: REVOKED}


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """``lines`` are (text id of the label, value) in the order of the form; ``check`` names the check that decided."""

    outcome: str
    check: str
    lines: tuple[tuple[str, str], ...]
    demo: bool
    list_age_days: int
    list_stale: bool


def shown(verdict: Verdict, product_name: Callable[[int], str | None]) -> ShownVerdict:
    """What to show of a verdict. ``product_name`` names a product code, None for one that this terminal does not know."""
    return ShownVerdict(
        outcome=_OUTCOMES.get(verdict.status, NOT_GENUINE),
        check=verdict.status.value,
        lines=_lines(verdict, product_name),
        demo=verdict.demo,
        list_age_days=verdict.list_age_days,
        list_stale=verdict.is_stale,
    )


def _lines(verdict: Verdict, product_name: Callable[[int], str | None]) -> tuple[tuple[str, str], ...]:
    if verdict.body is None or verdict.key is None or verdict.number is None:
        return ()
    body = verdict.body
    unit = "千克" if body.is_weight else "件"
    rows = [
        ("product", product_name(body.product) or ""),
        ("amount", f"{plain(body.amount)} {unit}"),
        ("issued", body.issued.astimezone(BEIJING).strftime("%Y年%m月%d日 %H:%M")),
        ("station", verdict.key.station),
        ("number", str(verdict.number)),
        ("copy", f"{body.copy} / {body.copies}"),
    ]
    return tuple((f"check.line.{name}", value) for name, value in rows if value)
