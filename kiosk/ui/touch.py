"""Touch screens read straight from the kernel, where no desktop stands between it and the window (graphics chip by KMS).

There, Kivy hears a finger twice (as a mouse that SDL makes up, and by its own provider), and neither finds a screen again that was unplugged for a
moment. This provider is then the only one. Contacts come in the kernel's slots (type B), as one absolute pointer from older panels and from
panels that pretend to be a mouse.
Source: Documentation/input/multi-touch-protocol.rst and event-codes.rst of Linux; Kivy 2.3 ``kivy.input``.
"""

from __future__ import annotations

import fcntl
import select
import struct
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from evdev import InputDevice, ecodes
from kivy.input.motionevent import MotionEvent
from kivy.input.provider import MotionEventProvider

from kiosk import log

NAME = "glass"
FOLDER = Path("/dev/input")
_LOOK_S = 1.0


class Change(NamedTuple):
    """One contact came (begin), moved (update) or left (end); its place in parts of width and height from the upper left corner."""

    action: str
    contact: int
    x: float
    y: float


@dataclass(slots=True)
class _Finger:
    contact: int = -1
    x: float = 0.0
    y: float = 0.0
    was_down: bool = False
    is_down: bool = False
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
            self._press(self._finger(), is_down=value != 0)
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
            finger.is_down = False
        return self._report()

    def _axis(self, code: int, value: int) -> None:
        if not self.has_slots:
            if code in (ecodes.ABS_X, ecodes.ABS_Y):
                self._move(code == ecodes.ABS_X, value)
        elif code == ecodes.ABS_MT_SLOT:
            self._slot = value
        elif code == ecodes.ABS_MT_TRACKING_ID:
            self._press(self._finger(), is_down=value != -1)
        elif code in (ecodes.ABS_MT_POSITION_X, ecodes.ABS_MT_POSITION_Y):
            self._move(code == ecodes.ABS_MT_POSITION_X, value)

    def _finger(self) -> _Finger:
        return self._fingers.setdefault(self._slot, _Finger())

    def _press(self, finger: _Finger, *, is_down: bool) -> None:
        if is_down and not finger.is_down:
            self._count += 1
            finger.contact = self._count
        finger.is_down = is_down

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
            if finger.is_down != finger.was_down:
                action = "begin" if finger.is_down else "end"
                changes.append(Change(action, finger.contact, finger.x, finger.y))
            elif finger.is_down and finger.has_moved:
                changes.append(Change("update", finger.contact, finger.x, finger.y))
            finger.was_down, finger.has_moved = finger.is_down, False
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

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._open: dict[Path, tuple[InputDevice[str], Contacts]] = {}
        self._passed: dict[Path, int] = {}

    def read(self, timeout_s: float) -> list[tuple[Path, Change]]:
        """Look for new screens, then wait for touches; changes with the node that they came from."""
        self._look()
        nodes = {device.fd: node for node, (device, _) in self._open.items()}
        ready, _, _ = select.select(list(nodes), [], [], timeout_s)
        changes = []
        for number in ready:
            node = nodes[number]
            device, contacts = self._open[node]
            try:
                for event in device.read():
                    changes += [(node, change) for change in contacts.feed(event.type, event.code, event.value)]
                    if (event.type, event.code) == (ecodes.EV_SYN, ecodes.SYN_DROPPED):
                        _learn(device, contacts)
            except BlockingIOError:
                continue
            except OSError:
                # Unplugged: the kernel keeps the node until it is closed.
                changes += [(node, change) for change in contacts.lift_all()]
                del self._open[node]
                device.close()
                log.event("touch-screen-left", node=node.name)
        return changes

    def close(self) -> None:
        """Read no more."""
        for device, _ in self._open.values():
            device.close()
        self._open.clear()

    def _look(self) -> None:
        there = {node: number for node in self._folder.glob("event*") if (number := _inode(node)) is not None}
        self._passed = {node: number for node, number in self._passed.items() if there.get(node) == number}
        for node, number in there.items():
            if node in self._open or node in self._passed:
                continue
            try:
                device: InputDevice[str] = InputDevice(str(node))
                contacts = contacts_of(device)
            except OSError:
                continue  # udev has not settled its rights yet, or it has just gone
            if contacts is None:
                self._passed[node] = number
                device.close()
                continue
            self._open[node] = (device, contacts)
            log.event("touch-screen", node=node.name)


class GlassEvent(MotionEvent):
    """A finger on the glass."""

    def __init__(self, device: str, contact: str, place: tuple[float, float]) -> None:
        super().__init__(device, contact, place, is_touch=True, type_id="touch")

    def depack(self, args: tuple[float, float]) -> None:
        """Kivy counts from the lower left corner."""
        self.profile = ["pos"]
        self.sx, self.sy = args[0], 1.0 - args[1]
        super().depack(args)


class GlassProvider(MotionEventProvider):
    """Kivy's side: a thread reads, the screen's thread takes what it read."""

    def __init__(self, device: str, args: str) -> None:
        super().__init__(device, args)
        self._changes: deque[tuple[Path, Change]] = deque()
        self._touches: dict[tuple[Path, int], GlassEvent] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, name="kiosk-touch", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more; within a second."""
        self._ended.set()

    def update(self, dispatch_fn: Callable[[str, GlassEvent], None]) -> None:
        """Hand over what came since the last turn."""
        while self._changes:
            node, change = self._changes.popleft()
            key = (node, change.contact)
            place = (change.x, change.y)
            if change.action == "begin":
                self._touches[key] = GlassEvent(self.device, f"{node.name}-{change.contact}", place)
            touch = self._touches.get(key)
            if touch is None:
                continue
            if change.action != "begin":
                touch.move(place)
            if change.action == "end":
                del self._touches[key]
                touch.update_time_end()
            dispatch_fn(change.action, touch)

    def _read(self) -> None:
        screens = Screens()
        while not self._ended.is_set():
            self._changes.extend(screens.read(_LOOK_S))
        screens.close()


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
