"""The one way in which a query of the console is kept inside an account's area.

Rules: every query of ``queries_console`` and ``queries_desk`` takes an ``Area`` and uses one of these conditions; a place outside and a place that
is not there give the same answer.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.engine import Connection

from tools.fleet.area import Area, AreaLevel
from tools.fleet.store.schema import alert, terminal


def terminals_inside(area: Area) -> ColumnElement[bool]:
    """Rows of ``terminal`` inside the area."""
    inside = _between(terminal.c.county, area, 6)
    return and_(inside, terminal.c.town == area.prefix) if area.level is AreaLevel.TOWN else inside


def of_terminal(column: ColumnElement[Any], area: Area) -> ColumnElement[bool]:
    """Rows of any table whose ``column`` is the code of a terminal inside the area: a code begins with its county."""
    if area.level is AreaLevel.TOWN:
        return column.in_(select(terminal.c.code).where(terminals_inside(area)))
    return _between(column, area, 10)


def of_county(column: ColumnElement[Any], area: Area) -> ColumnElement[bool]:
    """Rows of a table that counts by county. Nothing narrower than a county can be told from it: a township gets no row."""
    if area.level is AreaLevel.TOWN:
        return column.in_(())
    return _between(column, area, 6)


def of_alert(area: Area) -> ColumnElement[bool]:
    """Alerts of terminals inside, of counties inside, and for the province those of the centre itself."""
    match area.level:
        case AreaLevel.PROVINCE:
            return or_(alert.c.county == "", of_county(alert.c.county, area))
        case AreaLevel.TOWN:
            return and_(alert.c.terminal != "", of_terminal(alert.c.terminal, area))
        case AreaLevel.CITY | AreaLevel.COUNTY:
            return of_county(alert.c.county, area)


def is_inside(tx: Connection, area: Area, code: str) -> bool:
    """Whether a terminal's code lies inside the area."""
    if area.level is AreaLevel.TOWN:
        found = select(terminal.c.code).where(terminal.c.code == code, terminals_inside(area))
        return tx.execute(found).scalar() is not None
    return code.startswith(area.prefix)


def _between(column: ColumnElement[Any], area: Area, digits: int) -> ColumnElement[bool]:
    """By range, not LIKE: both databases use their index for it, whatever the collation (all are digits)."""
    prefix = area.prefix[:6]
    return column.between(prefix.ljust(digits, "0"), prefix.ljust(digits, "9"))
