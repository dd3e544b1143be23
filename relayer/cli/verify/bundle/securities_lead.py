"""The endings of settlements that the securities lead, and of trades that were cancelled in either order."""

from __future__ import annotations

from chains.progmat.transactions.model import Group, create_write
from ibc.dvp import trade_cancelled_value, trade_paid_value, trade_path
from ibc.packet import packet_commitment, packet_commitment_receipt
from ibc.paths import ack_path, commitment_path, receipt_path
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

_WRITES = frozenset({Group.PROVABLE_WRITES})


def verify_securities_led(legs: Legs) -> Statements:
    """Settled: the cash went to the seller, the security to the buyer."""
    terms, packet = legs.bundle.terms, legs.sent
    trade, spent = trade_path(terms.trade_id), trade_paid_value(legs.terms_hash)
    paid_at = legs.ledger.require_present("payment", trade, spent)
    answer = _answered(legs, legs.success_ack)
    writes = (
        create_write(trade, spent),
        create_write(receipt_path(packet.destination_client, packet.sequence), packet_commitment_receipt(packet)),
        create_write(ack_path(packet.destination_client, packet.sequence), legs.success_ack),
    )
    payment = legs.tx(0, _WRITES, writes, paid_at.height)
    legs.require_paid(0, payment, terms.cash.seller)
    sent, ended = _sent_and_ended(legs)
    return Statements(
        (
            sent,
            (
                f"{legs.cash()} went from the buyer to the seller, {account_words(terms.cash.seller)}, at journal "
                f"position "
                f"{paid_at.height} of {legs.ledger.trust.ledger_id}, by transaction {payment.id.hex()}; {answer}"
            ),
            (
                f"{legs.securities()} went to the buyer 0x{terms.security.buyer.hex()}: {ended}, which it takes only "
                f"with "
                "the ledger's acknowledgement, and there is this one alone"
            ),
        ),
        (BOOKS_ARE_NOT_PROVED, TODAY_IS_NOT_PROVED, PRICES_ARE_SHOWN),
    )


def verify_securities_refused(legs: Legs) -> Statements:
    """The ledger refused: nothing was paid, the security went back to the seller."""
    answer = _answered(legs, legs.error_ack)
    sent, ended = _sent_and_ended(legs)
    return Statements(
        (
            sent,
            f"the ledger received the packet and refused it, for good: nothing was paid; {answer}",
            (
                f"{legs.securities()} went back to the seller: {ended}, which it takes only with the ledger's "
                "acknowledgement, and there is this one alone"
            ),
        ),
        ("why it was refused", BOOKS_ARE_NOT_PROVED, TODAY_IS_NOT_PROVED, PRICES_ARE_SHOWN),
    )


def verify_securities_timed_out(legs: Legs) -> Statements:
    """The ledger never received the packet: nothing was paid, the security went back to the seller."""
    packet = legs.sent
    absent_at = legs.ledger.require_absent("receipt_absent", receipt_path(packet.destination_client, packet.sequence))
    if absent_at.timestamp_s < packet.timeout_s:
        raise Refused(
            "$.ledger.proofs.receipt_absent is of before the time-out: the packet could still be received",
            cause="PROOF_TOO_OLD",
            expected=f"{packet.timeout_s} or later",
            found=absent_at.timestamp_s,
        )
    sent, ended = _sent_and_ended(legs)
    return Statements(
        (
            sent,
            (
                f"the ledger had not received the packet when its time was out, at journal position "
                f"{absent_at.height}, and "
                "can never receive it: nothing was paid"
            ),
            f"{legs.securities()} went back to the seller: {ended}, and there is no acknowledgement",
        ),
        ("why nobody relayed the packet", BOOKS_ARE_NOT_PROVED, TODAY_IS_NOT_PROVED, PRICES_ARE_SHOWN),
    )


def verify_cancelled(legs: Legs) -> Statements:
    """The trade id was spent as cancelled before anything was locked or paid on the ledger."""
    terms = legs.bundle.terms
    trade, spent = trade_path(terms.trade_id), trade_cancelled_value(legs.terms_hash)
    cancelled_at = legs.ledger.require_present("cancellation", trade, spent)
    cancellation = legs.tx(0, _WRITES, (create_write(trade, spent),), cancelled_at.height)
    legs.require_paid(0, cancellation, None)
    return Statements(
        (
            (
                f"the trade was cancelled on {legs.ledger.trust.ledger_id} at journal position "
                f"{cancelled_at.height}, by "
                f"transaction {cancellation.id.hex()}: no cash of these terms was ever locked or paid, nor can it be"
            ),
        ),
        ("that the seller has taken an earmark back: this very proof lets him", PRICES_ARE_SHOWN),
    )


def _answered(legs: Legs, acknowledgement: bytes) -> str:
    """The ledger received exactly this packet and answered so. Where, in words."""
    client, sequence, ledger = legs.sent.destination_client, legs.sent.sequence, legs.ledger
    received_at = ledger.require_present(
        "receipt", receipt_path(client, sequence), packet_commitment_receipt(legs.sent)
    )
    answered_at = ledger.require_present("acknowledgement", ack_path(client, sequence), acknowledgement)
    if received_at != answered_at:
        raise Refused("$.ledger.proofs.receipt and acknowledgement are of one checkpoint", cause="WRONG_TRANSACTION")
    return f"it acknowledged so under the checkpoint of position {answered_at.height}"


def _sent_and_ended(legs: Legs) -> tuple[str, str]:
    """The EVM chain sent the packet and has processed its end."""
    packet = legs.sent
    path = commitment_path(packet.source_client, packet.sequence)
    sent_s = legs.require_evm("packet", path, packet_commitment(packet))
    ended_s = legs.require_evm("packet_ended", path, None)
    sent, ended = legs.height_of("packet"), legs.height_of("packet_ended")
    legs.require_order("$.evm.proofs.packet_ended is of before the lock", sent, ended)
    return (
        (
            f"{legs.securities()} of the seller were locked on the EVM chain for exactly these terms, and the packet "
            f"sent, "
            f"{at_block(sent, sent_s)}"
        ),
        f"the EVM chain has processed the packet's end, {at_block(ended, ended_s)}",
    )
