"""These tests need the whole machine of ``tools/dev vm test``: elsewhere they are not even collected."""

import platform

INSIDE = platform.node() == "kiosk-vm"
collect_ignore_glob = [] if INSIDE else ["test_*.py"]
