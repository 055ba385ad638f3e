"""The trusted key list as it is on disk now: read again at the first question after the agent switched the file."""

from __future__ import annotations

import threading
from pathlib import Path

from kiosk import log
from kiosk.credential.keylist import KeyList, KeyListError, load_key_list
from kiosk.store.whole_file import file_identity


class KeyBook:
    """Any thread may ask. Raises ``KeyListError`` when there is no usable list at the start; later the one before stays."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen = file_identity(path)
        self._keys = load_key_list(path)

    def read(self) -> KeyList:
        """The list in use."""
        with self._lock:
            identity = file_identity(self._path)
            if identity is not None and identity != self._seen:
                self._seen = identity  # a list that cannot be read is looked at once
                try:
                    self._keys = load_key_list(self._path)
                    log.event("keys-read", keys=len(self._keys.keys), error="")
                except KeyListError as err:
                    log.event("keys-read", keys=len(self._keys.keys), error=err.code)
            return self._keys
