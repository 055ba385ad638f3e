"""Coverage-guided search for bytes that break a promise.

python tests/drivers/fuzz.py TARGET|FAMILY [-max_total_time=SECONDS ...] [CORPUS]      with atheris (libFuzzer), as long as asked
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["drivers"]):
    from tests.drivers.fuzz_targets import TARGETS, family


def main() -> None:
    """Fuzz one target or family."""
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name][0] if name in TARGETS else family(name))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
