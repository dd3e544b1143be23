"""Why a contract refuses a ledger transaction.

    primitives.Refusal (a peer's misbehaviour)
    └── ContractViolation         a rule of a contract is broken
        ├── CashViolation
        ├── CoinViolation
        ├── CoinHolderViolation
        ├── DvpLockViolation
        ├── DvpReceiptViolation
        ├── TradeViolation
        ├── IbcClientViolation
        ├── MembershipViolation
        ├── TokenViolation
        │   ├── GateClosed        the registrar has closed the transfer gate of the tokens
        │   └── NetworkClosed     the operator has closed the network
        ├── SecurityViolation
        ├── TransferGateViolation
        ├── NetworkControlViolation
        ├── NativeDvpViolation
        ├── DistributionViolation
        ├── UtilityUseViolation
        ├── ProposalViolation
        ├── ExecutionViolation
        ├── ReplacementViolation
        │   ├── NotaryChangeViolation
        │   └── PackageUpgradeViolation
        └── UnknownContract       the package has no contract of that name

Light clients raise the errors of `ibc.errors` from within a contract's verification.
"""

from __future__ import annotations

from typing import ClassVar

from primitives.errors import Refusal


class ContractViolation(Refusal):
    """A contract's rule is broken: ``subject`` is the rule, ``expected`` and ``found`` are the evidence."""

    reason: ClassVar[str] = "CONTRACT_VIOLATION"


class CashViolation(ContractViolation):
    """Coins would be made, destroyed, mixed, or moved without their owner and issuer."""

    reason: ClassVar[str] = "CASH_RULE_BROKEN"


class CoinViolation(ContractViolation):
    """A coin would be registered or amended otherwise than its issuer and an approver may."""

    reason: ClassVar[str] = "COIN_RULE_BROKEN"


class CoinHolderViolation(ContractViolation):
    """A wholesale coin would come into an account that its issuer has not admitted, or an admission is not its own."""

    reason: ClassVar[str] = "COIN_HOLDER_RULE_BROKEN"


class DvpLockViolation(ContractViolation):
    """Cash would be locked for other terms, or unlocked without the other chain's proof."""

    reason: ClassVar[str] = "DVP_LOCK_RULE_BROKEN"


class DvpReceiptViolation(ContractViolation):
    """A packet would be paid for, or refused, otherwise than its terms and the other chain's proof say."""

    reason: ClassVar[str] = "DVP_RECEIPT_RULE_BROKEN"


class TradeViolation(ContractViolation):
    """A trade would be cancelled by somebody else, or together with something else."""

    reason: ClassVar[str] = "TRADE_RULE_BROKEN"


class IbcClientViolation(ContractViolation):
    """A light client would be created, updated or frozen against its rules, or is not fit to be relied on."""

    reason: ClassVar[str] = "IBC_CLIENT_RULE_BROKEN"


class MembershipViolation(ContractViolation):
    """A membership would change without the operator, or a party acts without one."""

    reason: ClassVar[str] = "MEMBERSHIP_RULE_BROKEN"


class TokenViolation(ContractViolation):
    """Tokens would be made, destroyed, mixed, or moved without their owner and registrar."""

    reason: ClassVar[str] = "TOKEN_RULE_BROKEN"


class GateClosed(TokenViolation):
    """The registrar has closed the transfer gate of the tokens: nothing moves until it is opened."""

    reason: ClassVar[str] = "GATE_CLOSED"


class NetworkClosed(TokenViolation):
    """The network operator has closed the business network: nothing under its control moves until it is opened."""

    reason: ClassVar[str] = "NETWORK_CLOSED"


class SecurityViolation(ContractViolation):
    """A security would be registered or changed without its registrar and approvers, or is not referenced."""

    reason: ClassVar[str] = "SECURITY_RULE_BROKEN"


class TransferGateViolation(ContractViolation):
    """A gate would be changed by somebody else, or tokens moved without a reference to theirs."""

    reason: ClassVar[str] = "TRANSFER_GATE_RULE_BROKEN"


class NetworkControlViolation(ContractViolation):
    """A network would be opened or closed without its operator."""

    reason: ClassVar[str] = "NETWORK_CONTROL_RULE_BROKEN"


class NativeDvpViolation(ContractViolation):
    """Tokens and cash would change hands otherwise than the terms say."""

    reason: ClassVar[str] = "NATIVE_DVP_RULE_BROKEN"


class DistributionViolation(ContractViolation):
    """A coupon, a distribution or a grant would be paid otherwise than its lines say, or not once."""

    reason: ClassVar[str] = "DISTRIBUTION_RULE_BROKEN"


class UtilityUseViolation(ContractViolation):
    """Utility tokens would be used otherwise than by their holder, in time, for a named reference."""

    reason: ClassVar[str] = "UTILITY_USE_RULE_BROKEN"


class ProposalViolation(ContractViolation):
    """A contract package would be approved otherwise than by the members' votes."""

    reason: ClassVar[str] = "PROPOSAL_RULE_BROKEN"


class ExecutionViolation(ContractViolation):
    """An execution would be published by who is no venue, under another's trade id, or without its custodians."""

    reason: ClassVar[str] = "EXECUTION_RULE_BROKEN"


class ReplacementViolation(ContractViolation):
    """States would be replaced by others than their equals, or without all who have a say in them."""

    reason: ClassVar[str] = "REPLACEMENT_RULE_BROKEN"


class NotaryChangeViolation(ReplacementViolation):
    """States would go to a notary that does not serve, or that have to stay with the journal's."""

    reason: ClassVar[str] = "NOTARY_CHANGE_RULE_BROKEN"


class PackageUpgradeViolation(ReplacementViolation):
    """States would be converted that are not of the package named, or otherwise than this package says."""

    reason: ClassVar[str] = "PACKAGE_UPGRADE_RULE_BROKEN"


class UnknownContract(ContractViolation):
    """The transaction names a contract that its package does not have."""

    reason: ClassVar[str] = "CONTRACT_UNKNOWN"
