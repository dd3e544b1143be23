"""What the vault refuses.

CrossDvpError
├── CallerError
│   ├── InsufficientFunds       the account does not hold the amount, soft-locked cash included
│   ├── FundsTooFragmented      it does, but in more states than one ledger_tx may consume
│   ├── InsufficientTokens      the account does not hold the quantity in as many states as one ledger_tx may consume
│   └── StateConsumed           the state is spent, or never came here
├── PeerError
│   └── ConflictingConsumption  two notarised ledger_txs consume one state: the notary is at fault, stop and report
└── UnavailableError
    ├── TokensSoftLocked        enough tokens are there, but other flows hold some of them for the moment
    ├── FundsSoftLocked         enough cash is there, but other flows hold some of it for the moment
    └── StateSoftLocked         another flow holds this state for the moment
"""

from __future__ import annotations

from chains.progmat.transactions.model import StateRef
from primitives.errors import CallerError, PeerError, UnavailableError


class InsufficientFunds(CallerError):
    """The account does not hold the amount."""

    reason = "INSUFFICIENT_FUNDS"

    def __init__(self, coin_id: str, needed_yen: int, free_yen: int, soft_locked_yen: int, encumbered_yen: int) -> None:
        self.coin_id = coin_id
        self.needed_yen = needed_yen
        self.free_yen = free_yen
        self.soft_locked_yen = soft_locked_yen
        self.encumbered_yen = encumbered_yen
        super().__init__(
            f"{needed_yen} yen of {coin_id} needed, {free_yen} free, {soft_locked_yen} held by running flows, "
            f"{encumbered_yen} locked for trades: pay in more"
        )


class FundsTooFragmented(CallerError):
    """The amount lies in too many states."""

    reason = "FUNDS_TOO_FRAGMENTED"

    def __init__(self, coin_id: str, needed_yen: int, reached_yen: int, max_inputs: int) -> None:
        self.coin_id = coin_id
        self.needed_yen = needed_yen
        self.reached_yen = reached_yen
        self.max_inputs = max_inputs
        super().__init__(
            f"{needed_yen} yen of {coin_id} needed, the {max_inputs} largest free states hold {reached_yen}: "
            "merge states by a move to the own account first"
        )


class InsufficientTokens(CallerError):
    """The account cannot give the quantity."""

    reason = "TOKENS_INSUFFICIENT"

    def __init__(self, token_id: str, needed: int, reached: int, max_inputs: int) -> None:
        self.token_id = token_id
        self.needed = needed
        self.reached = reached
        self.max_inputs = max_inputs
        super().__init__(
            f"{needed} units of {token_id} needed, the {max_inputs} largest free states hold {reached}: ask for less, "
            "or merge states by a move to the own account first"
        )


class TokensSoftLocked(UnavailableError):
    """Enough tokens are there, but other flows hold some of them."""

    reason = "TOKENS_SOFT_LOCKED"

    def __init__(self, token_id: str, needed: int, reached: int, reserved: int) -> None:
        self.token_id = token_id
        self.needed = needed
        self.reached = reached
        self.reserved = reserved
        super().__init__(
            f"{needed} units of {token_id} needed, {reached} free, {reserved} held by running flows: retry"
        )


class FundsSoftLocked(UnavailableError):
    """Enough cash is there, but other flows hold some of it."""

    reason = "FUNDS_SOFT_LOCKED"

    def __init__(
        self, coin_id: str, needed_yen: int, free_yen: int, soft_locked_yen: int, retry_after_s: float
    ) -> None:
        self.coin_id = coin_id
        self.needed_yen = needed_yen
        self.free_yen = free_yen
        self.soft_locked_yen = soft_locked_yen
        self.retry_after_s = retry_after_s
        super().__init__(
            f"{needed_yen} yen of {coin_id} needed, {free_yen} free and {soft_locked_yen} held by running flows: "
            f"retry within {retry_after_s:g} s"
        )


class StateSoftLocked(UnavailableError):
    """Another flow holds this state."""

    reason = "STATE_SOFT_LOCKED"

    def __init__(self, ref: StateRef, lock_owner: str, retry_after_s: float) -> None:
        self.state_ref = str(ref)
        self.lock_owner = lock_owner
        self.retry_after_s = retry_after_s
        super().__init__(f"state {ref} is held by flow {lock_owner}: retry within {retry_after_s:g} s")


class StateConsumed(CallerError):
    """The state is not among the unconsumed ones."""

    reason = "STATE_CONSUMED"

    def __init__(self, ref: StateRef) -> None:
        self.state_ref = str(ref)
        super().__init__(f"state {ref} is consumed or unknown to this vault: build the ledger_tx on current states")


class ConflictingConsumption(PeerError):
    """Two notarised ledger transactions consume one state."""

    reason = "CONFLICTING_CONSUMPTION"

    def __init__(self, ref: StateRef, recorded_tx_id: bytes, conflicting_tx_id: bytes) -> None:
        self.state_ref = str(ref)
        self.recorded_tx_id = recorded_tx_id
        self.conflicting_tx_id = conflicting_tx_id
        super().__init__(
            f"state {ref} is consumed by {recorded_tx_id.hex()} and by {conflicting_tx_id.hex()}: "
            "the notary signed a double spend; keep both ledger_txs as evidence and stop"
        )
