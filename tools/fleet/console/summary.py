"""What the first page says: gathered from the database in a few milliseconds, then pure.

Rules: a terminal counts as able to issue only when it said so (issuing, degraded); silence is never counted as good news.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy.engine import Connection

from tools.fleet.area import Area
from tools.fleet.store.queries_console import (
    Trouble,
    county_states,
    issued_by_hour,
    oldest_outbox_s,
    paper_lasts,
    paper_low,
    specimens_made,
    worst,
)
from tools.fleet.store.queries_desk import OwnerLoad, load_by_owner
from tools.fleet.store.states import CAN_ISSUE, COUNTED, State
from tools.fleet.web import CHINA, beijing

_FRIDAY = 4
_WEEK_DAYS = 7.0


@dataclass(frozen=True, slots=True)
class CountyTile:
    """One county's square. ``share`` is the share that can issue, None where no terminal should be at work."""

    code: str
    total: int
    can: int
    paper: int
    lag_s: float

    @property
    def share(self) -> float | None:
        """0 to 1."""
        return self.can / self.total if self.total else None

    @property
    def percent(self) -> int | None:
        """Rounded down: 100 is only said when it is all of them."""
        return None if self.share is None else int(self.share * 100)

    @property
    def tone(self) -> str:
        """The tone of words.toml."""
        if self.share is None:
            return "quiet"
        return "good" if self.share >= 0.95 else "care" if self.share >= 0.8 else "stop"


@dataclass(frozen=True, slots=True)
class Slow:
    """What changes slowly and costs more to ask: refreshed every minute."""

    lag_s: Mapping[str, float]
    paper_days: Mapping[str, float]
    issued_before: Mapping[datetime, int]


@dataclass(frozen=True, slots=True)
class Issuance:
    """Certificates by hour of the Beijing day, today and on the same weekday a week ago."""

    today: tuple[int | None, ...]
    before: tuple[int, ...]
    sum_today: int
    sum_before: int  # until the same moment of the day
    specimens: int = 0  # made today by demonstration keys: in none of the sums

    @property
    def change(self) -> float | None:
        """Relative to a week ago; None when there was nothing then."""
        return self.sum_today / self.sum_before - 1 if self.sum_before else None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything of the first page."""

    counts: Mapping[State, int]
    paper_due: int
    deadline: str
    tiles: Mapping[str, CountyTile]
    worst: Sequence[Trouble]
    issuance: Issuance
    loads: Sequence[OwnerLoad]

    @property
    def total(self) -> int:
        """Terminals that should be at work."""
        return sum(self.counts[state] for state in COUNTED)

    @property
    def can(self) -> int:
        """Terminals that said that they can issue."""
        return sum(self.counts[state] for state in CAN_ISSUE)


def gather_slow(tx: Connection, area: Area, now: datetime) -> Slow:
    """Ask for what changes slowly."""
    begin = _midnight(now)
    week = timedelta(days=7)
    return Slow(
        oldest_outbox_s(tx, area),
        paper_lasts(tx, area, beijing(now).date(), _WEEK_DAYS),
        issued_by_hour(tx, area, begin - week, begin - week + timedelta(days=1)),
    )


def gather(tx: Connection, area: Area, now: datetime, slow: Slow) -> Overview:
    """Ask for the rest and put it together."""
    rows = county_states(tx, area)
    counts: Counter[State] = Counter()
    for _, state, count in rows:
        counts[state] += count
    low = paper_low(tx, area)
    days, deadline = _until_friday(now)
    due = low | {code for code, left in slow.paper_days.items() if left < days}
    begin = _midnight(now)
    today = issued_by_hour(tx, area, begin, begin + timedelta(days=1))
    return Overview(
        {state: counts[state] for state in State},
        len(due),
        deadline,
        _tiles(rows, Counter(code[:6] for code in low), slow.lag_s),
        worst(tx, area),
        issuance(today, slow.issued_before, now, specimens_made(tx, area, begin, begin + timedelta(days=1))),
        load_by_owner(tx, area),
    )


def issuance(today: Mapping[datetime, int], before: Mapping[datetime, int], now: datetime, specimens: int = 0) -> Issuance:
    """Both days by hour, compared up to the same minute: the hour that runs counts in part."""
    begin = _midnight(now)
    hour, minute = beijing(now).hour, beijing(now).minute
    this = [today.get(begin + timedelta(hours=h), 0) if h <= hour else None for h in range(24)]
    then = [before.get(begin + timedelta(hours=h, days=-7), 0) for h in range(24)]
    return Issuance(
        tuple(this), tuple(then), sum(c or 0 for c in this), sum(then[:hour]) + round(then[hour] * minute / 60), specimens
    )


def _tiles(rows: Sequence[tuple[str, State, int]], paper: Mapping[str, int], lag_s: Mapping[str, float]) -> dict[str, CountyTile]:
    total: Counter[str] = Counter()
    can: Counter[str] = Counter()
    for county, state, count in rows:
        total[county] += count if state in COUNTED else 0
        can[county] += count if state in CAN_ISSUE else 0
    return {
        county: CountyTile(county, total[county], can[county], paper.get(county, 0), lag_s.get(county, 0.0)) for county in total
    }


def _until_friday(now: datetime) -> tuple[float, str]:
    """Days until the coming Friday begins, and its name; from Friday on the next week's."""
    here = beijing(now)
    ahead = (_FRIDAY - here.weekday()) % 7 or 7
    friday = datetime.combine(here.date() + timedelta(days=ahead), time(), CHINA)
    return (friday - here).total_seconds() / 86400, "周五" if here.weekday() < _FRIDAY else "下周五"


def _midnight(now: datetime) -> datetime:
    return datetime.combine(beijing(now).date(), time(), CHINA).astimezone(UTC)
