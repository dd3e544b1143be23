"""Attests final ledger transactions with their whole history (see ``transactions.attestation``).

Asked by issuers, who keep the history themselves. A Validator takes no attestation for granted, its own neither: what
it attests it has verified from the first ancestor on, and keeps. New ones therefore begin where it stopped before.
"""

from __future__ import annotations

from functools import partial

import structlog
from sqlalchemy import Connection

from chains.progmat.flows.back_chain import Confirmation
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers import PeerIdentity
from chains.progmat.node.storage import NodeDatabase, stored_transaction
from chains.progmat.transactions.attestation import attest
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.validators.approver import Resolver
from chains.progmat.validators.archive import ArchiveRecorder
from chains.progmat.validators.errors import DoubleSpendSigned
from chains.progmat.validators.signing_gate import SigningGate
from primitives.apart import done
from primitives.signatures import Signer

_log = structlog.get_logger(__name__)


class Attestor:
    """The handler of ``validator.attest``: SignedTransaction bytes in, AttestationSignature bytes out. Idempotent."""

    def __init__(
        self,
        *,
        database: NodeDatabase,
        resolver: Resolver,
        verifier: LedgerVerifier,
        signer: Signer,
        gate: SigningGate,
        clock: Clock,
        confirmed: Confirmation,
    ) -> None:
        self._database = database
        self._resolver = resolver
        self._verifier = verifier
        self._signer = signer
        self._gate = gate
        self._clock = clock
        self._confirmed = confirmed
        self._archive = ArchiveRecorder()

    async def attest(self, peer: PeerIdentity, body: bytes) -> bytes:
        """Verify the transaction with every ancestor and sign.

        Raises DecodeError, SigningStopped, NotConfirmed, what signature, platform and contract verification refuse, and
        UnavailableError when ancestors, or the notary's word, cannot be had now. Two final transactions that spend one
        state stop this Validator if the journal's notary signed both; if another did, what rests on the second is not
        attested.
        """
        signed = SignedTransaction.decode(body)
        tx_id = signed.id
        self._gate.require_open()
        if not await self._database.read(lambda connection: stored_transaction(connection, tx_id) is not None):
            await self._verify_and_keep(peer, signed)
            _log.info("attested", tx_id=tx_id.hex(), requester=peer.name)
        self._gate.require_open()
        attestation = await done(self._signer.apart, partial(attest, self._signer, self._verifier.parameters, tx_id))
        self._gate.require_open()
        return attestation.encode()

    async def _verify_and_keep(self, peer: PeerIdentity, signed: SignedTransaction) -> None:
        """From cheap to dear. The notary's signature and the Validators' are among those required."""
        self._verifier.verify_signatures(signed)
        signed = await self._confirmed(signed)
        try:
            await self._resolver.resolve(peer.name, signed.wire)
            await self._database.submit(lambda connection: self._keep(connection, signed))
        except DoubleSpendSigned as misbehaviour:
            await self._gate.heed_double_spend(misbehaviour, self._verifier.journal_notary_name)
            raise

    def _keep(self, connection: Connection, signed: SignedTransaction) -> None:
        self._verifier.verify_contracts(connection, signed.wire)
        self._archive.record(connection, signed, 0, self._clock.now_ms())
