"""Errors of the drivers, ordered by what the caller can do about them.

    DriverError
    ├── DeviceGone        unplugged or re-enumerated: close, find it again
    ├── TryAgain          time-out, busy, noise: the same call may work in a moment
    ├── NeedsPerson       no permission, not connected, switched off: somebody must act
    └── DriverFault       our own mistake or a device that breaks its protocol

Fields: ``code`` (XFS4IoT camelCase word) and ``facts`` (never personal data, never a sentence for users).
"""

from __future__ import annotations


class DriverError(Exception):
    """Base of every error that leaves this package."""

    default_code = "internalError"

    def __init__(self, code: str | None = None, **facts: object) -> None:
        self.code = code or self.default_code
        self.facts = facts
        detail = ", ".join(f"{key}={value}" for key, value in facts.items())
        super().__init__(f"{self.code}({detail})" if detail else self.code)


class DeviceGone(DriverError):
    """The device left in the middle: close the transport and look for it again."""

    default_code = "noDevice"


class TryAgain(DriverError):
    """Time-out, busy or noise: the same call may work in a moment."""

    default_code = "timeOut"


class NeedsPerson(DriverError):
    """Nothing in software helps: no permission, not connected, switched off."""

    default_code = "userError"


class DriverFault(DriverError):
    """Our own mistake, or a device that breaks its protocol."""

    default_code = "internalError"
