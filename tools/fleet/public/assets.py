"""The files of the page, made once at start: one script, one style sheet, one table of words, one shell that is the same for every code.

Rules: everything together weighs at most ``BUDGET`` bytes uncompressed; a name holds the digest of its content, so it may be kept for ever; nothing
comes from elsewhere.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kiosk.directory.catalogue import load_catalogue
from kiosk.directory.divisions import load_divisions
from kiosk.domain.form import CertificateForm
from kiosk.label.forms import FormTexts, form_texts

BUDGET = 100_000
HERE = Path(__file__).parent
SCRIPTS = ("sha2.js", "ed25519.js", "token.js", "dom.js", "page.js")
"""In the order in which they need each other."""
DOCUMENTS = {1: CertificateForm.T2026_PRODUCER, 2: CertificateForm.T2026_PURCHASER, 3: CertificateForm.T2021}
"""Document types of the token."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    name: str
    kind: str
    body: bytes
    packed: bytes
    etag: str


def asset(stem: str, ending: str, kind: str, body: bytes) -> Asset:
    """Give a body its name and its compressed form."""
    digest = hashlib.sha256(body).hexdigest()[:16]
    return Asset(f"{stem}.{digest}.{ending}", kind, body, gzip.compress(body, 9, mtime=0), f'"{digest}"')


@cache
def words() -> Mapping[str, Any]:
    """The sentences of words.toml."""
    return tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))


@cache
def word_table() -> dict[str, Any]:
    """All that a browser needs to say a token in words: sentences, forms, products, counties."""
    return {
        "words": words(),
        "forms": {form.value: _form(form_texts(form)) for form in CertificateForm},
        "documents": {str(number): form.value for number, form in DOCUMENTS.items()},
        "products": {str(product.id): product.name for product in load_catalogue().all()},
        "counties": {county.code: county.text for county in load_divisions().counties()},
    }


@cache
def files() -> dict[str, Asset]:
    """Script, boot, style and words by stem."""
    static = HERE / "static"
    script = b"\n".join((static / name).read_bytes() for name in SCRIPTS)
    table = json.dumps(word_table(), ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    made = (
        asset("app", "js", "text/javascript; charset=utf-8", script),
        asset("boot", "js", "text/javascript; charset=utf-8", (static / "boot.js").read_bytes()),
        asset("page", "css", "text/css; charset=utf-8", (static / "page.css").read_bytes()),
        asset("words", "json", "application/json", table),
    )
    return {one.name.partition(".")[0]: one for one in made}


def _form(form: FormTexts) -> dict[str, Any]:
    return {
        "title": form.title,
        "heading": form.heading,
        "promises": form.promises,
        "ticked": form.promises_ticked,
        "basis_heading": form.basis_heading,
        "basis": form.basis,
        "fields": form.fields,
    }
