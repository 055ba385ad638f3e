"""Makes the published vectors of the wire: ``tools/dev run python -m tests.vectors.wire.make_wire_vectors``. A test keeps the file equal to this.

The keys are for tests only: whoever reads this file can sign with them.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.wire import health, topics
from kiosk.wire.canonical import canonical_json
from kiosk.wire.job import JobKind, JobReport, JobStatus, sign_cancel, sign_job
from kiosk.wire.order import Answer, Order, OrderKind, Standing
from kiosk.wire.snapshot import ClockStatus, Deadlines, DeviceName, DeviceStatus, Ledger, Status, Supplies, Versions
from kiosk.wire.sparkplug.payload import DataType, Metric, Payload
from kiosk.wire.sparkplug.state import HostState
from kiosk.wire.sync import Announcement, FileHead, FileKind, KeyLine, SubjectLine, SubjectPut, sign_announcement
from kiosk.wire.uplink import (
    BadCode,
    BadEvent,
    CertBatch,
    ClockReport,
    ClockSource,
    Desired,
    Hello,
    Mark,
    OutboxSpan,
    Pause,
    Receipt,
    Welcome,
    WireEvent,
)

FILE = Path(__file__).parent / "wire.json"
TERMINAL = "1407030031"
LEDGER = "8c3b1b5e-7a43-4a6b-9a52-0d6f3a1f2c11"
AT = datetime(2026, 11, 24, 4, 0, 0, 250_000, tzinfo=UTC)
CENTRE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
JOB_ID = UUID("3f0f8f3e-6c1e-4f0a-9d0b-5f6a7b8c9d0e")


def event(seq: int, kind: str, body: dict[str, Any]) -> WireEvent:
    return WireEvent(seq, kind, canonical_json({"v": 1, **body}))


def announcement() -> Announcement:
    return sign_announcement(
        Announcement(
            kind=FileKind.DIRECTORY,
            version=7,
            base=6,
            size=1234,
            sha256=hashlib.sha256(b"file").hexdigest(),
            path="140703/directory-7-6.jsonl.gz",
            made_at=AT,
        ),
        CENTRE,
    )


def messages() -> dict[str, bytes]:
    """Name -> bytes as they travel."""
    file = announcement()
    status = Status(
        at=AT,
        terminal=TERMINAL,
        boot="boot-1",
        page="attract",
        can_issue=True,
        devices={
            DeviceName.PRINTER: DeviceStatus(state="online", paper="low", cover="closed", statistics={"PaperCutCount": 12}),
            DeviceName.SCALE: DeviceStatus(state="noDevice", error="noDevice", level="recoverable"),
        },
        supplies=Supplies(labels_remaining=83, labels_printed=417),
        deadlines=Deadlines(signing_key=date(2028, 11, 30), scale_verification=date(2026, 12, 24)),
        clock=ClockStatus(source="ntp"),
        versions=Versions(software="0.1.0", configuration=3, directory=6, keys=4),
        ledger=Ledger(last_counter=417, issued_today=12, last_issued_at=AT),
        alarms=("paperLow",),
    )
    return {
        "hello": Hello(
            boot="boot-1",
            ledger=LEDGER,
            sw="0.1.0",
            conf=3,
            dir=6,
            keys=4,
            outbox=OutboxSpan(first=1, last=1203),
            clock=ClockReport(utc=AT, src=ClockSource.NTP, err_ms=12),
            marks=(
                Mark(seq=1100, sha256=hashlib.sha256(b"receipted").hexdigest()),
                Mark(seq=1203, sha256=hashlib.sha256(b"last").hexdigest()),
            ),
        ).encode(),
        "welcome": Welcome(
            utc=AT,
            receipt_upto=1100,
            desired=Desired(conf=3, dir=7, keys=4, sw="0.1.0"),
            jobs=(sign_job(CENTRE, JOB_ID, TERMINAL, JobKind.SYNC_DIRECTORY, {"file": file.as_json()}, AT),),
            counter_floor=417,
            pause=Pause(on=True, reason="设备检修，请稍后再来"),
        ).encode(),
        "cert": CertBatch(
            LEDGER,
            (
                event(1101, "certificate", {"number": "1407030031000417U", "generation": LEDGER, "contact": "13800000417"}),
                event(1102, "print", {"number": "1407030031000417U", "copy": 1, "outcome": "CONFIRMED", "origin": "南庄村"}),
            ),
        ).encode(),
        "receipt": Receipt(ledger=LEDGER, upto=1102, bad=(BadEvent(seq=1101, code=BadCode.CONFLICT),)).encode(),
        "job": canonical_json(sign_job(CENTRE, JOB_ID, TERMINAL, JobKind.PAUSE_ISSUING, {"reason": "停电检修"}, AT)),
        "cancel": canonical_json(sign_cancel(CENTRE, JOB_ID, TERMINAL)),
        "job_report": JobReport(id=str(JOB_ID), status=JobStatus.SUCCEEDED, detail={"code": ""}, at=AT).encode(),
        "announcement": file.encode(),
        "file_head": FileHead(kind=FileKind.DIRECTORY, version=7, base=6, count=2).encode(),
        "subject_line": canonical_json(
            SubjectLine(
                put=SubjectPut(
                    id=417,
                    kind="farmer",
                    status="active",
                    name="王建国",
                    phone="13800000417",
                    county="140703",
                    place="晋中市太谷区明星镇南庄村",
                    person_name="王建国",
                    persons=(hashlib.sha256(b"nobody").hexdigest(),),
                )
            ).as_json()
        ),
        "key_line": canonical_json(KeyLine(void=(42, 417)).as_json()),
        "status": status.encode(),
        "order": Order(id=str(JOB_ID), kind=OrderKind.SELF_TEST, args={"level": "internal"}, not_after=AT).encode(),
        "answer": Answer(id=str(JOB_ID), ok=False, code="paperOut", detail={"part": "printer"}).encode(),
        "standing": Standing(
            pause=Pause(on=True, reason="停电检修"), counter_floor=417, floor_ledger="0f3c5a7e9b1d4f6082a4c6e8f0a1b2c3"
        ).encode(),
        "state": HostState(True, 1_795_492_800_250).encode(),
    }


def payloads() -> dict[str, Payload]:
    """Name -> Sparkplug payload."""
    ms = int(AT.timestamp() * 1000)
    birth = (
        Metric("bdSeq", 7, DataType.INT64, timestamp=ms),
        Metric("Node Control/Rebirth", False, DataType.BOOLEAN, 0, ms),
        Metric("Clock/offset", -1500, DataType.INT64, 1, ms, properties={"engUnit": "ms"}),
        Metric("Temperature/cpu", 41.5, DataType.DOUBLE, 2, ms),
        Metric("Alarm/codes", "paperLow", DataType.STRING, 3, ms),
        Metric("Outbox/pending", None, DataType.UINT64, 4, ms),
    )
    return {
        "nbirth": Payload(ms, birth, 0),
        "ndeath": Payload(None, (Metric("bdSeq", 7, DataType.INT64),)),
        "ndata": Payload(ms, (Metric(value=103, alias=4, timestamp=ms),), 1),
        "historical": Payload(ms, (Metric(value=103, alias=4, timestamp=ms - 60_000, is_historical=True),), 2),
    }


TYPES = {4: DataType.UINT64}


def vectors() -> dict[str, Any]:
    """The whole document."""
    public = CENTRE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {
        "centre_key": public.hex(),
        "topics": {
            **{f"up.{word.value}": topics.up(TERMINAL, word) for word in topics.Up},
            **{f"down.{word.value}": topics.down(TERMINAL, word) for word in topics.Down},
        },
        "messages": {name: raw.decode("utf-8") for name, raw in messages().items()},
        "payloads": {name: payload.encode(TYPES).hex() for name, payload in payloads().items()},
        "metrics": {
            "node": {row.name: row.datatype.name for row in health.NODE},
            **{name.value: {row.name: row.datatype.name for row in rows} for name, rows in health.DEVICES.items()},
        },
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(vectors(), ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
