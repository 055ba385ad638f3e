"""``python -m drivers``: the technician's view of the devices. See ``drivers.cli``."""

from __future__ import annotations

import sys

from drivers.cli.app import main

sys.exit(main(sys.argv[1:]))
