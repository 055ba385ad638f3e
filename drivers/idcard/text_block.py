"""The 256-byte text block of a card, for all four layouts.

Source: GA 490 layouts as read in public code; ethnic groups GB/T 3304, sex GB/T 2261.1. UTF-16LE, fields padded with spaces. The character
at offset 248 tells the layout: space resident, J Hong Kong/Macao/Taiwan residence permit, I foreigner 2017, Y foreigner 2023.
Rules: rare characters (private use too) are kept as they are; a contradiction becomes a warning, never a correction.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from stdnum.cn import ric

from drivers.idcard.record import CardKind, IdCardRecord

BLOCK_BYTES = 256
_KIND_OFFSET = 248
_KINDS = {
    " ": CardKind.RESIDENT,
    "\0": CardKind.RESIDENT,
    "J": CardKind.HK_MACAO_TAIWAN,
    "I": CardKind.FOREIGNER_2017,
    "Y": CardKind.FOREIGNER_2023,
}
_LONG_TERM = "长期"
_SEXES = {"1": "男", "2": "女"}
NATIONS = {
    f"{number:02d}": name
    for number, name in enumerate(
        [
            "汉",
            "蒙古",
            "回",
            "藏",
            "维吾尔",
            "苗",
            "彝",
            "壮",
            "布依",
            "朝鲜",
            "满",
            "侗",
            "瑶",
            "白",
            "土家",
            "哈尼",
            "哈萨克",
            "傣",
            "黎",
            "傈僳",
            "佤",
            "畲",
            "高山",
            "拉祜",
            "水",
            "东乡",
            "纳西",
            "景颇",
            "柯尔克孜",
            "土",
            "达斡尔",
            "仫佬",
            "羌",
            "布朗",
            "撒拉",
            "毛南",
            "仡佬",
            "锡伯",
            "阿昌",
            "普米",
            "塔吉克",
            "怒",
            "乌孜别克",
            "俄罗斯",
            "鄂温克",
            "德昂",
            "保安",
            "裕固",
            "京",
            "塔塔尔",
            "独龙",
            "鄂伦春",
            "赫哲",
            "门巴",
            "珞巴",
            "基诺",
        ],
        start=1,
    )
} | {"97": "其他", "98": "外国血统中国籍人士"}


class UnreadableText(ValueError):
    """The block is no card: wrong size, empty, or a layout nobody knows."""


def parse_card(block: bytes, new_address: bytes = b"") -> IdCardRecord:
    """Turn a text block (and the newest address, if the card has one) into a record. Raises ``UnreadableText``."""
    if len(block) != BLOCK_BYTES or not block.strip(b"\0") or not block.strip(b"\xff"):
        raise UnreadableText("size or content")
    text, replaced = _decode(block)
    kind = _KINDS.get(text[_KIND_OFFSET // 2])
    if kind is None:
        raise UnreadableText("layout")
    record = _foreigner_2017(text) if kind is CardKind.FOREIGNER_2017 else _citizen_like(text, kind)
    if not record.number or not record.name:
        raise UnreadableText("no name or number")
    address = _decode(new_address)[0].strip(" \0") if new_address else ""
    warnings = (*_contradictions(record), *(("textReplaced",) if replaced else ()))
    return _with(record, address or record.address, warnings)


def _decode(block: bytes) -> tuple[str, bool]:
    """UTF-16LE unit by unit, so that one broken surrogate cannot shift the fields behind it."""
    text = block.decode("utf-16-le", errors="surrogatepass")
    broken = any(_is_half(c) for c in text)
    # Pairs outside the BMP take two units: keep offsets by padding with a marker that is stripped from fields.
    return "".join("�" if _is_half(c) else c if ord(c) < 0x10000 else c + "\0" for c in text), broken


def _is_half(character: str) -> bool:
    """One surrogate without its other half: no character at all."""
    return 0xD800 <= ord(character) <= 0xDFFF


def _field(text: str, offset: int, length: int) -> str:
    return text[offset // 2 : (offset + length) // 2].replace("\0", "").strip()


def _date(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if len(text) == 8 and text.isdigit() else None
    except ValueError:
        return None


def _citizen_like(text: str, kind: CardKind) -> IdCardRecord:
    valid_to = _field(text, 204, 16)
    foreigner = kind is CardKind.FOREIGNER_2023
    latin = (_field(text, 52, 70) + _field(text, 220, 22)).strip()
    return IdCardRecord(
        kind=kind,
        name=_field(text, 0, 30) or (latin if foreigner else ""),
        sex=_SEXES.get(_field(text, 30, 2), ""),
        nation=NATIONS.get(_field(text, 32, 4), "") if kind is CardKind.RESIDENT else "",
        born=_date(_field(text, 36, 16)),
        address="" if foreigner else _field(text, 52, 70),
        number=_field(text, 122, 36).upper(),
        authority="" if foreigner else _field(text, 158, 30),
        valid_from=_date(_field(text, 188, 16)),
        valid_to=_date(valid_to),
        long_term=valid_to == _LONG_TERM,
    )


def _foreigner_2017(text: str) -> IdCardRecord:
    valid_to = _field(text, 204, 16)
    return IdCardRecord(
        kind=CardKind.FOREIGNER_2017,
        name=_field(text, 158, 30) or _field(text, 0, 120),
        sex=_SEXES.get(_field(text, 120, 2), ""),
        born=_date(_field(text, 220, 16)),
        number=_field(text, 122, 30).upper(),
        authority=_field(text, 240, 8),
        valid_from=_date(_field(text, 188, 16)),
        valid_to=_date(valid_to),
        long_term=valid_to == _LONG_TERM,
    )


def _contradictions(record: IdCardRecord) -> tuple[str, ...]:
    number = record.number
    if len(number) != 18 or not number[:17].isdigit():
        return () if record.kind is CardKind.FOREIGNER_2017 else ("numberShape",)
    found = []
    if ric.calc_check_digit(number) != number[17]:
        found.append("checkDigit")
    if record.born is not None and number[6:14] != record.born.strftime("%Y%m%d"):
        found.append("birthMismatch")
    if record.sex and record.kind is not CardKind.FOREIGNER_2023 and (int(number[16]) % 2 == 1) != (record.sex == "男"):
        found.append("sexMismatch")
    return tuple(found)


def _with(record: IdCardRecord, address: str, warnings: tuple[str, ...]) -> IdCardRecord:
    return replace(record, address=address, warnings=warnings)
