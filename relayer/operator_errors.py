"""What the relayer refuses a person, by name.

CallerError
├── BadPage            a page size, page token or filter that cannot be used
├── BadActRequest      an act without its request id or reason, or with one that is too long
├── PacketUnknown      no packet of that name seen here (yet)
├── PacketAmbiguous    several packets go by that name: say which
├── PacketEnded        nothing changes it any more
├── PacketIsParked     it is set aside: unpark it instead
├── PacketNotParked    it is not set aside
├── PathUnknown        no path of that name here
├── EvidenceUnusable   bytes that are no evidence
└── EvidenceNotTaken   this process has nowhere to bring evidence to
"""

from __future__ import annotations

from collections.abc import Sequence

from primitives.errors import CallerError


class BadPage(CallerError):
    """A page size, token or filter that cannot be used."""

    reason = "BAD_PAGE"


class BadActRequest(CallerError):
    """An act without its request id or reason, or with one that is too long; nothing was done."""

    reason = "BAD_ACT_REQUEST"


class PacketUnknown(CallerError):
    """This relayer has not seen that packet (yet)."""

    reason = "PACKET_UNKNOWN"

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(f"no packet {reference} seen: check it against the list of packets, or wait a moment")


class PacketAmbiguous(CallerError):
    """Several packets go by that name."""

    reason = "PACKET_AMBIGUOUS"

    def __init__(self, reference: str, names: Sequence[str]) -> None:
        self.reference, self.names = reference, ", ".join(names)
        super().__init__(f"{reference} can be any of {self.names}: name one of them")


class PacketEnded(CallerError):
    """The packet is at its end; nothing was done."""

    reason = "PACKET_ENDED"

    def __init__(self, name: str, state: str) -> None:
        self.name, self.state = name, state
        super().__init__(f"{name} is {state}: nothing changes it any more")


class PacketIsParked(CallerError):
    """The packet is set aside, so that it is not tried; nothing was done."""

    reason = "PACKET_IS_PARKED"

    def __init__(self, name: str, who: str, why: str) -> None:
        self.name, self.who, self.why = name, who, why
        super().__init__(f"{name} was parked by {who}: {why}; unpark it, and it is tried at once")


class PacketNotParked(CallerError):
    """The packet is not set aside; nothing was done."""

    reason = "PACKET_NOT_PARKED"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is not parked: retry it if it should be tried at once")


class PathUnknown(CallerError):
    """No path of that name is relayed here."""

    reason = "PATH_UNKNOWN"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, ", ".join(known)
        super().__init__(f"no path {name} here: known are {self.known}")


class EvidenceUnusable(CallerError):
    """The bytes are no evidence that somebody signed twice; nothing was done."""

    reason = "EVIDENCE_UNUSABLE"


class EvidenceNotTaken(CallerError):
    """This process has no ledger to bring evidence to."""

    reason = "EVIDENCE_NOT_TAKEN"

    def __init__(self) -> None:
        super().__init__("this relayer brings no evidence anywhere: submit it to one that relays to the ledger")
