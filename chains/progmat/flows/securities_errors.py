"""What can go wrong with securities, gates and other rule states. Continues ``errors``.

CrossDvpError
├── CallerError
│   ├── RuleStateMissing     its keeper has no such security, gate, network control or coin at that notary
│   ├── AccountFrozen        tokens would move from or to an account whose units the registrar has frozen
│   ├── SecurityUnknown      this registrar has registered no security of that id
│   ├── SecurityIsRedeemed   a security that is redeemed is not changed and issues nothing
│   ├── UnitsExceeded        more units would exist than the security allows
│   ├── ApproverMissing      no approver's key of the security, or not enough of them, is kept here
│   ├── NothingHeld          the account has not that much to force, freeze or thaw
│   └── NothingToCancel      the transfer to cancel is unknown here, or what it made has been spent since
└── UnavailableError
    ├── RuleStateOutdated    the rule state here is spent, and its keeper's node has no newer one yet
    └── RuleStateChanging    another flow changes the same rule state: one after the other
"""

from __future__ import annotations

from primitives.errors import CallerError, UnavailableError


class RuleStateMissing(CallerError):
    """Nothing of that name was ever made, or not at this notary."""

    reason = "RULE_STATE_MISSING"

    def __init__(self, contract: str, key: str, keeper: str, notary: str) -> None:
        self.contract, self.key, self.keeper, self.notary = contract, key, keeper, notary
        kept_by = keeper or "the network operator"
        super().__init__(f"{kept_by} has no {contract} {key!r} at {notary}: it has to be entered there first")


class RuleStateOutdated(UnavailableError):
    """The notary says that it is spent; what took its place is not here yet."""

    reason = "RULE_STATE_OUTDATED"

    def __init__(self, contract: str, key: str, keeper: str) -> None:
        self.contract, self.key, self.keeper = contract, key, keeper
        kept_by = keeper or "the network operator"
        super().__init__(f"{kept_by} has no newer {contract} {key!r} than the one that is spent: asked again")


class RuleStateChanging(UnavailableError):
    """Two first entries at once would make two states of one name."""

    reason = "RULE_STATE_CHANGING"

    def __init__(self, contract: str, key: str, flow_id: str) -> None:
        self.contract, self.key, self.flow_id = contract, key, flow_id
        super().__init__(f"flow {flow_id} changes {contract} {key!r}: this one goes on after it")


class AccountFrozen(CallerError):
    """An account with frozen units neither gives nor takes."""

    reason = "ACCOUNT_FROZEN"

    def __init__(self, registrar: str, asset_id: str, node: str, account_key: bytes) -> None:
        self.registrar, self.asset_id, self.node, self.account_key = registrar, asset_id, node, account_key
        super().__init__(
            f"{registrar} has frozen {asset_id} in account {account_key.hex()} at {node}: nothing moves from or to it "
            "until it is thawed"
        )


class SecurityUnknown(CallerError):
    """Not in this registrar's register."""

    reason = "SECURITY_UNKNOWN"

    def __init__(self, security_id: str, registrar: str, notary: str) -> None:
        self.security_id, self.registrar, self.notary = security_id, registrar, notary
        super().__init__(f"{registrar} has registered no security {security_id!r} at {notary}: register it first")


class SecurityIsRedeemed(CallerError):
    """Its life is over."""

    reason = "SECURITY_REDEEMED"

    def __init__(self, security_id: str) -> None:
        self.security_id = security_id
        super().__init__(f"security {security_id!r} is redeemed: it is not changed and issues nothing any more")


class UnitsExceeded(CallerError):
    """The most that may exist stands in the security's terms."""

    reason = "SECURITY_UNITS_EXCEEDED"

    def __init__(self, security_id: str, units: int, existing: int, wanted: int) -> None:
        self.security_id, self.units, self.existing, self.wanted = security_id, units, existing, wanted
        super().__init__(
            f"of security {security_id!r} at most {units} units may exist; {existing} do, {wanted} more are wanted"
        )


class ApproverMissing(CallerError):
    """Somebody beside the registrar has to sign."""

    reason = "APPROVER_MISSING"

    def __init__(self, security_id: str, needed: int, found: int) -> None:
        self.security_id, self.needed, self.found = security_id, needed, found
        super().__init__(
            f"{needed} approver's key(s) of security {security_id!r} have to sign; this node keeps {found}"
        )


class NothingHeld(CallerError):
    """Less than asked for, as the register has it."""

    reason = "REGISTER_HOLDS_LESS"

    def __init__(self, asset_id: str, wanted: int, found: int, what: str) -> None:
        self.asset_id, self.wanted, self.found, self.what = asset_id, wanted, found, what
        super().__init__(f"{wanted} {what} units of {asset_id!r} are wanted of the account, the register has {found}")


class NothingToCancel(CallerError):
    """What a transfer made must be there to go back."""

    reason = "TRANSFER_NOT_CANCELLABLE"

    def __init__(self, tx_id: bytes, why: str) -> None:
        self.tx_id, self.why = tx_id, why
        super().__init__(f"transfer {tx_id.hex()} cannot be cancelled: {why}; a forced transfer may do")
