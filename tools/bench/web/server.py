"""The bench's page over HTTP: loopback only, live by server-sent events.

GET  /                    the page                POST /do        a verb of tools.bench.control as JSON
GET  /people.json         whose cards there are   POST /camera    a picture file as it is, ?name=
GET  /events              the state, each time it changed
GET  /paper/N.png         label N as printed      GET  /paper/strip.png, /camera.png
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from drivers.virtual.reader import VirtualCard
from tools.bench.bench import Bench
from tools.bench.control import perform
from tools.bench.errors import BenchError
from tools.bench.people import everybody, subjects_of

_STATIC = Path(__file__).with_name("static")
_LOOK_S = 0.1
_ALIVE_S = 10.0
_MAX_PICTURE = 16 << 20
_NO_STORE = {"Cache-Control": "no-store"}
_SEXES = {"1": "男", "2": "女"}
_NATIONS = {"01": "汉", "03": "回", "11": "满"}


class _Page:
    """The handlers around one bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.closing = threading.Event()

    async def index(self, request: Request) -> Response:
        return FileResponse(_STATIC / "index.html", headers=_NO_STORE)

    async def people(self, request: Request) -> Response:
        rows = [{"key": one.key, **_face(one.card), "note": one.note, "subjects": subjects_of(one.key)} for one in everybody()]
        return JSONResponse(rows)

    async def do(self, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return Response(status_code=415)
        try:
            asked = await request.json()
        except ValueError:
            return Response(status_code=400)
        return JSONResponse(await run_in_threadpool(perform, self._bench, asked if isinstance(asked, dict) else {}))

    async def camera_in(self, request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("image/"):
            return Response(status_code=415)
        data = bytearray()
        async for part in request.stream():
            data += part
            if len(data) > _MAX_PICTURE:
                return Response(status_code=413)
        name = request.query_params.get("name", "")[:80]
        try:
            await run_in_threadpool(self._bench.show_picture, bytes(data), name)
        except BenchError as err:
            return JSONResponse({"ok": False, "error": err.code, "facts": err.facts, "line": str(err)})
        return JSONResponse({"ok": True})

    async def camera_out(self, request: Request) -> Response:
        return _png(await run_in_threadpool(self._bench.camera_png))

    async def strip(self, request: Request) -> Response:
        return _png(await run_in_threadpool(self._bench.strip_png))

    async def label(self, request: Request) -> Response:
        number = int(request.path_params["number"])
        labels = self._bench.labels()
        if not 1 <= number <= len(labels):
            return Response(status_code=404)
        return FileResponse(labels[number - 1].png, headers=_NO_STORE)

    async def events(self, request: Request) -> Response:
        return StreamingResponse(self._changes(request), media_type="text/event-stream", headers=_NO_STORE)

    async def _changes(self, request: Request) -> AsyncIterator[str]:
        last, said_s = "", 0.0
        while not self.closing.is_set() and not await request.is_disconnected():
            state = json.dumps(await run_in_threadpool(self._bench.state), ensure_ascii=False)
            if state != last:
                last, said_s = state, time.monotonic()
                yield f"data: {state}\n\n"
            elif time.monotonic() - said_s > _ALIVE_S:
                said_s = time.monotonic()
                yield ": still here\n\n"
            await asyncio.sleep(_LOOK_S)


def make_app(bench: Bench, closing: threading.Event | None = None) -> Starlette:
    """The page as an ASGI application; setting ``closing`` ends the streams of events."""
    page = _Page(bench)
    if closing is not None:
        page.closing = closing
    return Starlette(
        routes=[
            Route("/", page.index),
            Route("/people.json", page.people),
            Route("/events", page.events),
            Route("/do", page.do, methods=["POST"]),
            Route("/camera", page.camera_in, methods=["POST"]),
            Route("/camera.png", page.camera_out),
            Route("/paper/strip.png", page.strip),
            Route("/paper/{number:int}.png", page.label),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        # A page of elsewhere must not reach the bench by a name that resolves to this machine.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


@contextmanager
def serving(bench: Bench, port: int) -> Iterator[str]:
    """Serve the page on this machine's ``port`` (0: any free one) while entered; gives its address. Raises ``BenchError`` (port-taken)."""
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as err:
        raise BenchError("port-taken", port=port) from err
    closing = threading.Event()
    config = uvicorn.Config(make_app(bench, closing), log_level="warning", access_log=False, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="virtual-bench-page", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        closing.set()
        server.should_exit = True
        thread.join(5)
        listener.close()


def _face(card: VirtualCard) -> dict[str, str]:
    """What stands on the front of a card."""
    born = card.number[6:14]
    return {
        "name": card.name,
        "number": card.number,
        "sex": _SEXES.get(card.sex, ""),
        "nation": _NATIONS.get(card.nation, ""),
        "born": f"{born[:4]} 年 {int(born[4:6])} 月 {int(born[6:])} 日",
        "address": card.address,
        "valid_to": card.valid_to
        if not card.valid_to.isdigit()
        else f"{card.valid_to[:4]}.{card.valid_to[4:6]}.{card.valid_to[6:]}",
        "letter": card.letter.strip(),
    }


def _png(data: bytes | None) -> Response:
    """A picture, or nothing at all: paper may be cut between being told of and being asked for."""
    return Response(status_code=204) if data is None else Response(data, media_type="image/png", headers=_NO_STORE)
