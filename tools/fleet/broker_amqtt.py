"""``python -m tools.fleet.broker_amqtt FILE``: a broker in Python for a training room without mosquitto (MQTT 3.1.1, some hundred terminals)."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from pathlib import Path
from typing import Any

from amqtt.broker import Broker
from amqtt.contexts import Action
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin  # type: ignore[import-untyped]
from amqtt.session import Session  # type: ignore[import-untyped]

from tools.fleet.broker import CENTRE_USER

_SPARKPLUG_UP = r"spBv1\.0/[^/]+/(N(BIRTH|DATA|DEATH)/{u}|D(BIRTH|DATA|DEATH)/{u}/[^/]+)"
_SPARKPLUG_DOWN = r"spBv1\.0/[^/]+/(NCMD/{u}|DCMD/{u}/[^/]+)|spBv1\.0/STATE/sxc"


def may(user: str, topic: str, action: Action) -> bool:
    """Whether a user may publish to, subscribe to or receive a topic: the rules of the access list of mosquitto."""
    if user == CENTRE_USER:
        return topic.startswith(("sxc/v1/", "spBv1.0/"))
    if not re.fullmatch(r"\d{10}", user):
        return False
    if action is Action.PUBLISH:
        allowed = rf"sxc/v1/{user}/up/[^/+#]+|" + _SPARKPLUG_UP.format(u=user)
    else:
        allowed = rf"sxc/v1/{user}/down/[^/]+|" + _SPARKPLUG_DOWN.format(u=user)
    return re.fullmatch(allowed, topic) is not None


class AnyName(BaseAuthPlugin):  # type: ignore[misc]
    """On loopback a user name is believed; nobody comes without one."""

    async def authenticate(self, *, session: Session) -> bool | None:
        return bool(session.username)


class OwnTopics(BaseTopicPlugin):  # type: ignore[misc]
    """Asks ``may``."""

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        if session is None or topic is None or action is None:
            return False
        return may(session.username or "", topic, action)


async def _serve(config: dict[str, Any]) -> None:
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{config['port']}", "max_connections": 0}},
            "plugins": {f"{__spec__.name if __spec__ else __name__}.{name.__name__}": {} for name in (AnyName, OwnTopics)},
        }
    )
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await broker.start()
    await stop.wait()
    await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
