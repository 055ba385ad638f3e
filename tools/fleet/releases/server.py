"""Hands the files of releases to terminals: whole or from where a broken line left off.

Rules: a file is known by the name that a signed job told the terminal, nothing is listed; a file never changes under its name, so its hash is its ETag.
Over a network the server asks for the terminal's certificate (``python -m tools.fleet files``, or a reverse proxy): a directory names people.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy.engine import Connection
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from tools.fleet.store.database import Store
from tools.fleet.store.queries_release import ReleaseFile, file_at

PREFIX = "/files"
_KEPT = {"Cache-Control": "private, max-age=86400, immutable"}


def routes(store: Store, folder: Path, prefix: str = PREFIX) -> list[Route]:
    """``GET`` and ``HEAD`` of one file, with ranges; nothing else."""

    async def give(request: Request) -> Response:
        path = request.path_params["path"]
        found = await run_in_threadpool(_asked(store, lambda tx: file_at(tx, path)))
        # only a name that the database knows reaches the disk
        if found is None or not (folder / found.path).is_file():
            raise HTTPException(404)
        tag = f'"{found.sha256}"'
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={**_KEPT, "ETag": tag})
        return FileResponse(folder / found.path, media_type="application/gzip", headers={**_KEPT, "ETag": tag})

    return [Route(f"{prefix}/{{path}}", give, methods=["GET"])]


def file_app(store: Store, folder: Path) -> Starlette:
    """The file server alone."""

    async def nothing(_request: Request, _error: Exception) -> Response:
        return PlainTextResponse("not here\n", 404)

    return Starlette(routes=routes(store, folder), exception_handlers={404: nothing})


def _asked(store: Store, ask: Callable[[Connection], ReleaseFile | None]) -> Callable[[], ReleaseFile | None]:
    def run() -> ReleaseFile | None:
        with store.reading() as tx:
            return ask(tx)

    return run
