"""The three commands: import a list, generate an invented one, build a directory of invented subjects.

Exit codes: 0 done, 1 the list has errors and nothing was imported, 2 the call or the place is wrong and nothing was changed.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from kiosk.config import ConfigError, load_station
from kiosk.directory.csv_source import Column, words
from kiosk.directory.importing import Imported, Order, import_csv, write_report
from kiosk.directory.reader import Directory
from kiosk.domain.certificate import beijing_date
from kiosk.store.engine import read_key
from kiosk.store.errors import StoreError
from kiosk.texts import Texts
from tools.directory.fill import fill
from tools.directory.invent import Invented, invent

_SHOWN = 20
_BETWEEN_TELLS_S = 0.2
_LIST_COLUMNS = tuple(Column)[:-1]
"""What a generated list has: everything but ids, which the import draws."""


def main(arguments: Sequence[str]) -> int:
    """Run one command."""
    chosen = _parser().parse_args(arguments)
    texts = Texts.load("directory")
    try:
        match chosen.command:
            case "import":
                return _import(chosen, texts)
            case "generate":
                return _generate(chosen, texts)
            case _:
                return _build(chosen, texts)
    except ConfigError as err:
        print(err, file=sys.stderr)
    except _KeyError as err:
        text_id = f"import.store.{err.reason}"
        print(texts.get(text_id, [("file", str(err.file))]), file=sys.stderr)
    except StoreError as err:
        text_id = f"import.store.{err.reason or err.code}"
        print(texts.get(text_id if text_id in texts else "import.store.general", [("value", str(err))]), file=sys.stderr)
    except OSError as err:
        print(texts.get("import.store.noFile", [("file", str(err.filename))]), file=sys.stderr)
    return 2


class _KeyError(Exception):
    def __init__(self, reason: str, file: Path) -> None:
        self.reason = reason
        self.file = file
        super().__init__(reason)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.directory", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    imported = commands.add_parser("import", help="a CSV list becomes the next directory, or nothing changes")
    imported.add_argument("file", type=Path)
    imported.add_argument("--replace", action="store_true", help="drop subjects that are not in the list")
    imported.add_argument("--check", action="store_true", help="only look for errors")
    imported.add_argument("--report", type=Path, help="where to write the errors as CSV (default: beside the list)")
    generated = commands.add_parser("generate", help="write an invented list of any size")
    generated.add_argument("--out", type=Path, required=True, metavar="FILE")
    built = commands.add_parser("build", help="build a directory of invented subjects without a list")
    for command in (imported, built):
        command.add_argument("--station", type=Path, help="station file: its directory folder and its keys are used")
        command.add_argument("--out", type=Path, metavar="DIR", help="folder of directory-N.db")
        command.add_argument("--key", type=Path, metavar="FILE", help="directory.key (32 bytes, mode 0600)")
        command.add_argument("--lookup-key", type=Path, metavar="FILE", help="lookup.key, for the hashes of ID numbers")
    for command in (generated, built):
        command.add_argument("--count", type=int, required=True)
        command.add_argument("--seed", type=int, default=1)
    return parser


def _import(chosen: argparse.Namespace, texts: Texts) -> int:
    folder, key, lookup_key = _place(chosen)
    now = datetime.now(UTC)
    order = Order(folder, key, lookup_key, beijing_date(now), now, replace=chosen.replace, check_only=chosen.check)
    bar = _Bar()
    result = import_csv(
        chosen.file,
        order,
        lambda done, size, rows: bar.tell(
            texts.get("import.progress.reading", [("percent", str(100 * done // max(size, 1))), ("rows", str(rows))]), done == size
        ),
    )
    bar.end()
    if result.unused:
        print(texts.get("import.unused", [("columns", "、".join(result.unused))]))
    if result.errors:
        return _tell_errors(result, chosen.report or chosen.file.with_name(chosen.file.stem + "-错误清单.csv"), texts)
    if result.file is None:
        print(texts.get("import.checked", [("rows", str(result.rows))]))
        return 0
    with Directory.open(folder, key) as directory:
        counts = {"added": result.added, "updated": result.updated, "kept": result.kept, "subjects": directory.count}
    print(texts.get("import.done", [*((name, str(count)) for name, count in counts.items()), ("file", str(result.file))]))
    return 0


def _tell_errors(result: Imported, report: Path, texts: Texts) -> int:
    for error in result.errors[:_SHOWN]:
        print(error.sentence(texts), file=sys.stderr)
    if len(result.errors) > _SHOWN:
        print(texts.get("import.more", [("errors", str(len(result.errors) - _SHOWN))]), file=sys.stderr)
    write_report(result.errors, report, texts)
    print(texts.get("import.nothing", [("errors", str(len(result.errors)))]), file=sys.stderr)
    if result.is_cut:
        print(texts.get("import.tooMany", [("errors", str(len(result.errors)))]), file=sys.stderr)
    print(texts.get("import.report", [("file", str(report))]), file=sys.stderr)
    return 1


def _generate(chosen: argparse.Namespace, texts: Texts) -> int:
    names = words()["columns"]
    with chosen.out.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([names[column.value][0] for column in _LIST_COLUMNS])
        writer.writerows(_line(row) for row in invent(chosen.count, chosen.seed))
    print(texts.get("import.progress.generated", [("file", str(chosen.out)), ("rows", str(chosen.count))]))
    return 0


def _line(row: Invented) -> list[str]:
    table = words()
    cells = {
        Column.NAME: row.name,
        Column.KIND: table["kinds"][row.kind.value][0],
        Column.CREDIT_CODE: row.credit_code,
        Column.PERSON_NAME: "、".join(person.name for person in row.persons),
        Column.ID_NUMBER: "、".join(person.id_number for person in row.persons),
        Column.PHONE: row.phone,
        Column.COUNTY: row.county,
        Column.PLACE: row.place,
        Column.STATUS: table["statuses"][row.status.value][0],
    }
    return [cells[column] for column in _LIST_COLUMNS]


def _build(chosen: argparse.Namespace, texts: Texts) -> int:
    folder, key, lookup_key = _place(chosen)
    begun = time.monotonic()
    bar = _Bar()
    file = fill(
        folder,
        key,
        lookup_key,
        chosen.count,
        chosen.seed,
        lambda done, all_of: bar.tell(
            texts.get("import.progress.building", [("rows", str(done)), ("all", str(all_of))]), done == all_of
        ),
    )
    bar.end()
    facts = {
        "file": str(file),
        "subjects": str(chosen.count),
        "size": f"{file.stat().st_size / 1e6:.0f}",
        "seconds": f"{time.monotonic() - begun:.0f}",
    }
    print(texts.get("import.progress.built", facts.items()))
    return 0


def _place(chosen: argparse.Namespace) -> tuple[Path, bytes, bytes]:
    """Folder, directory key and lookup key: from the station file, each replaced by what the call gives."""
    folder, key, lookup_key = chosen.out, chosen.key, chosen.lookup_key
    if chosen.station is not None:
        paths = load_station(chosen.station).paths
        folder = folder or paths.directory
        key = key or paths.secrets / "directory.key"
        lookup_key = lookup_key or paths.secrets / "lookup.key"
    if folder is None or key is None or lookup_key is None:
        _parser().error("--station, or --out with --key and --lookup-key")
    return folder, _read(key), _read(lookup_key)


def _read(file: Path) -> bytes:
    try:
        return read_key(file)
    except StoreError as err:
        raise _KeyError(err.reason, file) from err


class _Bar:
    """One line that is written over on a terminal, and rarely into a file."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._next = 0.0
        self._shown = False

    def tell(self, text: str, last: bool) -> None:
        """Show ``text`` if it is time, or if it is the last."""
        now = time.monotonic()
        if not (last or now >= self._next):
            return
        self._next = now + (_BETWEEN_TELLS_S if self._live else 25 * _BETWEEN_TELLS_S)
        print(f"\r{text}\033[K" if self._live else text, file=sys.stderr, end="" if self._live else "\n", flush=True)
        self._shown = True

    def end(self) -> None:
        """Go to the next line."""
        if self._live and self._shown:
            print(file=sys.stderr)
