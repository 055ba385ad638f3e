"""The station file: one TOML document that makes a machine this terminal of this station.

``firmware_config/station.example.toml`` explains every line. Unknown keys are errors: a typing mistake must not become a default.
"""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from kiosk.domain.number import MAX_COUNTER

DEFAULT_STATION = Path("/etc/kiosk/station.toml")


class ConfigError(Exception):
    """The station file cannot be used; the text says which key and why."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StationSection(_Section):
    """Who and where this terminal is."""

    name: str = Field(min_length=2, max_length=40)
    terminal: str = Field(pattern=r"^\d{10}$", description="county code (6 digits) + running number (4 digits)")
    county: str = Field(pattern=r"^14\d{4}$")
    board: str = "landscape-10"
    phone: str = Field(
        default="", max_length=13, pattern=r"^[0-9-]*$", description="whom the public may ask, shown while issuing is paused"
    )
    nearest: str = Field(default="", max_length=24, description="where else certificates are issued, shown while issuing is paused")
    host: str = Field(max_length=11, pattern=r"^[a-z0-9.-]+$", description="host of the QR's address")
    clerk_pin: str = Field(pattern=r"^\d{6}$", repr=False)
    technician_pin: str = Field(
        default="", pattern=r"^(\d{6})?$", repr=False, description="empty: nobody gets to the device screen"
    )


class PathsSection(_Section):
    """Where things are. Relative paths count from the station file's folder."""

    state: Path = Field(description="ledger and journal of this terminal; the only folder that must survive")
    secrets: Path = Field(description="ledger.key, lookup.key, directory.key, signing.key")
    keys: Path = Field(description="the trusted key list")
    directory: Path = Field(description="folder of directory-N.db")
    agent: Path = Field(default=Path("/var/lib/kiosk-agent"), description="what the agent keeps: agent.db and files on their way")
    runtime: Path = Field(
        default=Path("/run/kiosk"), description="where the processes of the terminal meet: status, orders, sockets"
    )


class LabelSection(_Section):
    """The paper in the printer."""

    stock: Literal["60x80", "75x65", "80x60", "100x70", "roll58", "roll80"] = "60x80"


class PrinterSection(_Section):
    """``port`` empty: the first USB printer; ``tcp:ADDRESS:9100`` or ``/dev/ttyUSB0`` otherwise."""

    profile: str = "clone-80"
    port: str = ""


class ScaleSection(_Section):
    """``port`` empty: the first HID scale. Serial number, verification date and division (e, in kg) stand on the scale's plate."""

    profile: str = "hid"
    port: str = ""
    serial: str = ""
    verified_until: date | None = None
    division: Decimal | None = Field(default=None, gt=0, le=1)


class ReaderSection(_Section):
    """``port`` empty: the first USB SAM reader."""

    profile: str = "sam_usb"
    port: str = ""


class CameraSection(_Section):
    """``source``: a V4L2 index, ``path:`` and an ``ID_PATH``, or ``pictures:FOLDER``; empty for no camera. ``torch``: empty for the camera's own light, ``led:NAME``, ``off``."""

    source: str = ""
    torch: str = Field(default="", pattern=r"^(off|led:[A-Za-z0-9:._-]+)?$")


class ScannerSection(_Section):
    """A scanner that decodes by itself; ``profile`` empty for none. ``port``: event device, line, or USB port (empty: the first HID-POS scanner)."""

    profile: str = ""
    port: str = ""


MOST_SLOGANS = 3


def _split(slogans: object) -> object:
    return tuple(part.strip() for part in slogans.split("|") if part.strip()) if isinstance(slogans, str) else slogans


class RulesSection(_Section):
    """What the station decides, and the centre may set from afar under the same names (``rules.idle_s``).

    ``volume`` in percent of the usual loudness; ``idle_s``: seconds without a touch before 您还在吗; ``elder_first``: 大字 from the start of each
    visit; ``slogans`` come first on the attract page, a list, or one text with ``|`` between them.
    """

    signature_required: bool = True
    max_copies: int = Field(default=50, ge=1, le=255)
    speech: bool = True
    volume: int = Field(default=100, ge=10, le=200)
    unit_shown: Literal["公斤", "斤"] = "公斤"
    idle_s: int = Field(default=40, ge=20, le=300)
    elder_first: bool = False
    slogans: Annotated[
        tuple[Annotated[str, Field(min_length=2, max_length=24)], ...], Field(max_length=MOST_SLOGANS), BeforeValidator(_split)
    ] = ()


class FleetSection(_Section):
    """The way to the centre. Off, the terminal works alone and keeps everything until it is on.

    ``brokers`` are HOST:PORT, tried in order. Without ``ca`` only a broker on this machine is allowed (demonstrations). ``certificate`` and ``key``
    show who we are; a broker without client certificates gets the terminal's code and the password in ``password_file``.
    """

    enabled: bool = False
    brokers: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+:\d{1,5}$")], ...] = ()
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    password_file: Path | None = None
    centre_key: Path | None = Field(default=None, description="64 hex digits: whose jobs and files are obeyed")
    key_list_root: Path | None = Field(default=None, description="64 hex digits: who signs the trusted key list")
    secrets: Path | None = Field(default=None, description="where the agent has its copy of directory.key; empty: paths.secrets")
    files_url: str = Field(default="", pattern=r"^(https://[^?#]+/)?$", description="where announced files are fetched")
    keepalive_s: int = Field(default=60, ge=5, le=300)

    @model_validator(mode="after")
    def _whole(self) -> FleetSection:
        if self.enabled and (not self.brokers or self.centre_key is None):
            raise ValueError("enabled needs brokers and centre_key")
        if self.ca is None and any(broker.rpartition(":")[0] not in ("127.0.0.1", "localhost") for broker in self.brokers):
            raise ValueError("a broker on another machine needs ca")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together")
        return self


class IssuerSection(_Section):
    """The issuer as a process of its own (``python -m kiosk.issuing``). ``socket`` empty: the app keeps ledger and signing key itself.

    ``first_number``: where a new ledger begins that no centre has told which numbers are given; without it a terminal of a fleet waits for that word.
    ``users`` (names or numbers) may ask it to issue, ``agents`` may read what the centre must learn; its own user and root always may. ``state`` and
    ``secrets`` are the issuer's alone: ledger.db, and ledger.key, signing.key and a copy of directory.key.
    """

    socket: Path | None = Field(default=None, description="where the app asks; the agent's door is beside it")
    users: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    state: Path | None = Field(default=None, description="empty: paths.state")
    secrets: Path | None = Field(default=None, description="empty: paths.secrets")
    first_number: int | None = Field(
        default=None, ge=1, le=MAX_COUNTER, description="above every number that this terminal ever gave"
    )


class StationConfig(_Section):
    """The whole station file."""

    station: StationSection
    paths: PathsSection
    label: LabelSection = LabelSection()
    printer: PrinterSection = PrinterSection()
    scale: ScaleSection = ScaleSection()
    reader: ReaderSection = ReaderSection()
    camera: CameraSection = CameraSection()
    scanner: ScannerSection = ScannerSection()
    rules: RulesSection = RulesSection()
    fleet: FleetSection = FleetSection()
    issuer: IssuerSection = IssuerSection()

    @property
    def ledger_folder(self) -> Path:
        """Where ledger.db is: the only folder that must survive anything."""
        return self.issuer.state or self.paths.state

    @property
    def issuer_secrets(self) -> Path:
        """Where ledger.key and signing.key are."""
        return self.issuer.secrets or self.paths.secrets

    @property
    def events_folder(self) -> Path:
        """Where the agent finds the door to the ledger's events."""
        return self.paths.runtime if self.issuer.socket is None else self.issuer.socket.parent


def load_station(path: Path) -> StationConfig:
    """Read and check a station file. Raises ``ConfigError`` with the key and the reason."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        config = StationConfig.model_validate(raw)
    except FileNotFoundError as err:
        raise ConfigError(f"没有找到站点文件 {path}。请从 firmware_config/station.example.toml 抄一份，填好后再启动。") from err
    except tomllib.TOMLDecodeError as err:
        raise ConfigError(f"站点文件 {path} 写法不对：{err}") from err
    except ValidationError as err:
        first = err.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"站点文件 {path} 里的 {where} 不对：{first['msg']}") from err
    if not config.station.terminal.startswith(config.station.county):
        raise ConfigError(f"站点文件 {path} 里的 station.terminal 必须以县区码 {config.station.county} 开头")
    if config.station.technician_pin == config.station.clerk_pin:
        raise ConfigError(f"站点文件 {path} 里的 station.technician_pin 不能和 clerk_pin 一样")
    folder = path.resolve().parent
    paths = {name: _absolute(folder, getattr(config.paths, name)) for name in PathsSection.model_fields}
    fleet = {name: _absolute(folder, value) for name, value in config.fleet if isinstance(value, Path)}
    issuer = {name: _absolute(folder, value) for name, value in config.issuer if isinstance(value, Path)}
    return config.model_copy(
        update={
            "paths": PathsSection(**paths),
            "fleet": config.fleet.model_copy(update=fleet),
            "issuer": config.issuer.model_copy(update=issuer),
        }
    )


def _absolute(folder: Path, path: Path) -> Path:
    return path if path.is_absolute() else folder / path
