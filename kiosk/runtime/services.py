"""Effects that need the ledger, the directory, the key list or the drawing desk, each answered with one event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from kiosk import log
from kiosk.checking.verdict import shown
from kiosk.credential.keylist import KeyList
from kiosk.credential.verify import verify_url
from kiosk.directory.catalogue import Catalogue
from kiosk.domain.certificate import Certificate, beijing_date
from kiosk.domain.identity import id_number_hash
from kiosk.domain.product import ProductId
from kiosk.domain.promise import Draft
from kiosk.domain.subject import Registration, Subject, SubjectId
from kiosk.issuing.issuer import ISSUER_AWAY, Clock, Issuer, IssuerError, StoreUnavailable, Unfinished
from kiosk.issuing.opening import CLERK
from kiosk.label.content import preview_content
from kiosk.label.layout import LabelTooSmall, layout
from kiosk.label.stock import LabelStock
from kiosk.runtime.printing import CopyPrinter, draw
from kiosk.runtime.workers import Desk, Workers
from kiosk.session import effects as fx
from kiosk.session import events as ev

_BY = "clerk"


class DirectoryPort(Protocol):
    """The register as the terminal sees it."""

    def by_person(self, person_hash: bytes) -> Sequence[Subject]: ...
    def find(self, query: str, limit: int = 8) -> Sequence[Subject]: ...


class TerminalServices:
    """Carries out service effects. ``send`` queues the answering event; nothing here runs on the screen's thread."""

    def __init__(
        self,
        issuer: Issuer,
        directory: DirectoryPort,
        catalogue: Catalogue,
        keys: Callable[[], KeyList],
        lookup_key: bytes,
        stock: LabelStock,
        clock: Clock,
        printer: CopyPrinter,
        workers: Workers,
        send: Callable[[ev.Event], None],
    ) -> None:
        self._issuer = issuer
        self._directory = directory
        self._catalogue = catalogue
        self._keys = keys
        self._lookup_key = lookup_key
        self._stock = stock
        self._clock = clock
        self._printer = printer
        self._workers = workers
        self._send = send

    def carry_out(self, effect: fx.Effect) -> None:
        """Post the effect to its desk."""
        match effect:
            case fx.PrintCopy(number, copy, reprint):
                self._printer.print_copy(number, copy, reprint=reprint)
            case fx.DrawPreview(draft):
                self._post(Desk.DRAWING, lambda: self._preview(draft))
            case fx.FindByCard(card):
                self._post(Desk.LOOKUP, lambda: self._or_refused(lambda: self._find_by_card(card.number)))
            case fx.FindByText(text):
                self._post(Desk.LOOKUP, lambda: self._or_refused(lambda: self._find_by_text(text)))
            case fx.VerifyCode(text):
                self._post(Desk.LOOKUP, lambda: self._or_refused(lambda: self._verify(text)))
            case _:
                self._post(Desk.LEDGER, lambda: self._ledger(effect))

    def _post(self, desk: Desk, work: Callable[[], None]) -> None:
        self._workers.post(desk, work, lambda: self._send(ev.ServiceRefused("internalError")))

    def _or_refused(self, work: Callable[[], None]) -> None:
        try:
            work()
        except IssuerError as err:
            log.event("issue-refused", code=err.code)
            self._send(ev.ServiceRefused(err.code))

    def _preview(self, draft: Draft) -> None:
        day = beijing_date(self._clock.read().now)
        try:
            bitmap = layout(preview_content(draft, day, demo=self._issuer.is_demo), self._stock).bitmap
        except LabelTooSmall as err:
            self._send(ev.PreviewDrawn(None, problem="label.tooSmall", suggestion=err.suggestion))
            return
        self._send(ev.PreviewDrawn(ev.Picture(bitmap.width_dots, bitmap.height_dots, bitmap.data)))

    def _verify(self, text: str) -> None:
        keys = self._keys()
        for key_id, counter in self._workers.ask(Desk.LEDGER, self._issuer.voids).result():
            keys = keys.with_void(key_id, counter)
        verdict = shown(verify_url(text, keys, self._clock.read().now), self._product_name)
        self._send(
            ev.Verified(
                outcome=verdict.outcome,
                code=verdict.check,
                lines=tuple(ev.VerdictLine(label, value) for label, value in verdict.lines),
                demo=verdict.demo,
                list_age_days=verdict.list_age_days,
                list_stale=verdict.list_stale,
            )
        )

    def _product_name(self, code: int) -> str | None:
        product = self._catalogue.get(ProductId(code))
        return product.name if product is not None else None

    def _find_by_card(self, number: str) -> None:
        person = id_number_hash(number, self._lookup_key)
        listed = list(self._directory.by_person(person))
        local = self._workers.ask(Desk.LEDGER, lambda: self._issuer.registered(person)).result()
        self._send(ev.SubjectsFound(_without_twins([*listed, *local]), person))

    def _find_by_text(self, text: str) -> None:
        listed = list(self._directory.find(text))
        local: Sequence[Subject] = ()
        if text.isdigit():
            local = self._workers.ask(Desk.LEDGER, lambda: self._issuer.registered_by_phone(text)).result()
        self._send(ev.SubjectsFound(_without_twins([*listed, *local])))

    def _ledger(self, effect: fx.Effect) -> None:
        try:
            answer = self._ask_ledger(effect)
        except IssuerError as err:
            log.event("issue-refused", code=err.code)
            wait = err.facts.get("wait_s", 0)
            answer = ev.ServiceRefused(err.code, int(wait) if isinstance(wait, (int, float)) else 0)
        if answer is not None:
            self._send(answer)

    def _ask_ledger(self, effect: fx.Effect) -> ev.Event | None:
        match effect:
            case fx.Issue(promise):
                certificate = self._issuer.issue(promise)
                log.event("certificate-issued", number=certificate.number, copies=len(certificate.labels))
                return ev.Issued(certificate)
            case fx.LoadHabits(subject):
                return self._habits(subject)
            case fx.Register():
                return ev.Registered(self._register(effect))
            case fx.CheckPin(subject, pin):
                return ev.PinChecked(self._issuer.check_pin(subject, pin))
            case fx.CheckClerkPin(pin):
                return ev.PinChecked(self._issuer.check_pin(CLERK, pin))
            case fx.KeepAnswer(job_id, answer):
                self._issuer.answer_paper(job_id, answer)
                return None
            case fx.GiveUpCopy(number, copy):
                self._issuer.give_up_copy(number, copy, "producer")
                return None
            case fx.LoadOpenPaper():
                return self._open_papers()
            case fx.LoadCertificate(number):
                certificate = self._issuer.find(number)
                self._post(Desk.DRAWING, lambda: self._draw_label(certificate))
                return ev.CertificateLoaded(certificate)
            case fx.LoadToday():
                return self._today()
            case fx.VoidCertificate(number, reason):
                return ev.CertificateLoaded(self._issuer.void(number, reason, _BY))
            case fx.AllowReprint(number, reason):
                return ev.CertificateLoaded(self._issuer.allow_reprint(number, reason, _BY))
            case fx.GivePin(subject, pin):
                self._issuer.set_pin(subject, pin, _BY)
                return ev.PinGiven()
            case _:
                raise RuntimeError(f"no service for {type(effect).__name__}")

    def _open_papers(self) -> ev.OpenPaperLoaded:
        try:
            papers = tuple(_open_paper(item) for item in self._issuer.unfinished())
            return ev.OpenPaperLoaded(papers, self._issuer.clock_problem() or self._issuer.numbers_problem())
        except StoreUnavailable as err:
            if err.code != ISSUER_AWAY:
                raise
            return ev.OpenPaperLoaded((), ISSUER_AWAY)  # nobody shall begin what cannot end; told again when it is back

    def _draw_label(self, certificate: Certificate) -> None:
        bitmap = draw(certificate, 1, self._stock, reprint=False)
        self._send(ev.LabelDrawn(ev.Picture(bitmap.width_dots, bitmap.height_dots, bitmap.data)))

    def _habits(self, subject: SubjectId) -> ev.HabitsLoaded:
        habits = self._issuer.habits(subject)
        products = tuple(p for p in (self._catalogue.get(product_id) for product_id in habits.products) if p is not None)
        if habits.last is None:
            return ev.HabitsLoaded(None, products)
        product = self._catalogue.get(habits.last.product_id)
        if product is None or not product.in_scope:
            return ev.HabitsLoaded(None, products)
        last = ev.LastPromise(
            product_id=habits.last.product_id,
            product=product,
            origin=habits.last.origin,
            phone=habits.last.phone,
            copies=habits.last.copies,
            issued_at=habits.last.issued_at,
        )
        return ev.HabitsLoaded(last, products)

    def _register(self, order: fx.Register) -> Subject:
        registration = Registration(
            kind=order.kind,
            name=order.name or order.card.name,
            person_name=order.card.name,
            person_hash=id_number_hash(order.card.number, self._lookup_key),
            phone=order.phone,
            base=order.base,
        )
        return self._issuer.register(registration)

    def _today(self) -> ev.TodayLoaded:
        rows = self._issuer.today(beijing_date(self._clock.read().now))
        items = tuple(
            ev.TodayItem(
                number=row.number,
                issued_at=row.issued_at,
                subject_name=row.subject_name,
                product_name=row.product_name,
                quantity=row.quantity,
                copies=row.copies,
                printed=row.printed,
                voided=row.voided,
            )
            for row in rows
        )
        return ev.TodayLoaded(items)


def _open_paper(item: Unfinished) -> ev.OpenPaper:
    job = item.job
    return ev.OpenPaper(
        number=item.number,
        copy=item.copy,
        copies=item.copies,
        product_name=item.product_name,
        issued_at=item.issued_at,
        job_id=job.job_id if job is not None else None,
        asked=job is not None and job.outcome.value in ("unknown", "pending"),
    )


def _without_twins(subjects: list[Subject]) -> tuple[Subject, ...]:
    seen: dict[SubjectId, Subject] = {}
    for subject in subjects:
        seen.setdefault(subject.id, subject)
    return tuple(seen.values())
