"""What can go wrong when states are replaced, beside ``NotaryNotServing``. Continues ``errors``.

CrossDvpError
└── CallerError
    ├── NoConversion      the package at hand converts nothing of the package named
    ├── NothingToReplace  no free state is left of those that were asked for
    └── NotReplaceable    a state that was named stays as it is, and why
"""

from __future__ import annotations

from chains.progmat.transactions.model import StateRef
from primitives.errors import CallerError


class NoConversion(CallerError):
    """This program does not know how."""

    reason = "NO_CONVERSION"

    def __init__(self, from_package: bytes, package: bytes) -> None:
        self.from_package = from_package
        self.package = package
        super().__init__(
            f"package {package.hex()}, which this node runs, converts nothing of package {from_package.hex()}: "
            "name the package the states are of, and install the program whose package converts them"
        )


class NothingToReplace(CallerError):
    """The end of a series of batches."""

    reason = "NOTHING_TO_REPLACE"

    def __init__(self, reserved: int) -> None:
        self.reserved = reserved
        more = f"; {reserved} are reserved by running flows: ask again when those have ended" if reserved else ""
        super().__init__(f"no free state is left to be replaced{more}")


class NotReplaceable(CallerError):
    """A state that was named cannot be replaced by this node in this way."""

    reason = "NOT_REPLACEABLE"

    def __init__(self, ref: StateRef, rule: str) -> None:
        self.ref = ref
        self.rule = rule
        super().__init__(f"{ref} is not replaced: {rule}")
