"""Coming in: who is let in, who is locked out, what a form must carry."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from support.console_visit import Clock, SentJobs, Visitor
from tools.fleet.store.accounts import NOBODY, WeakPassword, hash_password, password_fits
from tools.fleet.store.database import Store
from tools.fleet.store.schema import account, audit
from tools.measure.console_store import PASSWORD

Visit = Callable[..., Visitor]


def test_a_stranger_sees_only_the_login_page(visit: Visit) -> None:
    stranger = visit()
    for path in ("/", "/terminals", "/terminals.csv", "/terminals/1407030001", "/alerts", "/audit", "/live", "/certificates/x"):
        answer = stranger.client.get("/console" + path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/console/login?next=")
    assert stranger.client.post("/console/alerts/1/take").status_code == 303


def test_the_cookie_is_hidden_from_scripts_and_from_other_sites(visit: Visit) -> None:
    answer = visit().client.post("/console/login", data={"login": "province", "password": PASSWORD, "next": "/alerts"})
    assert answer.headers["location"] == "/console/alerts"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize(
    "after", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)", "/login"]
)
def test_nobody_is_sent_elsewhere_after_a_login(visit: Visit, after: str) -> None:
    answer = visit().client.post("/console/login", data={"login": "province", "password": PASSWORD, "next": after})
    assert answer.headers["location"] == "/console/"


def test_five_wrong_guesses_lock_even_the_right_password_for_a_quarter_of_an_hour(visit: Visit, clock: Clock) -> None:
    guesser = visit()
    assert [guesser.login("province", f"wrong guess {n}") for n in range(5)] == [401] * 5
    assert guesser.login("province") == 429
    clock.advance(minutes=16)
    assert guesser.login("province") == 303


def test_guesses_for_another_login_do_not_lock_this_one(visit: Visit) -> None:
    guesser = visit()
    for n in range(5):
        guesser.login("taigu", f"wrong guess {n}")
    assert guesser.login("jinzhong") == 303


def test_guesses_at_logins_that_nobody_has_are_counted_and_never_written_down(visit: Visit, store: Store) -> None:
    guesser = visit()
    assert [guesser.login("my secret typed here") for _ in range(6)] == [401] * 5 + [429]
    with store.reading() as tx:
        lines = tx.execute(select(audit)).all()
    assert len(lines) == 5
    assert "my secret" not in str(lines)


def test_a_forged_and_an_old_cookie_open_nothing(visit: Visit, clock: Clock) -> None:
    visitor = visit("province")
    assert visitor.get("/")[0] == 200
    name, value = next(iter(visitor.client.cookies.items()))
    stranger = visit()
    stranger.client.cookies.set(name, value[:-2] + ("aa" if value[-2:] != "aa" else "bb"))
    assert stranger.get("/")[0] == 303
    clock.advance(hours=13)
    assert visitor.get("/")[0] == 303


def test_a_disabled_account_is_out_at_once(visit: Visit, store: Store, clock: Clock) -> None:
    visitor = visit("taigu")
    with store.writing() as tx:
        tx.execute(update(account).where(account.c.login == "taigu").values(disabled_at=clock()))
    assert visitor.get("/")[0] == 303
    assert visit().login("taigu") == 401


def test_a_new_password_ends_all_sessions(visit: Visit) -> None:
    here, there = visit("taigu"), visit("taigu")
    assert here.post("/password", old=PASSWORD, new="nine green walnuts", again="nine green walnuts") == (303, "/console/login")
    assert there.get("/")[0] == 303
    assert visit().login("taigu", "nine green walnuts") == 303


def test_a_form_without_its_token_or_from_elsewhere_does_nothing(visit: Visit, jobs: SentJobs) -> None:
    visitor = visit("province")
    path = "/console/terminals/1407030002/jobs/reboot"
    assert visitor.client.post(path, data={"x": "y"}).status_code == 400
    assert visitor.client.post(path, data={"form_token": "0" * 64}).status_code == 400
    other = visit("jinzhong")
    stolen = other.get("/lookup")[1].partition('name="form_token" value="')[2][:64]
    assert visitor.client.post(path, data={"form_token": stolen}).status_code == 400
    mine = visitor.get("/lookup")[1].partition('name="form_token" value="')[2][:64]
    assert visitor.client.post(path, data={"form_token": mine}, headers={"origin": "https://elsewhere.example"}).status_code == 400
    assert jobs.sent == []
    assert visitor.client.post(path, data={"form_token": mine, "sure": "1"}).status_code == 303
    assert [one[:2] for one in jobs.sent] == [("1407030002", "reboot")]


def test_logging_out_drops_the_cookie(visit: Visit) -> None:
    visitor = visit("looker")
    assert visitor.post("/logout") == (303, "/console/login")
    assert visitor.get("/")[0] == 303


@pytest.mark.parametrize("password", ["short", "x" * 201, "TaiGu-12345678"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        hash_password(password, "taigu")


def test_a_password_fits_only_its_own_hash() -> None:
    kept = hash_password("nine green walnuts")
    assert kept != hash_password("nine green walnuts")
    assert password_fits("nine green walnuts", kept)
    assert not password_fits("nine green walnut", kept)
    assert not password_fits("", NOBODY)
