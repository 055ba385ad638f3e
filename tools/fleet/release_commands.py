"""``python -m tools.fleet trust``, ``publish directory|keys`` and ``files``: what terminals are given, made and served."""

from __future__ import annotations

import argparse
import getpass
import json
import ssl
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.credential.keylist import KeyListError, load_key_list, parse_key_list
from kiosk.credential.secret_file import KeyFileError
from kiosk.directory.importing import Imported, Order, import_csv, write_report
from kiosk.directory.reader import Directory
from kiosk.domain.certificate import beijing_date
from kiosk.store.engine import read_key
from kiosk.store.errors import StoreError as SealedStoreError
from kiosk.store.whole_file import write_whole
from kiosk.texts import Texts
from kiosk.wire.sync import FileKind
from tools.fleet.area import Area
from tools.fleet.collector.jobs import load_centre_key, make_centre_key
from tools.fleet.collector.worker import utc_now
from tools.fleet.config import FleetConfig
from tools.fleet.releases import rollout
from tools.fleet.releases.content import in_terminals_order, key_lines, subject_line
from tools.fleet.releases.publish import Published, Publisher
from tools.fleet.releases.server import file_app
from tools.fleet.releases.trust import NotTrusted, document_of, take_in, without_a_day
from tools.fleet.store.database import Store, open_store

Chosen = argparse.Namespace
FILES_PORT = 8720
_SHOWN = 20
PROVINCE = Area("14")


def add_verbs(verb: Callable[..., argparse.ArgumentParser]) -> None:
    """Enter the verbs into the command line."""
    made = verb("publish", "make a signed version of the directory or of the key list", publish)
    made.add_argument("what", choices=[kind.value for kind in FileKind])
    made.add_argument("file", type=Path, nargs="?", help="directory: a CSV list; keys: a key list (default: the one in the folder)")
    made.add_argument(
        "--area", default="140000", help="directory: whom the list is for: the province, a city, a county or a township"
    )
    made.add_argument("--replace", action="store_true", help="directory: drop subjects that are not in the list")
    made.add_argument(
        "--lookup-key", type=Path, metavar="FILE", help="directory: lookup.key of the terminals (default: in the folder)"
    )
    made.add_argument(
        "--root", type=Path, metavar="FILE", help="keys: public key (64 hex digits) whose signature the list must bear"
    )
    made.add_argument("--start", action="store_true", help="give it out at once: a few terminals first, then the rest")
    made.add_argument("--pilot", type=int, default=rollout.PILOT, help="how many terminals get it first")
    trust = verb("trust", "take terminals' new keys into the trusted key list of the folder", take_keys)
    trust.add_argument("file", type=Path, nargs="+", help="what python -m kiosk.issuing.new_key wrote at a terminal")
    trust.add_argument(
        "--renew-by",
        type=date.fromisoformat,
        metavar="DATE",
        help="last day for keys that say none; default a year after they began. The centre warns 30 days before",
    )
    trust.add_argument("--root-key", type=Path, metavar="FILE", help="sign the list; made when it is not there, FILE.pub beside it")
    files = verb("files", "hand the files of releases to terminals", files_server)
    files.add_argument("--port", type=int, default=FILES_PORT)
    files.add_argument("--bind", default="127.0.0.1")


def publish(chosen: Chosen) -> int:
    """Exit codes: 0 published, or nothing had changed; 1 the list has errors; 2 the call or the place is wrong. In 1 and 2 nothing changed."""
    from tools.fleet.commands import prepared

    config = prepared(chosen)
    try:
        area = Area.parse(chosen.area) if chosen.what == FileKind.DIRECTORY else PROVINCE
        key = load_centre_key(config.centre_key)
    except (KeyFileError, ValueError) as err:
        print(f"refused: {err}", file=sys.stderr)
        return 2
    store = open_store(config.url)
    publisher = Publisher(store, config.files, key, utc_now, getpass.getuser()[:40])
    try:
        made = (
            _directory(chosen, config, publisher, area) if chosen.what == FileKind.DIRECTORY else _keys(chosen, config, publisher)
        )
        if made is None:
            return 1
        _tell(made)
        if chosen.start:
            _start(store, made, area, chosen.pilot)
    except KeyListError as err:
        print(f"{chosen.file or config.keys}: {err.code}", file=sys.stderr)
        return 2
    except SealedStoreError as err:
        print(f"{err.code}:{err.reason}", file=sys.stderr)
        return 2
    except OSError as err:
        print(f"{err.filename}: {err.strerror}", file=sys.stderr)
        return 2
    finally:
        store.close()
    return 0


def take_keys(chosen: Chosen) -> int:
    """Exit code 2: nothing was changed."""
    from tools.fleet.commands import prepared

    config = prepared(chosen)
    try:
        known = load_key_list(config.keys) if config.keys.exists() else None
        if known is not None and chosen.root_key is None and "signature" in json.loads(config.keys.read_text(encoding="utf-8")):
            print(f"{config.keys} is signed: name the key with --root-key", file=sys.stderr)
            return 2
        keys = take_in(known, [load_key_list(file) for file in chosen.file], utc_now().replace(microsecond=0), chosen.renew_by)
        root = None if chosen.root_key is None else _root(chosen.root_key)
    except (KeyFileError, KeyListError, NotTrusted) as err:
        print(f"refused: {err}", file=sys.stderr)
        return 2
    write_whole(config.keys, json.dumps(document_of(keys, root), ensure_ascii=False, indent=1).encode("utf-8"))
    print(f"{config.keys}: {len(keys.keys)} keys; publish keys gives them to the terminals")
    return 0


def _root(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        make_centre_key(path, path.with_name(path.name + ".pub"))
    return load_centre_key(path)


def files_server(chosen: Chosen) -> int:
    """Until a signal ends it. Beyond this machine only with TLS, and then every visitor shows a certificate of the terminals' authority."""
    from tools.fleet.commands import prepared, run_server

    tls = (chosen.ca, chosen.certificate, chosen.key)
    if any(tls) != all(tls) or (chosen.bind != "127.0.0.1" and not all(tls)):
        print("--ca, --certificate and --key belong together; without them only this machine is served", file=sys.stderr)
        return 2
    config = prepared(chosen)
    store = open_store(config.url)
    options: dict[str, Any] = {}
    if all(tls):
        options = {
            "ssl_ca_certs": str(chosen.ca),
            "ssl_certfile": str(chosen.certificate),
            "ssl_keyfile": str(chosen.key),
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
        }
    print(f"files http{'s' if options else ''}://{chosen.bind}:{chosen.port}/files/", flush=True)
    try:
        run_server(file_app(store, config.files), chosen.bind, chosen.port, **options)
    finally:
        store.close()
    return 0


def _directory(chosen: Chosen, config: FleetConfig, publisher: Publisher, area: Area) -> Published | None:
    """The list goes into the centre's own register of the area, which keeps ids; then out of it."""
    from tools.fleet.site import secret_of

    if chosen.file is None:
        raise FileNotFoundError(2, "name the list", "CSV")
    key, lookup_key = secret_of(config.folder / "directory.key"), read_key(chosen.lookup_key or config.folder / "lookup.key")
    folder, now = config.folder / "directory" / area.prefix, utc_now()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    result = import_csv(chosen.file, Order(folder, key, lookup_key, beijing_date(now), now, replace=chosen.replace))
    if result.errors:
        _tell_errors(result, chosen.file.with_name(chosen.file.stem + "-错误清单.csv"))
        return None
    with Directory.open(folder, key) as directory:
        return publisher.publish(
            FileKind.DIRECTORY, area, directory.count, lambda: (subject_line(*one) for one in directory.everybody())
        )


def _keys(chosen: Chosen, config: FleetConfig, publisher: Publisher) -> Published:
    """The terminals' list; the centre itself goes by the same one from now on."""
    source: Path = chosen.file or config.keys
    root = None if chosen.root is None else bytes.fromhex(chosen.root.read_text(encoding="ascii").strip())
    try:
        document = json.loads(source.read_text(encoding="utf-8"))
    except ValueError as err:
        raise KeyListError("malformed") from err
    silent = without_a_day(parse_key_list(document, root))
    if silent:
        shown = ", ".join(map(str, silent[:_SHOWN]))
        print(f"{len(silent)} keys have no renew_by, nobody will be warned: {shown}", file=sys.stderr)
    ordered = in_terminals_order(document)
    parse_key_list(ordered, root)  # a signature over another order would be refused by every terminal
    head = {name: value for name, value in ordered.items() if name not in ("keys", "voids")}
    lines = list(key_lines(ordered))
    made = publisher.publish(FileKind.KEYS, PROVINCE, len(lines), lambda: lines, head)
    if chosen.file is not None:
        write_whole(config.keys, json.dumps(ordered, ensure_ascii=False, indent=1).encode("utf-8"))
    return made


def _start(store: Store, made: Published, area: Area, pilot: int) -> None:
    by, now = getpass.getuser()[:40], utc_now()
    with store.writing() as tx:
        number = rollout.start(tx, made.release.kind, made.release.version, area, pilot, by, now)
    print(f"rollout {number} has begun; the console shows how far it is")


def _tell(made: Published) -> None:
    release = made.release
    if not made.is_new:
        print(f"{release.kind.value}: nothing has changed since version {release.version}")
        return
    change = "" if made.difference is None else f", {made.changed} changes in {made.difference:,} bytes"
    print(f"{release.kind.value} version {release.version}: {release.entries:,} entries in {made.whole:,} bytes{change}")


def _tell_errors(result: Imported, report: Path) -> None:
    texts = Texts.load("directory")
    for error in result.errors[:_SHOWN]:
        print(error.sentence(texts), file=sys.stderr)
    write_report(result.errors, report, texts)
    print(texts.get("import.report", [("file", str(report))]), file=sys.stderr)
