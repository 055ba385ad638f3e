"""Orders of the centre to one terminal: signed, with a last moment, each done once; and how the terminal tells what became of them.

``sign_job`` makes a job, ``read_job`` checks one and gives a ``Job``, ``JobReport`` goes up, ``may_follow`` is the order of states; ``sign_cancel`` and
``read_cancel`` take one back that has not begun.

Rules: the signature covers everything but itself, the terminal too, so a job for one terminal is worth nothing at another. Kinds and their
arguments are a closed list: no job carries a command line. States are those of AWS IoT Jobs.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field, ValidationError

from kiosk.wire.canonical import Json, WireError, read_json
from kiosk.wire.message import VERSION, Count, Message, Moment, Part, Terminal
from kiosk.wire.signing import signed, verify
from kiosk.wire.sync import Announcement

MAX_JOB_BYTES = 16 * 1024


class JobKind(StrEnum):
    """What can be ordered."""

    RESTART_APP = "restartApp"
    REBOOT = "reboot"
    COLLECT_LOGS = "collectLogs"
    SELF_TEST = "selfTest"
    TEST_PRINT = "testPrint"
    SET_CONFIGURATION = "setConfiguration"
    SYNC_DIRECTORY = "syncDirectory"
    SYNC_KEYS = "syncKeys"
    PAUSE_ISSUING = "pauseIssuing"
    RESUME_ISSUING = "resumeIssuing"


class JobStatus(StrEnum):
    """How far a job is."""

    QUEUED = "QUEUED"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    TIMED_OUT = "TIMED_OUT"
    CANCELED = "CANCELED"

    @property
    def is_final(self) -> bool:
        """Nothing follows."""
        return self not in (JobStatus.QUEUED, JobStatus.IN_PROGRESS)


_FOLLOWS = {
    JobStatus.QUEUED: frozenset(JobStatus) - {JobStatus.QUEUED, JobStatus.SUCCEEDED},
    # The agent has begun to ask the app; the app may still refuse before it does anything.
    JobStatus.IN_PROGRESS: frozenset(JobStatus) - {JobStatus.QUEUED, JobStatus.IN_PROGRESS},
}


def may_follow(before: JobStatus, after: JobStatus) -> bool:
    """Whether a job may go from one state to another; final states have no successor."""
    return after in _FOLLOWS.get(before, frozenset())


class NoArgs(Part):
    """For kinds without arguments."""


class CollectLogsArgs(Part):
    """``hours`` back from now."""

    hours: int = Field(default=24, ge=1, le=24 * 14)


class SelfTestArgs(Part):
    """UnifiedPOS CheckHealth level. ``interactive`` needs a person and cannot be ordered from afar."""

    level: str = Field(default="internal", pattern="^(internal|external)$")


class SetConfigurationArgs(Part):
    """Version ``conf`` of the configuration: flat names of the station file (``rules.max_copies``) and their values."""

    conf: Count = Field(ge=1)
    values: dict[str, str | int | bool]


class SyncArgs(Part):
    """The signed announcement of a file."""

    file: Announcement


class PauseArgs(Part):
    """``reason`` is shown to the public."""

    reason: str = Field(min_length=2, max_length=120)


JobArgs = NoArgs | CollectLogsArgs | SelfTestArgs | SetConfigurationArgs | SyncArgs | PauseArgs
_ARGS: dict[JobKind, type[JobArgs]] = {
    JobKind.RESTART_APP: NoArgs,
    JobKind.REBOOT: NoArgs,
    JobKind.COLLECT_LOGS: CollectLogsArgs,
    JobKind.SELF_TEST: SelfTestArgs,
    JobKind.TEST_PRINT: NoArgs,
    JobKind.SET_CONFIGURATION: SetConfigurationArgs,
    JobKind.SYNC_DIRECTORY: SyncArgs,
    JobKind.SYNC_KEYS: SyncArgs,
    JobKind.PAUSE_ISSUING: PauseArgs,
    JobKind.RESUME_ISSUING: NoArgs,
}


class Job(Message):
    """A job whose shape is right. Only ``read_job`` says that its signature is."""

    id: str
    terminal: Terminal
    kind: JobKind = Field(strict=False)
    args: dict[str, Any]
    not_after: Moment
    sig: str

    def arguments(self) -> JobArgs:
        """The checked arguments. Raises ``WireError`` (badArguments)."""
        try:
            return _ARGS[self.kind].model_validate(self.args)
        except ValidationError:
            raise WireError("badArguments") from None


class JobReport(Message):
    """What became of a job. ``detail`` holds codes and numbers, never personal data."""

    id: str = Field(min_length=1, max_length=64)
    status: JobStatus = Field(strict=False)
    detail: dict[str, Any] = Field(default_factory=dict)
    at: Moment


class Cancel(Message):
    """Take back the job ``cancel``. What waits ends as CANCELED; what has begun ends as it ends. Only ``read_cancel`` says that its signature is right."""

    cancel: str
    terminal: Terminal
    sig: str


def sign_job(
    key: Ed25519PrivateKey, job_id: UUID, terminal: str, kind: JobKind, args: dict[str, Json], not_after: datetime
) -> dict[str, Any]:
    """A signed job as JSON. Raises ``WireError`` (badArguments, malformed): the centre cannot send what a terminal would refuse."""
    body = {
        "v": VERSION,
        "id": str(job_id),
        "terminal": terminal,
        "kind": kind.value,
        "args": args,
        "not_after": not_after,
        "sig": "",
    }
    job = Job.read(body)
    job.arguments()
    return signed(job.as_json(), key)


def read_job(data: bytes | dict[str, Any], centre: Ed25519PublicKey, terminal: str) -> Job:
    """Check everything but the clock: version, shape, signature, terminal, arguments.

    Raises ``WireError``: tooLarge | malformed | unknownVersion | badSignature | otherTerminal | badArguments. After ``badSignature`` nothing in the
    job may be believed, not even its id.
    """
    body = read_json(data, MAX_JOB_BYTES) if isinstance(data, bytes) else data
    verify(body, centre)
    job = Job.read(body)
    _check_address(job.id, job.terminal, terminal)
    job.arguments()
    return job


def sign_cancel(key: Ed25519PrivateKey, job_id: UUID, terminal: str) -> dict[str, Any]:
    """A signed cancel as JSON."""
    return signed(Cancel.read({"v": VERSION, "cancel": str(job_id), "terminal": terminal, "sig": ""}).as_json(), key)


def read_cancel(data: bytes, centre: Ed25519PublicKey, terminal: str) -> str:
    """The id of the job that is taken back. Raises ``WireError``: tooLarge | malformed | unknownVersion | badSignature | otherTerminal."""
    body = read_json(data, MAX_JOB_BYTES)
    verify(body, centre)
    said = Cancel.read(body)
    _check_address(said.cancel, said.terminal, terminal)
    return said.cancel


def _check_address(job_id: str, of: str, terminal: str) -> None:
    try:
        UUID(job_id)
    except ValueError:
        raise WireError("malformed") from None
    if of != terminal:
        raise WireError("otherTerminal")
