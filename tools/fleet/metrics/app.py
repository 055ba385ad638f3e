"""``GET /metrics`` and ``GET /metrics?detail=1``, for the machine that watches.

Rules: only inner networks are answered, for everybody else there is no such page; a database answers once in ``KEEP_S`` however many scrape; nothing here names a person.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0
from sqlalchemy.engine import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tools.fleet.metrics.exporter import FleetCollector
from tools.fleet.store.database import Store
from tools.fleet.web import NO_STORE

KEEP_S = 10.0


class _Metrics:
    def __init__(self, store: Store, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._store, self._now, self._monotonic = store, now, monotonic
        self._kept: dict[bool, tuple[float, bytes]] = {}
        self._lock = threading.Lock()

    async def scrape(self, request: Request) -> Response:
        if not _is_inner(request):
            return Response(status_code=404, headers=NO_STORE)
        detail = request.query_params.get("detail") == "1"
        body = await run_in_threadpool(self._text, detail)
        return Response(body, headers={**NO_STORE, "Content-Type": CONTENT_TYPE_PLAIN_1_0_0})

    def _text(self, detail: bool) -> bytes:
        with self._lock:
            kept = self._kept.get(detail)
            if kept is not None and self._monotonic() - kept[0] < KEEP_S:
                return kept[1]
            registry = CollectorRegistry()
            registry.register(FleetCollector(self._store, self._now, detail=detail))
            body = generate_latest(registry)
            self._kept[detail] = (self._monotonic(), body)
            return body


def _is_inner(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_private
    except ValueError:
        return False


def routes(engine: Engine, now: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic) -> Sequence[BaseRoute]:
    """The route of the metrics."""
    return [Route("/metrics", _Metrics(Store(engine), now, monotonic).scrape)]
