"""``python -m kiosk.agent [--station FILE]``: reports to the centre. Exit code 2: the station file or a file it names cannot be used; 0: switched off."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from kiosk import log
from kiosk.agent.assembly import AgentSetupError, make_agent
from kiosk.agent.door import DoorSource
from kiosk.agent.store import AgentStore
from kiosk.config import DEFAULT_STATION, ConfigError, StationConfig, load_station
from kiosk.credential.secret_file import KeyFileError
from kiosk.sdnotify import READY, Heartbeat, notify
from kiosk.store.errors import StoreError
from kiosk.version import VERSION


def main(arguments: list[str] | None = None) -> int:
    """Run until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.agent", description=__doc__)
    parser.add_argument("--station", type=Path, default=DEFAULT_STATION)
    parser.add_argument("--is-enabled", action="store_true", help="only tell whether there is a centre: exit code 0, or 1 for none")
    chosen = parser.parse_args(arguments)
    log.to_journal()
    try:
        config = load_station(chosen.station)
    except ConfigError as err:
        print(err, file=sys.stderr)
        return 2
    if chosen.is_enabled:
        return 0 if config.fleet.enabled else 1
    if not config.fleet.enabled:
        return 0
    return run(config)


def run(config: StationConfig) -> int:
    """Until SIGTERM or SIGINT. A failing file of its own ends the process; systemd begins it anew."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        with AgentStore.open(config.paths.agent / "agent.db") as store:
            agent = make_agent(config, DoorSource(config.events_folder), store)
            log.event("agent-started", terminal=config.station.terminal, version=VERSION)
            notify(READY)
            alive = Heartbeat()
            try:
                while not ended.is_set():
                    agent.step()
                    alive.beat()
            finally:
                agent.close()
    except (AgentSetupError, KeyFileError) as err:
        print(err, file=sys.stderr)
        return 2
    except StoreError as err:
        log.event("agent-store", code=str(err))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
