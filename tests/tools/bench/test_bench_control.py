"""The verbs over the socket, and at the command line in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.device import DeviceKind
from support.bench_host import BenchHost, wait_until
from tools.bench.bench import Bench
from tools.bench.control import ask
from tools.bench.errors import BenchError

ROOT = Path(__file__).resolve().parents[3]
MODULE = [sys.executable, "-m", "tools.bench"]


def cli(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MODULE, *words, "--folder", str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a refusal."""
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


def test_each_verb_of_the_socket_does_what_the_method_does(bench: Bench) -> None:
    for request in [
        {"do": "tap-card", "name": "wang"},
        {"do": "reader", "fault": "mute"},
        {"do": "weight", "kg": "12.35"},
        {"do": "scale", "fault": "frozen"},
        {"do": "printer", "fault": "paper-out-after-rows", "number": 10},
        {"do": "printer", "fault": "cover-open"},
        {"do": "show-qr", "text": "https://q.sxnc.cn/1"},
        {"do": "unplug", "device": "scale"},
        {"do": "plug", "device": "printer", "port": 7},
    ]:
        assert ask(bench.folder, request) == {"ok": True}, request
    state = ask(bench.folder, {"do": "state"})["state"]
    assert (state["reader"]["card"], state["reader"]["fault"]) == ("王建国", "mute")
    assert (state["scale"]["on_pan"], state["scale"]["fault"], state["scale"]["place"]) == ("12.35", "frozen", "")
    assert (state["printer"]["is_cover_open"], state["printer"]["place"]) == (True, "usb:1-7")
    assert state["camera"]["shows"] == "https://q.sxnc.cn/1"
    for request in [
        {"do": "remove-card"},
        {"do": "clear-camera"},
        {"do": "plug", "device": "scale"},
        {"do": "printer", "fault": "well"},
    ]:
        assert ask(bench.folder, request) == {"ok": True}, request
    state = ask(bench.folder, {"do": "state"})["state"]
    assert (state["reader"]["card"], state["camera"]["shows"], state["printer"]["is_cover_open"]) == ("", "", False)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({}, "no-such-verb"),
        ({"do": "dance"}, "no-such-verb"),
        ({"do": "tap-card"}, "nothing-given"),
        ({"do": "tap-card", "name": 7}, "nothing-given"),
        ({"do": "tap-card", "name": "谁"}, "no-such-person"),
        ({"do": "printer", "fault": "paper-out-after-rows", "number": "many"}, "not-a-number"),
        ({"do": "plug", "device": "scale", "port": True}, "not-a-number"),
        ({"do": "show-label"}, "no-such-label"),
    ],
)
def test_a_request_that_cannot_be_is_refused_with_code_and_line(bench: Bench, request_: dict[str, object], error: str) -> None:
    answer = ask(bench.folder, request_)
    assert (answer["ok"], answer["error"]) == (False, error)
    assert "\n" not in answer["line"]


def test_rubbish_on_the_socket_is_answered_and_the_next_line_still_works(bench: Bench) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(bench.folder / "control.sock"))
        with raw.makefile("rwb") as stream:
            for line in (b"\xff\xfe rubbish\n", b"[1, 2]\n", b'{"do": "weight", "kg": "1"}\n'):
                stream.write(line)
            stream.flush()
            answers = [json.loads(stream.readline()) for _ in range(3)]
    assert [answer["ok"] for answer in answers] == [False, False, True]


def test_nobody_answers_when_the_bench_has_ended(tmp_path: Path) -> None:
    with Bench(tmp_path / "bench"):
        pass
    with pytest.raises(BenchError) as told:
        ask(tmp_path / "bench", {"do": "state"})
    assert told.value.code == "no-bench"


# ---- the command line -----------------------------------------------------------------------------------------------------------


def test_a_person_works_the_bench_from_the_command_line(bench: Bench, tmp_path: Path) -> None:
    host = BenchHost(bench)
    try:
        host.use_scale()
        host.weight("0.00")
        assert cli(bench.folder, "weight", "12.35").returncode == 0
        host.weight("12.35")
        assert cli(bench.folder, "unplug", "scale").returncode == 0
        host.gone(DeviceKind.SCALE)
        assert cli(bench.folder, "tap-card", "王建国").returncode == 0
        assert cli(bench.folder, "printer", "paper-out").returncode == 0
        assert cli(bench.folder, "show-qr", "https://q.sxnc.cn/9").returncode == 0
        (tmp_path / "view.png").write_bytes(bench.camera_png() or b"")
        assert cli(bench.folder, "show-qr", str(tmp_path / "view.png")).returncode == 0
        state = json.loads(cli(bench.folder, "state").stdout)
        assert (state["reader"]["card"], state["printer"]["is_paper_in"]) == ("王建国", False)
        assert state["camera"]["shows"] == "view.png"
    finally:
        host.close()


def test_refusals_are_one_line_and_exit_code_two(bench: Bench) -> None:
    assert "王建国(wang)" in refusal(cli(bench.folder, "tap-card", "谁"))
    assert "paper-out" in refusal(cli(bench.folder, "printer", "sad"))
    assert "there is no file" in refusal(cli(bench.folder, "show-qr", "/no/such.png"))
    assert "a bench runs" in refusal(cli(bench.folder, "serve", "--port", "0"))


def test_without_a_bench_every_verb_says_how_to_start_one(tmp_path: Path) -> None:
    assert "tools.bench serve" in refusal(cli(tmp_path / "nobody", "weight", "1"))


def test_people_are_listed_without_a_bench(tmp_path: Path) -> None:
    done = cli(tmp_path / "nobody", "people")
    assert done.returncode == 0 and "王建国" in done.stdout and "太谷区建国蔬菜专业合作社" in done.stdout


@contextmanager
def served(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    command = [*MODULE, "serve", "--port", "0", "--folder", str(folder), *words]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdout is not None
    try:
        said = dict(process.stdout.readline().split() for _ in range(2))
        yield process, said
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        process.stdout.close()


def test_serve_tells_page_and_bus_and_ends_cleanly_when_asked(tmp_path: Path) -> None:
    folder = tmp_path / "bench"
    with served(folder, "--serial-scale", "xk3190-stx") as (process, said):
        assert Path(said["bus"]) == folder / "usb.sock"
        with urllib.request.urlopen(said["page"], timeout=10) as page:
            assert "台架" in page.read().decode()
        assert (folder / "scale-tty").exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert not (folder / "usb.sock").exists() and not (folder / "scale-tty").is_symlink()


def test_a_bench_that_died_leaves_nothing_in_the_way_of_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "bench"
    with served(folder) as (process, _):
        assert cli(folder, "unplug", "camera").returncode == 0
        process.kill()
    wait_until(lambda: process.poll() is not None)
    with Bench(folder) as bench:
        assert ask(folder, {"do": "state"})["state"]["camera"]["place"] == f"pictures:{bench.folder / 'camera'}"
