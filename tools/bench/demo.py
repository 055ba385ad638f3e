"""The demonstration: the real terminal on virtual devices, played by a person, or by real touches under a virtual screen, and its centre.

    python -m tools.bench demo                          a window, the bench's page and a centre, until the window is closed
    python -m tools.bench demo --headless --out DIR     one whole issue by touches; leaves what it saw and what was printed in DIR

DIR then holds screens/NN-name.png, label.bin (what the printer received), label.png (what it burnt, one pixel a dot), certificate.json,
keys.json and report.json; console.png and public.png are what the centre's people and a shopper see of the certificate (.html where there is no browser).
Exit code: 0 only if the QR decoded from label.png verifies; 1 it does not; 4 it does, but the certificate did not arrive at the centre.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import zxingcpp
from PIL import Image

from kiosk.config import load_station
from kiosk.credential.secret_file import read_secret
from kiosk.directory.reader import Directory
from kiosk.domain.certificate import canonical_record
from kiosk.domain.number import CertificateNumber
from kiosk.issuing.clock import SystemClock
from kiosk.issuing.ledger_issuer import LedgerIssuer
from kiosk.issuing.opening import open_ledger
from kiosk.ui.theme import BOARDS
from tools.bench.arrival import show_arrival, wait_arrival
from tools.bench.browser import find_browser
from tools.bench.centre import CentreError, DemoCentre, broker_name
from tools.bench.display import has_display, say
from tools.bench.errors import BenchError
from tools.bench.player import Player, a_whole_issue, playing
from tools.bench.printer import PrintedLabel

PERSON = "王建国"
NOT_ARRIVED = 4


def main(arguments: list[str]) -> int:
    """Play; see the module."""
    parser = argparse.ArgumentParser(
        prog="tools/dev demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--headless", action="store_true", help="play by touches under a virtual screen, also where there is a display"
    )
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--pictures", type=Path, help="also renew the pictures of the README in this folder")
    parser.add_argument("--board", default="landscape-10", choices=sorted(file.stem for file in BOARDS.glob("*.toml")))
    parser.add_argument("--port", type=int, help="port of the bench's page on this machine")
    parser.add_argument("--eyes", type=Path, help=argparse.SUPPRESS)  # for a player in a person's place
    chosen = parser.parse_args(arguments)
    # As an exception, so that whatever was begun is ended on the way out: the virtual screen, the terminal, the folder.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    if chosen.headless or not has_display():
        code = headless(chosen.out, chosen.board)
        if chosen.pictures is not None and code == 0:
            renew_pictures(chosen.out, chosen.pictures)
        return code
    from tools.bench.hands_on import with_a_person

    try:
        return with_a_person(chosen.board, chosen.port, chosen.eyes)
    except BenchError as err:
        print(err, file=sys.stderr)
        return 2


def headless(out: Path, board: str) -> int:
    """Play one whole issue, prove what came out of the printer, and follow the certificate to the centre."""
    screens = out / "screens"
    shutil.rmtree(screens, ignore_errors=True)
    for name in ("console.png", "public.png", "console.html", "public.html"):
        (out / name).unlink(missing_ok=True)
    screens.mkdir(parents=True)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kiosk-demo-") as place, DemoCentre(Path(place) / "centre", out) as centre:
        folder, broker = Path(place), broker_name()
        station = folder / "station" / "station.toml"
        say("虚拟屏幕和虚拟设备启动中" + ("，中心也在后台启动" if broker else "；这台机器上没有消息服务器，中心这一段跳过"))
        link = centre.link if broker else None
        logs = {"log": out / "terminal.log", "issuer_log": out / "issuer.log"}
        with playing(folder, board=board, screens=screens, fleet=link, said=say, **logs) as player:
            try:
                if broker:
                    centre.begin(station)
                a_whole_issue(player, PERSON)
                seconds = round(time.monotonic() - begun, 1)
                verdict = _keep_label(player.bench.labels()[-1], station, out)
                told = _follow(centre, broker, verdict, out, player)
            finally:
                centre.tell_to_end()
        _write(out / "certificate.json", _certificate(station, str(verdict.get("number") or "")))
    report = {
        "steps": player.steps,
        "touches": player.touches,
        "seconds": seconds,
        "verified": bool(verdict["valid"]),
        "centre": told,
    }
    _write(out / "report.json", report)
    say(
        f"{player.touches} 次触摸，{seconds} 秒；标签 {out / 'label.png'}；验真：{'通过' if verdict['valid'] else verdict['check']}"
    )
    if not verdict["valid"]:
        return 1
    if not broker or told["arrived"]:
        return 0
    print(f"验真通过，但合格证没有到中心：{told['trouble']}", file=sys.stderr)
    return NOT_ARRIVED


def _keep_label(label: PrintedLabel, station: Path, out: Path) -> dict[str, Any]:
    """Keep the label and the keys, and answer what the public verifier says of them."""
    (out / "label.bin").write_bytes(label.data)
    (out / "label.png").write_bytes(label.png.read_bytes())
    shutil.copyfile(load_station(station).paths.keys, out / "keys.json")
    return _verify(out)


def _follow(centre: DemoCentre, broker: str, verdict: dict[str, Any], out: Path, player: Player) -> dict[str, Any]:
    """Follow the certificate to the centre, where there is one; what the report says of it."""
    told: dict[str, Any] = {"broker": broker, "arrived": False}
    if not broker or not verdict["valid"]:
        return told
    number, digits, browser = CertificateNumber.parse(verdict["number"]), verdict["text"].rpartition("/")[2], find_browser()
    if not browser:
        say("这台机器上没有能用的 chromium：值班台和公开页只核对网页的内容，不截图")
    try:
        arrived_s = wait_arrival(centre, number, digits)
        player.close()  # it has done its part, and ends while others look
        show_arrival(centre, number, digits, out, browser, player.note)
        return {"broker": broker, "arrived": True, "arrived_s": arrived_s, "browser": browser}
    except CentreError as err:
        return told | {"trouble": str(err)}


def renew_pictures(out: Path, folder: Path) -> None:
    """The last picture of each page and the label, in few colours, for people who read about the product."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = json.loads((out / "report.json").read_text(encoding="utf-8"))["steps"]
    seen = [step for step in steps if step["screen"].startswith("screens/")]
    chosen = {step["page"]: out / step["screen"] for step in seen}
    chosen["label"] = out / "label.png"
    for name, picture in chosen.items():
        Image.open(picture).convert("RGB").quantize(128).save(folder / f"{name}.png", optimize=True)
    if (out / "public.png").exists():
        page = Image.open(out / "public.png").convert("RGB")
        # Taken at the density of a phone; on a page beside others half of it is enough.
        page.reduce(2).quantize(128).save(folder / "public.png", optimize=True)


def _verify(out: Path) -> dict[str, Any]:
    """Decode the QR from the burnt picture alone and ask the public verifier; ``text`` is what the code says."""
    picture = np.asarray(Image.open(out / "label.png").convert("L"))
    codes = zxingcpp.read_barcodes(picture)
    if len(codes) != 1:
        return {"valid": False, "check": f"{len(codes)} codes on the label"}
    command = [sys.executable, "-m", "kiosk.credential", "verify", codes[0].text, "--keys", str(out / "keys.json"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 2:
        return {"valid": False, "check": done.stderr.strip()}
    return {**json.loads(done.stdout), "text": codes[0].text}


def _certificate(station: Path, number: str) -> dict[str, Any]:
    """The certificate as the ledger has it, read after its owner ended."""
    config = load_station(station)
    key = read_secret(config.paths.secrets / "directory.key")
    with Directory.open(config.paths.directory, key) as directory, open_ledger(config, directory, SystemClock()) as ledger:
        return _facts(ledger, number)


def _facts(ledger: LedgerIssuer, number: str) -> dict[str, Any]:
    found = ledger.find(CertificateNumber.parse(number))
    record = json.loads(canonical_record(found.number, found.issued_at, found.promise))
    return {**record, "demo": found.demo, "station": found.station, "labels": [label.url for label in found.labels]}


def _write(file: Path, value: dict[str, Any]) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
