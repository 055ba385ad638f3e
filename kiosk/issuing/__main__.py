"""``python -m kiosk.issuing [--station FILE]``: the process that alone has ledger, counter and signing key. It serves the app and, where there is a
centre, the agent, each at its own socket.

Exit code 2: the station file or a secret cannot be used; 3: the ledger cannot be opened now, which may pass.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from kiosk import log
from kiosk.config import DEFAULT_STATION, ConfigError, StationConfig, load_station
from kiosk.directory.reader import Directory
from kiosk.issuing.clock import SystemClock
from kiosk.issuing.events_door import EventsDoor
from kiosk.issuing.listener import user_ids
from kiosk.issuing.opening import StartError, open_ledger, secret
from kiosk.issuing.server import IssuerServer
from kiosk.issuing.standing import NoCentre, StandingFile
from kiosk.sdnotify import ALIVE, READY, STOPPING, notify, watchdog_s
from kiosk.texts import Texts
from kiosk.version import VERSION

_IDLE_S = 3600.0


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.issuing", description=__doc__)
    parser.add_argument("--station", type=Path, default=DEFAULT_STATION)
    chosen = parser.parse_args(arguments)
    log.to_journal()
    try:
        config = load_station(chosen.station)
    except ConfigError as err:
        print(err, file=sys.stderr)
        return 2
    if config.issuer.socket is None:
        print(f"{chosen.station}: issuer.socket", file=sys.stderr)
        return 2
    try:
        return serve(config, config.issuer.socket)
    except StartError as err:
        facts = [(name, str(fact)) for name, fact in err.facts.items()]
        print(Texts.load("start").get(err.text_id, facts), file=sys.stderr)
        return 3 if err.text_id.startswith("start.ledger.") else 2
    except KeyError as err:
        print(f"{chosen.station}: issuer.users, issuer.agents: {err}", file=sys.stderr)
        return 2


def serve(config: StationConfig, path: Path) -> int:
    """Until SIGTERM or SIGINT. Raises ``StartError``, ``KeyError`` for users that this machine does not know."""
    users, agents = user_ids(config.issuer.users), user_ids(config.issuer.agents)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as stack:
        directory = stack.enter_context(
            Directory.open(config.paths.directory, secret(config.issuer_secrets / "directory.key"), may_be_missing=True)
        )
        centre = StandingFile(config.paths.runtime, config.ledger_folder) if config.fleet.enabled else NoCentre()
        issuer = stack.enter_context(open_ledger(config, directory, SystemClock(), centre))
        if config.fleet.enabled:
            stack.callback(EventsDoor(issuer, config.events_folder, agents).close)
        server = IssuerServer(issuer, path, users)
        stack.callback(server.close)
        log.event("issuer-started", terminal=config.station.terminal, version=VERSION, demo=issuer.is_demo)
        notify(READY)
        _live(server, ended)
        notify(STOPPING)
    log.event("issuer-stopped", terminal=config.station.terminal)
    return 0


def _live(server: IssuerServer, ended: threading.Event) -> None:
    """Tell the service manager that we live, as long as it is true."""
    limit_s = watchdog_s()
    while not ended.wait(_IDLE_S if limit_s is None else limit_s / 3):
        if limit_s is None or not server.is_stuck(limit_s / 2):
            notify(ALIVE)


if __name__ == "__main__":
    sys.exit(main())
