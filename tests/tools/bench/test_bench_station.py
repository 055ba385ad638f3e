"""The throw-away station: a file the terminal takes, keys that say demo, a directory that knows the bench's people."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from drivers.idcard.profile import reader_profile
from drivers.printer.profile import printer_profile
from drivers.scale.profile import scale_profile
from kiosk.config import PrinterSection, ReaderSection, ScaleSection, load_station
from kiosk.credential.keylist import load_key_list
from kiosk.credential.signer import read_secret
from kiosk.directory.reader import Directory
from kiosk.domain.identity import id_number_hash
from kiosk.issuing.signing import load_label_signer
from kiosk.label.stock import STOCKS
from tools.bench.people import person
from tools.bench.station import head_dots, make_demo_station

EXAMPLE = Path(__file__).resolve().parents[3] / "firmware_config" / "station.example.toml"


def test_the_station_signs_with_a_key_that_its_list_marks_demo(tmp_path: Path) -> None:
    config = load_station(make_demo_station(tmp_path / "station"))
    (key,) = load_key_list(config.paths.keys).keys.values()
    signer = load_label_signer(config.paths.secrets / "signing.key", [key], config.station.host)
    assert key.demo and signer.is_demo and key.county == config.station.county


def test_only_its_owner_can_read_the_secrets(tmp_path: Path) -> None:
    config = load_station(make_demo_station(tmp_path / "station"))
    files = sorted(config.paths.secrets.iterdir())
    assert [file.name for file in files] == ["directory.key", "ledger.key", "lookup.key", "signing.key"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len({file.read_bytes() for file in files}) == 4 and all(len(file.read_bytes()) == 32 for file in files)


def test_the_directory_knows_the_people_of_the_bench_and_neighbours(tmp_path: Path) -> None:
    config = load_station(make_demo_station(tmp_path / "station"))
    directory = Directory.open(config.paths.directory, read_secret(config.paths.secrets / "directory.key"))
    lookup_key = read_secret(config.paths.secrets / "lookup.key")

    def names(key: str) -> set[str]:
        return {subject.name for subject in directory.by_person(id_number_hash(person(key).card.number, lookup_key))}

    try:
        assert names("wang") == {"太谷区建国蔬菜专业合作社"}
        assert names("zhao") == {"太谷区德厚家庭农场", "赵德厚"}
        assert names("sun") == set()
        assert directory.count > 100
    finally:
        directory.close()


def test_making_it_again_keeps_secrets_list_and_directory_but_takes_the_new_wishes(tmp_path: Path) -> None:
    folder = tmp_path / "station"
    make_demo_station(folder)
    kept = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file() and file.name != "station.toml"}
    config = load_station(
        make_demo_station(folder, board="portrait-21", stock="100x70", serial_scale="xk3190_stx", tcp_port=0, audible=True)
    )
    assert {file: file.read_bytes() for file in kept} == kept
    assert (config.station.board, config.label.stock, config.printer.port) == ("portrait-21", "100x70", "tcp:127.0.0.1:9100")
    assert (config.scale.profile, config.scale.port, config.rules.speech) == ("xk3190_stx", str(tmp_path / "scale-tty"), True)
    assert config.camera.source == f"pictures:{tmp_path / 'camera'}"


@pytest.mark.parametrize("stock", sorted(STOCKS))
def test_every_stock_gets_a_printer_whose_head_burns_it(tmp_path: Path, stock: str) -> None:
    config = load_station(make_demo_station(tmp_path / "station", stock=stock))
    assert printer_profile(config.printer.profile).head_dots == head_dots(stock) >= STOCKS[stock].width_dots


def test_profiles_named_by_default_and_in_the_example_exist() -> None:
    example = load_station(EXAMPLE)
    for printer in (PrinterSection(), example.printer):
        assert printer_profile(printer.profile)
    for scale in (ScaleSection(), example.scale):
        assert scale_profile(scale.profile)
    for reader in (ReaderSection(), example.reader):
        assert reader_profile(reader.profile)
