"""A virtual USB bus: devices are plugged and unplugged at any moment, in this process or in another one over a Unix socket.

A device is a subclass of ``VirtualUsbDevice``. Example::

    class Echo(VirtualUsbDevice):
        def __init__(self) -> None:
            super().__init__(descriptors.device(0x1234, 0x5678, interface_class=0xFF,
                             endpoints=[EndpointDescriptor(0x01), EndpointDescriptor(0x81)]))
        def transfer_out(self, endpoint: int, data: bytes, timeout_s: float) -> int:
            self.push_in(0x81, data)          # what the host will read
            return len(data)                  # fewer: the pipe is full; 0: NAK until the time-out

    bus = Bus(); bus.plug(Echo())
    usb.core.find(idVendor=0x1234, backend=VirtualBackend(bus))             # same process
    with BusServer(bus, path): ...                                          # another process: VirtualBackend(RemoteBus(path))

Rules: every wait is bounded by the caller's time-out; unplugging wakes every waiting transfer with ``Unplugged``; each plug gives a new
address. Many threads may call.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

from drivers.virtual.descriptors import ConfigurationDescriptor, DeviceDescriptor, EndpointDescriptor, InterfaceDescriptor

_STRING = 0x03
_GET_DESCRIPTOR = 0x06
MAX_QUEUED_BYTES = 1 << 20


class Unplugged(Exception):
    """The device has left."""


class Stall(Exception):
    """The device refuses this request."""


class VirtualUsbDevice:
    """Base of all virtual devices: descriptors, strings, and one IN queue an endpoint. Override ``transfer_out`` and ``control_*``."""

    def __init__(self, descriptor: DeviceDescriptor) -> None:
        self.descriptor = descriptor
        self._gate = threading.Condition()
        self._queues: dict[int, deque[bytes]] = {}
        self._gone = False

    # --- called by the bus ---------------------------------------------------------------------------------------------

    def plugged(self) -> None:
        """The device gets power: override to reset what a power cycle resets, and call the base."""
        with self._gate:
            self._gone = False
            self._queues.clear()

    def unplugged(self) -> None:
        """The device loses power; every waiting transfer ends. Override to stop own threads, and call the base."""
        with self._gate:
            self._gone = True
            self._queues.clear()
            self._gate.notify_all()

    # --- transfers: override what the device does -----------------------------------------------------------------------

    def transfer_out(self, endpoint: int, data: bytes, timeout_s: float) -> int:
        """Take bulk or interrupt data; return how many bytes were taken within the time (0: none)."""
        raise Stall

    def transfer_in(self, endpoint: int, max_bytes: int, timeout_s: float) -> bytes:
        """Give what is queued: at most one queued packet; ``b""`` when nothing came in time."""
        deadline = time.monotonic() + timeout_s
        with self._gate:
            while True:
                if self._gone:
                    raise Unplugged
                queue = self._queues.get(endpoint)
                if queue:
                    packet = queue.popleft()
                    if len(packet) > max_bytes:
                        queue.appendleft(packet[max_bytes:])
                    return packet[:max_bytes]
                left = deadline - time.monotonic()
                if left <= 0:
                    return b""
                self._gate.wait(left)

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int) -> bytes:
        """Answer a control read; the base knows string descriptors."""
        if request_type == 0x80 and request == _GET_DESCRIPTOR and value >> 8 == _STRING:
            return self._string(value & 0xFF)[:length]
        raise Stall

    def control_out(self, request_type: int, request: int, value: int, index: int, data: bytes) -> int:
        """Take a control write."""
        raise Stall

    # --- for subclasses ------------------------------------------------------------------------------------------------

    def push_in(self, endpoint: int, packet: bytes) -> None:
        """Queue a packet for the host; too old ones fall out when nobody reads."""
        with self._gate:
            if self._gone:
                return
            queue = self._queues.setdefault(endpoint, deque())
            queue.append(packet)
            while sum(map(len, queue)) > MAX_QUEUED_BYTES:
                queue.popleft()
            self._gate.notify_all()

    def clear_in(self, endpoint: int) -> None:
        """Forget what the host has not read."""
        with self._gate:
            self._queues.pop(endpoint, None)

    @property
    def is_gone(self) -> bool:
        """Whether it is unplugged."""
        with self._gate:
            return self._gone

    def wait_gone(self, timeout_s: float) -> bool:
        """Sleep, but wake up when unplugged; True when it is."""
        with self._gate:
            return self._gate.wait_for(lambda: self._gone, timeout_s)

    def _string(self, number: int) -> bytes:
        if number == 0:
            return bytes([4, _STRING, 0x09, 0x04])
        text = self.descriptor.strings.get(number)
        if text is None:
            raise Stall
        body = text.encode("utf-16-le")
        return bytes([len(body) + 2, _STRING]) + body


@dataclass(frozen=True)
class Attached:
    """One device on the bus. ``key`` is new after each plug."""

    key: int
    descriptor: DeviceDescriptor


class UsbBus(Protocol):
    """What the backend needs: the local ``Bus`` or a ``RemoteBus``. Transfers raise ``Unplugged`` or ``Stall``."""

    def attached(self) -> list[Attached]: ...
    def transfer_out(self, key: int, endpoint: int, data: bytes, timeout_s: float) -> int: ...
    def transfer_in(self, key: int, endpoint: int, max_bytes: int, timeout_s: float) -> bytes: ...
    def control_in(self, key: int, request_type: int, request: int, value: int, index: int, length: int) -> bytes: ...
    def control_out(self, key: int, request_type: int, request: int, value: int, index: int, data: bytes) -> int: ...


class PlugBoard(Protocol):
    """Where devices are plugged in: the ``Bus`` of a process, or the kernel's own USB (``usbip.KernelBus``)."""

    def plug(self, device: VirtualUsbDevice, port: int = 1) -> None: ...
    def unplug(self, device: VirtualUsbDevice) -> None: ...
    def close(self) -> None: ...


class Bus:
    """The bus itself, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._devices: dict[int, VirtualUsbDevice] = {}
        self._next_address = 1

    def plug(self, device: VirtualUsbDevice, port: int = 1) -> None:
        """Plug a device into a port; it gets a new address."""
        with self._lock:
            if device in self._devices.values():
                return
            address = self._next_address
            self._next_address = address % 126 + 1 if address % 126 + 1 not in self._devices else address + 1
            device.descriptor.address = address
            device.descriptor.port_number = port
            device.descriptor.port_numbers = (port,)
            device.plugged()
            self._devices[address] = device

    def unplug(self, device: VirtualUsbDevice) -> None:
        """Pull a device out; its pending transfers end with ``Unplugged``."""
        with self._lock:
            for key, there in list(self._devices.items()):
                if there is device:
                    del self._devices[key]
        device.unplugged()

    def close(self) -> None:
        """Unplug everything."""
        for device in list(self._devices.values()):
            self.unplug(device)

    def attached(self) -> list[Attached]:
        with self._lock:
            return [Attached(key, device.descriptor) for key, device in sorted(self._devices.items())]

    def transfer_out(self, key: int, endpoint: int, data: bytes, timeout_s: float) -> int:
        return self._device(key).transfer_out(endpoint, data, timeout_s)

    def transfer_in(self, key: int, endpoint: int, max_bytes: int, timeout_s: float) -> bytes:
        return self._device(key).transfer_in(endpoint, max_bytes, timeout_s)

    def control_in(self, key: int, request_type: int, request: int, value: int, index: int, length: int) -> bytes:
        return self._device(key).control_in(request_type, request, value, index, length)

    def control_out(self, key: int, request_type: int, request: int, value: int, index: int, data: bytes) -> int:
        return self._device(key).control_out(request_type, request, value, index, data)

    def _device(self, key: int) -> VirtualUsbDevice:
        with self._lock:
            device = self._devices.get(key)
        if device is None or device.is_gone:
            raise Unplugged
        return device


class BusServer:
    """Serves a bus on a Unix socket: a JSON line and a counted body each way, one thread a connection."""

    def __init__(self, bus: Bus, path: Path) -> None:
        self._bus = bus
        self._path = path
        self._listener: socket.socket | None = None
        self._connections: set[socket.socket] = set()

    def __enter__(self) -> BusServer:
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._path))
        self._path.chmod(0o600)
        self._listener.listen(64)
        threading.Thread(target=self._accept, args=(self._listener,), name="virtual-bus", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._path.unlink(missing_ok=True)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="virtual-bus-client", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream, suppress(OSError, ValueError):
            for head, body in _requests(stream):
                answer, data = self._answer(head, body)
                stream.write(json.dumps({**answer, "n": len(data)}).encode() + b"\n" + data)
                stream.flush()
        self._connections.discard(connection)

    def _answer(self, head: dict[str, int | str], body: bytes) -> tuple[dict[str, object], bytes]:
        numbers = {name: int(value) for name, value in head.items() if isinstance(value, int)}
        timeout_s = numbers.get("ms", 0) / 1000
        try:
            match head["op"]:
                case "attached":
                    return {
                        "devices": [{"key": item.key, "descriptor": asdict(item.descriptor)} for item in self._bus.attached()]
                    }, b""
                case "out":
                    return {"count": self._bus.transfer_out(numbers["key"], numbers["ep"], body, timeout_s)}, b""
                case "in":
                    return {}, self._bus.transfer_in(numbers["key"], numbers["ep"], numbers["max"], timeout_s)
                case "control-in":
                    setup = (numbers["type"], numbers["request"], numbers["value"], numbers["index"])
                    return {}, self._bus.control_in(numbers["key"], *setup, numbers["max"])
                case "control-out":
                    setup = (numbers["type"], numbers["request"], numbers["value"], numbers["index"])
                    return {"count": self._bus.control_out(numbers["key"], *setup, body)}, b""
                case _:
                    return {"error": "stall"}, b""
        except Unplugged:
            return {"error": "unplugged"}, b""
        except Stall:
            return {"error": "stall"}, b""


class RemoteBus:
    """A bus in another process. A lost server is a bus with nothing on it. Each call takes an idle connection or opens one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._idle: list[socket.socket] = []

    def attached(self) -> list[Attached]:
        try:
            answer, _ = self._ask({"op": "attached"})
        except Unplugged:
            return []
        devices = answer["devices"]
        assert isinstance(devices, list)
        return [Attached(int(item["key"]), _descriptor(item["descriptor"])) for item in devices]

    def transfer_out(self, key: int, endpoint: int, data: bytes, timeout_s: float) -> int:
        answer, _ = self._ask({"op": "out", "key": key, "ep": endpoint, "ms": _ms(timeout_s)}, data)
        return _count(answer)

    def transfer_in(self, key: int, endpoint: int, max_bytes: int, timeout_s: float) -> bytes:
        return self._ask({"op": "in", "key": key, "ep": endpoint, "max": max_bytes, "ms": _ms(timeout_s)})[1]

    def control_in(self, key: int, request_type: int, request: int, value: int, index: int, length: int) -> bytes:
        setup = {"type": request_type, "request": request, "value": value, "index": index, "max": length}
        return self._ask({"op": "control-in", "key": key, **setup})[1]

    def control_out(self, key: int, request_type: int, request: int, value: int, index: int, data: bytes) -> int:
        setup = {"type": request_type, "request": request, "value": value, "index": index}
        answer, _ = self._ask({"op": "control-out", "key": key, **setup}, data)
        return _count(answer)

    def close(self) -> None:
        """Close all idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _ask(self, head: dict[str, int | str], body: bytes = b"") -> tuple[dict[str, object], bytes]:
        try:
            connection = self._connect()
            with connection.makefile("rwb") as stream:
                stream.write(json.dumps({**head, "n": len(body)}).encode() + b"\n" + body)
                stream.flush()
                answer, data = next(_requests(stream))
        except (OSError, StopIteration, ValueError) as err:
            raise Unplugged from err
        with self._lock:
            self._idle.append(connection)
        match answer.get("error"):
            case "unplugged":
                raise Unplugged
            case "stall":
                raise Stall
        return dict(answer), data

    def _connect(self) -> socket.socket:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(str(self._path))
        return connection


def _requests(stream: object) -> Iterator[tuple[dict[str, int | str], bytes]]:
    while True:
        line = stream.readline(1 << 20)  # type: ignore[attr-defined]
        if not line:
            return
        head = json.loads(line)
        wanted = int(head["n"])
        body = stream.read(wanted) if wanted else b""  # type: ignore[attr-defined]
        if len(body) != wanted:
            return
        yield head, body


def _count(answer: dict[str, object]) -> int:
    count = answer["count"]
    assert isinstance(count, int)
    return count


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def _descriptor(raw: dict[str, object]) -> DeviceDescriptor:
    """Rebuild a descriptor from its JSON form."""
    configuration = raw["configuration"]
    assert isinstance(configuration, dict)
    interfaces = [
        InterfaceDescriptor(**{**interface, "endpoints": [EndpointDescriptor(**endpoint) for endpoint in interface["endpoints"]]})
        for interface in configuration["interfaces"]
    ]
    strings = raw["strings"]
    ports = raw["port_numbers"]
    assert isinstance(strings, dict) and isinstance(ports, list)
    fields = {
        **raw,
        "configuration": ConfigurationDescriptor(**{**configuration, "interfaces": interfaces}),
        "strings": {int(number): text for number, text in strings.items()},
        "port_numbers": tuple(ports),
    }
    return DeviceDescriptor(**fields)  # type: ignore[arg-type]
