"""How the vault reads the states of each contract: the one place where vault and contracts meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_lock import DvpLockState
from chains.progmat.contracts.ibc_records import ClientRecord, record_of
from chains.progmat.contracts.membership import MembershipState
from chains.progmat.contracts.names import CASH, DVP_LOCK, IBC_CLIENT, MEMBERSHIP
from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.transactions.model import TransactionState
from chains.progmat.vault import (
    IndexedCash,
    IndexedClient,
    IndexedConsensus,
    IndexedLock,
    IndexedMembership,
    StateIndexer,
    VaultRules,
    keep_everything,
    keep_for_custodian,
)


def vault_rules(me: NodeSelf) -> VaultRules:
    """An issuer keeps all it receives, a custodian its own accounts and sides."""
    relevant = keep_everything if Role.ISSUER in me.roles else keep_for_custodian(me.name)
    return VaultRules(INDEXERS, relevant)


def _cash(state: TransactionState) -> IndexedCash:
    cash = CashState.of(state)
    return IndexedCash(cash.coin_id, cash.issuer.name, cash.amount_yen, cash.node, cash.owner.encoded())


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


INDEXERS: Final[Mapping[str, StateIndexer]] = {
    CASH: _cash,
    DVP_LOCK: _lock,
    IBC_CLIENT: _ibc,
    MEMBERSHIP: _membership,
}
"""By contract; a trade's cancellation makes no state."""
