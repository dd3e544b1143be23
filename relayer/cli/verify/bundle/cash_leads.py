"""The endings of settlements that the cash leads: settled, refused by the EVM chain, timed out."""

from __future__ import annotations

from chains.progmat.transactions.model import Group, create_write, delete_write
from chains.progmat.transactions.torn import TornTransaction
from ibc.dvp import CashAccount, trade_locked_value, trade_path
from ibc.packet import packet_commitment, packet_receipt_value
from ibc.paths import ack_path, commitment_path, receipt_path
from primitives.mpt import mapping_slot
from relayer.cli.verify.bundle.parts import (
    BOOKS_ARE_NOT_PROVED,
    PRICES_ARE_SHOWN,
    TODAY_IS_NOT_PROVED,
    Legs,
    Statements,
    account_words,
    at_block,
)
from relayer.cli.verify.errors import Refused

_OPENING = frozenset({Group.PROVABLE_WRITES})
_CLOSING = frozenset({Group.PROVABLE_WRITES, Group.INPUTS})
# ERC-7201 slot of the earmarks in every adapter, "crossdvp.storage.DvpApp"
EARMARKS_SLOT = bytes.fromhex("e244dbc3fb6c8375bfda661893256341c1aca98e8f7e69811a70d9785827f100")


def verify_cash_led(legs: Legs) -> Statements:
    """Settled: the security went to the buyer, the cash to the seller."""
    terms = legs.bundle.terms
    _require_earmarked(legs)
    delivered = _answered(legs, legs.success_ack)
    locked, paid = _locked_and_unlocked(legs, terms.cash.seller)
    return Statements(
        (
            locked,
            (
                f"the seller 0x{terms.security.seller.hex()} had earmarked the tokens for exactly these terms, "
                f"{at_block(legs.height_of('earmark'), _time_of(legs, 'earmark'))}"
            ),
            (
                f"{legs.securities()} went to the buyer 0x{terms.security.buyer.hex()}: the EVM chain received the "
                f"packet "
                f"and acknowledged exactly these terms, {delivered}"
            ),
            f"{paid}: {legs.cash()} went to the seller, {account_words(terms.cash.seller)}",
        ),
        (BOOKS_ARE_NOT_PROVED, TODAY_IS_NOT_PROVED, PRICES_ARE_SHOWN),
    )


def verify_cash_refused(legs: Legs) -> Statements:
    """The EVM chain refused: the cash went back to the buyer, the security stayed with the seller."""
    terms = legs.bundle.terms
    refused = _answered(legs, legs.error_ack)
    locked, paid = _locked_and_unlocked(legs, terms.cash.buyer)
    return Statements(
        (
            locked,
            f"the EVM chain received the packet and refused it, {refused}: nothing was delivered, for good",
            f"{paid}: {legs.cash()} went back to the buyer, {account_words(terms.cash.buyer)}",
        ),
        ("why it was refused", TODAY_IS_NOT_PROVED, PRICES_ARE_SHOWN),
    )


def verify_cash_timed_out(legs: Legs) -> Statements:
    """The packet was not received in time: the cash went back to the buyer."""
    terms, packet = legs.bundle.terms, legs.sent
    time_s = legs.require_evm("receipt_absent", receipt_path(packet.destination_client, packet.sequence), None)
    if time_s < packet.timeout_s:
        raise Refused(
            "$.evm.proofs.receipt_absent is of before the time-out: the packet could still be received",
            cause="PROOF_TOO_OLD",
            expected=f"{packet.timeout_s} or later",
            found=time_s,
        )
    locked, paid = _locked_and_unlocked(legs, terms.cash.buyer)
    return Statements(
        (
            locked,
            (
                "the EVM chain had not received the packet when its time was out, "
                f"{at_block(legs.height_of('receipt_absent'), time_s)}, and can never receive it: nothing was delivered"
            ),
            f"{paid}: {legs.cash()} went back to the buyer, {account_words(terms.cash.buyer)}",
        ),
        ("why nobody relayed the packet", TODAY_IS_NOT_PROVED, PRICES_ARE_SHOWN),
    )


def _require_earmarked(legs: Legs) -> None:
    """The adapter of the terms holds the tokens for them, before the packet came."""
    terms = legs.bundle.terms
    slot = mapping_slot(terms.trade_id, EARMARKS_SLOT)
    word, _ = legs.evm.word("earmark", terms.security.adapter, slot)
    if word != legs.terms_hash:
        raise Refused(
            "$.evm.proofs.earmark: the adapter holds nothing for these terms",
            cause="EVM_LEG_DIFFERS",
            expected=legs.terms_hash,
            found=word or "nothing",
        )


def _answered(legs: Legs, acknowledgement: bytes) -> str:
    """Exactly this packet was received, and answered so. Where, in words."""
    packet = legs.sent
    client, sequence = packet.destination_client, packet.sequence
    legs.require_evm("receipt", receipt_path(client, sequence), packet_receipt_value(packet))
    time_s = legs.require_evm("acknowledgement", ack_path(client, sequence), acknowledgement)
    return at_block(legs.height_of("acknowledgement"), time_s)


def _locked_and_unlocked(legs: Legs, beneficiary: CashAccount) -> tuple[str, str]:
    """The buyer's cash was locked for these terms, and is so no more: it was paid to the beneficiary."""
    terms, packet, ledger = legs.bundle.terms, legs.sent, legs.ledger
    trade, committed = trade_path(terms.trade_id), commitment_path(packet.source_client, packet.sequence)
    spent, commitment = trade_locked_value(legs.terms_hash), packet_commitment(packet)
    lock_at = ledger.require_present("lock", trade, spent)
    sent_at = ledger.require_present("packet", committed, commitment)
    ended_at = ledger.require_absent("packet_ended", committed)
    legs.require_order("$.ledger.proofs.packet_ended is of before the lock", sent_at.height, ended_at.height)
    if lock_at != sent_at:
        raise Refused("$.ledger.proofs.lock and packet are of one checkpoint", cause="WRONG_TRANSACTION")
    writes = (create_write(trade, spent), create_write(committed, commitment))
    lock = legs.tx(0, _OPENING, writes, sent_at.height)
    legs.require_paid(0, lock, None)
    unlock = legs.tx(1, _CLOSING, (delete_write(committed),), ended_at.height)
    legs.require_paid(1, unlock, beneficiary)
    _require_spends(legs, unlock, lock)
    return (
        (
            f"{legs.cash()} of the buyer, {account_words(terms.cash.buyer)}, was locked on {ledger.trust.ledger_id} "
            f"for "
            f"exactly these terms, at journal position {sent_at.height}, by transaction {lock.id.hex()}; the trade "
            f"id can "
            "never be used again"
        ),
        f"the lock ended at journal position {ended_at.height}, by transaction {unlock.id.hex()}",
    )


def _require_spends(legs: Legs, unlock: TornTransaction, lock: TornTransaction) -> None:
    consumed = unlock.tear_off.inputs
    if len(consumed) != 2 or len(set(consumed)) != 2 or any(ref.tx_id != lock.id for ref in consumed):
        raise Refused(
            f"{legs.bundle.transactions[1].place} consumes something else than the lock and its cash",
            cause="WRONG_TRANSACTION",
            expected=f"two outputs of {lock.id.hex()}",
            found=", ".join(str(ref) for ref in consumed),
        )


def _time_of(legs: Legs, name: str) -> int:
    return legs.evm.at(legs.bundle.evm_proofs[name]).header.timestamp_s
