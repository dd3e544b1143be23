"""An instant chain that forgets what ended, so that what grows over a long run is the relayer's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ibc.packet import Packet
from relayer.core.chain import EventKind, EventPage, Outcome, Verdict
from tests.fakes.instant_chain import InstantChain, payload

HEIGHTS_KEPT: Final = 20_000
WORDS: Final = bytes(8 * 32)
"""A settlement's packet has about eight words."""


@dataclass
class ForgettingChain(InstantChain):
    """Keeps the events that were not read yet, and packets that did not end; counts the others."""

    log_starts: int = 0
    sent_count: int = 0
    ended_count: int = 0

    def send(self, value: bytes, timeout_s: int) -> Packet:
        """See InstantChain."""
        self.sent_count += 1
        sequence = self.sent_count
        packet = Packet(sequence, self.client_id, self.counterparty.client_id, timeout_s, (payload(value + WORDS),))
        self.sent[sequence] = packet
        self.commitments[sequence] = self.make_block()
        self._note(EventKind.SENT, packet)
        return packet

    def make_block(self) -> int:
        """See InstantChain."""
        height = super().make_block()
        self.times.pop(height - HEIGHTS_KEPT, None)
        return height

    async def events(self, cursor: int, limit: int) -> EventPage:
        """See ChainEndpoint; what is before the cursor is stored by whoever asks."""
        read = cursor - self.log_starts
        del self.log[:read]
        self.log_starts = cursor
        page = tuple(self.log[:limit])
        return EventPage(page, cursor + len(page))

    def _done(self, effect: str) -> Outcome:
        what, _, sequence = effect.rpartition(" ")
        if what != "received":
            number = int(sequence)
            self.ended_count += 1
            self.sent.pop(number)
            assert isinstance(self.counterparty, ForgettingChain)  # noqa: S101  # a pair is of one kind
            self.counterparty.acks.pop(number, None)
            self.counterparty.receipts.pop(number, None)
        return Outcome(Verdict.DONE, f"{self.chain_name}-{self.height}", self.height)


def forgetting_pair(now_s: int) -> tuple[ForgettingChain, ForgettingChain]:
    """Two of them, that host light clients of each other."""
    one = ForgettingChain("one", "client-one", lambda: now_s)
    two = ForgettingChain("two", "client-two", lambda: now_s)
    one.counterparty, two.counterparty = two, one
    return one, two
