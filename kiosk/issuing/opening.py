"""Opens the issuing side of a station: key list, signing key, ledger, PINs of the staff.

Rule: what cannot be opened is said by a ``StartError`` with a text id of ``data/texts/start.toml``.
"""

from __future__ import annotations

from pathlib import Path

from kiosk.config import StationConfig
from kiosk.credential.keylist import KeyList, KeyListError, TrustedKey, load_key_list
from kiosk.credential.secret_file import KeyFileError, read_secret
from kiosk.domain.subject import SubjectId
from kiosk.issuing.issue import SubjectRegister
from kiosk.issuing.issuer import Clock, IssuerError
from kiosk.issuing.ledger_issuer import LedgerIssuer
from kiosk.issuing.signing import LabelSigner, SigningKeyError, load_label_signer
from kiosk.issuing.standing import StandingWord
from kiosk.version import BUILT_AT

CLERK = SubjectId(0)
"""The station's own PIN is kept like a subject's, under the id that no subject has."""
TECHNICIAN = SubjectId(-1)
"""So is the technician's."""
LEDGER = "ledger.db"


class StartError(Exception):
    """The terminal cannot start. ``text_id`` names the sentence for the technician, ``facts`` fill its gaps."""

    def __init__(self, text_id: str, **facts: object) -> None:
        self.text_id = text_id
        self.facts = facts
        super().__init__(text_id)


def secret(path: Path) -> bytes:
    """A secret of this station. Raises ``StartError``."""
    try:
        return read_secret(path)
    except KeyFileError as err:
        raise StartError(f"start.secret.{err.code}", file=path) from err


def trusted_keys(config: StationConfig) -> KeyList:
    """The trusted key list. Raises ``StartError``."""
    try:
        return load_key_list(config.paths.keys)
    except KeyListError as err:
        raise StartError(f"start.keys.{err.code}", file=config.paths.keys) from err


def own_keys(config: StationConfig) -> list[TrustedKey]:
    """All keys of this terminal in the trusted list, the newest first. Raises ``StartError`` where there is none."""
    own = [key for key in trusted_keys(config).keys.values() if key.terminal == config.station.terminal]
    if not own:
        raise StartError("start.keys.notOurs", file=config.paths.keys, terminal=config.station.terminal)
    return sorted(own, key=lambda key: key.key_id, reverse=True)


def own_key(config: StationConfig) -> TrustedKey:
    """The newest key of this terminal. Raises ``StartError``."""
    return own_keys(config)[0]


def label_signer(config: StationConfig) -> LabelSigner:
    """What signs for this terminal. Raises ``StartError``."""
    signing = config.issuer_secrets / "signing.key"
    try:
        # Between the new list and the new file the older key signs on.
        return load_label_signer(signing, own_keys(config), config.station.host)
    except SigningKeyError as err:
        raise StartError(f"start.secret.{err.code}", file=signing) from err


def open_ledger(config: StationConfig, register: SubjectRegister, clock: Clock, centre: StandingWord | None = None) -> LedgerIssuer:
    """The issuer of this station on its own ledger. Raises ``StartError``."""
    signer = label_signer(config)
    try:
        issuer = LedgerIssuer.open(
            config.ledger_folder / LEDGER,
            secret(config.issuer_secrets / "ledger.key"),
            signer,
            register,
            clock,
            config.station.terminal,
            config.station.name,
            BUILT_AT,
            centre,
            config.issuer.first_number,
        )
        issuer.ensure_pin(CLERK, config.station.clerk_pin, "station")
        if config.station.technician_pin:
            issuer.ensure_pin(TECHNICIAN, config.station.technician_pin, "station")
    except IssuerError as err:
        raise StartError(f"start.ledger.{err.code}", reason=err.facts.get("reason", ""), file=config.ledger_folder) from err
    return issuer
