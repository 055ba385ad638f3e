"""Everything a session can ask the outside world to do. The runner executes them in order and answers with events."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.domain.certificate import PaperAnswer
from kiosk.domain.identity import IdCard
from kiosk.domain.number import CertificateNumber
from kiosk.domain.promise import Draft, Promise
from kiosk.domain.subject import Place, SubjectId, SubjectKind
from kiosk.session.events import Timer
from kiosk.session.pages import Page


class Effect:
    """Base of all effects."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Unexpected(Effect):
    """An event came that this page does not know: logged by type, never with content."""

    page: Page
    event: str


@dataclass(frozen=True, slots=True)
class ArmReader(Effect):
    """Start looking for a card. Only after consent."""


@dataclass(frozen=True, slots=True)
class DisarmReader(Effect):
    """Stop looking for cards."""


@dataclass(frozen=True, slots=True)
class ArmCamera(Effect):
    """Open the camera and look for codes."""


@dataclass(frozen=True, slots=True)
class DisarmCamera(Effect):
    """Close the camera."""


@dataclass(frozen=True, slots=True)
class StartTimer(Effect):
    """Start (or restart) a timer; ``seconds`` after elder mode was taken into account."""

    timer: Timer
    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimer(Effect):
    """Forget a timer."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Speak(Effect):
    """Say a sentence by its text id, cutting off the one before. Never an ID number or a phone."""

    text_id: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Quiet(Effect):
    """Stop speaking and put the volume back."""


@dataclass(frozen=True, slots=True)
class FindByCard(Effect):
    """Whom may the holder of this card promise for? -> SubjectsFound with the person's hash."""

    card: IdCard


@dataclass(frozen=True, slots=True)
class FindByText(Effect):
    """Look a subject up by phone, code, tail, initials, name or its QR -> SubjectsFound."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoadHabits(Effect):
    """-> HabitsLoaded."""

    subject: SubjectId


@dataclass(frozen=True, slots=True)
class Register(Effect):
    """Register on the spot -> Registered | ServiceRefused."""

    kind: SubjectKind
    card: IdCard
    phone: str = field(repr=False)
    base: Place = field(repr=False)
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CheckPin(Effect):
    """-> PinChecked | ServiceRefused('pinLocked')."""

    subject: SubjectId
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckClerkPin(Effect):
    """The station's own PIN -> PinChecked | ServiceRefused('pinLocked')."""

    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DrawPreview(Effect):
    """Draw the label with specimen number and code -> PreviewDrawn."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Issue(Effect):
    """The only way to a certificate -> Issued | ServiceRefused."""

    promise: Promise


@dataclass(frozen=True, slots=True)
class PrintCopy(Effect):
    """Put one copy on paper -> CopyEnded (exactly once)."""

    number: CertificateNumber
    copy: int
    reprint: bool


@dataclass(frozen=True, slots=True)
class KeepAnswer(Effect):
    """Keep what the person said about an unknown paper."""

    job_id: int
    answer: PaperAnswer


@dataclass(frozen=True, slots=True)
class GiveUpCopy(Effect):
    """A person does not want this copy on paper any more."""

    number: CertificateNumber
    copy: int


@dataclass(frozen=True, slots=True)
class LoadOpenPaper(Effect):
    """-> OpenPaperLoaded."""


@dataclass(frozen=True, slots=True)
class LoadCertificate(Effect):
    """-> CertificateLoaded | ServiceRefused."""

    number: CertificateNumber


@dataclass(frozen=True, slots=True)
class LoadToday(Effect):
    """-> TodayLoaded."""


@dataclass(frozen=True, slots=True)
class VoidCertificate(Effect):
    """-> CertificateLoaded | ServiceRefused."""

    number: CertificateNumber
    reason: str


@dataclass(frozen=True, slots=True)
class AllowReprint(Effect):
    """-> CertificateLoaded | ServiceRefused."""

    number: CertificateNumber
    reason: str


@dataclass(frozen=True, slots=True)
class GivePin(Effect):
    """-> PinGiven | ServiceRefused."""

    subject: SubjectId
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class VerifyCode(Effect):
    """-> Verified."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Forget(Effect):
    """The visit is over: drop every personal thing outside the state too (card record, frames, spoken queue)."""


@dataclass(frozen=True, slots=True)
class RaiseAlarm(Effect):
    """Somebody must come: a code for log and health."""

    code: str
