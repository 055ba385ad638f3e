"""What any bytes may do to a codec: be garbage, never crash it, never fill it, never pass a wrong checksum.

``TARGETS`` maps a name to ``(target, seeds)``; a target takes bytes and raises only when a promise is broken. The first byte sets how the rest is cut
into reads. ``FAMILIES`` puts the targets of a family behind one: the byte before all says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from operator import xor

from drivers.hotplug import parse_uevent
from drivers.idcard.sam import MAX_FRAME_BYTES, PREAMBLE, Reply, SamDecoder, card_text, module_id
from drivers.idcard.text_block import UnreadableText, parse_card
from drivers.printer.readback import read_back
from drivers.printer.status import MAX_BLOCK_BYTES, AutoStatus, ReplyDecoder, condition_of_answers, condition_of_auto_status
from drivers.printer.streams import ReadBackError
from drivers.printer.tspl_wire import condition_of
from drivers.scale.codec import MAX_RAW, Garbage
from drivers.scale.hid import HidScaleCodec
from drivers.scale.profile import load_profiles
from drivers.scale.record import ScaleReading
from drivers.scanner.hid_pos import HidPosAssembler, layout_of
from drivers.scanner.serial_lines import SerialAssembler
from drivers.scanner.text import MAX_CHARACTERS, clean
from drivers.scanner.wedge import WedgeAssembler

Target = Callable[[bytes], None]
_LONGEST_HELD = 64


class Broken(AssertionError):
    """A promise of a codec was broken."""


def promise(is_kept: bool, what: str) -> None:
    """Raise when it is not."""
    if not is_kept:
        raise Broken(what)


def chunks(data: bytes) -> Iterator[bytes]:
    """The bytes as reads of the size that the first byte says."""
    size, rest = (data[0] % 64 + 1, data[1:]) if data else (1, b"")
    return (rest[start : start + size] for start in range(0, len(rest), size))


# ---- ID cards -----------------------------------------------------------------------------------------------------------------


def sam(data: bytes) -> None:
    """Frames of the module."""
    decoder = SamDecoder()
    replies = []
    for chunk in chunks(data):
        replies += [event for event in decoder.feed(chunk) if isinstance(event, Reply)]
        promise(decoder.pending <= MAX_FRAME_BYTES, "bounded")
    for reply in replies:
        promise(any(reply.data == good for good in _good_sam_bodies(data[1:])), "checksum")
        card_text(reply)
        module_id(reply)


def _good_sam_bodies(data: bytes) -> Iterator[bytes]:
    at = data.find(PREAMBLE)
    while at >= 0:
        length = int.from_bytes(data[at + 5 : at + 7], "big")
        frame = data[at + 5 : at + 7 + length]
        if len(frame) == 2 + length and length >= 4 and reduce(xor, frame) == 0:
            yield frame[5:-1]
        at = data.find(PREAMBLE, at + 1)


def text_block(data: bytes) -> None:
    """The text of a card."""
    block = data[:256].ljust(256, b" ")
    try:
        card = parse_card(block, data[256:326] if len(data) >= 326 else b"")
    except UnreadableText:
        return
    promise(bool(card.name and card.number), "name and number")
    "".join((card.name, card.number, card.address, card.authority)).encode("utf-8")
    promise(card.name not in repr(card) or len(card.name) < 2, "repr tells nothing")


# ---- scales -------------------------------------------------------------------------------------------------------------------


def scale(name: str) -> Target:
    """The codec of one profile."""
    profile = load_profiles()[name]

    def target(data: bytes) -> None:
        codec = profile.codec()
        heard = b""
        for chunk in chunks(data):
            heard += chunk
            for event in codec.feed(chunk):
                if isinstance(event, Garbage):
                    promise(len(event.raw) <= MAX_RAW, "garbage is cut")
                if isinstance(event, ScaleReading):
                    promise(event.raw in heard, "raw is what came")
                    promise(not event.checked or _is_right(profile.protocol, event.raw), "checksum")
            if not isinstance(codec, HidScaleCodec):
                promise(codec.held <= _LONGEST_HELD, "bounded")

    return target


def _is_right(protocol: str, raw: bytes) -> bool:
    """A second opinion on checksums."""
    match protocol:
        case "toledo_continuous":
            return sum(byte & 0x7F for byte in raw) % 128 == 0
        case "cas" | "fixed_frame":
            return reduce(xor, raw[2:-3]) == raw[-3]
        case "xk3190_stx" | "xk3190_command":
            high, low = (byte - 0x30 if byte < 0x40 else byte - 0x37 for byte in raw[-3:-1])
            return reduce(xor, raw[1:-3]) == high * 16 + low
        case "xk3190_a12":
            return f"{reduce(xor, raw[:-2]):02X}" == raw[-2:].decode("ascii")
        case _:
            return False


# ---- printers -----------------------------------------------------------------------------------------------------------------


def printer_status(data: bytes) -> None:
    """Replies of ESC/POS and TSPL printers."""
    decoder = ReplyDecoder()
    for chunk in chunks(data):
        for event in decoder.feed(chunk):
            if isinstance(event, AutoStatus):
                condition_of_auto_status(event.block)
        promise(len(decoder._block) <= MAX_BLOCK_BYTES and len(decoder._auto) <= 4, "bounded")
    decoder.flush()
    promise(decoder.is_between, "flush forgets")
    condition_of_answers(dict(enumerate(data[:4], start=1)))
    condition_of(data[0] if data else 0)


def printer_stream(data: bytes) -> None:
    """Finished streams, ESC/POS and TSPL."""
    for stream in (data, b"\x1b\x40" + data, b"\r\nSIZE " + data):
        try:
            picture = read_back(stream)
        except ReadBackError:
            continue
        promise(len(picture.data) <= len(stream), "no dot from nowhere")


# ---- scanners and the machine -------------------------------------------------------------------------------------------------


def codes(make: Callable[[bytes], HidPosAssembler | SerialAssembler | WedgeAssembler]) -> Target:
    """A scanner that decodes by itself."""

    def target(data: bytes) -> None:
        assembler = make(data)
        for place, chunk in enumerate(chunks(data)):
            for text in assembler.feed(chunk, place / 50) + assembler.tick(place / 50 + 0.01):
                promise(bool(text) and text == clean(text) and len(text) <= MAX_CHARACTERS, "clean")
            promise(assembler.held <= MAX_CHARACTERS + 512, "bounded")

    return target


def uevent(data: bytes) -> None:
    """Datagrams of the kernel."""
    event = parse_uevent(data)
    promise(event is None or event.path.startswith("/"), "path")


_TOLEDO = bytes.fromhex("022D302020203132353020202020203 00D1C".replace(" ", ""))
_SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "sam": (bytes.fromhex("3FAAAAAA96690004000080 84".replace(" ", "")), bytes.fromhex("07AAAAAA9669000800009F0000000097")),
    "text_block": ("张三".encode("utf-16-le") + b" \0" * 126,),
    "toledo_continuous": (b"\x11" + _TOLEDO * 2,),
    "xk3190_stx": (bytes.fromhex("0B022B303031323530333145030 22B30303132353033314503".replace(" ", "")),),
    "xk3190_command": (bytes.fromhex("0D0241422B30303132353033314403"),),
    "cas_stream_15": (bytes.fromhex("0E0102532030312E3235306B67670304"),),
    "cas": (bytes.fromhex("01060102532030312E3235306B67670304"),),
    "cas_stream": (bytes.fromhex("0F0102532020 20312E3235306B67570304".replace(" ", "")),),
    "dahua": (bytes.fromhex("0F0102532020 20312E3235306B67570304".replace(" ", "")),),
    "dahua_15": (bytes.fromhex("0E0102532030312E3235306B67670304"),),
    "xk3190_a12": (b"\x0fx\r\nWG004.139kg3D\r\n         OL23\r\n",),
    "xk3190_a12_plain": (b"\x0fx\r\nww000.000lb\r\nwn-000.1kg\r\n",),
    "xk3190_equals": (b"\x0f=0001.253=-0001.00=",),
    "xk3190_equals_reversed": (b"\x0f=352.1000=00.1000-=",),
    "nci": (b"\x0f\n01.250KG\r\nS00\r\x03\nS10\r\x03\n01.250KG\r\n0p4\r\x03",),
    "ohaus": (b"\x14x\r\n    1.250 kg    G  \r\n",),
    "toledo_8217": (bytes.fromhex("0702302E3235300D023F610D"),),
    "mt_sics": (b"\x0fx\r\nS S    100.00 g\r\nS D     99.98 g\r\n",),
    "and_standard": (b"\x0fx\r\nST,+00123.45  g\r\n",),
    "excell": (b"\x0fx\r\nST,GS,+001.250kg\r\n",),
    "hid": (bytes.fromhex("05030403FDE204030403FDE204"),),
    "printer_status": (bytes.fromhex("00121612181800 0C00372241424344 00".replace(" ", "")),),
    "printer_stream": (bytes.fromhex("1D76300002000200800000011D564200"),),
    "hid_pos": (bytes.fromhex("3F02055D5131") + b"HELLO" + bytes(54),),
    "serial": (b"\x02AB\r\nCD\r\n",),
    "uevent": (b"add@/devices/x\0SUBSYSTEM=usb\0",),
}


def _targets() -> Iterator[tuple[str, Target]]:
    yield "sam", sam
    yield "text_block", text_block
    for name in load_profiles():
        yield name, scale(name)
    yield "printer_status", printer_status
    yield "printer_stream", printer_stream
    yield "wedge", codes(lambda _: WedgeAssembler())
    yield "hid_pos", codes(lambda data: HidPosAssembler(layout_of(data)))
    yield "serial", codes(lambda _: SerialAssembler())
    yield "uevent", uevent


TARGETS: Mapping[str, tuple[Target, tuple[bytes, ...]]] = {
    name: (target, _SEEDS.get(name, (b"\x07",))) for name, target in _targets()
}


FAMILIES: Mapping[str, tuple[str, ...]] = {
    "idcard": ("sam", "text_block"),
    "scale": tuple(load_profiles()),
    "printer": ("printer_status", "printer_stream"),
    "scanner": ("wedge", "hid_pos", "serial", "uevent"),
}


def family(name: str) -> Target:
    """All targets of a family, by the first byte."""
    members = [TARGETS[member][0] for member in FAMILIES[name]]

    def target(data: bytes) -> None:
        if data:
            members[data[0] % len(members)](data[1:])

    return target


def seeds_of(name: str) -> list[bytes]:
    """Where a search begins: worked frames of a target or of a whole family."""
    if name in TARGETS:
        return list(TARGETS[name][1])
    return [bytes([place]) + seed for place, member in enumerate(FAMILIES[name]) for seed in TARGETS[member][1]]
