"""What the services beside SettlementService refuse, by name, and with which gRPC code.

CallerError
├── BadRequest (see relayer.gateway.errors)
│   └── IsinInvalid            no ISIN: its form or its check digit
├── InstrumentUnknown          another chain, no adapter of the deployment, or no token contract
├── AccountUnknown             no account of that name on this platform
├── CounterpartyUnknown        no counterparty of that name on this platform
├── AliasTaken                 the platform uses the name for something else
├── TooManyEntries             a platform's list is full
├── NotYourAccount             a cash account at a node for which the platform does not speak
├── LastCounterparty           without it the list would let everybody pass
├── CounterpartyNotListed      the instruction's counterparty is not on the platform's list
├── SettlementNotEnded         nothing is proved of what still goes on
├── NothingToProve             it ended before it was on a ledger
├── StepNotDue                 something else has to happen first
├── PreparedTransactionUnknown never prepared here, or for somebody else
├── PreparedTransactionExpired prepare it again
├── AlreadyExecuted            handed in before, with another signature
├── EvmTxMalformed             not the RLP of a signed legacy transaction
├── EvmTxDiffers               not what was prepared; the field is named
├── OperationUnknown           no such operation of this platform
└── NoDelegatedSigner          the operator was told of no signer for that account
PeerError
└── ProofInconsistent          what the nodes gave proves nothing
UnavailableError
├── ProofNotKept               the chain's node has forgotten that state
├── GasPriceAboveCeiling       the chain asks more than the operator allows
└── SignerUnavailable          the key management service does not answer
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import grpc

from primitives.errors import CallerError, PeerError, UnavailableError
from relayer.gateway.errors import BadRequest


class IsinInvalid(BadRequest):
    """Not an ISIN (ISO 6166): two letters, nine letters or digits, and a check digit that fits."""

    reason = "ISIN_INVALID"

    def __init__(self, found: str) -> None:
        super().__init__("instrument.isin", "an ISIN whose check digit fits, e.g. JP3435000009, or nothing", found[:20])


class _Named(CallerError):
    """Something with a name that is not there, or that its owner alone may see."""

    what = "resource"

    def __init__(self, name: str, advice: str) -> None:
        self.name = name[:200]
        super().__init__(f"no {self.what} {self.name}: {advice}")


class InstrumentUnknown(_Named):
    """Another chain, an adapter that was not deployed, or no token contract at that address."""

    reason = "INSTRUMENT_UNKNOWN"
    what = "instrument"


class AccountUnknown(_Named):
    """The platform has no account of that name."""

    reason = "ACCOUNT_UNKNOWN"
    what = "account"


class CounterpartyUnknown(_Named):
    """The platform has no counterparty of that name."""

    reason = "COUNTERPARTY_UNKNOWN"
    what = "counterparty"


class PreparedTransactionUnknown(_Named):
    """Never prepared here, forgotten after its time, or prepared for another platform."""

    reason = "PREPARED_TRANSACTION_UNKNOWN"
    what = "prepared transaction"


class OperationUnknown(_Named):
    """No transaction of that hash was handed in by this platform."""

    reason = "OPERATION_UNKNOWN"
    what = "operation"


class AliasTaken(CallerError):
    """The platform uses that name for something else; nothing was stored."""

    reason = "ALIAS_TAKEN"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} names something else: choose another name, or delete that one first")


class TooManyEntries(CallerError):
    """The platform's list is full; nothing was stored."""

    reason = "TOO_MANY_ENTRIES"

    def __init__(self, what: str, most: int) -> None:
        self.what, self.most = what, most
        super().__init__(f"{what}: at most {most} a platform; delete some that are not used")


class NotYourAccount(CallerError):
    """A platform names accounts only at nodes for which it speaks; nothing was stored."""

    reason = "NOT_YOUR_ACCOUNT"

    def __init__(self, caller: str, node: str) -> None:
        self.caller, self.node = caller, node
        super().__init__(f"{caller} does not speak for {node}: name an account at your own custodian node")


class LastCounterparty(CallerError):
    """An empty list lets everybody pass: that is to be said."""

    reason = "LAST_COUNTERPARTY"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is the last entry: without it everybody passes; say allow_everybody if you mean it")


class CounterpartyNotListed(CallerError):
    """The platform settles with listed counterparties only; nothing was stored."""

    reason = "COUNTERPARTY_NOT_LISTED"

    def __init__(self, field: str, found: str) -> None:
        self.field, self.found = field, found
        super().__init__(f"{field}: {found} is not on your list of counterparties: add it, or correct the terms")


class SettlementNotEnded(CallerError):
    """Nothing is proved of a settlement that still goes on."""

    reason = "SETTLEMENT_NOT_ENDED"

    def __init__(self, name: str, state: str) -> None:
        self.name, self.state = name, state
        super().__init__(f"{name} is {state}: watch it, and ask again when it has ended")


class NothingToProve(CallerError):
    """The settlement ended before it was on any ledger."""

    reason = "NOTHING_TO_PROVE"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} ended before anything of it was on a ledger: there is nothing to prove")


class StepNotDue(CallerError):
    """Something else has to happen first; nothing was prepared."""

    reason = "STEP_NOT_DUE"

    def __init__(self, what: str, wait_for: str) -> None:
        self.what, self.wait_for = what, wait_for
        super().__init__(f"{what} is not due: {wait_for}")


class PreparedTransactionExpired(CallerError):
    """Nonce and gas price were looked up too long ago; nothing was sent."""

    reason = "PREPARED_TRANSACTION_EXPIRED"

    def __init__(self, name: str, expired_s: int) -> None:
        self.name, self.expired_s = name, expired_s
        super().__init__(f"{name} was good until {expired_s}: prepare it again and sign that")


class AlreadyExecuted(CallerError):
    """Handed in before, as another transaction: two signatures of one step would race."""

    reason = "ALREADY_EXECUTED"

    def __init__(self, name: str, operation: str) -> None:
        self.name, self.operation = name, operation
        super().__init__(f"{name} was handed in as {operation}: follow that operation")


class EvmTxMalformed(CallerError):
    """Not the RLP of a signed legacy transaction; nothing was sent."""

    reason = "EVM_TX_MALFORMED"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"expected the RLP of a signed legacy transaction with EIP-155 protection: {why}")


class EvmTxDiffers(CallerError):
    """The signed transaction is not what was prepared; nothing was sent."""

    reason = "EVM_TX_DIFFERS"

    def __init__(self, field: str, expected: str, found: str) -> None:
        self.field, self.expected, self.found = field, expected, found
        super().__init__(f"{field}: expected {expected}, found {found}; sign what was prepared, or prepare it again")


class NoDelegatedSigner(CallerError):
    """The gateway's operator was told of no signer for that account of the platform."""

    reason = "NO_DELEGATED_SIGNER"

    def __init__(self, caller: str, sender: str) -> None:
        self.caller, self.sender = caller, sender
        super().__init__(f"no signer is configured for {sender} of {caller}: sign the transaction yourself")


class ProofInconsistent(PeerError):
    """What the nodes gave does not prove the settlement: it was not handed out."""

    reason = "PROOF_INCONSISTENT"

    def __init__(self, name: str, why: str) -> None:
        self.name, self.why = name, why
        super().__init__(f"{name}: the nodes' answers do not prove it: {why}; tell the gateway's operator")


class ProofNotKept(UnavailableError):
    """The chain's node does not keep a state that old."""

    reason = "PROOF_NOT_KEPT"

    def __init__(self, height: int, why: str) -> None:
        self.height, self.why = height, why
        super().__init__(f"block {height}: {why}; the gateway needs a node that keeps history (an archive node)")


class GasPriceAboveCeiling(UnavailableError):
    """The chain asks more for gas than the gateway's operator allows to propose."""

    reason = "GAS_PRICE_ABOVE_CEILING"

    def __init__(self, asked_wei: int, most_wei: int) -> None:
        self.asked_wei, self.most_wei = asked_wei, most_wei
        super().__init__(f"gas price: expected at most {most_wei} wei, found {asked_wei} wei; wait for it to fall")


class SignerUnavailable(UnavailableError):
    """The delegated signer does not answer; nothing was signed."""

    reason = "SIGNER_UNAVAILABLE"

    def __init__(self, signer: str, why: str) -> None:
        self.signer, self.why = signer, why
        super().__init__(f"{signer} does not sign now: {why}; try again, or sign the transaction yourself")


STATUS_CODES: Final[Mapping[type[BaseException], grpc.StatusCode]] = {
    **dict.fromkeys(
        (InstrumentUnknown, AccountUnknown, CounterpartyUnknown, PreparedTransactionUnknown, OperationUnknown),
        grpc.StatusCode.NOT_FOUND,
    ),
    **dict.fromkeys((AliasTaken, AlreadyExecuted), grpc.StatusCode.ALREADY_EXISTS),
    **dict.fromkeys((NotYourAccount, CounterpartyNotListed), grpc.StatusCode.PERMISSION_DENIED),
    **dict.fromkeys(
        (
            LastCounterparty,
            SettlementNotEnded,
            NothingToProve,
            StepNotDue,
            PreparedTransactionExpired,
            NoDelegatedSigner,
            ProofInconsistent,
        ),
        grpc.StatusCode.FAILED_PRECONDITION,
    ),
    TooManyEntries: grpc.StatusCode.RESOURCE_EXHAUSTED,
}
"""Finer than the kinds of blame; merged with SettlementService's where the gateway is served."""
