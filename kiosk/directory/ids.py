"""Ids of subjects whose list gives none: the same list gives the same ids on every terminal.

Rule: 39 bits. The bit above belongs to subjects registered on the spot, and 0 to no subject.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from kiosk.domain.subject import SubjectId

MAX_LISTED = (1 << 39) - 1


def listed_id(credit_code: str, person_hash: bytes, name: str, is_taken: Callable[[SubjectId], bool]) -> SubjectId:
    """An id drawn from what makes the subject itself: its credit code, or else its person and name. Taken ones are passed over."""
    own = credit_code.encode("ascii") if credit_code else person_hash + name.encode("utf-8")
    attempt = 0
    while True:
        digest = hashlib.sha256(b"subject:%d:" % attempt + own).digest()
        chosen = SubjectId(int.from_bytes(digest[:8], "big") & MAX_LISTED)
        if chosen and not is_taken(chosen):
            return chosen
        attempt += 1
