"""Headers that a file says must be refused, each for its own reason.

``"negative": {"<name>": {"headerRlp", "accountProof"?, "height"?, "validators"?, "committers"?,
"committers_in_header_set", "committers_in_trusted_set"}}``. The reason follows from the two counts: too few of the
header's own set, else too few of the trusted set, else it must contradict a verified header of its height. What else
the file says of such a header must be true of it: who sealed it, and the router's account under its state root.
"""

from __future__ import annotations

from ibc.errors import Misbehaviour
from light_clients.qbft import SealedHeader, read_qbft_header
from light_clients.qbft.errors import QuorumNotReached, TrustOverlapTooSmall
from light_clients.qbft.storage_roots import storage_root_of
from light_clients.qbft.verify import quorum_of, trust_overlap_of
from primitives.errors import PeerError
from primitives.secp256k1 import recover_address
from relayer.cli.verify.claims import check_bytes_list, check_integer, proof_nodes
from relayer.cli.verify.errors import Refused, refusing
from relayer.cli.verify.json_reader import JsonField
from relayer.cli.verify.report import Fact
from relayer.cli.verify.trusted_state import TrustedState, VerifiedHeader, validate_on


def refuse_negatives(field: JsonField, trusted: TrustedState, verified: list[VerifiedHeader]) -> list[Fact]:
    """One fact a negative; Refused if one is accepted, refused for another reason than its own, or told of wrongly."""
    return [_refuse(field.at(name), name, trusted, verified) for name in field.names()]


def _refuse(negative: JsonField, name: str, trusted: TrustedState, verified: list[VerifiedHeader]) -> Fact:
    with refusing(negative.place):
        sealed = read_qbft_header(negative.at("headerRlp").hex())
    check_integer(negative.get("height"), sealed.header.number)
    check_bytes_list(negative.get("validators"), sealed.validators)
    expected = _expected_reason(negative, sealed, trusted)
    try:
        validate_on(sealed, trusted.anchor, trusted)
        _validate_no_conflict(sealed, verified)
    except PeerError as refusal:
        if refusal.reason != expected:
            raise Refused(
                f"{negative.place} is refused for another reason than its own", expected=expected, found=refusal.reason
            ) from refusal
        _check_told(negative, sealed, trusted, verified)
        return Fact(f"refused: {name}", f"{refusal.reason}: {refusal}")
    raise Refused(f"{negative.place} ought to be refused and holds", expected=expected)


def _check_told(
    negative: JsonField, sealed: SealedHeader, trusted: TrustedState, verified: list[VerifiedHeader]
) -> None:
    """Who really sealed it, and where the router stands in it."""
    with refusing(negative.place):
        signers = [recover_address(sealed.seal_digest, seal) for seal in sealed.seals]
    check_bytes_list(negative.get("committers"), signers)
    check_integer(negative.at("committers_in_header_set"), len(set(signers).intersection(sealed.validators)))
    check_integer(negative.at("committers_in_trusted_set"), len(set(signers).intersection(trusted.anchor.validators)))
    if negative.has("accountProof"):
        with refusing(f"{negative.place}.accountProof"):
            storage_root_of(sealed.header.state_root, verified[-1].contract, proof_nodes(negative, "accountProof"))


def _expected_reason(negative: JsonField, sealed: SealedHeader, trusted: TrustedState) -> str:
    if negative.at("committers_in_header_set").integer() < quorum_of(len(sealed.validators)):
        return QuorumNotReached.reason
    if negative.at("committers_in_trusted_set").integer() < trust_overlap_of(len(trusted.anchor.validators)):
        return TrustOverlapTooSmall.reason
    return Misbehaviour.reason


def _validate_no_conflict(sealed: SealedHeader, verified: list[VerifiedHeader]) -> None:
    for known in verified:
        same_height = known.sealed.header.number == sealed.header.number
        if same_height and known.sealed.block_hash != sealed.block_hash:
            raise Misbehaviour(
                f"two sealed blocks at height {sealed.header.number}: a light client freezes",
                expected=known.sealed.block_hash,
                found=sealed.block_hash,
            )
