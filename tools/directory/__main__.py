"""``python -m tools.directory import FILE.csv | generate | build``: the register of subjects from the command line.

See docs/directory.md.
"""

from __future__ import annotations

import sys

from tools.directory.command import main

sys.exit(main(sys.argv[1:]))
