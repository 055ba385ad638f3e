"""The demonstration in a person's hands: the terminal's window, the page of the virtual devices, and the centre, until the window closes or Ctrl-C."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import zxingcpp
from PIL import Image

from kiosk.config import load_station
from kiosk.credential.keylist import load_key_list
from kiosk.credential.verify import verify_url
from kiosk.domain.number import CertificateNumber
from tools.bench.bench import Bench
from tools.bench.centre import LOGIN, PASSWORD, CentreError, DemoCentre, broker_name, free_port
from tools.bench.display import run_folder, say
from tools.bench.player import issuing, terminal_command
from tools.bench.station import CLERK_PIN, TECHNICIAN_PIN, make_demo_station
from tools.bench.web.server import serving

BENCH_PORT = 8707
CENTRE_PORT = 8710
_LOOK_S = 0.3
_END_S = 10.0


def with_a_person(board: str, port: int | None, eyes: Path | None = None) -> int:
    """Open everything and say what is where; answers the terminal's exit code. Raises ``BenchError``.

    ``port`` is the bench's page's; None is the usual one, or any when that is taken. ``eyes`` is where a player may ask what the screen shows.
    """
    folder, broker = run_folder(), broker_name()
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    with Bench(folder) as bench, DemoCentre(folder / "centre", logs, port=CENTRE_PORT) as centre:
        link = centre.link if broker else None
        station = make_demo_station(folder / "station", board=board, audible=True, fleet=link, own_issuer=True)
        say("终端、虚拟设备和中心启动中")
        command = terminal_command(station, bench) + ([] if eyes is None else ["--eyes", str(eyes)])
        page = serving(bench, free_port(BENCH_PORT) if port is None else port)
        issuer = issuing(station, logs / "issuer.log")
        with page as address, issuer, _running(command, logs / "terminal.log") as terminal:
            try:
                has_centre = bool(broker) and _begin(centre, station)
                _tell_where(address, centre.address if has_centre else "")
                _tell_labels(terminal, bench, station, centre if has_centre else None)
            finally:
                centre.tell_to_end()
            return terminal.wait()


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The terminal; it is asked to end when we must go first."""
    with log.open("wb") as journal, subprocess.Popen(command, stdout=journal, stderr=subprocess.STDOUT) as terminal:
        try:
            yield terminal
        finally:
            if terminal.poll() is None:
                terminal.terminate()
                try:
                    terminal.wait(_END_S)
                except subprocess.TimeoutExpired:
                    terminal.kill()


def _begin(centre: DemoCentre, station: Path) -> bool:
    """Whether the centre is there; a demonstration without it goes on."""
    centre.begin(station)
    try:
        centre.wait_ready()
    except CentreError as err:
        say(str(err))
        return False
    return True


def _tell_where(bench: str, centre: str) -> None:
    """Which window is what, and what to do first."""
    rows = [
        ("终端", "刚打开的窗口：触摸屏上看到的一切，用鼠标点"),
        ("虚拟设备", f"{bench}  在这里刷卡、放货、换纸"),
        ("值班台", f"{centre}/console/  账号 {LOGIN}  密码 {PASSWORD}") if centre else ("中心", "没有启动，终端照样开证"),
        ("公开页", f"{centre}/q/  每张标签出来后，下面会写出它的网址") if centre else ("", ""),
        ("站员密码", f"{CLERK_PIN}，技术员 {TECHNICIAN_PIN}"),
        ("怎样开始", "点终端上的“开始开证”，再到虚拟设备那一页点一张身份证"),
        ("怎样结束", "关掉终端窗口，或者在这里按 Ctrl-C"),
    ]
    print()
    for name, words in rows:
        if name:
            # A Chinese character is two columns wide.
            print(f"  {name}{' ' * (10 - 2 * len(name))}{words}")
    print(flush=True)


def _tell_labels(terminal: subprocess.Popen[bytes], bench: Bench, station: Path, centre: DemoCentre | None) -> None:
    """Until the terminal has ended: for each label that comes out, where its certificate is to be seen."""
    keys = load_key_list(load_station(station).paths.keys)
    told = len(bench.labels())
    while terminal.poll() is None:
        time.sleep(_LOOK_S)
        for label in bench.labels()[told:]:
            told += 1
            codes = zxingcpp.read_barcodes(Image.open(label.png).convert("L"))
            verdict = verify_url(codes[0].text, keys, datetime.now(UTC)) if len(codes) == 1 else None
            if verdict is None or verdict.number is None:
                say(f"第 {label.number} 张纸：上面没有能验的码")
            elif centre is None:
                say(f"第 {label.number} 张标签：合格证 {verdict.number}，离线验真通过")
            else:
                _tell_arrival(centre, label.number, verdict.number, codes[0].text.rpartition("/")[2])


def _tell_arrival(centre: DemoCentre, label: int, number: CertificateNumber, digits: str) -> None:
    try:
        centre.wait_arrived(number, digits)
    except CentreError as err:
        say(f"第 {label} 张标签：合格证 {number}，{err}")
        return
    say(f"第 {label} 张标签：合格证 {number} 已到中心")
    print(f"    值班台  {centre.address}/console/certificates/{number.compact}")
    print(f"    公开页  {centre.address}/q/{digits}", flush=True)
