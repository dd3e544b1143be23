"""What can keep a node from answering a packet of the other chain. Continues ``errors``.

CrossDvpError
├── CallerError
│   ├── PacketNotExpected        no customer of this node wants the terms that the packet carries
│   ├── PacketTimedOut           its time-out is over: the other chain takes the proof of that
│   ├── TermsOfAnotherChain      authorised for another EVM chain than the one whose packet this is
│   └── RefusalTooEarly          before lock-by the buyer alone refuses: his custodian's node is asked
└── UnavailableError
    └── AnswerHasChanged         another answer was due when memberships were gathered: they are gathered again
"""

from __future__ import annotations

from primitives.errors import CallerError, UnavailableError


class PacketNotExpected(CallerError):
    """Nothing is owed to it from here, as far as this node was told. Nothing happened; ask again later."""

    reason = "PACKET_NOT_EXPECTED"

    def __init__(self, trade_id: bytes) -> None:
        self.trade_id = trade_id
        super().__init__(
            f"no platform of this node's customers has authorised these terms of trade {trade_id.hex()}: "
            "the buyer's calls AuthoriseTrade first"
        )


class PacketTimedOut(CallerError):
    """Too late to receive."""

    reason = "PACKET_TIMED_OUT"

    def __init__(self, sequence: int, timeout_s: int, now_s: int) -> None:
        self.timeout_s = timeout_s
        self.now_s = now_s
        super().__init__(
            f"packet {sequence} had to be received before {timeout_s}, it is {now_s}: prove its time-out to its sender"
        )


class TermsOfAnotherChain(CallerError):
    """To pay on these terms would be to pay for securities on another chain."""

    reason = "TERMS_OF_ANOTHER_CHAIN"

    def __init__(self, trade_id: bytes, expected: int, found: int) -> None:
        self.expected = expected
        self.found = found
        super().__init__(
            f"trade {trade_id.hex()} was authorised for chain {expected}, its packet comes from chain {found}: "
            "authorise the terms of the chain where the securities are"
        )


class RefusalTooEarly(CallerError):
    """The buyer may still pay."""

    reason = "REFUSAL_TOO_EARLY"

    def __init__(self, sequence: int, lock_by_s: int, now_s: int) -> None:
        self.lock_by_s = lock_by_s
        self.now_s = now_s
        super().__init__(
            f"packet {sequence} may be refused from {lock_by_s} on, it is {now_s}: ask the buyer's custodian node"
        )


class AnswerHasChanged(UnavailableError):
    """Between gathering memberships and building, the trade was authorised, cancelled, or became late."""

    reason = "ANSWER_HAS_CHANGED"

    def __init__(self, sequence: int) -> None:
        super().__init__(f"what is owed to packet {sequence} has changed meanwhile: memberships are gathered again")
