"""The validating mode: before it commits, the notary verifies the whole transaction, its history included.

What a non-validating notary would sign blindly, a transaction whose contracts do not hold or that lacks a signature, is
refused here. The price is privacy: this notary sees amounts and parties, and keeps what it saw.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from sqlalchemy import Connection

from chains.progmat.flows.clock import Clock
from chains.progmat.flows.notary_desk import NotConfirmed, require_datable
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers import PeerIdentity
from chains.progmat.node.storage import NodeDatabase, store_recorded
from chains.progmat.notary import codec
from chains.progmat.notary.batch_writer import sign_again
from chains.progmat.notary.errors import TransactionInvalid, WholeTransactionNeeded
from chains.progmat.notary.intake import Asked
from chains.progmat.notary.keys import NotaryKeys, signer_of
from chains.progmat.notary.requester import claim_of
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import encode_signature
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import leaf_keys
from primitives.errors import CallerError, PeerError


class Resolver(Protocol):
    """Has the ancestors of a transaction verified and recorded here (``flows.back_chain.BackChain``)."""

    async def resolve(self, peer: str, wire: WireTransaction) -> None:
        """Fetch what is lacking from ``peer``; verify each ancestor once."""
        ...


class VerifiedArchive:
    """`flows.seams.Recording` of a validating notary: it keeps what it verified, and hands it out to no one."""

    def record(
        self, connection: Connection, signed: SignedTransaction, journal_position: int, now_ms: int
    ) -> tuple[str, ...]:
        """Keep a verified, notarised transaction; nobody else takes part here."""
        store_recorded(connection, signed.id, signed.encode(), journal_position, now_ms // 1000)
        return ()

    def participants(self, _connection: Connection, _wire: WireTransaction) -> frozenset[str]:
        """Nobody."""
        return frozenset()


class OwnAnswers:
    """What other nodes ask the notary when its key was replaced since an ancestor was signed: it asks its own store."""

    def __init__(
        self, name: str, store: UniquenessStore, verifier: LedgerVerifier, keys: NotaryKeys, clock: Clock
    ) -> None:
        self._name = name
        self._store = store
        self._verifier = verifier
        self._keys = keys
        self._clock = clock

    async def confirmed(self, signed: SignedTransaction) -> SignedTransaction:
        """``signed`` with the notary's present signature where it needs one; raises NotConfirmed, NotaryKeyMissing.

        What another notary committed under a key that was replaced since cannot be confirmed here.
        """
        now_s = self._clock.now_ms() // 1000
        name = self._verifier.notary_name(signed.wire)
        require_datable(self._verifier, signed, now_s)
        if not self._verifier.needs_confirmation(signed):
            return signed
        if name != self._name:
            raise NotConfirmed(signed.id, name, f"its key was replaced, and {self._name} asks no other notary")
        committed = await asyncio.to_thread(self._store.find_committed, signed.id)
        if committed is None:
            raise NotConfirmed(signed.id, name, "it was never committed here")
        answer = sign_again(signer_of(self._keys, self._verifier.notary_key(signed.wire)), committed)
        return signed.with_signatures(answer.signature)


class WholeIntake:
    """``Intake`` of a validating notary. What the journal keeps is the tear-off all the same."""

    def __init__(self, database: NodeDatabase, resolver: Resolver, verifier: LedgerVerifier) -> None:
        self._database = database
        self._resolver = resolver
        self._verifier = verifier

    def read(self, body: bytes) -> Asked:
        """The whole transaction and its tear-off; raises DecodeError, SignatureRefused, WholeTransactionNeeded."""
        request = codec.decode_whole_request(body)
        signed = SignedTransaction.decode(request.signed_transaction)
        tear_off = signed.wire.filter(self._verifier.notary_groups(signed.wire))
        approvals: tuple[TransactionSignature, ...] = ()
        if signed.wire.provable_writes:
            validators = leaf_keys(self._verifier.pinned(signed.wire).validator_key)
            approvals = tuple(item for item in signed.signatures if item.by in validators)
        evidence = codec.NotariseRequest(
            tear_off.encode(), tuple(map(encode_signature, approvals)), request.requester_signature
        )
        claim = claim_of(request.requester_signature, tear_off.id)
        return Asked(tear_off, approvals, request.requester_signature, claim, codec.encode_request(evidence), signed)

    async def validate(self, peer: PeerIdentity, asked: Asked) -> None:
        """From cheap to dear: signatures, history, contracts.

        Raises TransactionInvalid for what can never hold; what the peer refuses, and UnavailableError, when ancestors
        cannot be fetched now.
        """
        if asked.whole is None:
            raise WholeTransactionNeeded
        signed = asked.whole
        try:
            self._verifier.verify_signatures(signed, self._verifier.notary_keys(signed.wire))
        except (CallerError, PeerError) as error:
            raise TransactionInvalid(error) from error
        await self._resolver.resolve(peer.name, signed.wire)

        def verify(connection: Connection) -> None:
            self._verifier.verify_contracts(connection, signed.wire)

        try:
            await self._database.read(verify)
        except (CallerError, PeerError) as error:
            raise TransactionInvalid(error) from error
