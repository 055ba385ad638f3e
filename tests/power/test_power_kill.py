"""The process dies at any moment, again and again on the same ledger: nothing that was answered is lost, nothing is doubled.

Short form 20 deaths; ``KIOSK_POWER_ROUNDS=500`` makes it long. SIGKILL leaves what the kernel had taken; what a power cut takes besides is in
``test_power_cut.py``.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kiosk.credential.secret_file import write_secret
from kiosk.credential.signer import new_private_key
from kiosk.issuing.issuer import StoreUnavailable
from support.ledgers import open_issuer
from tests.power import ledger_truth, worker

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("KIOSK_POWER_ROUNDS", "20"))
ENV = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_secret(tmp_path / "signing.key", new_private_key())
    return tmp_path


def started(folder: Path, seed: int, round_: str) -> subprocess.Popen[str]:
    call = [sys.executable, "-m", "tests.power.worker", str(folder), str(seed), round_]
    return subprocess.Popen(call, cwd=ROOT, env=ENV, stdout=subprocess.PIPE, text=True)


def killed(process: subprocess.Popen[str], after_s: float) -> list[ledger_truth.Line]:
    """Kill it some time after it opened the ledger; all the lines it had finished saying."""
    assert process.stdout is not None
    said = [process.stdout.readline()]
    time.sleep(after_s)  # the moment of death is the thing under test
    process.send_signal(signal.SIGKILL)
    said += process.stdout.readlines()
    process.wait(30)
    process.stdout.close()
    return [json.loads(line) for line in said if line.endswith("\n")]


@pytest.mark.slow
def test_killed_at_random_moments_the_ledger_keeps_its_word(folder: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)  # noqa: T201 - shown when it fails
    dice = random.Random(seed)
    lines: list[ledger_truth.Line] = []
    for death in range(1, ROUNDS + 1):
        said = killed(started(folder, dice.randrange(2**32), f"round{death}"), dice.uniform(0, 0.15))
        assert said[0]["kind"] == "open"
        lines += said
        with worker.open_here(folder) as issuer:
            ledger_truth.check(issuer, folder, lines, deaths=death)
            lines += tapped_again(said, issuer)
    assert sum(line["kind"] == "ok" and line["what"] == "issue" for line in lines) >= ROUNDS


def tapped_again(said: list[ledger_truth.Line], issuer: worker.LedgerIssuer) -> list[ledger_truth.Line]:
    """After the restart the person taps 开证 again: the promise under way becomes one certificate, whether it was written or not."""
    asked = [line for line in said if line["kind"] == "ask" and line["what"] == "issue"]
    answered = {line["promise_id"]: line for line in said if line["kind"] == "ok" and line["what"] == "issue"}
    if not asked:
        return []
    promise_id = str(asked[-1]["promise_id"])
    made, again = (issuer.issue(worker.promise_of(promise_id)) for _ in range(2))
    assert made == again
    urls = [label.url for label in made.labels]
    if promise_id in answered:
        assert (answered[promise_id]["counter"], answered[promise_id]["urls"]) == (made.number.counter, urls)
        return []
    return [{"kind": "ok", "what": "issue", "promise_id": promise_id, "counter": made.number.counter, "urls": urls}]


def test_while_one_process_works_no_other_gets_the_ledger_and_after_its_death_the_next_does(folder: Path) -> None:
    process = started(folder, 1, "first")
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["kind"] == "open"
        with pytest.raises(StoreUnavailable) as caught:
            open_issuer(folder)
        assert (caught.value.code, caught.value.facts["reason"]) == ("storeBroken", "owned")
    finally:
        process.kill()
        process.communicate()
    open_issuer(folder).close()
