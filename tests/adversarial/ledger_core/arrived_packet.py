"""A packet that arrives, securities leading, with the honest answers to it, for attacks to bend."""

from __future__ import annotations

from dataclasses import replace

from chains.progmat.contracts.dvp_receipt_codec import (
    PayEvidence,
    SentPacket,
    encode_pay_evidence,
)
from chains.progmat.transactions.builder import TransactionBuilder
from tests.fakes.arriving_world import ArrivingWorld, leading_terms

TERMS = leading_terms()
YEN = TERMS.cash.amount_yen


class Arrived:
    """A packet that was sent, the buyer's coins, and the honest answers to it."""

    def __init__(self) -> None:
        self.world = ArrivingWorld()
        self.coins = self.world.issue(YEN + 500)
        self.packet = self.world.packet(TERMS)
        self.world.send(self.packet)
        self.sent = self.world.sent(self.packet)
        self.pay = self.world.pay_builder(TERMS, self.sent, self.coins)
        self.decline = self.world.decline_builder(TERMS, self.sent)

    def paying(self, sent: SentPacket | None = None, **terms: object) -> TransactionBuilder:
        """The honest payment with other evidence."""
        evidence = PayEvidence(sent or self.sent, replace(TERMS, **terms))  # type: ignore[arg-type]  # as given
        return with_data(self.pay, encode_pay_evidence(evidence))


def with_data(builder: TransactionBuilder, data: bytes) -> TransactionBuilder:
    return replace(builder, commands=(replace(builder.commands[0], data=data),))


def at_lock_by(world: ArrivingWorld) -> ArrivingWorld:
    """The world at lock-by."""
    other = world.copy()
    other.advance(TERMS.lock_by_s - other.now_s)
    assert isinstance(other, ArrivingWorld)
    return other
