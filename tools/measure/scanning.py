"""Reading codes: the terminal's cascade beside each engine alone, on the same drawn frames in the same run.

A scene is a code held before the camera in one way (turned, tilted, blurred, noisy, dim, mirrored lamp, inverted) for ``_FRAMES`` frames with fresh
noise; a reader has read it when one of the frames gave the right text. Every reader gets every frame as the same grey picture.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp
from pyzbar import pyzbar

from drivers.scanner.decode import Cascade
from drivers.virtual.camera import Look, VirtualCamera
from tools.measure.row import Row, against_floor

Grey = npt.NDArray[np.uint8]
Reader = Callable[[Grey], str]

_FRAMES = 4
_LABEL = "https://hgz.cn/" + "".join(random.Random(7).choice("0123456789") for _ in range(241))
_SHORT = "https://hgz.cn/8A31"
_TURNED = (Look(), Look(tilt_deg=20), Look(tilt_deg=45), Look(tilt_deg=200, perspective=0.2), Look(perspective=0.35))
_HARD = (
    Look(blur=1.5),
    Look(blur=2.5),
    Look(noise=25),
    Look(noise=50),
    Look(light=0.25, noise=8),
    Look(glare=0.8),
    Look(inverted=True),
)
_MIXED = (
    Look(tilt_deg=12, perspective=0.25, blur=1.2, noise=15),
    Look(tilt_deg=-30, perspective=0.15, light=0.4, noise=12, glare=0.5),
)
_QR_ONLY = zxingcpp.barcode_formats_from_str("QRCode")


def rows() -> list[Row]:
    """How many scenes are read, against the best engine alone; what a frame costs, against pyzbar."""
    read: dict[str, int] = {}
    spent: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="measure-scanning-") as folder:
        camera = VirtualCamera(Path(folder), seed=11)
        for payload, look in _scenes():
            frames = [_grey(camera.show(payload, look)) for _ in range(_FRAMES)]
            for name, reader in _readers():
                texts, seconds = _watch(reader, frames)
                read[name] = read.get(name, 0) + (payload in texts)
                spent.setdefault(name, []).extend(seconds)
    best = max(count for name, count in read.items() if name != "ours")
    milliseconds = {name: median(times) * 1000 for name, times in spent.items()}
    return [
        Row(
            name=f"codes read of {sum(1 for _ in _scenes())} scenes ("
            + ", ".join(f"{name} {count}" for name, count in read.items())
            + ")",
            value=read["ours"],
            unit="scenes",
            floor=best,
            ratio=read["ours"] / best,
            goal="ratio >= 1",
            holds=read["ours"] >= best,
        ),
        against_floor("a frame searched for codes, beside pyzbar", milliseconds["ours"], "ms", milliseconds["pyzbar"], 0.35),
    ]


def _scenes() -> Iterator[tuple[str, Look]]:
    for payload, dots in ((_LABEL, 4), (_LABEL, 5), (_SHORT, 4), (_SHORT, 8)):
        for look in (*_TURNED, *_HARD, *_MIXED):
            yield payload, replace(look, dots=dots)


def _readers() -> Iterator[tuple[str, Reader]]:
    """Fresh ones for each scene: the cascade remembers its place."""
    cascade = Cascade()

    def ours(grey: Grey) -> str:
        found = cascade.decode(grey)
        return "" if found is None else found.text

    yield "ours", ours
    yield "zxing-cpp", _zxing
    yield "pyzbar", _pyzbar
    yield "OpenCV", _opencv


def _watch(reader: Reader, frames: list[Grey]) -> tuple[set[str], list[float]]:
    """What was read in the frames, and the seconds that each took. All frames are searched, so that all readers do equally much."""
    texts, seconds = set(), []
    for grey in frames:
        begun = time.perf_counter()
        texts.add(reader(grey))
        seconds.append(time.perf_counter() - begun)
    return texts, seconds


def _zxing(grey: Grey) -> str:
    found = zxingcpp.read_barcodes(grey, formats=_QR_ONLY)
    return found[0].text if found else ""


def _pyzbar(grey: Grey) -> str:
    try:
        found = pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])
    except ValueError:
        return ""
    return found[0].data.decode("utf-8", "replace") if found else ""


def _opencv(grey: Grey) -> str:
    try:
        return str(cv2.QRCodeDetector().detectAndDecode(grey)[0])
    except (UnicodeDecodeError, cv2.error):
        return ""


def _grey(picture: npt.NDArray[np.uint8]) -> Grey:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
