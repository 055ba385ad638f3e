"""Subject (生产主体): whoever promises. A register entry, never a bare ID number."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

SubjectId = NewType("SubjectId", int)
"""40-bit id of the register entry: the ``producer ref`` of the QR."""


class SubjectKind(StrEnum):
    """Kinds of the register (主体名录)."""

    ENTERPRISE = "enterprise"
    COOPERATIVE = "cooperative"
    FAMILY_FARM = "familyFarm"
    FARMER = "farmer"
    PURCHASER_UNIT = "purchaserUnit"
    PURCHASER_PERSON = "purchaserPerson"

    @property
    def is_purchaser(self) -> bool:
        """Purchasers promise with the second form."""
        return self in (SubjectKind.PURCHASER_UNIT, SubjectKind.PURCHASER_PERSON)


@dataclass(frozen=True, slots=True)
class Place:
    """Where goods come from: the text as printed, down to the village, and the county's six-digit code (GB/T 2260)."""

    county: str
    text: str


class SubjectStatus(StrEnum):
    """State of the register entry."""

    ACTIVE = "active"
    PROVISIONAL = "provisional"  # registered on the spot, not yet seen by the county
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Subject:
    """One entry of the register. ``person_hash`` is the keyed hash of the ID number of the person who may promise for it."""

    id: SubjectId
    kind: SubjectKind
    name: str = field(repr=False)
    phone: str = field(repr=False)
    base: Place = field(repr=False)
    credit_code: str = ""
    person_name: str = field(default="", repr=False)
    person_hash: bytes = field(default=b"", repr=False)
    status: SubjectStatus = SubjectStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class Registration:
    """What a new subject gives on the spot. The ID number itself is not kept, only its keyed hash."""

    kind: SubjectKind
    name: str = field(repr=False)
    person_name: str = field(repr=False)
    person_hash: bytes = field(repr=False)
    phone: str = field(repr=False)
    base: Place = field(repr=False)
    credit_code: str = ""
