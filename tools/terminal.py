"""Lays this checkout on a Debian machine as a terminal. Standard library only: it runs before there is an environment.

    /opt/kiosk-releases/<lock>             an environment, named by the content of its lock
    /opt/kiosk-releases/<lock>/app/<code>  the code, named by its content: a new one costs no new environment
    /opt/kiosk                             a link to the environment in use
    /etc/{systemd/system,modules-load.d,sysusers.d,tmpfiles.d,udev/rules.d,polkit-1/rules.d}    what systemd/ holds
    /etc/kiosk/station.example.toml        to be copied and filled in

What is in use changes by one rename at the end. The code before it is kept, and all that was in use since this machine started: a process may still
run it. What a terminal has of its own (/etc/kiosk/station.toml, secrets,
/var/lib/kiosk*) is never touched.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

RELEASES = Path("/opt/kiosk-releases")
LINK = Path("/opt/kiosk")
CODE = ("kiosk", "drivers", "firmware_config")
LOCK = "requirements-terminal.lock"
PLACES = {
    "*.service": "etc/systemd/system",
    "modules-load.d/*.conf": "etc/modules-load.d",
    "sysusers.d/*.conf": "etc/sysusers.d",
    "tmpfiles.d/*.conf": "etc/tmpfiles.d",
    "udev/*.rules": "etc/udev/rules.d",
    "polkit-1/rules.d/*.rules": "etc/polkit-1/rules.d",
}
"""What of systemd/ goes where."""
SERVICES = ("kiosk-issuer.service", "kiosk-app.service", "kiosk-agent.service")


def environment_of(root: Path, releases: Path = RELEASES) -> Path:
    """Where the environment of this checkout's lock lives."""
    return releases / hashlib.sha256((root / LOCK).read_bytes()).hexdigest()[:12]


def lay_code(root: Path, environment: Path) -> Path:
    """Put this checkout's code into the environment, not yet in use; its folder. Raises OSError."""
    digest = hashlib.sha256()
    for file in _code(root):
        digest.update(str(file.relative_to(root)).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    app = environment / "app" / digest.hexdigest()[:12]
    if app.is_dir():
        return app
    fresh = app.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for file in _code(root):
        target = fresh / file.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    subprocess.run([environment / "bin" / "python", "-m", "compileall", "-q", fresh], check=True)
    os.sync()  # a name must not outlive a power cut that its content did not
    fresh.rename(app)
    return app


def use(environment: Path, app: Path, link: Path = LINK) -> None:
    """Make this code in this environment the one in use, and forget all but what was in use before. Raises OSError."""
    (site,) = environment.glob("lib/python3*/site-packages")
    path_file = site / "kiosk.pth"
    app_before = Path(path_file.read_text(encoding="utf-8").strip()) if path_file.is_file() else app
    environment_before = link.readlink() if link.is_symlink() else environment
    os.sync()
    _write(path_file, f"{app}\n".encode())
    fresh = link.with_name(f"{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(environment)
    fresh.replace(link)
    for before, now in ((app_before, app), (environment_before, environment)):
        if before != now and before.is_dir():
            os.utime(before)  # until now it was in use
            _forget(now.parent, {now, before})


def why_not(link: Path = LINK) -> str:
    """Empty when this machine can become a terminal, else what is in the way."""
    if shutil.which("apt-get") is None or shutil.which("systemctl") is None:
        return "a terminal is a Debian 12 with systemd"
    if link.exists() and not link.is_symlink():
        return f"{link} is there and is not what this command makes: move it away first"
    return ""


def lay_system_files(root: Path, system: Path = Path("/")) -> list[str]:
    """Copy units, users, folders, device rules and rights to where Debian looks; the names of those that changed. Raises OSError."""
    files = [(file, folder) for pattern, folder in PLACES.items() for file in sorted((root / "systemd").glob(pattern))]
    files.append((root / "firmware_config" / "station.example.toml", "etc/kiosk"))
    changed = []
    for file, folder in files:
        target, content = system / folder / file.name, file.read_bytes()
        if not (target.is_file() and target.read_bytes() == content):
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, content)
            changed.append(file.name)
    return changed


def _write(target: Path, content: bytes) -> None:
    fresh = target.with_name(f".{target.name}.new")
    fresh.write_bytes(content)
    fresh.chmod(0o644)
    fresh.replace(target)


def _forget(folder: Path, but: set[Path]) -> None:
    """Remove what was last in use, or made, before this machine started."""
    started_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    for old in folder.iterdir():
        if old.is_dir() and old not in but and old.stat().st_mtime < started_s:
            shutil.rmtree(old)


def _code(root: Path) -> Iterator[Path]:
    for folder in CODE:
        for file in sorted((root / folder).rglob("*")):
            # Virtual devices have no place on a terminal.
            if file.is_file() and "__pycache__" not in file.parts and not file.is_relative_to(root / "drivers" / "virtual"):
                yield file
