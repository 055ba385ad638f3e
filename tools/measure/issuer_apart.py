"""``python -m tools.measure.issuer_apart FOLDER SOCKET``: the measured issuer as a process of its own, until its standard input ends."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.issuing.remote import RemoteIssuer
from kiosk.issuing.server import IssuerServer


@contextmanager
def issuer_apart(folder: Path) -> Iterator[RemoteIssuer]:
    """Start it on a ledger in ``folder`` and ask it from here."""
    folder.mkdir(mode=0o700, parents=True)
    path = folder / "issuer.sock"
    command = [sys.executable, "-m", "tools.measure.issuer_apart", str(folder), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        remote = RemoteIssuer(path, demo=False, patience_s=30, wait=time.sleep)
        try:
            remote.last_counter()
            yield remote
        finally:
            remote.close()
            process.communicate()


def main(folder: str, path: str) -> None:
    """Serve."""
    from tools.measure.issuing import open_measured

    with open_measured(Path(folder)) as issuer:
        server = IssuerServer(issuer, Path(path))
        sys.stdin.read()
        server.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
