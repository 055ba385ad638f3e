"""An outsider reads the label: Tesseract, which knows nothing of our fonts, finds the legal text on the approved picture."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from kiosk.domain.form import CertificateForm
from kiosk.label.forms import form_texts

GOLDEN = Path(__file__).parents[2] / "golden" / "labels"


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract-ocr of firmware_config/packages.list is not installed")
def test_tesseract_finds_the_legal_text_and_the_values_on_the_default_label(tmp_path: Path) -> None:
    label = Image.open(GOLDEN / "T2026_PRODUCER-60x80-long.png").convert("L")
    scanned = tmp_path / "scan.png"
    label.resize((label.width * 2, label.height * 2), Image.Resampling.LANCZOS).save(scanned)
    command = ["tesseract", str(scanned), "-", "-l", "chi_sim", "--psm", "6"]
    read = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    read = read.replace(" ", "").replace(":", "：").replace(";", "；")
    form = form_texts(CertificateForm.T2026_PRODUCER)
    for words in (form.heading, *form.promises, *(text for _, text in form.basis), "达标合格证"):
        assert words in read
    for value in ("1268.355千克", "晋中市太谷区明星镇南庄村", "太谷区建国蔬菜种植专业合作社", "0354-6200417", "2026年11月24日"):
        assert value in read
