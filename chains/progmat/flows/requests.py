"""What a node can be asked to do: one frozen request per kind of flow.

Field names equal those of the request messages of ``node_service.proto``; two requests are the same when all fields
are. Sizes and amounts are checked here, so that a stored request is a sensible one; whether it can be done is for the
flow to find out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_base import FlowRequest, KeyChoice, check_amount, check_notary
from chains.progmat.vault.bounds import MAX_INPUTS
from ibc.dvp import CashAccount, SettlementTerms
from ibc.packet import Packet

MAX_CLIENT_MESSAGE_BYTES: Final = 192 * 1024
MAX_PROOF_BYTES: Final = 96 * 1024
MAX_PROOF_NODES: Final = 65
MAX_PROOF_NODE_BYTES: Final = 1100
MAX_ACKNOWLEDGEMENT_BYTES: Final = 1024
MAX_MERKLE_PREFIX_ELEMENTS: Final = 8


@dataclass(frozen=True)
class IssueCash(FlowRequest):
    """New coin for an account, against yen paid into the trust.

    An empty ``notary`` is the journal's; ``keys``: the payee's.
    """

    kind = FlowKind.ISSUE_CASH

    coin_id: str
    amount_yen: int
    to: CashAccount
    keys: KeyChoice = KeyChoice.AS_SET
    notary: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_amount(self.amount_yen)
        check_notary(self.notary)


@dataclass(frozen=True)
class MoveCash(FlowRequest):
    """Coin from one of this node's accounts to any account. ``keys``: the payee's, and the payer's for its change."""

    kind = FlowKind.MOVE_CASH

    coin_id: str
    issuer: str
    amount_yen: int
    from_account_key: bytes
    to: CashAccount
    keys: KeyChoice = KeyChoice.AS_SET

    def __post_init__(self) -> None:
        super().__post_init__()
        check_amount(self.amount_yen)


@dataclass(frozen=True)
class RedeemCash(FlowRequest):
    """Coin of one of this node's accounts off the ledger."""

    kind = FlowKind.REDEEM_CASH

    coin_id: str
    issuer: str
    amount_yen: int
    from_account_key: bytes

    def __post_init__(self) -> None:
        super().__post_init__()
        check_amount(self.amount_yen)


@dataclass(frozen=True)
class RotateAccountKey(FlowRequest):
    """Free coin of one of this node's accounts to another of its accounts, a batch at a time."""

    kind = FlowKind.ROTATE_ACCOUNT_KEY

    coin_id: str
    issuer: str
    from_account_key: bytes
    to_account_key: bytes


@dataclass(frozen=True)
class MergeCash(FlowRequest):
    """One coin out of many small ones of one of this node's accounts: free ones below ``below_yen``, smallest first."""

    kind = FlowKind.MERGE_CASH

    coin_id: str
    issuer: str
    account_key: bytes
    below_yen: int
    max_coins: int
    keys: KeyChoice = KeyChoice.AS_SET

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 2 <= self.below_yen <= 10**15 + 1:
            raise InvalidRequest("below_yen", f"2 to 10^15 + 1 yen are possible, not {self.below_yen}")
        if not 2 <= self.max_coins <= MAX_INPUTS:
            raise InvalidRequest("max_coins", f"2 to {MAX_INPUTS} coins are possible, not {self.max_coins}")


@dataclass(frozen=True)
class EarmarkProof:
    """The earmark's slot under the state root of a known height: account proof, then storage proof (trie nodes)."""

    height: int
    account_proof: tuple[bytes, ...]
    storage_proof: tuple[bytes, ...]

    def __post_init__(self) -> None:
        for name, nodes in (("account_proof", self.account_proof), ("storage_proof", self.storage_proof)):
            if not 1 <= len(nodes) <= MAX_PROOF_NODES or any(len(node) > MAX_PROOF_NODE_BYTES for node in nodes):
                raise InvalidRequest(
                    f"earmark.{name}",
                    f"1 to {MAX_PROOF_NODES} nodes of at most {MAX_PROOF_NODE_BYTES} bytes are wanted",
                )


@dataclass(frozen=True)
class LockCash(FlowRequest):
    """The buyer's cash under a lock, and the packet that asks for delivery."""

    kind = FlowKind.LOCK_CASH

    terms: SettlementTerms
    client_id: str
    earmark: EarmarkProof


@dataclass(frozen=True)
class CancelTrade(FlowRequest):
    """The trade id spent as cancelled."""

    kind = FlowKind.CANCEL_TRADE

    terms: SettlementTerms


@dataclass(frozen=True)
class CreateLightClient(FlowRequest):
    """A light client of another chain."""

    kind = FlowKind.CREATE_LIGHT_CLIENT

    client_id: str
    client_type: str
    client_state: bytes
    consensus_state: bytes
    counterparty_client_id: str
    counterparty_merkle_prefix: tuple[bytes, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_size("client_state", self.client_state, MAX_CLIENT_MESSAGE_BYTES)
        _check_size("consensus_state", self.consensus_state, MAX_CLIENT_MESSAGE_BYTES)
        if len(self.counterparty_merkle_prefix) > MAX_MERKLE_PREFIX_ELEMENTS:
            raise InvalidRequest("counterparty_merkle_prefix", f"at most {MAX_MERKLE_PREFIX_ELEMENTS} elements")


@dataclass(frozen=True)
class UpdateLightClient(FlowRequest):
    """A header of the other chain."""

    kind = FlowKind.UPDATE_LIGHT_CLIENT

    client_id: str
    client_message: bytes

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_size("client_message", self.client_message, MAX_CLIENT_MESSAGE_BYTES)


@dataclass(frozen=True)
class SubmitMisbehaviour(FlowRequest):
    """Evidence that the other chain's validators signed two truths."""

    kind = FlowKind.SUBMIT_MISBEHAVIOUR

    client_id: str
    client_message: bytes

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_size("client_message", self.client_message, MAX_CLIENT_MESSAGE_BYTES)


@dataclass(frozen=True)
class AckPacket(FlowRequest):
    """The other chain's acknowledgement of a packet, with its proof."""

    kind = FlowKind.ACK_PACKET

    packet: Packet
    acknowledgement: bytes
    proof: bytes
    height: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_size("acknowledgement", self.acknowledgement, MAX_ACKNOWLEDGEMENT_BYTES)
        _check_size("proof", self.proof, MAX_PROOF_BYTES)


@dataclass(frozen=True)
class TimeoutPacket(FlowRequest):
    """Proof that a packet was not received before its time-out."""

    kind = FlowKind.TIMEOUT_PACKET

    packet: Packet
    proof: bytes
    height: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_size("proof", self.proof, MAX_PROOF_BYTES)


@dataclass(frozen=True)
class ReceivePacket(FlowRequest):
    """A packet of the other chain, where the securities are locked, with the proof that it was sent."""

    kind = FlowKind.RECEIVE_PACKET

    packet: Packet
    proof: bytes
    height: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_size("proof", self.proof, MAX_PROOF_BYTES)


def _check_size(field: str, value: bytes, most: int) -> None:
    if not 1 <= len(value) <= most:
        raise InvalidRequest(field, f"1 to {most} bytes are wanted, not {len(value)}")
