"""What can go wrong with fresh keys. Continues ``errors``.

CrossDvpError
├── PeerError
│   └── BadFreshKey              a peer's statement about a fresh key is of something else, or not signed by both keys
└── UnavailableError
    ├── TooManyFreshKeys         a peer asks for more keys a second than it is given
    └── HolderNotShown           the custodian does not say yet whose account a fresh key of our coin belongs to
"""

from __future__ import annotations

from primitives.errors import PeerError, UnavailableError


class BadFreshKey(PeerError):
    """A statement that proves nothing."""

    reason = "BAD_FRESH_KEY"

    def __init__(self, peer: str, detail: str) -> None:
        self.peer = peer
        self.detail = detail
        super().__init__(f"{peer} sent no valid statement about a fresh key: {detail}")


class TooManyFreshKeys(UnavailableError):
    """Each key costs this node two signatures."""

    reason = "TOO_MANY_FRESH_KEYS"

    def __init__(self, asker: str, keys_a_second: int) -> None:
        self.asker = asker
        self.keys_a_second = keys_a_second
        super().__init__(f"{asker} is given {keys_a_second} fresh keys a second: ask again later")


class HolderNotShown(UnavailableError):
    """The register must name each holder before a coin is recorded."""

    reason = "HOLDER_NOT_SHOWN"

    def __init__(self, node: str, fresh_key: bytes) -> None:
        self.node = node
        self.fresh_key = fresh_key
        super().__init__(
            f"{node} does not say whose account the fresh key {fresh_key.hex()} belongs to: ask again later"
        )
