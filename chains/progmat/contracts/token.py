"""Contracts ``security_token`` and ``utility_token``: one set of rules for the tokens of the ST and the UT network.

The ledger is the register, and its registrar (the trustee's AN of a security token, the issuer of a utility token)
signs whatever changes it. Every transaction with tokens of a network has one command: ``Issue`` (by the registrar),
``Move`` (by each owner and each registrar) or ``Redeem`` (owners and registrar). Each references the active memberships
in that network of every custodian node whose account gives or takes, ``Issue`` and ``Redeem`` the registrar's too;
``Move`` does not, for the reason ``cash`` gives. No token is encumbered: nothing locks tokens on this ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chains.progmat.contracts.errors import TokenViolation
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, ReferencedMembers
from chains.progmat.contracts.names import SECURITY_TOKEN, UTILITY_TOKEN
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.contracts.token_codec import decode_token, encode_token
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import (
    Command,
    Party,
    ProvableWrite,
    TransactionState,
    check_name,
    check_range,
)
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.composite_key import Key
from primitives.public_key import PublicKey

ISSUE: Final = "Issue"
MOVE: Final = "Move"
REDEEM: Final = "Redeem"

MAX_QUANTITY: Final = 10**15
CONTRACT_OF: Final = {BusinessNetwork.ST: SECURITY_TOKEN, BusinessNetwork.UT: UTILITY_TOKEN}
"""By network; the SC network has coins, which are contract ``cash``'s."""

Token = tuple[str, Party]
"""Tokens are fungible within one token id of one registrar."""

_rules = RuleBook(TokenViolation)


@dataclass(frozen=True, slots=True)
class TokenState:
    """``quantity`` (1..10^15) of a token, owned by the account key ``owner`` that custodian node ``node`` keeps."""

    network: BusinessNetwork
    token_id: str
    registrar: Party
    quantity: int
    owner: PublicKey
    node: str

    def __post_init__(self) -> None:
        if self.network not in CONTRACT_OF:
            raise MalformedComponent("TokenState.network", expected="ST or UT", found=self.network.name)
        check_name("TokenState.token_id", self.token_id)
        check_range("TokenState.quantity", self.quantity, 1, MAX_QUANTITY)
        check_name("TokenState.node", self.node)

    @property
    def token(self) -> Token:
        """What this is an amount of."""
        return (self.token_id, self.registrar)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return encode_token(self.network, self.token_id, self.registrar, self.quantity, self.owner, self.node)

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
    number, token_id, registrar, quantity, owner, node = decode_token(data)
    try:
        network = BusinessNetwork(number)
    except ValueError as error:
        raise MalformedComponent("TokenState.network", expected="ST or UT", found=number) from error
    return TokenState(network, token_id, registrar, quantity, owner, node)


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The tokens of one network in one transaction, decoded."""

    inputs: tuple[TokenState, ...]
    outputs: tuple[TokenState, ...]

    @property
    def owners(self) -> frozenset[PublicKey]:
        return frozenset(token.owner for token in self.inputs)

    @property
    def nodes(self) -> frozenset[str]:
        return frozenset(token.node for token in (*self.inputs, *self.outputs))

    @property
    def kinds(self) -> list[Token]:
        return sorted({token.token for token in (*self.inputs, *self.outputs)}, key=str)


class TokenContract:
    """See the module's docstring; one object per network."""

    version = 1

    def __init__(self, network: BusinessNetwork) -> None:
        self.network = network
        self.name = CONTRACT_OF[network]

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; tokens need no light client
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[ProvableWrite, ...]:
        """Tokens write nothing provable: always the empty tuple. Raises TokenViolation or MembershipViolation."""
        command = _rules.one("a transaction with tokens has one command of theirs", ledger_tx.commands_of(self.name))
        _rules.equal("a token command carries no data", expected=b"", found=command.data)
        states = [state.state for state in ledger_tx.inputs_of(self.name)] + list(ledger_tx.outputs_of(self.name))
        _rules.none("no token is encumbered", [state for state in states if state.encumbrance is not None])
        tokens = _Tokens(
            tuple(TokenState.of(state.state) for state in ledger_tx.inputs_of(self.name)),
            tuple(TokenState.of(state) for state in ledger_tx.outputs_of(self.name)),
        )
        self._verify_command(command, ledger_tx, tokens)
        members = ReferencedMembers(ledger_tx)
        members.active_custodians(tokens.nodes, self.network)
        if command.name != MOVE:
            for _, registrar in tokens.kinds:
                members.active_party(registrar, self.network, MemberRole.REGISTRAR)
        return ()

    def _verify_command(self, command: Command, ledger_tx: LedgerTransaction, tokens: _Tokens) -> None:
        match command.name:
            case "Issue":
                _verify_issue(tokens)
            case "Move":
                _verify_move(tokens)
            case "Redeem":
                _verify_redeem(tokens)
            case _:
                known = f"{ISSUE}, {MOVE}, {REDEEM}"
                raise _rules.broken("the token command is known", expected=known, found=command.name)
        for owner in sorted(tokens.owners, key=PublicKey.encoded):
            _rules.signed_by("each owner signs", signer=owner, signers=ledger_tx.signers)
        for _, registrar in tokens.kinds:
            _rules.signed_by(f"registrar {registrar.name} signs", signer=registrar.key, signers=ledger_tx.signers)

    def participants(
        self,
        state: TransactionState,
        parameters: NetworkParameters,  # noqa: ARG002 # the protocol's signature
    ) -> tuple[Key, ...]:
        """The owner and the registrar, as for a move."""
        token = TokenState.of(state)
        return (token.owner, token.registrar.key)


def _verify_issue(tokens: _Tokens) -> None:
    _rules.none("an issue consumes no tokens", tokens.inputs)
    _rules.some("an issue makes tokens", tokens.outputs)
    _rules.one("an issue is of one token", tokens.kinds)


def _verify_move(tokens: _Tokens) -> None:
    _rules.some("a move consumes tokens", tokens.inputs)
    consumed, made = _totals(tokens.inputs), _totals(tokens.outputs)
    _rules.equal("tokens in equal tokens out, token by token", expected=consumed, found=made)


def _verify_redeem(tokens: _Tokens) -> None:
    _rules.some("a redemption consumes tokens", tokens.inputs)
    _rules.one("a redemption is of one token", tokens.kinds)
    for change in tokens.outputs:
        if change.owner not in tokens.owners:
            raise _rules.broken("change goes back to an owner", expected="an owner of the inputs", found=change.owner)
    total_in, total_out = (sum(token.quantity for token in side) for side in (tokens.inputs, tokens.outputs))
    _rules.at_most("a redemption destroys tokens", limit=total_in - 1, found=total_out)


def _totals(tokens: Iterable[TokenState]) -> Counter[Token]:
    totals: Counter[Token] = Counter()
    for token in tokens:
        totals[token.token] += token.quantity
    return totals
