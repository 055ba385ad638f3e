"""A centre's database for looking at the console: any number of invented terminals with health, alerts, certificates, jobs and people."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, insert

from kiosk.directory.divisions import load_divisions
from kiosk.directory.townships import load_townships
from kiosk.domain.number import CertificateNumber
from tools.fleet.store.accounts import hash_password
from tools.fleet.store.database import Store
from tools.fleet.store.schema import (
    account,
    alert,
    certificate,
    certificate_key,
    conflict,
    health_history,
    health_now,
    issuance,
    job,
    report,
    terminal,
    terminal_day,
)
from tools.fleet.store.states import State
from tools.fleet.web import CHINA, beijing
from tools.measure.console_releases import fill_releases

PASSWORD = "seven quiet apricots"
PEOPLE = (
    ("province", "省台管理员", "administrator", "14"),
    ("jinzhong", "晋中值班员", "operator", "1407"),
    ("jinzhong-admin", "晋中管理员", "administrator", "1407"),
    ("taigu", "太谷值班员", "operator", "140703"),
    ("hucun", "胡村值班员", "operator", "140703101"),
    ("looker", "查看员", "viewer", "14"),
)
_TOWNSHIP_COUNTY = "140703"
_STATES = (
    (State.ISSUING, 900),
    (State.DEGRADED, 50),
    (State.OFFLINE, 20),
    (State.CANNOT_ISSUE, 12),
    (State.SILENT, 8),
    (State.UPDATING, 4),
)
_REASONS = {
    State.DEGRADED: ("paperLow", "paperLow", "scaleDown", "cameraDown", "degraded"),
    State.CANNOT_ISSUE: ("paperOut", "paperJammed", "coverOpen", "printerDown", "appDown", "paused"),
    State.OFFLINE: ("offline",),
    State.SILENT: ("silent",),
}
_ALERTS = {
    "paperLow": ("paperLow", "warning", "printer"),
    "paperOut": ("paperOut", "critical", "printer"),
    "paperJammed": ("paperJammed", "critical", "printer"),
    "printerDown": ("deviceDown", "critical", "printer"),
    "scaleDown": ("deviceDown", "warning", "scale"),
    "cameraDown": ("deviceDown", "warning", "camera"),
    "silent": ("silent", "critical", ""),
    "offline": ("offline", "warning", ""),
    "appDown": ("cannotIssue", "critical", ""),
}
_PLACES = ("便民服务中心", "农贸市场", "果品交易市场", "供销社", "合作社服务站", "蔬菜批发市场")
_PRODUCTS = ((1, "苹果", "fruit"), (2, "番茄", "vegetable"), (3, "黄瓜", "vegetable"), (4, "鸡蛋", "egg"), (5, "谷子", "grain"))
_SHAPE = (0, 0, 0, 0, 0, 1, 6, 14, 18, 16, 13, 9, 6, 7, 10, 11, 9, 6, 3, 1, 0, 0, 0, 0)


def fill(store: Store, count: int, now: datetime) -> list[str]:
    """Write ``count`` terminals and answer their codes. Always the same for the same ``count`` and ``now``."""
    chance = random.Random(417)
    terminals = list(_terminals(chance, count, now))
    codes = [one["code"] for one in terminals]
    _write(store, terminal, terminals)
    _write(store, health_now, [row for one in terminals for row in _health(chance, one, now)])
    _write(store, alert, list(_alerts(chance, terminals, now)))
    _write(store, issuance, list(_issuance(chance, count, now)))
    _write(store, terminal_day, [row for code in codes for row in _days(chance, code, now)])
    certificates = [row for code in codes[:40] for row in _certificates(chance, code, now)]
    _write(store, certificate, certificates)
    _write(store, certificate_key, [{name: row[name] for name in ("number", "sha256", "received_at")} for row in certificates])
    _write(store, health_history, list(_history(chance, codes[:3], now)))
    _write(store, job, list(_jobs(codes[0], now)))
    fill_releases(store, now)
    _write(store, conflict, [_conflict(certificates[0], now)])
    _write(
        store,
        report,
        [_report(one, kind, now) for one, kind in zip(certificates[::20], ("goods", "copied", "other"), strict=False)],
    )
    hashed = hash_password(PASSWORD)
    people = [{"login": login, "name": name, "role": role, "area": area} for login, name, role, area in PEOPLE]
    _write(store, account, [{**one, "password": hashed, "created_at": now, "epoch": 0} for one in people])
    return codes


def _write(store: Store, table: Table, rows: list[dict[str, Any]]) -> None:
    with store.writing() as tx:
        for at in range(0, len(rows), 5000):
            tx.execute(insert(table), rows[at : at + 5000])


def _terminals(chance: random.Random, count: int, now: datetime) -> Iterator[dict[str, Any]]:
    counties = load_divisions().counties()
    order = sorted(counties, key=lambda county: county.code != _TOWNSHIP_COUNTY)
    numbers: dict[str, int] = {}
    bad = {county.code for county in chance.sample(counties, 6)}
    for index in range(count):
        county = order[index % len(order)]
        number = numbers[county.code] = numbers.get(county.code, 0) + 1
        towns = load_townships().towns(county.code)
        town = towns[(number - 1) % len(towns)]
        weights = [weight * (8 if county.code in bad and state is not State.ISSUING else 1) for state, weight in _STATES]
        state = chance.choices([state for state, _ in _STATES], weights)[0] if index else State.DEGRADED
        reason = chance.choice(_REASONS.get(state, ("",))) if index else "paperLow"
        yield {
            "code": f"{county.code}{number:04d}",
            "county": county.code,
            "town": town.code,
            "station": f"{town.name}{_PLACES[number % len(_PLACES)]}",
            "commissioned_at": now - timedelta(days=200),
            "state": state.value,
            "state_since": now - timedelta(minutes=chance.randint(1, 2000)),
            "reason": reason,
            "last_seen_at": now - timedelta(seconds=chance.randint(1, 50)),
            "hello_at": now - timedelta(hours=5),
            "software": chance.choices(("0.9.2", "0.9.1", "0.8.7"), (80, 15, 5))[0],
            "desired_software": "0.9.2",
            "conf": 3,
            "desired_conf": chance.choice((3, 3, 3, 4)),
            "dir": 118,
            "desired_dir": 118,
            "keys": 2,
            "desired_keys": 2,
            "outbox_first": 1,
            "outbox_last": chance.randint(500, 9000),
            "clock_source": "ntp",
            "paused": reason == "paused",
            "pause_reason": "站点正在装修，请到隔壁供销社开证" if reason == "paused" else "",
        }


def _health(chance: random.Random, one: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    reason = one["reason"]
    labels = {"paperLow": chance.randint(5, 60), "paperOut": 0}.get(reason, chance.randint(120, 900))
    is_late = one["state"] == State.OFFLINE.value
    down = reason.removesuffix("Down") if reason.endswith("Down") else ""
    values: dict[tuple[str, str], Any] = {
        ("", "Issuing/state"): one["state"],
        ("", "Issuing/today"): chance.randint(0, 60),
        ("", "Properties/Hardware Make"): "山西装备",
        ("", "Properties/Hardware Model"): "K10",
        ("", "Properties/OS"): "Debian",
        ("", "Outbox/pending"): chance.randint(5, 90) if is_late else 0,
        ("", "Outbox/oldest_age"): chance.randint(600, 90000) if is_late else 0,
        ("", "Disk/free"): chance.randint(8, 50) << 30,
        ("", "Disk/total"): 64 << 30,
        ("", "Memory/available"): 1100 << 20,
        ("", "Temperature/cpu"): round(chance.uniform(38, 62), 1),
        ("", "Clock/offset"): chance.randint(-300, 300),
        ("", "Clock/source"): "ntp",
        ("", "Host/uptime"): chance.randint(3600, 900000),
        ("printer", "state"): "offline" if down == "printer" else "online",
        ("printer", "supply/paper"): {"paperLow": "low", "paperOut": "out", "paperJammed": "jammed"}.get(reason, "full"),
        ("printer", "cover"): "open" if reason == "coverOpen" else "closed",
        ("printer", "supply/labels_remaining"): labels,
        ("printer", "Stat/PaperCutCount"): chance.randint(100, 9000),
        ("printer", "model"): "clone-80",
        ("scale", "state"): "noDevice" if down == "scale" else "online",
        ("scale", "Stat/GoodWeightReadCount"): chance.randint(100, 9000),
        ("reader", "state"): "online",
        ("reader", "Stat/GoodReadCount"): chance.randint(100, 9000),
        ("camera", "state"): "noDevice" if down == "camera" else "online",
    }
    at = now - timedelta(seconds=chance.randint(5, 200))
    return [{"terminal": one["code"], "device": d, "metric": m, "value": value, "at": at} for (d, m), value in values.items()]


def _alerts(chance: random.Random, terminals: list[dict[str, Any]], now: datetime) -> Iterator[dict[str, Any]]:
    for one in terminals:
        if one["reason"] not in _ALERTS:
            continue
        code, severity, device = _ALERTS[one["reason"]]
        owner = chance.choice((None, None, "jinzhong", "taigu", "province"))
        since = one["state_since"]
        yield {
            "county": one["county"], "terminal": one["code"], "device": device, "code": code, "severity": severity, "since": since,
            "cause": "noDevice" if code == "deviceDown" else "", "facts": {"labels": 12} if code == "paperLow" else None,
            "opened_at": since, "owner": owner, "acknowledged_by": owner, "acknowledged_at": since + timedelta(minutes=9) if owner else None,
        }  # fmt: skip
    outage = {
        "terminal": "",
        "device": "",
        "code": "countyOutage",
        "severity": "critical",
        "cause": "networkOrPower",
        "facts": {"silent": 31},
    }
    free: dict[str, Any] = {"owner": None, "acknowledged_by": None, "acknowledged_at": None}
    since = now - timedelta(minutes=4)
    yield {**outage, **free, "county": terminals[-1]["county"], "since": since, "opened_at": since}


def _issuance(chance: random.Random, count: int, now: datetime) -> Iterator[dict[str, Any]]:
    midnight = datetime.combine(beijing(now).date(), time(), CHINA).astimezone(UTC)
    a_county = max(1, count // len(load_divisions().counties()))
    for back in (0, 7):
        for hour, share in enumerate(_SHAPE):
            moment = midnight + timedelta(hours=hour, days=-back)
            if share and moment <= now:
                for county in load_divisions().counties():
                    made = round(a_county * share * chance.uniform(0.15, 0.3)) + 1
                    yield {"hour": moment, "county": county.code, "product_class": "fruit", "certificates": made}


def _days(chance: random.Random, code: str, now: datetime) -> list[dict[str, Any]]:
    today = beijing(now).date()
    length = 30 if code.endswith("0001") else 8
    made = [chance.randint(2, 60) for _ in range(length)]
    return [
        {"terminal": code, "day": today - timedelta(days=back), "certificates": n, "labels": n * 2} for back, n in enumerate(made)
    ]


def _certificates(chance: random.Random, code: str, now: datetime) -> Iterator[dict[str, Any]]:
    for counter in range(1, 16):
        number = CertificateNumber(code, counter)
        product, name, kind = chance.choice(_PRODUCTS)
        issued = now - timedelta(minutes=37 * (16 - counter))
        subject = chance.randint(1, 300)
        record = f'{{"number":"{number.compact}","product":{{"id":{product},"name":"{name}"}},"v":1}}'.encode()
        yield {
            "number": number.compact, "received_at": issued + timedelta(seconds=3), "terminal": code, "counter": counter, "ledger": "invented",
            "seq": counter, "issued_at": issued, "day": beijing(issued).date(), "clock": 1, "county": code[:6], "station": "便民服务中心",
            "demo": False, "key_id": 7, "form": "T2026_PRODUCER", "basis": "control,ownTest", "subject_id": subject, "subject_kind": "farmer",
            "subject_name": f"第{subject}号试验户", "credit_code": "", "product_id": product, "product_name": name, "product_class": kind,
            "amount": Decimal(chance.randint(5, 4000)) / 10, "unit": "kg", "source": chance.choice(("weighed", "declared")),
            "origin_county": code[:6], "origin": "试验村", "contact": "10000001234", "copies": chance.randint(1, 6), "token": bytes(100),
            "record": record, "sha256": hashlib.sha256(record).digest(),
            "voided_at": issued + timedelta(minutes=5) if counter == 3 else None, "void_reason": "重量写错了" if counter == 3 else None,
        }  # fmt: skip


def _history(chance: random.Random, codes: list[str], now: datetime) -> Iterator[dict[str, Any]]:
    for code in codes:
        labels = 900.0
        for step in range(7 * 24 * 6):
            at = now - timedelta(days=7) + timedelta(minutes=10 * step)
            busy = 7 <= beijing(at).hour < 18
            labels = 900 if labels < 20 else labels - (chance.random() * 4 if busy else 0)
            for device, metric, value in (
                ("printer", "supply/labels_remaining", round(labels)),
                ("", "Outbox/pending", chance.randint(0, 3) if busy else 0),
                ("", "Outbox/oldest_age", chance.randint(0, 4000) if busy and chance.random() < 0.1 else 0),
                ("", "Temperature/cpu", round(41 + 9 * busy + chance.uniform(-2, 2), 1)),
                ("", "Disk/free", (40 << 30) - step * (6 << 20)),
                ("", "Clock/offset", chance.randint(-40, 40)),
            ):
                yield {"terminal": code, "device": device, "metric": metric, "at": at, "received_at": at, "value": value}


def _jobs(code: str, now: datetime) -> Iterator[dict[str, Any]]:
    told = (("reboot", "SUCCEEDED", 400), ("testPrint", "FAILED", 200), ("collectLogs", "IN_PROGRESS", 2))
    for index, (kind, status, minutes) in enumerate(told):
        at = now - timedelta(minutes=minutes)
        yield {
            "id": f"00000000-0000-4000-8000-{index:012d}", "terminal": code, "kind": kind, "args": {}, "not_after": at + timedelta(hours=4),
            "document": "{}", "created_at": at, "created_by": "province", "status": status, "updated_at": at,
        }  # fmt: skip


def _report(about: dict[str, Any], kind: str, now: datetime) -> dict[str, Any]:
    told = {"number": about["number"], "county": about["county"], "words": "袋子里不是这个产品", "visitor": "invented"}
    return {**told, "kind": kind, "at": now - timedelta(hours=9)}


def _conflict(held: dict[str, Any], now: datetime) -> dict[str, Any]:
    body = held["record"].replace(b'"id":', b'"id":9')
    return {
        "terminal": held["terminal"], "ledger": "other", "seq": 1, "kind": "certificate", "number": held["number"], "code": "conflict",
        "body": body, "sha256": hashlib.sha256(body).digest(), "received_at": now - timedelta(hours=2),
    }  # fmt: skip
