"""Builders of domain values for tests: everything has a sensible default, nothing is a real person."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from kiosk.domain.certificate import Certificate, ClockQuality, Label
from kiosk.domain.form import Basis, CertificateForm
from kiosk.domain.identity import IdCard
from kiosk.domain.number import CertificateNumber
from kiosk.domain.product import Product, ProductClass, ProductId
from kiosk.domain.promise import Confirmation, EvidenceLevel, Promise, Signature
from kiosk.domain.quantity import Quantity, QuantitySource, ScaleIdentity, Unit, Weight, WeightStatus
from kiosk.domain.subject import Place, Subject, SubjectId, SubjectKind, SubjectStatus
from kiosk.session.engine import Now

TODAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
SCALE = ScaleIdentity("0417", date(2027, 3, 31))
VILLAGE = Place("140703", "晋中市太谷区明星镇南庄村")
INK = Signature((((100, 500), (400, 300), (800, 600)),))


def now(fresh_id: str = "f" * 32, monotonic_s: float = 0.0) -> Now:
    return Now(at=NOON, today=TODAY, fresh_id=fresh_id, monotonic_s=monotonic_s)


def a_card(number: str = "142421196804123019", name: str = "王建国") -> IdCard:
    return IdCard(name=name, number=number, address="山西省晋中市太谷区明星镇南庄村", valid_from=date(2015, 1, 1), long_term=True)


def a_subject(**changes: object) -> Subject:
    fields: dict[str, object] = {
        "id": SubjectId(417),
        "kind": SubjectKind.COOPERATIVE,
        "name": "太谷区建国蔬菜专业合作社",
        "phone": "13800000417",
        "base": VILLAGE,
        "credit_code": "93140781MA0HNXA36C",
        "person_name": "王建国",
        "person_hash": b"h" * 32,
        "status": SubjectStatus.ACTIVE,
    }
    return Subject(**{**fields, **changes})  # type: ignore[arg-type]


TOMATO = Product(
    id=ProductId(17),
    name="番茄",
    cls=ProductClass.VEGETABLE,
    initials="fq",
    units=(Unit.KG, Unit.BASKET, Unit.CRATE),
    aliases=("西红柿",),
)
EGGS = Product(id=ProductId(128), name="土鸡蛋", cls=ProductClass.EGG, initials="tjd", units=(Unit.EGG, Unit.BOX, Unit.CRATE))
MILLET = Product(id=ProductId(150), name="小米", cls=ProductClass.OUTSIDE, initials="xm", units=(Unit.KG, Unit.BAG), advice="grain")


def weighed(kg: str = "126.35") -> Quantity:
    return Quantity(Decimal(kg), Unit.KG, QuantitySource.WEIGHED, SCALE)


def stable(kg: str = "126.35") -> Weight:
    return Weight(Decimal(kg), WeightStatus.STABLE)


def a_promise(promise_id: str = "p" * 32, copies: int = 1, **changes: object) -> Promise:
    fields: dict[str, object] = {
        "promise_id": promise_id,
        "form": CertificateForm.T2026_PRODUCER,
        "subject": a_subject(),
        "product": TOMATO,
        "quantity": weighed(),
        "origin": VILLAGE,
        "phone": "13800000417",
        "basis": frozenset({Basis.CONTROL}),
        "copies": copies,
        "confirmation": Confirmation(EvidenceLevel.CARD, "2026-02", "T2026-02", NOON, INK),
    }
    return Promise(**{**fields, **changes})  # type: ignore[arg-type]


def a_certificate(made: Promise | None = None, counter: int = 417) -> Certificate:
    made = made or a_promise()
    labels = tuple(Label(i, made.copies, b"\0" * 100, f"https://q.example/{i}") for i in range(1, made.copies + 1))
    return Certificate(
        number=CertificateNumber("1407030031", counter),
        issued_at=NOON,
        clock=ClockQuality.NTP,
        promise=made,
        labels=labels,
        station="太谷区明星镇农产品服务站",
        demo=True,
    )
