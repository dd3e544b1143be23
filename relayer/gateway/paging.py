"""Pages of lists that are ordered by a name: the token is the last name, bound to nothing else."""

from __future__ import annotations

from relayer.gateway.errors import BadPageToken, BadRequest

_MOST_TOKEN_CHARS = 200


def page_size(asked: int, default: int, most: int) -> int:
    """How many to show. Raises ``BadRequest``."""
    if not 0 <= asked <= most:
        raise BadRequest("page_size", f"0..{most}", asked)
    return asked or default


def page_after(token: str) -> str:
    """The name after which a page begins. Raises ``BadPageToken``."""
    if not token:
        return ""
    try:
        name = bytes.fromhex(token).decode() if len(token) <= _MOST_TOKEN_CHARS else ""
    except ValueError:
        name = ""
    if not name:
        raise BadPageToken("page_token", "a token from an earlier answer", token[:40])
    return name


def page_token(last_name: str) -> str:
    """The token of what follows a name."""
    return last_name.encode().hex()
