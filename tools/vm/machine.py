"""One QEMU with the disk of ``tools.vm.image``: started, asked by ssh, ended. Software emulation unless the processor can do better."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tools.vm.errors import MachineError

MEMORY_MB = 2560
UP_S = 420.0
"""Software emulation on a busy machine boots in one to three minutes."""


class Machine:
    """One machine of the folder's disk, by name; each name runs at most once. ``<name>/console.log`` keeps what its kernel said."""

    def __init__(self, place: Path, root: Path, name: str = "machine") -> None:
        self._place = place
        self._root = root
        self._own = place / name
        self._facts = self._own / "running.json"

    def start(self, *, timeout_s: float = UP_S) -> None:
        """Boot with a fresh disk and wait until it is up. Raises MachineError."""
        if self._pid() is not None:
            raise MachineError("it is running already: tools/dev vm stop")
        self._own.mkdir(exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with (self._own / "qemu.log").open("wb") as log:
            child = subprocess.Popen(self._command(port), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self._facts.write_text(json.dumps({"pid": child.pid, "port": port}), encoding="ascii")
        deadline = time.monotonic() + timeout_s
        while self._ssh(["true"], quiet=True) != 0:
            if child.poll() is not None:
                said = (self._own / "qemu.log").read_text(encoding="utf-8", errors="replace")
                raise MachineError(f"the machine ended: {said.strip()[-500:]}")
            if time.monotonic() > deadline:
                self.stop()
                raise MachineError(f"the machine did not come up; its console: {self._own / 'console.log'}")
            time.sleep(2)

    def run(self, command: Sequence[str]) -> int:
        """Run a command in it, in the checkout; its exit code."""
        if self._pid() is None:
            raise MachineError("no machine runs: tools/dev vm start")
        inside = f"cd /src && PYTHONPATH=/src PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8 {shlex.join(command)}"
        return self._ssh([inside])

    def stop(self) -> None:
        """Pull its plug. May be called twice."""
        pid = self._pid()
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + 10
            while self._pid() is not None and time.monotonic() < deadline:
                time.sleep(0.1)
        self._facts.unlink(missing_ok=True)

    def _command(self, port: int) -> list[str]:
        place = self._place
        return [
            "qemu-system-x86_64",
            *("-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", str(MEMORY_MB), "-smp", "2"),
            *("-display", "none", "-vga", "none", "-monitor", "none", "-serial", f"file:{self._own / 'console.log'}", "-no-reboot"),
            *("-device", "virtio-gpu-pci,xres=1280,yres=800", "-device", "qemu-xhci", "-device", "usb-tablet"),
            *("-qmp", f"unix:{self._own / 'qmp.sock'},server=on,wait=off"),
            *("-kernel", str(place / "vmlinuz"), "-initrd", str(place / "initrd.img")),
            *("-append", "root=/dev/vda rw console=ttyS0 systemd.show_status=0 loglevel=4"),
            *("-drive", f"file={place / 'disk.img'},format=raw,if=virtio,snapshot=on"),
            *("-virtfs", f"local,path={self._root},mount_tag=src,security_model=none,readonly=on"),
            *("-nic", f"user,model=virtio-net-pci,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22"),
        ]

    def _ssh(self, command: Sequence[str], *, quiet: bool = False) -> int:
        facts = json.loads(self._facts.read_text(encoding="ascii"))
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "ConnectTimeout=20")
        ssh = ["ssh", "-i", str(self._place / "key"), "-p", str(facts["port"])]
        ssh += [part for option in options for part in ("-o", option)]
        hush = subprocess.DEVNULL if quiet else None
        try:
            whole = [*ssh, "root@127.0.0.1", *command]
            patience_s = 40 if quiet else None
            return subprocess.run(whole, stdin=subprocess.DEVNULL, stderr=hush, timeout=patience_s, check=False).returncode
        except subprocess.TimeoutExpired:
            return 255

    def _pid(self) -> int | None:
        """The running QEMU of this name."""
        if not self._facts.is_file():
            return None
        pid = int(json.loads(self._facts.read_text(encoding="ascii"))["pid"])
        try:
            name = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return None
        return pid if name.startswith(b"qemu-system") else None
