"""``spBv1.0/STATE/<host>``: whether the primary host is there, and since when. QoS 1, retained; JSON ``{"online":bool,"timestamp":ms}``."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.wire.canonical import WireError, canonical_json, read_json


@dataclass(frozen=True, slots=True)
class HostState:
    """``timestamp`` in ms since 1970; the host's Will carries the same one as its birth."""

    online: bool
    timestamp: int

    def encode(self) -> bytes:
        """The payload."""
        return canonical_json({"online": self.online, "timestamp": self.timestamp})

    @classmethod
    def decode(cls, data: bytes) -> HostState:
        """Read it. Raises ``WireError`` (malformed)."""
        body = read_json(data, 1024)
        online, timestamp = body.get("online"), body.get("timestamp")
        if not isinstance(online, bool) or type(timestamp) is not int or timestamp < 0:
            raise WireError("malformed")
        return cls(online, timestamp)
