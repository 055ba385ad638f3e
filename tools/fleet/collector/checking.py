"""Reading and checking in processes beside the collector: signatures are verified while the database stores what was checked before.

Threads would gain nothing: the library lets nobody else run while it verifies, and JSON is Python's own work.

Rules
- One batch at a time is with them, a part with each. Whatever becomes of a process, ``finish`` answers None and its caller does the work itself:
  nothing is stored that was not checked, and nothing is lost.
- A process ends when its pipe does, however the collector went.
- Pickles travel between these alone, over pipes without a name.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from kiosk.credential.keylist import KeyList
from tools.fleet.collector.work import Looked, Work, look_through

log = logging.getLogger("fleet.checking")

PROCESSES = min(2, os.cpu_count() or 1)
"""Two are as fast as the database beside them."""
_PATIENCE_S = 60.0
_AGAIN_S = 5.0
_END_S = 5.0
_GONE = (OSError, EOFError)
Message = tuple[str, bytes]
"""Topic and payload."""


class Checking:
    """The near end. ``finish`` follows each ``begin``."""

    def __init__(self, processes: int = PROCESSES, again_s: float = _AGAIN_S) -> None:
        self._helpers = [_Helper(again_s) for _ in range(processes)]
        self._parts: list[int] = []

    def start(self) -> None:
        """Begin the processes; they need a second before they answer."""
        for helper in self._helpers:
            helper.start()

    def begin(self, messages: Sequence[Message], keys: KeyList, now: datetime) -> None:
        """Hand the messages over, to each process a part."""
        share = -(-len(messages) // len(self._helpers))
        self._parts = list(range(0, len(messages), share))
        for helper, at in zip(self._helpers, self._parts, strict=False):
            helper.begin(messages[at : at + share], keys, now)

    def finish(self) -> Looked | None:
        """What was found, in the order of the messages; or None: then somebody has not looked."""
        answers = [helper.finish() for helper, _ in zip(self._helpers, self._parts, strict=False)]
        work: Work = {}
        poisoned: dict[int, str] = {}
        for at, part in zip(self._parts, answers, strict=True):
            if part is None:
                return None
            for key, events in part.work.items():
                work.setdefault(key, []).extend(events)
            poisoned.update((at + place, code) for place, code in part.poisoned.items())
        return Looked(work, poisoned)

    def close(self) -> None:
        """End them."""
        for helper in self._helpers:
            helper.close()


class _Helper:
    """One process. When it is gone it is begun again with the next batch, but not at once again and again."""

    def __init__(self, again_s: float) -> None:
        self._again_s = again_s
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._keys: KeyList | None = None
        self._again_at = 0.0

    def start(self) -> None:
        if self._pipe is not None or time.monotonic() < self._again_at:
            return
        self._again_at = time.monotonic() + self._again_s
        near, far = Pipe()
        command = [sys.executable, "-m", "tools.fleet.collector.checking", str(far.fileno())]
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[far.fileno()])
        except OSError as err:
            near.close()
            log.warning("no process to check in (%s)", type(err).__name__)
        else:
            self._pipe, self._keys = near, None
        finally:
            far.close()

    def begin(self, messages: Sequence[Message], keys: KeyList, now: datetime) -> None:
        self.start()
        if self._pipe is None:
            return
        try:  # the list of keys travels only when it is another one
            _send(self._pipe, (None if keys is self._keys else keys, now, messages))
            self._keys = keys
        except _GONE as err:
            self._lost(type(err).__name__)

    def finish(self) -> Looked | None:
        if self._pipe is None:
            return None
        try:
            if not self._pipe.poll(_PATIENCE_S):
                self._lost("silent")
                return None
            found = pickle.loads(self._pipe.recv_bytes())
        except _GONE as err:
            self._lost(type(err).__name__)
            return None
        return found if isinstance(found, Looked) else None

    def close(self) -> None:
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
        process, self._process = self._process, None
        if process is not None:
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _lost(self, why: str) -> None:
        log.warning("a process to check in is gone (%s)", why)
        if self._process is not None:
            self._process.kill()
        self.close()


def main(descriptor: int) -> None:
    """The far end: answer until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the collector, which finishes its batch
    keys: KeyList | None = None
    with Connection(descriptor) as pipe, suppress(*_GONE):
        while True:
            newer, now, messages = pickle.loads(pipe.recv_bytes())
            keys = newer or keys
            _send(pipe, _look(messages, keys, now))


def _send(pipe: Connection, thing: Any) -> None:
    pipe.send_bytes(pickle.dumps(thing, pickle.HIGHEST_PROTOCOL))


def _look(messages: Sequence[Message], keys: KeyList | None, now: datetime) -> Looked | None:
    if keys is None:
        return None
    try:
        return look_through(messages, keys, now)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None  # a defect of ours: the collector finds the message that does it, and keeps it


if __name__ == "__main__":
    main(int(sys.argv[1]))
