"""What a shopper may send: a report or an evaluation, as JSON or as a plain form. Everything in it is hostile until read here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request

from tools.fleet.public.assets import words
from tools.fleet.public.privacy import scrubbed

KINDS = ("goods", "copied", "quality", "facts", "other")
"""What may be wrong."""
_MOST_BYTES = 4096
_MOST_CHARACTERS = 200


class BadInput(ValueError):
    """Something that no page of ours sends. ``code``: tooLarge | wrongKind | malformed | incomplete; ``http`` is the status for it."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.http = {"tooLarge": 413, "wrongKind": 415}.get(code, 400)
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Report:
    """``kind`` is one of ``KINDS``; ``words`` hold no telephone or ID number."""

    kind: str
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stars:
    """1 to 5 stars and words without numbers of people."""

    stars: int
    words: str = field(repr=False)


async def read_json(request: Request) -> Mapping[str, object]:
    """The object in a JSON body of bounded size. Raises ``BadInput``."""
    if _kind(request) != "application/json":
        raise BadInput("wrongKind")
    body = await _body(request)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as err:
        raise BadInput("malformed") from err
    if not isinstance(found, dict):
        raise BadInput("malformed")
    return found


async def read_form(request: Request) -> Mapping[str, object]:
    """The fields of a plain form of bounded size. Raises ``BadInput``."""
    if _kind(request) != "application/x-www-form-urlencoded":
        raise BadInput("wrongKind")
    body = await _body(request)
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=8, errors="strict"))
    except ValueError as err:
        raise BadInput("malformed") from err


def report_of(data: Mapping[str, object]) -> Report:
    """Raises ``BadInput('incomplete')``."""
    kind = data.get("kind")
    if kind not in KINDS:
        raise BadInput("incomplete")
    return Report(str(kind), _words(data))


def stars_of(data: Mapping[str, object]) -> Stars:
    """Raises ``BadInput('incomplete')``."""
    stars = data.get("stars")
    if str(stars) not in ("1", "2", "3", "4", "5") or isinstance(stars, bool):
        raise BadInput("incomplete")
    return Stars(int(str(stars)), _words(data))


def digits_of(data: Mapping[str, object]) -> str:
    """The code's digits; "" for what is no text."""
    found = data.get("digits")
    return found if isinstance(found, str) else ""


def _words(data: Mapping[str, object]) -> str:
    found = data.get("words", "")
    return scrubbed(found, _MOST_CHARACTERS, words()["trouble"]["scrubbed"]) if isinstance(found, str) else ""


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise BadInput("tooLarge")
    return bytes(body)
