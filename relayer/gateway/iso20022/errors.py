"""Why an ISO 20022 message was refused.

CallerError
└── MessageRefused
    ├── NotAMessage       no XML, not UTF-8, too long, with a DTD, or of a message type that is not served
    ├── SchemaViolated    the schema of its message type does not allow it
    └── ProfileViolated   the schema does, and this profile does not: a value that contradicts, an element not used
"""

from __future__ import annotations

from collections.abc import Sequence

from primitives.errors import CallerError


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
