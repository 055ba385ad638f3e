"""``python -m tools.vm.station``, inside the machine and as root: the demonstration's station laid out as on a terminal, with units enabled.

Ledger and signing key are the issuer's, the directory is shared, every secret belongs to the process that needs it. Whatever it issues says 演示样张.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from kiosk.config import DEFAULT_STATION as STATION
from tools.bench.station import make_demo_station

STATE = Path("/var/lib/kiosk")
APP, ISSUER, FLEET = (Path("/etc/kiosk") / name for name in ("secrets", "issuer", "fleet"))
PATIENCE_S = 300
"""As long as a station file allows: an emulated machine is slower than the slowest person."""
_SECRETS = {APP: ("lookup.key", "directory.key"), ISSUER: ("ledger.key", "signing.key", "directory.key"), FLEET: ("directory.key",)}
_PATHS = f"""\
[paths]
state = "{STATE}"
secrets = "{APP}"
keys = "{STATE}/keys.json"
directory = "{STATE}/directory"
agent = "/var/lib/kiosk-agent"
runtime = "/run/kiosk"
"""
_ISSUER = f"""
[issuer]
socket = "/run/kiosk-issuer/issuer.sock"
users = ["kiosk"]
agents = ["kiosk-agent"]
state = "/var/lib/kiosk-issuer"
secrets = "{ISSUER}"
first_number = 1
"""


def main(arguments: list[str] | None = None) -> int:
    """Make it; ``--camera SOURCE`` names the camera, none otherwise."""
    words = sys.argv[1:] if arguments is None else arguments
    camera = words[1] if words[:1] == ["--camera"] else ""
    with tempfile.TemporaryDirectory() as place:
        demo = make_demo_station(Path(place) / "station")
        _lay(demo, camera)
    subprocess.run(["systemd-tmpfiles", "--create"], check=True)
    return 0


def _lay(demo: Path, camera: str) -> None:
    text = demo.read_text(encoding="utf-8")
    head, _, rest = text.partition("[paths]\n")
    rest = rest.partition("\n\n")[2].partition("\n[issuer]")[0]
    lines = [f'source = "{camera}"' if line.startswith("source = ") else line for line in rest.splitlines()]
    lines.insert(lines.index("[rules]") + 1, f"idle_s = {PATIENCE_S}")
    for folder, names in _SECRETS.items():
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copyfile(demo.parent / "secrets" / name, folder / name)
            (folder / name).chmod(0o600)
    shutil.copytree(demo.parent / "directory", STATE / "directory", dirs_exist_ok=True)
    shutil.copyfile(demo.parent / "keys.json", STATE / "keys.json")
    STATION.write_text(head + _PATHS + "\n" + "\n".join(lines) + "\n" + _ISSUER, encoding="utf-8")
    for path in (STATE, *STATE.rglob("*")):
        shutil.chown(path, "kiosk", "kiosk")


if __name__ == "__main__":
    sys.exit(main())
