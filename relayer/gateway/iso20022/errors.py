"""Why an ISO 20022 message was refused.

CallerError
├── MessageRefused
│   ├── NotAMessage       no XML, not UTF-8, too long, with a DTD, or of a message type that is not served
│   ├── SchemaViolated    the schema of its message type does not allow it
│   ├── ProfileViolated   the schema does, and this profile does not: a value that contradicts, an element not used
│   ├── NotAnOrder        a message that orders nothing here: a status, a confirmation, a payment
│   ├── IsinDiffers       the platform has said another ISIN of that token
│   └── NotYourReference  the instruction that is to be cancelled has another reference
├── NotSettled            only what is settled is confirmed
├── AlreadySettled        a confirmation says so, not a status
└── CannotCarry           values for which the message has no room
UnavailableError
└── EvidenceAwaited       settled, and one ledger's transaction has not been read yet
"""

from __future__ import annotations

from collections.abc import Sequence

from primitives.errors import CallerError, UnavailableError


class MessageRefused(CallerError):
    """The message changes nothing."""

    reason = "ISO20022_REFUSED"


class NotAMessage(MessageRefused):
    """Send one document in UTF-8, without a document type declaration, of a type that is served."""

    reason = "ISO20022_NOT_A_MESSAGE"

    def __init__(self, expected: str, found: str) -> None:
        self.expected, self.found = expected, found
        super().__init__(f"expected {expected}, found {found}")


class SchemaViolated(MessageRefused):
    """Each problem names its element; correct them and send the message again."""

    reason = "ISO20022_SCHEMA_VIOLATED"

    def __init__(self, message_type: str, problems: Sequence[str]) -> None:
        self.message_type, self.problems = message_type, "; ".join(problems)
        super().__init__(f"{message_type}: {self.problems}")


class ProfileViolated(MessageRefused):
    """The element is named; docs/iso20022.md says what it must be."""

    reason = "ISO20022_PROFILE_VIOLATED"

    def __init__(self, element: str, expected: str, found: str) -> None:
        self.element, self.expected, self.found = element, expected, found
        super().__init__(f"{element}: expected {expected}, found {found}")


class NotAnOrder(MessageRefused):
    """Send instructions (sese.023) and cancellation requests (sese.020); the others come from here."""

    reason = "ISO20022_NOT_AN_ORDER"

    def __init__(self, message_type: str) -> None:
        self.message_type = message_type
        super().__init__(f"expected sese.023 or sese.020, found {message_type}: it orders nothing here")


class IsinDiffers(MessageRefused):
    """Correct the message, or what your platform has said of the instrument."""

    reason = "ISO20022_ISIN_DIFFERS"

    def __init__(self, expected: str, found: str) -> None:
        self.expected, self.found = expected, found
        super().__init__(f"FinInstrmId/ISIN: your platform has said {expected} of this token, found {found}")


class NotYourReference(MessageRefused):
    """A cancellation names the instruction by the reference that it was given with."""

    reason = "ISO20022_NOT_YOUR_REFERENCE"

    def __init__(self, name: str, side: str, found: str) -> None:
        self.name, self.side, self.found = name, side, found
        super().__init__(f"{name}: the {side}'s instruction has not the reference {found}: send its TxId")


class NotSettled(CallerError):
    """Only what is settled is confirmed; ask for the status instead."""

    reason = "ISO20022_NOT_SETTLED"

    def __init__(self, name: str, state: str) -> None:
        self.name, self.state = name, state
        super().__init__(f"{name} is {state}: ask for its status (sese.024) instead")


class AlreadySettled(CallerError):
    """What is settled has no status any more; ask for the confirmation instead."""

    reason = "ISO20022_SETTLED"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is settled: ask for its confirmation (sese.025) instead")


class CannotCarry(CallerError):
    """The settlement has values for which the message has no room; read it by the gateway's other services."""

    reason = "ISO20022_CANNOT_CARRY"

    def __init__(self, name: str, message_type: str, problems: str) -> None:
        self.name, self.message_type, self.problems = name, message_type, problems
        super().__init__(f"{name} does not fit into {message_type} ({problems}): read it with GetSettlement")


class EvidenceAwaited(UnavailableError):
    """The settlement is settled; the transaction that proves it on one of the ledgers is still to be read."""

    reason = "ISO20022_EVIDENCE_AWAITED"

    def __init__(self, name: str, ledger: str) -> None:
        self.name, self.ledger = name, ledger
        super().__init__(f"{name} is settled, its transaction on the {ledger} side is not read yet: ask again")
