"""User sentences by id, from ``data/texts/*.toml``: the only place where they stand. Gaps are written ``{name}``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "texts"


class Texts:
    """A flat table ``section.key`` -> sentence."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._table = dict(table)

    @classmethod
    def load(cls, *names: str) -> Texts:
        """Read the named files (without ending), or all of them."""
        files = [FOLDER / f"{name}.toml" for name in names] or sorted(FOLDER.glob("*.toml"))
        table: dict[str, str] = {}
        for file in files:
            table.update(_flatten("", tomllib.loads(file.read_text(encoding="utf-8"))))
        return cls(table)

    def __contains__(self, text_id: str) -> bool:
        return text_id in self._table

    def get(self, text_id: str, facts: Iterable[tuple[str, str]] = ()) -> str:
        """The sentence with its gaps filled; a fact ``@id`` is the sentence of that id.

        An unknown id falls back to its first part's general sentence, then to ``notice.general``.
        """
        sentence = self._table.get(text_id)
        while sentence is None and ":" in text_id:
            text_id = text_id.rsplit(":", 1)[0]
            sentence = self._table.get(text_id)
        if sentence is None:
            sentence = self._table.get("notice.general", text_id) if text_id.startswith("notice.") else text_id
        return sentence.format_map(
            _Gaps({name: self._table.get(fact[1:], fact) if fact[:1] == "@" else fact for name, fact in facts})
        )

    def sentences(self) -> frozenset[str]:
        """All sentences as they stand: none of them can hold anything personal."""
        return frozenset(self._table.values())

    def ids(self) -> frozenset[str]:
        """All ids there are."""
        return frozenset(self._table)


class _Gaps(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def _flatten(prefix: str, table: Mapping[str, object]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat.update(_flatten(f"{name}.", value))
        else:
            flat[name] = str(value)
    return flat
