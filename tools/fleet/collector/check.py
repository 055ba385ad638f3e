"""Is this certificate what its terminal signed? Checked with the key list before it is stored.

Rules: the number, the terminal, the counter and the record that the code binds must all agree; a revoked key makes nothing; a void in the list does
not hinder storing (the certificate was issued); what fails is kept with its bytes and a code.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from kiosk.credential.keylist import KeyList
from kiosk.credential.token import TOKEN_BYTES
from kiosk.credential.verify import Status, verify_token
from kiosk.domain.certificate import BEIJING, ClockQuality, beijing_date
from kiosk.domain.form import Basis, CertificateForm
from kiosk.domain.number import CertificateNumber
from kiosk.domain.quantity import MAX_AMOUNT, QuantitySource, Unit, plain
from kiosk.domain.subject import SubjectKind
from kiosk.wire.uplink import BadCode
from tools.fleet.collector.reading import Event

_KEY_PROBLEMS = {Status.UNKNOWN_KEY: BadCode.UNKNOWN_KEY, Status.UNKNOWN_ALGORITHM: BadCode.UNKNOWN_KEY}
_MAX_TEXT = 400
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Bad:
    """Why an event cannot be stored as it is; ``detail`` is a word for the technician."""

    code: BadCode
    detail: str


Values = dict[str, Any]
"""The columns of ``certificate`` that come from the body."""


def check_certificate(event: Event, terminal: str, keys: KeyList, now: datetime) -> Values | Bad:
    """The certificate's columns, or what is wrong with it."""
    if event.bad is not None:
        return Bad(event.bad, "hash")
    try:
        number, values, record = _values(event.body)
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return Bad(BadCode.MALFORMED, "fields")
    if values["terminal"] != terminal:
        return Bad(BadCode.MALFORMED, "otherTerminal")
    if len(values["token"]) != TOKEN_BYTES:
        return Bad(BadCode.BAD_TOKEN, "shape")
    verdict = verify_token(keys.host, values["token"], keys, now, record)
    if verdict.status not in (Status.VALID, Status.VOIDED):
        return Bad(_KEY_PROBLEMS.get(verdict.status, BadCode.BAD_TOKEN), verdict.status.value)
    if verdict.number != number:
        return Bad(BadCode.BAD_TOKEN, "otherNumber")
    return {**values, "demo": verdict.demo}


def number_of(event: Event, terminal: str) -> str | Bad | None:
    """The certificate that a void, a reprint or a print is about; None for a registration."""
    if event.bad is not None:
        return Bad(event.bad, "hash")
    if event.kind == "registration":
        return None
    try:
        number = CertificateNumber.parse(_text(event.body["number"]))
        if event.kind == "void":
            _moment(event.body["at"])
            _text(event.body["reason"])
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return Bad(BadCode.MALFORMED, "fields")
    return number.compact if number.terminal == terminal else Bad(BadCode.MALFORMED, "otherTerminal")


def _values(body: dict[str, Any]) -> tuple[CertificateNumber, Values, bytes]:
    number = CertificateNumber(_text(body["terminal"]), _whole(body["counter"]))
    compact = number.compact
    if compact != body["number"]:
        raise ValueError("number")
    subject, product, quantity, origin = (body[name] for name in ("subject", "product", "quantity", "origin"))
    amount = Decimal(_text(quantity["amount"]))
    # finite, and no exponent that would become a text of a million digits
    if not 0 < amount <= MAX_AMOUNT or amount.adjusted() < -3 or len(amount.as_tuple().digits) > 12:
        raise ValueError("amount")
    unit, source = Unit(quantity["unit"]), QuantitySource(quantity["source"])
    issued_at = _moment(body["issuedAt"])
    basis = [Basis(word).value for word in body["basis"]]
    copies = _whole(body["copies"])
    if not 1 <= copies <= 255:
        raise ValueError("copies")
    printed = f"{plain(amount)} {unit.printed}"
    record = {
        "basis": basis,
        "contact": _text(body["contact"]),
        "copies": copies,
        "county": _text(origin["county"]),
        "form": CertificateForm(body["form"]).value,
        "issued": issued_at.astimezone(BEIJING).isoformat(timespec="seconds"),
        "number": compact,
        "origin": _text(origin["text"]),
        "product": _text(product["name"]),
        "quantity": f"{printed}（自报）" if source is QuantitySource.DECLARED else printed,
        "subject": _text(subject["name"]),
    }
    values: Values = {
        "number": compact,
        "terminal": number.terminal,
        "counter": number.counter,
        "issued_at": issued_at,
        "day": beijing_date(issued_at),
        "clock": int(ClockQuality(_whole(body["clock"]))),
        "county": number.terminal[:6],
        "station": _text(body["station"]),
        "key_id": _whole(body["keyId"]),
        "form": record["form"],
        "basis": ",".join(basis),
        "subject_id": _whole(subject["id"]),
        "subject_kind": SubjectKind(subject["kind"]).value,
        "subject_name": record["subject"],
        "credit_code": _text(subject["creditCode"], 18),
        "product_id": _whole(product["id"]),
        "product_name": record["product"],
        "product_class": _text(product["class"], 16),
        "amount": amount,
        "unit": unit.value,
        "source": source.value,
        "origin_county": _text(origin["county"], 6),
        "origin": record["origin"],
        "contact": record["contact"],
        "copies": copies,
        "token": base64.b64decode(_text(body["token"]), validate=True),
    }
    return number, values, _ENCODE(record).encode("utf-8")


def _moment(value: object) -> datetime:
    """As ``moment_from``, a hundred times faster: fixed width, UTC."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("moment")
    return datetime.fromisoformat(value)


def _text(value: object, longest: int = _MAX_TEXT) -> str:
    """PostgreSQL keeps no NUL in a text."""
    if not isinstance(value, str) or len(value) > longest or "\x00" in value:
        raise ValueError("text")
    return value


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 62:
        raise ValueError("number")
    return value
