"""A list at the centre becomes the register of a terminal: the real commands, the agent's own process, mutual TLS, a line that breaks off."""

from __future__ import annotations

import csv
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from kiosk.credential.keylist import KeyList, TrustedKey, dump_key_list, load_key_list
from kiosk.credential.token import Algorithm
from kiosk.directory.reader import Directory
from kiosk.issuing.events_door import EventsDoor
from support import broker as real
from support.agents import TERMINAL, station_file, until
from support.centre_processes import HAS_MOSQUITTO, ROOT, free_port
from support.ledgers import open_issuer
from tools.directory.command import main as directory_main
from tools.fleet.__main__ import main
from tools.fleet.collector.jobs import make_centre_key
from tools.fleet.store.database import Store, open_store
from tools.fleet.store.schema import job, terminal
from tools.fleet.store.schema_release import rollout

pytestmark = pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)


class CuttingProxy:
    """Forwards TCP, and cuts each of the first connections after ``limit`` bytes came from the server."""

    def __init__(self, target: int, cuts: int, limit: int) -> None:
        self._target, self._cuts, self._limit = target, cuts, limit
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            left = self._limit if self.connections <= self._cuts else 1 << 40
            far = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._carry, args=(near, far, 1 << 40), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, left), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, sink: socket.socket, left: int) -> None:
        with suppress(OSError):  # the other half was cut
            while left > 0 and (chunk := source.recv(min(4096, left))):
                sink.sendall(chunk)
                left -= len(chunk)
        for one in (source, sink):
            with suppress(OSError):  # already gone
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def process(log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        running = subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            yield running
        finally:
            running.terminate()
            running.wait(15)


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answer_of(port: int, ca: Path, pair: real.Pair | None) -> int:
    """The status of an answer; 0 where there was none."""
    context = ssl.create_default_context(cafile=str(ca))
    if pair is not None:
        context.load_cert_chain(pair.certificate, pair.key)
    line = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    try:
        line.request("GET", "/files/x")
        return line.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        line.close()


def secret(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(os.urandom(32))


def has(store: Store, column: str) -> int:
    with store.reading() as tx:
        return int(tx.execute(select(terminal.c[column]).where(terminal.c.code == TERMINAL)).scalar() or 0)


def names(folder: Path) -> list[str]:
    with Directory.open(folder / "directory", (folder / "secrets/directory.key").read_bytes()) as directory:
        return sorted(subject.name for subject, _ in directory.everybody())


def trusted(number: int) -> TrustedKey:
    return TrustedKey(number, Algorithm.ED25519, bytes([number]) * 32, f"140703{number:04d}", "测试服务站", "140703", NOW)


def test_lists_of_the_centre_come_to_a_terminal_over_a_line_that_breaks_off(tmp_path: Path) -> None:
    centre, kiosk = tmp_path / "centre", tmp_path / "t"
    centre.mkdir(mode=0o700)
    make_centre_key(centre / "centre.key", centre / "centre.pub")
    secret(centre / "lookup.key")
    secret(kiosk / "secrets/directory.key")
    (kiosk / "run").mkdir(parents=True)
    place = ["--folder", str(centre)]
    listed = tmp_path / "list.csv"
    assert directory_main(["generate", "--count", "600", "--out", str(listed)]) == 0
    pki = real.Pki(tmp_path / "pki")
    us, them, hands = pki.pair("sxc"), pki.pair(TERMINAL), pki.pair("files", host="127.0.0.1")
    with ExitStack() as stack:
        mqtt = stack.enter_context(real.running(tmp_path / "broker", tls=pki.server()))
        tls = ["--ca", str(pki.ca), "--certificate", str(us.certificate), "--key", str(us.key)]
        host = ["collect", *place, "--broker", f"127.0.0.1:{mqtt.port}", *tls, "--part", "host"]
        stack.enter_context(process(tmp_path / "host.log", "tools.fleet", *host))
        port = free_port()
        own = ["--ca", str(pki.ca), "--certificate", str(hands.certificate), "--key", str(hands.key)]
        stack.enter_context(process(tmp_path / "files.log", "tools.fleet", "files", *place, "--port", str(port), *own))
        until(lambda: listening(port), 20, "the file server")
        proxy = CuttingProxy(port, cuts=3, limit=14_000)
        stack.callback(proxy.close)
        shown = {"ca": str(pki.ca), "certificate": str(them.certificate), "key": str(them.key)}
        where = {"brokers": [f"127.0.0.1:{mqtt.port}"], "files_url": f"https://127.0.0.1:{proxy.port}/files/"}
        file = station_file(kiosk, {**shown, **where, "centre_key": str(centre / "centre.pub")})
        assert main(["terminal", TERMINAL, "--town", "140703101", *place]) == 0
        store = open_store(f"sqlite:///{centre / 'centre.db'}")
        stack.callback(store.close)
        ledger = stack.enter_context(open_issuer(tmp_path / "ledger"))
        door = EventsDoor(ledger, kiosk / "run")
        stack.callback(door.close)
        stack.enter_context(process(tmp_path / "agent.log", "kiosk.agent", "--station", str(file)))

        assert main(["publish", "directory", str(listed), "--area", "140703", "--start", "--pilot", "1", *place]) == 0
        until(lambda: has(store, "dir") == 1, 60, "the first directory")
        with listed.open(encoding="utf-8-sig", newline="") as opened:
            rows = list(csv.reader(opened))
        assert names(kiosk) == sorted(row[0] for row in rows[1:])
        assert proxy.connections > 3  # it went on where it had been cut

        renamed = [rows[1][0] + "二", *rows[1][1:]]
        with listed.open("w", encoding="utf-8-sig", newline="") as opened:
            csv.writer(opened).writerows([rows[0], renamed, *rows[3:]])
        assert main(["publish", "directory", str(listed), "--area", "140703", "--replace", "--start", "--pilot", "1", *place]) == 0
        until(lambda: has(store, "dir") == 2, 60, "the change")
        assert names(kiosk) == sorted([renamed[0], *(row[0] for row in rows[3:])])

        keys = tmp_path / "new-keys.json"
        keys.write_text(json.dumps(dump_key_list(KeyList("q.sxnc.cn", NOW, {2: trusted(2), 1: trusted(1)}))), encoding="utf-8")
        assert main(["publish", "keys", str(keys), "--start", *place]) == 0
        until(lambda: has(store, "keys") == 1, 60, "the key list")
        assert load_key_list(kiosk / "keys.json") == load_key_list(centre / "keys.json")

        with store.reading() as tx:
            made = tx.execute(select(job.c.kind, job.c.args, job.c.status).order_by(job.c.created_at)).all()
            stages = tx.execute(select(rollout.c.stage).order_by(rollout.c.id)).scalars().all()
        assert [(row.kind, row.args["file"]["base"], row.status) for row in made] == [
            ("syncDirectory", 0, "SUCCEEDED"),
            ("syncDirectory", 1, "SUCCEEDED"),
            ("syncKeys", 0, "SUCCEEDED"),
        ]
        assert stages[0] == "replaced"
        assert set(stages[1:]) <= {"pilot", "wide"}


def test_the_file_server_asks_for_a_certificate_of_the_terminals_authority(tmp_path: Path) -> None:
    pki, stranger = real.Pki(tmp_path / "pki"), real.Pki(tmp_path / "other", "other")
    hands, wrong, right = pki.pair("files", host="127.0.0.1"), stranger.pair(TERMINAL), pki.pair(TERMINAL)
    port = free_port()
    own = ["--ca", str(pki.ca), "--certificate", str(hands.certificate), "--key", str(hands.key)]
    place = ["--folder", str(tmp_path / "centre")]
    with process(tmp_path / "files.log", "tools.fleet", "files", *place, "--port", str(port), *own):
        until(lambda: listening(port), 20, "the file server")
        told = {
            name: answer_of(port, pki.ca, pair) for name, pair in {"nobody": None, "stranger": wrong, "terminal": right}.items()
        }
    assert told == {"nobody": 0, "stranger": 0, "terminal": 404}


def test_beyond_this_machine_files_are_served_with_tls_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["files", "--folder", str(tmp_path), "--bind", "0.0.0.0"]) == 2
    assert "belong together" in capsys.readouterr().err
