"""Certificates and subjects by their numbers. Every look is written down: they name people."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.domain.number import CertificateNumber
from tools.fleet.console.desk import Desk
from tools.fleet.console.door import Who
from tools.fleet.store.queries import CertificateRow, EventRow, events_of_number
from tools.fleet.store.queries_console import certificate_inside, certificates_of_subject


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of a certificate as the page shows it; ``at`` is when it happened, as far as the terminal says."""

    event: EventRow
    facts: Mapping[str, object]
    at: datetime


class LookupPage:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Its addresses."""
        desk = self._desk
        return [
            desk.look("/lookup", self.ask),
            desk.look("/certificates/{number}", self.certificate),
            desk.look("/subjects/{subject:int}", self.subject),
        ]

    async def ask(self, request: Request, who: Who) -> Response:
        asked = request.query_params.get("q", "").strip()[:60]
        if not asked:
            return self._desk.draw(request, who, "lookup.html", asked="", trouble="")
        number = _number(asked)
        if number is not None:
            return self._desk.go(f"/certificates/{number}")
        if re.fullmatch(r"14\d{8}", asked, re.ASCII):
            return self._desk.go(f"/terminals/{asked}")
        if re.fullmatch(r"\d{1,9}", asked, re.ASCII):
            return self._desk.go(f"/subjects/{int(asked)}")
        return self._desk.draw(request, who, "lookup.html", 404, asked=asked, trouble="shape")

    async def certificate(self, request: Request, who: Who) -> Response:
        number = _number(request.path_params["number"])

        def ask(tx: Connection) -> tuple[CertificateRow, list[EventRow]] | None:
            found = None if number is None else certificate_inside(tx, who.area, number)
            return None if found is None else (found, events_of_number(tx, found.number))

        answer = await self._desk.read(ask)
        await self._desk.audit(who, "lookup", f"certificate {number or '?'}", {"found": answer is not None})
        if answer is None:
            return self._desk.draw(request, who, "lookup.html", 404, asked=request.path_params["number"][:60], trouble="missing")
        found, events = answer
        return self._desk.draw(
            request,
            who,
            "certificate.html",
            certificate=found,
            number=str(CertificateNumber.parse(found.number)),
            happenings=[_happening(event) for event in events],
        )

    async def subject(self, request: Request, who: Who) -> Response:
        subject = request.path_params["subject"]
        if subject >= 2**63:
            raise HTTPException(404)
        found = await self._desk.read(lambda tx: certificates_of_subject(tx, who.area, subject))
        await self._desk.audit(who, "lookup", f"subject {subject}", {"found": bool(found)})
        if not found:
            return self._desk.draw(request, who, "lookup.html", 404, asked=str(subject), trouble="missing")
        return self._desk.draw(request, who, "subject.html", subject=found[0], certificates=found)


def _number(text: str) -> str | None:
    try:
        return CertificateNumber.parse(text).compact
    except ValueError:
        return None


def _happening(event: EventRow) -> Happening:
    facts = _facts(event.body)
    try:
        at = datetime.fromisoformat(str(facts.get("at")))
    except ValueError:
        at = event.received_at
    return Happening(event, facts, event.received_at if at.tzinfo is None else at)


def _facts(body: bytes) -> Mapping[str, object]:
    try:
        read = json.loads(body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
