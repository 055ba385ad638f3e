"""The trusted key list as a file that may be replaced while the collector runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kiosk.credential.keylist import KeyList, KeyListError, load_key_list
from kiosk.store.whole_file import file_identity

_NOWHERE = (0, 0, 0)
_NOBODY = KeyList("", datetime(2025, 1, 1, tzinfo=UTC), {})


class KeyFile:
    """Reads the list again when the file has changed; an unreadable newer list leaves the one in use.

    Without a file nobody is trusted: what comes meanwhile is kept, and taken in when the keys are there. ``problem`` says what is the matter.
    """

    def __init__(self, path: Path, root: bytes | None = None) -> None:
        """``root``: the list's own signature must be that key's. Raises ``KeyListError`` for a list that is there and no use."""
        self._path = path
        self._root = root
        self._mark = self._looked()
        self._keys, self.problem = _NOBODY, "missing"
        if self._mark != _NOWHERE:
            self._keys, self.problem = load_key_list(path, root), ""

    def current(self) -> KeyList:
        """The newest usable list."""
        mark = self._looked()
        if mark != self._mark:
            self._mark = mark
            try:
                self._keys, self.problem = load_key_list(self._path, self._root), ""
            except KeyListError as err:
                self.problem = err.code
        return self._keys

    def _looked(self) -> tuple[int, int, int]:
        return file_identity(self._path) or _NOWHERE
