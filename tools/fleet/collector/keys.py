"""The trusted key list as a file that may be replaced while the collector runs."""

from __future__ import annotations

from pathlib import Path

from kiosk.credential.keylist import KeyList, KeyListError, load_key_list


class KeyFile:
    """Reads the list again when the file has changed; an unreadable newer list leaves the one in use."""

    def __init__(self, path: Path, root: bytes | None = None) -> None:
        """Raises ``KeyListError`` when there is no usable list to begin with."""
        self._path = path
        self._root = root
        self._mark = self._looked()
        self._keys = load_key_list(path, root)
        self.problem = ""

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
        try:
            seen = self._path.stat()
        except OSError:
            return (0, 0, 0)
        return (seen.st_ino, seen.st_mtime_ns, seen.st_size)
