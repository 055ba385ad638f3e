"""Who is silent, who is gone, and whether a whole county is: pure, told the time.

Rules
- Liveness rests on what is heard, not on Wills alone: some brokers have none.
- Terminals report by exception, so a quiet one is asked first (``to_ask``); only who does not answer is silent.
- A connection that comes back within ``offline_after_s`` was never gone.
- When the first terminal of a county is due, its neighbours are looked at: if more than a tenth of them (three at least) are late or gone too, it is
  the county, told once, with its likely cause; the terminals' own alarms stay closed until it is over.
- While the centre itself hears nothing (its own connection), nobody is silent.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum

from tools.fleet.config import Delays

OUTAGE_SHARE = 0.10
OUTAGE_LEAST = 3
OUTAGE_ENDS_SHARE = 0.05
DEVICE_RHYTHMS = 6
"""A device is silent after so many of its usual gaps, and not before ``device_silent_after_s``."""
_DEVICE_TIMES = 3
_LEARN = 0.2


class Contact(StrEnum):
    """How a terminal stands with us."""

    THERE = "there"
    OFFLINE = "offline"
    SILENT = "silent"


@dataclass(slots=True)
class _Rhythm:
    """How a device speaks: terminals report by exception, so only a device that has a rhythm can fall out of it."""

    heard: float
    gap: float = 0
    times: int = 1

    def beat(self, now: float, opened: float) -> None:
        """Heard again; the night is no gap."""
        gap = now - max(self.heard, min(opened, now))
        self.gap = gap if self.times == 1 else self.gap + _LEARN * (gap - self.gap)
        self.heard = now
        self.times += 1


@dataclass(slots=True)
class _Watched:
    county: str
    heard: float
    died: float | None = None
    asked: float | None = None
    contact: Contact = Contact.THERE
    since: float = 0
    devices: dict[str, _Rhythm] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outage:
    """A county that is gone: ``since`` is when it was last whole, ``cause`` networkOrPower (connections fell together) or unheard."""

    county: str
    since: float
    gone: int
    of: int
    cause: str


class Watch:
    """All terminals that should be at work."""

    def __init__(self, delays: Delays) -> None:
        self._delays = delays
        self._all: dict[str, _Watched] = {}
        self._counties: dict[str, set[str]] = defaultdict(set)
        self.outages: dict[str, Outage] = {}
        self._unjudged: set[str] = set()
        self._deaf_since: float | None = None

    def add(self, terminal: str, county: str, now: float, contact: Contact = Contact.THERE, since: float | None = None) -> None:
        """Begin to watch. One that is there has a whole period to be heard; one that is gone is so ``since``."""
        if terminal in self._all:
            return
        began = now if since is None else since
        one = _Watched(county, now if contact is Contact.THERE else began, contact=contact, since=began)
        if contact is Contact.OFFLINE:
            one.died = began
        self._all[terminal] = one
        self._counties[county].add(terminal)
        if contact is not Contact.THERE:
            self._unjudged.add(county)

    def remove(self, terminal: str) -> None:
        """Retired."""
        gone = self._all.pop(terminal, None)
        if gone is not None:
            self._counties[gone.county].discard(terminal)

    def heard(self, terminal: str, now: float, device: str = "", opened: float = 0) -> None:
        """Anything came. ``opened`` is when the station opened today."""
        one = self._all.get(terminal)
        if one is None:
            return
        one.heard, one.died, one.asked = now, None, None
        if device:
            rhythm = one.devices.get(device)
            if rhythm is None:
                one.devices[device] = _Rhythm(now)
            else:
                rhythm.beat(now, opened)
        if one.contact is not Contact.THERE:
            one.contact, one.since = Contact.THERE, now

    def died(self, terminal: str, now: float, device: str = "") -> None:
        """A death certificate came."""
        one = self._all.get(terminal)
        if one is None:
            return
        if device:
            one.devices.pop(device, None)  # it said so itself; its state tells the rest
        elif one.died is None:
            one.died = now

    def deaf(self, now: float) -> None:
        """Our own connection fell."""
        if self._deaf_since is None:
            self._deaf_since = now

    def hearing(self, now: float) -> None:
        """Our own connection is back: the time without it counts for nobody."""
        if self._deaf_since is None:
            return
        lost, self._deaf_since = now - self._deaf_since, None
        for one in self._all.values():
            one.heard += lost
            for rhythm in one.devices.values():
                rhythm.heard += lost
            if one.died is not None:
                one.died += lost

    def contact(self, terminal: str) -> Contact:
        """How it stands; THERE for one that is not watched."""
        one = self._all.get(terminal)
        return Contact.THERE if one is None else one.contact

    def since(self, terminal: str) -> float:
        """Since when it stands so: the last time it was heard, for a silent one."""
        return self._all[terminal].since

    def silent_devices(self, terminal: str, now: float, opened: float = 0) -> list[str]:
        """Devices that fell out of their rhythm while their terminal is there. The night before ``opened`` does not count."""
        one = self._all.get(terminal)
        if one is None or one.contact is not Contact.THERE or self._deaf_since is not None:
            return []
        return sorted(device for device, rhythm in one.devices.items() if self._is_out(rhythm, now - max(rhythm.heard, opened)))

    def _is_out(self, rhythm: _Rhythm, quiet: float) -> bool:
        return rhythm.times >= _DEVICE_TIMES and quiet >= max(self._delays.device_silent_after_s, DEVICE_RHYTHMS * rhythm.gap)

    def to_ask(self, now: float) -> list[str]:
        """Terminals that were quiet for a while: each is asked once, and again after as long."""
        if self._deaf_since is not None:
            return []
        quiet_s = self._delays.ask_after_s
        found = [
            terminal
            for terminal, one in self._all.items()
            if now - max(one.heard, one.asked or one.heard) >= quiet_s and one.died is None and one.contact is not Contact.OFFLINE
        ]
        for terminal in found:
            self._all[terminal].asked = now
        return found

    def tick(self, now: float) -> list[str]:
        """Terminals whose contact changed. To be asked every second or two: it walks over all of them."""
        if self._deaf_since is not None:
            return []
        changed: list[str] = []
        for terminal, one in self._all.items():
            contact, since = self._contact(one, now)
            if contact is not one.contact:
                one.contact, one.since = contact, since
                changed.append(terminal)
        for county in {self._all[terminal].county for terminal in changed} | set(self.outages) | self._unjudged:
            self._judge(county, now)
        self._unjudged.clear()
        return changed

    def _contact(self, one: _Watched, now: float) -> tuple[Contact, float]:
        if one.died is not None and now - one.died >= self._delays.offline_after_s:
            return Contact.OFFLINE, one.died
        if now - one.heard >= self._delays.silent_after_s and one.died is None:
            # what was offline stays so: it told us, we need not wonder
            return (one.contact, one.since) if one.contact is Contact.OFFLINE else (Contact.SILENT, one.heard)
        return one.contact, one.since

    def _judge(self, county: str, now: float) -> None:
        members = [self._all[terminal] for terminal in self._counties[county]]
        fallen = [one for one in members if one.died is not None or one.contact is Contact.OFFLINE]
        late = [
            one
            for one in members
            if one.died is None and one.contact is not Contact.OFFLINE and now - one.heard >= self._delays.late_after_s
        ]
        gone = len(fallen) + len(late)
        known = self.outages.get(county)
        if known is None:
            if gone >= OUTAGE_LEAST and gone > OUTAGE_SHARE * len(members):
                since = min([one.died or one.since for one in fallen] + [one.heard for one in late])
                cause = "networkOrPower" if len(fallen) > len(late) else "unheard"
                self.outages[county] = Outage(county, since, gone, len(members), cause)
        elif gone < OUTAGE_LEAST or gone <= OUTAGE_ENDS_SHARE * len(members):
            del self.outages[county]
        else:
            self.outages[county] = Outage(county, known.since, gone, len(members), known.cause)
