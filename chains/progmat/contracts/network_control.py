"""Contract ``network_control``: whether a business network is open for moves (開閉局制御).

``Open`` and ``Close`` make the control of a network, or change it; the network operator signs. A closed network stops
moves of what asks for it (``transfer_gate``: gates that are controlled), and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import Final

from crossdvp.ledger.v1 import securities_states_pb2 as pb
from crossdvp.ledger.v1 import states_pb2

from chains.progmat.contracts.errors import NetworkControlViolation
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.names import NETWORK_CONTROL
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import MAX_STATE_DATA_BYTES, Party, ProvableWrite, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.codec import deterministic_bytes, strict_parse
from primitives.composite_key import Key

OPEN: Final = "Open"
CLOSE: Final = "Close"

_rules = RuleBook(NetworkControlViolation)


class Opening(IntEnum):
    """Whether moves pass."""

    OPEN = 1
    CLOSED = 2


MADE_BY: Final = {OPEN: Opening.OPEN, CLOSE: Opening.CLOSED}
"""How a control or a gate stands after a command."""


def opening_of(what: str, number: int) -> Opening:
    """Raises ``DecodeError``."""
    try:
        return Opening(number)
    except ValueError as error:
        raise MalformedComponent(what, expected="1 (open) or 2 (closed)", found=number) from error


def network_of(what: str, number: int) -> BusinessNetwork:
    """Raises ``DecodeError``."""
    try:
        return BusinessNetwork(number)
    except ValueError as error:
        raise MalformedComponent(what, expected="ST, SC or UT", found=number) from error


@dataclass(frozen=True, slots=True)
class NetworkControlState:
    """How a business network stands."""

    network: BusinessNetwork
    opening: Opening

    def encode(self) -> bytes:
        """Canonical bytes."""
        return deterministic_bytes(
            pb.NetworkControlState(
                network=states_pb2.BusinessNetwork.Name(self.network), opening=pb.Opening.Name(self.opening)
            )
        )

    def as_output(self, notary: Party) -> TransactionState:
        """This control as an output of a transaction."""
        return TransactionState(NETWORK_CONTROL, self.encode(), notary)

    @classmethod
    def of(cls, state: TransactionState) -> NetworkControlState:
        """The control in a state of this contract; raises NetworkControlViolation, DecodeError."""
        _rules.equal("the state is a network's control", expected=NETWORK_CONTROL, found=state.contract)
        return _decoded(state.data)


@lru_cache(maxsize=64)
def _decoded(data: bytes) -> NetworkControlState:
    message = strict_parse(pb.NetworkControlState, data, max_bytes=MAX_STATE_DATA_BYTES)
    return NetworkControlState(
        network_of("NetworkControlState.network", int(message.network)),
        opening_of("NetworkControlState.opening", int(message.opening)),
    )


class NetworkControlContract:
    """See the module's docstring."""

    name = NETWORK_CONTROL
    version = 1

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; a control needs no light client
        parameters: NetworkParameters,
    ) -> tuple[ProvableWrite, ...]:
        """Nothing provable is written: always the empty tuple. Raises NetworkControlViolation, DecodeError."""
        command = _rules.one("a transaction opens or closes one network", ledger_tx.commands_of(NETWORK_CONTROL))
        if command.name not in MADE_BY:
            raise _rules.broken("the command is known", expected=f"{OPEN}, {CLOSE}", found=command.name)
        _rules.equal("a network control's command carries no data", expected=b"", found=command.data)
        _rules.signed_by("the network operator signs", signer=parameters.operator_key, signers=ledger_tx.signers)
        before = [NetworkControlState.of(state.state) for state in ledger_tx.inputs_of(NETWORK_CONTROL)]
        after = [NetworkControlState.of(state) for state in ledger_tx.outputs_of(NETWORK_CONTROL)]
        made = _rules.one("one control is made", after)
        _rules.equal("it stands as the command says", expected=MADE_BY[command.name], found=made.opening)
        if before:
            old = _rules.one("one control is consumed", before)
            _rules.equal("nothing but the opening changes", expected=replace(old, opening=made.opening), found=made)
        return ()

    def participants(
        self,
        state: TransactionState,  # noqa: ARG002 # the protocol's signature
        parameters: NetworkParameters,
    ) -> tuple[Key, ...]:
        """The network operator, who alone changes it."""
        return (parameters.operator_key,)
