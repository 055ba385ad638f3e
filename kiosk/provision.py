"""``python -m kiosk.provision [--station FILE] [--lookup-key FILE] [--key-id N] [--keys FILE] [--out FILE]``: a new terminal's secrets, as root.

Makes what is missing and writes nothing over: ``ledger.key`` and ``signing.key`` (never leave the terminal), ``directory.key`` (one for the three
processes), and takes the centre's ``lookup.key`` and its trusted key list. ``--out`` (default new-key.json) is the public key for the centre. May be
called again and again; then everything is read back the way the terminal's processes will.
Exit code: 0 the terminal can start, 1 something is still missing or cannot be used (said in a line each), 2 something is wrong and nothing was made.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from kiosk.config import DEFAULT_STATION, ConfigError, StationConfig, load_station
from kiosk.credential.keylist import KeyListError, load_key_list
from kiosk.credential.secret_file import write_secret
from kiosk.issuing import new_key
from kiosk.issuing.opening import LEDGER, StartError, label_signer, secret
from kiosk.store.whole_file import write_whole
from kiosk.texts import Texts

_SECRET_BYTES = 32


class ProvisionError(Exception):
    """Nothing may be made; ``text_id`` and ``facts`` say why."""

    def __init__(self, text_id: str, **facts: object) -> None:
        super().__init__(text_id)
        self.text_id, self.facts = text_id, facts


class Say(Protocol):
    """Says one sentence."""

    def __call__(self, text_id: str, **facts: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the technician gave: the centre's look-up key, the number of the signing key, where its public part goes."""

    lookup_key: Path | None
    key_id: int | None
    keys: Path | None
    public: Path


def main(arguments: list[str] | None = None) -> int:
    """Provision the terminal of a station file."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.provision", description=__doc__)
    parser.add_argument("--station", type=Path, default=DEFAULT_STATION)
    parser.add_argument("--lookup-key", type=Path, help="lookup.key, given by the centre")
    parser.add_argument("--key-id", type=int, help="number of the signing key, given by the centre")
    parser.add_argument("--keys", type=Path, help="the trusted key list, given by the centre once it knows this terminal's key")
    parser.add_argument("--out", type=Path, default=Path("new-key.json"), help="the public key, for the centre")
    chosen = parser.parse_args(arguments)
    texts = Texts.load("provision", "start")

    def say(text_id: str, **facts: object) -> None:
        sys.stdout.write(
            texts.get(text_id if "." in text_id else f"provision.{text_id}", [(name, str(fact)) for name, fact in facts.items()])
            + "\n"
        )

    try:
        config = load_station(chosen.station)
        wishes = Wishes(chosen.lookup_key, chosen.key_id, chosen.keys, chosen.out)
        lookup = _check(config, wishes)
        provisioning = Provisioning(config, say)
        provisioning.make(wishes, chosen.station, lookup)
    except ProvisionError as err:
        say(err.text_id, **err.facts)
        return 2
    except (ConfigError, OSError) as err:
        sys.stdout.write(f"{err}\n")
        return 2
    say("ready" if provisioning.is_whole else "notYet")
    return 0 if provisioning.is_whole else 1


def directory_folders(config: StationConfig) -> list[Path]:
    """Where directory.key stands: once for each process that opens the directory."""
    wanted = [config.paths.secrets, config.issuer_secrets]
    if config.fleet.enabled:
        wanted.append(config.fleet.secrets or config.paths.secrets)
    return list(dict.fromkeys(wanted))


def _directory_keys(config: StationConfig) -> list[Path]:
    return [file for folder in directory_folders(config) if (file := folder / "directory.key").exists()]


def _check(config: StationConfig, wishes: Wishes) -> bytes | None:
    """Before anything is made; the look-up key, if one was given. Raises ``ProvisionError``."""
    ledger, key = config.ledger_folder / LEDGER, config.issuer_secrets / "ledger.key"
    if ledger.exists() and not key.exists():
        raise ProvisionError("ledgerOrphan", ledger=ledger, file=key)
    there = _directory_keys(config)
    for file in there[1:]:
        if file.read_bytes() != there[0].read_bytes():
            raise ProvisionError("differs", file=file, other=there[0])
    if wishes.lookup_key is None:
        return None
    given = wishes.lookup_key.read_bytes()  # its rights do not count: a memory stick knows none
    if len(given) != _SECRET_BYTES:
        raise ProvisionError("notAKey", file=wishes.lookup_key)
    own = config.paths.secrets / "lookup.key"
    if own.exists() and own.read_bytes() != given:
        raise ProvisionError("differs", file=own, other=wishes.lookup_key)
    return given


class Provisioning:
    """One call: makes what can be made, and says each thing it did or left. ``say`` gets the id of a sentence and its facts."""

    def __init__(self, config: StationConfig, say: Say) -> None:
        self._config, self._say = config, say
        self.is_whole = True

    def make(self, wishes: Wishes, station: Path, lookup: bytes | None) -> None:
        """Whatever is missing. Raises OSError."""
        held = _directory_keys(self._config)
        shared = held[0].read_bytes() if held else secrets.token_bytes(_SECRET_BYTES)
        self._put(self._config.issuer_secrets / "ledger.key", secrets.token_bytes(_SECRET_BYTES), "made")
        for folder in directory_folders(self._config):
            self._put(folder / "directory.key", shared, "made")
        own_lookup = self._config.paths.secrets / "lookup.key"
        if lookup is not None:
            self._put(own_lookup, lookup, "taken")
        elif not own_lookup.exists():
            self._lack("lookupMissing", file=own_lookup)
        self._signing_key(wishes, station)
        self._key_list(wishes)
        self._fleet_files()
        self._prove()

    def _signing_key(self, wishes: Wishes, station: Path) -> None:
        file = self._config.issuer_secrets / "signing.key"
        if file.exists():
            self._say("there", file=file)
        elif wishes.key_id is None:
            self._lack("signingMissing", file=file)
        elif new_key.main(["--station", str(station), "--id", str(wishes.key_id), "--out", str(wishes.public)]) == 0:
            _give_to_folders_owner(file)
            self._say("made", file=file)
        else:
            self.is_whole = False  # it has said why

    def _key_list(self, wishes: Wishes) -> None:
        """Take the centre's list where it names this terminal; the agent renews it later."""
        file = self._config.paths.keys
        if wishes.keys is None:
            if not file.exists():
                self._lack("keysMissing", file=file, public=wishes.public)
            return
        try:
            keys = load_key_list(wishes.keys)
        except KeyListError:
            self._lack("keysMalformed", file=wishes.keys)
            return
        if all(key.terminal != self._config.station.terminal for key in keys.keys.values()):
            self._lack("keysNotOurs", file=wishes.keys, public=wishes.public)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, wishes.keys.read_bytes())
        file.chmod(0o644)
        _give_to_folders_owner(file)
        self._say("taken", file=file)

    def _fleet_files(self) -> None:
        fleet = self._config.fleet
        wanted = (fleet.ca, fleet.certificate, fleet.key, fleet.password_file, fleet.centre_key, fleet.key_list_root)
        for file in wanted if fleet.enabled else ():
            if file is not None and not file.exists():
                self._lack("fleetMissing", file=file)

    def _prove(self) -> None:
        """Read everything as the processes will."""
        config = self._config
        random = (config.issuer_secrets / "ledger.key", config.paths.secrets / "lookup.key", *_directory_keys(config))
        for file in random:
            if file.exists():
                self._try(partial(secret, file))
        if (config.issuer_secrets / "signing.key").exists() and config.paths.keys.exists():
            self._try(lambda: label_signer(config))

    def _try(self, read: Callable[[], object]) -> None:
        try:
            read()
        except StartError as err:
            self._lack(err.text_id, **err.facts)

    def _put(self, file: Path, content: bytes, done: str) -> None:
        if file.exists():
            self._say("there", file=file)
            return
        write_secret(file, content)
        _give_to_folders_owner(file)
        self._say(done, file=file)

    def _lack(self, text_id: str, **facts: object) -> None:
        self.is_whole = False
        self._say(text_id, **facts)


def _give_to_folders_owner(file: Path) -> None:
    """The folder is the process's own; only root may give a file away, and only root makes it for others."""
    if os.geteuid() == 0:
        owner = file.parent.stat()
        os.chown(file, owner.st_uid, owner.st_gid)


if __name__ == "__main__":
    sys.exit(main())
