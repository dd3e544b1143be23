"""Back-chain resolution: fetch, verify and record a transaction's ancestors; hand ours to those who may see them.

Need to know: a peer may fetch a transaction it takes part in, and the ancestors of what this node has sent it (Corda's
``ResolveTransactionsFlow`` grants the same). Who was sent what is kept in memory, bounded: a delivery that is retried
after a restart grants it again. Validators verify whole transactions before signing and may fetch any.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Final

from sqlalchemy import Connection

from chains.progmat.flows import peer_codec
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.errors import BadResolution, NotAParticipant, TransactionUnknown
from chains.progmat.flows.peer_codec import MAX_FETCH_RESPONSE_BYTES, MAX_FETCHED_IDS, FetchedTransaction
from chains.progmat.flows.seams import Directory, Recording, Role
from chains.progmat.flows.signed_records import decoded
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers.seam import PeerIdentity, PeerNetwork
from chains.progmat.node.storage import (
    NodeDatabase,
    StoredTransaction,
    stored_transactions,
    unknown_transactions,
)
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction

FETCH_TIMEOUT_S: Final = 15.0
MAX_ANCESTORS: Final = 50_000
RECORD_BATCH: Final = 64
MAX_DISCLOSED: Final = 65_536
MAX_AHEAD_BYTES: Final = 256 * 1024
"""Up to this size an answer carries ancestors that were not asked for: a short chain comes in one answer."""
MAX_GENERATION: Final = 512

PositionSource = Callable[[SignedTransaction], Awaitable[int]]
"""The journal position of a final transaction from who knows it; raises ``UnavailableError``."""

Fetched = dict[bytes, tuple[SignedTransaction, int]]


def dependencies(wire: WireTransaction) -> tuple[bytes, ...]:
    """Ids of the transactions whose outputs this one uses, each once, in order."""
    return tuple(dict.fromkeys(bytes(ref.tx_id) for ref in (*wire.inputs, *wire.references)))


class BackChain:
    """Both sides of resolution for one node."""

    def __init__(
        self,
        database: NodeDatabase,
        network: PeerNetwork,
        directory: Directory,
        verifier: LedgerVerifier,
        recorder: Recording,
        clock: Clock,
        position_of: PositionSource | None = None,
    ) -> None:
        self._database = database
        self._network = network
        self._directory = directory
        self._verifier = verifier
        self._recorder = recorder
        self._clock = clock
        self._position_of = position_of
        self._disclosed: OrderedDict[tuple[str, bytes], None] = OrderedDict()
        self._sent: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    # ---- what we fetch ----

    async def resolve(self, peer: str, wire: WireTransaction) -> None:
        """Have all ancestors of ``wire`` verified and recorded here, fetching those we lack from ``peer``.

        Raises ``BadResolution``, the peer's refusal, or what verification refuses.
        """
        await self.resolve_ids(peer, dependencies(wire))

    async def resolve_ids(self, peer: str, tx_ids: Iterable[bytes]) -> None:
        """As ``resolve``, of these transactions and their ancestors."""
        fetched: Fetched = {}
        wanted = await self._unrecorded(dict.fromkeys(tx_ids))
        while wanted:
            asked = tuple(wanted[:MAX_FETCHED_IDS])
            answer = await self._network.request(
                peer, peer_codec.FETCH_TRANSACTIONS, peer_codec.encode_fetch_request(asked), FETCH_TIMEOUT_S
            )
            wanted = await self._take(peer, wanted, peer_codec.decode_fetch_response(answer), fetched)
            if set(asked) <= set(wanted):
                raise BadResolution(peer, "it answered none of the transactions asked for")
            if len(fetched) > MAX_ANCESTORS:
                raise BadResolution(peer, f"more than {MAX_ANCESTORS} ancestors")
        ordered = _ancestors_first(fetched)
        for start in range(0, len(ordered), RECORD_BATCH):
            batch = [await self._placed(*item) for item in ordered[start : start + RECORD_BATCH]]
            await self._database.submit(partial(self._verify_and_record, batch=batch))

    async def _placed(self, signed: SignedTransaction, told: int) -> tuple[SignedTransaction, int]:
        """With its journal position: from the notary where this node publishes it, else as the peer told."""
        if self._position_of is None or not signed.wire.provable_writes:
            return signed, told
        self._verifier.verify_signatures(signed)
        return signed, await self._position_of(signed)

    async def _unrecorded(self, tx_ids: Iterable[bytes]) -> list[bytes]:
        return await self._database.read(lambda connection: unknown_transactions(connection, tx_ids))

    async def _take(
        self, peer: str, wanted: list[bytes], answer: tuple[FetchedTransaction, ...], fetched: Fetched
    ) -> list[bytes]:
        """Accept what was wanted, or became so by a transaction before it; returns what is still wanted."""
        open_ids = dict.fromkeys(wanted)
        for item in answer:
            signed = SignedTransaction.decode(item.signed)
            tx_id = bytes(signed.id)
            if tx_id not in open_ids:
                raise BadResolution(peer, f"it sent {tx_id.hex()}, which is no ancestor asked for")
            del open_ids[tx_id]
            fetched[tx_id] = (signed, item.journal_position)
            for dependency in dependencies(signed.wire):
                if dependency not in fetched:
                    open_ids.setdefault(dependency)
        return await self._unrecorded(open_ids)

    def _verify_and_record(self, connection: Connection, batch: list[tuple[SignedTransaction, int]]) -> None:
        for signed, position in batch:
            self._verifier.verify_signatures(signed)
            self._verifier.verify_contracts(connection, signed.wire)
            self._recorder.record(connection, signed, position, self._clock.now_ms())

    # ---- what we hand out ----

    def disclose(self, peer: str, wire: WireTransaction) -> None:
        """``peer`` knows ``wire``, so it may fetch what that uses."""
        self.disclose_ids(peer, dependencies(wire))

    def disclose_ids(self, peer: str, tx_ids: Iterable[bytes]) -> None:
        """``peer`` may fetch these transactions."""
        for tx_id in tx_ids:
            _remember(self._disclosed, (peer, tx_id))

    async def handle_fetch(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``node.fetch_transactions``. Raises ``NotAParticipant``, ``TransactionUnknown``."""
        wanted = peer_codec.decode_fetch_request(body)
        found = await self._database.read(partial(self._with_ancestors, asker=asker.name, wanted=wanted))
        for signed, _ in found:
            self.disclose(asker.name, signed.wire)
            _remember(self._sent, (asker.name, bytes(signed.id)))
        answer = tuple(FetchedTransaction(signed.encode(), position) for signed, position in found)
        return peer_codec.encode_fetch_response(answer)

    def _with_ancestors(
        self, connection: Connection, asker: str, wanted: tuple[bytes, ...]
    ) -> list[tuple[SignedTransaction, int]]:
        """Those asked for, then ancestors not sent to this peer lately, breadth first, until the answer is full."""
        answered: Fetched = {}
        size = 0
        generation: tuple[bytes, ...] = wanted
        while generation:
            stored = stored_transactions(connection, generation)
            following: dict[bytes, None] = {}
            for tx_id in generation:
                signed, position = self._recorded(stored, tx_id)
                if generation is wanted:
                    self._check_need_to_know(connection, asker, signed)
                size += len(stored[tx_id].signed_bytes) + 64
                if answered and size > (MAX_FETCH_RESPONSE_BYTES if generation is wanted else MAX_AHEAD_BYTES):
                    return list(answered.values())
                answered[tx_id] = (signed, position)
                following.update(dict.fromkeys(dependencies(signed.wire)))
            unsent = [tx_id for tx_id in following if tx_id not in answered and (asker, tx_id) not in self._sent]
            generation = tuple(unsent[:MAX_GENERATION])
        return list(answered.values())

    def _recorded(self, stored: dict[bytes, StoredTransaction], tx_id: bytes) -> tuple[SignedTransaction, int]:
        found = stored.get(tx_id)
        if found is None:
            raise TransactionUnknown(tx_id)
        return decoded(found.signed_bytes), found.journal_position

    def _check_need_to_know(self, connection: Connection, asker: str, signed: SignedTransaction) -> None:
        if asker in self._directory.names_with(Role.VALIDATOR) or (asker, bytes(signed.id)) in self._disclosed:
            return
        if asker not in self._recorder.participants(connection, signed.wire):
            raise NotAParticipant(asker, signed.id)


def _remember(known: OrderedDict[tuple[str, bytes], None], fact: tuple[str, bytes]) -> None:
    known[fact] = None
    known.move_to_end(fact)
    while len(known) > MAX_DISCLOSED:
        known.popitem(last=False)


def _ancestors_first(fetched: Fetched) -> list[tuple[SignedTransaction, int]]:
    """Topological order. A cycle cannot exist: a transaction is named by its hash."""
    ordered: dict[bytes, tuple[SignedTransaction, int]] = {}
    pending = list(fetched)
    while pending:
        tx_id = pending[-1]
        open_parents = [
            parent for parent in dependencies(fetched[tx_id][0].wire) if parent in fetched and parent not in ordered
        ]
        if open_parents and tx_id not in ordered:
            pending.extend(open_parents)
            continue
        ordered.setdefault(tx_id, fetched[tx_id])
        pending.pop()
    return list(ordered.values())
