"""How the vault reads the states of each contract: the one place where vault and contracts meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.contracts.coin import CoinState
from chains.progmat.contracts.coin_holder import HolderState, holder_key
from chains.progmat.contracts.dvp_lock import DvpLockState
from chains.progmat.contracts.ibc_records import ClientRecord, record_of
from chains.progmat.contracts.membership import MembershipState
from chains.progmat.contracts.names import (
    CASH,
    COIN,
    DVP_LOCK,
    HOLDER,
    IBC_CLIENT,
    MEMBERSHIP,
    NETWORK_CONTROL,
    PROPOSAL,
    SECURITY,
    SECURITY_TOKEN,
    TRANSFER_GATE,
    UTILITY_TOKEN,
)
from chains.progmat.contracts.network_control import NetworkControlState
from chains.progmat.contracts.proposal_codec import record_of as proposal_record_of
from chains.progmat.contracts.proposal_states import BallotState, ProposalState, ResultState
from chains.progmat.contracts.security import SecurityState
from chains.progmat.contracts.token import TokenState
from chains.progmat.contracts.transfer_gate import TransferGateState
from chains.progmat.flows.rule_states import OPERATOR
from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.transactions.model import TransactionState
from chains.progmat.vault.indexing import (
    SC,
    Indexed,
    IndexedClient,
    IndexedConsensus,
    IndexedHolding,
    IndexedLock,
    IndexedMembership,
    IndexedProposal,
    IndexedRule,
    StateIndexer,
    VaultRules,
    keep_for_custodian,
)
from chains.progmat.vault.proposals import BALLOT_RECORD, PROPOSAL_RECORD, RESULT_RECORD


def vault_rules(me: NodeSelf) -> VaultRules:
    """A node keeps what is in its accounts; an issuer its coin besides, a registrar its tokens, an operator members."""
    in_its_accounts = keep_for_custodian(me.name)
    answering = {True: Role.ISSUER, False: Role.REGISTRAR}  # for coins, for tokens

    def is_relevant(indexed: Indexed) -> bool:
        match indexed:
            case IndexedHolding() if indexed.issuer == me.name and answering[indexed.network == SC] in me.roles:
                return True
            case IndexedLock() if Role.ISSUER in me.roles and indexed.issuer == me.name:
                return True
            case _:
                return in_its_accounts(indexed)

    return VaultRules(INDEXERS, is_relevant)


def _cash(state: TransactionState) -> IndexedHolding:
    cash = CashState.of(state)
    named_key = cash.owner.encoded()
    fresh_key = named_key if cash.owner_kind is OwnerKind.FRESH else None
    return IndexedHolding(
        SC, cash.coin_id, cash.issuer.name, cash.amount_yen, cash.node, named_key, fresh_key, cash.frozen
    )


def _coin(state: TransactionState) -> IndexedRule:
    coin = CoinState.of(state)
    return IndexedRule(COIN, coin.coin_id, coin.issuer.name, coin.kind.name)


def _holder(state: TransactionState) -> IndexedRule:
    holder = HolderState.of(state)
    key = holder_key(holder.coin_id, holder.node, holder.owner.encoded())
    return IndexedRule(HOLDER, key, holder.issuer.name, "ADMITTED")


def _lock(state: TransactionState) -> IndexedLock:
    lock = DvpLockState.of(state)
    return IndexedLock(
        trade_id=lock.terms.trade_id,
        client_id=lock.client_id,
        sequence=lock.packet.sequence,
        timeout_s=lock.packet.timeout_s,
        issuer=lock.issuer.name,
        buyer_node=lock.terms.cash.buyer.node,
        seller_node=lock.terms.cash.seller.node,
    )


def _ibc(state: TransactionState) -> IndexedClient | IndexedConsensus:
    record = record_of(state)
    if isinstance(record, ClientRecord):
        return IndexedClient(record.client_id, record.client_type, record.counterparty_client_id)
    return IndexedConsensus(record.client_id, record.height, record.timestamp_s)


def _membership(state: TransactionState) -> IndexedMembership:
    member = MembershipState.of(state)
    roles = ",".join(role.name for role in member.roles)
    return IndexedMembership(member.network.name, member.party.name, roles, member.status.name)


def _proposal(state: TransactionState) -> IndexedProposal:
    record = proposal_record_of(state)
    network = record.network.name
    match record:
        case ProposalState():
            return IndexedProposal(PROPOSAL_RECORD, network, b"", record.package_hash, "", "")
        case BallotState():
            return IndexedProposal(
                BALLOT_RECORD, network, record.proposal_tx, b"", record.voter.name, record.choice.name
            )
        case ResultState():
            return IndexedProposal(
                RESULT_RECORD, network, record.proposal_tx, record.package_hash, "", record.outcome.name
            )


def _tokens(state: TransactionState) -> IndexedHolding:
    token = TokenState.of(state)
    owner_key = token.owner.encoded()
    return IndexedHolding(
        token.network.name,
        token.token_id,
        token.registrar.name,
        token.quantity,
        token.node,
        owner_key,
        frozen=token.frozen,
    )


def _security(state: TransactionState) -> IndexedRule:
    security = SecurityState.of(state)
    return IndexedRule(SECURITY, security.security_id, security.registrar.name, security.status.name)


def _gate(state: TransactionState) -> IndexedRule:
    gate = TransferGateState.of(state)
    return IndexedRule(TRANSFER_GATE, gate.gate_id, gate.registrar.name, gate.opening.name)


def _control(state: TransactionState) -> IndexedRule:
    control = NetworkControlState.of(state)
    return IndexedRule(NETWORK_CONTROL, control.network.name, OPERATOR, control.opening.name)


INDEXERS: Final[Mapping[str, StateIndexer]] = {
    CASH: _cash,
    COIN: _coin,
    DVP_LOCK: _lock,
    HOLDER: _holder,
    IBC_CLIENT: _ibc,
    MEMBERSHIP: _membership,
    NETWORK_CONTROL: _control,
    PROPOSAL: _proposal,
    SECURITY: _security,
    SECURITY_TOKEN: _tokens,
    TRANSFER_GATE: _gate,
    UTILITY_TOKEN: _tokens,
}
"""By contract; a trade's cancellation makes no state."""
