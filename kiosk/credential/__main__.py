"""``python -m kiosk.credential verify URL --keys FILE [--record FILE] [--root HEX] [--json]``: is this code genuine?

Exit code 0: valid; 1: not valid (which check failed is printed); 2: the call or a file cannot be used.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kiosk.credential.keylist import KeyListError, load_key_list
from kiosk.credential.verify import Verdict, verify_url
from kiosk.domain.certificate import BEIJING
from kiosk.domain.quantity import plain
from kiosk.texts import Texts


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m kiosk.credential", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="check the text of a QR code without any network")
    verify.add_argument("url")
    verify.add_argument("--keys", type=Path, required=True, help="the trusted key list (JSON)")
    verify.add_argument("--record", type=Path, help="the canonical record, to compare with the digest in the code")
    verify.add_argument("--root", help="public root key (64 hex digits): the list's own signature is checked")
    verify.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    texts = Texts.load("verify")
    try:
        keys = load_key_list(chosen.keys, bytes.fromhex(chosen.root) if chosen.root else None)
        record = chosen.record.read_bytes() if chosen.record else None
    except KeyListError as err:
        print(texts.get(f"verify.keylist.{err.code}"), file=sys.stderr)
        return 2
    except (OSError, ValueError) as err:
        print(texts.get("verify.file", [("reason", str(err))]), file=sys.stderr)
        return 2
    verdict = verify_url(chosen.url.strip(), keys, datetime.now(UTC), record)
    print(json.dumps(as_json(verdict), ensure_ascii=False) if chosen.json else in_words(verdict, texts))
    return 0 if verdict.is_valid else 1


def as_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict for machines. ``check`` names the check that decided."""
    answer: dict[str, Any] = {
        "valid": verdict.is_valid,
        "check": verdict.status.value,
        "demo": verdict.demo,
        "list_age_days": verdict.list_age_days,
        "list_stale": verdict.is_stale,
    }
    if verdict.body is not None and verdict.key is not None:
        body = verdict.body
        answer |= {
            "number": str(verdict.number) if verdict.number else None,
            "terminal": verdict.key.terminal,
            "station": verdict.key.station,
            "key_id": body.key_id,
            "copy": body.copy,
            "copies": body.copies,
            "issued": body.issued.isoformat(),
            "clock": body.clock.name.lower(),
            "county": f"{body.county:06d}",
            "document": body.document_type,
            "product": body.product,
            "amount": plain(body.amount),
            "unit": "kg" if body.is_weight else "piece",
            "basis": sorted(item.value for item in body.basis),
            "subject": body.subject,
            "digest": body.digest.hex(),
        }
    return answer


def in_words(verdict: Verdict, texts: Texts) -> str:
    """A verdict for people."""
    lines = [texts.get(f"verify.status.{verdict.status.value}")]
    if verdict.demo:
        lines.insert(0, texts.get("verify.demo"))
    if verdict.body is not None and verdict.key is not None and verdict.number is not None:
        issued = verdict.body.issued.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
        facts = [
            ("number", str(verdict.number)),
            ("station", verdict.key.station),
            ("copy", f"{verdict.body.copy}/{verdict.body.copies}"),
            ("issued", issued),
            ("amount", f"{plain(verdict.body.amount)} {'千克' if verdict.body.is_weight else '件'}"),
        ]
        lines += [texts.get(f"verify.fact.{name}", [("value", value)]) for name, value in facts]
    if verdict.is_stale:
        lines.append(texts.get("verify.stale", [("days", str(verdict.list_age_days))]))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
