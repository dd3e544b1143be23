"""Answering ``node.finalise``: verify a delivered transaction whole, with its ancestors, and record it once.

Source of the shape: Corda's ``ReceiveFinalityFlow``. The sender is not trusted: signatures, contracts and back-chain
are checked as if nobody had done so before, and the journal position is asked of the notary itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from functools import partial

from sqlalchemy import Connection

from chains.progmat.flows import peer_codec
from chains.progmat.flows.back_chain import AlsoRecorded, Ancestors, BackChain, Confirmation, PositionSource
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.errors import BadFinality
from chains.progmat.flows.peer_codec import Finality
from chains.progmat.flows.seams import Recording
from chains.progmat.flows.signed_records import assembled
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers.seam import PeerIdentity
from chains.progmat.node.storage import NodeDatabase, unknown_transactions
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signature
from primitives.errors import CrossDvpError


class FinaliseResponder:
    """Records what is final and concerns this node; answering again is safe."""

    def __init__(
        self,
        own_name: str,
        database: NodeDatabase,
        verifier: LedgerVerifier,
        back_chain: BackChain,
        recorder: Recording,
        clock: Clock,
        position_of: PositionSource,
        confirmed: Confirmation,
        received: Callable[[Collection[str], SignedTransaction], None],
        also: AlsoRecorded,
    ) -> None:
        """``also`` runs after a delivered transaction was recorded, in the same commit."""
        self._own_name = own_name
        self._database = database
        self._verifier = verifier
        self._back_chain = back_chain
        self._recorder = recorder
        self._clock = clock
        self._position_of = position_of
        self._confirmed = confirmed
        self._received = received
        self._also = also

    async def handle(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``node.finalise``. Raises ``BadFinality`` and what verification refuses."""
        finality = peer_codec.decode_finality(body)
        if finality.tx_id not in self._verifier.recorded:
            try:
                await self._take(asker, finality)
            except CrossDvpError:  # what was recorded once is not refused when it is sent again
                if not await self._database.look_up(partial(_is_recorded, tx_id=finality.tx_id)):
                    raise
        return peer_codec.encode_finalise_response()

    async def _take(self, asker: PeerIdentity, finality: Finality) -> None:
        signed = self._whole(asker, finality)
        self._verifier.verify_signatures(signed)
        signed = await self._confirmed(signed)
        ancestors = await self._back_chain.gather(asker.name, signed.wire, finality.ahead)
        try:
            position = await self._position_of(signed)
            record = partial(self._record, asker=asker.name, signed=signed, position=position, ancestors=ancestors)
            known = ancestors.transactions if ancestors is not None else ()
            await self._database.submit(record, heard=partial(self._recorded, asker.name, known, signed))
        finally:
            if ancestors is not None:
                ancestors.release()

    def _recorded(
        self,
        asker: str,
        ancestors: Iterable[SignedTransaction],
        signed: SignedTransaction,
        ended: asyncio.Future[tuple[str, ...]],
    ) -> None:
        """Also where the asker has gone: who waits here for what was recorded waits for no other."""
        if ended.exception() is not None:
            return
        for recorded in (*ancestors, signed):
            self._verifier.recorded.note(recorded)
        self._received({asker, *ended.result()}, signed)

    def _whole(self, asker: PeerIdentity, finality: Finality) -> SignedTransaction:
        signed = assembled(finality.wire, map(decode_signature, finality.signatures))
        if signed.id != finality.tx_id:
            raise BadFinality(asker.name, finality.tx_id, f"its body is that of {signed.id.hex()}")
        return signed

    def _record(
        self,
        connection: Connection,
        *,
        asker: str,
        signed: SignedTransaction,
        position: int,
        ancestors: Ancestors | None,
    ) -> tuple[str, ...]:
        if ancestors is None:
            return self._record_one(connection, asker, signed, position)
        ancestors.record(connection)
        with self._verifier.recorded.including(connection, ancestors.transactions):
            return self._record_one(connection, asker, signed, position)

    def _record_one(
        self, connection: Connection, asker: str, signed: SignedTransaction, position: int
    ) -> tuple[str, ...]:
        self._verifier.verify_contracts(connection, signed.wire)
        if self._own_name not in self._recorder.participants(connection, signed.wire):
            raise BadFinality(asker, signed.id, f"{self._own_name} takes no part in it")
        others = self._recorder.record(connection, signed, position, self._clock.now_ms())
        self._also(connection, signed)
        return others


def _is_recorded(connection: Connection, tx_id: bytes) -> bool:
    return not unknown_transactions(connection, [tx_id])
