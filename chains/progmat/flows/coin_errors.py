"""What can go wrong with registered coins. Continues ``errors``.

CrossDvpError
├── CallerError
│   ├── CoinUnknown              no registered coin of that id is this node's
│   ├── CoinAlreadyIssued        a coin that is on the ledger already cannot be put in trust afterwards
│   ├── CoinAlreadyRegistered    a coin is registered once, as it is
│   ├── CoinDepositMissing       a registered coin is issued against a confirmed deposit only
│   ├── ApproverMissing          none of a coin's approvers keeps a key on this node
│   ├── HolderUnknown            the account is not admitted
│   └── NothingToMove            the account has nothing of what an act of the trustee names
└── UnavailableError
    ├── CoinChanging             another flow is about to register the coin, or to issue it, or admits the account
    └── CoinIssueHalted          coin and trust do not agree: no more is issued until they are reconciled
"""

from __future__ import annotations

from primitives.errors import CallerError, UnavailableError


class CoinUnknown(CallerError):
    """No such registration here."""

    reason = "COIN_UNKNOWN"

    def __init__(self, coin_id: str, node: str) -> None:
        self.coin_id, self.node = coin_id, node
        super().__init__(f"{node} has registered no coin {coin_id!r}: register it, or ask the node of its issuer")


class CoinAlreadyIssued(CallerError):
    """Without a registration from the start, nobody knows which yen stand behind it."""

    reason = "COIN_ALREADY_ISSUED"

    def __init__(self, coin_id: str) -> None:
        self.coin_id = coin_id
        super().__init__(f"coin {coin_id!r} was issued without a registration: register a new coin id, and exchange it")


class CoinAlreadyRegistered(CallerError):
    """Another registration of the coin stands."""

    reason = "COIN_ALREADY_REGISTERED"

    def __init__(self, coin_id: str, kind: str) -> None:
        self.coin_id, self.kind = coin_id, kind
        super().__init__(f"coin {coin_id!r} is registered as {kind}: amend its approvers, its kind cannot change")


class CoinDepositMissing(CallerError):
    """No confirmed yen stand behind this issue."""

    reason = "COIN_DEPOSIT_MISSING"

    def __init__(self, coin_id: str, amount_yen: int, flow_id: str) -> None:
        self.coin_id, self.amount_yen = coin_id, amount_yen
        super().__init__(
            f"no confirmed deposit stands behind issuing {amount_yen} yen of {coin_id!r} (flow {flow_id!r}): announce "
            "and confirm the deposit, the issue then starts by itself"
        )


class ApproverMissing(CallerError):
    """The second key is not here."""

    reason = "COIN_APPROVER_MISSING"

    def __init__(self, coin_id: str, node: str) -> None:
        self.coin_id, self.node = coin_id, node
        super().__init__(
            f"{node} keeps no key of an approver of {coin_id!r}: add the approver's key, or amend the coin"
        )


class HolderUnknown(CallerError):
    """Nothing to remove."""

    reason = "COIN_HOLDER_UNKNOWN"

    def __init__(self, coin_id: str, node: str, account_key: bytes) -> None:
        self.coin_id, self.node, self.account_key = coin_id, node, account_key
        super().__init__(f"account {account_key.hex()} at {node} is not admitted to {coin_id!r}: nothing to remove")


class NothingToMove(CallerError):
    """The account has nothing of that coin in that condition."""

    reason = "COIN_NOTHING_TO_MOVE"

    def __init__(self, coin_id: str, account_key: bytes, wanted: str) -> None:
        self.coin_id, self.account_key = coin_id, account_key
        super().__init__(f"account {account_key.hex()} has no {wanted} of {coin_id!r}: look at the register of holders")


class CoinChanging(UnavailableError):
    """What is built and not recorded yet is in no vault: two first entries at once would make two of one name."""

    reason = "COIN_CHANGING"

    def __init__(self, coin_id: str, flow_id: str) -> None:
        self.coin_id, self.flow_id = coin_id, flow_id
        super().__init__(f"flow {flow_id!r} is at work on coin {coin_id!r}: this one goes on after it")


class CoinIssueHalted(UnavailableError):
    """An alarm stands; the issue goes on by itself when it is lifted."""

    reason = "COIN_ISSUE_HALTED"

    def __init__(self, coin_id: str, why: str) -> None:
        self.coin_id = coin_id
        super().__init__(f"issues of {coin_id!r} are halted: {why}; reconcile the coin with its trust, then resume")
