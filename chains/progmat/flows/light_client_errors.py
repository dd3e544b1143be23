"""Errors of the upkeep of light clients.

CallerError
├── LightClientInUse    neither frozen nor expired: it is not recovered
├── RecoveryDiffers     the client was not recovered, or by another substitute than the one endorsed
└── NothingToPrune      no consensus record has expired, but the newest
"""

from __future__ import annotations

from primitives.errors import CallerError


class LightClientInUse(CallerError):
    """A light client that serves is not replaced."""

    reason = "LIGHT_CLIENT_IN_USE"

    def __init__(self, client_id: str, height: int) -> None:
        self.client_id = client_id
        self.height = height
        super().__init__(f"light client {client_id!r} is neither frozen nor expired: height {height} serves it still")


class RecoveryDiffers(CallerError):
    """What is to be endorsed is not what happened."""

    reason = "RECOVERY_DIFFERS"

    def __init__(self, client_id: str, substitute_id: str, consensus_client_id: str) -> None:
        self.client_id = client_id
        super().__init__(
            f"light client {client_id!r} relies on the records of {consensus_client_id!r}, not on those of "
            f"{substitute_id!r}: look at the recovery again before you endorse it"
        )


class NothingToPrune(CallerError):
    """All records may still be relied on."""

    reason = "NOTHING_TO_PRUNE"

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        super().__init__(f"no consensus record of {client_id!r} below the newest has expired: nothing to do")
