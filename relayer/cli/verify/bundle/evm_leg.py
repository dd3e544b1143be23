"""The EVM chain's part of a bundle: headers from the trusted one on, and the router's storage under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ibc.light_client import TimeBounds
from light_clients.qbft import SealedHeader, read_sealed_header
from light_clients.qbft.storage_roots import storage_root_of
from light_clients.qbft.verify import TrustAnchor, validate_header
from primitives.keccak import keccak256
from primitives.mpt import mapping_slot, verify_storage
from relayer.cli.verify.bundle.document import Bundle, StorageProof
from relayer.cli.verify.bundle.trust import EvmTrust
from relayer.cli.verify.errors import Refused, refusing


@dataclass(frozen=True, slots=True)
class EvmWitness:
    """Headers that hold, and what can be asked under them."""

    trust: EvmTrust
    headers: tuple[SealedHeader, ...]
    bundle: Bundle

    def at(self, proof: StorageProof) -> SealedHeader:
        """The header of a proof."""
        return self.headers[proof.header]

    def commitment(self, name: str, path: bytes) -> tuple[bytes | None, SealedHeader]:
        """What the router holds under an IBC path, None if nothing. Raises ``Refused``."""
        slot = mapping_slot(keccak256(path), self.trust.store_slot)
        return self.word(name, self.trust.router, slot)

    def word(self, name: str, contract: bytes, slot: bytes) -> tuple[bytes | None, SealedHeader]:
        """A word of a contract's storage, None if zero, with its header. Raises ``Refused``."""
        proof = self.bundle.evm_proofs[name]
        sealed = self.at(proof)
        with refusing(proof.place):
            storage_root = storage_root_of(sealed.header.state_root, contract, proof.account_proof)
            return verify_storage(storage_root, slot, proof.storage_proof), sealed


def verified_headers(trust: EvmTrust, bundle: Bundle) -> EvmWitness:
    """Every header on the one before it, the first on the trusted one; each is used. Raises ``Refused``."""
    if bundle.router != trust.router:
        raise Refused("$.evm.router is not the contract that you trust", expected=trust.router, found=bundle.router)
    verified: list[SealedHeader] = []
    anchor = trust.anchor
    for number, header_rlp in enumerate(bundle.headers):
        with refusing(f"$.evm.headers[{number}]"):
            sealed = read_sealed_header(trust.engine, header_rlp)
            # A bundle is judged at its own time: that validators vouched for a block does not grow old.
            validate_header(sealed, anchor, 0, TimeBounds.at(sealed.header.timestamp_s))
        anchor = TrustAnchor(sealed.header.number, sealed.header.timestamp_s, sealed.validators)
        verified.append(sealed)
    _require_all_used(len(verified), [proof.header for proof in bundle.evm_proofs.values()], "$.evm.headers")
    return EvmWitness(trust, tuple(verified), bundle)


def _require_all_used(count: int, used: Sequence[int], place: str) -> None:
    unused = set(range(count)) - set(used)
    if unused:
        raise Refused(f"{place}[{min(unused)}] is under no proof", cause="BUNDLE_PART_UNUSED", found=min(unused))
