"""Names as banks write them: one spelling for full and half width, small and large kana, and the dashes."""

from __future__ import annotations

import unicodedata
from typing import Final

_LARGE: Final = str.maketrans("ァィゥェォャュョッヮヵヶ", "アイウエオヤユヨツワカケ")
_DASHES: Final = dict.fromkeys((0x30FC, 0x2010, 0x2011, 0x2013, 0x2014, 0x2015, 0x2212, 0xFF70), "-")
_HIRAGANA: Final = {code: code + 0x60 for code in range(0x3041, 0x3097)}


def normal_text(text: str) -> str:
    """Full-width letters and digits as ASCII, half-width kana as full-width, blanks as one."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def normal_name(text: str) -> str:
    """A payer's name for comparing: katakana without small ones, upper case, without blanks."""
    while (folded := _folded(text)) != text:  # a voiced mark joins its kana once the blank between them is gone
        text = folded
    return text


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).translate(_HIRAGANA).upper().translate(_LARGE).translate(_DASHES)
    return "".join(plain.split())
