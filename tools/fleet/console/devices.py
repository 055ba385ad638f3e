"""A terminal's live values in words: which card says what about which device. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tools.fleet.console.speech import lasting
from tools.fleet.console.words import Word, Words
from tools.fleet.store.queries import Json, Metric

ORDER = ("printer", "scale", "reader", "camera")
_GIB = 2**30
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class DeviceCard:
    """``state`` is its headline; ``lines`` are facts as (name, value); ``at`` is when it last told anything."""

    device: str
    name: Word
    state: Word
    lines: tuple[tuple[str, str], ...]
    at: datetime


def device_cards(metrics: Sequence[Metric], words: Words, paper_days: float | None) -> list[DeviceCard]:
    """One card for each device that ever told something, in a fixed order."""
    found: dict[str, dict[str, Json]] = {}
    last: dict[str, datetime] = {}
    for one in metrics:
        if one.device:
            found.setdefault(one.device, {})[one.metric] = one.value
            last[one.device] = max(last.get(one.device, one.at), one.at)
    devices = sorted(found, key=lambda device: (ORDER.index(device) if device in ORDER else len(ORDER), device))
    return [
        DeviceCard(
            device, words("device", device), _state(found[device], words), _lines(found[device], words, paper_days), last[device]
        )
        for device in devices
    ]


def board_lines(metrics: Sequence[Metric]) -> list[tuple[str, str]]:
    """What the machine itself tells."""
    node = {one.metric: one.value for one in metrics if not one.device}
    lines = [
        ("型号", _joined(node, "Properties/Hardware Make", "Properties/Hardware Model")),
        ("系统", _joined(node, "Properties/OS", "Properties/OS Version")),
        ("硬盘还剩", _disk(node)),
        ("内存还剩", _number(node.get("Memory/available"), lambda value: f"{value / _MIB:,.0f} MB")),
        ("温度", _number(node.get("Temperature/cpu"), lambda value: f"{value:.0f} ℃")),
        ("时钟差", _number(node.get("Clock/offset"), _offset)),
        ("校时来源", str(node.get("Clock/source") or "")),
        ("开机", _number(node.get("Host/uptime"), lambda value: lasting(timedelta(seconds=value)))),
        (
            "今天的演示样张" if node.get("App/demo") is True else "今天开证",
            _number(node.get("Issuing/today"), lambda value: f"{value:,.0f} 张"),
        ),
    ]
    return [(name, value) for name, value in lines if value]


def number_of(metrics: Sequence[Metric], device: str, name: str) -> float | None:
    """One value, when it is there and a number."""
    value = next((one.value for one in metrics if one.device == device and one.metric == name), None)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _state(values: Mapping[str, Json], words: Words) -> Word:
    """The worst thing is the headline: an online printer without paper is not well."""
    state = words("deviceState", values.get("state") or "unknown")
    paper, cover = values.get("supply/paper"), values.get("cover")
    if state.tone != "stop" and cover == "open":
        return words("cover", "open")
    if state.tone != "stop" and paper in ("out", "jammed", "low"):
        return words("paper", paper)
    if state.tone == "good" and values.get("error/level") not in (None, "none", ""):
        return words("deviceState", "userError")
    return state


def _lines(values: Mapping[str, Json], words: Words, paper_days: float | None) -> tuple[tuple[str, str], ...]:
    labels = _number(values.get("supply/labels_remaining"), lambda value: f"{value:,.0f} 张")
    if labels and paper_days is not None:
        labels += f"，够用约 {paper_days:.0f} 天" if paper_days >= 1 else "，撑不过今天"
    error = values.get("error/code")
    lines = [
        ("故障", words("deviceError", error).text if error else ""),
        ("标签纸", words("paper", values["supply/paper"]).text if values.get("supply/paper") else ""),
        ("还剩", labels),
        ("盖子", words("cover", values["cover"]).text if values.get("cover") else ""),
        ("型号", str(values.get("model") or "")),
        ("接口", str(values.get("port") or "")),
        *(
            (words("statistic", name.removeprefix("Stat/")).text, f"{value:,}")
            for name, value in values.items()
            if _is_count(name, value)
        ),
    ]
    return tuple((name, value) for name, value in lines if value)


def _is_count(name: str, value: Json) -> bool:
    return name.startswith("Stat/") and isinstance(value, int) and value > 0


def _joined(node: Mapping[str, Json], *names: str) -> str:
    return " ".join(str(node[name]) for name in names if node.get(name))


def _disk(node: Mapping[str, Json]) -> str:
    free, total = node.get("Disk/free"), node.get("Disk/total")
    if not isinstance(free, int | float):
        return ""
    share = f"（{free / total:.0%}）" if isinstance(total, int | float) and total else ""
    return f"{free / _GIB:.1f} GB{share}"


def _number(value: Json, say: object) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool) or not callable(say):
        return ""
    return str(say(value))


def _offset(milliseconds: float) -> str:
    return f"{milliseconds:+.0f} 毫秒" if abs(milliseconds) < 1000 else f"{milliseconds / 1000:+,.1f} 秒"
