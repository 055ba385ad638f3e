"""Recorder and player: what crossed the wire comes back in lockstep, without the device and without waiting."""

import json
import os
import threading
import time
import tty
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.device import DeviceKind, DeviceState, DeviceStatus
from drivers.errors import DeviceGone, DriverFault
from drivers.printer.encode import encode_label
from drivers.printer.escpos_device import EscPosPrinter
from drivers.printer.finder import printer_finder
from drivers.printer.profile import printer_profile
from drivers.printer.record import JobDone, MonoBitmap, Outcome, PrinterJob
from drivers.recording import MAX_BYTES, Played, ReplayMismatch, UsbLike, play, record
from drivers.scale.device import Scale
from drivers.scale.finder import scale_finder
from drivers.scale.profile import load_profiles
from drivers.scale.record import ScaleReading, ScaleStatus
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Bus
from drivers.virtual.load_cell import LoadCell
from drivers.virtual.printer import VirtualPrinter
from drivers.virtual.printer_engine import PrinterEngine
from drivers.virtual.serial_scale import ToledoContinuous, VirtualSerialScale
from tests.support.lines import PtyLine

FRAMES = Path(__file__).resolve().parent.parent / "frames"
TOLEDO = load_profiles()["toledo_continuous_8n1"]
CLONE = replace(printer_profile("clone-80"), speed_mm_s=1000, settle_s=0.8, poll_s=0.2, reply_s=0.1)


def told(driver: Scale, transport: Played) -> list[object]:
    """Everything that a driver tells about a recording, at once."""
    records: list[object] = []
    with pytest.raises(DeviceGone):
        driver.run(transport, records.append, threading.Event())
    return records


def weights(records: list[object]) -> list[tuple[Decimal | None, ScaleStatus]]:
    return [(record.weight_kg, record.status) for record in records if isinstance(record, ScaleReading)]


def test_a_weighing_with_an_unplug_is_recorded_and_told_again_by_the_player(tmp_path):
    file, stop, live = tmp_path / "scale.jsonl", threading.Event(), []
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    scale = VirtualSerialScale(ToledoContinuous(), LoadCell(ramp_s=0.3))
    serving = threading.Thread(target=scale.serve, args=(PtyLine(ours), stop))
    transport = scale_finder(TOLEDO, os.ttyname(theirs))()
    assert transport is not None
    recorded = record(transport, DeviceKind.SCALE, file)
    serving.start()

    def hear(item: object) -> None:
        live.append(item)
        if isinstance(item, ScaleReading) and item.status is ScaleStatus.ZERO:
            scale.set_weight(Decimal("1.250"))
        if isinstance(item, ScaleReading) and (item.weight_kg, item.status) == (Decimal("1.250"), ScaleStatus.STABLE):
            stop.set()
            serving.join(5)
            os.close(theirs)
            os.close(ours)

    with pytest.raises(DeviceGone):
        Scale(TOLEDO).run(recorded, hear, threading.Event())
    recorded.close()
    assert file.stat().st_mode & 0o777 == 0o600
    began, used = time.monotonic(), time.thread_time()
    player = play(file.read_text().splitlines())
    again = told(Scale(TOLEDO, clock=player.clock), player)
    assert time.thread_time() - used < 1.0 and time.monotonic() - began < 30  # nothing in it waits
    assert player.port == transport.port
    assert weights(again)[-2:] == weights(live)[-2:] == [(Decimal("1.250"), ScaleStatus.STABLE), (None, ScaleStatus.NOT_READY)]
    assert [w for w in weights(again) if w[1] is not ScaleStatus.UNSTABLE] == [
        w for w in weights(live) if w[1] is not ScaleStatus.UNSTABLE
    ]


def test_a_print_job_is_played_back_to_its_outcome(tmp_path):
    job = PrinterJob("1", encode_label(MonoBitmap(480, 320, bytes(range(1, 61)) * 320), CLONE), 40)
    bus, file = Bus(), tmp_path / "printer.jsonl"
    bus.plug(VirtualPrinter(PrinterEngine("clone_80", speed_mm_s=1000)))

    def print_over(transport, clock=time.monotonic) -> JobDone:
        driver, dones, stop = EscPosPrinter(CLONE, clock=clock), [], threading.Event()

        def hear(item: object) -> None:
            if isinstance(item, DeviceStatus) and item.state is DeviceState.ONLINE and not dones:
                driver.submit(job)
            if isinstance(item, JobDone):
                dones.append(item)
                stop.set()

        driver.run(transport, hear, stop)
        return dones[0]

    real = printer_finder(backend=VirtualBackend(bus))()
    assert real is not None
    recorded = record(real, DeviceKind.PRINTER, file)
    assert isinstance(recorded, UsbLike)
    assert print_over(recorded).outcome is Outcome.CONFIRMED
    recorded.close()
    bus.close()
    player = play(file.read_text().splitlines())
    again = print_over(player, player.clock)
    assert (again.outcome, again.bytes_sent) == (Outcome.CONFIRMED, len(job.data))


def test_a_card_reader_is_never_recorded(tmp_path):
    with pytest.raises(DriverFault):
        record(Played("x", []), DeviceKind.ID_READER, tmp_path / "no.jsonl")
    assert not (tmp_path / "no.jsonl").exists()


def test_a_recording_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("drivers.recording.MAX_BYTES", 500)
    steps = [{"t": n / 10, "op": "read", "data": "41" * 20} for n in range(100)]
    recorded = record(Played("x", steps), DeviceKind.SCANNER, tmp_path / "r.jsonl")
    for _ in range(100):
        recorded.read(64, 10.0)
    recorded.close()
    assert (tmp_path / "r.jsonl").stat().st_size <= 500 < MAX_BYTES


def lines(*steps: dict) -> list[str]:
    return [json.dumps({"op": "open", "kind": "scale", "port": "p"}), *map(json.dumps, steps)]


def test_the_player_keeps_the_order_of_question_and_answer():
    player = play(lines({"t": 0.1, "op": "write", "data": "57", "taken": 1}, {"t": 0.2, "op": "read", "data": "0241"}))
    assert player.read(10, 5.0) == b"" and player.clock() == 5.0
    assert player.write(b"W", 0.1) == 1
    assert player.read(1, 0.0) == b"\x02" and player.read(10, 0.0) == b"A" and player.is_over


def test_another_question_than_the_recorded_one_is_a_mismatch():
    player = play(lines({"t": 0.1, "op": "write", "data": "57", "taken": 1}))
    with pytest.raises(ReplayMismatch):
        player.write(b"Z", 0.1)
    player = play(lines({"t": 0.1, "op": "control_in", "setup": [161, 1, 0, 0], "data": "18"}))
    assert isinstance(player, UsbLike)
    with pytest.raises(ReplayMismatch):
        player.write(b"Z", 0.1)
    assert player.control_in(161, 1, 0, 0, 1) == b"\x18"


def test_what_is_no_recording_is_refused():
    with pytest.raises(ValueError, match="open"):
        play(['{"t": 0, "op": "read", "data": ""}'])


@pytest.mark.parametrize("file", sorted(FRAMES.glob("scale_*.jsonl")), ids=lambda file: file.stem)
def test_recorded_sessions_of_scales_end_as_they_did(file):
    """``frames/NAME.jsonl`` is the wire, ``NAME.expected.json`` the weights that the driver must tell."""
    expected = json.loads(file.with_suffix(".expected.json").read_text())
    player = play(file.read_text().splitlines())
    profile = load_profiles()[expected["profile"]]
    records = told(Scale(profile, clock=player.clock), player)
    resting = [
        [None if kg is None else str(kg), status.value] for kg, status in weights(records) if status is not ScaleStatus.UNSTABLE
    ]
    assert resting == expected["resting"]
