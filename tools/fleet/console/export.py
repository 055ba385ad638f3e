"""Lists as CSV for Excel: UTF-8 with a byte order mark, and no cell that Excel would run.

Source: a cell that begins with = + - @, a tab or a carriage return is a formula to Excel and its like; an apostrophe before it makes it text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from starlette.responses import StreamingResponse

from tools.fleet.web import NO_STORE

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ROWS_AT_ONCE = 500


def csv_response(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingResponse:
    """The rows as a download called ``name``; they are asked for while they are sent, never held together."""
    headers = {**NO_STORE, "Content-Disposition": f"attachment; filename=\"export.csv\"; filename*=UTF-8''{quote(name)}"}
    return StreamingResponse(_text(head, rows), media_type="text/csv; charset=utf-8", headers=headers)


def _text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    yield "\ufeff".encode()
    writer.writerow(head)
    for count, row in enumerate(rows, 1):
        writer.writerow([_cell(value) for value in row])
        if count % _ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
