"""``python -m tools.bench.centre_host``: a centre for one demonstration terminal. Enters the terminal and a login, trusts its keys, then is ``tools.fleet serve``.

One process for all of it, because every further one would load the same code again. The login's password is read from standard input.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kiosk.config import load_station
from tools.fleet.__main__ import main as fleet


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.centre_host", description=__doc__)
    parser.add_argument("--station", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--login", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--broker-port", type=int, required=True)
    chosen = parser.parse_args(arguments)
    station = load_station(chosen.station)
    here = ["--folder", str(chosen.folder)]
    chosen.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (chosen.folder / "keys.json").write_bytes(station.paths.keys.read_bytes())
    entered = fleet(["terminal", station.station.terminal, "--station", station.station.name, *here])
    if entered != 0:
        return entered
    # Refused where an earlier demonstration in this folder has made it: then it is there.
    fleet(["account", chosen.login, "--name", "值班员", "--role", "operator", "--area", station.station.county, *here])
    return fleet(["serve", *here, "--port", str(chosen.port), "--broker-port", str(chosen.broker_port)])


if __name__ == "__main__":
    sys.exit(main())
