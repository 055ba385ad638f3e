"""What stands on a label, whether it is a preview or the real one.

A preview has a specimen number and code and is the first copy; everything else is the same, so that both differ only in four rectangles: number
(with the copy), QR, date, 补打 mark.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from kiosk.domain.certificate import Certificate, Label, beijing_date
from kiosk.domain.form import Basis, CertificateForm, form_for
from kiosk.domain.promise import Draft

SPECIMEN_URL = "https://q.specimen/" + "8" * 241
SPECIMEN_NUMBER = "000000-0000-000000-0"


@dataclass(frozen=True, slots=True)
class LabelContent:
    """All words and marks of one label. ``demo`` prints 演示样张; ``reprint`` prints 补打."""

    form: CertificateForm
    product: str
    quantity: str
    origin: str
    subject: str = field(repr=False)
    contact: str = field(repr=False)
    day: date
    basis: frozenset[Basis]
    number: str
    copy: int
    copies: int
    url: str = field(repr=False)
    demo: bool
    reprint: bool = False

    def value(self, key: str) -> str:
        """The text of a field of the form."""
        match key:
            case "product":
                return self.product
            case "quantity":
                return self.quantity
            case "origin":
                return self.origin
            case "subject":
                return self.subject
            case "contact":
                return self.contact
            case "date":
                return f"{self.day.year}年{self.day.month:02d}月{self.day.day:02d}日"
            case _:
                raise KeyError(key)


def content_of(certificate: Certificate, label: Label, *, reprint: bool) -> LabelContent:
    """The content of one copy of a certificate."""
    made = certificate.promise
    return LabelContent(
        form=made.form,
        product=made.product.name,
        quantity=made.quantity.printed,
        origin=made.origin.text,
        subject=made.subject.name,
        contact=made.phone,
        day=beijing_date(certificate.issued_at),
        basis=made.basis,
        number=str(certificate.number),
        copy=label.copy,
        copies=label.copies,
        url=label.url,
        demo=certificate.demo,
        reprint=reprint,
    )


def preview_content(draft: Draft, day: date, *, demo: bool) -> LabelContent:
    """The label as it will print. Raises ``ValueError`` for a draft that is not complete."""
    if draft.subject is None or draft.product is None or draft.quantity is None or draft.origin is None:
        raise ValueError("the draft is not complete")
    return LabelContent(
        form=form_for(day, draft.subject.kind),
        product=draft.product.name,
        quantity=draft.quantity.printed,
        origin=draft.origin.text,
        subject=draft.subject.name,
        contact=draft.phone,
        day=day,
        basis=draft.basis,
        number=SPECIMEN_NUMBER,
        copy=1,
        copies=draft.copies,
        url=SPECIMEN_URL,
        demo=demo,
    )
