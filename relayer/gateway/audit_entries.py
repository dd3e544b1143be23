"""What the gateway's audit log remembers of a call, as entries of a chain (``chains.audit_chain``). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from chains.audit_chain import AuditChain, AuditHead, ChainEntry

THE_ONE_BEFORE: Final = -1
"""In place of an intent's height, in a record that is not written yet: the entry right before it."""


class AuditKind(Enum):
    """What an entry tells."""

    INTENT = "intent"
    """A call that changes something is about to be answered."""
    OUTCOME = "outcome"
    """What became of an intent."""
    REFUSED = "refused"
    """A call that was not let in: who may not do that, or nobody whom we know."""


@dataclass(frozen=True)
class AuditRecord:
    """What is to be remembered of a call. ``request_hash``: SHA-256 of the request's canonical encoding, 32 bytes.

    ``outcome``: OK, or the error's reason; empty for an intent. ``intent``: the height of the intent whose outcome this
    is, or THE_ONE_BEFORE; 0 otherwise. ``resource``: what the call is about, by name, where it has one. ``at_s``: Unix
    seconds.
    """

    kind: AuditKind
    at_s: int
    platform: str
    user: str
    method: str
    request_id: str
    request_hash: bytes
    outcome: str = ""
    resource: str = ""
    intent: int = 0

    def fields(self) -> tuple[bytes, ...]:
        """All that it says; numbers as decimal text."""
        return (
            self.kind.value.encode(),
            str(self.at_s).encode(),
            self.platform.encode(),
            self.user.encode(),
            self.method.encode(),
            self.request_id.encode(),
            self.request_hash,
            self.outcome.encode(),
            self.resource.encode(),
            str(self.intent).encode(),
        )


AuditEntry = ChainEntry[AuditRecord]
CHAIN: Final = AuditChain[AuditRecord](b"crossdvp/audit/1")


def chained(head: AuditHead, records: Iterable[AuditRecord]) -> list[AuditEntry]:
    """The records as entries behind a head."""
    entries: list[AuditEntry] = []
    for record in records:
        if record.intent == THE_ONE_BEFORE:
            record = replace(record, intent=head.height)  # noqa: PLW2901  # the record as it is stored
        entry = CHAIN.after(head, record)
        entries.append(entry)
        head = AuditHead(entry.height, entry.hash)
    return entries
