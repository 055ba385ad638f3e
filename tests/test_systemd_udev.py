"""The udev rules say what udev understands, give the app the devices its drivers look for, and nobody anything else.

Source: udev(7) for the grammar. What the kernel and udev really make of them is seen in ``tests/vm/``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from drivers.idcard.profile import reader_profiles
from drivers.printer.finder import PRINTER_CLASS

SYSTEMD = Path(__file__).parents[1] / "systemd"
RULES = SYSTEMD / "udev" / "60-kiosk.rules"
_TERM = re.compile(r'([A-Z]+)(?:\{([^}]+)\})?(==|!=|\+=|-=|:=|=)"([^"]*)"')
_MATCHES = {"ACTION", "SUBSYSTEM", "SUBSYSTEMS", "DRIVERS", "ENV", "ATTR", "KERNEL"}
_SETS = {"GROUP", "MODE", "ENV", "GOTO", "LABEL", "RUN"}

Term = tuple[str, str, str, str]


def terms_of_lines() -> Iterator[list[Term]]:
    """Every rule as (key, attribute, operator, value); fails for what is no rule."""
    for line in RULES.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            parts = re.split(r",\s*", line)
            found = [_TERM.fullmatch(part) for part in parts]
            assert all(found), line
            yield [(m[1], m[2] or "", m[3], m[4]) for m in found if m is not None]


def rights_of(device: Mapping[str, str]) -> dict[str, str]:
    """What the rules set for a device: its facts are ``ACTION``, ``SUBSYSTEM``, ``ENV{..}``, ``ATTR{..}``, ``DRIVERS``."""
    facts, given, skip_to = {"ACTION": "add", **device}, {}, ""
    for terms in terms_of_lines():
        label = next((value for key, _, _, value in terms if key == "LABEL"), "")
        if skip_to and label != skip_to:
            continue
        skip_to = ""
        named = [(f"{key}{{{attribute}}}" if attribute else key, operator, value) for key, attribute, operator, value in terms]
        if all(_fits(facts.get(name, ""), operator, value) for name, operator, value in named if operator in ("==", "!=")):
            skip_to = next((value for name, _, value in named if name == "GOTO"), "")
            given.update({name: value for name, operator, value in named if operator == "=" and name not in ("GOTO", "LABEL")})
    return given


def _fits(fact: str, operator: str, pattern: str) -> bool:
    return any(fnmatchcase(fact, one) for one in pattern.split("|")) is (operator == "==")


def usb(interfaces: str, ids: str = "1234:5678") -> dict[str, str]:
    """A USB device as udev's own ``usb_id`` tells it."""
    vendor, product = ids.split(":")
    count = f"{interfaces.count(':') - 1:2d}"
    about = {"ENV{DEVTYPE}": "usb_device", "ENV{ID_USB_INTERFACES}": interfaces}
    return {"SUBSYSTEM": "usb", **about, "ATTR{idVendor}": vendor, "ATTR{idProduct}": product, "ATTR{bNumInterfaces}": count}


def test_every_line_is_a_rule_of_known_words() -> None:
    labels, jumps = set(), set()
    for terms in terms_of_lines():
        for key, _, operator, value in terms:
            assert key in (_MATCHES if operator in ("==", "!=") else _SETS), (key, operator)
            labels |= {value} if key == "LABEL" else set()
            jumps |= {value} if key == "GOTO" else set()
    assert jumps == labels


def test_udev_itself_finds_no_mistake() -> None:
    udevadm = shutil.which("udevadm")
    knows = udevadm and subprocess.run([udevadm, "verify", "--help"], capture_output=True, check=False, timeout=30).returncode == 0
    if not udevadm or not knows:
        pytest.skip("udevadm verify is not here (it came with systemd 254)")
    done = subprocess.run([udevadm, "verify", str(RULES)], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_a_rule_runs_is_there_on_every_debian() -> None:
    run = [value.split()[0] for terms in terms_of_lines() for key, _, _, value in terms if key == "RUN"]
    assert run and set(run) <= {"/bin/chgrp", "/bin/chmod"}


def test_every_reader_of_the_profiles_is_the_apps_to_take() -> None:
    ids = {pair for profile in reader_profiles().values() for pair in profile.usb_ids}
    assert ids
    for vendor, product in ids:
        given = rights_of(usb(":ff0000:", f"{vendor:04x}:{product:04x}"))
        assert given == {"GROUP": "plugdev", "MODE": "0660"}


@pytest.mark.parametrize(
    ("interfaces", "group"),
    [
        (":030000:", "plugdev"),  # a scale, a point-of-sale scanner
        (":030101:030000:", "plugdev"),  # a scanner with both ways
        (f":{PRINTER_CLASS:02x}0102:", "lp"),
        (f":{PRINTER_CLASS:02x}0103:ff0000:", "lp"),
        (f":{PRINTER_CLASS:02x}ff02:", "lp"),
    ],
)
def test_what_the_finders_look_for_belongs_to_a_group_of_the_app(interfaces: str, group: str) -> None:
    [groups] = [
        line.partition("=")[2].split()
        for line in (SYSTEMD / "kiosk-app.service").read_text(encoding="utf-8").splitlines()
        if line.startswith("SupplementaryGroups=")
    ]
    assert group in groups
    assert rights_of(usb(interfaces)) == {"GROUP": group, "MODE": "0660"}


@pytest.mark.parametrize("interfaces", [":030101:", ":030102:", ":080650:", ":ff0000:", ":e00101:", ":0b0000:", ":090000:"])
def test_other_devices_stay_the_systems(interfaces: str) -> None:
    assert rights_of(usb(interfaces)) == {}


def test_nobody_but_the_app_is_in_the_groups_of_its_devices() -> None:
    given = {value for terms in terms_of_lines() for key, _, operator, value in terms if key == "GROUP"}
    for unit in ("kiosk-agent.service", "kiosk-issuer.service", "kiosk-failure@.service"):
        text = (SYSTEMD / unit).read_text(encoding="utf-8")
        groups = re.findall(r"^(?:Group|SupplementaryGroups)=(.*)$", text, re.MULTILINE)
        assert not given & {group for line in groups for group in line.split()}


def test_a_line_is_left_alone_by_the_modem_manager_and_a_modem_is_not() -> None:
    assert rights_of(usb(":020201:0a0000:")) == {"ENV{ID_MM_DEVICE_IGNORE}": "1"}
    assert rights_of(usb(":0202ff:0a0000:020600:0a0000:")) == {}
    for driver in ("ch341", "cp210x", "ftdi_sio", "pl2303"):
        line = {"SUBSYSTEM": "tty", "SUBSYSTEMS": "usb", "DRIVERS": driver}
        assert rights_of(line) == {"ENV{ID_MM_PORT_IGNORE}": "1"}
    assert rights_of({"SUBSYSTEM": "tty", "SUBSYSTEMS": "usb", "DRIVERS": "option"}) == {}


def test_a_device_that_leaves_is_nobodys() -> None:
    assert rights_of(usb(":070102:") | {"ACTION": "remove"}) == {}
