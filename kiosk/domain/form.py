"""Which form a certificate takes, and its bases.

The texts live in ``data/forms``, the layout in ``label``, linked by the form's id.

Source: 农业农村部令2025年第4号, in force 2026-02-01 (two forms); 农办质〔2021〕16号 (the form before).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from kiosk.domain.subject import SubjectKind

IN_FORCE_2026 = date(2026, 2, 1)


class CertificateForm(StrEnum):
    """Forms by their id in ``data/forms``."""

    T2021 = "T2021"
    T2026_PRODUCER = "T2026_PRODUCER"
    T2026_PURCHASER = "T2026_PURCHASER"


class Basis(StrEnum):
    """承诺依据 of the 2026 forms, in the order of the form."""

    CONTROL = "control"  # 质量安全控制符合要求
    OWN_TEST = "ownTest"  # 自行检测合格
    ENTRUSTED_TEST = "entrustedTest"  # 委托检测合格


def form_for(day: date, kind: SubjectKind) -> CertificateForm:
    """The form in force on ``day`` (Beijing date) for this kind of subject."""
    if day < IN_FORCE_2026:
        return CertificateForm.T2021
    return CertificateForm.T2026_PURCHASER if kind.is_purchaser else CertificateForm.T2026_PRODUCER


ISSUABLE_FORMS = frozenset({CertificateForm.T2026_PRODUCER})
"""T2021 is past; T2026_PURCHASER waits for the link to the upstream certificate."""

ISSUABLE_BASES = frozenset({Basis.CONTROL})
"""A test may be named as basis only when a test record exists."""
