"""What the farmer can do at a terminal, and what is worth an alarm: pure, from its last values and its contact.

Few alarms, each with something to do. Within usual hours only, where a machine may be switched off at night.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Row

from kiosk.domain.certificate import BEIJING
from kiosk.wire.sparkplug.payload import Value
from tools.fleet.collector.alerts import Finding
from tools.fleet.collector.watch import Contact
from tools.fleet.config import Delays
from tools.fleet.store.states import Severity, State

CLOCK_OFFSET_S = 120
TEMPERATURE_C = 70
DISK_SHARE = 0.10
OUTBOX_WARN_S = 24 * 3600
OUTBOX_CRITICAL_S = 72 * 3600
LABEL_DAYS = 2
KEY_DAYS = 30
KEY_CRITICAL_DAYS = 7
SCALE_DAYS = 30
BEHIND_AFTER = timedelta(days=3)
"""So long a terminal may take to change what is wanted of it: it may be away over a weekend."""
_NEEDED = ("printer",)
"""Without it nothing can be issued; scale, reader and camera have other ways beside them."""
_WELL = frozenset({"online", "deviceBusy", "starting"})


@dataclass(slots=True)
class View:
    """A terminal as the rules see it. ``values`` by (device, metric)."""

    code: str
    county: str
    opens: int = 480
    closes: int = 1080
    commissioned: bool = True
    retired: bool = False
    paused: bool = False
    desired_software: str = ""
    wanted_at: datetime | None = None  # when something else was last wanted
    behind: str = ""  # what it has not changed yet: words of BEHIND joined by commas
    state: State = State.NOT_COMMISSIONED
    state_since: datetime | None = None
    reason: str = ""
    born_at: datetime | None = None
    last_seen_at: datetime | None = None
    labels_a_day: float = 0  # over the last week
    values: dict[tuple[str, str], Value] = field(default_factory=dict)

    def of(self, metric: str, device: str = "") -> Value:
        """The last value, None when nobody knows."""
        return self.values.get((device, metric))

    def number(self, metric: str, device: str = "") -> float | None:
        """The last value as a number."""
        value = self.values.get((device, metric))
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def devices(self) -> list[str]:
        """Devices that were ever told of."""
        return sorted({device for device, _ in self.values if device})


def state_of(view: View, contact: Contact, now: datetime) -> tuple[State, str]:
    """The word, and why."""
    if view.retired:
        return State.RETIRED, ""
    if not view.commissioned:
        return State.NOT_COMMISSIONED, ""
    state, reason = _reachable(view) if contact is Contact.THERE else (State(contact.value), contact.value)
    if state in (State.OFFLINE, State.CANNOT_ISSUE) and _is_updating(view, now):
        return State.UPDATING, ""
    return state, reason


def _reachable(view: View) -> tuple[State, str]:
    said = view.of("Issuing/state")
    if view.paused or view.of("Issuing/paused") is True:
        return State.CANNOT_ISSUE, "paused"
    if said == "cannotIssue":
        return State.CANNOT_ISSUE, _why_not(view)
    if said == "degraded":
        return State.DEGRADED, _why_degraded(view)
    return State.ISSUING, ""


def _why_not(view: View) -> str:
    if view.of("App/alive") is False:
        return "appDown"
    if view.of("Store/error"):
        return "storeBroken"
    if view.of("Clock/problem"):
        return "clockUntrusted"
    paper = view.of("supply/paper", "printer")
    if paper in ("out", "jammed"):
        return "paperOut" if paper == "out" else "paperJammed"
    if view.of("cover", "printer") == "open":
        return "coverOpen"
    for device in _NEEDED:
        if view.of("state", device) not in (None, *_WELL):
            return f"{device}Down"
    return "cannotIssue"


def _why_degraded(view: View) -> str:
    if view.of("supply/paper", "printer") == "low":
        return "paperLow"
    for device in view.devices():
        if view.of("state", device) not in (None, *_WELL):
            return f"{device}Down"
    return "degraded"


def _is_updating(view: View, now: datetime) -> bool:
    """A terminal that is to get another version may be away for a while."""
    if not view.desired_software or view.of("Properties/FW") in (None, view.desired_software):
        return False
    began = view.last_seen_at or view.state_since
    return began is not None and now - began < timedelta(minutes=30)


def in_hours(view: View, now: datetime) -> bool:
    """Whether people usually come now."""
    local = now.astimezone(BEIJING)
    return view.opens <= local.hour * 60 + local.minute < view.closes


def opening(view: View, now: datetime) -> datetime:
    """Today's usual opening."""
    local = now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    return local + timedelta(minutes=view.opens)


def findings(
    view: View, contact: Contact, contact_since: datetime, silent_devices: list[str], now: datetime, delays: Delays
) -> list[Finding]:
    """Everything that is wrong with a terminal at work. A county's outage is judged elsewhere."""
    if view.retired or not view.commissioned:
        return []
    found = _Findings(view)
    # paper and days to come do not change while a terminal is away: whoever has taken such an alarm keeps it over the night
    _paper(view, found)
    _deadlines(view, found, now)
    open_now = in_hours(view, now)
    if contact is not Contact.THERE:
        # at night a machine may be off; in the morning it has a while to come
        if open_now and now - opening(view, now) >= timedelta(seconds=delays.opening_grace_s):
            word = "notOpened" if contact_since < opening(view, now) else contact.value
            found.add(word, Severity.WARNING if contact is Contact.OFFLINE else Severity.CRITICAL, since=contact_since)
        return found.all
    _devices(view, found)
    _machine(view, found)
    for device in silent_devices:
        found.add("deviceSilent", Severity.WARNING if device in _NEEDED else Severity.NOTICE, device)
    if view.state is State.CANNOT_ISSUE and view.state_since is not None and open_now and view.reason != "paused":
        since = max(view.state_since, opening(view, now))
        if now - since >= timedelta(seconds=delays.cannot_issue_s):
            found.add("cannotIssue", Severity.CRITICAL, since=view.state_since, cause=view.reason)
    return found.all


class _Findings:
    def __init__(self, view: View) -> None:
        self._view = view
        self.all: list[Finding] = []

    def add(
        self, code: str, severity: Severity, device: str = "", *, since: datetime | None = None, cause: str = "", **facts: object
    ) -> None:
        self.all.append(Finding(code, severity, self._view.county, self._view.code, device, cause, since, dict(facts)))


def _paper(view: View, found: _Findings) -> None:
    paper, left = view.of("supply/paper", "printer"), view.number("supply/labels_remaining", "printer")
    if paper == "out":
        found.add("paperOut", Severity.CRITICAL, "printer")
    elif paper == "jammed":
        found.add("paperJammed", Severity.CRITICAL, "printer")
    elif paper == "low" or (left is not None and left < LABEL_DAYS * view.labels_a_day):
        lasts = round(left / view.labels_a_day, 1) if left is not None and view.labels_a_day else None
        facts: dict[str, Any] = {"labels": left, "a_day": round(view.labels_a_day) or None, "lasts_days": lasts}
        found.add("paperLow", Severity.WARNING, "printer", **{name: value for name, value in facts.items() if value is not None})


def _devices(view: View, found: _Findings) -> None:
    for device in view.devices():
        if view.of("state", device) not in (None, *_WELL):
            severity = Severity.CRITICAL if device in _NEEDED else Severity.WARNING
            found.add("deviceDown", severity, device, cause=str(view.of("error/code", device) or view.of("state", device)))


def _machine(view: View, found: _Findings) -> None:
    age = view.number("Outbox/oldest_age") or 0
    if age >= OUTBOX_WARN_S:
        found.add("outboxOld", Severity.CRITICAL if age >= OUTBOX_CRITICAL_S else Severity.WARNING, hours=int(age // 3600))
    offset = view.number("Clock/offset")
    if offset is not None and abs(offset) > CLOCK_OFFSET_S * 1000:
        found.add("clockOffset", Severity.WARNING, seconds=round(offset / 1000))
    if view.of("Clock/source") in ("restored", "untrusted"):
        found.add("clockSource", Severity.WARNING, cause=str(view.of("Clock/source")))
    free, total = view.number("Disk/free"), view.number("Disk/total")
    if free is not None and total and free < DISK_SHARE * total:
        found.add("diskLow", Severity.WARNING, free_mb=int(free) >> 20)
    heat = view.number("Temperature/cpu")
    if heat is not None and heat > TEMPERATURE_C:
        found.add("temperatureHigh", Severity.WARNING, celsius=heat)
    if view.of("Store/error"):
        found.add("storeBroken", Severity.CRITICAL, cause=str(view.of("Store/error"))[:60])
    for code in _codes(view.values):
        found.add("terminalAlarm", Severity.WARNING, cause=code)


def _deadlines(view: View, found: _Findings, now: datetime) -> None:
    """What has a day by which somebody must have done something."""
    key = view.number("Keys/days_left")
    if key is not None and key < KEY_DAYS:
        severity = Severity.CRITICAL if key < KEY_CRITICAL_DAYS else Severity.WARNING
        found.add("keyExpiring", severity, days_left=int(key))
    scale = view.number("Scale/verification_days_left")
    if scale is not None and scale < SCALE_DAYS:
        severity = Severity.CRITICAL if scale < 0 else Severity.WARNING  # a scale past its day may not be used
        found.add("scaleVerificationDue", severity, "scale", days_left=int(scale))
    if view.behind and view.wanted_at is not None and now - view.wanted_at >= BEHIND_AFTER:
        found.add("versionBehind", Severity.NOTICE, since=view.wanted_at, cause=view.behind.partition(",")[0])


def behind(row: Row[Any]) -> str:
    """What a terminal (a row of the table) has not changed to yet, as words of the console joined by commas."""
    pairs = {
        "software": bool(row.desired_software) and row.software != row.desired_software,
        "configuration": row.conf < row.desired_conf,
        "directory": row.dir < row.desired_dir,
        "keys": row.keys < row.desired_keys,
    }
    return ",".join(name for name, is_behind in pairs.items() if is_behind)


def _codes(values: Mapping[tuple[str, str], Value]) -> list[str]:
    """Alarms that the terminal raises itself: the first stands for all."""
    told = values.get(("", "Alarm/codes"))
    return sorted(code for code in told.split(",") if code)[:1] if isinstance(told, str) else []
