"""The ledger's part of a bundle: checkpoints from the trusted Validators on, paths under them, torn transactions."""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.transactions.filtered import FilteredTransaction
from chains.progmat.transactions.model import Group
from chains.progmat.transactions.output_proof import OutputProof
from chains.progmat.transactions.signed_codec import decode_signature
from chains.progmat.transactions.torn import TornTransaction
from light_clients.progmat import Checkpoint, decode_header
from light_clients.progmat.consensus_state import ProgmatConsensusState
from light_clients.progmat.membership import encode_proof, validate_absence, validate_presence
from light_clients.progmat.verify import validate_signatures
from relayer.cli.verify.bundle.document import Bundle, LedgerTx
from relayer.cli.verify.bundle.trust import LedgerTrust
from relayer.cli.verify.errors import Refused, refusing


@dataclass(frozen=True, slots=True)
class LedgerWitness:
    """Checkpoints that hold, and what can be asked under them."""

    trust: LedgerTrust
    checkpoints: tuple[Checkpoint, ...]
    bundle: Bundle

    def at(self, name: str) -> Checkpoint:
        """The checkpoint of a proof."""
        return self.checkpoints[self.bundle.ledger_proofs[name].checkpoint]

    def require_present(self, name: str, path: bytes, value: bytes) -> Checkpoint:
        """The ledger holds this under that path; its checkpoint. Raises ``Refused``."""
        checkpoint, packed = self._opened(name)
        with refusing(self.bundle.ledger_proofs[name].place):
            validate_presence(_state(checkpoint), packed, path, value)
        return checkpoint

    def require_absent(self, name: str, path: bytes) -> Checkpoint:
        """The ledger holds nothing under that path; its checkpoint. Raises ``Refused``."""
        checkpoint, packed = self._opened(name)
        with refusing(self.bundle.ledger_proofs[name].place):
            validate_absence(_state(checkpoint), packed, path)
        return checkpoint

    def _opened(self, name: str) -> tuple[Checkpoint, bytes]:
        checkpoint = self.at(name)
        return checkpoint, encode_proof(checkpoint.timestamp_s, self.bundle.ledger_proofs[name].proof)


def verified_checkpoints(trust: LedgerTrust, bundle: Bundle) -> LedgerWitness:
    """Each checkpoint by the set that the one before it names, the first by the trusted set. Raises ``Refused``."""
    trusted_hash = trust.validator_set.hash()
    found: list[Checkpoint] = []
    used = {proof.checkpoint for proof in bundle.ledger_proofs.values()}
    for number, packed in enumerate(bundle.checkpoints):
        with refusing(f"$.ledger.checkpoints[{number}]"):
            header = decode_header(packed, trust.ledger_id)
            validate_signatures(header, trusted_hash)
        checkpoint = header.checkpoint
        if found and checkpoint.height <= found[-1].height:
            raise Refused(
                f"$.ledger.checkpoints[{number}] is not above the one before it",
                cause="CHECKPOINTS_NOT_ASCENDING",
                expected=found[-1].height + 1,
                found=checkpoint.height,
            )
        if number not in used and checkpoint.next_validator_set_hash == trusted_hash:
            raise Refused(
                f"$.ledger.checkpoints[{number}] is under no proof and hands over nothing", cause="BUNDLE_PART_UNUSED"
            )
        trusted_hash = checkpoint.next_validator_set_hash
        found.append(checkpoint)
    return LedgerWitness(trust, tuple(found), bundle)


def verified_tx(trust: LedgerTrust, found: LedgerTx, groups: frozenset[Group]) -> TornTransaction:
    """A torn transaction that the trusted notary signed, showing these groups and no others. Raises ``Refused``."""
    if trust.notary_key is None:
        raise Refused(f"{found.place} is signed by a notary that nobody trusts", cause="UNTRUSTED_NOTARY")
    with refusing(found.place):
        torn = TornTransaction(
            FilteredTransaction.decode(found.tear_off),
            decode_signature(found.notary_signature),
            OutputProof.decode(found.paid_output) if found.paid_output else None,
        )
        torn.verify(trust.notary_key, groups)
    return torn


def _state(checkpoint: Checkpoint) -> ProgmatConsensusState:
    return ProgmatConsensusState(checkpoint.timestamp_s, checkpoint.root)
