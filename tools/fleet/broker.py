"""The broker beside a centre: mosquitto where it is installed, else amqtt; its configuration made here.

Rules: a terminal may speak and hear on its own topics only, by its user name (with certificates: their CN). Without TLS the broker listens on this
machine alone, because there a user name is only claimed.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

CENTRE_USER = "sxc"
"""The centre's user name, and the CN of its certificate."""
AMQTT_CONFIG = "amqtt.json"

_ACL = f"""\
# Made by tools.fleet. A terminal (%u, ten digits) has its own topics and no others.
user {CENTRE_USER}
topic readwrite sxc/v1/#
topic readwrite spBv1.0/#

pattern write sxc/v1/%u/up/+
pattern read sxc/v1/%u/down/+
pattern write spBv1.0/+/NBIRTH/%u
pattern write spBv1.0/+/NDATA/%u
pattern write spBv1.0/+/NDEATH/%u
pattern write spBv1.0/+/DBIRTH/%u/+
pattern write spBv1.0/+/DDATA/%u/+
pattern write spBv1.0/+/DDEATH/%u/+
pattern read spBv1.0/+/NCMD/%u
pattern read spBv1.0/+/DCMD/%u/+
pattern read spBv1.0/STATE/sxc
"""


@dataclass(frozen=True, slots=True)
class TlsServer:
    """PEM files of the broker. Terminals show certificates of the same authority, whose CN is their code."""

    ca: Path
    certificate: Path
    key: Path


def mosquitto_path() -> str | None:
    """Where mosquitto is; Debian keeps it out of users' PATH."""
    return shutil.which("mosquitto") or next((path for path in ("/usr/sbin/mosquitto",) if Path(path).exists()), None)


def write_mosquitto(folder: Path, port: int, tls: TlsServer | None = None, bind: str = "") -> Path:
    """Write ``mosquitto.conf`` and ``mosquitto.acl`` into ``folder``; answers the former. ``bind`` "": every address with TLS, this machine without."""
    folder.mkdir(parents=True, exist_ok=True)
    acl = folder / "mosquitto.acl"
    acl.write_text(_ACL, encoding="utf-8")
    # as root it would become a user of its own, who may not look into our folder
    lines = [
        f"user {pwd.getpwuid(os.getuid()).pw_name}",
        "per_listener_settings false",
        f"listener {port} {bind if tls else '127.0.0.1'}".rstrip(),
    ]
    if tls is None:
        lines.append("allow_anonymous true")
    else:
        lines += [f"cafile {tls.ca}", f"certfile {tls.certificate}", f"keyfile {tls.key}", "tls_version tlsv1.2"]
        lines += ["require_certificate true", "use_identity_as_username true", "allow_anonymous false"]
    lines += [
        f"acl_file {acl}",
        # nothing is kept here: terminals keep what has no receipt
        "persistence false",
        # the collectors' share of a reconnecting province; beyond it the broker would drop silently
        "max_inflight_messages 1000",
        "max_queued_messages 200000",
        "max_keepalive 300",
        "max_packet_size 1100000",
        "set_tcp_nodelay true",
        "sys_interval 0",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
    ]
    conf = folder / "mosquitto.conf"
    conf.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return conf


def broker_command(folder: Path, port: int, *, tied: bool = True) -> list[str]:
    """The command that runs a broker on this machine's loopback. ``tied``: it ends with the thread that starts it, however that ends."""
    mosquitto = mosquitto_path()
    if mosquitto is not None:
        command = [mosquitto, "-c", str(write_mosquitto(folder, port))]
        return ["setpriv", "--pdeathsig", "TERM", *command] if tied and shutil.which("setpriv") else command
    folder.mkdir(parents=True, exist_ok=True)
    (folder / AMQTT_CONFIG).write_text(json.dumps({"port": port}), encoding="utf-8")
    return [sys.executable, "-m", "tools.fleet.broker_amqtt", str(folder / AMQTT_CONFIG)]
