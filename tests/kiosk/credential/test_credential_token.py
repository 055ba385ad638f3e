"""Body, quantity, address: what goes in comes out; what does not fit is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credential.token import (
    DIGITS,
    EPOCH,
    Algorithm,
    TokenBody,
    TokenError,
    code_quantity,
    decode_url,
    document_type,
    encode_url,
)
from kiosk.domain.certificate import ClockQuality
from kiosk.domain.form import Basis, CertificateForm
from kiosk.domain.quantity import Quantity, QuantitySource, Unit
from tests.vectors.make_vectors import GOOD


@st.composite
def bodies(draw: st.DrawFn) -> TokenBody:
    copies = draw(st.integers(1, 255))
    return TokenBody(
        key_id=draw(st.integers(0, 2**24 - 1)),
        counter=draw(st.integers(0, 2**32 - 1)),
        copy=draw(st.integers(1, copies)),
        copies=copies,
        issued=EPOCH + timedelta(minutes=draw(st.integers(0, 2**24 - 1))),
        clock=draw(st.sampled_from(ClockQuality)),
        county=draw(st.integers(0, 999_999)),
        document_type=draw(st.integers(0, 15)),
        product=draw(st.integers(0, 65_535)),
        mantissa=draw(st.integers(0, 2**20 - 1)),
        unit_code=draw(st.sampled_from([0, 1, 2, 3, 8, 9])),
        basis=draw(st.frozensets(st.sampled_from(Basis))),
        subject=draw(st.integers(0, 2**40 - 1)),
        digest=draw(st.binary(min_size=8, max_size=8)),
        algorithm=draw(st.sampled_from(Algorithm)),
    )


@given(bodies())
def test_a_body_survives_its_36_bytes(body: TokenBody) -> None:
    assert TokenBody.from_bytes(body.to_bytes()) == body


@given(st.binary(min_size=36, max_size=36))
def test_36_bytes_are_read_back_or_refused(raw: bytes) -> None:
    try:
        body = TokenBody.from_bytes(raw)
    except TokenError as err:
        assert err.code in ("unknownVersion", "unknownAlgorithm", "malformed")
        return
    assert body.to_bytes() == raw


@pytest.mark.parametrize(
    "changes",
    [
        {"key_id": 2**24},
        {"key_id": -1},
        {"counter": 2**32},
        {"copy": 0},
        {"copy": 2},
        {"copies": 256},
        {"issued": EPOCH - timedelta(seconds=1)},
        {"issued": EPOCH + timedelta(minutes=2**24)},
        {"county": 2**20},
        {"document_type": 16},
        {"product": 2**16},
        {"mantissa": 2**20},
        {"subject": 2**40},
        {"digest": b"1234567"},
    ],
)
def test_a_value_that_does_not_fit_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(TokenError, match="field"):
        replace(GOOD, **changes).to_bytes()  # type: ignore[arg-type]


@given(st.binary(min_size=100, max_size=100), st.sampled_from(["q.sxhgz.cn", "a", "q.1-2.cn"]))
def test_an_address_gives_its_token_back(token: bytes, host: str) -> None:
    url = encode_url(host, token)
    assert len(url) == len("https:///") + len(host) + DIGITS
    assert decode_url(url) == (host, token)


@pytest.mark.parametrize("host", ["", "Q.sxhgz.cn", "q.hgz2.sx.cn", "q/x", "-q.cn", "q .cn", "q:1"])
def test_a_host_that_no_verifier_would_take_is_not_written(host: str) -> None:
    with pytest.raises(TokenError, match="field"):
        encode_url(host, bytes(100))


@given(st.decimals("0.001", "999999.999", places=3))
def test_a_weight_is_coded_to_the_last_digit_that_has_room(kg: Decimal) -> None:
    mantissa, unit = code_quantity(Quantity(kg, Unit.KG, QuantitySource.DECLARED))
    shown = replace(GOOD, mantissa=mantissa, unit_code=unit)
    step = Decimal(1).scaleb(unit - 3)
    assert shown.is_weight
    assert abs(shown.amount - kg) <= step / 2
    assert mantissa < 2**20
    assert unit == 0 or kg / (step / 10) > 2**20 - 1  # a finer step would not have had room
    if kg <= Decimal("1048.575"):
        assert shown.amount == kg


@given(st.integers(1, 999_999))
def test_pieces_are_coded_exactly(count: int) -> None:
    mantissa, unit = code_quantity(Quantity(Decimal(count), Unit.CRATE, QuantitySource.COUNTED))
    shown = replace(GOOD, mantissa=mantissa, unit_code=unit)
    assert (shown.amount, shown.is_weight) == (count, False)


def test_every_form_has_its_own_document_type() -> None:
    assert sorted(document_type(form) for form in CertificateForm) == [1, 2, 3]
