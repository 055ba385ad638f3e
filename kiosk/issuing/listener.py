"""A Unix socket that lets in whom it knows: the file's mode keeps most away, the kernel's word on the other end (SO_PEERCRED) the rest.

Each visitor is served by a thread of his own, so that one who stands in the door does not stop another; more than ``MAX_VISITORS`` are sent away.
"""

from __future__ import annotations

import os
import pwd
import socket
import struct
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from kiosk import log

TICK_S = 0.3
MAX_VISITORS = 8


def user_ids(names: Collection[str]) -> frozenset[int]:
    """Ids of users by name or number. Raises ``KeyError`` for one that this machine does not know."""
    return frozenset(int(name) if name.isdecimal() else pwd.getpwnam(name).pw_uid for name in names)


class Listener:
    """Listens at ``path`` until ``close``; ``talk(visitor, is_ended)`` serves one and returns when either is done.

    Our own user and root always get in, ``users`` besides: then the file is open to the group, else to the owner alone.
    """

    def __init__(
        self,
        path: Path,
        talk: Callable[[socket.socket, Callable[[], bool]], None],
        users: frozenset[int] = frozenset(),
        name: str = "kiosk-door",
    ) -> None:
        self._path = path
        self._talk = talk
        self._users = users | {0, os.getuid()}
        self._name = name
        self._ended = threading.Event()
        self._visitors: set[threading.Thread] = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        path.chmod(0o660 if users else 0o600)
        self._socket.listen(MAX_VISITORS)
        self._socket.settimeout(TICK_S)
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let nobody in any more, and see the last ones out."""
        self._ended.set()
        self._thread.join(timeout=5)
        for visitor in list(self._visitors):
            visitor.join(timeout=5)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                visitor, _ = self._socket.accept()
            except TimeoutError:
                continue
            self._visitors = {thread for thread in self._visitors if thread.is_alive()}
            if not self._may_enter(visitor) or len(self._visitors) >= MAX_VISITORS:
                visitor.close()
                continue
            thread = threading.Thread(target=self._receive, args=(visitor,), name=self._name, daemon=True)
            self._visitors.add(thread)
            thread.start()

    def _may_enter(self, visitor: socket.socket) -> bool:
        user = peer_user(visitor)
        if user not in self._users:
            log.event("door-stranger", door=self._path.name, user=user)
            return False
        return True

    def _receive(self, visitor: socket.socket) -> None:
        with visitor, suppress(OSError):
            self._talk(visitor, self._ended.is_set)


def peer_user(visitor: socket.socket) -> int:
    """Who connected. Source: unix(7), SO_PEERCRED: pid, uid, gid."""
    _, user, _ = struct.unpack("3i", visitor.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(user)
