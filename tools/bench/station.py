"""A throw-away station for demonstrations: station file, secrets, and a trusted key list whose only key is marked demo.

Rules: secrets are made once and kept, so that the ledger of an earlier demonstration can still be opened; the station file is written anew
from the arguments each time. Whatever is issued here says 演示样张.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path

from kiosk.config import StationConfig, load_station
from kiosk.credential.keylist import KeyList, TrustedKey, dump_key_list, renewal_after
from kiosk.credential.secret_file import read_secret, write_secret
from kiosk.credential.signer import load_signer, new_private_key
from kiosk.credential.token import Algorithm
from kiosk.directory.build import build_directory
from kiosk.directory.files import snapshots
from kiosk.domain.certificate import beijing_date
from kiosk.label.stock import STOCKS
from tools.bench.people import PEOPLE_FILE, subjects
from tools.bench.printer import TCP_PORT
from tools.bench.scale import serial_profile
from tools.directory.fill import invented_subjects

STATION = "太谷区明星镇农产品服务站"
COUNTY = "140703"
TERMINAL = "1407039001"
HOST = "q.sxnc.cn"
CLERK_PIN = "271828"
TECHNICIAN_PIN = "161803"
KEY_ID = 9001
_NEIGHBOURS = 400
_ISSUER_TOML = """
[issuer]
first_number = 1
"""
_SOCKET_TOML = """\
socket = "issuer/issuer.sock"
"""
_SECRETS = ("ledger.key", "lookup.key", "directory.key")
_HEADS = {576: "epson-80", 832: "label-104"}


@dataclass(frozen=True, slots=True)
class FleetLink:
    """The way to a centre on this machine: ``broker`` is HOST:PORT, ``centre_key`` the file of its public key."""

    broker: str
    centre_key: Path


def head_dots(stock: str) -> int:
    """The narrowest usual head that burns this stock. Raises ``KeyError``."""
    width = STOCKS[stock].width_dots
    return min(dots for dots in _HEADS if dots >= width)


def make_demo_station(
    folder: Path,
    *,
    board: str = "landscape-10",
    stock: str = "60x80",
    audible: bool = False,
    serial_scale: str = "",
    tcp_port: int | None = None,
    fleet: FleetLink | None = None,
    own_issuer: bool = False,
) -> Path:
    """Write the station into ``folder`` and return its station file.

    It belongs to a bench in the folder above: camera pictures and, with ``serial_scale`` (a profile of the scale driver), the scale's line
    are looked for there. ``tcp_port`` is the port of a printer on the network, 0 the usual one.
    Without ``fleet`` the terminal works alone; with it, it waits for nobody's word to give its first number. With ``own_issuer`` ledger and signing key are in a process of their own (``player.issuing``).
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in _SECRETS:
        _once(folder / "secrets" / name, secrets.token_bytes(32))
    _once(folder / "secrets" / "signing.key", new_private_key())
    _write_keys(folder)
    file = folder / "station.toml"
    text = _station_toml(folder.resolve().parent, board, stock, audible, serial_scale, tcp_port)
    text += "" if fleet is None else _fleet_toml(fleet)
    file.write_text(text + _ISSUER_TOML + (_SOCKET_TOML if own_issuer else ""), encoding="utf-8")
    file.chmod(0o600)
    write_demo_directory(load_station(file))
    return file


def write_demo_directory(config: StationConfig) -> None:
    """Put the invented people of the bench, among invented neighbours, into the station's directory; kept while it holds the same ones."""
    lookup_key = read_secret(config.paths.secrets / "lookup.key")
    wanted = hashlib.sha256(PEOPLE_FILE.read_bytes() + b"%d" % _NEIGHBOURS).hexdigest()
    stamp = config.paths.directory / "demo.sha256"
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted and snapshots(config.paths.directory):
        return
    config.paths.directory.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    everybody = chain(subjects(lookup_key), invented_subjects(_NEIGHBOURS, lookup_key))
    build_directory(config.paths.directory, read_secret(config.paths.secrets / "directory.key"), everybody)
    stamp.write_text(wanted, encoding="ascii")


def _once(path: Path, secret: bytes) -> None:
    if not path.exists():
        write_secret(path, secret)


def _write_keys(folder: Path) -> None:
    """The list is kept while it names our key: its date tells its age."""
    public = load_signer(folder / "secrets" / "signing.key", KEY_ID).public_key
    file = folder / "keys.json"
    if file.exists() and public.hex() in file.read_text(encoding="utf-8"):
        return
    now = datetime.now(UTC).replace(microsecond=0)
    began, renew_by = now - timedelta(days=1), renewal_after(beijing_date(now))
    key = TrustedKey(KEY_ID, Algorithm.ED25519, public, TERMINAL, STATION, COUNTY, not_before=began, demo=True, renew_by=renew_by)
    document = dump_key_list(KeyList(HOST, now, {key.key_id: key}))
    file.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _station_toml(bench: Path, board: str, stock: str, audible: bool, serial_scale: str, tcp_port: int | None) -> str:
    scale = serial_profile(serial_scale) if serial_scale else "hid"
    line = bench / "scale-tty" if serial_scale else ""
    printer = "" if tcp_port is None else f"tcp:127.0.0.1:{tcp_port or TCP_PORT}"
    verified = date.today().replace(month=12, day=31)
    return f"""\
[station]
name = {_quoted(STATION)}
county = {_quoted(COUNTY)}
terminal = {_quoted(TERMINAL)}
board = {_quoted(board)}
host = {_quoted(HOST)}
clerk_pin = {_quoted(CLERK_PIN)}
technician_pin = {_quoted(TECHNICIAN_PIN)}

[paths]
state = "state"
secrets = "secrets"
keys = "keys.json"
directory = "directory"
agent = "agent"
runtime = "run"

[label]
stock = {_quoted(stock)}

[printer]
profile = {_quoted(_HEADS[head_dots(stock)])}
port = {_quoted(printer)}

[scale]
profile = {_quoted(scale)}
port = {_quoted(line)}
serial = "0417"
verified_until = {verified.isoformat()}

[reader]
profile = "sam_usb"

[camera]
source = {_quoted(f"pictures:{bench / 'camera'}")}

[rules]
speech = {str(audible).lower()}
"""


def _fleet_toml(fleet: FleetLink) -> str:
    return f"""
[fleet]
enabled = true
brokers = [{_quoted(fleet.broker)}]
centre_key = {_quoted(fleet.centre_key.resolve())}
"""


def _quoted(value: object) -> str:
    """A TOML basic string; JSON writes the same escapes."""
    return json.dumps(str(value), ensure_ascii=False)
