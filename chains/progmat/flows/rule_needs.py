"""Which rule states the transaction of a request will reference: what the contracts demand, said beforehand.

What a request needs may stand in the vault (which gate a token has): rows that need it look there. What was found may
ask for more (a gate that is controlled, for its network's control): that is ``needs_behind``'s to say.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection

from chains.progmat.contracts.names import NETWORK_CONTROL, TRANSFER_GATE
from chains.progmat.contracts.network_control import Opening
from chains.progmat.contracts.token import TokenState
from chains.progmat.contracts.transfer_gate import TransferGateState
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.coin_needs import coin_of_request, if_wholesale, payees_admission
from chains.progmat.flows.distribution_needs import batch_of_request, payees_admissions
from chains.progmat.flows.key_requests import RotateTokens
from chains.progmat.flows.market_requests import MoveToken, SettleDvp
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.rule_states import OPERATOR, RuleNeed
from chains.progmat.transactions.model import StateAndRef
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.keeping import any_state_of
from ibc.dvp import CashAccount

MAX_REMEMBERED: Final = 4096

RuleNeeds = tuple[RuleNeed, ...]


@dataclass(frozen=True)
class RuleScope:
    """What a row may look at: whose node this is, and what its vault holds."""

    own_name: str
    connection: Connection


class RuleNeedsBook:
    """What requests need, remembered; for any thread."""

    def __init__(self, own_name: str) -> None:
        self._own_name = own_name
        self._known: OrderedDict[tuple[FlowKind, Hashable], RuleNeeds] = OrderedDict()
        self._lock = Lock()

    def at_hand(self, request: AnyRequest) -> RuleNeeds | None:
        """None: the vault has to be asked."""
        row = ROWS.get(request.kind)
        if row is None:
            return ()
        known = self._known.get((request.kind, row.subject(request)))
        return None if known is None else row.for_request(self._own_name, request, known)

    def find(self, connection: Connection, request: AnyRequest) -> RuleNeeds:
        """By kind of request; none for kinds without a row, and for what the vault does not know yet."""
        row = ROWS.get(request.kind)
        if row is None:
            return ()
        needs = row.needs(RuleScope(self._own_name, connection), request)
        if needs is None:
            return ()
        with self._lock:
            self._known[request.kind, row.subject(request)] = needs
            while len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)
        return row.for_request(self._own_name, request, needs)


def needs_behind(found: Iterable[StateAndRef]) -> RuleNeeds:
    """What rule states found ask for in turn."""
    return tuple(
        need for state in found if state.state.contract in BEHIND for need in BEHIND[state.state.contract](state)
    )


@dataclass(frozen=True)
class RuleRow:
    """One kind of request.

    ``subject`` is what the answer depends on (an asset), and never changes for it: it is remembered. ``needs`` is None
    while the vault cannot tell. ``for_request`` makes of what is remembered what this one request needs.
    """

    subject: Callable[[Any], Hashable]
    needs: Callable[[RuleScope, Any], RuleNeeds | None]
    for_request: Callable[[str, Any, RuleNeeds], RuleNeeds] = lambda _own_name, _request, needs: needs


_PAYMENT: Final = RuleRow(
    subject=coin_of_request,
    needs=lambda scope, request: if_wholesale(scope.connection, request),
    for_request=payees_admission,
)


def _gate_of_move(scope: RuleScope, request: MoveToken | RotateTokens) -> RuleNeeds | None:
    asset = Asset(request.network.name, request.token_id, request.registrar)
    return _gate_of(scope, asset, CashAccount(scope.own_name, request.from_account_key))


def _gate_of_trade(scope: RuleScope, request: SettleDvp) -> RuleNeeds | None:
    terms = request.dvp
    return _gate_of(scope, Asset(terms.network.name, terms.token_id, terms.registrar), terms.seller_tokens)


def _gate_of(scope: RuleScope, asset: Asset, account: CashAccount) -> RuleNeeds | None:
    """All tokens of one id have one gate, for ever: that of any which the account has, or had."""
    found = any_state_of(scope.connection, asset, account)
    if found is None:
        return None
    gate_id = TokenState.of(found).gate_id
    return (RuleNeed(TRANSFER_GATE, gate_id, asset.issuer, Opening.OPEN.name),) if gate_id else ()


def _control_of_gate(found: StateAndRef) -> RuleNeeds:
    gate = TransferGateState.of(found.state)
    return (RuleNeed(NETWORK_CONTROL, gate.network.name, OPERATOR, Opening.OPEN.name),) if gate.controlled else ()


ROWS: Final[Mapping[FlowKind, RuleRow]] = {
    FlowKind.MOVE_CASH: _PAYMENT,
    FlowKind.ROTATE_ACCOUNT_KEY: _PAYMENT,
    FlowKind.LOCK_CASH: _PAYMENT,
    FlowKind.PAY_BATCH: RuleRow(batch_of_request, lambda scope, request: payees_admissions(scope.connection, request)),
    FlowKind.MOVE_TOKEN: RuleRow(lambda move: (move.network, move.token_id, move.registrar), _gate_of_move),
    FlowKind.ROTATE_TOKENS: RuleRow(lambda move: (move.network, move.token_id, move.registrar), _gate_of_move),
    FlowKind.SETTLE_DVP: RuleRow(lambda it: (it.dvp.network, it.dvp.token_id, it.dvp.registrar), _gate_of_trade),
}
BEHIND: Final[Mapping[str, Callable[[StateAndRef], RuleNeeds]]] = {TRANSFER_GATE: _control_of_gate}
"""By contract of the state found."""
