"""A security of the test ledger's registrar ``an`` with its gate and approvers, and the transactions made with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from chains.progmat.contracts import network_control, security
from chains.progmat.contracts.holdings import ISSUE, MOVE
from chains.progmat.contracts.keeper_acts import FORCE
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.contracts.names import NETWORK_CONTROL, SECURITY, TRANSFER_GATE
from chains.progmat.contracts.network_control import NetworkControlState, Opening
from chains.progmat.contracts.security import SecurityState, SecurityStatus
from chains.progmat.contracts.security_terms import HolidayAdjustment, SecurityKind, SecurityTerms
from chains.progmat.contracts.token import CONTRACT_OF, TokenState
from chains.progmat.contracts.transfer_gate import TransferGateState
from chains.progmat.contracts.transfer_note import TransferKind, TransferNote
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, StateAndRef
from primitives.composite_key import Key
from primitives.public_key import PublicKey
from tests.fakes.ledger_model import LedgerModel
from tests.fakes.ledger_parties import (
    AN,
    APPROVER,
    CN_A,
    CN_B,
    OPERATOR,
    SECOND_APPROVER,
    SELLER,
    LedgerParty,
    MemberFrame,
    membership_issue,
)
from tests.fakes.token_parties import ST, TOKEN_ID, member, token

GATE_ID = "GATE-1"
APPROVERS = tuple(sorted((APPROVER.key, SECOND_APPROVER.key), key=PublicKey.encoded))
TERMS = SecurityTerms(
    isin="JP90A0000015",
    kind=SecurityKind.BENEFICIARY_RIGHT,
    trust_contract_id="TC-1",
    units=1000,
    issue_date=date(2026, 4, 1),
    redemption_date=date(2031, 3, 31),
    record_dates=((3, 31), (9, 30)),
    holiday_adjustment=HolidayAdjustment.PREVIOUS,
)
ACT = TransferNote(TransferKind.FORCED, reason="COURT_ORDER", reference="R8-114", author="a.sato", approver="k.mori")


def a_security(security_id: str = TOKEN_ID, gate_id: str = GATE_ID) -> SecurityState:
    """Of ``an``, with two approvers."""
    return SecurityState(ST, security_id, AN.party, gate_id, TERMS, SecurityStatus.LISTED, APPROVERS)


def gate(
    opening: Opening = Opening.OPEN, registrar: LedgerParty = AN, *, controlled: bool = False
) -> TransferGateState:
    """The gate of ``a_security``."""
    return TransferGateState(ST, GATE_ID, registrar.party, opening, controlled)


def gated(quantity: int, owner: LedgerParty = SELLER, node: LedgerParty = CN_A, *, frozen: bool = False) -> TokenState:
    """Tokens of ``a_security``."""
    return replace(token(quantity, owner, node), gate_id=GATE_ID, frozen=frozen)


class SecurityWorld:
    """A ledger where a security is registered, its gate open, and 100 units are the seller's."""

    def __init__(self, ledger: LedgerModel) -> None:
        self.ledger = ledger
        for party, role in ((AN, MemberRole.REGISTRAR), (CN_A, MemberRole.CUSTODIAN), (CN_B, MemberRole.CUSTODIAN)):
            ledger.commit(membership_issue(ledger.frame, member(ST, party, role)))
        (self.security,) = ledger.commit(self.register(a_security()))
        (self.gate,) = ledger.commit(self.set_gate(None, gate()))
        (self.tokens,) = ledger.commit(self.issue(gated(100)))

    @property
    def frame(self) -> MemberFrame:
        return self.ledger.frame

    def register(self, made: SecurityState) -> TransactionBuilder:
        """The registrar registers a security."""
        command = Command(SECURITY, security.REGISTER, b"", (AN.key,))
        outputs = (made.as_output(self.frame.notary),)
        return replace(
            self.frame.start(), outputs=outputs, commands=(command,), references=self.frame.refs(ST, AN.name)
        )

    def amend(self, made: SecurityState, *approvers: LedgerParty, command: str = security.AMEND) -> TransactionBuilder:
        """The registrar and approvers change the security."""
        signers = (AN.key, *(approver.key for approver in approvers))
        return replace(
            self.frame.start(),
            inputs=(self.security.ref,),
            outputs=(made.as_output(self.frame.notary),),
            commands=(Command(SECURITY, command, b"", signers),),
        )

    def set_gate(self, before: StateAndRef | None, made: TransferGateState) -> TransactionBuilder:
        """The gate's registrar opens or closes it."""
        name = network_control.OPEN if made.opening is Opening.OPEN else network_control.CLOSE
        return replace(
            self.frame.start(),
            inputs=() if before is None else (before.ref,),
            outputs=(made.as_output(self.frame.notary),),
            commands=(Command(TRANSFER_GATE, name, b"", (made.registrar.key,)),),
        )

    def set_network(self, opening: Opening, network: BusinessNetwork = ST) -> TransactionBuilder:
        """The operator opens or closes a network for the first time."""
        name = network_control.OPEN if opening is Opening.OPEN else network_control.CLOSE
        made = NetworkControlState(network, opening)
        command = Command(NETWORK_CONTROL, name, b"", (OPERATOR.key,))
        return replace(self.frame.start(), outputs=(made.as_output(self.frame.notary),), commands=(command,))

    def issue(self, *made: TokenState) -> TransactionBuilder:
        """The registrar issues tokens of the security."""
        return replace(
            self.frame.start(),
            outputs=tuple(item.as_output(self.frame.notary) for item in made),
            commands=(Command(CONTRACT_OF[ST], ISSUE, b"", (AN.key,)),),
            references=(*self.frame.refs(ST, AN.name, *(item.node for item in made)), self.security.ref),
        )

    def move(
        self, inputs: Iterable[StateAndRef], *made: TokenState, through: Iterable[StateAndRef] | None = None
    ) -> TransactionBuilder:
        """Owners and ``an`` move tokens; ``through`` are the rule states referenced, the gate if not said."""
        spent = tuple(inputs)
        states = [TokenState.of(state.state) for state in spent]
        owners = dict.fromkeys(item.owner for item in states)
        referenced = (self.gate,) if through is None else tuple(through)
        return replace(
            self.frame.start(),
            inputs=tuple(state.ref for state in spent),
            outputs=tuple(item.as_output(self.frame.notary) for item in made),
            commands=(Command(CONTRACT_OF[ST], MOVE, b"", (*owners, AN.key)),),
            references=(
                *self.frame.refs(ST, *(item.node for item in (*states, *made))),
                *(state.ref for state in referenced),
            ),
        )

    def act(
        self,
        name: str,
        inputs: Iterable[StateAndRef],
        *made: TokenState,
        note: TransferNote = ACT,
        signers: tuple[Key, ...] = (AN.key, APPROVER.key),
        under: StateAndRef | None = None,
    ) -> TransactionBuilder:
        """A command of ``an`` and an approver, without the owners."""
        nodes = (item.node for item in made) if name == FORCE else ()
        return replace(
            self.frame.start(),
            inputs=tuple(state.ref for state in inputs),
            outputs=tuple(item.as_output(self.frame.notary) for item in made),
            commands=(Command(CONTRACT_OF[ST], name, note.encode(), signers),),
            references=(*self.frame.refs(ST, AN.name, *nodes), (under or self.security).ref),
        )
