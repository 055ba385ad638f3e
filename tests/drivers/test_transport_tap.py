"""A tap shows what crossed the wire while it is on, remembers nothing else, and changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import DeviceGone
from drivers.transport.base import Transport
from drivers.transport.tap import MAX_BYTES_SHOWN, MAX_TRANSFERS, Tap, tapped


class Wire:
    """Gives what it was told to give, takes what it can."""

    port = "/dev/ttyUSB7"

    def __init__(self, *given: bytes, takes: int = 1000) -> None:
        self.given = list(given)
        self.takes = takes
        self.closed = 0

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        if not self.given:
            raise DeviceGone
        return self.given.pop(0)[:max_bytes]

    def write(self, data: bytes, timeout_s: float) -> int:
        return min(len(data), self.takes)

    def close(self) -> None:
        self.closed += 1


class UsbWire(Wire):
    """With control requests."""

    interface = 0

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int, timeout_s: float = 0.5) -> bytes:
        return b"\x18"

    def control_out(self, request_type: int, request: int, value: int, index: int, data: bytes, timeout_s: float = 0.5) -> int:
        return len(data)


def on(tap: Tap, wire: Wire) -> Transport:
    transport = tap.put_on(wire)
    tap.start()
    return transport


def test_nothing_is_kept_before_it_is_switched_on_nor_after() -> None:
    tap = Tap()
    transport = tap.put_on(Wire(b"\x02", b"\x03", b"\x04"))
    transport.read(16, 0.1)
    assert tap.seen() == ((), 0)
    tap.start()
    transport.read(16, 0.1)
    assert [transfer.head for transfer in tap.seen()[0]] == [b"\x03"]
    tap.stop()
    transport.read(16, 0.1)
    assert tap.seen() == ((), 0)


@given(st.lists(st.binary(min_size=1, max_size=100), min_size=1, max_size=150))
def test_what_is_kept_is_bounded_and_what_passes_is_not_changed(chunks: list[bytes]) -> None:
    tap = Tap()
    transport = on(tap, Wire(*chunks))
    assert [transport.read(1000, 0.1) for _ in chunks] == chunks
    kept, total = tap.seen()
    assert total == len(chunks)
    assert [transfer.size for transfer in kept] == [len(chunk) for chunk in chunks][-MAX_TRANSFERS:]
    assert [transfer.head for transfer in kept] == [chunk[:MAX_BYTES_SHOWN] for chunk in chunks][-MAX_TRANSFERS:]


def test_silence_is_no_transfer_and_directions_are_told() -> None:
    tap = Tap()
    transport = on(tap, Wire(b"", b"\x12"))
    transport.read(16, 0.1)
    transport.write(b"\x10\x04\x01", 0.1)
    transport.read(16, 0.1)
    assert [(transfer.inwards, transfer.head) for transfer in tap.seen()[0]] == [(False, b"\x10\x04\x01"), (True, b"\x12")]


def test_control_requests_are_shown_with_their_numbers() -> None:
    tap = Tap()
    transport = on(tap, UsbWire())
    assert transport.control_in(0xA1, 1, 0, 0, 1) == b"\x18"  # type: ignore[attr-defined]
    [transfer] = tap.seen()[0]
    assert (transfer.request, transfer.head, transfer.inwards) == ((0xA1, 1, 0, 0), b"\x18", True)


def test_a_device_that_leaves_is_told_and_still_raises() -> None:
    tap = Tap()
    transport = on(tap, Wire())
    with pytest.raises(DeviceGone):
        transport.read(16, 0.1)
    assert [transfer.error for transfer in tap.seen()[0]] == ["noDevice"]


def test_the_next_device_is_watched_by_the_same_tap() -> None:
    tap, wires = Tap(), [Wire(b"\x01"), Wire(b"\x02")]
    find = tapped(lambda: wires.pop(0) if wires else None, tap)
    tap.start()
    for _ in range(2):
        transport = find()
        assert transport is not None
        transport.read(16, 0.1)
        transport.close()
    assert find() is None
    assert [transfer.head for transfer in tap.seen()[0]] == [b"\x01", b"\x02"]
