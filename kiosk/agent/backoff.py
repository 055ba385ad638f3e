"""How long to wait before the next attempt: doubling, with full jitter, so that twenty thousand terminals do not come back in step."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackoffRule:
    """``first_s`` is the widest first wait, ``cap_s`` the widest of all."""

    first_s: float = 30.0
    cap_s: float = 300.0


class Backoff:
    """Counts failures; ``random_source`` is seeded in tests."""

    def __init__(self, rule: BackoffRule, random_source: random.Random | None = None) -> None:
        self._rule = rule
        self._random = random_source or random.Random()
        self._failures = 0

    def next_s(self) -> float:
        """The next wait in seconds; every call counts as a failure."""
        widest = min(self._rule.cap_s, self._rule.first_s * 2.0 ** min(self._failures, 20))
        self._failures += 1
        return self._random.uniform(0.05 * widest, widest)

    def reset(self) -> None:
        """It worked."""
        self._failures = 0
