"""What identity refuses.

CrossDvpError
└── CallerError
    ├── BadNodeName       a name that cannot be a node's
    ├── BadNetworkMap     the map's file is malformed, or contradicts itself
    ├── BadKeyFile        the key file is malformed or was altered
    ├── WrongPassphrase   the passphrase does not open the key file
    └── KeyLabelTaken     two keys under one label
"""

from __future__ import annotations

from primitives.errors import CallerError


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


class BadKeyFile(CallerError):
    """The key file cannot be used."""

    reason = "BAD_KEY_FILE"

    def __init__(self, source: str, rule: str) -> None:
        self.source = source
        self.rule = rule
        super().__init__(f"{source}: {rule}")


class WrongPassphrase(CallerError):
    """The passphrase does not open the key file."""

    reason = "WRONG_PASSPHRASE"

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(f"{source}: the passphrase does not open it (or its header was altered): check the passphrase")


class KeyLabelTaken(CallerError):
    """Two keys under one label."""

    reason = "KEY_LABEL_TAKEN"

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(f"a key labelled {label!r} is kept already: choose another label")
