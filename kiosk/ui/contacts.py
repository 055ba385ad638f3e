"""Touch screens as the kernel tells of them, those too that come later or come back. Knows nothing of Kivy.

Contacts come in the kernel's slots (type B), as one absolute pointer from older panels and from panels that pretend to be a mouse.
Source: Documentation/input/multi-touch-protocol.rst and event-codes.rst of Linux.
"""

from __future__ import annotations

import fcntl
import select
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from evdev import InputDevice, ecodes

from kiosk import log

FOLDER = Path("/dev/input")
_LOOK_S = 1.0
_NONE_S = 10.0
"""How long a start may take until a terminal without a touch screen is worth telling."""


class Change(NamedTuple):
    """One contact came (begin), moved (update) or left (end); its place in parts of width and height from the upper left corner."""

    action: str
    contact: int
    x: float
    y: float


@dataclass(slots=True)
class _Finger:
    """``contact`` is what is down now, ``told`` what was reported as down; 0 for nothing."""

    contact: int = 0
    told: int = 0
    x: float = 0.0
    y: float = 0.0
    has_moved: bool = False


class Contacts:
    """Turns the kernel's events of one screen into changes of contacts. ``x``, ``y`` are the least and greatest values of its axes."""

    def __init__(self, x: tuple[int, int], y: tuple[int, int], *, has_slots: bool) -> None:
        self._x, self._y = x, y
        self.has_slots = has_slots
        self._slot = 0
        self._fingers: dict[int, _Finger] = {}
        self._count = 0
        self._is_deaf = False

    def feed(self, kind: int, code: int, value: int) -> list[Change]:
        """One event; changes come with the report that ends a group of them."""
        if kind == ecodes.EV_SYN:
            if code == ecodes.SYN_DROPPED:
                self._is_deaf = True
                return self.lift_all()
            if code != ecodes.SYN_REPORT:
                return []
            if self._is_deaf:
                self._is_deaf = False
                return []
            return self._report()
        if self._is_deaf:
            return []
        if kind == ecodes.EV_ABS:
            self._axis(code, value)
        elif kind == ecodes.EV_KEY and not self.has_slots and code in (ecodes.BTN_TOUCH, ecodes.BTN_LEFT):
            self._press(is_down=value != 0, is_new=value == 1)
        return []

    def learn(self, slot: int, places: Sequence[tuple[int, int]]) -> None:
        """Which slot is meant, and where each slot's finger was last: the kernel does not repeat what it thinks is known."""
        self._slot = slot
        for number, (x, y) in enumerate(places):
            finger = self._fingers.setdefault(number, _Finger())
            finger.x, finger.y = _part(x, self._x), _part(y, self._y)

    def lift_all(self) -> list[Change]:
        """Everything that is down leaves: the screen was unplugged, or events were lost."""
        for finger in self._fingers.values():
            finger.contact = 0
        return self._report()

    def _axis(self, code: int, value: int) -> None:
        if not self.has_slots:
            if code in (ecodes.ABS_X, ecodes.ABS_Y):
                self._move(code == ecodes.ABS_X, value)
        elif code == ecodes.ABS_MT_SLOT:
            self._slot = value
        elif code == ecodes.ABS_MT_TRACKING_ID:
            self._press(is_down=value != -1, is_new=True)
        elif code in (ecodes.ABS_MT_POSITION_X, ecodes.ABS_MT_POSITION_Y):
            self._move(code == ecodes.ABS_MT_POSITION_X, value)

    def _finger(self) -> _Finger:
        return self._fingers.setdefault(self._slot, _Finger())

    def _press(self, *, is_down: bool, is_new: bool) -> None:
        finger = self._finger()
        if is_down and (is_new or not finger.contact):
            self._count += 1
            finger.contact = self._count
        elif not is_down:
            finger.contact = 0

    def _move(self, is_x: bool, value: int) -> None:
        finger = self._finger()
        if is_x:
            finger.x = _part(value, self._x)
        else:
            finger.y = _part(value, self._y)
        finger.has_moved = True

    def _report(self) -> list[Change]:
        changes = []
        for finger in self._fingers.values():
            place = (finger.x, finger.y)
            if finger.told and finger.told != finger.contact:  # gone, or another one within the same report
                changes.append(Change("end", finger.told, *place))
            if finger.contact and finger.told != finger.contact:
                changes.append(Change("begin", finger.contact, *place))
            elif finger.contact and finger.has_moved:
                changes.append(Change("update", finger.contact, *place))
            finger.told, finger.has_moved = finger.contact, False
        return changes


def contacts_of(device: InputDevice[str]) -> Contacts | None:
    """How to read this device; None for one that is no touch screen (a touch pad, a joystick, a keyboard). Raises OSError when it has gone."""
    abilities = device.capabilities(absinfo=False)
    axes, keys = abilities.get(ecodes.EV_ABS, []), abilities.get(ecodes.EV_KEY, [])
    if ecodes.INPUT_PROP_POINTER in device.input_props():
        return None
    if ecodes.ABS_MT_SLOT in axes and ecodes.ABS_MT_POSITION_X in axes:
        codes = (ecodes.ABS_MT_POSITION_X, ecodes.ABS_MT_POSITION_Y)
    elif {ecodes.ABS_X, ecodes.ABS_Y} <= set(axes) and (ecodes.BTN_TOUCH in keys or ecodes.BTN_LEFT in keys):
        codes = (ecodes.ABS_X, ecodes.ABS_Y)
    else:
        return None
    x, y = (device.absinfo(code) for code in codes)
    contacts = Contacts((x.min, x.max), (y.min, y.max), has_slots=codes[0] == ecodes.ABS_MT_POSITION_X)
    _learn(device, contacts)
    return contacts


class Screens:
    """All touch screens of a folder of event nodes, those too that come later. A node that may not be opened yet is tried again."""

    def __init__(self, folder: Path = FOLDER, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._clock = folder, clock
        self._open: dict[Path, tuple[InputDevice[str], Contacts]] = {}
        self._passed: dict[Path, int] = {}
        self._begun_s = clock()
        self._looked_s = float("-inf")
        self._has_told = False

    def read(self, timeout_s: float) -> list[tuple[Path, Change]]:
        """Look for new screens now and then, wait for touches; changes with the node that they came from."""
        if self._clock() - self._looked_s >= _LOOK_S:
            self._look()
            self._looked_s = self._clock()
            self._tell_if_none()
        poll = select.poll()
        nodes = {device.fd: node for node, (device, _) in self._open.items()}
        for number in nodes:
            poll.register(number, select.POLLIN)
        changes: list[tuple[Path, Change]] = []
        for number, _ in poll.poll(timeout_s * 1000):
            changes += self._read_one(nodes[number])
        return changes

    def close(self) -> None:
        """Read no more."""
        for device, _ in self._open.values():
            device.close()
        self._open.clear()

    def _read_one(self, node: Path) -> list[tuple[Path, Change]]:
        device, contacts = self._open[node]
        changes: list[Change] = []
        has_dropped = False
        try:
            for event in device.read():
                changes += contacts.feed(event.type, event.code, event.value)
                has_dropped = has_dropped or (event.type, event.code) == (ecodes.EV_SYN, ecodes.SYN_DROPPED)
            if has_dropped:
                _learn(device, contacts)
        except BlockingIOError:
            pass  # somebody else was faster
        except OSError:
            # Unplugged: the kernel keeps the node until it is closed.
            changes += contacts.lift_all()
            del self._open[node]
            device.close()
            log.event("touch-screen-left", node=node.name)
        return [(node, change) for change in changes]

    def _look(self) -> None:
        there = {node: number for node in self._folder.glob("event*") if (number := _inode(node)) is not None}
        self._passed = {node: number for node, number in self._passed.items() if there.get(node) == number}
        for node, number in there.items():
            if node in self._open or node in self._passed:
                continue
            try:
                found = _opened(node)
            except OSError:
                continue  # udev has not settled its rights yet, or it has just gone
            except ValueError:
                found = None  # a name that is no text: nothing of ours
            if found is None:
                self._passed[node] = number
                continue
            self._open[node] = found
            self._has_told = False
            log.event("touch-screen", node=node.name)

    def _tell_if_none(self) -> None:
        if not self._open and not self._has_told and self._clock() - self._begun_s >= _NONE_S:
            self._has_told = True
            log.event("touch-screen-none")


def _opened(node: Path) -> tuple[InputDevice[str], Contacts] | None:
    """A touch screen, None for anything else. Raises OSError, ValueError."""
    device: InputDevice[str] = InputDevice(str(node))
    try:
        contacts = contacts_of(device)
    except OSError:
        device.close()
        raise
    if contacts is None:
        device.close()
        return None
    return device, contacts


def _learn(device: InputDevice[str], contacts: Contacts) -> None:
    """Raises OSError when it has just gone."""
    if not contacts.has_slots:
        contacts.learn(0, [(device.absinfo(ecodes.ABS_X).value, device.absinfo(ecodes.ABS_Y).value)])
        return
    slots = device.absinfo(ecodes.ABS_MT_SLOT)
    count = slots.max + 1
    axes = [_slot_values(device.fd, code, count) for code in (ecodes.ABS_MT_POSITION_X, ecodes.ABS_MT_POSITION_Y)]
    contacts.learn(slots.value, list(zip(*axes, strict=True)))


def _slot_values(number: int, code: int, count: int) -> list[int]:
    """EVIOCGMTSLOTS: one value a slot (linux/input.h)."""
    size = 4 * (1 + count)
    answer = fcntl.ioctl(number, (2 << 30) | (size << 16) | (ord("E") << 8) | 0x0A, struct.pack("<I", code) + bytes(4 * count))
    return list(struct.unpack(f"<{count}i", answer[4:]))


def _part(value: int, ends: tuple[int, int]) -> float:
    least, most = ends
    return min(max((value - least) / (most - least), 0.0), 1.0) if most > least else 0.0


def _inode(node: Path) -> int | None:
    try:
        return node.stat().st_ino
    except OSError:
        return None
