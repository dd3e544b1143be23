"""Builders for one settlement's transactions: lock, unlock by acknowledgement, unlock by time-out, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_lock import LOCK, UNLOCK, DvpLockState
from chains.progmat.contracts.dvp_lock_codec import AckEvidence, Evidence, encode_evidence
from chains.progmat.contracts.dvp_unlocking import beneficiary_of_ack
from chains.progmat.contracts.ibc_records import ClientRecord, record_of
from chains.progmat.contracts.membership import MembershipState
from chains.progmat.contracts.names import DVP_LOCK, IBC_CLIENT, TRADE
from chains.progmat.contracts.terms_codec import encode_terms
from chains.progmat.contracts.trade import CANCEL
from chains.progmat.ibc_host.errors import CoinsDoNotFit, IbcHostRefused, NotTheLocksCash
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef, StateRef, TimeWindow, create_write, delete_write
from ibc.dvp import SettlementTerms, packet_of, terms_hash, trade_cancelled_value, trade_locked_value, trade_path
from ibc.packet import packet_commitment
from ibc.paths import commitment_path
from primitives.public_key import PublicKey

_CASH_INDEX = 0
_LOCK_INDEX = 1


@dataclass(frozen=True)
class LockPlan:
    """What a lock is made of.

    ``coins`` are the buyer's, for at least the agreed amount; ``client`` is the active client record of the chain where
    the securities are; ``custodian`` is the membership of the buyer's node, ``seller_custodian`` that of the seller's;
    ``sequence`` is a free packet sequence; ``seller_admission`` the seller's to a wholesale coin.
    """

    terms: SettlementTerms
    sequence: int
    window: TimeWindow
    coins: tuple[StateAndRef, ...]
    client: StateAndRef
    custodian: StateAndRef
    seller_custodian: StateAndRef
    seller_admission: tuple[StateRef, ...] = ()


@dataclass(frozen=True)
class UnlockPlan:
    """What an unlock is made of: the lock, its cash, the client and the consensus record that the evidence names."""

    lock: StateAndRef
    cash: StateAndRef
    client: StateAndRef
    consensus: StateAndRef
    evidence: Evidence
    window: TimeWindow


def build_lock(frame: TransactionFrame, plan: LockPlan) -> TransactionBuilder:
    """The lock of ``plan.terms``, with the change going back to the buyer. Raises CoinsDoNotFit, IbcHostRefused."""
    client = _client_of(plan.client)
    coins = [CashState.of(coin.state) for coin in plan.coins]
    change_yen = _change(plan.terms, coins)
    issuer = coins[0].issuer
    packet = packet_of(plan.terms, plan.sequence, client.client_id, client.counterparty_client_id)
    lock = DvpLockState(plan.terms, packet, client.client_id, issuer)
    locked = lock.cash_for(plan.terms.cash.buyer, coins[0].kind)
    _coins_are_the_buyers(locked, coins)
    outputs = [locked.as_output(frame.notary, _LOCK_INDEX), lock.as_output(frame.notary, _CASH_INDEX)]
    if change_yen:
        outputs.append(replace(locked, amount_yen=change_yen).as_output(frame.notary))
    custodian = MembershipState.of(plan.custodian.state).party
    signers = (lock.buyer_key, custodian.key, issuer.key)
    return replace(
        frame.start(),
        inputs=tuple(coin.ref for coin in plan.coins),
        outputs=tuple(outputs),
        commands=(frame.validated_command(DVP_LOCK, LOCK, b"", *signers),),
        time_window=plan.window,
        references=tuple(
            dict.fromkeys((plan.client.ref, plan.custodian.ref, plan.seller_custodian.ref, *plan.seller_admission))
        ),
        provable_writes=(
            create_write(trade_path(plan.terms.trade_id), trade_locked_value(lock.terms_hash)),
            create_write(commitment_path(client.client_id, plan.sequence), packet_commitment(packet)),
        ),
    )


def build_unlock(frame: TransactionFrame, plan: UnlockPlan) -> TransactionBuilder:
    """The unlock that the evidence calls for: pays the seller on success, else the buyer back.

    Raises NotTheLocksCash, and DvpLockViolation for an acknowledgement that pays nobody. The proof is not verified
    here: ``verify_ledger_tx`` does that, on this node like on every other.
    """
    lock = DvpLockState.of(plan.lock.state)
    if plan.lock.state.encumbrance is None or plan.cash.ref != StateRef(
        plan.lock.ref.tx_id, plan.lock.state.encumbrance
    ):
        raise NotTheLocksCash(plan.lock.ref, plan.cash.ref)
    if isinstance(plan.evidence, AckEvidence):
        beneficiary = beneficiary_of_ack(lock, plan.evidence.acknowledgement)
    else:
        beneficiary = lock.terms.cash.buyer
    return replace(
        frame.start(),
        inputs=(plan.cash.ref, plan.lock.ref),
        outputs=(lock.cash_for(beneficiary, CashState.of(plan.cash.state).kind).as_output(frame.notary),),
        commands=(frame.validated_command(DVP_LOCK, UNLOCK, encode_evidence(plan.evidence), lock.issuer.key),),
        time_window=plan.window,
        references=(plan.client.ref, plan.consensus.ref),
        provable_writes=(delete_write(commitment_path(lock.client_id, lock.packet.sequence)),),
    )


def build_cancel(frame: TransactionFrame, terms: SettlementTerms, by: PublicKey) -> TransactionBuilder:
    """The cancellation of ``terms`` before any lock, signed by the account key ``by`` of the buyer or the seller."""
    return replace(
        frame.start(),
        commands=(frame.validated_command(TRADE, CANCEL, encode_terms(terms), by),),
        provable_writes=(create_write(trade_path(terms.trade_id), trade_cancelled_value(terms_hash(terms))),),
    )


def _client_of(state: StateAndRef) -> ClientRecord:
    record = record_of(state.state)
    if not isinstance(record, ClientRecord):
        raise IbcHostRefused(
            f"state {state.ref} of contract {IBC_CLIENT} is a consensus record; pass the client record"
        )
    return record


def _change(terms: SettlementTerms, coins: Sequence[CashState]) -> int:
    total_yen = sum(coin.amount_yen for coin in coins)
    if total_yen < terms.cash.amount_yen:
        raise CoinsDoNotFit(terms.cash.amount_yen, total_yen, "too few")
    return total_yen - terms.cash.amount_yen


def _coins_are_the_buyers(locked: CashState, coins: Sequence[CashState]) -> None:
    for coin in coins:
        if replace(coin, amount_yen=locked.amount_yen) != locked:
            raise CoinsDoNotFit(locked.amount_yen, coin.amount_yen, "a coin of another owner, node, coin id or issuer")
