"""The demonstration: the real terminal on virtual devices, played by a person, or by real touches under a virtual screen.

    python -m tools.bench demo                          a window and the bench's page, until the window is closed
    python -m tools.bench demo --headless --out DIR     one whole issue by touches; leaves what it saw and what was printed in DIR

DIR then holds screens/NN-name.png, label.bin (what the printer received), label.png (what it burnt, one pixel a dot), certificate.json,
keys.json and report.json. Exit code 0 only if the QR decoded from label.png verifies.
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
from tools.bench.bench import Bench
from tools.bench.display import has_display, run_folder
from tools.bench.player import a_whole_issue, playing, terminal_command
from tools.bench.station import make_demo_station

PERSON = "王建国"


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
    parser.add_argument("--port", type=int, default=8707, help="port of the bench's page on this machine")
    chosen = parser.parse_args(arguments)
    # As an exception, so that whatever was begun is ended on the way out: the virtual screen, the terminal, the folder.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    if chosen.headless or not has_display():
        code = headless(chosen.out, chosen.board)
        if chosen.pictures is not None and code == 0:
            renew_pictures(chosen.out, chosen.pictures)
        return code
    return with_a_person(chosen.board, chosen.port)


def with_a_person(board: str, port: int) -> int:
    """Open the terminal's window and the bench's page; both end with the window."""
    from tools.bench.web.server import serving

    folder = run_folder()
    station = make_demo_station(folder / "station", board=board, audible=True)
    with Bench(folder) as bench, serving(bench, port) as address:
        say(f"终端窗口已打开；虚拟设备在 {address}（刷卡、放货、换纸都在那里）。关掉终端窗口就结束。")
        return subprocess.run(terminal_command(station, bench), check=False).returncode


def headless(out: Path, board: str) -> int:
    """Play one whole issue and prove what came out of the printer."""
    screens = out / "screens"
    shutil.rmtree(screens, ignore_errors=True)
    screens.mkdir(parents=True)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kiosk-demo-") as place:
        folder = Path(place)
        say("虚拟屏幕和虚拟设备启动中")
        with playing(folder, board=board, screens=screens, log=out / "terminal.log", said=say) as player:
            a_whole_issue(player, PERSON)
            page = player.bench.labels()[-1]
            data, picture = page.data, page.png.read_bytes()
        station = folder / "station" / "station.toml"
        (out / "label.bin").write_bytes(data)
        (out / "label.png").write_bytes(picture)
        config = load_station(station)
        shutil.copyfile(config.paths.keys, out / "keys.json")
        verdict = _verify(out)
        _write(out / "certificate.json", _certificate(station, str(verdict.get("number") or "")))
    report = {
        "steps": player.steps,
        "touches": player.touches,
        "seconds": round(time.monotonic() - begun, 1),
        "verified": bool(verdict["valid"]),
    }
    _write(out / "report.json", report)
    say(
        f"{player.touches} 次触摸，{report['seconds']} 秒；标签 {out / 'label.png'}；验真：{'通过' if verdict['valid'] else verdict['check']}"
    )
    return 0 if verdict["valid"] else 1


def renew_pictures(out: Path, folder: Path) -> None:
    """The last picture of each page and the label, in few colours, for people who read about the product."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = json.loads((out / "report.json").read_text(encoding="utf-8"))["steps"]
    chosen = {step["page"]: out / step["screen"] for step in steps[:-1]}
    chosen["label"] = out / "label.png"
    for name, picture in chosen.items():
        Image.open(picture).convert("RGB").quantize(128).save(folder / f"{name}.png", optimize=True)


def _verify(out: Path) -> dict[str, Any]:
    """Decode the QR from the burnt picture alone and ask the public verifier."""
    picture = np.asarray(Image.open(out / "label.png").convert("L"))
    codes = zxingcpp.read_barcodes(picture)
    if len(codes) != 1:
        return {"valid": False, "check": f"{len(codes)} codes on the label"}
    command = [sys.executable, "-m", "kiosk.credential", "verify", codes[0].text, "--keys", str(out / "keys.json"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 2:
        return {"valid": False, "check": done.stderr.strip()}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


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


def say(words: str) -> None:
    """Tell the person at the command line."""
    print(f"> {words}", flush=True)
