"""Contracts ``security_token`` and ``utility_token``: one set of rules for the tokens of the ST and the UT network.

The ledger is the register, and its registrar (the trustee's AN of a security token, the issuer of a utility token)
signs whatever changes it. Every transaction with tokens of a network has one command under the rules of ``holdings``:
the registrar keeps the token, members are those of the token's network. No token is encumbered: nothing locks tokens
on this ledger. A token with a gate is issued under the security that names the gate, and moves through it
(``transfer_gate``); redemption and the registrar's own acts do not ask for the gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chains.progmat.contracts.errors import TokenViolation
from chains.progmat.contracts.holding_nouns import Asset, Holdings
from chains.progmat.contracts.holdings import ISSUE, MOVE, HoldingRules
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.contracts.names import SECURITY_TOKEN, UTILITY_TOKEN
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.contracts.security import ReferencedSecurities
from chains.progmat.contracts.token_codec import decode_token, encode_token
from chains.progmat.contracts.transfer_gate import require_passage
from chains.progmat.contracts.utility_expiry import EXPIRE, verify_before_expiry, verify_expire
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import (
    MAX_TIME_S,
    Party,
    ProvableWrite,
    TransactionState,
    check_name,
    check_range,
)
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.composite_key import Key
from primitives.public_key import PublicKey

MAX_QUANTITY: Final = 10**15
CONTRACT_OF: Final = {BusinessNetwork.ST: SECURITY_TOKEN, BusinessNetwork.UT: UTILITY_TOKEN}
"""By network; the SC network has coins, which are contract ``cash``'s."""

_rules = RuleBook(TokenViolation)


@dataclass(frozen=True, slots=True)
class TokenState:
    """``quantity`` (1..10^15) of a token, owned by the account key ``owner`` that custodian node ``node`` keeps.

    ``expires_s`` (Unix seconds, 0: never) is a utility token's only: see ``utility_expiry``.
    ``gate_id`` (empty: none) is set at issue and never changes.
    """

    network: BusinessNetwork
    token_id: str
    registrar: Party
    quantity: int
    owner: PublicKey
    node: str
    gate_id: str = ""
    expires_s: int = 0
    frozen: bool = False

    def __post_init__(self) -> None:
        if self.network not in CONTRACT_OF:
            raise MalformedComponent("TokenState.network", expected="ST or UT", found=self.network.name)
        check_name("TokenState.token_id", self.token_id)
        check_range("TokenState.quantity", self.quantity, 1, MAX_QUANTITY)
        check_name("TokenState.node", self.node)
        check_range("TokenState.expires_s", self.expires_s, 0, MAX_TIME_S)
        if self.expires_s and self.network is not BusinessNetwork.UT:
            raise MalformedComponent("securities do not expire", expected=0, found=self.expires_s)
        if self.gate_id:
            check_name("TokenState.gate_id", self.gate_id)

    @property
    def asset(self) -> Asset:
        """What this is an amount of: tokens are fungible within one token id of one registrar."""
        return (self.token_id, self.registrar)

    @property
    def amount(self) -> int:
        """The quantity, as ``holdings`` asks for it."""
        return self.quantity

    def encode(self) -> bytes:
        """Canonical bytes."""
        return encode_token(
            self.network,
            self.token_id,
            self.registrar,
            self.quantity,
            self.owner,
            self.node,
            self.gate_id,
            self.expires_s,
            frozen=self.frozen,
        )

    def as_output(self, notary: Party) -> TransactionState:
        """This quantity as an output of a transaction."""
        return TransactionState(CONTRACT_OF[self.network], self.encode(), notary)

    @classmethod
    def of(cls, state: TransactionState) -> TokenState:
        """The tokens in a state of either contract; raises TokenViolation for another contract's, DecodeError."""
        token = _decoded(state.data)
        _rules.equal(
            "the state is in its network's contract", expected=CONTRACT_OF[token.network], found=state.contract
        )
        return token


@lru_cache(maxsize=4096)
def _decoded(data: bytes) -> TokenState:
    number, token_id, registrar, quantity, owner, node, gate_id, expires_s, frozen = decode_token(data)
    try:
        network = BusinessNetwork(number)
    except ValueError as error:
        raise MalformedComponent("TokenState.network", expected="ST or UT", found=number) from error
    return TokenState(network, token_id, registrar, quantity, owner, node, gate_id, expires_s, frozen)


class TokenContract:
    """See the module's docstring; one object per network."""

    version = 2

    def __init__(self, network: BusinessNetwork) -> None:
        self.network = network
        self.name = CONTRACT_OF[network]
        self._rules = HoldingRules(_rules, "token", "registrar", network, MemberRole.REGISTRAR, self._approvers)

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; tokens need no light client
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[ProvableWrite, ...]:
        """Tokens write nothing provable: always the empty tuple. Raises TokenViolation or MembershipViolation."""
        command = self._rules.the_command(ledger_tx.commands_of(self.name))
        states = [state.state for state in ledger_tx.inputs_of(self.name)] + list(ledger_tx.outputs_of(self.name))
        _rules.none("no token is encumbered", [state for state in states if state.encumbrance is not None])
        inputs = tuple(TokenState.of(state.state) for state in ledger_tx.inputs_of(self.name))
        outputs = tuple(TokenState.of(state) for state in ledger_tx.outputs_of(self.name))
        if command.name == EXPIRE:
            verify_expire(_rules, ledger_tx, inputs, outputs)
            return ()
        self._rules.verify(command, ledger_tx, Holdings(inputs, outputs))
        verify_before_expiry(_rules, command, ledger_tx, (*inputs, *outputs))
        self._verify_gates(command.name, ledger_tx, inputs, outputs)
        return ()

    def participants(
        self,
        state: TransactionState,
        parameters: NetworkParameters,  # noqa: ARG002 # the protocol's signature
    ) -> tuple[Key, ...]:
        """The owner and the registrar, as for a move."""
        token = TokenState.of(state)
        return (token.owner, token.registrar.key)

    def _approvers(self, ledger_tx: LedgerTransaction, asset: Asset) -> tuple[PublicKey, ...]:
        return ReferencedSecurities(ledger_tx).the(self.network, *asset).approvers

    def _verify_gates(
        self, command: str, ledger_tx: LedgerTransaction, consumed: Sequence[TokenState], made: Sequence[TokenState]
    ) -> None:
        gates = {(token.asset, token.gate_id) for token in (*consumed, *made)}
        of_assets = {asset for asset, _ in gates}
        _rules.equal("all tokens of one id have one gate, and keep it", expected=len(of_assets), found=len(gates))
        for (token_id, registrar), gate_id in sorted(gates, key=lambda gate: (gate[0][0], gate[0][1].name)):
            if not gate_id:
                continue
            if command == ISSUE:
                security = ReferencedSecurities(ledger_tx).the(self.network, token_id, registrar)
                _rules.equal("tokens are issued with their security's gate", expected=security.gate_id, found=gate_id)
                if not security.is_issuable:
                    rule = f"security {token_id} is not redeemed"
                    raise _rules.broken(rule, expected="PLANNED or LISTED", found=security.status.name)
            elif command == MOVE:
                require_passage(ledger_tx, self.network, gate_id, registrar)
