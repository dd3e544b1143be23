"""The parties of a test ledger with real keys, and builders of the everyday transactions they make.

``sn`` issues the coin, ``an`` keeps the register; ``cn-a`` keeps the seller's account, ``cn-b`` the buyer's;
four Validators of whom three must sign; ``nn`` is the notary, ``bno`` the operator. Keys follow from the names, so
every test process has the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.holdings import ISSUE, MOVE, REDEEM
from chains.progmat.contracts.membership import (
    BusinessNetwork,
    MemberRole,
    MembershipState,
    MembershipStatus,
)
from chains.progmat.contracts.names import CASH, MEMBERSHIP
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, Party, StateAndRef, StateRef
from chains.progmat.transactions.network_parameters import CheckpointSigners, NetworkParameters
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from ibc.dvp import CashAccount
from primitives.composite_key import CompositeKey, leaf_keys
from primitives.hashing import sha256
from primitives.public_key import PublicKey, SignatureScheme
from primitives.secp256k1 import address_of
from primitives.signatures import SoftwareSigner

LEDGER_ID = "progmat-test"
COIN_ID = "PGC-1"


@dataclass(frozen=True)
class LedgerParty:
    """A name with its signing key."""

    name: str
    scheme: SignatureScheme = SignatureScheme.ED25519

    @property
    def secret(self) -> bytes:
        return bytes(sha256(b"ledger party " + self.name.encode()))

    @cached_property
    def signer(self) -> SoftwareSigner:
        return SoftwareSigner.from_seed(self.scheme, self.secret)

    @property
    def key(self) -> PublicKey:
        return self.signer.public_key

    @property
    def party(self) -> Party:
        return Party(self.name, self.key)

    def account_at(self, node: LedgerParty) -> CashAccount:
        """This party as an account holder at a custodian node."""
        return CashAccount(node.name, self.key.encoded())


SN = LedgerParty("sn")
AN = LedgerParty("an")
EN = LedgerParty("en")
CN_A = LedgerParty("cn-a")
CN_B = LedgerParty("cn-b")
NN = LedgerParty("nn")
SECOND = LedgerParty("nn-2")
"""A notary beside the journal's, where a test has one."""
OPERATOR = LedgerParty("bno")
SELLER = LedgerParty("account of the seller")
BUYER = LedgerParty("account of the buyer", SignatureScheme.SECP256R1)
STRANGER = LedgerParty("stranger")
APPROVER = LedgerParty("approver")
SECOND_APPROVER = LedgerParty("second approver")
"""Whose keys stand in securities beside the registrar's."""
VALIDATORS = tuple(LedgerParty(f"validator-{n}", SignatureScheme.SECP256K1) for n in range(4))
EVERYBODY = (
    SN,
    AN,
    EN,
    CN_A,
    CN_B,
    NN,
    SECOND,
    OPERATOR,
    SELLER,
    BUYER,
    STRANGER,
    APPROVER,
    SECOND_APPROVER,
    *VALIDATORS,
)
KEYRING: Mapping[PublicKey, SoftwareSigner] = {party.key: party.signer for party in EVERYBODY}
VALIDATOR_KEY = CompositeKey(3, tuple((1, validator.key) for validator in VALIDATORS))


def network_parameters(package: ContractPackage, *, epoch: int = 1) -> NetworkParameters:
    """Parameters of the test network that allow this one contract package."""
    return NetworkParameters(
        epoch=epoch,
        ledger_id=LEDGER_ID,
        notary=NN.party,
        validator_key=VALIDATOR_KEY,
        validators=CheckpointSigners(3, tuple(sorted(address_of(validator.secret) for validator in VALIDATORS))),
        operator_key=OPERATOR.key,
        contract_packages=(package.hash,),
        platform_version=1,
    )


def salt_of(name: str) -> bytes:
    """A salt that follows from a name: equal transactions under equal names are equal."""
    return bytes(sha256(b"salt " + name.encode()))


def signed(wire: WireTransaction, *, without: Iterable[LedgerParty] = ()) -> SignedTransaction:
    """The transaction with the signatures of all required parties but the notary's and of those left out."""
    notary = {wire.notary.key} if wire.notary is not None else set()
    absent = {NN.key, *notary, *(party.key for party in without)}
    wanted = {leaf for key in wire.required_signers for leaf in leaf_keys(key)} - absent
    signatures = [sign_transaction(KEYRING[key], wire.id) for key in sorted(wanted, key=PublicKey.encoded)]
    return SignedTransaction.of(wire, signatures)


def cash(amount_yen: int, owner: LedgerParty = BUYER, node: LedgerParty = CN_B, coin_id: str = COIN_ID) -> CashState:
    """Coins of ``sn``."""
    return CashState(coin_id, SN.party, amount_yen, owner.key, node.name)


def membership(party: LedgerParty, role: MemberRole) -> MembershipState:
    """An active membership of the stablecoin network."""
    return MembershipState(BusinessNetwork.SC, party.party, (role,), MembershipStatus.ACTIVE)


def membership_issue(frame: TransactionFrame, member: MembershipState) -> TransactionBuilder:
    """The operator admits a member."""
    command = Command(MEMBERSHIP, "Issue", b"", (OPERATOR.key,))
    return replace(frame.start(), outputs=(member.as_output(frame.notary),), commands=(command,))


def membership_change(frame: TransactionFrame, member: StateAndRef, name: str) -> TransactionBuilder:
    """The operator suspends, activates or revokes a member."""
    old = MembershipState.of(member.state)
    statuses = {"Suspend": MembershipStatus.SUSPENDED, "Activate": MembershipStatus.ACTIVE}
    outputs = (replace(old, status=statuses[name]).as_output(frame.notary),) if name in statuses else ()
    command = Command(MEMBERSHIP, name, b"", (OPERATOR.key,))
    return replace(frame.start(), inputs=(member.ref,), outputs=outputs, commands=(command,))


@dataclass(frozen=True)
class MemberFrame(TransactionFrame):
    """A frame that also knows the present memberships, by network and name."""

    members: Mapping[tuple[BusinessNetwork, str], StateAndRef]

    def refs(self, network: BusinessNetwork, *names: str) -> tuple[StateRef, ...]:
        """Memberships to reference; who is no member is left out, and the contract will say so."""
        found = (self.members.get((network, name)) for name in sorted(set(names)))
        return tuple(member.ref for member in found if member is not None)


def _custodians(frame: TransactionFrame, *coins: CashState) -> tuple[StateRef, ...]:
    return frame.refs(BusinessNetwork.SC, *(coin.node for coin in coins)) if isinstance(frame, MemberFrame) else ()


def cash_issue(frame: TransactionFrame, issuer_membership: StateAndRef, *coins: CashState) -> TransactionBuilder:
    """``sn`` issues coins."""
    return replace(
        frame.start(),
        outputs=tuple(coin.as_output(frame.notary) for coin in coins),
        commands=(Command(CASH, ISSUE, b"", (SN.key,)),),
        references=(issuer_membership.ref, *_custodians(frame, *coins)),
    )


def cash_move(frame: TransactionFrame, inputs: Iterable[StateAndRef], *coins: CashState) -> TransactionBuilder:
    """Owners and ``sn`` move coins."""
    return _cash_spend(frame, tuple(inputs), MOVE, coins)


def cash_redeem(frame: TransactionFrame, inputs: Iterable[StateAndRef], *change: CashState) -> TransactionBuilder:
    """Owners and ``sn`` destroy coins against yen; ``change`` remains."""
    return _cash_spend(frame, tuple(inputs), REDEEM, change)


def _cash_spend(
    frame: TransactionFrame, inputs: tuple[StateAndRef, ...], name: str, outputs: Iterable[CashState]
) -> TransactionBuilder:
    spent, made = [CashState.of(state.state) for state in inputs], tuple(outputs)
    owners = [coin.owner for coin in spent]
    issuer = frame.refs(BusinessNetwork.SC, SN.name) if isinstance(frame, MemberFrame) and name == REDEEM else ()
    return replace(
        frame.start(),
        inputs=tuple(state.ref for state in inputs),
        outputs=tuple(coin.as_output(frame.notary) for coin in made),
        commands=(Command(CASH, name, b"", tuple(dict.fromkeys((*owners, SN.key)))),),
        references=(*issuer, *_custodians(frame, *spent, *made)),
    )
