"""Headers held against a trusted state, with account proofs, proofs of presence and absence, and negatives.

``{"trusted": {"height", "timestamp", "validators", "trusting_period", "max_clock_drift", "now"?},
"commitments_namespace", "header_<name>": {lone header, "account": {"address", "proof", "storage_root"?,
"account_rlp"?}}, "membership"?: {"path", "value", "storage_key"?, "proof"}, "non_membership"?: {"path",
"storage_key"?, "proof"}, "negative"?: {...}}``.

Every header is held against ``trusted`` and, from the second on, against the one before it; where it is that one's
direct successor, it must name it as its parent. The file is recorded data: unless it says what time it is, it is
judged at the time of its newest header.
"""

from __future__ import annotations

from light_clients.qbft import SealedHeader
from light_clients.qbft.storage_roots import storage_root_of
from primitives.keccak import keccak256
from primitives.mpt import account_key, mapping_slot, verify_mpt, verify_storage
from relayer.cli.verify.claims import check_bytes, proof_nodes
from relayer.cli.verify.errors import Refused, Unreadable, refusing
from relayer.cli.verify.json_reader import JsonField
from relayer.cli.verify.lone_header import check_lone_header
from relayer.cli.verify.negative_headers import refuse_negatives
from relayer.cli.verify.report import Fact, VerifyReport, shown_bytes
from relayer.cli.verify.trusted_state import TrustedState, VerifiedHeader, read_trusted, validate_on

HEADER_PREFIX = "header_"


def verify_from_trusted(file: JsonField) -> VerifyReport:
    """Everything the file holds, from its trusted state on. Raises Refused, Unreadable."""
    fields = [file.at(name) for name in file.names() if name.startswith(HEADER_PREFIX)]
    if not fields:
        raise Unreadable(f"a file with 'trusted' needs headers named {HEADER_PREFIX}a, {HEADER_PREFIX}b, …")
    read = sorted(((*check_lone_header(field), field) for field in fields), key=lambda entry: entry[0].header.number)
    trusted = read_trusted(file.at("trusted"), read[-1][0].header.timestamp_s)
    facts: list[Fact] = []
    verified: list[VerifiedHeader] = []
    for sealed, lone_facts, field in read:
        verified.append(_verify_header(field, sealed, trusted, verified[-1] if verified else None))
        facts += [Fact(f"{field.place.removeprefix('$.')}: {fact.label}", fact.text) for fact in lone_facts]
        facts.append(Fact(f"{verified[-1].name}: storage root", shown_bytes(verified[-1].storage_root)))
    namespace = file.get("commitments_namespace")
    for name in ("membership", "non_membership"):
        if (claim := file.get(name)) is not None:
            if namespace is None:
                raise Unreadable("'commitments_namespace' is missing", place=file.place)
            facts.append(_check_commitment(claim, namespace.hex(32), verified))
    if (negatives := file.get("negative")) is not None:
        facts += refuse_negatives(negatives, trusted, verified)
    return VerifyReport(tuple(facts))


def _verify_header(
    field: JsonField, sealed: SealedHeader, trusted: TrustedState, previous: VerifiedHeader | None
) -> VerifiedHeader:
    with refusing(field.place):
        validate_on(sealed, trusted.anchor, trusted)
        if previous is not None:
            validate_on(sealed, previous.anchor, trusted)
    if previous is not None and sealed.header.number == previous.sealed.header.number + 1:
        found = sealed.header.parent_hash
        if found != previous.sealed.block_hash:
            raise Refused(
                f"{field.place} does not follow {previous.name}", expected=previous.sealed.block_hash, found=found
            )
    account = field.at("account")
    contract, nodes = account.at("address").hex(20), proof_nodes(account)
    with refusing(account.place):
        storage_root = storage_root_of(sealed.header.state_root, contract, nodes)
        check_bytes(
            account.get("account_rlp"), verify_mpt(sealed.header.state_root, account_key(contract), nodes) or b""
        )
    check_bytes(account.get("storage_root"), storage_root)
    return VerifiedHeader(field.place.removeprefix("$."), sealed, contract, storage_root)


def _check_commitment(claim: JsonField, namespace: bytes, verified: list[VerifiedHeader]) -> Fact:
    """A proof names no height: it is held against the header whose storage root its first node hashes to."""
    path, nodes = claim.at("path").hex(), proof_nodes(claim)
    slot = mapping_slot(keccak256(path), namespace)
    check_bytes(claim.get("storage_key"), slot)
    root = keccak256(nodes[0]) if nodes else b""
    under = next((header for header in reversed(verified) if header.storage_root == root), None)
    if under is None:
        raise Refused(f"{claim.place} is under none of the verified headers", cause="INVALID_PROOF", found=root)
    with refusing(claim.place):
        word = verify_storage(under.storage_root, slot, nodes)
    value = claim.get("value")
    if value is None:
        if word is not None:
            raise Refused(f"{claim.place}: the path holds a commitment", cause="QBFT_COMMITMENT_PRESENT", found=word)
        return Fact("absent", f"{shown_bytes(path)} under {under.name}")
    if word is None:
        raise Refused(f"{claim.place}: the path holds nothing", cause="QBFT_COMMITMENT_ABSENT", expected=value.hex(32))
    check_bytes(value, word)
    return Fact("present", f"{shown_bytes(word)} at {shown_bytes(path)} under {under.name}")
