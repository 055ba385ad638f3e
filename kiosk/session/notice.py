"""A sentence for the person: a text id with facts. The words live in ``data/texts``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """``code`` is looked up as ``notice.<code>``; facts fill its gaps."""

    code: str
    facts: tuple[tuple[str, str], ...] = ()


LONG_WAIT_S = 120
"""From here on a wait is told in minutes."""


def refusal(code: str, wait_s: int) -> Notice:
    """Why a service said no; with a wait, how long, in seconds or (``<code>Minutes``) in whole minutes."""
    if wait_s < LONG_WAIT_S:
        return notice(code, wait=wait_s)
    return notice(f"{code}Minutes", wait=-(-wait_s // 60))


def notice(code: str, **facts: object) -> Notice:
    """Short form of building one."""
    return Notice(code, tuple((key, str(value)) for key, value in facts.items()))
