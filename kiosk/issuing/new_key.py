"""``python -m kiosk.issuing.new_key --id N [--station FILE] [--renew-by DATE] [--key FILE] [--out FILE]``: makes this terminal's signing key.

The private key stays in the issuer's secrets. What leaves is the public key as a trusted key list of one entry, which the centre takes into its own list.
A key that is there is never written over. Exit code 2: the station file or a path cannot be used.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TextIO

from kiosk.config import DEFAULT_STATION, ConfigError, StationConfig, load_station
from kiosk.credential.keylist import KeyList, TrustedKey, dump_key_list, renewal_after
from kiosk.credential.secret_file import write_secret
from kiosk.credential.signer import load_signer, new_private_key
from kiosk.credential.token import Algorithm
from kiosk.domain.certificate import beijing_date
from kiosk.store.whole_file import write_whole
from kiosk.texts import Texts


def main(arguments: list[str] | None = None) -> int:
    """Make a key and write down its public part."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.issuing.new_key", description=__doc__)
    parser.add_argument("--station", type=Path, default=DEFAULT_STATION)
    parser.add_argument(
        "--id", type=int, required=True, help="number of the key, given by the centre; a newer key has a higher one"
    )
    parser.add_argument(
        "--renew-by", type=date.fromisoformat, help="last day by which a new key should be in use; default in a year"
    )
    parser.add_argument("--key", type=Path, help="where the private key goes; default signing.key of the issuer")
    parser.add_argument("--out", type=Path, default=Path("new-key.json"), help="for the centre")
    chosen = parser.parse_args(arguments)
    try:
        config = load_station(chosen.station)
        secret = chosen.key or config.issuer_secrets / "signing.key"
        if secret.exists():
            return _say(sys.stderr, Texts.load("start").get("start.secret.isThere", [("file", str(secret))]), 2)
        write_secret(secret, new_private_key())
        document = entry(config, secret, chosen.id, datetime.now(UTC).replace(microsecond=0), chosen.renew_by)
        write_whole(chosen.out, (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode("utf-8"))
    except (ConfigError, OSError) as err:
        return _say(sys.stderr, str(err), 2)
    return _say(sys.stdout, str(chosen.out), 0)


def entry(config: StationConfig, secret: Path, key_id: int, now: datetime, renew_by: date | None) -> dict[str, object]:
    """The public part of the key in ``secret`` as a key list of one. Raises ``KeyFileError``."""
    station = config.station
    key = TrustedKey(
        key_id,
        Algorithm.ED25519,
        load_signer(secret, key_id).public_key,
        station.terminal,
        station.name,
        station.county,
        not_before=now,
        renew_by=renew_by or renewal_after(beijing_date(now)),
    )
    return dump_key_list(KeyList(station.host, now, {key_id: key}))


def _say(where: TextIO, words: str, code: int) -> int:
    where.write(words + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
