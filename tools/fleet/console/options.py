"""The terminal's options as a form: typed fields instead of free text, checked by the terminal's own rules before anything is sent.

A version names the whole of what the centre wants: what is left empty is as the station file says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from kiosk.config import RulesSection
from tools.fleet.console.desk import Form

Value = str | int | bool
_PREFIX = "rules."


class BadOptions(Exception):
    """A terminal would refuse them."""


@dataclass(frozen=True, slots=True)
class Option:
    """One field. ``kind``: switch | number | choice | text; ``least`` and ``most`` bound a number; ``choices`` are those of a choice."""

    name: str
    kind: str
    least: int = 0
    most: int = 0
    choices: tuple[str, ...] = ()

    def read(self, text: str) -> Value:
        """What a field says. Raises ``BadOptions``."""
        match self.kind:
            case "switch" if text in ("true", "false"):
                return text == "true"
            case "number" if text.isascii() and text.isdigit() and len(text) <= 6:
                return int(text)
            case "choice" | "text":
                return text
            case _:
                raise BadOptions


OPTIONS = (
    Option("rules.signature_required", "switch"),
    Option("rules.max_copies", "number", 1, 255),
    Option("rules.unit_shown", "choice", choices=("公斤", "斤")),
    Option("rules.idle_s", "number", 20, 300),
    Option("rules.elder_first", "switch"),
    Option("rules.speech", "switch"),
    Option("rules.volume", "number", 10, 200),
    Option("rules.slogans", "text"),
)


def read_options(form: Form) -> dict[str, Value]:
    """The values of a form, without what was left empty. Raises ``BadOptions``."""
    values = {option.name: option.read(form[option.name]) for option in OPTIONS if form[option.name]}
    try:
        RulesSection.model_validate({name.removeprefix(_PREFIX): value for name, value in values.items()}, strict=True)
    except ValidationError as err:
        raise BadOptions from err
    return values


def shown(values: Mapping[str, object]) -> dict[str, str]:
    """Values as the fields show them."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
