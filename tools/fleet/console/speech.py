"""How the console says times, lengths and amounts."""

from __future__ import annotations

from datetime import datetime, timedelta

from tools.fleet.web import beijing

WEEKDAYS = "一二三四五六日"


def lasting(span: timedelta) -> str:
    """A length in at most two words: ``3 小时 5 分``, ``2 天 4 小时``."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 1:
        return "不到 1 分钟"
    if minutes < 60:
        return f"{minutes} 分钟"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} 小时 {minutes} 分" if minutes and hours < 6 else f"{hours} 小时"
    days, hours = divmod(hours, 24)
    return f"{days} 天 {hours} 小时" if hours and days < 3 else f"{days} 天"


def ago(now: datetime, moment: datetime | None) -> str:
    """How long it has been; "从来没有" for never."""
    return "从来没有" if moment is None else f"{lasting(now - moment)}前"


def for_how_long(now: datetime, moment: datetime | None) -> str:
    """How long something has lasted; "" when nobody knows."""
    return "" if moment is None else lasting(now - moment)


def for_seconds(seconds: float) -> str:
    """A length told in seconds."""
    return lasting(timedelta(seconds=seconds))


def short_lag(seconds: float) -> str:
    """For a tile: ``3 时``, ``2 天``; "" below an hour."""
    hours = int(seconds // 3600)
    if hours < 1:
        return ""
    return f"{hours}时" if hours < 48 else f"{hours // 24}天"


def clock_text(moment: datetime | None, now: datetime | None = None) -> str:
    """Beijing's date and time; without the date for a moment of today, without the year for one of this year."""
    if moment is None:
        return "—"
    at = beijing(moment)
    if now is not None and at.date() == beijing(now).date():
        return f"{at:%H:%M}"
    if now is not None and at.year == beijing(now).year:
        return f"{at.month} 月 {at.day} 日 {at:%H:%M}"
    return f"{at.year} 年 {at.month} 月 {at.day} 日 {at:%H:%M}"


def grouped(number: float) -> str:
    """With thousands: ``1,846``."""
    return f"{number:,.0f}" if number == int(number) else f"{number:,.1f}"


def masked_phone(text: str) -> str:
    """The middle four digits of a mobile number are nobody's business here."""
    return (
        f"{text[:3]}****{text[-4:]}"
        if len(text) == 11
        else text[:3] + "*" * max(0, len(text) - 5) + text[-2:]
        if len(text) > 5
        else text
    )
