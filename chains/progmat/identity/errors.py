"""What identity refuses.

CrossDvpError
└── CallerError
    ├── BadNodeName       a name that cannot be a node's
    └── BadNetworkMap     the map's file is malformed, or contradicts itself

Of the key store: ``chains.progmat.keys.errors``.
"""

from __future__ import annotations

from chains.progmat.keys.errors import BadKeyFile, KeyLabelTaken, WrongPassphrase
from primitives.errors import CallerError

__all__ = ["BadKeyFile", "BadNetworkMap", "BadNodeName", "KeyLabelTaken", "WrongPassphrase"]


class BadNodeName(CallerError):
    """A name that cannot be a node's."""

    reason = "BAD_NODE_NAME"

    def __init__(self, found: str) -> None:
        self.found = found[:80]
        super().__init__(
            f"{self.found!r} is no node name: 1 to 63 letters, digits and inner hyphens, beginning with a letter"
        )


class BadNetworkMap(CallerError):
    """The network map cannot be used."""

    reason = "BAD_NETWORK_MAP"

    def __init__(self, source: str, rule: str) -> None:
        self.source = source
        self.rule = rule
        super().__init__(f"{source}: {rule}")
