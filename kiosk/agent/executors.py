"""The doors through which jobs act: the service manager, the journal, and the app's folder of orders. Never a shell, never a word of a job in a command line."""

from __future__ import annotations

import base64
import gzip
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from kiosk.agent.jobs import Executor, JobFailed, Outcome
from kiosk.agent.store import StoredJob
from kiosk.log import redact
from kiosk.store.whole_file import write_whole
from kiosk.wire.canonical import WireError
from kiosk.wire.job import JobKind
from kiosk.wire.order import ANSWERS_FOLDER, ORDERS_FOLDER, STANDING_FILE, TAKEN, Answer, Order, OrderKind, Standing
from kiosk.wire.uplink import Pause

_RESTART = ("systemctl", "--no-ask-password", "restart", "kiosk-app.service")
_REBOOT = ("systemctl", "--no-ask-password", "reboot")
_COMMAND_S = 60
MAX_LOG_BYTES = 40 * 1024
"""A report of logs, compressed, fits into one message of any broker."""

Run = Callable[[tuple[str, ...]], bytes]
"""Runs one fixed command and gives its output. Raises ``JobFailed``."""


def run_command(command: tuple[str, ...]) -> bytes:
    """Without a shell, without our input, bounded in time."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_S, check=False)
    except FileNotFoundError as err:
        raise JobFailed("unsupported") from err
    except (OSError, subprocess.TimeoutExpired) as err:
        raise JobFailed(type(err).__name__) from err
    if done.returncode != 0:
        raise JobFailed(f"exit:{done.returncode}")
    return done.stdout


def restart_app(run: Run = run_command) -> Executor:
    """The app's own recovery asks about unfinished paper afterwards."""

    def execute(_job: StoredJob) -> Outcome:
        run(_RESTART)
        return Outcome(True)

    return execute


def reboot(run: Run = run_command) -> Executor:
    """Told as SUCCEEDED by the next start. It fails only when the machine still runs after a while."""

    def execute(_job: StoredJob) -> Outcome:
        run(_REBOOT)
        return Outcome(True)

    return execute


def collect_logs(run: Run = run_command) -> Executor:
    """The terminal's own units, redacted once more, the latest that fits."""

    def execute(job: StoredJob) -> Outcome:
        hours = int(job.args.get("hours", 24))
        text = run(("journalctl", "--unit=kiosk-*", f"--since=-{hours}h", "--output=short-iso", "--no-pager", "--quiet"))
        lines = redact(text.decode("utf-8", "replace")).encode("utf-8").splitlines(keepends=True)
        kept = _fitting(lines)
        packed = base64.b64encode(gzip.compress(b"".join(kept), mtime=0)).decode("ascii")
        return Outcome(True, detail={"lines": len(kept), "of": len(lines), "gzip": packed})

    return execute


def _fitting(lines: list[bytes]) -> list[bytes]:
    """The longest end of the list that is small enough when packed."""
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high + 1) // 2
        if len(gzip.compress(b"".join(lines[len(lines) - middle :]))) * 4 // 3 <= MAX_LOG_BYTES:
            low = middle
        else:
            high = middle - 1
    return lines[len(lines) - low :]


class AppDoor:
    """The folder of orders. ``wait`` sleeps between looks; the app answers within ``patience``."""

    def __init__(
        self,
        folder: Path,
        now: Callable[[], datetime],
        wait: Callable[[float], None],
        patience: timedelta,
        machine: Callable[[], datetime] | None = None,
    ) -> None:
        self._folder, self._now, self._wait, self._patience = folder, now, wait, patience
        self._machine = machine or now
        self._answers, self._orders = folder / ANSWERS_FOLDER, folder / ORDERS_FOLDER

    def executor(self, kind: OrderKind) -> Executor:
        """Order it from the app and wait for its answer. Fails with the app's code, or ``noAnswer``."""

        def execute(job: StoredJob) -> Outcome:
            now = self._now()
            # The app goes by the machine's clock, which may be far from the centre's.
            left = min(self._patience, job.not_after - now)
            order = Order(id=job.id, kind=kind, args=job.args, not_after=self._machine() + left)
            self._answers.mkdir(exist_ok=True)
            self._orders.mkdir(exist_ok=True)
            for old in self._answers.glob("*.json"):  # one job at a time: nobody waits for these any more
                old.unlink(missing_ok=True)
            write_whole(self._orders / f"{job.id}.json", order.encode())
            return self._wait_for(job.id, now + left)

        return execute

    def resume(self, job: StoredJob) -> Outcome:
        """After a restart of the agent: the order is given already; it is never given again. Fails with ``interrupted`` when the app never saw it."""
        given = [self._orders / f"{job.id}.json", self._orders / f"{job.id}{TAKEN}", self._answers / f"{job.id}.json"]
        if not any(path.exists() for path in given):
            raise JobFailed("interrupted")
        return self._wait_for(job.id, self._now() + self._patience)

    def _wait_for(self, job_id: str, until: datetime) -> Outcome:
        """The answer stays until the next order: a crash before the job's end is noted finds it again."""
        try:
            return self._answer(self._answers / f"{job_id}.json", until)
        finally:
            (self._orders / f"{job_id}.json").unlink(missing_ok=True)

    def _answer(self, path: Path, until: datetime) -> Outcome:
        while self._now() < until:
            try:
                answer = Answer.decode(path.read_bytes())
            except FileNotFoundError:
                self._wait(0.2)
                continue
            except WireError as err:
                raise JobFailed("badAnswer") from err
            return Outcome(answer.ok, answer.code, answer.detail, answer.rejected)
        raise JobFailed("noAnswer")


def write_standing(folder: Path, standing: Standing) -> None:
    """Put what holds until replaced before the app's eyes. Raises ``OSError``."""
    write_whole(folder / STANDING_FILE, standing.encode())


def pause(apply: Callable[[Pause], None]) -> Executor:
    """``apply`` hands it to the agent's loop, which keeps it and tells the app."""

    def execute(job: StoredJob) -> Outcome:
        on = job.kind is JobKind.PAUSE_ISSUING
        apply(Pause(on=on, reason=str(job.args.get("reason", "")) if on else ""))
        return Outcome(True)

    return execute
