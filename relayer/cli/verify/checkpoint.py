"""``crossdvp verify checkpoint FILE.json``: a signed checkpoint of the ledger, and proofs under it.

``{"ledger_id": text, "header": hex, "validator_set": {"threshold": number, "validators": [address, …], "packed"?,
"hash"?}, "expected"?: {"height", "timestamp_s", "root", "journal_hash", "next_validator_set_hash", "digest", "signers":
[index, …]}, "domain_salt"?, "proofs"?: [{"path": hex, "value": hex or null, "proof": hex}]}``.

The header is the packed client message of ``updateClient``. The set is the one you trust: it must be the header's
own. A proof is the packed sparse-Merkle proof; without a value it shows that nothing stands under the path. A file
with ``checkpoints`` holds a list of such objects under that name, each with its members ``checkpoint`` (the expected
fields), ``digest`` and ``signers``.
"""

from __future__ import annotations

from light_clients.progmat import CheckpointHeader, ValidatorSet, checkpoint_digest, decode_header
from light_clients.progmat.checkpoint import domain_salt
from light_clients.progmat.consensus_state import ProgmatConsensusState
from light_clients.progmat.membership import encode_proof, validate_absence, validate_presence
from light_clients.progmat.verify import validate_signatures
from primitives.errors import DecodeError
from relayer.cli.verify.claims import check_bytes, check_integer
from relayer.cli.verify.errors import Refused, Unreadable, refusing
from relayer.cli.verify.json_reader import JsonField
from relayer.cli.verify.report import Fact, VerifyReport, shown_bytes, shown_time

_HASH_CLAIMS = ("root", "journal_hash", "next_validator_set_hash")


def verify_checkpoint_file(data: object) -> VerifyReport:
    """One checkpoint, or a list of them. Raises Refused, Unreadable."""
    file = JsonField(data)
    if not file.has("checkpoints"):
        return VerifyReport(tuple(_check_checkpoint(file)))
    facts: list[Fact] = []
    for entry in file.at("checkpoints").items():
        facts += _check_checkpoint(entry)
    if not facts:
        raise Unreadable("there is no checkpoint in it", place=f"{file.place}.checkpoints")
    return VerifyReport(tuple(facts))


def _check_checkpoint(file: JsonField) -> list[Fact]:
    expected = file.get("expected") or file.get("checkpoint")
    ledger_id = (file.get("ledger_id") or file.at("checkpoint").at("ledger_id")).text()
    trusted = _validator_set(file.at("validator_set"))
    with refusing(f"{file.place}.header"):
        header = decode_header(file.at("header").hex(), ledger_id)
        validate_signatures(header, trusted.hash())
    if expected is not None:
        _check_expected(expected, header)
    check_bytes(file.get("digest"), checkpoint_digest(header.checkpoint))
    check_bytes(file.get("domain_salt"), domain_salt(ledger_id))
    _check_signers(file.get("signers"), header)
    facts = _facts(header)
    if (proofs := file.get("proofs")) is not None:
        consensus = ProgmatConsensusState(header.checkpoint.timestamp_s, header.checkpoint.root)
        facts += [_check_proof(proof, consensus) for proof in proofs.items()]
    return facts


def _validator_set(field: JsonField) -> ValidatorSet:
    try:
        found = ValidatorSet(field.at("threshold").integer(), field.at("validators").hex_list(20))
    except DecodeError as error:
        raise Unreadable(f"no validator set: {error}", place=field.place) from error
    check_bytes(field.get("packed"), found.packed())
    check_bytes(field.get("hash"), found.hash())
    return found


def _check_expected(expected: JsonField, header: CheckpointHeader) -> None:
    checkpoint = header.checkpoint
    check_integer(expected.get("height"), checkpoint.height)
    check_integer(expected.get("timestamp_s"), checkpoint.timestamp_s)
    for name in _HASH_CLAIMS:
        check_bytes(expected.get(name), getattr(checkpoint, name))
    check_bytes(expected.get("digest"), checkpoint_digest(checkpoint))
    _check_signers(expected.get("signers"), header)


def _check_signers(claim: JsonField | None, header: CheckpointHeader) -> None:
    signers = [index for index, _ in header.signatures]
    if claim is not None and [element.integer() for element in claim.items()] != signers:
        raise Refused(f"{claim.place} does not hold", found=", ".join(str(index) for index in signers))


def _check_proof(proof: JsonField, consensus: ProgmatConsensusState) -> Fact:
    path, value = proof.at("path").hex(), proof.get("value")
    packed = encode_proof(consensus.timestamp_s, proof.at("proof").hex())
    with refusing(proof.place):
        if value is None:
            validate_absence(consensus, packed, path)
            return Fact("absent", shown_bytes(path))
        validate_presence(consensus, packed, path, value.hex())
    return Fact("present", f"{shown_bytes(value.hex())} at {shown_bytes(path)}")


def _facts(header: CheckpointHeader) -> list[Fact]:
    checkpoint, validator_set = header.checkpoint, header.validator_set
    signers = ", ".join(shown_bytes(validator_set.validators[index]) for index, _ in header.signatures)
    count = f"{len(header.signatures)} of {len(validator_set.validators)} Validators signed"
    return [
        Fact("checkpoint", f"ledger {checkpoint.ledger_id}, height {checkpoint.height}"),
        Fact("time", shown_time(checkpoint.timestamp_s)),
        Fact("root", shown_bytes(checkpoint.root)),
        Fact("journal hash", shown_bytes(checkpoint.journal_hash)),
        Fact("digest", shown_bytes(checkpoint_digest(checkpoint))),
        Fact("signatures", f"{count}, {validator_set.threshold} needed"),
        Fact("signed by", signers),
        Fact("next validator set", shown_bytes(checkpoint.next_validator_set_hash)),
    ]
