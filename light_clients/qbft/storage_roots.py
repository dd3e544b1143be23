"""A contract's storage root under a state root."""

from __future__ import annotations

from collections.abc import Sequence

from light_clients.qbft.errors import AccountAbsent
from primitives.mpt import verify_account
from primitives.types import address


def storage_root_of(state_root: bytes, contract: bytes, account_proof: Sequence[bytes]) -> bytes:
    """The contract's storage root; AccountAbsent if the proof shows there is none, MptError if it does not hold."""
    account = verify_account(state_root, address(contract), account_proof)
    if account is None:
        raise AccountAbsent("the state holds no account at this address", expected=contract)
    return account.storage_root
