"""Speaks the sentences: espeak-ng, one process a sentence, cut off when the next one comes.

Rules: never blocks a caller (a thread of its own starts and ends the processes); a machine without a voice stays silent; an ID number or
phone is never in a spoken text.
"""

from __future__ import annotations

import queue
import shutil
import subprocess
import threading

from kiosk.texts import Texts

SPEED_WPM = 150
"""Slower than espeak-ng's default of 175: market halls are loud and ears are old."""
_TRANSCRIPT = 50


class EspeakVoice:
    """Mandarin by espeak-ng. ``transcript`` keeps the last sentences' ids for tests and the technician's page."""

    def __init__(self, texts: Texts, *, audible: bool = True, volume: int = 100) -> None:
        self._texts = texts
        self._program = shutil.which("espeak-ng")
        self._audible, self._volume = audible, volume
        self._orders: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._speaking: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="kiosk-voice", daemon=True)
        self.transcript: list[str] = []
        if self._program is not None:
            self._thread.start()

    @property
    def name(self) -> str:
        """The program that speaks, "" where there is none or speech is switched off."""
        return (self._program or "") if self._audible else ""

    def adjust(self, *, audible: bool, volume: int) -> None:
        """From the next sentence on. ``volume`` in percent of the usual."""
        self._audible, self._volume = audible, volume
        if not audible:
            self.quiet()

    def say(self, text_id: str, facts: tuple[tuple[str, str], ...] = ()) -> None:
        """Say a sentence; the one before it stops. A text id without a sentence says nothing."""
        self.transcript = [*self.transcript[1 - _TRANSCRIPT :], text_id]
        sentence = self._texts.get(text_id, facts)
        self._orders.put("" if sentence == text_id else sentence)

    def quiet(self) -> None:
        """Stop speaking."""
        self._orders.put("")

    def close(self) -> None:
        """Stop speaking and end the thread."""
        self._orders.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def _run(self) -> None:
        while (sentence := self._orders.get()) is not None:
            self._hush()
            # Only the newest of several waiting sentences is worth saying.
            if sentence and self._audible and self._orders.empty():
                self._begin(sentence)
        self._hush()

    def _begin(self, sentence: str) -> None:
        self._speaking = subprocess.Popen(
            [str(self._program), "-v", "cmn", "-s", str(SPEED_WPM), "-a", str(self._volume), "--", sentence],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _hush(self) -> None:
        if self._speaking is not None:
            if self._speaking.poll() is None:
                self._speaking.terminate()
            self._speaking.wait()
            self._speaking = None
