"""Evidence that a relayer keeps, and evidence that people bring to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import structlog

from light_clients.progmat import CheckpointEquivocation, decode_equivocation, prove_equivocation
from primitives.errors import PeerError
from relayer.operator_errors import EvidenceUnusable
from relayer.watch.ports import Tribunal

_log = structlog.get_logger(__name__)

MOST_FILES = 200
MOST_FILE_BYTES = 64 * 1024


@dataclass(frozen=True)
class KeptEvidence:
    """A Validator's two statements of one height; ``name`` is the file's, or ``validator at height``."""

    name: str
    evidence: CheckpointEquivocation
    validator: bytes
    packed: bytes


def read_evidence(name: str, packed: bytes) -> KeptEvidence:
    """Verify bytes as evidence. Raises ``EvidenceUnusable``."""
    try:
        evidence = decode_equivocation(packed)
        return KeptEvidence(name, evidence, prove_equivocation(evidence), packed)
    except PeerError as refused:
        raise EvidenceUnusable(f"{refused.reason}: {refused}") from refused


class EvidenceDesk:
    """Over the directory in which the watches keep evidence, and the ledger's tribunal by ledger id."""

    def __init__(self, directory: Path, tribunals: dict[str, Tribunal]) -> None:
        self._directory = directory
        self._tribunals = tribunals

    def kept(self) -> list[KeptEvidence]:
        """What is in the directory, by name; files that are no evidence are told of in the log. May block."""
        found = []
        for path in sorted(self._directory.glob("equivocation-*.json"))[:MOST_FILES]:
            try:
                if path.stat().st_size > MOST_FILE_BYTES:
                    raise ValueError("too long")  # noqa: TRY301  # as any other file that is no evidence
                document = json.loads(path.read_text())
                found.append(read_evidence(path.name, bytes.fromhex(document["equivocation"].removeprefix("0x"))))
            except (OSError, ValueError, KeyError, TypeError, AttributeError, EvidenceUnusable) as broken:
                _log.warning("not evidence", file=path.name, error=str(broken))
        return found

    async def submit(self, brought: KeptEvidence) -> str:
        """Have the Validator suspended; what was done. Raises ``EvidenceUnusable`` and what the tribunal raises."""
        tribunal = self._tribunals.get(brought.evidence.ledger_id)
        if tribunal is None:
            known = ", ".join(sorted(self._tribunals)) or "none"
            raise EvidenceUnusable(f"evidence about ledger {brought.evidence.ledger_id}: this relayer reaches {known}")
        return await tribunal.convict(brought.packed)
