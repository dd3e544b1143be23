"""The handlers of ``notary.find`` and ``notary.positions``: what is final, and where; asking makes nothing so.

Whoever countersigned a transaction may have to know what became of it when the node that began it is gone for ever.
And who is sent a final transaction asks where it stands in the journal, which no peer's word is believed on.

Any node on the network map that knows an id may ask; an id is a hash over salted components, so it cannot be guessed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

from chains.progmat.node.peers import PeerIdentity
from chains.progmat.notary.batch_writer import sign_again
from chains.progmat.notary.codec import Notarised, decode_request
from chains.progmat.notary.duty import Duty
from chains.progmat.notary.errors import NotaryBusy, NotaryStopping, RequesterUnknown
from chains.progmat.notary.find_codec import (
    FindAnswer,
    Found,
    decode_find_request,
    decode_positions_request,
    encode_find_response,
    encode_positions_response,
)
from chains.progmat.notary.model import NO_POSITION, Committed
from chains.progmat.notary.pace import Pace
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.signed_codec import encode_signature
from primitives.public_key import PublicKey
from primitives.signatures import Signer
from primitives.types import Hash32

T = TypeVar("T")

FIND: Final = "notary.find"
POSITIONS: Final = "notary.positions"
MAX_WAITING: Final = 64
MAX_WAITING_OF_A_PEER: Final = 4


class Finder:
    """Reads the store in a thread of its own, so that neither batches nor readers of the journal wait for it.

    Guarantees: nothing is committed; what is told is durable; what was not final and has a time window that ends at or
    before the answer's time never becomes so, whichever worker of the notary is asked.
    """

    def __init__(
        self,
        store: UniquenessStore,
        signer: Callable[[], Signer],
        key_of: Callable[[str], PublicKey | None],
        duty: Duty | None = None,
    ) -> None:
        self._store = store
        self._signer = signer
        self._key_of = key_of
        self._duty = duty
        self._waiting: Counter[str] = Counter()
        self._pace = Pace(max_batch=1)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="notary-finder")
        self._stopped = False

    async def handle(self, peer: PeerIdentity, body: bytes) -> bytes:
        """FindRequest bytes in, FindResponse bytes out.

        Raises DecodeError, RequesterUnknown, NotActive, NotaryBusy, NotaryStopping, and what the store raises.
        """
        tx_ids = decode_find_request(body)
        return encode_find_response(await self._look(peer, partial(self._find, tx_ids)))

    async def handle_positions(self, peer: PeerIdentity, body: bytes) -> bytes:
        """PositionsRequest bytes in, PositionsResponse bytes out; raises as ``handle``. Nothing is signed anew."""
        tx_ids = decode_positions_request(body)
        return encode_positions_response(await self._look(peer, partial(self._positions, tx_ids)))

    async def _look(self, peer: PeerIdentity, look: Callable[[], T]) -> T:
        """In the thread, if ``peer`` may ask and there is room."""
        if self._duty is not None:
            self._duty.require_active()
        if self._key_of(peer.name) is None:
            raise RequesterUnknown(peer.name)
        if self._stopped:
            raise NotaryStopping("it is not running")
        if self._waiting[peer.name] >= MAX_WAITING_OF_A_PEER or self._waiting.total() >= MAX_WAITING:
            waiting = self._waiting.total()
            raise NotaryBusy(waiting, self._pace.time_to_drain(waiting))
        self._waiting[peer.name] += 1
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        try:
            found = await loop.run_in_executor(self._thread, look)
        finally:
            self._waiting[peer.name] -= 1
            self._waiting += Counter()  # forgets those with none
        self._pace.committed(loop.time() - started_s)
        return found

    def stop(self) -> None:
        """Answer no more; what is under way is finished."""
        self._stopped = True
        self._thread.shutdown()

    def _find(self, tx_ids: tuple[Hash32, ...]) -> FindAnswer:
        """In the thread. The time is read first: a batch committed after that is never earlier (see ``decisions``)."""
        time_s = self._store.head().time_s
        committed = self._store.find_all_committed(tx_ids)
        signer = self._signer()
        return FindAnswer(
            tuple(self._found(signer, committed[tx_id]) for tx_id in tx_ids if tx_id in committed), time_s
        )

    def _positions(self, tx_ids: tuple[Hash32, ...]) -> tuple[int, ...]:
        """In the thread."""
        committed = self._store.find_all_committed(tx_ids)
        return tuple(committed[tx_id].position if tx_id in committed else NO_POSITION for tx_id in tx_ids)

    def _found(self, signer: Signer, committed: Committed) -> Found:
        answer = sign_again(signer, committed)
        approvals: tuple[bytes, ...] = ()
        if committed.position != NO_POSITION:
            (entry,) = self._store.read_entries(committed.position - 1, 1)
            approvals = decode_request(entry.evidence).validator_signatures
        return Found(
            Hash32(committed.tx_id),
            Notarised(encode_signature(answer.signature), committed.position, committed.time_s),
            approvals,
        )
