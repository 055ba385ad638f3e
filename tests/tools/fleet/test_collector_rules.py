"""What the farmer can do, and which alarms are worth a drive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kiosk.wire.sparkplug.payload import Value
from tools.fleet.collector.alerts import Finding
from tools.fleet.collector.rules import BEHIND_AFTER, View, findings, state_of
from tools.fleet.collector.watch import Contact
from tools.fleet.config import Delays
from tools.fleet.store.states import Severity, State

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # 12:00 in Beijing
NIGHT = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)  # 02:00
DELAYS = Delays()


def a_view() -> View:
    view = View("1407030031", "140703", state=State.ISSUING, state_since=NOON - timedelta(hours=1), last_seen_at=NOON)
    view.values[("", "Issuing/state")] = "issuing"
    return view


def of(values: dict[tuple[str, str], Value]) -> View:
    view = a_view()
    view.values.update(values)
    return view


def told(view: View, contact: Contact = Contact.THERE, since: datetime = NOON, now: datetime = NOON) -> list[Finding]:
    return findings(view, contact, since, [], now, DELAYS)


@pytest.mark.parametrize(
    ("values", "state", "reason"),
    [
        ({}, State.ISSUING, ""),
        ({("", "Issuing/state"): "degraded", ("printer", "supply/paper"): "low"}, State.DEGRADED, "paperLow"),
        ({("", "Issuing/state"): "degraded", ("scale", "state"): "noDevice"}, State.DEGRADED, "scaleDown"),
        ({("", "Issuing/state"): "cannotIssue", ("printer", "supply/paper"): "out"}, State.CANNOT_ISSUE, "paperOut"),
        ({("", "Issuing/state"): "cannotIssue", ("printer", "cover"): "open"}, State.CANNOT_ISSUE, "coverOpen"),
        ({("", "Issuing/state"): "cannotIssue", ("printer", "state"): "noDevice"}, State.CANNOT_ISSUE, "printerDown"),
        ({("", "Issuing/state"): "cannotIssue", ("", "App/alive"): False}, State.CANNOT_ISSUE, "appDown"),
        ({("", "Issuing/state"): "cannotIssue", ("", "Store/error"): "diskFull"}, State.CANNOT_ISSUE, "storeBroken"),
        ({("", "Issuing/state"): "cannotIssue", ("", "Clock/problem"): "clockUntrusted"}, State.CANNOT_ISSUE, "clockUntrusted"),
        ({("", "Issuing/paused"): True}, State.CANNOT_ISSUE, "paused"),
    ],
)
def test_the_state_says_what_the_farmer_can_do_and_why(values: dict[tuple[str, str], Value], state: State, reason: str) -> None:
    assert state_of(of(values), Contact.THERE, NOON) == (state, reason)


def test_contact_and_register_come_before_what_was_last_reported() -> None:
    view = a_view()
    assert state_of(view, Contact.SILENT, NOON)[0] is State.SILENT
    assert state_of(view, Contact.OFFLINE, NOON)[0] is State.OFFLINE
    view.commissioned = False
    assert state_of(view, Contact.SILENT, NOON)[0] is State.NOT_COMMISSIONED
    view.retired = True
    assert state_of(view, Contact.THERE, NOON)[0] is State.RETIRED


def test_a_terminal_away_for_its_update_is_updating_but_not_for_ever() -> None:
    view = of({("", "Properties/FW"): "0.1.0"})
    view.desired_software = "0.2.0"
    assert state_of(view, Contact.OFFLINE, NOON + timedelta(minutes=10))[0] is State.UPDATING
    assert state_of(view, Contact.OFFLINE, NOON + timedelta(minutes=31))[0] is State.OFFLINE
    view.values["", "Properties/FW"] = "0.2.0"
    assert state_of(view, Contact.OFFLINE, NOON + timedelta(minutes=10))[0] is State.OFFLINE


def test_all_well_is_no_alarm() -> None:
    assert told(a_view()) == []


@pytest.mark.parametrize(
    ("values", "code", "severity"),
    [
        ({("printer", "supply/paper"): "out"}, "paperOut", Severity.CRITICAL),
        ({("printer", "supply/paper"): "low"}, "paperLow", Severity.WARNING),
        ({("printer", "supply/labels_remaining"): 199}, "paperLow", Severity.WARNING),
        ({("printer", "state"): "hardwareError"}, "deviceDown", Severity.CRITICAL),
        ({("scale", "state"): "noDevice"}, "deviceDown", Severity.WARNING),
        ({("", "Outbox/oldest_age"): 24 * 3600}, "outboxOld", Severity.WARNING),
        ({("", "Outbox/oldest_age"): 72 * 3600}, "outboxOld", Severity.CRITICAL),
        ({("", "Clock/offset"): -120_001}, "clockOffset", Severity.WARNING),
        ({("", "Clock/source"): "restored"}, "clockSource", Severity.WARNING),
        ({("", "Disk/free"): 6, ("", "Disk/total"): 64}, "diskLow", Severity.WARNING),
        ({("", "Temperature/cpu"): 70.5}, "temperatureHigh", Severity.WARNING),
        ({("", "Store/error"): "integrity"}, "storeBroken", Severity.CRITICAL),
        ({("", "Alarm/codes"): "keyMissing"}, "terminalAlarm", Severity.WARNING),
        ({("", "Keys/days_left"): 29}, "keyExpiring", Severity.WARNING),
        ({("", "Keys/days_left"): 6}, "keyExpiring", Severity.CRITICAL),
        ({("", "Scale/verification_days_left"): 29}, "scaleVerificationDue", Severity.WARNING),
        ({("", "Scale/verification_days_left"): -1}, "scaleVerificationDue", Severity.CRITICAL),
    ],
)
def test_each_alarm_has_its_limit(values: dict[tuple[str, str], Value], code: str, severity: Severity) -> None:
    view = of(values)
    view.labels_a_day = 100
    assert [(one.code, one.severity) for one in told(view)] == [(code, severity)]


@pytest.mark.parametrize(
    "values",
    [
        {("printer", "supply/labels_remaining"): 200},
        {("", "Outbox/oldest_age"): 24 * 3600 - 1},
        {("", "Clock/offset"): 120_000},
        {("", "Disk/free"): 7, ("", "Disk/total"): 64},
        {("", "Temperature/cpu"): 70.0},
        {("scale", "state"): "deviceBusy"},
        {("", "Keys/days_left"): 30, ("", "Scale/verification_days_left"): 30},
        {("", "Disk/free"): None, ("", "Disk/total"): None},
    ],
)
def test_just_within_the_limit_is_no_alarm(values: dict[tuple[str, str], Value]) -> None:
    view = of(values)
    view.labels_a_day = 100
    assert told(view) == []


def test_low_paper_tells_how_long_it_lasts() -> None:
    view = of({("printer", "supply/labels_remaining"): 150})
    view.labels_a_day = 100
    assert told(view)[0].facts == {"labels": 150, "a_day": 100, "lasts_days": 1.5}


def test_paper_and_days_to_come_stay_told_while_a_terminal_is_switched_off() -> None:
    view = of({("printer", "supply/paper"): "low", ("", "Keys/days_left"): 20, ("scale", "state"): "noDevice"})
    assert [one.code for one in told(view, Contact.OFFLINE, now=NIGHT)] == ["paperLow", "keyExpiring"]


def test_a_terminal_that_does_not_change_to_what_is_wanted_is_told_after_three_days() -> None:
    view = a_view()
    view.behind, view.wanted_at = "directory,keys", NOON
    assert told(view, now=NOON + BEHIND_AFTER - timedelta(seconds=1)) == []
    (one,) = told(view, now=NOON + BEHIND_AFTER)
    assert (one.code, one.cause, one.since, one.severity) == ("versionBehind", "directory", NOON, Severity.NOTICE)
    view.behind = ""
    assert told(view, now=NOON + BEHIND_AFTER) == []


def test_cannot_issue_is_told_after_ten_minutes_within_hours() -> None:
    view = a_view()
    view.state, view.reason, view.state_since = State.CANNOT_ISSUE, "coverOpen", NOON
    assert told(view, now=NOON + timedelta(seconds=599)) == []
    (one,) = told(view, now=NOON + timedelta(seconds=600))
    assert (one.code, one.cause, one.since) == ("cannotIssue", "coverOpen", NOON)
    view.state_since = NIGHT
    assert told(view, now=NIGHT + timedelta(hours=1)) == []
    # broken at night: the count begins at the opening, 08:00 in Beijing
    opening = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
    assert told(view, now=opening + timedelta(minutes=9)) == []
    assert [one.code for one in told(view, now=opening + timedelta(minutes=10))] == ["cannotIssue"]


def test_a_pause_is_a_decision_and_no_alarm() -> None:
    view = a_view()
    view.state, view.reason, view.state_since = State.CANNOT_ISSUE, "paused", NOON
    assert told(view, now=NOON + timedelta(hours=1)) == []


def test_silence_is_told_by_day_and_a_machine_that_was_not_switched_on_a_while_after_opening() -> None:
    view = a_view()
    assert [one.code for one in told(view, Contact.SILENT)] == ["silent"]
    assert [(one.code, one.severity) for one in told(view, Contact.OFFLINE)] == [("offline", Severity.WARNING)]
    assert told(view, Contact.OFFLINE, since=NIGHT - timedelta(hours=6), now=NIGHT) == []
    opening = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
    assert told(view, Contact.OFFLINE, since=NIGHT, now=opening + timedelta(seconds=899)) == []
    assert [one.code for one in told(view, Contact.OFFLINE, since=NIGHT, now=opening + timedelta(seconds=900))] == ["notOpened"]


def test_nobody_is_alarmed_for_a_terminal_that_is_not_at_work() -> None:
    view = of({("printer", "supply/paper"): "out"})
    view.commissioned = False
    assert told(view) == []
    view.commissioned, view.retired = True, True
    assert told(view, Contact.SILENT) == []
