"""Kana: readings of names, and the few characters that bank transfers carry.

The set of bank transfers is that of the banks' file format (全銀協規定フォーマット) for names of banks, branches and
holders: half-width katakana with voicing marks, digits, capital letters, space and ``( ) - . /``. It has no small kana,
which are written large, no long-vowel mark, for which a hyphen stands, and no ヲ.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MOST_BANK_CHARS: Final = 30
"""Of an account holder's name in a transfer; a voicing mark counts as one."""
MOST_KANA_CHARS: Final = 100

_HALF_OF_FULL: Final = {
    unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E) if code != 0xFF70
}
_MARKS: Final = {"\u3099": "\uff9e", "\u309a": "\uff9f"}  # as combining characters: voiced, half-voiced
_LARGE: Final = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
_DASHES: Final = re.compile("[\u2010-\u2015\u2212\u30fc]")
_BANK: Final = re.compile("[\uff71-\uff9f0-9A-Z ()./-]*")
_FULL: Final = re.compile("[\u30a1-\u30fa\u30fc\u30fb 0-9A-Za-z.()-]*")


def full_kana(text: str) -> str:
    """A reading in full-width katakana, hiragana and half-width turned into it; raises ``ValueError``."""
    normal = katakana(unicodedata.normalize("NFKC", text))
    if not _FULL.fullmatch(normal) or len(normal) > MOST_KANA_CHARS:
        raise ValueError(f"expected at most {MOST_KANA_CHARS} katakana, letters, digits and spaces")
    return normal


def bank_kana(text: str) -> str:
    """A name as transfers carry it, whatever it was typed in; raises ``ValueError``."""
    typed = _DASHES.sub("-", katakana(unicodedata.normalize("NFKC", text))).translate(_LARGE).upper()
    parts = unicodedata.normalize("NFD", typed.strip())
    normal = "".join(_MARKS.get(each) or _HALF_OF_FULL.get(each, each) for each in parts)
    if not _BANK.fullmatch(normal):
        raise ValueError("expected katakana (no ヲ), capital letters, digits, spaces and ( ) - . / only")
    if len(normal) > MOST_BANK_CHARS:
        raise ValueError(f"expected at most {MOST_BANK_CHARS} half-width characters, found {len(normal)}")
    return normal


def katakana(text: str) -> str:
    """Hiragana as katakana; the rest as it is."""
    return "".join(chr(ord(each) + 0x60) if "ぁ" <= each <= "ゖ" else each for each in text)
