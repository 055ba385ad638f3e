"""How Python looks for garbage while somebody is being served: after a page turned, while it is being read; never in the middle of a touch.

A screen is a web of some 15,000 objects that refer to each other, so the collector is needed, and a search of everything takes 0.1-0.3 s. What
lives as long as the program is therefore taken out of its sight; what is left (the screen on show and the one before) takes about 20 ms.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys

TIDY_AFTER_S = 0.25
"""From the turn of a page to the search: the new page has been drawn, and nobody has read it yet."""
_MOST_YOUNG = 60_000
"""New objects before Python searches by itself all the same: several screens' worth."""


_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_LIBC = ctypes.CDLL(None)


def sparing() -> None:
    """Call before any thread starts: pictures go straight back to the system, and threads share two heaps instead of one each (glibc)."""
    sys.setswitchinterval(0.001)  # the screen's thread waits at most so long for one that computes
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy moves pictures here, it multiplies no matrices
    if hasattr(_LIBC, "mallopt"):
        _LIBC.mallopt(_M_ARENA_MAX, 2)
        _LIBC.mallopt(_M_MMAP_THRESHOLD, 128 * 1024)


def settle() -> None:
    """Call once everything is loaded: all of it stays for good."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_MOST_YOUNG, 10, 10)
    gc.enable()


def tidy_young() -> None:
    """Give back what was made and left since the last search. Before ``tidy``, in a turn of its own, it halves the longest search."""
    gc.collect(0)


def tidy() -> None:
    """Give back what the last page left."""
    gc.collect()
    if hasattr(_LIBC, "malloc_trim"):
        _LIBC.malloc_trim(0)
