"""A real broker for tests, mosquitto above all: a free port kept over restarts, the product's own access list, persistence on or off, TLS, ``kill -9``.

``running(folder)`` is the usual way in; ``pki(folder)`` makes an authority, a server's certificate and terminals' certificates.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tools.fleet.broker import TlsServer, mosquitto_path, write_mosquitto

ROOT = Path(__file__).resolve().parents[2]
NEVER = (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2031, 1, 1, tzinfo=dt.UTC))
EXPIRED = (dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2025, 1, 1, tzinfo=dt.UTC))


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RealBroker:
    """A broker process on one port for its whole life, so that everybody finds it again."""

    def __init__(self, command: list[str], port: int, log: Path) -> None:
        self.port = port
        self._command = command
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin and wait until it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until = time.monotonic() + 15
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError(f"the broker does not listen: {self.words[-500:]}")

    def kill(self) -> None:
        """``kill -9``, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def words(self) -> str:
        """What it logged."""
        return self._log.read_text(errors="replace")


class Mosquitto(RealBroker):
    """A mosquitto with the product's own access list and settings to choose."""

    def __init__(
        self,
        folder: Path,
        *,
        persistent: bool = False,
        tls: TlsServer | None = None,
        retain: bool = True,
        largest: int = 0,
        wills: bool = True,
    ) -> None:
        port = free_port()
        config = write_mosquitto(folder, port, tls)
        text = config.read_text(encoding="utf-8")
        if persistent:
            store = folder / "store"
            store.mkdir()
            text = text.replace("persistence false", f"persistence true\npersistence_location {store}/")
        if not retain:
            text += "\nretain_available false\n"
        if largest:
            text = text.replace("max_packet_size 1100000", f"max_packet_size {largest}")
        config.write_text(text, encoding="utf-8")
        if not wills:
            # mosquitto asks its list when a connection falls: a Will that nobody may publish is taken and never told
            acl = folder / "mosquitto.acl"
            acl.write_text(acl.read_text(encoding="utf-8").replace("pattern write spBv1.0/+/NDEATH/%u\n", ""), encoding="utf-8")
        super().__init__([mosquitto_path() or "mosquitto", "-c", str(config)], port, folder / "mosquitto.log")


@contextmanager
def running(
    folder: Path,
    *,
    persistent: bool = False,
    tls: TlsServer | None = None,
    retain: bool = True,
    largest: int = 0,
    wills: bool = True,
) -> Iterator[Mosquitto]:
    """A broker that ends with the block."""
    broker = Mosquitto(folder, persistent=persistent, tls=tls, retain=retain, largest=largest, wills=wills)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


@dataclass(frozen=True)
class Pair:
    """PEM files."""

    certificate: Path
    key: Path


class Pki:
    """An authority of its own and what it signs. P-256."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(self._name, self._name, self._key.public_key(), NEVER)
        built = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.ca = folder / f"{name}.pem"
        self.ca.write_bytes(built.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def pair(self, cn: str, *, valid: tuple[dt.datetime, dt.datetime] = NEVER, host: str = "", file: str = "") -> Pair:
        """A certificate for ``cn``; with ``host`` a server's."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)]), self._name, key.public_key(), valid)
        if host:
            name = x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
            builder = builder.add_extension(x509.SubjectAlternativeName([name]), critical=False)
        made = Pair(self._folder / f"{file or cn}.pem", self._folder / f"{file or cn}.key")
        made.certificate.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))
        made.key.touch(mode=0o600)
        made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return made

    def server(self, *, valid: tuple[dt.datetime, dt.datetime] = NEVER, host: str = "127.0.0.1") -> TlsServer:
        """The broker's files."""
        pair = self.pair("broker", valid=valid, host=host)
        return TlsServer(self.ca, pair.certificate, pair.key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, valid: tuple[dt.datetime, dt.datetime]
) -> x509.CertificateBuilder:
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
    )
    return made.not_valid_before(valid[0]).not_valid_after(valid[1])


class Proxy:
    """Forwards TCP. ``freeze``: on connections that exist nothing gets through any more, though they stay open; later ones work."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self._ended = threading.Event()
        self._dead: set[int] = set()
        self._count = 0
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._listener.settimeout(0.1)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def freeze(self) -> None:
        """As a NAT that forgot, or a cable pulled behind a switch."""
        self._dead.update(range(self._count))

    def close(self) -> None:
        """End all."""
        self._ended.set()
        for thread in self._threads:
            thread.join(2)
        for one in (self._listener, *self._sockets):
            one.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                near, _ = self._listener.accept()
            except TimeoutError:
                continue
            far = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                thread = threading.Thread(target=self._carry, args=(self._count, source, sink), daemon=True)
                self._threads.append(thread)
                thread.start()
            self._count += 1

    def _carry(self, number: int, source: socket.socket, sink: socket.socket) -> None:
        source.settimeout(0.05)
        while not self._ended.is_set():
            try:
                chunk = source.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            if number in self._dead:
                continue  # swallowed: TCP acknowledges it, nobody gets it
            try:
                sink.sendall(chunk) if chunk else sink.shutdown(socket.SHUT_WR)
            except OSError:
                return
            if not chunk:
                return
