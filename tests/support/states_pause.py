"""Sample states of a terminal whose issuing the centre paused."""

from __future__ import annotations

from dataclasses import replace

from kiosk.session.events import DeviceWord
from kiosk.session.options import Options
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from support import builders
from support.states import LONGEST_STATION, a_terminal, a_visit, sample
from support.states_identify import OPEN
from support.walk import PAPER_OUT, READY

REASON = "停电检修，今天下午两点恢复开证。"
LONGEST_REASON = (
    "按照县农业农村局的通知，本站从今天上午十点起停机检修供电线路和更换打印机，预计明天上午九点恢复。急用合格证的，"
    "请带身份证到镇便民服务大厅二楼农产品质量安全监管服务窗口办理，工作人员可以当场登记、当场开具，不收任何费用。谢谢您的理解。"
)
NEAREST = "大同市云州区西坪镇便民服务大厅二楼农产品监管窗口"


def paused(reason: str = REASON, **changes: object) -> Terminal:
    return a_terminal(**{"pause": reason, **changes})


def held(reason: str = REASON, *, chosen: bool, **changes: object) -> Terminal:
    product = builders.TOMATO if chosen else None
    visit = a_visit(Page.PAUSED, pause=reason, afterwards=Page.PROMISE)
    return paused(reason, errand=replace(visit, draft=replace(visit.draft, product=product)), **changes)


@sample(Page.PAUSED)
def _usual() -> Terminal:
    return held(chosen=False, phone="0354-6223417")


@sample(Page.PAUSED, "inMidVisit")
def _in_mid_visit() -> Terminal:
    return held(chosen=True, phone="0354-6223417", nearest="水秀镇便民服务站")


@sample(Page.PAUSED, "longest")
def _longest() -> Terminal:
    return held(LONGEST_REASON[:120], chosen=True, phone="0352-12345678", nearest=NEAREST, station=LONGEST_STATION)


@sample(Page.PAUSED, "withoutReason")
def _without_reason() -> Terminal:
    return held("", chosen=False)


@sample(Page.ATTRACT, "paused")
def _attract() -> Terminal:
    return paused(phone="0354-6223417")


@sample(Page.ATTRACT, "pausedLongest")
def _attract_longest() -> Terminal:
    health = replace(PAPER_OUT, reader=DeviceWord.MISSING)
    return paused(
        LONGEST_REASON[:120], phone="0352-12345678", nearest=NEAREST, station=LONGEST_STATION, health=health, open_papers=(OPEN,)
    )


@sample(Page.ATTRACT, "pausedWithoutReason")
def _attract_without_reason() -> Terminal:
    return paused("", health=replace(READY, camera=DeviceWord.MISSING))


@sample(Page.ATTRACT, "slogans")
def _slogans() -> Terminal:
    return a_terminal(options=Options(slogans=("亮出合格证，农产品更安全", "开一张证，担一份责")))


@sample(Page.CONSENT, "pausedMeanwhile")
def _consent() -> Terminal:
    return paused(errand=a_visit(Page.CONSENT, pause=REASON))
