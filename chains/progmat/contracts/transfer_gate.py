"""Contract ``transfer_gate``: a registrar's switch for moves of the tokens that name it (移転実行可否制御).

``Open`` and ``Close`` make a gate, or change it; its registrar signs. A move of tokens with a gate references the gate
as it stands, and, where the gate is ``controlled``, its network's control as well: a closed one stops the move, and
nothing but moves. The notary refuses a reference to a gate that was closed since.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from crossdvp.ledger.v1 import securities_states_pb2 as pb
from crossdvp.ledger.v1 import states_pb2

from chains.progmat.contracts.errors import GateClosed, NetworkClosed, TransferGateViolation
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.names import NETWORK_CONTROL, TRANSFER_GATE
from chains.progmat.contracts.network_control import (
    CLOSE,
    MADE_BY,
    OPEN,
    NetworkControlState,
    Opening,
    network_of,
    opening_of,
)
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.component_codec import party_from_message, party_to_message
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import (
    MAX_STATE_DATA_BYTES,
    Party,
    ProvableWrite,
    TransactionState,
    check_name,
)
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.codec import deterministic_bytes, strict_parse
from primitives.composite_key import Key

TOKEN_NETWORKS: Final = (BusinessNetwork.ST, BusinessNetwork.UT)

_rules = RuleBook(TransferGateViolation)


@dataclass(frozen=True, slots=True)
class TransferGateState:
    """``controlled``: its tokens move only while their network is open, too."""

    network: BusinessNetwork
    gate_id: str
    registrar: Party
    opening: Opening
    controlled: bool

    def __post_init__(self) -> None:
        if self.network not in TOKEN_NETWORKS:
            raise MalformedComponent("TransferGateState.network", expected="ST or UT", found=self.network.name)
        check_name("TransferGateState.gate_id", self.gate_id)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return deterministic_bytes(
            pb.TransferGateState(
                network=states_pb2.BusinessNetwork.Name(self.network),
                gate_id=self.gate_id,
                registrar=party_to_message(self.registrar),
                opening=pb.Opening.Name(self.opening),
                controlled=self.controlled,
            )
        )

    def as_output(self, notary: Party) -> TransactionState:
        """This gate as an output of a transaction."""
        return TransactionState(TRANSFER_GATE, self.encode(), notary)

    @classmethod
    def of(cls, state: TransactionState) -> TransferGateState:
        """The gate in a state of this contract; raises TransferGateViolation, DecodeError."""
        _rules.equal("the state is a transfer gate", expected=TRANSFER_GATE, found=state.contract)
        return _decoded(state.data)


@lru_cache(maxsize=256)
def _decoded(data: bytes) -> TransferGateState:
    message = strict_parse(pb.TransferGateState, data, max_bytes=MAX_STATE_DATA_BYTES)
    return TransferGateState(
        network_of("TransferGateState.network", int(message.network)),
        message.gate_id,
        party_from_message(message.registrar),
        opening_of("TransferGateState.opening", int(message.opening)),
        message.controlled,
    )


class TransferGateContract:
    """See the module's docstring."""

    name = TRANSFER_GATE
    version = 1

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; a gate needs no light client
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[ProvableWrite, ...]:
        """Nothing provable is written: always the empty tuple. Raises TransferGateViolation, DecodeError."""
        command = _rules.one("a transaction opens or closes one gate", ledger_tx.commands_of(TRANSFER_GATE))
        if command.name not in MADE_BY:
            raise _rules.broken("the command is known", expected=f"{OPEN}, {CLOSE}", found=command.name)
        _rules.equal("a gate's command carries no data", expected=b"", found=command.data)
        before = [TransferGateState.of(state.state) for state in ledger_tx.inputs_of(TRANSFER_GATE)]
        after = [TransferGateState.of(state) for state in ledger_tx.outputs_of(TRANSFER_GATE)]
        made = _rules.one("one gate is made", after)
        _rules.signed_by("the gate's registrar signs", signer=made.registrar.key, signers=ledger_tx.signers)
        _rules.equal("it stands as the command says", expected=MADE_BY[command.name], found=made.opening)
        if before:
            old = _rules.one("one gate is consumed", before)
            same = replace(old, opening=made.opening, controlled=made.controlled)
            _rules.equal("a gate stays its registrar's, under its id", expected=same, found=made)
        return ()

    def participants(
        self,
        state: TransactionState,
        parameters: NetworkParameters,  # noqa: ARG002 # the protocol's signature
    ) -> tuple[Key, ...]:
        """The registrar, who alone changes it."""
        return (TransferGateState.of(state).registrar.key,)


def require_passage(ledger_tx: LedgerTransaction, network: BusinessNetwork, gate_id: str, registrar: Party) -> None:
    """A move of tokens with this gate passes: the gate, and what it asks for, are referenced and open.

    Raises ``GateClosed``, ``NetworkClosed``, and ``TransferGateViolation`` where one is not referenced exactly once, so
    that an open one cannot hide a closed one; DecodeError.
    """
    gates = [TransferGateState.of(state.state) for state in ledger_tx.references_of(TRANSFER_GATE)]
    named = [gate for gate in gates if (gate.network, gate.gate_id, gate.registrar) == (network, gate_id, registrar)]
    gate = _rules.one(f"the gate {gate_id} of {registrar.name} is referenced", named)
    if gate.opening is not Opening.OPEN:
        rule = f"the transfer gate {gate_id} of {registrar.name} is open"
        raise GateClosed(rule, expected=Opening.OPEN.name, found=gate.opening.name)
    if gate.controlled:
        _require_open_network(ledger_tx, network)


def _require_open_network(ledger_tx: LedgerTransaction, network: BusinessNetwork) -> None:
    controls = [NetworkControlState.of(state.state) for state in ledger_tx.references_of(NETWORK_CONTROL)]
    of_network = [control for control in controls if control.network is network]
    control = _rules.one(f"the control of network {network.name} is referenced", of_network)
    if control.opening is not Opening.OPEN:
        rule = f"network {network.name} is open"
        raise NetworkClosed(rule, expected=Opening.OPEN.name, found=control.opening.name)
