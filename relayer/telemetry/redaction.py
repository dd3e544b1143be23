"""What must not be read where people and collectors look: the second line of defence of logs and traces.

The first is that nothing hands secrets to them. This one catches what a library's error text might carry.
"""

from __future__ import annotations

import re
from typing import Final

MOST_CHARS: Final = 1024
HIDDEN: Final = "***"
_PASSWORD_IN_URL: Final = re.compile(r"(?<=://)([^\s:/@]*):[^\s@]*(?=@)")
_PASSWORD_FIELD: Final = re.compile(
    # "token:" is left alone: here it is what a security's error text says of a token of value
    r"(?i)\b(password|passwd|pwd|secret|authorization|(?:access_|api_)?token(?==))(\s*[=:]\s*)[^\s,;&'\"]+"
)
_PEM_KEY: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL)
_BEARER: Final = re.compile(r"(?i)\bbearer\s+[\w.~+/-]+=*")
_WEBHOOK_SECRET: Final = re.compile(r"\bwhs(?:ec|k)_[A-Za-z0-9+/=]+")
_JWT: Final = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
SECRET_NAMES: Final = frozenset(
    {"password", "passwd", "secret", "private_key", "evm_secret", "token", "authorization", "salt", "api_key"}
)
"""Names of fields whose values are never written."""


def redacted(text: str, most_chars: int = MOST_CHARS) -> str:
    """At most so many characters, without passwords of URLs and settings, keys, tokens and webhooks' secrets."""
    bounded = text[: most_chars * 4]
    if "://" in bounded:
        bounded = _PASSWORD_IN_URL.sub(rf"\1:{HIDDEN}", bounded)
    bounded = _PEM_KEY.sub(HIDDEN, bounded)
    bounded = _BEARER.sub(f"bearer {HIDDEN}", bounded)
    bounded = _JWT.sub(HIDDEN, bounded)
    bounded = _WEBHOOK_SECRET.sub(HIDDEN, bounded)
    bounded = _PASSWORD_FIELD.sub(rf"\1\2{HIDDEN}", bounded)
    return bounded if len(bounded) <= most_chars else bounded[: most_chars - 1] + "…"
