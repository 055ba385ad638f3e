"""What all messages have in common: a version, strict values, canonical bytes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from kiosk.wire.canonical import WireError, canonical_json, read_json

VERSION = 1
MAX_COUNT = 2**63 - 1


def utc_text(moment: datetime) -> str:
    """``2026-11-25T06:00:00.000Z``: always UTC, always milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_moment(value: object) -> object:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _read_day(value: object) -> object:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("time without zone")
    return moment.astimezone(UTC)


Moment = Annotated[datetime, BeforeValidator(_read_moment), AfterValidator(_aware), PlainSerializer(utc_text, return_type=str)]
"""Aware UTC; text with ``Z`` on the wire."""
Day = Annotated[date, BeforeValidator(_read_day)]
"""A day in Beijing; ``2026-11-25`` on the wire."""
Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]
Terminal = Annotated[str, Field(pattern=r"^\d{10}$")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Part(BaseModel):
    """A piece of a message. Frozen, strict (``"7"`` and ``true`` are no numbers); unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return self.model_dump(mode="json")


class Message(Part):
    """A whole message with its version."""

    v: int = VERSION

    def encode(self) -> bytes:
        """Canonical JSON."""
        return canonical_json(self.as_json())

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read and check. Raises ``WireError`` (tooLarge, malformed, unknownVersion)."""
        return cls.read(read_json(data))

    @classmethod
    def read(cls, body: object) -> Self:
        """Check an already parsed body. Raises ``WireError`` (malformed, unknownVersion)."""
        if not isinstance(body, dict):
            raise WireError("malformed")
        if body.get("v") != VERSION or type(body.get("v")) is not int:
            raise WireError("unknownVersion")
        try:
            return cls.model_validate(body)
        except ValidationError:
            # The cause is dropped on purpose: it repeats values, and values may be personal.
            raise WireError("malformed") from None
