"""The public page over HTTP.

GET  /<digits>, /q/<digits>     the shell, the same for every code; its script checks the code in the browser
GET  /<digits>?plain            the page drawn here, for browsers without script      POST the same: a report or an evaluation from it
GET  /q/                        where a link can be pasted
GET  /p/key/<id>.json           the signed key list of one key
GET  /p/<name>                  script, style, words (their names hold their digest)
POST /p/scan                    {"digits"}: what the centre knows of the code; counts the reading
POST /p/report, /p/evaluation   {"digits", "kind" | "stars", "words"}

Rules: no cookie, no login; only a code whose signature holds is answered about, counted or written of; nothing of a request is logged.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kiosk.credential.keylist import KeyList
from kiosk.credential.verify import Verdict
from tools.fleet.public.answer import AGAIN, Code, answer, code_of, judge, refusal
from tools.fleet.public.assets import HERE, Asset, asset, files, words
from tools.fleet.public.forms import BadInput, digits_of, read_form, read_json, report_of, stars_of
from tools.fleet.public.keys import KeySource, excerpt
from tools.fleet.public.limits import Buckets, neighbourhood, visitor
from tools.fleet.public.plain import clauses, plain_facts
from tools.fleet.public.settings import PublicSettings
from tools.fleet.store.database import Store
from tools.fleet.store.queries_public import add_evaluation, add_report, count_scan
from tools.fleet.web import NO_STORE, SecurityHeaders, page, templates

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_A_WHILE = {"Cache-Control": "public, max-age=300"}
_PRIVATE = {"Referrer-Policy": "no-referrer"}
"""The address of the page is the code: it is told to nobody."""
_LOG = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]


class _CodeConvertor(StringConvertor):
    """An address that begins with a digit is somebody's code, whole or not."""

    regex = "[0-9][^/]*"


register_url_convertor("code", _CodeConvertor())


class _Busy(Exception):
    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__("tooMany")


class _Public:
    """The handlers around one store and one key list."""

    def __init__(self, store: Store, keys: KeySource, settings: PublicSettings) -> None:
        self._store, self._keys, self._settings = store, keys, settings
        self._templates = templates(HERE / "templates")
        self._templates.filters["clauses"] = clauses
        self._files = {one.name: one for one in files().values()}
        self._shells: dict[str, Asset] = {}
        rates = settings.rates
        self._read, self._read_code, self._write, self._write_code = (
            Buckets(rate, settings.monotonic) for rate in (rates.read, rates.read_code, rates.write, rates.write_code)
        )

    async def shell(self, request: Request) -> Response:
        """The shell, or with ``?plain`` the page drawn here."""
        if "plain" in request.query_params or not request.path_params["digits"][:1].isdigit():
            return await self.plain(request)
        return _served(request, self._shell(self._keys()), {**_A_WHILE, **_PRIVATE})

    async def index(self, request: Request) -> Response:
        """A form for a link; sent, it leads to the page of its code."""
        pasted = request.query_params.get("url", "").strip()
        digits = pasted.rpartition("/")[2]
        if digits.isascii() and digits.isdigit():
            return RedirectResponse(f"/q/{digits[:400]}", 303, _PRIVATE)
        if pasted:
            return self._verdict("notOurs", 404)
        return self._page("index.html")

    async def file(self, request: Request) -> Response:
        """Script, style and words."""
        found = self._files.get(request.path_params["name"])
        return Response(status_code=404, headers=NO_STORE) if found is None else _served(request, found, _FOR_EVER)

    async def key(self, request: Request) -> Response:
        """The signed list of one key."""
        self._admit(self._read, neighbourhood(_address(request)))
        found = excerpt(self._keys(), request.path_params["key_id"], self._settings.signer)
        if found is None:
            return JSONResponse({"error": "unknownKey"}, 404, NO_STORE)
        return JSONResponse(found, headers=_A_WHILE)

    async def scan(self, request: Request) -> Response:
        """The centre's answer about a code."""
        verdict = self._judge(digits_of(await read_json(request)))
        self._admit_reading(request, verdict)
        return JSONResponse(await run_in_threadpool(self._answer, verdict, self._visitor(request)), headers=NO_STORE)

    async def report(self, request: Request) -> Response:
        """Keep what somebody says is wrong."""
        data = await read_json(request)
        await self._keep_report(request, self._judge(digits_of(data)), data)
        return JSONResponse({"ok": True}, headers=NO_STORE)

    async def evaluation(self, request: Request) -> Response:
        """Keep somebody's stars."""
        data = await read_json(request)
        await self._keep_evaluation(request, self._judge(digits_of(data)), data)
        return JSONResponse({"ok": True}, headers=NO_STORE)

    async def plain(self, request: Request) -> Response:
        """The whole page without script."""
        verdict = self._judge(request.path_params["digits"])
        self._admit_reading(request, verdict)
        return await self._plain(request, verdict)

    async def plain_post(self, request: Request) -> Response:
        """A report or an evaluation from the page without script."""
        verdict = self._judge(request.path_params["digits"])
        data = await read_form(request)
        is_report = data.get("do") == "report"
        try:
            await (self._keep_report if is_report else self._keep_evaluation)(request, verdict, data)
            notice = words()["report" if is_report else "evaluation"]["thanks"]
        except _Busy:
            notice = words()["trouble"]["tooMany"]
        return await self._plain(request, verdict, notice)

    def guarded(self, handler: Handler, *, html: bool) -> Handler:
        """The handler with every refusal turned into a page or an answer."""

        async def run(request: Request) -> Response:
            try:
                return await handler(request)
            except _Busy as busy:
                after = {"Retry-After": str(int(busy.wait_s) + 1)}
                return self._verdict("busy", 429, after) if html else JSONResponse({"error": "tooMany"}, 429, {**NO_STORE, **after})
            except BadInput as err:
                return self._verdict("trouble", err.http) if html else JSONResponse({"error": err.code}, err.http, NO_STORE)
            except SQLAlchemyError as err:
                _LOG.error("the database did not answer: %s", type(err).__name__)
                return self._verdict("trouble", 503) if html else JSONResponse({"error": "trouble"}, 503, NO_STORE)

        return run

    def missing(self) -> Response:
        """The page for an address that is none."""
        return self._verdict("notFound", 404)

    def broken(self) -> Response:
        """The page when something of ours failed."""
        return self._verdict("trouble", 500)

    async def _plain(self, request: Request, verdict: Verdict, notice: str = "") -> Response:
        told = await run_in_threadpool(self._answer, verdict, self._visitor(request))
        return self._page("plain.html", 200 if "scans" in told else 404, **plain_facts(verdict, told, notice))

    async def _keep_report(self, request: Request, verdict: Verdict, data: Mapping[str, object]) -> None:
        code = self._admit_writing(request, verdict)
        said = report_of(data)
        settings, who = self._settings, self._visitor(request)

        def keep() -> None:
            with self._store.writing() as tx:
                add_report(tx, code.number.compact, code.county, settings.now(), said.kind, said.words, who)

        await run_in_threadpool(keep)

    async def _keep_evaluation(self, request: Request, verdict: Verdict, data: Mapping[str, object]) -> None:
        code = self._admit_writing(request, verdict)
        said = stars_of(data)
        settings, who = self._settings, self._visitor(request)

        def keep() -> None:
            with self._store.writing() as tx:
                add_evaluation(tx, code.number.compact, settings.now(), said.stars, said.words, who)

        await run_in_threadpool(keep)

    def _answer(self, verdict: Verdict, who: str) -> dict[str, Any]:
        code = code_of(verdict)
        if code is None:
            return refusal(verdict)
        with self._store.writing() as tx:
            scans = count_scan(tx, code.number.compact, code.copy, self._settings.now(), who, AGAIN)
        with self._store.reading() as tx:
            return answer(tx, verdict, scans)

    def _judge(self, digits: str) -> Verdict:
        return judge(digits, self._keys(), self._settings.now())

    def _visitor(self, request: Request) -> str:
        return visitor(self._settings.secret, _address(request), self._settings.now())

    def _admit_reading(self, request: Request, verdict: Verdict) -> None:
        self._admit(self._read, neighbourhood(_address(request)))
        code = code_of(verdict)
        if code is not None:
            self._admit(self._read_code, f"{code.number.compact}/{code.copy}")

    def _admit_writing(self, request: Request, verdict: Verdict) -> Code:
        code = code_of(verdict)
        if code is None:
            raise BadInput("malformed")
        self._admit(self._write, neighbourhood(_address(request)))
        self._admit(self._write_code, code.number.compact)
        return code

    def _admit(self, buckets: Buckets, key: str) -> None:
        # the table of limits is no register of addresses
        wait_s = buckets.take(hashlib.blake2b(key.encode(), key=self._settings.secret[:64], digest_size=12).hexdigest())
        if wait_s:
            raise _Busy(wait_s)

    def _shell(self, keys: KeyList) -> Asset:
        made = self._shells.get(keys.host)
        if made is None:
            template = self._templates.get_template("shell.html")
            text = template.render(w=words(), files=files(), host=keys.host, list_key=self._settings.list_key)
            made = self._shells[keys.host] = asset("shell", "html", "text/html; charset=utf-8", text.encode("utf-8"))
        return made

    def _verdict(self, word: str, status: int, headers: dict[str, str] | None = None) -> Response:
        return self._page("verdict.html", status, headers, verdict=words()["verdict"][word])

    def _page(self, name: str, status: int = 200, headers: dict[str, str] | None = None, **facts: object) -> Response:
        return page(self._templates, name, status, {**_PRIVATE, **(headers or {})}, w=words(), files=files(), **facts)


def routes(engine: Engine, keys: KeySource, settings: PublicSettings) -> Sequence[BaseRoute]:
    """The routes of the public page, to stand beside others; they bring their own security headers."""
    return _routes(_Public(Store(engine), keys, settings))


def make_app(engine: Engine, keys: KeySource, settings: PublicSettings) -> Starlette:
    """The public page alone, as behind its own host: every other address gets a clear page too."""
    public = _Public(Store(engine), keys, settings)

    async def missing(_: Request, __: Exception) -> Response:
        return public.missing()

    async def broken(_: Request, __: Exception) -> Response:
        return public.broken()

    async def root(_: Request) -> Response:
        return RedirectResponse("/q/", 307)

    return Starlette(
        routes=[Route("/", root), *_routes(public)],
        exception_handlers={404: missing, 405: missing, 500: broken},
        middleware=[Middleware(SecurityHeaders, policy=POLICY)],
    )


def _routes(public: _Public) -> list[BaseRoute]:
    headers = [Middleware(SecurityHeaders, policy=POLICY)]

    def route(path: str, handler: Handler, method: str, *, html: bool) -> Route:
        return Route(path, public.guarded(handler, html=html), methods=[method], middleware=headers)

    found = [
        route("/p/scan", public.scan, "POST", html=False),
        route("/p/report", public.report, "POST", html=False),
        route("/p/evaluation", public.evaluation, "POST", html=False),
        route("/p/key/{key_id:int}.json", public.key, "GET", html=False),
        route("/p/{name}", public.file, "GET", html=False),
        route("/q/", public.index, "GET", html=True),
    ]
    for path in ("/q/{digits:path}", "/{digits:code}"):
        found += [route(path, public.shell, "GET", html=True), route(path, public.plain_post, "POST", html=True)]
    return list(found)


def _served(request: Request, found: Asset, headers: dict[str, str]) -> Response:
    common = {**headers, "ETag": found.etag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == found.etag:
        return Response(status_code=304, headers=common)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, media_type=found.kind, headers={**common, "Content-Encoding": "gzip"})
    return Response(found.body, media_type=found.kind, headers=common)


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""
