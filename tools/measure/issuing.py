"""How long a producer waits from 我承诺，开证 until the bytes of his first label are handed to the printer's port.

Measured on the real path: the ledger's desk issues (number, signatures, COMMIT), the attempt is recorded (COMMIT), the drawing desk lays out,
encodes and proves the bytes. Before that the label was shown as it will print, as on the confirming screen. The floor is the least that the same
promise costs on this machine, measured in turn with it: one bare durable insert into an encrypted file with WAL and FULL, one Ed25519 signature,
one cold layout (open fonts, nothing else remembered), one decode of the code.
The same is measured through an issuer in a process of its own, and on a ledger of a million certificates, filled once (about four minutes, 5 GB) through the real tables and kept in the
temporary folder.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drivers.printer.profile import PrinterProfile
from drivers.printer.record import MonoBitmap, PrinterJob
from kiosk.credential.signer import Ed25519Signer
from kiosk.credential.token import BODY_BYTES, signed_message
from kiosk.domain.certificate import ClockQuality, PaperOutcome, beijing_date
from kiosk.domain.product import Product, ProductClass, ProductId
from kiosk.domain.promise import Confirmation, Draft, EvidenceLevel, Promise, Signature, promise
from kiosk.domain.quantity import Quantity, QuantitySource, ScaleIdentity, Unit
from kiosk.domain.subject import Place, Subject, SubjectId, SubjectKind
from kiosk.issuing.issuer import TrustedTime
from kiosk.issuing.ledger_issuer import LedgerIssuer
from kiosk.issuing.remote import RemoteIssuer
from kiosk.issuing.signing import TokenLabelSigner
from kiosk.label.content import LabelContent, preview_content
from kiosk.label.layout import LAYOUT_VERSION, forget_drawn, layout
from kiosk.label.stock import label_stock
from kiosk.label.text import font_digest
from kiosk.runtime.printing import CopyPrinter, PaperSetup
from kiosk.runtime.receipt_test import decode
from kiosk.runtime.workers import Desk, Workers
from kiosk.store.engine import connect
from kiosk.store.upgrade import HEAD
from tools.measure.issuer_apart import issuer_apart
from tools.measure.row import Row, against_floor

CERTIFICATES = 1_000_000
SAMPLES = 400
_WARM_UP = 10
_BLOCK = 40
_FLOOR_RATIO = 1.5
_FULL_RATIO = 1.2
_HOST = "q.measure"
_KEY = bytes(range(32))
_TERMINAL = "1407039999"
_STATION = "测量用站点"
_NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
_BASE = Place("140703", "晋中市太谷区明星镇南庄村")
_TOMATO = Product(ProductId(17), "番茄", ProductClass.VEGETABLE, "fq", (Unit.KG,))
_FIRST_SUBJECT = 1000
_SUBJECTS = 500
_BATCH = 50_000
_BYTES_EACH = 6000
_SURNAMES, _NAMES = "王李张刘陈杨赵黄周吴", "建国秀英志强桂兰海燕玉梅文军"


def rows(certificates: int = CERTIFICATES, samples: int = SAMPLES) -> list[Row]:
    """An empty ledger and the issuer's process against the floor, a full ledger against the empty one."""
    with tempfile.TemporaryDirectory(prefix="kiosk-measure-") as folder, ExitStack() as stack:
        empty = stack.enter_context(_Bench(stack.enter_context(open_measured(Path(folder) / "empty"))))
        apart = stack.enter_context(_Bench(stack.enter_context(issuer_apart(Path(folder) / "apart"))))
        full = stack.enter_context(_Bench(stack.enter_context(open_measured(_filled(certificates)))))
        floor = stack.enter_context(_Floor(Path(folder) / "floor.db"))
        # In turn, so that whatever else the machine does meets all of them.
        times = _in_turn((empty, apart, full, floor), samples)
    waited, waited_apart, waited_full, least = (_p95(series) for series in times)
    return [
        against_floor("issuing, confirm to bytes handed over, p95", waited, "ms", least, _FLOOR_RATIO),
        against_floor("issuing, the same through the issuer's process, p95", waited_apart, "ms", least, _FLOOR_RATIO),
        against_floor(
            f"issuing, the same with {certificates} certificates in the ledger, p95", waited_full, "ms", waited, _FULL_RATIO
        ),
    ]


def _in_turn(works: Sequence[_Bench | _Floor], samples: int) -> list[list[float]]:
    times: list[list[float]] = [[] for _ in works]
    for number in range(samples + _WARM_UP):
        for work, series in zip(works, times, strict=True):
            made = _promise(number)
            work.prepare(made)
            begun = time.perf_counter()
            work.measure(made)
            if number >= _WARM_UP:
                series.append((time.perf_counter() - begun) * 1000)
    return times


def _p95(times: Sequence[float]) -> float:
    """The median of the p95 of blocks: one busy second of the machine spoils one block and not the figure."""
    blocks = [times[start : start + _BLOCK] for start in range(0, len(times), _BLOCK)]
    return statistics.median(statistics.quantiles(block, n=20, method="inclusive")[18] for block in blocks)


class _Bench:
    """A terminal's ledger, desks and copy printer, whose port only notes that bytes came."""

    def __init__(self, issuer: LedgerIssuer | RemoteIssuer) -> None:
        self._issuer = issuer
        self._workers = Workers()
        self._handed_over = threading.Event()
        self._submitted = 0
        setup = PaperSetup(label_stock("60x80"), PrinterProfile(name="measured", head_dots=576))
        self._printer = CopyPrinter(self._issuer, self._workers, setup, self, lambda _: None)

    def submit(self, job: PrinterJob) -> None:
        """The printer's port."""
        self._submitted += 1
        self._handed_over.set()

    def prepare(self, made: Promise) -> None:
        """The preview on the confirming screen."""
        layout(_preview(made), label_stock("60x80"))

    def measure(self, made: Promise) -> None:
        """From the confirmed promise to the bytes of the first copy at the port."""
        before = self._submitted
        self._handed_over.clear()

        def issue() -> None:
            certificate = self._issuer.issue(made)
            self._printer.print_copy(certificate.number, 1, reprint=False)

        self._workers.post(Desk.LEDGER, issue, self._handed_over.set)
        if not self._handed_over.wait(30) or self._submitted == before:
            raise RuntimeError("no bytes came")

    def __enter__(self) -> _Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._workers.close()


class _Floor:
    """The least that a promise costs, without any of our ledger, desks or encoders."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._file: Any = connect(path, _KEY)
        self._file.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, body BLOB)")
        self._key = Ed25519PrivateKey.generate()

    def prepare(self, made: Promise) -> None:
        """Nothing is known of this label."""
        forget_drawn()

    def measure(self, made: Promise) -> None:
        """Insert, sign, lay out, decode."""
        self._file.execute("BEGIN IMMEDIATE")
        self._file.execute("INSERT INTO bare (body) VALUES (?)", (bytes(2000),))
        self._file.execute("COMMIT")
        token = bytes([0x11]) + os.urandom(BODY_BYTES - 1)
        token += self._key.sign(signed_message(_HOST, token))
        url = f"https://{_HOST}/{int.from_bytes(token, 'big'):0241d}"
        content = replace(_preview(made), url=url)
        bitmap = layout(content, label_stock("60x80")).bitmap
        if decode(MonoBitmap(bitmap.width_dots, bitmap.height_dots, bitmap.data)) != [url]:
            raise RuntimeError("the code does not read")

    def __enter__(self) -> _Floor:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _filled(certificates: int) -> Path:
    """The folder of a ledger with that many certificates and all that belongs to them; later runs find it and add their samples."""
    folder = Path(tempfile.gettempdir()) / f"kiosk-measure-{os.getuid()}" / f"ledger-{HEAD}-{certificates}"
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if shutil.disk_usage(folder.parent).free < certificates * _BYTES_EACH:
        raise RuntimeError(f"{folder.parent} has no room for {certificates * _BYTES_EACH >> 30} GB: point TMPDIR to a larger disk")
    making = folder.with_name(folder.name + ".part")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    with open_measured(making) as issuer:
        made = issuer.issue(_promise(0))
        job = issuer.begin_print(made.number, 1, reprint=False)
        issuer.record_print(job.job_id, PaperOutcome.CONFIRMED, layout_version=str(LAYOUT_VERSION), font_digest=font_digest())
    _multiply(making / "ledger.db", certificates)
    making.rename(folder)
    return folder


def _multiply(path: Path, certificates: int) -> None:
    """Copy the rows of the first certificate until there are ``certificates``: other numbers, promises, subjects and days, same tables."""
    file: Any = connect(path, _KEY)
    for pragma in ("synchronous=OFF", "cache_size=-300000", "wal_autocheckpoint=20000"):
        file.execute(f"PRAGMA {pragma}")
    triggers = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        file.execute(f"DROP TRIGGER {name}")
    other: dict[str, dict[str, str]] = {
        "certificate": {
            "counter": "n",
            "number": f"'{_TERMINAL}' || printf('%06d', n) || 'X'",
            "promise_id": "lower(hex(randomblob(16)))",
            "subject_id": f"{_FIRST_SUBJECT} + n % {_SUBJECTS}",
            "day": f"date('2026-11-23', '-' || (({certificates} - n) * 1000 / {certificates}) || ' days')",
            "product_id": "1 + n % 149",
            "digest": "randomblob(8)",
        },
        "label": {"counter": "n", "token": "randomblob(100)"},
        "print_job": {"job_id": "n", "counter": "n"},
        "outbox_event": {"seq": "2 * n + seq"},
        "audit": {"seq": "n", "counter": "n", "hash": "randomblob(32)"},
    }
    for table, changes in other.items():
        columns = [row[1] for row in file.execute(f"PRAGMA table_info({table})")]
        key = columns[0]
        selected = ", ".join(changes.get(column, f'{table}."{column}"') for column in columns)
        template = f"{table}.{key} <= 2" if table == "outbox_event" else f"{table}.{key} = 1"
        for first in range(2, certificates + 1, _BATCH):
            last = min(first + _BATCH - 1, certificates)
            numbers = f"WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
            file.execute("BEGIN IMMEDIATE")
            file.execute(f"{numbers} INSERT INTO {table} SELECT {selected} FROM numbers, {table} WHERE {template}")
            file.execute("COMMIT")
    file.execute(f"UPDATE terminal SET last_counter = {certificates}")
    for _, sql in triggers:
        file.execute(sql)
    file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    file.close()


def open_measured(folder: Path) -> LedgerIssuer:
    """The ledger in ``folder`` with a key that nobody keeps."""
    signer = TokenLabelSigner(Ed25519Signer(7, Ed25519PrivateKey.generate()), _HOST, is_demo=False)
    built = _NOW - timedelta(days=1)
    return LedgerIssuer.open(folder / "ledger.db", _KEY, signer, _Register(), _Clock(), _TERMINAL, _STATION, built)


class _Clock:
    def read(self) -> TrustedTime:
        return TrustedTime(_NOW, ClockQuality.NTP)


class _Register:
    def get(self, subject_id: SubjectId) -> Subject:
        return _subject(subject_id - _FIRST_SUBJECT)


def _subject(number: int) -> Subject:
    person = _SURNAMES[number % len(_SURNAMES)] + _NAMES[number // len(_SURNAMES) % len(_NAMES)]
    return Subject(
        id=SubjectId(_FIRST_SUBJECT + number),
        kind=SubjectKind.COOPERATIVE,
        name=f"太谷区{person}蔬菜种植专业合作社",
        phone=f"138000{number:05d}",
        base=_BASE,
        person_name=person,
        person_hash=number.to_bytes(32, "big"),
    )


def _draft(number: int) -> Draft:
    """Another label for every number: subject, weight and phone differ."""
    subject = _subject(number % _SUBJECTS)
    weight = Quantity(Decimal(12_350 + number).scaleb(-3), Unit.KG, QuantitySource.WEIGHED, ScaleIdentity("0417"))
    return Draft(subject, _TOMATO, weight, _BASE, subject.phone)


def _preview(made: Promise) -> LabelContent:
    draft = Draft(made.subject, made.product, made.quantity, made.origin, made.phone)
    return preview_content(draft, beijing_date(_NOW), demo=False)


def _promise(number: int) -> Promise:
    ink = Signature((tuple((x, 500 + x % 7) for x in range(100, 900, 10)),))
    evidence = Confirmation(EvidenceLevel.CARD, "2026-02", "T2026-02", _NOW, ink)
    return promise(_draft(number), uuid.uuid4().hex, beijing_date(_NOW), evidence)
