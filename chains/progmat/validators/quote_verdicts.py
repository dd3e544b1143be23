"""A Validator's verdict on an enclave's attestation: verified here whole, then signed for chains that cannot."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from chains.progmat.validators.checkpoint_signer import CheckpointKey
from chains.progmat.validators.signing_gate import SigningGate
from ibc.light_client import TimeBounds
from light_clients.enclave.client_message import KeyRegistration
from light_clients.enclave.keys import verify_attestation
from light_clients.enclave.verdict import AttestationVerdict, verdict_digest
from primitives.apart import done
from primitives.hashing import sha256
from primitives.secp256k1 import compact
from primitives.types import Address


class QuoteVerdicts:
    """Signs with the checkpoint key, in a domain of its own. `root_pins`: SHA-256 of the roots that are believed."""

    def __init__(
        self,
        ledger_id: str,
        key: CheckpointKey,
        gate: SigningGate,
        root_pins: Collection[bytes],
        clock_s: Callable[[], int],
    ) -> None:
        self._ledger_id = ledger_id
        self._key = key
        self._gate = gate
        self._root_pins = frozenset(root_pins)
        self._clock_s = clock_s

    @property
    def address(self) -> Address:
        """This Validator's address."""
        return self._key.address

    async def verify(self, registration: KeyRegistration) -> bytes:
        """64 bytes over what the attestation says. Raises SigningStopped, and what `verify_attestation` raises."""
        self._gate.require_open()
        attestation = verify_attestation(registration, self._root_pins, TimeBounds.at(self._clock_s()))
        verdict = AttestationVerdict(sha256(registration.attestation), attestation)
        digest = verdict_digest(self._ledger_id, verdict)
        signature = await done(self._key.apart, partial(self._key.sign_digest, digest))
        self._gate.require_open()
        return compact(signature)
