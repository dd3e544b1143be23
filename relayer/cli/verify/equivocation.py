"""``crossdvp verify evidence FILE.json``: one Validator signed two checkpoints of one height.

``{"equivocation": hex, "expected"?: {"ledger_id", "height", "validator"}, "validator_set"?: {"threshold": number,
"validators": [address, …]}}``. The bytes are those of `light_clients.progmat.equivocation`. What is expected must
hold; of a set that is given, the key must be one. Without either, the report says whose key it is and of which ledger:
compare them with what you know.
"""

from __future__ import annotations

from light_clients.progmat import CheckpointEquivocation, decode_equivocation, prove_equivocation
from primitives.types import Address
from relayer.cli.verify.claims import check_bytes, check_integer
from relayer.cli.verify.errors import Refused, refusing
from relayer.cli.verify.json_reader import JsonField
from relayer.cli.verify.report import Fact, VerifyReport, shown_bytes, shown_time


def verify_equivocation_file(data: object) -> VerifyReport:
    """What the evidence proves. Raises Refused, Unreadable."""
    file = JsonField(data)
    field = file.at("equivocation")
    with refusing(field.place):
        evidence = decode_equivocation(field.hex())
        validator = prove_equivocation(evidence)
    if (expected := file.get("expected")) is not None:
        _check_expected(expected, evidence, validator)
    facts = _facts(evidence, validator)
    if (trusted := file.get("validator_set")) is not None:
        members = trusted.at("validators")
        if validator not in members.hex_list(20):
            raise Refused(f"{members.place} does not have the key that signed twice", found=validator)
        facts.append(Fact("a Validator", "the key is one of the set in the file"))
    return VerifyReport(tuple(facts))


def _check_expected(expected: JsonField, evidence: CheckpointEquivocation, validator: Address) -> None:
    ledger_id = expected.get("ledger_id")
    if ledger_id is not None and ledger_id.text() != evidence.ledger_id:
        raise Refused(f"{ledger_id.place} does not hold", expected=ledger_id.text(), found=evidence.ledger_id)
    check_integer(expected.get("height"), evidence.height)
    check_bytes(expected.get("validator"), validator)


def _facts(evidence: CheckpointEquivocation, validator: Address) -> list[Fact]:
    facts = [
        Fact("signed twice by", shown_bytes(validator)),
        Fact("checkpoints", f"ledger {evidence.ledger_id}, height {evidence.height}"),
    ]
    for name, statement in (("one", evidence.first), ("other", evidence.second)):
        checkpoint = statement.checkpoint
        facts += [
            Fact(f"{name} digest", shown_bytes(statement.digest)),
            Fact(f"{name} time", shown_time(checkpoint.timestamp_s)),
            Fact(f"{name} root", shown_bytes(checkpoint.root)),
        ]
    return facts
