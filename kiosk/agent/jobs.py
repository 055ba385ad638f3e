"""Orders of the centre, each done once: heard, checked, kept, done by one worker, told.

Rules
- What is not signed by the centre for this terminal leaves no trace but a count; nothing in it is believed.
- IN_PROGRESS is on disk before anything is done. After a crash nothing is done again: the job FAILED (interrupted), except a restart or a reboot, which
  has SUCCEEDED when there is a new boot or process to tell it, and what the app does by itself, whose answer is waited for (``resumed``).
- A job that comes again is answered with the state that it has.
- A job that is taken back before it began is CANCELED; one that has begun ends as it ends. Either way the centre hears the state that it has.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk import log
from kiosk.agent.store import AgentStore, StoredJob
from kiosk.wire.canonical import WireError, read_json
from kiosk.wire.job import MAX_JOB_BYTES, Job, JobKind, JobReport, JobStatus, may_follow, read_cancel, read_job

_VERSIONED = frozenset({JobKind.SYNC_DIRECTORY, JobKind.SYNC_KEYS, JobKind.SET_CONFIGURATION})
_SURVIVORS = frozenset({JobKind.REBOOT, JobKind.RESTART_APP})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended. ``code`` is "" when it is ``ok``; ``detail`` holds codes and numbers; ``rejected``: nothing was even begun."""

    ok: bool
    code: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    rejected: bool = False

    @property
    def status(self) -> JobStatus:
        """The job's last state."""
        if self.ok:
            return JobStatus.SUCCEEDED
        return JobStatus.REJECTED if self.rejected else JobStatus.FAILED


class JobFailed(Exception):
    """An executor could not do it. ``code`` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


Executor = Callable[[StoredJob], Outcome]
"""Does one job in the worker's thread; may raise ``JobFailed``. It never gets the store."""


class JobDesk:
    """``hear`` and ``step`` belong to the agent's loop, ``succeeded`` is called there; executors run in one worker thread, one job after the other."""

    def __init__(
        self,
        store: AgentStore,
        centre: Ed25519PublicKey,
        terminal: str,
        executors: Mapping[JobKind, Executor],
        now: Callable[[], datetime],
        boot: str,
        succeeded: Callable[[StoredJob, Outcome], None] = lambda _job, _outcome: None,
        resumed: Mapping[JobKind, Executor] | None = None,
    ) -> None:
        self._succeeded = succeeded
        self.versions_changed = 0
        self._store, self._centre, self._terminal = store, centre, terminal
        self._executors, self._now, self._boot = dict(executors), now, boot
        self._resumed = dict(resumed or {})
        self._todo: queue.Queue[tuple[StoredJob, Executor] | None] = queue.Queue()
        self._done: queue.Queue[tuple[StoredJob, Outcome]] = queue.Queue()
        self._running: str | None = None
        self._unknown: dict[str, JobReport] = {}
        self._worker = threading.Thread(target=self._work, name="kiosk-jobs", daemon=True)
        self._worker.start()
        self.refused = 0
        for left in store.jobs(JobStatus.IN_PROGRESS):
            self._settle_interrupted(left)

    def close(self) -> None:
        """Let the job at hand end; the others wait for the next start."""
        self._todo.put(None)
        self._worker.join(10.0)
        self._collect()

    def hear(self, data: bytes | dict[str, Any]) -> None:
        """A job came, alone or in a welcome. Raises ``StoreError``."""
        try:
            job = read_job(data, self._centre, self._terminal)
        except WireError as err:
            if err.code == "badArguments":  # signed all the same: the centre deserves an answer
                self._reject(read_json(data, MAX_JOB_BYTES) if isinstance(data, bytes) else data)
                return
            self.refused += 1
            log.event("message-refused", word="job", code=err.code)
            return
        self._take(job, JobStatus.QUEUED, {})

    def hear_cancel(self, data: bytes) -> None:
        """The centre takes a job back. Raises ``StoreError``."""
        try:
            job_id = read_cancel(data, self._centre, self._terminal)
        except WireError as err:
            self.refused += 1
            log.event("message-refused", word="cancel", code=err.code)
            return
        job = self._store.job(job_id)
        if job is None:  # it never came, or was forgotten with our file: it will not be done
            self._unknown[job_id] = JobReport(id=job_id, status=JobStatus.CANCELED, detail={"code": "unknownJob"}, at=self._now())
        elif job.status is JobStatus.QUEUED:
            self._set(job, JobStatus.CANCELED, {})
        else:
            self._store.set_job(replace(job, told=False))

    def step(self) -> list[JobReport]:
        """Begin what waits, end what is done, and give every report that the broker does not have yet. Raises ``StoreError``."""
        self._collect()
        if self._running is None:
            self._begin_next()
        untold = [JobReport(id=job.id, status=job.status, detail=job.detail, at=job.at) for job in self._store.untold_jobs()]
        return [*untold, *self._unknown.values()]

    def told(self, report: JobReport) -> None:
        """The broker has it. Raises ``StoreError``."""
        self._unknown.pop(report.id, None)
        job = self._store.job(report.id)
        if job is not None and job.status is report.status:
            self._store.set_job(replace(job, told=True))

    def _take(self, job: Job, status: JobStatus, detail: dict[str, Any]) -> None:
        stored = StoredJob(job.id, job.kind, job.args, job.not_after, status, detail, self._boot, self._now(), told=False)
        if self._store.add_job(stored):
            self._say(stored)
            return
        known = self._store.job(job.id)
        if known is not None:
            self._store.set_job(replace(known, told=False))

    def _reject(self, body: dict[str, Any]) -> None:
        try:
            job = Job.read(body)
        except WireError:
            return
        self._take(job, JobStatus.REJECTED, {"code": "badArguments"})

    def _begin_next(self) -> None:
        for job in self._store.jobs(JobStatus.QUEUED):
            if self._now() > job.not_after:
                self._set(job, JobStatus.TIMED_OUT, {"code": "tooLate"})
            elif job.kind not in self._executors:
                self._set(job, JobStatus.REJECTED, {"code": "unsupported"})
            else:
                self._running = job.id
                self._todo.put((self._set(job, JobStatus.IN_PROGRESS, {}), self._executors[job.kind]))
                return

    def _collect(self) -> None:
        while True:
            try:
                job, outcome = self._done.get_nowait()
            except queue.Empty:
                return
            self._running = None
            if outcome.ok:
                self._succeeded(job, outcome)
                self.versions_changed += job.kind in _VERSIONED
            detail = dict(outcome.detail) if outcome.ok else {**outcome.detail, "code": outcome.code}
            self._set(job, outcome.status, detail)

    def _settle_interrupted(self, job: StoredJob) -> None:
        survived = job.kind is JobKind.RESTART_APP or (job.kind is JobKind.REBOOT and job.boot != self._boot)
        if job.kind in _SURVIVORS and survived:
            self._set(job, JobStatus.SUCCEEDED, {})
        elif job.kind in self._resumed:
            self._running = job.id
            self._todo.put((job, self._resumed[job.kind]))
        else:
            self._set(job, JobStatus.FAILED, {"code": "interrupted"})

    def _set(self, job: StoredJob, status: JobStatus, detail: dict[str, Any]) -> StoredJob:
        if not may_follow(job.status, status):
            raise ValueError(f"{job.status} -> {status}")
        after = replace(job, status=status, detail=detail, at=self._now(), told=False)
        self._store.set_job(after)
        self._say(after)
        return after

    def _say(self, job: StoredJob) -> None:
        log.event("job", id=job.id, kind=job.kind.value, status=job.status.value, code=job.detail.get("code", ""))

    def _work(self) -> None:
        while (todo := self._todo.get()) is not None:
            job, executor = todo
            try:
                outcome = executor(job)
            except JobFailed as err:
                outcome = Outcome(False, err.code)
            except Exception as err:  # noqa: BLE001  an executor's mistake must not end the agent; the centre reads its name
                outcome = Outcome(False, f"crashed:{type(err).__name__}")
            self._done.put((job, outcome))
