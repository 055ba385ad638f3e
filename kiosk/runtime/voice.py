"""Speaks the sentences: espeak-ng, one process a sentence, cut off when the next one comes.

Rules: never blocks a caller; a machine without a voice stays silent and says so once; an ID number or phone is never in a spoken text.
"""

from __future__ import annotations

import shutil
import subprocess
import threading

from kiosk.texts import Texts

SPEED_WPM = 150
"""Slower than espeak-ng's default of 175: market halls are loud and ears are old."""


class EspeakVoice:
    """Mandarin by espeak-ng. ``transcript`` keeps the last sentences' ids for tests and the technician's page."""

    def __init__(self, texts: Texts, *, audible: bool = True) -> None:
        self._texts = texts
        self._program = shutil.which("espeak-ng") if audible else None
        self._lock = threading.Lock()
        self._speaking: subprocess.Popen[bytes] | None = None
        self.transcript: list[str] = []

    def say(self, text_id: str, facts: tuple[tuple[str, str], ...] = ()) -> None:
        """Say a sentence; the one before it stops."""
        sentence = self._texts.get(text_id, facts)
        with self._lock:
            self.transcript = [*self.transcript[-49:], text_id]
            self._hush()
            if self._program is None or sentence == text_id:
                return
            self._speaking = subprocess.Popen(
                [self._program, "-v", "cmn", "-s", str(SPEED_WPM), "--", sentence],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def quiet(self) -> None:
        """Stop speaking."""
        with self._lock:
            self._hush()

    def _hush(self) -> None:
        if self._speaking is not None:
            if self._speaking.poll() is None:
                self._speaking.terminate()
            self._speaking.wait()
            self._speaking = None
