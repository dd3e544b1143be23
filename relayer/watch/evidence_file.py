"""Evidence against a Validator as the file that ``crossdvp verify evidence`` reads."""

from __future__ import annotations

import json
from pathlib import Path

from light_clients.progmat import CheckpointEquivocation, encode_equivocation, prove_equivocation
from primitives.hashing import sha256


def equivocation_document(evidence: CheckpointEquivocation) -> dict[str, object]:
    """What is in the file. Raises what `prove_equivocation` raises."""
    validator = prove_equivocation(evidence)
    return {
        "equivocation": "0x" + encode_equivocation(evidence).hex(),
        "expected": {
            "ledger_id": evidence.ledger_id,
            "height": evidence.height,
            "validator": "0x" + validator.hex(),
        },
    }


def keep_evidence(directory: Path, evidence: CheckpointEquivocation) -> Path:
    """Write the file, whole or not at all; the same evidence goes to the same one. May block."""
    directory.mkdir(parents=True, exist_ok=True)
    name = f"equivocation-{evidence.height}-{sha256(encode_equivocation(evidence))[:8].hex()}"
    fresh, path = directory / f"{name}.new", directory / f"{name}.json"
    fresh.write_text(json.dumps(equivocation_document(evidence), indent=2) + "\n")
    fresh.replace(path)
    return path
