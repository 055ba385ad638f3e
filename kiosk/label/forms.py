"""The words of the forms, from ``data/forms``: word for word, never put together in code."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from kiosk.domain.form import CertificateForm

_FOLDER = Path(__file__).parents[1] / "data" / "forms"
FIELD_KEYS = ("product", "quantity", "origin", "subject", "contact", "date")


@dataclass(frozen=True, slots=True)
class FormTexts:
    """One form. ``basis`` and ``fields`` are (key, text) in the order of the form."""

    form: CertificateForm
    title: str
    heading: str
    promises: tuple[str, ...]
    promises_ticked: bool
    basis_heading: str
    basis: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, str], ...]
    in_force_from: date
    in_force_until: date | None


@cache
def form_texts(form: CertificateForm) -> FormTexts:
    """The words of one form."""
    raw = tomllib.loads((_FOLDER / f"{form.value}.toml").read_text(encoding="utf-8"))
    if raw["id"] != form.value:
        raise ValueError(f"{form.value}.toml calls itself {raw['id']}")
    return FormTexts(
        form=form,
        title=raw["title"],
        heading=raw["heading"],
        promises=tuple(raw["promises"]),
        promises_ticked=raw["promises_ticked"],
        basis_heading=raw["basis_heading"],
        basis=tuple((item["key"], item["text"]) for item in raw["basis"]),
        fields=tuple((item["key"], item["label"]) for item in raw["fields"]),
        in_force_from=raw["in_force_from"],
        in_force_until=raw.get("in_force_until"),
    )
