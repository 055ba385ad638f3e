"""What crosses a device's wire, as JSON lines, and the same played back to a driver without the device: a fault in the field becomes a test.

Lines: ``{"op": "open", "kind", "port"}`` first, then ``{"t": seconds, "op": "read", "data": hex}``, ``{"t", "op": "write", "data", "taken"}``,
``{"t", "op": "control_in"|"control_out", "setup": [type, request, value, index], "data" or "taken"}``, ``{"t", "op": "gone", "error"}``.
Rules
- Off unless somebody asks for a file; never for ID-card readers, whose bytes are somebody's card.
- Reads that brought nothing are not written: time tells them. A recording ends at ``MAX_BYTES``.
- The player runs in lockstep and on its own clock (give ``clock`` to the driver): a read waits in played time only, a write must be the recorded
  one, and what was read after a write comes only after that write.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol, TextIO, TypeVar, runtime_checkable

from drivers.device import DeviceKind
from drivers.errors import DeviceGone, DriverError, DriverFault
from drivers.transport.base import HasSpeed, Transport

MAX_BYTES = 64 << 20
T = TypeVar("T")
_GRACE_S = 5.0
"""How much played time after its last line a recording still answers with silence before it is over."""


@runtime_checkable
class UsbLike(Protocol):
    """A transport with control requests besides its pipes."""

    @property
    def interface(self) -> int: ...
    def control_in(self, request_type: int, request: int, value: int, index: int, length: int, timeout_s: float = 0.5) -> bytes: ...
    def control_out(self, request_type: int, request: int, value: int, index: int, data: bytes, timeout_s: float = 0.5) -> int: ...


def record(transport: Transport, kind: DeviceKind, file: Path, clock: Callable[[], float] = time.monotonic) -> Transport:
    """Let everything that crosses ``transport`` be written to ``file`` (mode 600). Raises ``DriverFault`` for an ID-card reader."""
    if kind is DeviceKind.ID_READER:
        raise DriverFault("recordingRefused", kind=kind.value)
    file.touch(mode=0o600)
    sink = _Sink(file.open("w", encoding="ascii"), clock)
    sink.put({"op": "open", "kind": kind.value, "port": transport.port})
    return RecordedUsb(transport, transport, sink) if isinstance(transport, UsbLike) else Recorded(transport, sink)


class Sink(Protocol):
    """Where a recorded transport tells what crossed it: an ``op`` of the lines above with its facts."""

    def tell(self, op: str, **facts: object) -> None: ...
    def close(self) -> None: ...


class _Sink:
    def __init__(self, file: TextIO, clock: Callable[[], float]) -> None:
        self._file = file
        self._clock = clock
        self._began = clock()
        self._written = 0

    def tell(self, op: str, **facts: object) -> None:
        self.put({"t": round(self._clock() - self._began, 4), "op": op, **facts})

    def put(self, facts: dict[str, object]) -> None:
        line = json.dumps(facts) + "\n"
        if self._written + len(line) <= MAX_BYTES and not self._file.closed:
            self._written += len(line)
            self._file.write(line)
            self._file.flush()

    def close(self) -> None:
        self._file.close()


class Recorded:
    """A transport whose traffic is written down."""

    def __init__(self, inner: Transport, sink: Sink) -> None:
        self._inner = inner
        self._sink = sink

    @property
    def port(self) -> str:
        return self._inner.port

    @property
    def bytes_per_s(self) -> float:
        return self._inner.bytes_per_s if isinstance(self._inner, HasSpeed) else math.inf

    def write(self, data: bytes, timeout_s: float) -> int:
        taken = self._watched(lambda: self._inner.write(data, timeout_s))
        self._sink.tell("write", data=data.hex(), taken=taken)
        return taken

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        data = self._watched(lambda: self._inner.read(max_bytes, timeout_s))
        if data:
            self._sink.tell("read", data=data.hex())
        return data

    def close(self) -> None:
        self._sink.close()
        self._inner.close()

    def _watched(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except DriverError as err:
            self._sink.tell("gone", error=err.code)
            raise


class RecordedUsb(Recorded):
    """The same with control requests."""

    def __init__(self, inner: Transport, usb: UsbLike, sink: Sink) -> None:
        super().__init__(inner, sink)
        self._usb = usb

    @property
    def interface(self) -> int:
        return self._usb.interface

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int, timeout_s: float = 0.5) -> bytes:
        data = self._watched(lambda: self._usb.control_in(request_type, request, value, index, length, timeout_s))
        self._sink.tell("control_in", setup=[request_type, request, value, index], data=data.hex())
        return data

    def control_out(self, request_type: int, request: int, value: int, index: int, data: bytes, timeout_s: float = 0.5) -> int:
        taken = self._watched(lambda: self._usb.control_out(request_type, request, value, index, data, timeout_s))
        self._sink.tell("control_out", setup=[request_type, request, value, index], taken=taken)
        return taken


class ReplayMismatch(AssertionError):
    """The driver does something else than in the recording."""


def play(lines: Iterable[str]) -> Played:
    """A transport that answers as the recorded one did. Raises ``ValueError`` for what is no recording."""
    first, *rest = [json.loads(line) for line in lines if line.strip()]
    if first.get("op") != "open":
        raise ValueError("a recording begins with its open line")
    has_control = any(step["op"].startswith("control") for step in rest)
    return (PlayedUsb if has_control else Played)(str(first["port"]), rest)


class Played:
    """Owned by one thread. ``clock`` is the played time in seconds."""

    def __init__(self, port: str, steps: Iterable[dict[str, Any]]) -> None:
        self._port = port
        self._steps = deque(steps)
        self._now = 0.0
        self._over_s: float | None = None

    @property
    def port(self) -> str:
        return self._port

    def clock(self) -> float:
        """Give this to the driver."""
        return self._now

    @property
    def is_over(self) -> bool:
        """Whether every line was played."""
        return not self._steps

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        step = self._next()
        due = self._now + timeout_s
        if step["op"] == "gone":
            self._now = max(self._now, step["t"])
            raise DeviceGone(step["error"])
        if step["op"] != "read" or step["t"] > due:
            # Nothing then; time passes, at least a little, so that a driver that polls gets ahead.
            self._now = max(due, self._now + 0.0005)
            return b""
        self._now = max(self._now, step["t"])
        data = bytes.fromhex(step["data"])
        self._steps.popleft()
        if len(data) > max_bytes:
            self._steps.appendleft({**step, "data": data[max_bytes:].hex()})
        return data[:max_bytes]

    def write(self, data: bytes, timeout_s: float) -> int:
        step = self._take("write")
        if bytes.fromhex(step["data"]) != data:
            raise ReplayMismatch(f"at {step['t']} s the recording wrote {step['data']}, the driver {data.hex()}")
        return int(step["taken"])

    def close(self) -> None:
        """Nothing is held."""

    def _next(self) -> dict[str, Any]:
        if self._steps:
            return self._steps[0]
        self._over_s = self._now if self._over_s is None else self._over_s
        if self._now - self._over_s > _GRACE_S:
            raise DeviceGone("recordingOver")
        return {"op": "silence", "t": float("inf")}

    def _take(self, op: str) -> dict[str, Any]:
        """The next line of that kind. Reads in between that nobody waited for are passed over, as a drained line is."""
        while self._steps and self._steps[0]["op"] == "read" and self._steps[0]["t"] <= self._now:
            self._steps.popleft()
        step = self._next()
        if step["op"] == "gone":
            raise DeviceGone(step["error"])
        if step["op"] != op:
            raise ReplayMismatch(f"the driver wants {op}, the recording has {step['op']} at {step['t']} s")
        self._steps.popleft()
        self._now = max(self._now, step["t"])
        return step


class PlayedUsb(Played):
    """The same with control requests."""

    interface = 0

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int, timeout_s: float = 0.5) -> bytes:
        return bytes.fromhex(self._request("control_in", [request_type, request, value, index])["data"])

    def control_out(self, request_type: int, request: int, value: int, index: int, data: bytes, timeout_s: float = 0.5) -> int:
        return int(self._request("control_out", [request_type, request, value, index])["taken"])

    def _request(self, op: str, setup: list[int]) -> dict[str, Any]:
        step = self._take(op)
        if step["setup"] != setup:
            raise ReplayMismatch(f"at {step['t']} s the recording asked {step['setup']}, the driver {setup}")
        return step
