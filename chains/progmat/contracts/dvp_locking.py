"""The first half of contract ``dvp_lock``: what a ``Lock`` must look like, rule by rule."""

from __future__ import annotations

from dataclasses import replace

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.coin_holder import require_receivers_admitted
from chains.progmat.contracts.dvp_lock import DvpLockState, rules
from chains.progmat.contracts.ibc_records import referenced_client, require_endorsed, time_bounds
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, ReferencedMembers
from chains.progmat.contracts.names import CASH, DVP_LOCK
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command, ProvableWrite, TransactionState, create_write
from chains.progmat.transactions.network_parameters import NetworkParameters
from ibc.dvp import LeadLeg, packet_of, trade_locked_value, trade_path
from ibc.packet import packet_commitment
from ibc.paths import commitment_path
from ibc.timeout import validate_timeout_at_send


def verify_lock(
    command: Command, ledger_tx: LedgerTransaction, parameters: NetworkParameters
) -> tuple[ProvableWrite, ...]:
    """Return the two writes.

    Raises DvpLockViolation, IbcClientViolation, MembershipViolation, CoinHolderViolation, InvalidTimeout.
    """
    rules.equal("a lock carries no data", expected=b"", found=command.data)
    rules.none("a lock consumes no lock", ledger_tx.inputs_of(DVP_LOCK))
    lock_state = rules.one("one lock is made", ledger_tx.outputs_of(DVP_LOCK))
    lock = DvpLockState.of(lock_state)
    _terms_fit_this_ledger(lock, parameters)
    _packet_is_that_of_the_terms(lock, ledger_tx)
    _now_is_in_time(lock, ledger_tx)
    _coins_come_from_the_buyer(lock, ledger_tx)
    locked = _one_output_is_the_locked_cash(lock, ledger_tx)
    _lock_and_cash_encumber_each_other(lock_state, locked, ledger_tx)
    _buyer_custodian_and_issuer_sign(lock, ledger_tx)
    _the_seller_may_get_the_coin(lock, CashState.of(locked), ledger_tx)
    return (
        create_write(trade_path(lock.terms.trade_id), trade_locked_value(lock.terms_hash)),
        create_write(commitment_path(lock.client_id, lock.packet.sequence), packet_commitment(lock.packet)),
    )


def _terms_fit_this_ledger(lock: DvpLockState, parameters: NetworkParameters) -> None:
    rules.equal("cash leads", expected=LeadLeg.CASH, found=lock.terms.lead_leg)
    rules.equal("the cash is of this ledger", expected=parameters.ledger_id, found=lock.terms.cash.ledger_id)
    rules.equal("the issuer is the terms' issuer", expected=lock.terms.cash.issuer, found=lock.issuer.name)


def _packet_is_that_of_the_terms(lock: DvpLockState, ledger_tx: LedgerTransaction) -> None:
    client = referenced_client(ledger_tx, lock.client_id)
    require_endorsed(client, lock.issuer)
    expected = packet_of(lock.terms, lock.packet.sequence, client.client_id, client.counterparty_client_id)
    rules.equal("the packet is that of the terms", expected=expected, found=lock.packet)


def _now_is_in_time(lock: DvpLockState, ledger_tx: LedgerTransaction) -> None:
    """At every moment of the window the lock is not late, and the packet's time-out lies ahead by at most a day."""
    now = time_bounds(ledger_tx)
    rules.at_most("cash is locked by the terms' lock-by time", limit=lock.terms.lock_by_s, found=now.latest_s)
    for moment_s in (now.earliest_s, now.latest_s):
        validate_timeout_at_send(lock.packet.timeout_s, moment_s)


def _coins_come_from_the_buyer(lock: DvpLockState, ledger_tx: LedgerTransaction) -> None:
    rules.some("a lock consumes coins", ledger_tx.inputs_of(CASH))
    for state in ledger_tx.inputs_of(CASH):
        rules.equal("no locked coin is locked again", expected=None, found=state.state.encumbrance)
        _is_the_buyers(lock, CashState.of(state.state))


def _one_output_is_the_locked_cash(lock: DvpLockState, ledger_tx: LedgerTransaction) -> TransactionState:
    """The encumbered output is the agreed amount, still the buyer's; at most one other is the buyer's change."""
    outputs = ledger_tx.outputs_of(CASH)
    locked = rules.one("one cash output is locked", [state for state in outputs if state.encumbrance is not None])
    found = CashState.of(locked)
    rules.equal(
        "the locked cash is the agreed amount, still the buyer's",
        expected=lock.cash_for(lock.terms.cash.buyer, found.kind),
        found=found,
    )
    change = [state for state in outputs if state.encumbrance is None]
    rules.at_most("there is one change output", limit=1, found=len(change))
    for state in change:
        _is_the_buyers(lock, CashState.of(state))
    return locked


def _is_the_buyers(lock: DvpLockState, cash: CashState) -> None:
    expected = replace(lock.cash_for(lock.terms.cash.buyer, cash.kind), amount_yen=cash.amount_yen)
    rules.equal("coins and change are the buyer's, of the agreed coin", expected=expected, found=cash)


def _the_seller_may_get_the_coin(lock: DvpLockState, locked: CashState, ledger_tx: LedgerTransaction) -> None:
    """Asked here and not at the unlock, which nothing but the other chain's proof may decide (``coin_holder``)."""
    require_receivers_admitted(ledger_tx, (), (lock.cash_for(lock.terms.cash.seller, locked.kind),))


def _lock_and_cash_encumber_each_other(
    lock_state: TransactionState, locked: TransactionState, ledger_tx: LedgerTransaction
) -> None:
    lock_index, cash_index = ledger_tx.outputs.index(lock_state), ledger_tx.outputs.index(locked)
    rules.equal("the lock is encumbered by the cash", expected=cash_index, found=lock_state.encumbrance)
    rules.equal("the cash is encumbered by the lock", expected=lock_index, found=locked.encumbrance)


def _buyer_custodian_and_issuer_sign(lock: DvpLockState, ledger_tx: LedgerTransaction) -> None:
    """The seller's custodian is a member, too: no cash is locked for one that may not receive it.

    An unlock asks for no membership: a suspension in between must not decide who gets the cash. The proof does.
    """
    node = lock.terms.cash.buyer.node
    members = ReferencedMembers(ledger_tx)
    custodian = members.active(node, BusinessNetwork.SC, MemberRole.CUSTODIAN)
    members.active(lock.terms.cash.seller.node, BusinessNetwork.SC, MemberRole.CUSTODIAN)
    rules.signed_by("the buyer's account signs", signer=lock.buyer_key, signers=ledger_tx.signers)
    rules.signed_by(f"the buyer's custodian {node} signs", signer=custodian.party.key, signers=ledger_tx.signers)
    rules.signed_by(f"the issuer {lock.issuer.name} signs", signer=lock.issuer.key, signers=ledger_tx.signers)
