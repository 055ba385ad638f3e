"""A PostgreSQL server for a while: its own cluster in a temporary folder, reached through a Unix socket only.

PostgreSQL refuses root, so there it runs as user ``postgres``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

from sqlalchemy import create_engine, text


class PostgresCluster:
    """A PostgreSQL server of its own. ``url(name)`` makes a fresh database."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="centre-pg-", dir="/tmp"))
        self._bin = _postgres_bin()
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "centre", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        """Begin to serve. A socket in the folder, no network."""
        options = f"-k {self.folder} -h '' -c max_connections=60 -c shared_buffers=64MB"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """End it; ``immediate`` is as good as a power cut."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")

    def url(self, name: str = "") -> str:
        """The address of a new database."""
        name = name or f"centre_{uuid.uuid4().hex[:12]}"
        engine = create_engine(self._address("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self._address(name)

    def end(self) -> None:
        """Stop and remove everything."""
        if self.folder.exists():
            subprocess.run(
                self._command("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop"), capture_output=True, check=False
            )
            shutil.rmtree(self.folder, ignore_errors=True)

    def _address(self, name: str) -> str:
        return f"postgresql+psycopg://centre@/{name}?host={self.folder}"

    def _command(self, *words: str) -> list[str]:
        command = [str(self._bin / words[0]), *words[1:]]
        if os.getuid() == 0:
            return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        return command

    def _run(self, *words: str) -> None:
        # pg_ctl's server keeps the pipes open: only a file ends
        with (self.folder.parent / f"{self.folder.name}.out").open("wb") as out:
            done = subprocess.run(
                self._command(*words), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd="/", check=False
            )
        report = Path(out.name)
        said = report.read_text(encoding="utf-8", errors="replace")
        report.unlink()
        if done.returncode:
            raise RuntimeError(f"{words[0]}: {said}")


def has_postgres() -> bool:
    """Whether the server is installed."""
    try:
        _postgres_bin()
    except RuntimeError:
        return False
    return True


def _postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    known = shutil.which("initdb")
    if known is None:
        raise RuntimeError("no PostgreSQL")
    return Path(known).parent
