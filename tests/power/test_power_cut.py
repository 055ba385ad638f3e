"""The power fails: writes that were not synced are lost, torn or kept at random, and every promise still holds.

Short form 30 cuts of one run; ``KIOSK_POWER_ROUNDS=2000`` makes it long.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.credential.secret_file import write_secret
from kiosk.credential.signer import new_private_key
from kiosk.issuing.issuer import StoreUnavailable
from tests.power import ledger_truth, power_cut, worker

ROOT = Path(__file__).parents[2]
CUTS = int(os.environ.get("KIOSK_POWER_ROUNDS", "30"))
VISITS = 60

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("cc") is None, reason="a C compiler builds the recorder of disk writes"),
]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[power_cut.Step]]:
    """A terminal at work for some visits, everything that it did to its disk, and the folder with its key."""
    base = tmp_path_factory.mktemp("power")
    folder, log = base / "terminal", base / "disk.log"
    folder.mkdir()
    write_secret(folder / "signing.key", new_private_key())
    env = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}",
        "LD_PRELOAD": str(power_cut.build(base)),
        "DISKLOG_DIR": str(folder / "ledger.db"),
        "DISKLOG_FILE": str(log),
    }
    call = [sys.executable, "-m", "tests.power.worker", str(folder), "1", "run"]
    with subprocess.Popen(call, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        issued = 0
        for line in process.stdout:
            issued += '"kind": "ok", "what": "issue"' in line
            if issued == VISITS:
                break
        process.send_signal(signal.SIGKILL)
        process.stdout.read()
    return folder, power_cut.steps(log)


def restart(recorded: tuple[Path, list[power_cut.Step]], done: list[power_cut.Step], dice: random.Random, place: Path) -> None:
    """Put the disk together as it is after the cut, open it and hold it to its word."""
    folder, _ = recorded
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    shutil.copy2(folder / "signing.key", place)
    for path, content in power_cut.after_the_cut(done, dice).items():
        (place / Path(path).name).write_bytes(content)
    with worker.open_here(place) as issuer:
        ledger_truth.check(issuer, place, power_cut.said(done), deaths=1)


def test_the_recorder_sees_writes_syncs_and_checkpoints(recorded: tuple[Path, list[power_cut.Step]]) -> None:
    _, done = recorded
    seen = {(step.op, Path(step.path).name) for step in done}
    assert {("W", "ledger.db"), ("S", "ledger.db"), ("W", "ledger.db-wal"), ("S", "ledger.db-wal"), ("A", "")} <= seen
    lines = power_cut.said(done)
    # The last line may have been read, and the process killed, before the recorder noted it.
    assert sum(line["kind"] == "ok" and line["what"] == "issue" for line in lines) >= VISITS - 1


def test_after_any_power_cut_every_promise_holds(recorded: tuple[Path, list[power_cut.Step]], tmp_path: Path) -> None:
    _, done = recorded
    first = next(i for i, step in enumerate(done) if step.op == "A")
    seed = random.SystemRandom().randrange(2**32)
    dice = random.Random(seed)
    for _ in range(CUTS):
        at = dice.randrange(first, len(done))
        try:
            restart(recorded, done[:at], dice, tmp_path / "after")
        except (AssertionError, StoreUnavailable) as err:
            raise AssertionError(f"seed {seed}, cut at step {at} of {len(done)}") from err


def test_a_power_cut_while_the_first_ledger_is_made_never_ends_in_two(
    recorded: tuple[Path, list[power_cut.Step]], tmp_path: Path
) -> None:
    """Either it begins anew or a person is called; it never opens as something half made."""
    _, done = recorded
    first = next(i for i, step in enumerate(done) if step.op == "A")
    dice = random.Random(7)
    for at in sorted(dice.sample(range(first), min(12, first))):
        try:
            restart(recorded, done[:at], dice, tmp_path / "after")
        except StoreUnavailable as err:
            assert err.code == "storeBroken"


def test_without_the_syncs_of_the_log_promises_would_be_broken(recorded: tuple[Path, list[power_cut.Step]], tmp_path: Path) -> None:
    """The counter-proof: this is what ``synchronous=NORMAL`` would do, and the check above sees it."""
    _, done = recorded
    careless = [step for step in done if not (step.op == "S" and step.path.endswith("-wal"))]
    first = next(i for i, step in enumerate(careless) if step.op == "A")
    dice = random.Random(3)
    broken = 0
    for _ in range(10):
        try:
            restart(recorded, careless[: dice.randrange(first + 50, len(careless))], dice, tmp_path / "after")
        except (AssertionError, StoreUnavailable):
            broken += 1
    assert broken
