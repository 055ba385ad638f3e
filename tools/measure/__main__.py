"""``python -m tools.measure [--json FILE] [--only ROOM ...]``: figures beside floors of the same run.

A row is {name, value, unit, floor, ratio, goal, holds}: ``floor`` is what the machine needs at least for the same thing, measured beside it (None where
the goal is absolute), ``goal`` says what must hold. Exit code 1 when a goal does not hold. The machine is noisy: believe ratios.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

from tools.measure.row import Row

ROOMS = ("issuing", "directory", "scanning", "devices", "app", "uplink", "ingest", "console")
"""Modules of this package with a function ``rows()``, in the order of their run."""


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, and write the rows."""
    parser = argparse.ArgumentParser(
        prog="tools/dev measure", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="where to write the rows")
    parser.add_argument("--only", action="append", choices=ROOMS, help="measure only this room")
    chosen = parser.parse_args(arguments)
    found: list[Row] = []
    for room in chosen.only or ROOMS:
        print(f"> {room}", flush=True)
        rows: Callable[[], list[Row]] = importlib.import_module(f"tools.measure.{room}").rows
        for row in rows():
            found.append(row)
            print(_line(row), flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    missed = [row["name"] for row in found if not row["holds"]]
    print(f"{len(found) - len(missed)} of {len(found)} goals hold" + (f"; not: {', '.join(missed)}" if missed else ""))
    return 1 if missed else 0


def _line(row: Row) -> str:
    floor = "" if row["floor"] is None else f"  floor {row['floor']:.4g}  ratio {row['ratio']:.2f}"
    return f"{'✓' if row['holds'] else '✗'} {row['name']}: {row['value']:.4g} {row['unit']}{floor}  (goal: {row['goal']})"


if __name__ == "__main__":
    sys.exit(main())
