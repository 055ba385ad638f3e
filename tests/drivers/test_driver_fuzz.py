"""Every codec against bytes that nobody meant: mutated worked frames always, coverage-guided (atheris) where it is installed."""

import importlib.util
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.drivers.fuzz_targets import FAMILIES, TARGETS, seeds_of

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
"""Asked for, atheris searches each target so long; else each family for ``SHORT_S``."""
SHORT_S = 5.0

ROOT = Path(__file__).resolve().parent.parent.parent
MUTATION_S = 0.3


def mutated(seed: bytes, dice: random.Random) -> bytes:
    data = bytearray(seed * dice.randint(1, 4))
    for _ in range(dice.randint(0, 6)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(4):
            case 0:
                data[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                data[at:at] = dice.randbytes(dice.randint(1, 12))
            case 2:
                del data[at : at + dice.randint(1, 8)]
            case 3:
                data[at:at] = seed
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_frames_break_no_promise(name):
    target, seeds = TARGETS[name]
    dice, until, rounds = random.Random(name), time.monotonic() + MUTATION_S, 0
    for seed in seeds:
        target(seed)
    while time.monotonic() < until:
        target(mutated(dice.choice(seeds), dice))
        rounds += 1
    assert rounds > 10


def test_every_target_belongs_to_a_family():
    assert sorted(member for members in FAMILIES.values() for member in members) == sorted(TARGETS)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
@pytest.mark.parametrize("name", TARGETS if SECONDS else FAMILIES)
def test_coverage_guided_bytes_break_no_promise(name, tmp_path):
    seconds = SECONDS or SHORT_S
    for place, seed in enumerate(seeds_of(name)):
        (tmp_path / f"seed{place}").write_bytes(seed)
    command = [sys.executable, str(ROOT / "tests/drivers/fuzz.py"), name, f"-max_total_time={seconds:g}"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [*command, str(tmp_path)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=seconds + 120, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done " in done.stderr
