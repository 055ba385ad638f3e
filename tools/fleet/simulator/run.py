"""Runs simulated terminals against a broker for a while, with faults, then lets everything be receipted."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.fleet.simulator.faults import Faults
from tools.fleet.simulator.station import RETRY_S, Figures, Station, Wire
from tools.fleet.simulator.terminals import SimulatedTerminal

_STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class Load:
    """``rate`` certificates a second over all terminals, ``connects_s`` new connections a second at the start."""

    rate: float = 5
    seconds: float = 30
    report_s: float = 30
    connects_s: float = 250
    drain_s: float = 60
    retry_s: float = RETRY_S
    faults: Faults = field(default_factory=Faults)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``lags`` are seconds from the issue of a certificate to its receipt, those with a fault in between too; ``pending`` had none in the end."""

    figures: Figures
    issued: int
    pending: int
    everyone: list[SimulatedTerminal]

    def lag(self, share: float) -> float:
        """A quantile of the lags; 0 without any."""
        lags = sorted(self.figures.lags)
        return lags[min(len(lags) - 1, int(share * len(lags)))] if lags else 0.0

    def __str__(self) -> str:
        typical = statistics.median(self.figures.lags) if self.figures.lags else 0.0
        return (
            f"{self.issued} certificates, {self.pending} events without a receipt; lag p50 {typical:.2f} s, p99 {self.lag(0.99):.2f} s; "
            f"{self.figures.connects} connects, {self.figures.welcomes} welcomes, {self.figures.messages} messages, "
            f"{self.figures.jobs} jobs, {self.figures.bad} bad"
        )


def simulate(terminals: Sequence[SimulatedTerminal], wire: Wire, load: Load, seed: int = 1) -> Outcome:
    """Do it all and end."""
    return asyncio.run(_simulate(terminals, wire, load, seed))


async def _simulate(terminals: Sequence[SimulatedTerminal], wire: Wire, load: Load, seed: int) -> Outcome:
    chance = random.Random(seed)
    figures = Figures()
    stations = [Station(one, wire, figures, load.faults, load.report_s, retry_s=load.retry_s) for one in terminals]
    twins: list[Station] = []
    tasks: list[asyncio.Task[None]] = []
    try:
        await _connect(stations, tasks, load.connects_s)
        trouble = asyncio.create_task(_trouble(stations, twins, tasks, wire, figures, load, chance))
        issued = await _issue(stations, load, chance)
        trouble.cancel()
        for one in stations:
            one.is_silent = False
            one.hold(away=False)
        await _drain([*stations, *twins], load.drain_s)
    finally:
        await _end(tasks)
    for task in tasks:
        if not task.cancelled() and (broken := task.exception()) is not None:
            raise broken  # a station that broke would look like one that lost its certificates
    return Outcome(figures, issued, sum(one.pending for one in stations), [*terminals, *(one.terminal for one in twins)])


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel until all have ended: ``wait_for`` of Python 3.11 loses a cancellation that meets its result."""
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=1)


async def _connect(stations: list[Station], tasks: list[asyncio.Task[None]], per_second: float) -> None:
    for at, one in enumerate(stations):
        tasks.append(asyncio.create_task(one.run()))
        if at % 10 == 9:
            await asyncio.sleep(10 / per_second)


async def _issue(stations: list[Station], load: Load, chance: random.Random) -> int:
    """At random terminals, at the mean rate."""
    issued, began = 0, time.monotonic()
    while (passed := time.monotonic() - began) < load.seconds:
        while issued < passed * load.rate:
            chance.choice(stations).issue()
            issued += 1
        await asyncio.sleep(_STEP_S)
    return issued


async def _drain(stations: list[Station], longest: float) -> None:
    until = time.monotonic() + longest
    while time.monotonic() < until and any(one.pending and not one.is_silent for one in stations):
        await asyncio.sleep(0.2)


async def _trouble(
    stations: list[Station],
    twins: list[Station],
    tasks: list[asyncio.Task[None]],
    wire: Wire,
    figures: Figures,
    load: Load,
    chance: random.Random,
) -> None:
    faults = load.faults
    await asyncio.sleep(load.seconds * 0.2)
    away = _some(stations, faults.offline, chance)
    for one in away:
        one.hold(away=True)
    for one in _some(stations, faults.paperOut, chance):
        one.run_out_of_paper()
    for one in _some(stations, faults.silence, chance):
        one.is_silent = True
    for one in _some(stations, faults.clone, chance):
        twin = Station(
            one.terminal.twin(), wire, figures, faults, load.report_s, name=f"{one.terminal.code}-twin", retry_s=load.retry_s
        )
        twin.upto = one.upto
        twin.issue()
        twins.append(twin)
        tasks.append(asyncio.create_task(twin.run()))
    for one in _some(stations, faults.rollback, chance):
        one.roll_back(3)
    await asyncio.sleep(load.seconds * 0.3)
    dark = [one for one in stations if one.terminal.county == faults.outage]
    for one in dark:
        one.hold(away=True)
    for one in away:
        one.hold(away=False)
    await asyncio.sleep(load.seconds)


def _some(stations: list[Station], share: float, chance: random.Random) -> list[Station]:
    count = min(len(stations), round(share * len(stations)) or (1 if share > 0 else 0))
    return chance.sample(stations, count)
