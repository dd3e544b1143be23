"""Tokens of the test ledger's registrar ``an``, the transactions made with them, and terms of a native trade."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chains.progmat.contracts import native_dvp
from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.holdings import ISSUE, MOVE, REDEEM
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, MembershipState, MembershipStatus
from chains.progmat.contracts.names import CASH, NATIVE_DVP
from chains.progmat.contracts.native_terms import NativeTerms, encode_native_terms
from chains.progmat.contracts.token import CONTRACT_OF, TokenState
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, StateAndRef, TimeWindow
from primitives.hashing import sha256
from primitives.types import UnixSeconds
from tests.fakes.ledger_model import LedgerModel
from tests.fakes.ledger_parties import (
    AN,
    BUYER,
    CN_A,
    CN_B,
    COIN_ID,
    SELLER,
    SN,
    LedgerParty,
    MemberFrame,
    cash,
    cash_issue,
    membership_issue,
)

ST, SC, UT = BusinessNetwork.ST, BusinessNetwork.SC, BusinessNetwork.UT
TOKEN_ID = "ST-1"  # noqa: S105 - the name of a security
NOW_S = 1_790_000_000


def token(
    quantity: int,
    owner: LedgerParty = SELLER,
    node: LedgerParty = CN_A,
    network: BusinessNetwork = ST,
    token_id: str = TOKEN_ID,
) -> TokenState:
    """Tokens of ``an``."""
    return TokenState(network, token_id, AN.party, quantity, owner.key, node.name)


def member(network: BusinessNetwork, party: LedgerParty, *roles: MemberRole) -> MembershipState:
    """An active membership."""
    return MembershipState(network, party.party, roles, MembershipStatus.ACTIVE)


def token_issue(frame: MemberFrame, *made: TokenState) -> TransactionBuilder:
    """``an`` enters tokens in its register."""
    return _token_tx(frame, ISSUE, (), made, AN.name)


def token_move(frame: MemberFrame, inputs: Iterable[StateAndRef], *made: TokenState) -> TransactionBuilder:
    """Owners and ``an`` move tokens."""
    return _token_tx(frame, MOVE, tuple(inputs), made)


def token_redeem(frame: MemberFrame, inputs: Iterable[StateAndRef], *change: TokenState) -> TransactionBuilder:
    """Owners and ``an`` take tokens out of the register; ``change`` remains."""
    return _token_tx(frame, REDEEM, tuple(inputs), change, AN.name)


def _token_tx(
    frame: MemberFrame, name: str, inputs: tuple[StateAndRef, ...], made: tuple[TokenState, ...], *members: str
) -> TransactionBuilder:
    spent = [TokenState.of(state.state) for state in inputs]
    network = (*spent, *made)[0].network
    nodes = (item.node for item in (*spent, *made))
    signers = tuple(dict.fromkeys((*(item.owner for item in spent), AN.key)))
    return replace(
        frame.start(),
        inputs=tuple(state.ref for state in inputs),
        outputs=tuple(item.as_output(frame.notary) for item in made),
        commands=(Command(CONTRACT_OF[network], name, b"", signers),),
        references=frame.refs(network, *members, *nodes),
    )


def native_terms(
    trade: int = 1, *, quantity: int = 10, amount_yen: int = 400, settle_by_s: int = NOW_S + 600
) -> NativeTerms:
    """``quantity`` tokens of the seller at ``cn-a`` against yen of the buyer at ``cn-b``."""
    return NativeTerms(
        trade_id=bytes(sha256(b"native trade %d" % trade)),
        network=ST,
        token_id=TOKEN_ID,
        registrar=AN.name,
        quantity=quantity,
        coin_id=COIN_ID,
        issuer=SN.name,
        amount_yen=amount_yen,
        seller_tokens=SELLER.account_at(CN_A),
        seller_cash=SELLER.account_at(CN_A),
        buyer_cash=BUYER.account_at(CN_B),
        buyer_tokens=BUYER.account_at(CN_B),
        settle_by_s=settle_by_s,
    )


def settlement(
    frame: MemberFrame, terms: NativeTerms, tokens: StateAndRef, coins: StateAndRef, until_s: int = NOW_S + 60
) -> TransactionBuilder:
    """A valid settlement of whole states with change, to be committed or tampered with."""
    sold, paid = TokenState.of(tokens.state), CashState.of(coins.state)
    nodes = (terms.seller_node, terms.buyer_node)
    token_outputs = [
        replace(sold, quantity=terms.quantity, owner=BUYER.key, node=CN_B.name),
        *([replace(sold, quantity=sold.quantity - terms.quantity)] if sold.quantity > terms.quantity else []),
    ]
    cash_outputs = [
        replace(paid, amount_yen=terms.amount_yen, owner=SELLER.key, node=CN_A.name),
        *([replace(paid, amount_yen=paid.amount_yen - terms.amount_yen)] if paid.amount_yen > terms.amount_yen else []),
    ]
    return replace(
        frame.start(),
        inputs=(tokens.ref, coins.ref),
        outputs=(
            *(state.as_output(frame.notary) for state in token_outputs),
            *(state.as_output(frame.notary) for state in cash_outputs),
        ),
        commands=(
            Command(NATIVE_DVP, native_dvp.SETTLE, encode_native_terms(terms), (SELLER.key, BUYER.key)),
            Command(CONTRACT_OF[terms.network], MOVE, b"", (SELLER.key, AN.key)),
            Command(CASH, MOVE, b"", (BUYER.key, SN.key)),
        ),
        references=(*frame.refs(terms.network, *nodes), *frame.refs(SC, *nodes)),
        time_window=TimeWindow(None, UnixSeconds(until_s)),
    )


class TokenWorld:
    """A ledger with members of the ST, SC and UT networks, tokens of the seller and coins of the buyer."""

    def __init__(self, ledger: LedgerModel) -> None:
        self.ledger = ledger
        custodian = MemberRole.CUSTODIAN
        for network, party, role in (
            (SC, SN, MemberRole.SC_ISSUER),
            (ST, AN, MemberRole.REGISTRAR),
            (UT, AN, MemberRole.REGISTRAR),
            *((network, party, custodian) for network in (ST, SC, UT) for party in (CN_A, CN_B)),
        ):
            ledger.commit(membership_issue(ledger.frame, member(network, party, role)))
        (self.tokens,) = ledger.commit(token_issue(ledger.frame, token(100)))
        issuer = ledger.frame.members[SC, SN.name]
        (self.coins,) = ledger.commit(cash_issue(ledger.frame, issuer, cash(1000)))

    @property
    def frame(self) -> MemberFrame:
        return self.ledger.frame

    def membership(self, network: BusinessNetwork, party: LedgerParty) -> StateAndRef:
        """A present membership."""
        return self.frame.members[network, party.name]

    def settlement(self, terms: NativeTerms | None = None) -> TransactionBuilder:
        """A valid settlement of the seller's tokens and the buyer's coins."""
        return settlement(self.frame, terms or native_terms(), self.tokens, self.coins)
