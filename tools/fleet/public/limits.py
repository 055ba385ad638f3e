"""How much one visitor, and everybody together at one label, may ask. In memory: a restart forgives.

Rules: a key is a hash or a number, never an address; the table is bounded, the longest unused goes first.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Rate:
    """``burst`` at once, then one every ``refill_s`` seconds."""

    burst: int
    refill_s: float


class Buckets:
    """Token buckets by key."""

    def __init__(self, rate: Rate, monotonic: Callable[[], float], most: int = _MOST) -> None:
        self._rate, self._monotonic, self._most = rate, monotonic, most
        self._level: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """0.0 when it may; otherwise the seconds until it may again."""
        now = self._monotonic()
        with self._lock:
            level, seen = self._level.pop(key, (float(self._rate.burst), now))
            level = min(float(self._rate.burst), level + (now - seen) / self._rate.refill_s)
            wait = 0.0 if level >= 1 else (1 - level) * self._rate.refill_s
            self._level[key] = (level if wait else level - 1, now)
            while len(self._level) > self._most:
                self._level.popitem(last=False)
        return wait


def neighbourhood(address: str) -> str:
    """The /24 or /48 around an address: a phone may change its last digits at will. "" for what is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def visitor(secret: bytes, address: str, at: datetime) -> str:
    """Who this is, today only: a keyed hash that cannot be joined with tomorrow's."""
    return hmac.new(secret, f"{at:%Y-%m-%d} {address}".encode(), hashlib.sha256).hexdigest()[:32]
