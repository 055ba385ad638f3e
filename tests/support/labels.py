"""Label contents for tests: short, long and extreme data for every form and stock."""

from __future__ import annotations

from datetime import date

from kiosk.domain.form import Basis, CertificateForm
from kiosk.label.content import LabelContent

URL = "https://q.sxnc.cn/" + "7" * 241
_DAYS = {CertificateForm.T2021: date(2025, 6, 1)}

SHORT = {"product": "梨", "quantity": "5 千克", "origin": "隰县", "subject": "李四", "contact": "13800000001"}
LONG = {
    "product": "黄花菜(鲜)",
    "quantity": "1268.355 千克（自报）",
    "origin": "晋中市太谷区明星镇南庄村",
    "subject": "太谷区建国蔬菜种植专业合作社",
    "contact": "0354-6200417",
}
EXTREME = {
    "product": "结球甘蓝",
    "quantity": "999999.999 千克（自报）",
    "origin": "大同市云州区西坪镇黄花产业示范园区下榆涧村民委员会二组",
    "subject": "大同市云州区𬭎㛃火山黄花种植加工农民专业合作社联合社",
    "contact": "0352-12345678",
}
SIZES = {"short": SHORT, "long": LONG, "extreme": EXTREME}


def content(form: CertificateForm, words: dict[str, str], **changes: object) -> LabelContent:
    fields: dict[str, object] = {
        "form": form,
        **words,
        "day": _DAYS.get(form, date(2026, 11, 24)),
        "basis": frozenset({Basis.CONTROL}),
        "number": "140703-0031-000417-G",
        "copy": 2,
        "copies": 8,
        "url": URL,
        "demo": False,
    }
    return LabelContent(**{**fields, **changes})  # type: ignore[arg-type]
