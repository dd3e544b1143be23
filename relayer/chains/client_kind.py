"""The kind of light client that a chain hosts, against the one that this relayer was configured for."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Final, TypeVar

from primitives.errors import CallerError, DecodeError

_FIXES: Final[Mapping[str, str]] = {
    "qbft": 'say proof.kind = "direct" and evm.consensus = "qbft"',
    "mock": 'say proof.kind = "direct" and evm.consensus = "mock"; for tests only',
    "enclave": 'say proof.kind = "enclave", with its operators',
    "hub": 'say proof.kind = "hub", with its node and deployment',
}
_OTHER_FIX: Final = "compare proof.kind, the client id and the deployment file with whoever set the light client up"


class LightClientKindDiffers(CallerError):
    """The hosted light client is of another kind than configured: mend the configuration or the client id."""

    reason = "LIGHT_CLIENT_KIND_DIFFERS"

    def __init__(self, where: str, client_id: str, expected: str, found: str) -> None:
        self.where, self.client_id, self.expected, self.found = where, client_id, expected, found
        super().__init__(
            f"the light client {client_id} on {where} is of kind {found}, this configuration is for {expected}: "
            f"{_FIXES.get(found, _OTHER_FIX)}"
        )


def require_kind(where: str, client_id: str, expected: str, found: str) -> None:
    """Raises ``LightClientKindDiffers`` unless both are the same."""
    if expected != found:
        raise LightClientKindDiffers(where, client_id, expected, found)


State = TypeVar("State")


async def of_kind(reading: Awaitable[State], where: str, client_id: str, expected: str) -> State:
    """A client state that is being read from a chain that does not tell kinds. Raises ``LightClientKindDiffers``."""
    try:
        return await reading
    except DecodeError as other:
        raise LightClientKindDiffers(where, client_id, expected, "another or unknown") from other
