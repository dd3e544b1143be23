"""Contract ``coin``: a coin (銘柄) as its issuer, the trustee, registered it: who may hold it, and who approves.

``Register`` makes a registration, by the issuer, an active issuer of the SC network. ``Amend`` changes the approvers
and nothing else; the issuer and one of the approvers so far sign, so that neither alone decides who the second person
is. That an issuer registers a coin once is its own node's care. A second registration changes no kind, for that of what
is issued never changes; its approvers would count (``keeper_acts``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.contracts.coin_codec import decode_coin, encode_coin
from chains.progmat.contracts.errors import CoinViolation
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, ReferencedMembers
from chains.progmat.contracts.names import COIN
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Party, ProvableWrite, TransactionState, check_name, check_range
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.composite_key import Key
from primitives.public_key import PublicKey

REGISTER: Final = "Register"
AMEND: Final = "Amend"
MAX_APPROVERS: Final = 8

_rules = RuleBook(CoinViolation)


@dataclass(frozen=True, slots=True)
class CoinState:
    """A registered coin. ``approvers``: 1..8 keys in ascending order of their encoding, none the issuer's."""

    coin_id: str
    issuer: Party
    kind: CoinKind
    approvers: tuple[PublicKey, ...]

    def __post_init__(self) -> None:
        check_name("CoinState.coin_id", self.coin_id)
        check_range("CoinState.approvers count", len(self.approvers), 1, MAX_APPROVERS)
        if self.kind is CoinKind.NONE:
            raise MalformedComponent("a registered coin has a kind", expected="WHOLESALE or RETAIL", found="none")
        encoded = [key.encoded() for key in self.approvers]
        if encoded != sorted(set(encoded)):
            raise MalformedComponent("approvers ascend", expected="each key once, ascending", found=len(encoded))
        if self.issuer.key in self.approvers:
            raise MalformedComponent("an approver is a second person", expected="another key", found="the issuer's")

    def encode(self) -> bytes:
        """Canonical bytes."""
        return encode_coin(self.coin_id, self.issuer, self.kind, self.approvers)

    def as_output(self, notary: Party) -> TransactionState:
        """This registration as an output of a transaction."""
        return TransactionState(COIN, self.encode(), notary)

    @classmethod
    def of(cls, state: TransactionState) -> CoinState:
        """The registration in a state of this contract; raises CoinViolation for another contract's, DecodeError."""
        _rules.equal("the state is a coin's registration", expected=COIN, found=state.contract)
        return _decoded(state.data)


@lru_cache(maxsize=256)
def _decoded(data: bytes) -> CoinState:
    return CoinState(*decode_coin(data))


class CoinContract:
    """See the module's docstring."""

    name = COIN
    version = 1

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; no light client is asked
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[ProvableWrite, ...]:
        """Nothing provable is written: always the empty tuple. Raises CoinViolation, MembershipViolation."""
        command = _rules.one("a transaction changes one registration", ledger_tx.commands_of(COIN))
        _rules.equal("nothing else happens", expected=frozenset({COIN}), found=ledger_tx.contract_names)
        _rules.equal("a registration's command carries no data", expected=b"", found=command.data)
        before = [CoinState.of(state.state) for state in ledger_tx.inputs_of(COIN)]
        after = _rules.one("one registration is made", [CoinState.of(state) for state in ledger_tx.outputs_of(COIN)])
        issuer = after.issuer
        _rules.signed_by(f"the issuer {issuer.name} signs", signer=issuer.key, signers=ledger_tx.signers)
        match command.name:
            case "Register":
                _rules.none("a new registration consumes none", before)
                members = ReferencedMembers(ledger_tx)
                members.active_party(issuer, BusinessNetwork.SC, MemberRole.SC_ISSUER)
            case "Amend":
                _verify_amendment(_rules.one("one registration is consumed", before), after, ledger_tx)
            case _:
                known = f"{REGISTER}, {AMEND}"
                raise _rules.broken("the coin's command is known", expected=known, found=command.name)
        return ()

    def participants(
        self,
        state: TransactionState,
        parameters: NetworkParameters,  # noqa: ARG002 # the protocol's signature
    ) -> tuple[Key, ...]:
        """The issuer, whose coin it is."""
        return (CoinState.of(state).issuer.key,)


def _verify_amendment(old: CoinState, new: CoinState, ledger_tx: LedgerTransaction) -> None:
    _rules.equal("nothing but the approvers changes", expected=replace(old, approvers=new.approvers), found=new)
    if new == old:
        raise _rules.broken("an amendment changes something", expected="other approvers", found="the same")
    require_approver(_rules, old, ledger_tx)


def require_approver(rules: RuleBook, coin: CoinState, ledger_tx: LedgerTransaction) -> None:
    """One of the coin's approvers is among the signers; raises the error of ``rules``."""
    if ledger_tx.signers.isdisjoint(coin.approvers):
        expected = f"one of {len(coin.approvers)} approvers of {coin.coin_id}"
        raise rules.broken("an approver of the coin signs", expected=expected, found="none of them")


def referenced_coin(rules: RuleBook, ledger_tx: LedgerTransaction, coin_id: str, issuer: Party) -> CoinState:
    """The one referenced registration of a coin of this issuer, name and key; raises the error of ``rules``."""
    found = [CoinState.of(reference.state) for reference in ledger_tx.references_of(COIN)]
    of_coin = [coin for coin in found if (coin.coin_id, coin.issuer) == (coin_id, issuer)]
    return rules.one(f"the registration of {coin_id} of {issuer.name} is referenced", of_coin)
