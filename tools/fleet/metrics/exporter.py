"""The centre's state as Prometheus metrics, read from the database at each scrape.

Rules: base units, ``_total`` for counters; 20,000 terminals x 40 metrics would be 0.8 million series, so a terminal has its own series only among the
worst or with ``detail``; a value that nobody knows has no sample.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.engine import Connection

from tools.fleet.store import queries_metrics as ask
from tools.fleet.store.database import Store
from tools.fleet.store.queries_metrics import Reading
from tools.fleet.store.states import State

WORST = 20
_GONE = frozenset({State.OFFLINE, State.SILENT, State.NOT_COMMISSIONED, State.RETIRED})
_NUMBERS: dict[str, tuple[str, str, float]] = {
    "Outbox/pending": ("kiosk_outbox_pending", "Events that wait for the centre's receipt.", 1),
    "Outbox/oldest_age": ("kiosk_outbox_oldest_age_seconds", "Age of the oldest event without a receipt.", 1),
    "supply/labels_remaining": ("kiosk_printer_labels_remaining", "Labels left on the roll.", 1),
    "Disk/free": ("kiosk_disk_free_bytes", "Free space of the data disk.", 1),
    "Temperature/cpu": ("kiosk_cpu_temperature_celsius", "Temperature of the processor.", 1),
    "Clock/offset": ("kiosk_clock_offset_seconds", "The terminal's clock minus the centre's.", 0.001),
}
_COUNTY: dict[str, tuple[str, str, float, str]] = {
    "Outbox/pending": ("kiosk_county_outbox_pending", "Events that wait for a receipt, all terminals of the county.", 1, "sum"),
    "Outbox/oldest_age": ("kiosk_county_outbox_oldest_age_seconds", "The oldest event of the county without a receipt.", 1, "max"),
    "Temperature/cpu": ("kiosk_county_cpu_temperature_celsius", "The hottest processor of the county.", 1, "max"),
    "Clock/offset": ("kiosk_county_clock_offset_seconds", "The largest difference of a clock in the county.", 0.001, "spread"),
}
_DEVICE, _PAPER, _STORE = "state", "supply/paper", "Store/error"


class FleetCollector(Collector):
    """One scrape. ``detail``: a series for every terminal."""

    def __init__(self, store: Store, now: Callable[[], datetime], *, detail: bool = False, worst: int = WORST) -> None:
        self._store, self._now, self._detail, self._worst = store, now, detail, worst

    def collect(self) -> Iterable[Metric]:
        """All families; one state of the database."""
        with self._store.reading() as tx:
            found = [*_fleet(tx), *_counties(tx)]
            codes = None if self._detail else ask.worst_terminals(tx, self._worst)
            found += _terminals(tx, codes)
        scraped = GaugeMetricFamily("kiosk_centre_time_seconds", "The centre's own clock.")
        scraped.add_metric([], self._now().timestamp())
        return [*found, scraped]


def _gauge(name: str, says: str, labels: Iterable[str], values: dict[tuple[str, ...], float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=list(labels))
    for key, value in sorted(values.items()):
        family.add_metric(list(key), value)
    return family


def _fleet(tx: Connection) -> Iterator[Metric]:
    issued = CounterMetricFamily(
        "kiosk_certificates_issued", "Certificates that the centre holds, without specimens.", labels=["county", "product_class"]
    )
    for key, count in sorted(ask.certificates_issued(tx).items()):
        issued.add_metric(list(key), count)
    yield issued
    specimens = CounterMetricFamily("kiosk_specimens_made", "What demonstration keys signed: no certificates.", labels=["county"])
    for key, count in sorted(ask.specimens_made(tx).items()):
        specimens.add_metric(list(key), count)
    yield specimens
    yield _gauge(
        "kiosk_terminals", "Terminals by what the farmer can do there.", ("county", "state"), {**ask.terminals_by_state(tx)}
    )
    yield _gauge("kiosk_software_terminals", "Terminals by version.", ("version",), {**ask.terminals_by_version(tx)})
    yield _gauge("kiosk_alerts_open", "Open alerts.", ("county", "code", "severity"), {**ask.alerts_open(tx)})
    yield _gauge("kiosk_conflicts_open", "What could not be accepted and is not settled.", ("code",), {**ask.conflicts_open(tx)})
    yield _gauge("kiosk_reports_open", "The public's reports that nobody handled.", (), {(): float(ask.reports_open(tx))})
    last = ask.last_certificate_at(tx)
    if last is not None:
        says = "When the newest certificate came in."
        yield _gauge("kiosk_last_certificate_timestamp_seconds", says, (), {(): last.timestamp()})


def _counties(tx: Connection) -> Iterator[Metric]:
    devices = ask.words_by_county(tx, _DEVICE)
    says = "Devices of the county in each state."
    yield _gauge("kiosk_county_devices", says, ("county", "device", "state"), {key: float(count) for key, count in devices.items()})
    paper: dict[tuple[str, ...], float] = {
        (county, word): float(count) for (county, _, word), count in ask.words_by_county(tx, _PAPER).items()
    }
    yield _gauge("kiosk_county_printer_paper", "Printers of the county by their paper.", ("county", "state"), paper)
    sums: dict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
    for reading in ask.readings(tx, tuple(_COUNTY)):
        value = _number(reading)
        if value is None:
            continue
        name, _, factor, how = _COUNTY[reading.metric]
        key, value = (reading.county,), (abs(value) if how == "spread" else value) * factor
        before = sums[name].get(key)
        sums[name][key] = value if before is None else before + value if how == "sum" else max(before, value)
    for name, says, _, _ in _COUNTY.values():
        yield _gauge(name, says, ("county",), sums[name])


def _terminals(tx: Connection, codes: list[str] | None) -> Iterator[Metric]:
    who = ("county", "terminal")
    known = ask.known_terminals(tx, codes)
    up: dict[tuple[str, ...], float] = {(one.county, one.code): float(one.state not in _GONE) for one in known}
    yield _gauge("kiosk_up", "1 while the terminal is heard.", who, up)
    seen: dict[tuple[str, ...], float] = {
        (one.county, one.code): one.last_seen_at.timestamp() for one in known if one.last_seen_at is not None
    }
    yield _gauge("kiosk_last_seen_timestamp_seconds", "When the terminal was last heard.", who, seen)
    info = InfoMetricFamily("kiosk_software", "What runs there.", labels=list(who))
    for one in known:
        if one.software:
            info.add_metric([one.county, one.code], {"version": one.software})
    yield info
    wanted = (*_NUMBERS, _DEVICE, _PAPER, _STORE)
    numbers: dict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
    states: dict[tuple[str, ...], float] = {}
    papers: dict[tuple[str, ...], float] = {}
    whole: dict[tuple[str, ...], float] = {}
    names = {(one.county, one.code) for one in known}
    for reading in ask.readings(tx, wanted, codes):
        key = (reading.county, reading.terminal)
        if key not in names:
            continue
        if reading.metric == _DEVICE:
            states[*key, reading.device, str(reading.value)] = 1
        elif reading.metric == _PAPER:
            papers[*key, str(reading.value)] = 1
        elif reading.metric == _STORE:
            whole[key] = float(not reading.value)
        elif (value := _number(reading)) is not None:
            name, _, factor = _NUMBERS[reading.metric]
            numbers[name][key] = value * factor
    for name, says, _ in _NUMBERS.values():
        yield _gauge(name, says, who, numbers[name])
    yield _gauge("kiosk_device_state", "1 for the state in which a device is.", (*who, "device", "state"), states)
    yield _gauge("kiosk_printer_paper", "1 for what the printer says of its paper.", (*who, "state"), papers)
    yield _gauge("kiosk_db_integrity_ok", "1 while the terminal's own store is whole.", who, whole)


def _number(reading: Reading) -> float | None:
    value = reading.value
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
