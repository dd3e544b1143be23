"""What the vault refuses.

CrossDvpError
├── CallerError
│   ├── InsufficientFunds       the account does not hold the amount, soft-locked cash included
│   ├── FundsTooFragmented      it does, but in more states than one ledger_tx may consume
│   ├── CoinsUnderFreshKeys     it does, but under fresh keys, and the account's own key is wanted
│   ├── InsufficientTokens      the account does not hold the quantity in as many states as one ledger_tx may consume
│   ├── NothingToMerge          the account has no two free coins as small as that
│   ├── BadPageToken            no token of this node, or one that was changed
│   ├── PageTokenOfAnotherQuery the token belongs to a query with other arguments
│   ├── OutOfRetention          updates after that number are forgotten in part: read the present state again
│   ├── UnknownSequence         no update of that number was made here yet
│   └── StateConsumed           the state is spent, or never came here
├── PeerError
│   └── ConflictingConsumption  two notarised ledger_txs consume one state: the notary is at fault, stop and report
└── UnavailableError
    ├── TokensSoftLocked        enough tokens are there, but other flows hold some of them for the moment
    ├── TooManyWatches          as many readers follow this vault as it serves at once
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
            "merge them first, `crossdvp ledger vault groom`"
        )


class CoinsUnderFreshKeys(CallerError):
    """What the account holds under its own key is not enough, and nothing else will do: terms name that key."""

    reason = "COINS_UNDER_FRESH_KEYS"

    def __init__(self, coin_id: str, account_key: bytes, needed_yen: int, under_account_key_yen: int) -> None:
        self.coin_id = coin_id
        self.account_key = account_key
        self.needed_yen = needed_yen
        self.under_account_key_yen = under_account_key_yen
        super().__init__(
            f"{needed_yen} yen of {coin_id} under the key of account {account_key.hex()} needed, "
            f"{under_account_key_yen} are, the rest is under fresh keys: bring them home first, by a payment "
            "of the account to itself with keys ACCOUNT"
        )


class NothingToMerge(CallerError):
    """There are no two coins to make one of."""

    reason = "NOTHING_TO_MERGE"

    def __init__(self, coin_id: str, below_yen: int, found: int) -> None:
        self.coin_id = coin_id
        self.below_yen = below_yen
        self.found = found
        super().__init__(f"{found} free states below {below_yen} yen of {coin_id}, 2 needed: nothing to merge")


class BadPageToken(CallerError):
    """The token is none of this node's."""

    reason = "BAD_PAGE_TOKEN"

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(f"page_token: {rule}: begin again without one")


class PageTokenOfAnotherQuery(CallerError):
    """A token goes on with the query that made it, and with no other."""

    reason = "PAGE_TOKEN_OF_ANOTHER_QUERY"

    def __init__(self, method: str) -> None:
        self.method = method
        super().__init__(f"page_token: made by another query than this {method}: repeat the first query's arguments")


class OutOfRetention(CallerError):
    """Updates that the caller has not seen are forgotten."""

    reason = "OUT_OF_RETENTION"

    def __init__(self, after: int, oldest: int, newest: int) -> None:
        self.after = after
        self.oldest = oldest
        self.newest = newest
        super().__init__(
            f"updates after {after} wanted, kept are {oldest} to {newest}: "
            "read the present accounts and coins, then go on after the sequence of their first page"
        )


class UnknownSequence(CallerError):
    """A sequence this vault has not reached."""

    reason = "UNKNOWN_SEQUENCE"

    def __init__(self, after: int, newest: int) -> None:
        self.after = after
        self.newest = newest
        super().__init__(
            f"updates after {after} wanted, the newest is {newest}: the token is another node's, or this vault was "
            "restored from an older copy; read the present accounts and coins again"
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
        self,
        coin_id: str,
        account_key: bytes,
        needed_yen: int,
        free_yen: int,
        soft_locked_yen: int,
        retry_after_s: float,
    ) -> None:
        self.coin_id = coin_id
        self.account_key = account_key
        self.needed_yen = needed_yen
        self.free_yen = free_yen
        self.soft_locked_yen = soft_locked_yen
        self.retry_after_s = retry_after_s
        super().__init__(
            f"{needed_yen} yen of {coin_id} needed, {free_yen} free and {soft_locked_yen} held by running flows: "
            f"retry within {retry_after_s:g} s"
        )


class TooManyWatches(UnavailableError):
    """No further reader is served."""

    reason = "TOO_MANY_WATCHES"

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"{most} readers follow this vault, which is all it serves: end one, or ask again later")


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
