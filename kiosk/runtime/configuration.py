"""Options that the centre sets: checked as a whole, kept on disk, applied without a restart, put back when anything goes wrong.

Rules
- A version names the whole of what the centre wants: what it does not name is as the station file says.
- An older version is refused, the same one again changes nothing.
- Nothing holds that is not on disk; what could not be applied is not on disk either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from kiosk import log
from kiosk.config import RulesSection
from kiosk.session.options import Options
from kiosk.store.whole_file import write_whole
from kiosk.wire.canonical import WireError
from kiosk.wire.message import Count, Message

FILE = "configuration.json"
_PREFIX = "rules."


class ConfigurationRefused(Exception):
    """Nothing changed. ``code``: tooOld | conflict | unknownName | badValue | notKept | notApplied; ``facts`` say more."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


class _Kept(Message):
    conf: Count = Field(ge=1)
    values: dict[str, str | int | bool]


def options_of(rules: RulesSection) -> Options:
    """What of the rules the sessions need."""
    return Options(
        signature_required=rules.signature_required,
        max_copies=rules.max_copies,
        unit_shown=rules.unit_shown,
        idle_s=rules.idle_s,
        elder_first=rules.elder_first,
        slogans=rules.slogans,
    )


class Configuration:
    """``rules`` hold now, ``version`` is the centre's (0: it set nothing). ``set`` belongs to one thread; ``apply`` takes each new set of rules."""

    def __init__(self, station: RulesSection, folder: Path) -> None:
        self._station = station
        self._path = folder / FILE
        self._kept = self._read()
        self.rules = station if self._kept is None else _checked(station, self._kept.values)
        self.apply: Callable[[RulesSection], None] = lambda _: None

    @property
    def version(self) -> int:
        """The centre's version in use, 0 without one."""
        return 0 if self._kept is None else self._kept.conf

    def set(self, conf: int, values: Mapping[str, Any]) -> None:
        """Let ``values`` hold as version ``conf``. Raises ``ConfigurationRefused``."""
        try:
            self._set(_Kept(conf=conf, values=dict(values)))
        except ConfigurationRefused as err:
            log.event("configuration", version=conf, code=err.code)
            raise
        log.event("configuration", version=conf, code="")

    def _set(self, wanted: _Kept) -> None:
        if wanted.conf < self.version:
            raise ConfigurationRefused("tooOld", version=self.version)
        if self._kept is not None and wanted.conf == self.version:
            if wanted != self._kept:
                raise ConfigurationRefused("conflict", version=self.version)
            return
        rules, before = _checked(self._station, wanted.values), self.rules
        self._write(wanted)
        try:
            self.apply(rules)
        except Exception as err:
            self._write(self._kept)
            self.apply(before)
            raise ConfigurationRefused("notApplied", error=type(err).__name__) from err
        self.rules, self._kept = rules, wanted

    def _write(self, kept: _Kept | None) -> None:
        try:
            if kept is None:
                self._path.unlink(missing_ok=True)
            else:
                write_whole(self._path, kept.encode())
        except OSError as err:
            raise ConfigurationRefused("notKept", error=type(err).__name__) from err

    def _read(self) -> _Kept | None:
        try:
            kept = _Kept.decode(self._path.read_bytes())
            _checked(self._station, kept.values)
        except FileNotFoundError:
            return None
        except (OSError, WireError, ConfigurationRefused) as err:
            # A newer program may know other bounds: the terminal works on by the station file, and the centre sees version 0.
            log.event("configuration-unreadable", error=getattr(err, "code", type(err).__name__))
            return None
        return kept


def _checked(station: RulesSection, values: Mapping[str, str | int | bool]) -> RulesSection:
    known = RulesSection.model_fields
    for name in values:
        if not name.startswith(_PREFIX) or name.removeprefix(_PREFIX) not in known:
            raise ConfigurationRefused("unknownName", name=name[:60])
    try:
        return RulesSection.model_validate(
            {**station.model_dump(), **{name.removeprefix(_PREFIX): value for name, value in values.items()}}, strict=True
        )
    except ValidationError as err:
        first = err.errors(include_input=False)[0]
        raise ConfigurationRefused("badValue", name=f"{_PREFIX}{first['loc'][0]}", reason=first["type"]) from err
