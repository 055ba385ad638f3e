"""One terminal: what the farmer can do there, devices, history, alerts, jobs, configuration, certificates. Live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from markupsafe import Markup
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tools.fleet.area import Area
from tools.fleet.console.charts import day_bars, line_chart
from tools.fleet.console.desk import Desk
from tools.fleet.console.devices import board_lines, device_cards, number_of
from tools.fleet.console.door import Who
from tools.fleet.console.live import Parts
from tools.fleet.console.pages.orders import KINDS, makes_sense
from tools.fleet.console.pages.overview import stream
from tools.fleet.console.words import load_words
from tools.fleet.store.queries import (
    AlertRow,
    CertificateRow,
    JobRow,
    Metric,
    TerminalRow,
    alerts_of,
    health_of,
    history_of,
    jobs_of,
)
from tools.fleet.store.queries_console import LABELS_LEFT, issued_by_day, labels_a_day, last_certificates, terminal_inside
from tools.fleet.web import beijing

SPANS: Mapping[str, timedelta] = {"1": timedelta(days=1), "7": timedelta(days=7), "30": timedelta(days=30)}
CHARTS: tuple[tuple[str, str, float], ...] = (
    ("printer", LABELS_LEFT, 1),
    ("", "Outbox/pending", 1),
    ("", "Outbox/oldest_age", 3600),
    ("", "Temperature/cpu", 1),
    ("", "Disk/free", 2**30),
    ("", "Clock/offset", 1000),
)
"""Device, metric and what its values are divided by; their names are in words.toml."""


@dataclass(frozen=True, slots=True)
class _Seen:
    terminal: TerminalRow
    metrics: list[Metric]
    alerts: list[AlertRow]
    jobs: list[JobRow]
    certificates: list[CertificateRow]
    labels_a_day: float


class TerminalPage:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Its addresses."""
        desk = self._desk
        return [
            desk.look("/terminals/{code:terminal}", self.show),
            desk.look("/terminals/{code:terminal}/live", self.live),
        ]

    async def show(self, request: Request, who: Who) -> Response:
        code = request.path_params["code"]
        span = request.query_params.get("days", "7")
        span = span if span in SPANS else "7"
        terminal = await self._found(who.area, code)
        parts = await self._desk.pulse.parts(("terminal", code), lambda: self._draw(who.area, code))
        kinds = [kind for kind, role in KINDS.items() if who.may(role) and makes_sense(kind, terminal)]
        return self._desk.draw(
            request,
            who,
            "terminal.html",
            terminal=terminal,
            parts=parts,
            charts=await self._charts(who.area, code, SPANS[span]),
            span=span,
            spans=tuple(SPANS),
            kinds=kinds,
        )

    async def live(self, request: Request, who: Who) -> Response:
        code = request.path_params["code"]
        await self._found(who.area, code)
        return stream(self._desk, request, ("terminal", code), lambda: self._draw(who.area, code))

    async def _found(self, area: Area, code: str) -> TerminalRow:
        found = await self._desk.read(lambda tx: terminal_inside(tx, area, code))
        if found is None:
            raise HTTPException(404)
        return found

    async def _draw(self, area: Area, code: str) -> Parts:
        """The same for everybody who may see the terminal: buttons are not among the parts."""
        desk, now = self._desk, self._desk.clock()
        seen = await desk.read(lambda tx: _look(tx, area, code, now))
        if seen is None:
            raise HTTPException(404)
        labels = number_of(seen.metrics, "printer", LABELS_LEFT)
        days = labels / seen.labels_a_day if labels is not None and seen.labels_a_day else None
        facts: dict[str, object] = {
            "terminal": seen.terminal,
            "is_demo": any(one.device == "" and one.metric == "App/demo" and one.value is True for one in seen.metrics),
            "cards": device_cards(seen.metrics, load_words(), days),
            "board": board_lines(seen.metrics),
            "pending": number_of(seen.metrics, "", "Outbox/pending"),
            "oldest_s": number_of(seen.metrics, "", "Outbox/oldest_age"),
            "alerts": seen.alerts,
            "jobs": seen.jobs,
            "certificates": seen.certificates,
        }
        names = ("can", "devices", "outbox", "alerts", "jobs", "configuration", "certificates")
        return {
            **{name: desk.part(f"terminal_{name}.html", now, **facts) for name in names},
            "moment": Markup("{:%H:%M:%S}").format(beijing(now)),
        }

    async def _charts(self, area: Area, code: str, span: timedelta) -> list[tuple[str, Markup]]:
        now = self._desk.clock()

        def ask(tx: Connection) -> list[tuple[str, Markup]]:
            drawn = [
                (name, _chart(tx, code, device, metric, size, now - span, now, name)) for name, device, metric, size in _named()
            ]
            days = issued_by_day(tx, area, code, beijing(now).date() - timedelta(days=29))
            bars = [(f"{day.month}/{day.day}", days.get(day, 0)) for day in _days(now, 30)]
            return [("每天开证（张）", day_bars(bars, "最近 30 天每天的开证数")), *drawn]

        return await self._desk.read(ask)


def _look(tx: Connection, area: Area, code: str, now: datetime) -> _Seen | None:
    found = terminal_inside(tx, area, code)
    if found is None:
        return None
    today = beijing(now).date()
    return _Seen(
        found,
        health_of(tx, code),
        alerts_of(tx, code, 20),
        jobs_of(tx, code, 10),
        last_certificates(tx, area, code, 10),
        labels_a_day(tx, code, today),
    )


def _named() -> list[tuple[str, str, str, float]]:
    words = load_words()
    return [(words("chart", f"{device} {metric}").text, device, metric, size) for device, metric, size in CHARTS]


def _chart(tx: Connection, code: str, device: str, metric: str, size: float, since: datetime, until: datetime, name: str) -> Markup:
    points = [
        (one.at, float(one.value) / size)
        for one in history_of(tx, code, device, metric, since)
        if isinstance(one.value, int | float) and not isinstance(one.value, bool)
    ]
    return line_chart(points, since, until, name)


def _days(now: datetime, count: int) -> list[date]:
    today = beijing(now).date()
    return [today - timedelta(days=back) for back in reversed(range(count))]
