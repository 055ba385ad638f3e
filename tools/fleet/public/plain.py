"""The page for browsers without script: drawn here, with the same words and the same facts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kiosk.credential.verify import Verdict
from kiosk.domain.quantity import plain
from tools.fleet.public.assets import DOCUMENTS, word_table, words
from tools.fleet.public.forms import KINDS
from tools.fleet.public.record import coarse_minute
from tools.fleet.store.queries_public import BLOCKS

FIRST_FORM = next(iter(DOCUMENTS.values()))


def plain_facts(verdict: Verdict, told: Mapping[str, Any], notice: str = "") -> dict[str, Any]:
    """What ``plain.html`` needs. ``told`` is the centre's answer (``tools.fleet.public.answer``)."""
    w = words()
    said = w["verdict"].get(told["standing"], w["verdict"]["malformed"])
    # a specimen is never green: the word for it stands where else the verdict does
    specimen = verdict.demo and said["tone"] == "good"
    facts: dict[str, Any] = {
        "verdict": {"title": w["page"]["demo"], "says": w["page"]["demo_says"], "tone": "care"} if specimen else said,
        "more": said["says"] if specimen and told["standing"] != "valid" else "",
        "banner": verdict.demo and not specimen,
        "demo": verdict.demo,
        "told": {"void": None, **told},
        "notice": notice,
        "kinds": KINDS,
        "facts": None,
    }
    if "scans" not in told:
        return facts
    form, shown = _shown(verdict, told["record"])
    return facts | {
        "form": word_table()["forms"][form],
        "facts": shown,
        "scan_line": w["scans"]["only"] if told["scans"]["count"] == 1 else w["scans"]["count"].format(**told["scans"]),
        "scan_first": w["scans"]["first"].format(**told["scans"]),
        "blocks": [_block(name, told) for name in BLOCKS],
        "evaluation_line": w["evaluation"]["mean"].format(**told["evaluations"])
        if told["evaluations"]["count"]
        else w["evaluation"]["none"],
    }


def clauses(text: str) -> list[str]:
    """The parts of a sentence between which a line may break without tearing a word."""
    return re.findall("[^，。：]+[，。：]*", text)


def _shown(verdict: Verdict, record: Mapping[str, Any] | None) -> tuple[str, dict[str, Any]]:
    """The form and its fields: the record's, or before it is here the token's own."""
    w, table, body, key = words(), word_table(), verdict.body, verdict.key
    assert body is not None and key is not None
    about = {
        "number": str(verdict.number),
        "station": key.station,
        "label": w["page"]["label_of"].format(copy=body.copy, copies=body.copies),
    }
    if record is not None:
        return record["form"], {
            **about,
            "basis": record["basis"],
            "fields": record["fields"],
            "masked": record["phone_masked"],
        }
    county = f"{body.county:06d}"
    fields = {
        "product": table["products"].get(str(body.product), ""),
        "quantity": f"{plain(body.amount)} {w['page']['kg'] if body.is_weight else w['page']['piece']}",
        "origin": table["counties"].get(county, county),
        "subject": "",
        "contact": "",
        "date": coarse_minute(body.issued).partition(" ")[0],
    }
    form = DOCUMENTS.get(body.document_type, FIRST_FORM).value
    return form, {**about, "basis": [basis.value for basis in body.basis], "fields": fields, "masked": False}


def _block(name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    w = words()
    facts = told["blocks"][name] or {"grade": "", "note": "", "rows": [], "source": "", "day": ""}
    trail = [{"at": step["at"], "title": w["trace"][step["what"]].format(**step["facts"]), "detail": ""} for step in told["trace"]]
    rows = [*(trail if name == "trace" else []), *facts["rows"]]
    source = f"{w['blocks']['source'].format(**facts)} {w['blocks']['updated'].format(**facts)}" if facts["source"] else ""
    missing = "" if rows or facts["grade"] or facts["note"] else w["blocks"][f"none_{name}"]
    return {
        "title": w["blocks"][name],
        "grade": facts["grade"],
        "note": facts["note"],
        "rows": rows,
        "source": source,
        "none": missing if told["record"] is not None else w["blocks"]["waiting"],
    }
