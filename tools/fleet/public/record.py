"""A certificate as the page shows it, and the canonical record that its code binds, both from what the terminal sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from kiosk.domain.certificate import BEIJING, beijing_date
from kiosk.domain.quantity import QuantitySource, Unit, plain
from tools.fleet.public.privacy import masked, without_ids
from tools.fleet.store.queries import CertificateRow


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """``fields`` by the keys of the form; ``canonical`` only when nothing in it is masked, so that a browser can prove it."""

    form: str
    basis: tuple[str, ...]
    fields: dict[str, str] = field(repr=False)
    phone_masked: bool
    canonical: str | None = field(repr=False)
    amount: str
    unit: str
    issued: str

    def as_json(self) -> dict[str, Any]:
        """For the browser."""
        return {
            "form": self.form,
            "basis": list(self.basis),
            "fields": self.fields,
            "phone_masked": self.phone_masked,
            "canonical": self.canonical,
            "amount": self.amount,
            "unit": self.unit,
            "issued": self.issued,
        }


def canonical_of(row: CertificateRow) -> bytes:
    """The record of ``docs/token-format.md`` section 5, rebuilt from the terminal's body."""
    record = {
        "basis": list(row.basis),
        "contact": row.contact,
        "copies": row.copies,
        "county": row.origin_county,
        "form": row.form,
        "issued": row.issued_at.astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M:%S+08:00"),
        "number": row.number,
        "origin": row.origin,
        "product": row.product_name,
        "quantity": printed_quantity(row.amount, row.unit, row.source),
        "subject": row.subject_name,
    }
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def printed_quantity(amount: Decimal, unit: str, source: str) -> str:
    """As on the paper: ``126.35 千克``, ``12 箱（自报）``."""
    text = f"{plain(amount)} {Unit(unit).printed}"
    return f"{text}（自报）" if source == QuantitySource.DECLARED else text


def shown(row: CertificateRow, *, phone: bool) -> ShownRecord:
    """What anybody may see. ``phone``: the subject wants it whole."""
    day = beijing_date(row.issued_at)
    fields = {
        "product": row.product_name,
        "quantity": printed_quantity(row.amount, row.unit, row.source),
        "origin": row.origin,
        "subject": row.subject_name,
        "contact": row.contact if phone else masked(row.contact),
        "date": f"{day.year}年{day.month:02d}月{day.day:02d}日",
    }
    safe = {key: without_ids(text) for key, text in fields.items()}
    return ShownRecord(
        form=row.form,
        basis=row.basis,
        fields=safe,
        phone_masked=not phone,
        canonical=canonical_of(row).decode("utf-8") if phone and safe == fields else None,
        amount=plain(row.amount),
        unit="kg" if row.unit == Unit.KG else "piece",
        issued=coarse_minute(row.issued_at),
    )


def coarse_minute(moment: datetime) -> str:
    """``2026年11月24日 12:00``, Beijing time."""
    there = moment.astimezone(BEIJING)
    return f"{there.year}年{there.month}月{there.day}日 {there:%H:%M}"


def coarse_half_day(moment: datetime) -> str:
    """``2026年11月24日上午``: nobody's way home can be read from it."""
    there = moment.astimezone(BEIJING)
    return f"{there.year}年{there.month}月{there.day}日{'上午' if there.hour < 12 else '下午' if there.hour < 18 else '晚上'}"
