"""``python -m support.agent_worker STATION COUNT GENERATION SECONDS [FILE]``: an agent as a process of its own, with COUNT events in memory (or in FILE,
a JSON list of seq, kind and body).

Ends with 0 when all are receipted, 3 when time is up; says the machine's year first. Run it under ``faketime`` for a wrong clock.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from kiosk.agent.assembly import make_agent
from kiosk.agent.backoff import BackoffRule
from kiosk.agent.store import AgentStore
from kiosk.config import load_station
from kiosk.wire.uplink import WireEvent
from support.agents import FAST, ListSource, ledger_events


def main(station: str, count: str, generation: str, seconds: str, file: str = "") -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    sys.stdout.write(f"{datetime.now(UTC).year}\n")
    config = load_station(Path(station))
    source = ListSource(read_events(Path(file)) if file else ledger_events(int(count)), generation)
    until = time.monotonic() + float(seconds)
    with AgentStore.open(config.paths.agent / "agent.db") as store:
        agent = make_agent(config, source, store, reconnect=FAST, retry=BackoffRule(2.0, 4.0))
        try:
            while time.monotonic() < until:
                agent.step(0.02)
                if store.receipt_upto(generation) == int(count):
                    sys.stdout.write(f"trusted={agent._p.clock.is_trusted}\n")
                    return 0
        finally:
            agent.close()
    return 3


def read_events(file: Path) -> list[WireEvent]:
    return [WireEvent(seq, kind, body.encode()) for seq, kind, body in json.loads(file.read_bytes())]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
