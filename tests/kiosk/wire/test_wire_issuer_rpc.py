"""Values cross the issuer's socket exactly as they are, and nothing but whole, bounded, well-formed frames is taken from it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain.certificate import Certificate, ClockQuality, Label, PaperAnswer, PaperOutcome, PrintJob
from kiosk.domain.form import Basis, CertificateForm
from kiosk.domain.number import MAX_COUNTER, CertificateNumber
from kiosk.domain.product import Product, ProductClass, ProductId
from kiosk.domain.promise import Confirmation, EvidenceLevel, Promise, Signature
from kiosk.domain.quantity import Quantity, QuantitySource, ScaleIdentity, Unit
from kiosk.domain.subject import Place, Registration, Subject, SubjectId, SubjectKind, SubjectStatus
from kiosk.issuing.contract import CALLS, REPEATABLE, call_of, error_of, failure_of
from kiosk.issuing.issuer import Habits, LastTime, Refused, StoreUnavailable, TodayRow, Unfinished
from kiosk.wire.canonical import WireError
from kiosk.wire.issuer_rpc import MAX_ASK_BYTES, Ask, Codec, Failure, FailureKind, Frame, FrameReader, Reply

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
MOMENT = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30))]))
NUMBER = st.builds(CertificateNumber, st.from_regex(r"[0-9]{10}", fullmatch=True), st.integers(1, MAX_COUNTER))
PLACE = st.builds(Place, TEXT, TEXT)
SCALE = st.builds(ScaleIdentity, TEXT, st.none() | st.dates())
KILOGRAMS = st.integers(1, 999_999_999).map(lambda grams: Decimal(grams).scaleb(-3)) | st.sampled_from(
    [Decimal("1E+3"), Decimal("0.10"), Decimal("126.350"), Decimal("999999.999")]
)
QUANTITY = st.builds(
    Quantity, KILOGRAMS, st.just(Unit.KG), st.sampled_from([QuantitySource.WEIGHED, QuantitySource.DECLARED]), SCALE
) | st.builds(
    Quantity,
    st.integers(1, 999_999).map(Decimal),
    st.sampled_from([u for u in Unit if u is not Unit.KG]),
    st.just(QuantitySource.COUNTED),
)
SUBJECT = st.builds(
    Subject,
    id=st.integers(0, 2**40 - 1).map(SubjectId),
    kind=st.sampled_from(SubjectKind),
    name=TEXT,
    phone=TEXT,
    base=PLACE,
    credit_code=TEXT,
    person_name=TEXT,
    person_hash=st.binary(max_size=40),
    status=st.sampled_from(SubjectStatus),
)
PRODUCT = st.builds(
    Product,
    id=st.integers(0, 99_999).map(ProductId),
    name=TEXT,
    cls=st.sampled_from(ProductClass),
    initials=TEXT,
    units=st.lists(st.sampled_from(Unit), max_size=4).map(tuple),
    aliases=st.lists(TEXT, max_size=3).map(tuple),
    code=TEXT,
    is_mushroom=st.booleans(),
    advice=TEXT,
)
POINT = st.tuples(st.integers(-10, 1010), st.integers(-10, 1010))
INK = st.lists(st.lists(POINT, max_size=5).map(tuple), max_size=3).map(lambda strokes: Signature(tuple(strokes)))
PROMISE = st.builds(
    Promise,
    promise_id=TEXT,
    form=st.sampled_from(CertificateForm),
    subject=SUBJECT,
    product=PRODUCT,
    quantity=QUANTITY,
    origin=PLACE,
    phone=TEXT,
    basis=st.frozensets(st.sampled_from(Basis)),
    copies=st.integers(-5, 300),
    confirmation=st.builds(Confirmation, st.sampled_from(EvidenceLevel), TEXT, TEXT, MOMENT, INK),
)
CERTIFICATE = st.builds(
    Certificate,
    number=NUMBER,
    issued_at=MOMENT,
    clock=st.sampled_from(ClockQuality),
    promise=PROMISE,
    labels=st.lists(st.builds(Label, st.integers(1, 255), st.integers(1, 255), st.binary(max_size=120), TEXT), max_size=3).map(
        tuple
    ),
    station=TEXT,
    demo=st.booleans(),
    voided_at=st.none() | MOMENT,
    void_reason=TEXT,
)
JOB = st.builds(
    PrintJob,
    st.integers(1, 2**40),
    NUMBER,
    st.integers(1, 255),
    st.booleans(),
    st.sampled_from(PaperOutcome),
    TEXT,
    st.none() | st.sampled_from(PaperAnswer),
)
LAST = st.builds(LastTime, st.integers(0, 999).map(ProductId), PLACE, TEXT, MOMENT, st.integers(1, 255))
RESULTS: dict[str, st.SearchStrategy[Any]] = {
    "issue": CERTIFICATE,
    "begin_print": JOB,
    "habits": st.builds(Habits, st.none() | LAST, st.lists(st.integers(0, 999).map(ProductId), max_size=8).map(tuple)),
    "unfinished": st.lists(st.builds(Unfinished, NUMBER, st.integers(), st.integers(), TEXT, MOMENT, st.none() | JOB), max_size=2),
    "today": st.lists(
        st.builds(TodayRow, NUMBER, MOMENT, TEXT, TEXT, TEXT, st.integers(), st.integers(), st.booleans()), max_size=2
    ),
    "register": SUBJECT,
    "registered": st.lists(SUBJECT, max_size=2),
    "voids": st.lists(st.tuples(st.integers(), st.integers()), max_size=3),
    "last_issued_at": st.none() | MOMENT,
    "broken_audit_row": st.none() | st.integers(),
    "check_pin": st.booleans(),
    "record_print": st.none(),
}
ARGUMENTS: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "issue": st.tuples(PROMISE),
    "begin_print": st.tuples(NUMBER, st.integers(), st.booleans()),
    "record_print": st.tuples(st.integers(), st.sampled_from(PaperOutcome), TEXT, TEXT, TEXT),
    "answer_paper": st.tuples(st.integers(), st.sampled_from(PaperAnswer)),
    "void": st.tuples(NUMBER, TEXT, TEXT),
    "today": st.tuples(st.dates()),
    "register": st.tuples(
        st.builds(Registration, st.sampled_from(SubjectKind), TEXT, TEXT, st.binary(max_size=40), TEXT, PLACE, TEXT)
    ),
    "registered": st.tuples(st.binary(max_size=40)),
    "keep_check": st.tuples(st.dictionaries(TEXT, TEXT, max_size=3), TEXT),
    "unfinished": st.just(()),
}


def digits(value: object) -> object:
    """What equality does not see: 1.50 is not 1.5 to who prints it, and a moment keeps its zone."""
    match value:
        case Certificate(issued_at=at, promise=made):
            return at.utcoffset(), digits(made)
        case Promise(quantity=quantity, confirmation=seen):
            return str(quantity.amount), seen.confirmed_at.utcoffset()
        case datetime():
            return value.utcoffset()
        case _:
            return None


@settings(max_examples=60, deadline=None)
@given(st.data())
@pytest.mark.parametrize("name", sorted(RESULTS))
def test_results_arrive_as_they_left(name: str, data: st.DataObject) -> None:
    codec, value = call_of(name).result, data.draw(RESULTS[name])
    back = codec.decode(codec.encode(value))
    assert back == value and type(back) is type(value) and digits(back) == digits(value)


@settings(max_examples=60, deadline=None)
@given(st.data())
@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_arguments_arrive_as_they_left(name: str, data: st.DataObject) -> None:
    codec, value = call_of(name).arguments, data.draw(ARGUMENTS[name])
    assert codec.decode(codec.encode(value)) == value


def test_every_method_is_a_call_and_only_harmless_ones_are_repeated() -> None:
    for name in CALLS:
        assert call_of(name).name == name
    assert {"allow_reprint", "set_pin", "check_pin", "keep_check"} == CALLS - REPEATABLE
    assert {"issue", "begin_print", "record_print", "register"} <= REPEATABLE
    with pytest.raises(KeyError):
        call_of("events_after")


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.binary(max_size=40).filter(lambda head: b"\n" not in head), st.binary(max_size=60)), max_size=4),
    st.data(),
)
def test_frames_are_found_wherever_the_stream_is_cut(pairs: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    stream = b"".join(Frame(head, body).pack(200) for head, body in pairs)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader, found = FrameReader(200), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.feed(stream[start:end])
    assert [(frame.head, frame.body) for frame in found] == pairs and not reader.is_within


@given(st.binary(max_size=300))
def test_noise_is_frames_or_an_error_and_never_held_beyond_the_limit(noise: bytes) -> None:
    reader = FrameReader(100)
    try:
        reader.feed(noise)
    except WireError as err:
        assert err.code in ("tooLarge", "malformed")
    else:
        assert len(reader._pending) <= 104


def test_a_frame_beyond_the_limit_is_neither_sent_nor_read() -> None:
    with pytest.raises(WireError, match="tooLarge"):
        Frame(b"{}", bytes(MAX_ASK_BYTES)).pack(MAX_ASK_BYTES)
    with pytest.raises(WireError, match="tooLarge"):
        FrameReader(100).feed((101).to_bytes(4, "big"))


@given(
    st.binary(max_size=80)
    | st.sampled_from([b"[]", b"[null]", b"[[1]]", b'[["x"]]', b"[" * 5000, b"[1e999]", b"[NaN]", b'["\\ud800"]'])
)
def test_strange_bodies_are_refused_without_a_word_of_them(body: bytes) -> None:
    for codec in (call_of("issue").arguments, call_of("record_print").arguments, call_of("issue").result):
        with pytest.raises(WireError) as told:
            codec.decode(body)
        assert told.value.code == "malformed" and told.value.__cause__ is None


@pytest.mark.parametrize("value", ["\ud800", Decimal("NaN")])
def test_what_json_cannot_hold_is_refused_before_it_leaves(value: object) -> None:
    with pytest.raises(WireError):
        codec: Codec[Any] = Codec(type(value))
        codec.decode(codec.encode(value))


@pytest.mark.parametrize(
    "err",
    [
        Refused("pinLocked", wait_s=15),
        Refused("promise:phone"),
        StoreUnavailable("storeBroken", reason="damaged"),
        Refused("x", a=None, b=True),
    ],
)
def test_an_exception_arrives_as_itself(err: Refused | StoreUnavailable) -> None:
    sent = Reply(id="0" * 32, error=failure_of(err)).encode()
    failure = Reply.decode(sent).error
    assert failure is not None
    back = error_of(failure)
    assert type(back) is type(err) and isinstance(back, Refused | StoreUnavailable)
    assert (back.code, back.facts) == (err.code, err.facts)


def test_facts_that_json_does_not_know_travel_as_text() -> None:
    assert failure_of(Refused("x", day=date(2026, 11, 25))).facts == {"day": "2026-11-25"}
    assert isinstance(error_of(Failure(kind=FailureKind.INVALID, code="value")), ValueError)
    assert isinstance(error_of(Failure(kind=FailureKind.CRASHED, code="KeyError")), RuntimeError)


@pytest.mark.parametrize("change", [{"v": 2}, {"id": "x"}, {"run": 3}, {"call": ["issue"]}, {"call": "x" * 41}])
def test_an_ask_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        Ask.read({**Ask(id="0" * 32, run="1" * 32, call="issue").as_json(), **change})
