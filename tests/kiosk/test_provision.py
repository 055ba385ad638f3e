"""A new terminal gets its secrets: what is missing is made, what is there is never written over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kiosk import provision
from kiosk.credential.keylist import load_key_list
from kiosk.credential.secret_file import read_secret

LOOKUP = bytes(range(32))
STATION = """
[station]
name = "太谷区明星镇农产品服务站"
county = "140703"
terminal = "1407030031"
host = "q.sxnc.cn"
clerk_pin = "271828"
technician_pin = "161803"
[paths]
state = "state"
secrets = "app"
keys = "keys.json"
directory = "directory"
agent = "agent"
runtime = "run"
[issuer]
socket = "issuer.sock"
secrets = "issuer"
state = "issuer-state"
[fleet]
enabled = true
brokers = ["127.0.0.1:1883"]
centre_key = "centre.pub"
secrets = "fleet"
"""


@pytest.fixture
def station(tmp_path: Path) -> Path:
    file = tmp_path / "station.toml"
    file.write_text(STATION, encoding="utf-8")
    return file


@pytest.fixture
def lookup(tmp_path: Path) -> Path:
    file = tmp_path / "stick" / "lookup.key"
    file.parent.mkdir()
    file.write_bytes(LOOKUP)
    file.chmod(0o755)  # as on a memory stick
    return file


def provisioned(station: Path, *more: object) -> int:
    return provision.main(["--station", str(station), "--out", str(station.parent / "new-key.json"), *map(str, more)])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*.key"))}


def test_a_bare_terminal_gets_all_its_secrets_and_only_their_owner_may_read_them(
    station: Path, lookup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = station.parent
    assert provisioned(station, "--lookup-key", lookup, "--key-id", 7) == 1  # the key list is the centre's to give
    assert "密钥表" in capsys.readouterr().out
    assert read_secret(place / "app" / "lookup.key") == LOOKUP
    assert len({read_secret(place / name / "directory.key") for name in ("app", "issuer", "fleet")}) == 1
    assert read_secret(place / "issuer" / "ledger.key") != read_secret(place / "issuer" / "signing.key")
    assert not (place / "app" / "ledger.key").exists() and not (place / "fleet" / "signing.key").exists()
    public = load_key_list(place / "new-key.json")
    assert [key.terminal for key in public.keys.values()] == ["1407030031"] and 7 in public.keys


def test_when_the_key_list_has_come_nothing_is_missing(station: Path, lookup: Path) -> None:
    provisioned(station, "--lookup-key", lookup, "--key-id", 7)
    (station.parent / "centre.pub").write_text("00" * 32)
    assert provisioned(station, "--keys", station.parent / "new-key.json") == 0
    assert provisioned(station) == 0


def test_a_key_list_without_this_terminal_or_that_is_none_is_not_taken(
    station: Path, lookup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = station.parent
    provisioned(station, "--lookup-key", lookup, "--key-id", 7)
    strange = (place / "new-key.json").read_text(encoding="utf-8").replace("1407030031", "1407030032")
    for text, said in ((strange, "没有这台终端"), ("{}", "不是能用的密钥表")):
        (place / "list.json").write_text(text, encoding="utf-8")
        assert provisioned(station, "--keys", place / "list.json") == 1
        assert said in capsys.readouterr().out
    assert not (place / "keys.json").exists()


def test_what_the_terminal_could_not_read_is_not_called_ready(
    station: Path, lookup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = station.parent
    (place / "centre.pub").write_text("00" * 32)
    provisioned(station, "--lookup-key", lookup, "--key-id", 7)
    provisioned(station, "--keys", place / "new-key.json")
    (place / "issuer" / "ledger.key").write_bytes(b"half")
    assert provisioned(station) == 1
    assert "ledger.key" in capsys.readouterr().out
    (place / "issuer" / "ledger.key").write_bytes(LOOKUP)
    provision.write_secret(place / "issuer" / "signing.key", LOOKUP)
    assert provisioned(station) == 1
    assert "signing.key" in capsys.readouterr().out


def test_a_file_of_the_fleet_that_is_not_there_is_named(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    provisioned(station)
    assert "centre.pub" in capsys.readouterr().out


def test_called_again_it_makes_nothing_anew(station: Path, lookup: Path) -> None:
    provisioned(station, "--lookup-key", lookup, "--key-id", 7)
    before = contents(station.parent)
    assert len(before) == 7
    provisioned(station, "--lookup-key", lookup, "--key-id", 8)
    assert contents(station.parent) == before


def test_what_the_technician_has_not_brought_is_named_and_the_rest_is_made(
    station: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert provisioned(station) == 1
    said = capsys.readouterr().out
    assert "--lookup-key" in said and "--key-id" in said
    assert read_secret(station.parent / "issuer" / "ledger.key")


def test_a_ledger_without_its_key_gets_no_new_one(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (station.parent / "issuer-state").mkdir()
    (station.parent / "issuer-state" / "ledger.db").write_bytes(b"years of certificates")
    assert provisioned(station) == 2
    assert "不要新做" in capsys.readouterr().out
    assert contents(station.parent) == {}


def test_a_directory_key_that_is_there_is_shared_and_two_that_differ_stop_it(station: Path) -> None:
    place = station.parent
    provision.write_secret(place / "fleet" / "directory.key", LOOKUP)
    provisioned(station)
    assert read_secret(place / "app" / "directory.key") == LOOKUP
    provision.write_secret(place / "issuer" / "directory.key", LOOKUP[::-1])
    (place / "issuer" / "ledger.key").unlink()
    assert provisioned(station) == 2
    assert not (place / "issuer" / "ledger.key").exists()


@pytest.mark.parametrize("spoil", ["other", "short"])
def test_a_lookup_key_that_is_not_the_one_or_none_at_all_stops_it(station: Path, lookup: Path, spoil: str) -> None:
    if spoil == "other":
        provision.write_secret(station.parent / "app" / "lookup.key", LOOKUP[::-1])
    else:
        lookup.write_bytes(LOOKUP[:31])
    before = contents(station.parent)
    assert provisioned(station, "--lookup-key", lookup) == 2
    assert contents(station.parent) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_made_by_root_each_secret_belongs_to_its_folders_owner(station: Path) -> None:
    for number, name in enumerate(("app", "issuer", "fleet")):
        (station.parent / name).mkdir(mode=0o700)
        os.chown(station.parent / name, 4000 + number, 4100)
    provisioned(station, "--key-id", 1)
    owners = {str(file.relative_to(station.parent)): file.stat().st_uid for file in station.parent.rglob("*.key")}
    assert owners == {
        "app/directory.key": 4000,
        "issuer/directory.key": 4001,
        "issuer/ledger.key": 4001,
        "issuer/signing.key": 4001,
        "fleet/directory.key": 4002,
    }


def test_a_station_file_that_cannot_be_used_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert provisioned(tmp_path / "station.toml") == 2
    assert "station.toml" in capsys.readouterr().out
