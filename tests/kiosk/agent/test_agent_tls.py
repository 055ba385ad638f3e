"""Who may talk to whom: certificates of both sides, the server's name, and clocks that are years wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import broker as real
from support.agents import TERMINAL, ListSource, RunningAgent, SmallCentre, check, ledger_events, station, station_file, until


@pytest.fixture(autouse=True)
def every_word(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="kiosk")


ROOT = Path(__file__).resolve().parents[3]
GENERATION = "8c3b1b5e-7a43-4a6b-9a52-0d6f3a1f2c11"


class TlsCentre(SmallCentre):
    """The small centre with a certificate."""

    def __init__(self, folder: Path, port: int, pki: real.Pki) -> None:
        pair = pki.pair("sxc")
        self._tls = (str(pki.ca), str(pair.certificate), str(pair.key))
        super().__init__(folder, port, tls=self._tls)


def fleet(pki: real.Pki, pair: real.Pair) -> dict[str, str]:
    return {"ca": str(pki.ca), "certificate": str(pair.certificate), "key": str(pair.key)}


def last_words(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(r.getMessage() for r in caplog.records if "agent-disconnected" in r.getMessage())


def test_both_sides_show_their_certificates(tmp_path: Path) -> None:
    pki = real.Pki(tmp_path / "pki")
    with real.running(tmp_path / "broker", tls=pki.server()) as broker:
        source, centre = ListSource(ledger_events(120)), TlsCentre(tmp_path / "centre", broker.port, pki)
        with RunningAgent(station(tmp_path / "t", broker.port, **fleet(pki, pki.pair(TERMINAL))), source):
            until(lambda: centre.count() == 120)
        assert check(source, centre).is_whole
        centre.close()


@pytest.mark.parametrize("fault", ["expired", "wrongCa"])
def test_terminal_with_a_bad_certificate_gets_no_session(tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture) -> None:
    pki = real.Pki(tmp_path / "pki")
    stranger = real.Pki(tmp_path / "other", "other")
    pair = pki.pair(TERMINAL, valid=real.EXPIRED) if fault == "expired" else stranger.pair(TERMINAL)
    with real.running(tmp_path / "broker", tls=pki.server()) as broker:
        agent = RunningAgent(station(tmp_path / "t", broker.port, **fleet(pki, pair)), ListSource(ledger_events(3)))
        until(lambda: last_words(caplog).count("agent-disconnected") >= 2)
        assert not agent.parts.connection.is_up
        agent.stop()
    assert "agent-connected" not in caplog.text


@pytest.mark.parametrize("fault", ["wrongCa", "wrongName", "expiredWithTrustedClock"])
def test_terminal_refuses_a_false_broker(tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture) -> None:
    pki, stranger = real.Pki(tmp_path / "pki"), real.Pki(tmp_path / "other", "other")
    server = {
        "wrongCa": lambda: stranger.server(),
        "wrongName": lambda: pki.server(host="localhost"),
        "expiredWithTrustedClock": lambda: pki.server(valid=real.EXPIRED),
    }[fault]()
    synchronised = tmp_path / "synchronized"
    synchronised.touch()
    from kiosk.agent.clock import AgentClock

    clock = AgentClock(synchronised if fault == "expiredWithTrustedClock" else tmp_path / "no")
    with real.running(tmp_path / "broker", tls=server) as broker:
        config = station(tmp_path / "t", broker.port, **fleet(pki, pki.pair(TERMINAL)))
        agent = RunningAgent(config, ListSource(ledger_events(3)), clock=clock)
        until(lambda: "certificate:" in last_words(caplog))
        assert not agent.parts.connection.is_up
        agent.stop()
    assert "agent-connected" not in caplog.text


@pytest.mark.skipif(shutil.which("faketime") is None, reason="needs faketime")
@pytest.mark.parametrize("year", ["2001", "2035"])
@pytest.mark.parametrize("broker_is", ["ours", "stranger"])
def test_a_clock_years_wrong_neither_locks_out_nor_lets_strangers_in(tmp_path: Path, year: str, broker_is: str) -> None:
    pki, stranger = real.Pki(tmp_path / "pki"), real.Pki(tmp_path / "other", "other")
    server = pki.server() if broker_is == "ours" else stranger.server()
    with real.running(tmp_path / "broker", tls=server) as broker:
        file = station_file(tmp_path / "t", {"brokers": [f"127.0.0.1:{broker.port}"], **fleet(pki, pki.pair(TERMINAL))})
        source = ListSource(ledger_events(75), GENERATION)
        centre = TlsCentre(tmp_path / "centre", broker.port, pki if broker_is == "ours" else stranger)
        until(centre.client.is_connected)
        seconds = "30" if broker_is == "ours" else "4"
        command = [
            "faketime",
            f"{year}-03-01 12:00:00",
            sys.executable,
            "-m",
            "support.agent_worker",
            str(file),
            "75",
            GENERATION,
            seconds,
        ]
        env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
        assert done.stdout.splitlines()[0] == year
        if broker_is == "ours":
            assert (done.returncode, done.stdout.splitlines()[1]) == (0, "trusted=False"), done.stderr[-800:]
            assert check(source, centre).is_whole
        else:
            assert done.returncode == 3
            assert "certificate:" in done.stderr
            assert "agent-connected" not in done.stderr
        centre.close()


def test_secrets_reach_neither_log_nor_command_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    password = tmp_path / "password"
    password.touch(mode=0o600)
    password.write_text("s3cret-of-1407030031\n")
    with real.running(tmp_path / "broker") as broker:
        centre = SmallCentre(tmp_path / "centre", broker.port)
        config = station(tmp_path / "t", broker.port, password_file=str(password))
        with RunningAgent(config, ListSource(ledger_events(3))) as agent:
            until(lambda: centre.count() == 3)
            assert "s3cret" not in repr(agent.parts.connection._account)
        centre.close()
    assert "s3cret" not in caplog.text
    assert "13800000417" not in caplog.text


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    from kiosk.agent.tls import TlsError, TlsFiles, make_context

    pki = real.Pki(tmp_path / "pki")
    pair = pki.pair(TERMINAL)
    make_context(TlsFiles(pki.ca, pair.certificate, pair.key), dates_count=True)
    pair.key.chmod(0o644)
    with pytest.raises(TlsError, match="keyOpenToOthers"):
        make_context(TlsFiles(pki.ca, pair.certificate, pair.key), dates_count=True)
