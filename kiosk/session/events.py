"""Everything that can happen to a session: touches, devices, services, timers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kiosk.domain.certificate import Certificate, PaperOutcome
from kiosk.domain.identity import IdCard
from kiosk.domain.number import CertificateNumber
from kiosk.domain.product import Product, ProductId
from kiosk.domain.promise import Signature
from kiosk.domain.quantity import ScaleIdentity, Unit, Weight
from kiosk.domain.subject import Place, Subject, SubjectKind
from kiosk.session.options import Options


class Event:
    """Base of all events."""

    __slots__ = ()


# --- touches -----------------------------------------------------------------------------------------------------------


class Key(StrEnum):
    """Buttons without data. What each means depends on the page."""

    START = "start"  # 开始开证 (card)
    START_LOOKUP = "startLookup"  # 手机号 / 信用代码
    START_SCAN = "startScan"  # 扫码
    START_CHECK = "startCheck"  # 查验合格证
    START_CLERK = "startClerk"  # 工作人员
    ELDER = "elder"  # 大字 on/off
    AGREE = "agree"  # 同意，读我的身份证
    BACK = "back"
    CANCEL = "cancel"
    NEXT = "next"  # go on with what is shown
    STAY = "stay"  # 我还在
    USE_PIN = "usePin"
    SAME_AGAIN = "sameAgain"  # 和上次一样
    TAKE_WEIGHT = "takeWeight"  # 用这个重量
    TYPE_WEIGHT = "typeWeight"
    COUNT = "count"
    SCALE_HELP = "scaleHelp"
    EDIT_PLACE = "editPlace"
    EDIT_PHONE = "editPhone"
    ISSUE = "issue"  # 我承诺，开证
    RETRY = "retry"
    LEAVE = "leave"  # 先不打了
    GOT_IT = "gotIt"
    NOT_GOT = "notGot"
    ANOTHER = "another"  # 再开一张
    FINISH = "finish"
    REPRINT = "reprint"
    VOID = "void"
    GIVE_PIN = "givePin"
    DEVICES = "devices"  # 设备, the technician's room
    CHECK_NOW = "checkNow"
    WATCH_BYTES = "watchBytes"  # raw bytes: the page, and on or off there
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Touched(Event):
    """Any touch at all: somebody is there."""


@dataclass(frozen=True, slots=True)
class Pressed(Event):
    """A button without data."""

    key: Key


@dataclass(frozen=True, slots=True)
class Typed(Event):
    """What a keypad or text pad gave: a phone or code to look up, a weight in kg, a new phone, a new place's text."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PinTyped(Event):
    """Six digits from the PIN pad."""

    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Counted(Event):
    """A count and its unit."""

    text: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class SubjectChosen(Event):
    """One of the matches."""

    subject: Subject


@dataclass(frozen=True, slots=True)
class KindChosen(Event):
    """The kind of a subject that registers."""

    kind: SubjectKind


@dataclass(frozen=True, slots=True)
class PlaceChosen(Event):
    """A place put together on the place page."""

    place: Place = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProductChosen(Event):
    """A product of the catalogue, in scope or not."""

    product: Product


@dataclass(frozen=True, slots=True)
class AdviceAsked(Event):
    """Something that is not in the catalogue: which paper is right for it."""

    name: str
    advice: str


@dataclass(frozen=True, slots=True)
class CopiesChanged(Event):
    """How many labels."""

    copies: int


@dataclass(frozen=True, slots=True)
class Signed(Event):
    """The signature field changed (empty when wiped)."""

    signature: Signature = field(repr=False)


@dataclass(frozen=True, slots=True)
class RowChosen(Event):
    """The clerk touched a certificate of the list."""

    number: CertificateNumber


@dataclass(frozen=True, slots=True)
class ReasonChosen(Event):
    """The clerk's reason for a void or reprint (text id or free text)."""

    reason: str


# --- devices -----------------------------------------------------------------------------------------------------------


class DeviceWord(StrEnum):
    """What a person has to know of a device."""

    READY = "ready"
    MISSING = "missing"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Health:
    """All devices in a person's words. ``printer_trouble`` is "" or paperOut | coverOpen | paperJammed | cutterJam | headHot | noDevice | hardwareError."""

    reader: DeviceWord = DeviceWord.MISSING
    scale: DeviceWord = DeviceWord.MISSING
    printer: DeviceWord = DeviceWord.MISSING
    camera: DeviceWord = DeviceWord.MISSING
    printer_trouble: str = "noDevice"
    paper_low: bool = False
    scale_identity: ScaleIdentity | None = None


@dataclass(frozen=True, slots=True)
class HealthChanged(Event):
    """A device came, went or changed its state."""

    health: Health


@dataclass(frozen=True, slots=True)
class CardSeen(Event):
    """The reader read a whole card."""

    card: IdCard


@dataclass(frozen=True, slots=True)
class CardFailed(Event):
    """A card was there, but not to be read. ``code``: cardRemoved | notIdCard | cardRefused | cardUnreadable."""

    code: str


@dataclass(frozen=True, slots=True)
class WeightSeen(Event):
    """The scale's latest word."""

    weight: Weight


@dataclass(frozen=True, slots=True)
class CodeSeen(Event):
    """A code before the camera."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CameraFrame(Event):
    """One preview picture (RGB rows top down). ``hint``: closer, farther, dark, glare, level, steady, or "" when nothing need be done."""

    width: int
    height: int
    rgb: bytes = field(repr=False)
    hint: str = ""


# --- services ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SubjectsFound(Event):
    """Answer to FindByCard, FindByText; empty when there is none. ``person_hash`` is set after a card."""

    subjects: tuple[Subject, ...]
    person_hash: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class LastPromise:
    """What this subject promised last."""

    product_id: ProductId
    product: Product
    origin: Place = field(repr=False)
    phone: str = field(repr=False)
    copies: int
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class HabitsLoaded(Event):
    """The subject's last promise and usual products."""

    last: LastPromise | None
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Registered(Event):
    """The subject is in the ledger."""

    subject: Subject


@dataclass(frozen=True, slots=True)
class ServiceRefused(Event):
    """A service said no. ``code`` is a text id: clockUntrusted, diskFull, storeBroken, promise:..., subjectUnknown, pinLocked ..."""

    code: str
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class PinChecked(Event):
    """Answer to CheckPin."""

    fits: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A 1-bit picture: rows top down, MSB left, 1 black, rows padded to bytes."""

    width_dots: int
    height_dots: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PreviewDrawn(Event):
    """The label as it will print, or why it does not fit (``suggestion`` names a larger stock)."""

    picture: Picture | None
    problem: str = ""
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Issued(Event):
    """The certificate is on disk. ``pictures`` are its labels in order of copies (at least the first)."""

    certificate: Certificate


@dataclass(frozen=True, slots=True)
class LabelDrawn(Event):
    """The very label that prints."""

    picture: Picture


@dataclass(frozen=True, slots=True)
class CopyEnded(Event):
    """One attempt on paper ended. ``error`` is "" or a code of the printer, or ``receiptMismatch``."""

    job_id: int
    copy: int
    outcome: PaperOutcome
    error: str = ""


@dataclass(frozen=True, slots=True)
class OpenPaper:
    """A copy of an earlier visit that is not settled. ``asked`` means: bytes went out, nobody answered yet."""

    number: CertificateNumber
    copy: int
    copies: int
    product_name: str
    issued_at: datetime
    job_id: int | None
    asked: bool


@dataclass(frozen=True, slots=True)
class OpenPaperLoaded(Event):
    """What is not settled, oldest first, and why nothing can be issued now ("" or a code: clockUntrusted, numbersUnknown, issuerAway)."""

    papers: tuple[OpenPaper, ...]
    clock_problem: str = ""


@dataclass(frozen=True, slots=True)
class IssuerTurned(Event):
    """The issuer's process went away, or is back: what it says of open paper and clock is worth asking again."""


@dataclass(frozen=True, slots=True)
class CertificateLoaded(Event):
    """Answer to LoadCertificate, Void and AllowReprint."""

    certificate: Certificate


@dataclass(frozen=True, slots=True)
class TodayItem:
    """One line of the clerk's list."""

    number: CertificateNumber
    issued_at: datetime
    subject_name: str = field(repr=False)
    product_name: str
    quantity: str
    copies: int
    printed: int
    voided: bool


@dataclass(frozen=True, slots=True)
class TodayLoaded(Event):
    """Today's certificates, newest first."""

    rows: tuple[TodayItem, ...]


@dataclass(frozen=True, slots=True)
class PinGiven(Event):
    """The station's PIN of a subject is set."""


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One fact of a verdict: text id of the label and the value as shown."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Verified(Event):
    """Answer to VerifyCode. ``outcome``: genuine | notGenuine | revoked; ``code`` says which check decided."""

    outcome: str
    code: str
    lines: tuple[VerdictLine, ...] = ()
    demo: bool = False
    list_age_days: int = 0
    list_stale: bool = False


# --- the centre's word -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PauseSeen(Event):
    """Whether the centre paused issuing here; ``reason`` is for the public to read, "" where nobody gave one."""

    paused: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OptionsSet(Event):
    """The centre chose other options; they hold from the next visit on."""

    options: Options


# --- timers ------------------------------------------------------------------------------------------------------------


class Timer(StrEnum):
    """Named timers; their delays stand in ``delays``."""

    IDLE = "idle"  # nobody touched for a while
    COUNTDOWN = "countdown"  # one second of the warning passed
    DONE = "done"  # one second of the farewell passed
    TROUBLE = "trouble"  # nobody came to a printer in trouble
    RECHECK = "recheck"  # a printer said no but looks well: it may have been mended between two looks
    LOOK = "look"  # the technician's page looks at the devices again
    WEIGHT = "weight"  # the last weight has grown too old


@dataclass(frozen=True, slots=True)
class TimerFired(Event):
    """A timer that was started has run out."""

    timer: Timer
