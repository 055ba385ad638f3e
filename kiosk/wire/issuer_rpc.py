"""The issuer's socket: how the app asks the process that alone holds ledger, counter and signing key.

A frame is its length (4 bytes, big-endian), a head (one line of canonical JSON: ``Ask`` or ``Reply``) and a body (JSON of the call's arguments or of
its result, made by a ``Codec``). One reply for each ask, in order.

Rules
- ``id`` names one request, whoever sends it again; ``run`` names the app's process. Both together make repeating safe.
- Values arrive exactly as they left: Decimal by its digits, time with its zone and microseconds, enums by value, bytes as base64.
- A longer frame than ``MAX_ASK_BYTES`` (up) or ``MAX_REPLY_BYTES`` (down) is refused before it is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from kiosk.wire.canonical import WireError
from kiosk.wire.message import Message, Part

MAX_ASK_BYTES = 1 << 20
MAX_REPLY_BYTES = 32 << 20
"""The largest reply is the list of all void certificates: some 20 bytes each."""
_LENGTH_BYTES = 4
_EXACT = ConfigDict(strict=True, ser_json_bytes="base64", val_json_bytes="base64", allow_inf_nan=False)

T = TypeVar("T")


class Ask(Message):
    """One question. ``call`` is the name of a method of the issuer."""

    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    run: str = Field(pattern=r"^[0-9a-f]{32}$")
    call: str = Field(max_length=40)


class FailureKind(StrEnum):
    """Which exception the issuer raised: refused and unavailable are its own two, invalid: such a call cannot be, crashed: nobody foresaw it."""

    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    INVALID = "invalid"
    CRASHED = "crashed"


class Failure(Part):
    """Why there is no result. ``facts`` are safe to log."""

    kind: FailureKind = Field(strict=False)
    code: str = Field(max_length=60)
    facts: dict[str, str | int | bool | None] = Field(default_factory=dict)


class Reply(Message):
    """The answer to the ask with this ``id`` ("" where the ask could not be read). Its result is the frame's body."""

    id: str = Field(max_length=32)
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """Head and body, not yet understood."""

    head: bytes
    body: bytes = field(repr=False)

    def pack(self, limit: int) -> bytes:
        """As it travels. Raises ``WireError`` (tooLarge)."""
        size = len(self.head) + 1 + len(self.body)
        if size > limit:
            raise WireError("tooLarge")
        return b"".join((size.to_bytes(_LENGTH_BYTES, "big"), self.head, b"\n", self.body))


class FrameReader:
    """Cuts a stream into frames. After a ``WireError`` the stream is worth nothing: hang up."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pending = bytearray()

    @property
    def is_within(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._pending)

    def feed(self, data: bytes) -> list[Frame]:
        """Frames that are complete now. Raises ``WireError`` (tooLarge, malformed)."""
        self._pending += data
        found: list[Frame] = []
        while len(self._pending) >= _LENGTH_BYTES:
            size = int.from_bytes(self._pending[:_LENGTH_BYTES], "big")
            if size > self._limit:
                raise WireError("tooLarge")
            end = _LENGTH_BYTES + size
            if len(self._pending) < end:
                break
            head, separator, body = bytes(self._pending[_LENGTH_BYTES:end]).partition(b"\n")
            if not separator:
                raise WireError("malformed")
            del self._pending[:end]
            found.append(Frame(head, body))
        return found


class Codec(Generic[T]):
    """JSON of values of one type, and back to equal values. Strict: a number is no text, an unknown enum value is an error."""

    def __init__(self, kind: Any) -> None:
        # In a tuple, because a dataclass of its own takes no configuration from outside.
        self._adapter: TypeAdapter[tuple[T]] = TypeAdapter(tuple[kind], config=_EXACT)

    def encode(self, value: T) -> bytes:
        """Raises ``WireError`` (malformed) for what JSON cannot hold."""
        try:
            return self._adapter.dump_json((value,), warnings="error")
        except PydanticSerializationError:
            raise WireError("malformed") from None  # the cause repeats values, and values may be personal

    def decode(self, data: bytes) -> T:
        """Raises ``WireError`` (malformed)."""
        try:
            (value,) = self._adapter.validate_json(data)
        except ValidationError:
            raise WireError("malformed") from None
        return value
