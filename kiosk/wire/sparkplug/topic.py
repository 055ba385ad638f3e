"""Topics of the health plane: ``spBv1.0/<county>/<type>/<terminal>[/<device>]`` and ``spBv1.0/STATE/<host>``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

NAMESPACE = "spBv1.0"
_FORBIDDEN = re.compile("[+/#\0\ud800-\udfff]")
"""What separates or matches topics, and what is no text in MQTT: NUL and halves of surrogate pairs."""


class Kind(StrEnum):
    """Types of messages."""

    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    NDATA = "NDATA"
    NCMD = "NCMD"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    DDATA = "DDATA"
    DCMD = "DCMD"

    @property
    def is_of_device(self) -> bool:
        """Whether the topic ends in a device id."""
        return self.value.startswith("D")


@dataclass(frozen=True, slots=True)
class SparkplugTopic:
    """``device`` is "" for a message of the node. Raises ``ValueError`` for an id that a topic cannot carry."""

    group: str
    kind: Kind
    node: str
    device: str = ""

    def __post_init__(self) -> None:
        ids = (self.group, self.node, *((self.device,) if self.device else ()))
        if any(not part or _FORBIDDEN.search(part) for part in ids) or self.kind.is_of_device != bool(self.device):
            raise ValueError("not a Sparkplug topic")

    def __str__(self) -> str:
        text = f"{NAMESPACE}/{self.group}/{self.kind.value}/{self.node}"
        return f"{text}/{self.device}" if self.device else text


def parse_topic(text: str) -> SparkplugTopic | None:
    """The topic taken apart, None for any other."""
    parts = text.split("/")
    if len(parts) not in (4, 5) or parts[0] != NAMESPACE or parts[2] not in Kind.__members__:
        return None
    try:
        return SparkplugTopic(parts[1], Kind(parts[2]), parts[3], parts[4] if len(parts) == 5 else "")
    except ValueError:
        return None


def state_topic(host: str) -> str:
    """Where a host tells whether it is there."""
    return f"{NAMESPACE}/STATE/{host}"
