"""A sentence for the person: a text id with facts. The words live in ``data/texts``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """``code`` is looked up as ``notice.<code>``; facts fill its gaps."""

    code: str
    facts: tuple[tuple[str, str], ...] = ()


def notice(code: str, **facts: object) -> Notice:
    """Short form of building one."""
    return Notice(code, tuple((key, str(value)) for key, value in facts.items()))
