"""The machine's disk: a Debian 12 with its kernel, the product installed as on a terminal, and what the tests need.

Made in a folder first (kept, so that a change of the code alone is quick), then written into one ext4 file without mounting anything.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tools.vm.errors import MachineError

SUITE = "bookworm"
DISK_BYTES = 8 << 30
BASE = [
    "ca-certificates",
    "dbus",
    "iproute2",
    "iputils-ping",
    "kmod",
    "libpam-systemd",
    "nftables",
    "openssh-server",
    "python3",
    "systemd-sysv",
    "systemd-timesyncd",
    "udev",
    "usbutils",
    "v4l-utils",
]
KERNEL = "linux-image-amd64"
BORROWED = ("etc/resolv.conf", "etc/pip.conf", "etc/ssl/certs/ca-certificates.crt")
"""How this machine reaches its packages: the one that is built reaches them the same way, and if it is of the same suite from the same place."""
FILES = {
    "etc/hostname": "kiosk-vm\n",
    "etc/fstab": "/dev/vda / ext4 noatime 0 1\nsrc /src 9p ro,trans=virtio,msize=512000,cache=none,nofail 0 0\n",
    "etc/systemd/network/80-dhcp.network": "[Match]\nName=en*\n\n[Network]\nDHCP=yes\n",
    "etc/modules-load.d/kiosk-vm.conf": "9pnet_virtio\nvhci-hcd\n",
}
PARTS = 4
"""Raise it when what this file makes changes."""


def build(root: Path, place: Path) -> None:
    """Make what is not made yet. Raises MachineError."""
    place.mkdir(parents=True, exist_ok=True)
    tree = place / "tree"
    code = ("requirements-terminal.lock", "firmware_config", "kiosk", "drivers", "systemd", "tools/terminal.py")
    steps: list[tuple[str, str, Callable[[], None]]] = [
        ("base", _key(root), lambda: _make_base(root, place, tree)),
        ("product", _key(root, *code), lambda: _inside(tree, root, "/src/tools/dev install")),
        ("tests", _key(root, "requirements.lock"), lambda: _make_tests(root, tree)),
    ]
    with (place / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        anew = False
        for name, key, make in steps:
            stamp = place / f"{name}.stamp"
            if not anew and stamp.is_file() and stamp.read_text(encoding="ascii") == key:
                continue
            if os.geteuid() != 0:
                raise MachineError("the machine's disk is built as root: sudo tools/dev vm build")
            anew = anew or name == "base"
            stamp.unlink(missing_ok=True)
            (place / "disk.img").unlink(missing_ok=True)
            _say(f"{name}: this takes a minute or more")
            make()
            stamp.write_text(key, encoding="ascii")
        if not (place / "disk.img").is_file():
            _say("writing the disk")
            _write_disk(place, tree)


def _make_base(root: Path, place: Path, tree: Path) -> None:
    """A bare Debian with a kernel; what the terminal needs is the installation's business."""
    shutil.rmtree(tree, ignore_errors=True)
    _call(["debootstrap", "--variant=minbase", f"--include={','.join(BASE)}", SUITE, str(tree)])
    alike = f"VERSION_CODENAME={SUITE}" in Path("/etc/os-release").read_text(encoding="utf-8").split()
    for name in (*BORROWED, "etc/apt") if alike else BORROWED:
        source, target = Path("/") / name, tree / name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
        elif source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copyfile(source, target)
    for name, text in FILES.items():
        (tree / name).write_text(text, encoding="utf-8")
    (tree / "src").mkdir()
    install = "DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"
    _inside(tree, root, f"apt-get update -q && {install} {KERNEL} && systemctl enable systemd-networkd ssh")
    key = place / "key"
    key.unlink(missing_ok=True)
    _call(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)])
    (tree / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(key.with_suffix(".pub"), tree / "root/.ssh/authorized_keys")


def _make_tests(root: Path, tree: Path) -> None:
    """The environment of the tests; the product has its own."""
    pip = "/opt/tests/bin/pip install -q --disable-pip-version-check --no-deps --require-hashes -r /src/requirements.lock"
    _inside(tree, root, f"python3 -m venv --clear /opt/tests && {pip}")


def _write_disk(place: Path, tree: Path) -> None:
    disk = place / "disk.img.new"
    with disk.open("wb") as file:
        file.truncate(DISK_BYTES)
    _call(["mke2fs", "-q", "-F", "-t", "ext4", "-d", str(tree), str(disk)])
    for name in ("vmlinuz", "initrd.img"):
        shutil.copyfile(tree / name, place / name)
    disk.replace(place / "disk.img")


def _inside(tree: Path, root: Path, script: str) -> None:
    """Run a script in the tree with mounts and processes of its own; the checkout is /src."""
    mounts = (
        f"mount --make-rprivate / && mount -t proc proc {tree}/proc && mount --rbind /dev {tree}/dev && mount -t tmpfs tmpfs {tree}/tmp && "
        f"mount --bind {root} {tree}/src && mount -o remount,bind,ro {tree}/src"
    )
    clean = "env -i HOME=/root TERM=dumb LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    trust = "PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_DEFAULT_TIMEOUT=180"
    own = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c"]
    _call([*own, f'{mounts} && exec chroot {tree} {clean} {trust} sh -ec "$1"', "sh", script])


def _call(command: list[str]) -> None:
    """Run it quietly; its last words only if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        said = "\n".join(done.stdout.decode("utf-8", "replace").splitlines()[-30:])
        raise MachineError(f"{said}\nfailed ({done.returncode}): {' '.join(command)[:300]}")


def _key(root: Path, *names: str) -> str:
    digest = hashlib.sha256(f"{PARTS} {BASE} {FILES}".encode())
    for name in names:
        path = root / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _say(text: str) -> None:
    print(f"> {text}", file=sys.stderr, flush=True)
