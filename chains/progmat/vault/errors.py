"""What the vault refuses.

CrossDvpError
├── CallerError
│   ├── InsufficientFunds       the account does not hold the amount, what is soft-locked included
│   │   └── InsufficientTokens  the same of a token
│   ├── FundsTooFragmented      it does, but in more states than one ledger_tx may consume
│   ├── CoinsUnderFreshKeys     it does, but under fresh keys, and the account's own key is wanted
│   ├── NothingToMerge          the account has no two free coins as small as that
│   ├── BadPageToken            no token of this node, or one that was changed
│   ├── PageTokenOfAnotherQuery the token belongs to a query with other arguments
│   ├── OutOfRetention          updates after that number are forgotten in part: read the present state again
│   ├── RecordsReplaced         updates were numbered anew since: read the present state again
│   ├── UnknownSequence         no update of that number was made here yet
│   └── StateConsumed           the state is spent, or never came here
├── PeerError
│   └── ConflictingConsumption  two notarised ledger_txs consume one state: the notary is at fault, stop and report
└── UnavailableError
    ├── TooManyWatches          as many readers follow this vault as it serves at once
    ├── FundsSoftLocked         enough is there, but other flows hold some of it for the moment
    │   └── TokensSoftLocked    the same of a token
    └── StateSoftLocked         another flow holds this state for the moment
"""

from __future__ import annotations

from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.indexing import SC, Asset
from primitives.errors import CallerError, PeerError, UnavailableError


class InsufficientFunds(CallerError):
    """The account does not hold the amount."""

    reason = "INSUFFICIENT_FUNDS"

    def __init__(self, asset: Asset, needed: int, free: int, reserved: int, encumbered: int) -> None:
        self.asset = asset
        self.needed = needed
        self.free = free
        self.reserved = reserved
        self.encumbered = encumbered
        super().__init__(
            f"{needed} {asset.unit} of {asset.asset_id} needed, {free} free, {reserved} held by running flows, "
            f"{encumbered} locked for trades: pay in more"
        )


class RecordsReplaced(CallerError):
    """The sequence is one of other records: this vault was restored, and what is recorded since is numbered anew."""

    reason = "RECORDS_REPLACED"

    def __init__(self, wanted: str, found: str) -> None:
        self.wanted = wanted
        self.found = found
        super().__init__(
            f"the sequence is of the records {wanted}, here are {found or 'others, not named yet'}: this vault was "
            "restored from an older copy; read the present accounts and coins again"
        )


class InsufficientTokens(InsufficientFunds):
    """The account does not hold the quantity of a token."""

    reason = "TOKENS_INSUFFICIENT"


class FundsTooFragmented(CallerError):
    """The amount lies in too many states."""

    reason = "FUNDS_TOO_FRAGMENTED"

    def __init__(self, asset: Asset, needed: int, reached: int, max_inputs: int) -> None:
        self.asset = asset
        self.needed = needed
        self.reached = reached
        self.max_inputs = max_inputs
        merge = "`crossdvp ledger vault groom`" if asset.network == SC else "by a move to the own account"
        super().__init__(
            f"{needed} {asset.unit} of {asset.asset_id} needed, the {max_inputs} largest free states hold {reached}: "
            f"merge them first, {merge}"
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


class FundsSoftLocked(UnavailableError):
    """Enough is there, but other flows hold some of it. ``account_key`` is the account's."""

    reason = "FUNDS_SOFT_LOCKED"

    def __init__(
        self, asset: Asset, account_key: bytes, *, needed: int, free: int, reserved: int, retry_after_s: float
    ) -> None:
        self.asset = asset
        self.account_key = account_key
        self.needed = needed
        self.free = free
        self.reserved = reserved
        self.retry_after_s = retry_after_s
        super().__init__(
            f"{needed} {asset.unit} of {asset.asset_id} needed, {free} free and {reserved} held by running flows: "
            f"retry within {retry_after_s:g} s"
        )


class TokensSoftLocked(FundsSoftLocked):
    """Enough tokens are there, but other flows hold some of them."""

    reason = "TOKENS_SOFT_LOCKED"


Shortage = InsufficientFunds | FundsSoftLocked


def insufficient(asset: Asset, needed: int, free: int, reserved: int, encumbered: int) -> InsufficientFunds:
    """By the asset's own name for it."""
    kind = InsufficientFunds if asset.network == SC else InsufficientTokens
    return kind(asset, needed, free, reserved, encumbered)


def soft_locked(
    asset: Asset, account_key: bytes, *, needed: int, free: int, reserved: int, retry_after_s: float
) -> FundsSoftLocked:
    """By the asset's own name for it."""
    kind = FundsSoftLocked if asset.network == SC else TokensSoftLocked
    return kind(asset, account_key, needed=needed, free=free, reserved=reserved, retry_after_s=retry_after_s)


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
