"""The terminal in a whole Linux machine: Debian's kernel and systemd, the units as installed, virtual USB devices on the real USB stack.

    tools/dev vm build              make the disk (once; again when packages or locks changed); needs root for debootstrap
    tools/dev vm test [ARGS...]     start it, run tests/vm in it, end it; ARGS go to pytest
    tools/dev vm start              start it and leave it running
    tools/dev vm run CMD...         a command in the running one, as root; the checkout is /src there, read-only
    tools/dev vm stop               end it

Its disk is in the folder of $KIOSK_VM, else .vm in the checkout. Each start begins with the disk as built; nothing done in it stays. Several
run beside each other under different names ($KIOSK_VM_NAME).
Exit code: the command's own; 2 wrong use, 3 something is missing or the machine did not come up.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tools.vm.errors import MachineError
from tools.vm.image import build
from tools.vm.machine import Machine

ROOT = Path(__file__).resolve().parents[2]
TESTS = "tests/vm"


def main(arguments: list[str]) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="tools/dev vm", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("build", "test", "start", "run", "stop"))
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    chosen = parser.parse_args(arguments)
    place = Path(os.environ.get("KIOSK_VM") or ROOT / ".vm")
    try:
        return _do(chosen.verb, chosen.rest, place)
    except MachineError as err:
        print(err, file=sys.stderr)
        return 3


def _do(verb: str, rest: list[str], place: Path) -> int:
    machine = Machine(place, ROOT, os.environ.get("KIOSK_VM_NAME") or "machine")
    if verb == "stop":
        machine.stop()
        return 0
    if verb == "run":
        return machine.run(rest)
    build(ROOT, place)
    if verb == "build":
        return 0
    machine.start()
    if verb == "start":
        return 0
    try:
        return machine.run(["/opt/tests/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *(rest or [TESTS])])
    finally:
        machine.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
