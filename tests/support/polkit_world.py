"""``unshare --mount python -m support.polkit_world RULES FOLDER``: a real polkitd with our rules on a bus of its own, in mounts that only we see.

Reads questions as JSON from standard input, ``[[user id, action, {detail: value}], ...]``, and answers with the exit codes of pkcheck:
0 yes, 1 no, 2 only with a password. Users 64001 and 64002 are ``kiosk-agent`` and ``kiosk``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

POLKITD = Path("/usr/lib/polkit-1/polkitd")
_RULES, _PASSWD = Path("/etc/polkit-1/rules.d"), Path("/etc/passwd")
_USERS = "kiosk-agent:x:64001:64001::/:/usr/sbin/nologin\nkiosk:x:64002:64001::/:/usr/sbin/nologin\n"


def main(rules: str, place: str) -> None:
    folder = Path(place)
    folder.chmod(0o755)
    shutil.copytree(rules, folder / "rules", copy_function=shutil.copyfile)
    (folder / "passwd").write_text(_PASSWD.read_text(encoding="utf-8") + _USERS, encoding="utf-8")
    for path in (folder / "rules", *(folder / "rules").iterdir(), folder / "passwd"):
        path.chmod(0o755)
    _RULES.mkdir(parents=True, exist_ok=True)
    _run("mount", "--make-rprivate", "/")
    _run("mount", "--bind", folder / "rules", _RULES)
    _run("mount", "--bind", folder / "passwd", _PASSWD)
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = address = f"unix:path={folder / 'bus'}"
    bus = ("dbus-daemon", "--config-file=/usr/share/dbus-1/system.conf", f"--address={address}", "--nofork", "--nopidfile")
    with ExitStack() as stack:
        for command in (bus, (str(POLKITD), "--no-debug")):
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(process.wait, 10)
            stack.callback(process.terminate)
        _wait_for("org.freedesktop.PolicyKit1")
        sys.stdout.write(json.dumps([_ask(*question) for question in json.load(sys.stdin)]))


def _ask(user: int, action: str, details: dict[str, str]) -> int:
    command = ("setpriv", f"--reuid={user}", "--regid=64001", "--clear-groups", "sleep", "60")
    with subprocess.Popen(command) as asking:
        while os.stat(f"/proc/{asking.pid}").st_uid != user:  # noqa: PTH116
            time.sleep(0.01)
        told = [part for name, value in details.items() for part in ("--detail", name, value)]
        checked = ["pkcheck", "--process", str(asking.pid), "--action-id", action, *told]
        code = subprocess.run(checked, capture_output=True, check=False, timeout=20).returncode
        asking.kill()
    return code


def _wait_for(name: str) -> None:
    call = ("dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetNameOwner")
    until = time.monotonic() + 20
    while subprocess.run([*call, f"string:{name}"], capture_output=True, check=False).returncode != 0:
        if time.monotonic() > until:
            raise RuntimeError(f"{name} does not come")
        time.sleep(0.05)


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
