"""Who comes in: passwords, lock-out, the signed cookie, the token of every form.

Rules:
- A cookie holds a login, the account's epoch and a random id, signed; the account is read anew at every request, so a changed or disabled account is out
  at once. Logging out raises nobody else's epoch: the cookie is dropped.
- Guessing is counted in the audit log, so every process of the console counts together: five wrong in a quarter of an hour for one login from one
  address, twenty for one login, sixty for one address. The answer never tells whether a login exists, nor does its time.
- A login that nobody has is never written down: people type passwords into the wrong field.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.engine import Connection

from tools.fleet.area import Area
from tools.fleet.console.settings import Clock, ConsoleSettings
from tools.fleet.store.accounts import NOBODY, ROLES, password_fits
from tools.fleet.store.database import Store
from tools.fleet.store.queries import note
from tools.fleet.store.queries_desk import Account, audit_since, find_account

WINDOW = timedelta(minutes=15)
_PAIR, _LOGIN, _ADDRESS = 5, 20, 60
_MAX_LOGIN = 40
_guessing = threading.Lock()  # one guess at a time: a hundred at once must not all see a count of zero


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks. ``session`` ties forms to this login."""

    login: str
    name: str
    role: str
    area: Area
    session: str

    def may(self, role: str) -> bool:
        """Whether this role's deeds are allowed."""
        return ROLES.index(self.role) >= ROLES.index(role)


class Locked(Exception):
    """Too many wrong guesses; wait a quarter of an hour."""


class Door:
    """Lets people in. All methods may block; call them from a worker thread."""

    def __init__(self, store: Store, clock: Clock, settings: ConsoleSettings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._cookies = URLSafeSerializer(settings.secret, salt="console session")

    def enter(self, login: str, password: str, address: str) -> str | None:
        """The cookie of a new session, or None for a wrong login or password. Raises ``Locked``."""
        with _guessing:
            now = self._clock()
            with self._store.reading() as tx:
                found = find_account(tx, login) if len(login) <= _MAX_LOGIN else None
                if self._is_locked(tx, login, address, now):
                    raise Locked
            usable = found is not None and found.disabled_at is None
            if not password_fits(password, found.password if found is not None and usable else NOBODY) or found is None:
                self._write(now, found.login if found else "", "loginFailed", self._facts(login, address))
                return None
            self._write(now, found.login, "login", self._facts(login, address))
        return self._cookies.dumps([found.login, found.epoch, secrets.token_urlsafe(12), int(now.timestamp())])

    def recognise(self, cookie: str) -> Who | None:
        """Who holds this cookie; None for a forged, old or ended one."""
        try:
            login, epoch, session, began = self._cookies.loads(cookie)
        except (BadData, ValueError, TypeError):
            return None
        if not 0 <= self._clock().timestamp() - began < self._settings.session.total_seconds():
            return None
        with self._store.reading() as tx:
            found = find_account(tx, login)
        if found is None or found.disabled_at is not None or found.epoch != epoch:
            return None
        return _who(found, session)

    def leave(self, who: Who) -> None:
        """Note that somebody has gone."""
        self._write(self._clock(), who.login, "logout", None)

    def form_token(self, session: str) -> str:
        """What every form of this session carries."""
        return hmac.new(self._settings.secret, b"form " + session.encode(), hashlib.sha256).hexdigest()

    def is_form_token(self, session: str, token: str) -> bool:
        """Whether a form is one that this session was given."""
        return hmac.compare_digest(self.form_token(session).encode(), token.encode())

    def _is_locked(self, tx: Connection, login: str, address: str, now: datetime) -> bool:
        facts = self._facts(login, address)
        pair = of_login = of_address = 0
        for line in audit_since(tx, ("login", "loginFailed"), now - WINDOW):
            told = line.detail or {}
            same_login, same_address = told.get("login") == facts["login"], told.get("address") == address
            if line.deed == "login":
                pair = 0 if same_login and same_address else pair
                continue
            pair += same_login and same_address
            of_login += same_login
            of_address += same_address
        return pair >= _PAIR or of_login >= _LOGIN or of_address >= _ADDRESS

    def _facts(self, login: str, address: str) -> dict[str, str]:
        """The login as a keyed hash: it may be a password typed into the wrong field."""
        hashed = hmac.new(self._settings.secret, b"login " + login.encode(), hashlib.sha256).hexdigest()[:16]
        return {"login": hashed, "address": address}

    def _write(self, at: datetime, who: str, deed: str, detail: dict[str, str] | None) -> None:
        with self._store.writing() as tx:
            note(tx, at, who, deed, "", detail)


def _who(found: Account, session: str) -> Who | None:
    """None for an account whose area is no longer a place: it may see nothing."""
    try:
        return Who(found.login, found.name or found.login, found.role, Area(found.area), session)
    except ValueError:
        return None
