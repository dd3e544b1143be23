"""Back-chain resolution: fetch, verify and record a transaction's ancestors (Corda's ``ResolveTransactionsFlow``)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from chains.progmat.flows import peer_codec
from chains.progmat.flows.attested_history import (
    Indexes,
    keep_attested,
    lacking_outputs,
    take_attested,
)
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.errors import BadResolution, TransactionUnknown
from chains.progmat.flows.history_policy import HistoryPolicy
from chains.progmat.flows.peer_codec import MAX_FETCHED_IDS, FetchAnswer, WantedOutputs
from chains.progmat.flows.seams import Directory, Recording, Role
from chains.progmat.flows.signed_records import decoded
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers.seam import PeerNetwork
from chains.progmat.node.storage import NodeDatabase, unknown_transactions
from chains.progmat.transactions.attestation import AttestedOutputs
from chains.progmat.transactions.model import StateRef
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from chains.rpc_status import RemoteCallerError
from primitives.types import Hash32

FETCH_TIMEOUT_S: Final = 15.0
MAX_ANCESTORS: Final = 50_000
MAX_HELD_BYTES: Final = 64 * 1024 * 1024
"""Ancestors from one peer that are not verified yet, in all its resolutions together: nothing vouches for them."""
RECORD_BATCH: Final = 64

PositionSource = Callable[[SignedTransaction], Awaitable[int]]
"""The journal position of a final transaction from who knows it; raises ``UnavailableError``."""

Confirmation = Callable[[SignedTransaction], Awaitable[SignedTransaction]]
"""A final transaction as it may be recorded (``NotaryDesk.confirmed``); raises ``NotConfirmed``."""

AlsoRecorded = Callable[[Connection, SignedTransaction], None]
"""Runs after a fetched transaction was recorded, in the same commit."""

Batch = list[tuple[SignedTransaction, int]]
"""Final transactions with their journal positions."""
Fetched = dict[bytes, SignedTransaction]


@dataclass
class _Gathered:
    """What peers have answered in one resolution; nothing of it is recorded yet."""

    fetched: Fetched = field(default_factory=dict)
    attested: list[AttestedOutputs] = field(default_factory=list)
    size_bytes: int = 0


class Ancestors:
    """Ancestors that are gathered and placed, for whoever records them with the transaction that uses them.

    ``record`` in the operation, ``release`` in any case; after the commit ``transactions`` are recorded.
    """

    def __init__(self, batch: Batch, record: Callable[[Connection, Batch], None], done: Callable[[], None]) -> None:
        self._batch = batch
        self._record = record
        self.release = done

    def record(self, connection: Connection) -> None:
        """Verify and record them; raises what verification refuses."""
        self._record(connection, self._batch)

    @property
    def transactions(self) -> tuple[SignedTransaction, ...]:
        """They themselves."""
        return tuple(signed for signed, _ in self._batch)


def _nothing_more(_connection: Connection, _signed: SignedTransaction) -> None:
    """Ancestors are recorded, and that is all."""


class BackChain:
    """The asking side of resolution for one node."""

    def __init__(
        self,
        database: NodeDatabase,
        network: PeerNetwork,
        directory: Directory,
        verifier: LedgerVerifier,
        recorder: Recording,
        clock: Clock,
        position_of: PositionSource | None = None,
        policy: HistoryPolicy = HistoryPolicy.WHOLE,
        *,
        confirmed: Confirmation,
        also: AlsoRecorded = _nothing_more,
    ) -> None:
        """``also`` runs after each fetched transaction was recorded, in the same commit."""
        self._database = database
        self._network = network
        self._directory = directory
        self._verifier = verifier
        self._recorder = recorder
        self._clock = clock
        self._position_of = position_of
        self._policy = policy
        self._confirmed = confirmed
        self._also = also
        self._held_bytes: Counter[str] = Counter()

    async def resolve(self, peer: str, wire: WireTransaction, ahead: Sequence[bytes] = ()) -> None:
        """Have all ancestors of ``wire`` verified and recorded here, fetching those we lack from ``peer``.

        ``ahead`` as for ``gather``. Under ``HistoryPolicy.ATTESTED`` an ancestor's outputs may come with an attestation
        in its place. Raises ``BadResolution``, the peer's refusal, or what verification refuses.
        """
        if not ahead:
            lacking = await self._lacking(wire.outputs_used)
            if lacking:
                await self._have(peer, lacking, _nothing_more)
            return
        ancestors = await self.gather(peer, wire, ahead)
        if ancestors is None:
            return
        try:
            if ancestors.transactions:
                await self._database.submit(ancestors.record)
        finally:
            ancestors.release()
        for recorded in ancestors.transactions:
            self._verifier.recorded.note(recorded)

    async def gather(self, peer: str, wire: WireTransaction, ahead: Sequence[bytes]) -> Ancestors | None:
        """As ``resolve``, but the caller records the last of them; None: there are none to record.

        ``ahead`` are transactions that ``peer`` sent unasked: those that are wanted are taken as if asked for.
        """
        used = wire.outputs_used
        perhaps = {tx_id: indexes for tx_id, indexes in used.items() if tx_id not in self._verifier.recorded}
        if not perhaps:
            return None
        sent = {bytes(decoded(item).id): item for item in ahead}
        gathered = _Gathered()
        done = partial(self._let_go, peer, gathered)
        try:
            wanted = await self._lacking({tx_id: perhaps[tx_id] for tx_id in perhaps if tx_id not in sent})
            wanted |= {tx_id: perhaps[tx_id] for tx_id in perhaps if tx_id in sent}
            while taken := [sent.pop(tx_id) for tx_id in list(wanted) if tx_id in sent]:
                answer = FetchAnswer(tuple(taken))
                self._hold(peer, answer, gathered)
                wanted = await self._take(peer, wanted, answer, gathered)
            await self._gather(peer, wanted, gathered)
            last = await self._record_but_last(gathered, _nothing_more)
        except BaseException:
            done()
            raise
        return Ancestors(last, partial(self._verify_and_record, also=_nothing_more), done)

    async def resolve_states(self, peer: str, refs: Iterable[StateRef]) -> None:
        """As ``resolve``, of a transaction that will use these states."""
        used: dict[bytes, frozenset[int]] = {}
        for ref in refs:
            used[bytes(ref.tx_id)] = used.get(bytes(ref.tx_id), frozenset()) | {ref.index}
        await self._have(peer, await self._lacking(used), _nothing_more)

    async def fetch(self, peer: str, tx_ids: Collection[bytes], also: AlsoRecorded) -> None:
        """Have final transactions themselves recorded here, whole, with all their ancestors; raises as ``resolve``.

        ``also`` runs in the commit that records them, for each of them and of their ancestors.
        """
        unknown = await self._database.read(partial(unknown_transactions, tx_ids=tx_ids))
        await self._have(peer, dict.fromkeys(unknown, frozenset()), also)

    async def _have(self, peer: str, wanted: dict[bytes, frozenset[int]], also: AlsoRecorded) -> None:
        gathered = _Gathered()
        try:
            await self._gather(peer, wanted, gathered)
            last = await self._record_but_last(gathered, also)
            await self._record_now(last, also)
        finally:
            self._let_go(peer, gathered)

    async def _record_but_last(self, gathered: _Gathered, also: AlsoRecorded) -> Batch:
        """Record what was gathered, ancestors first, but for the last batch, which is returned."""
        if gathered.attested:
            await self._database.submit(partial(_keep_all, attested=gathered.attested))
        ordered = _ancestors_first(gathered.fetched)
        batch: Batch = []
        for start in range(0, len(ordered), RECORD_BATCH):
            await self._record_now(batch, also)
            batch = await asyncio.gather(*map(self._placed, ordered[start : start + RECORD_BATCH]))
        return batch

    async def _record_now(self, batch: Batch, also: AlsoRecorded) -> None:
        if batch:
            await self._database.submit(partial(self._verify_and_record, batch=batch, also=also))
            for signed, _ in batch:
                self._verifier.recorded.note(signed)

    def _let_go(self, peer: str, gathered: _Gathered) -> None:
        self._held_bytes[peer] -= gathered.size_bytes

    async def _gather(self, peer: str, wanted: dict[bytes, frozenset[int]], gathered: _Gathered) -> None:
        while wanted:
            asked = dict(islice(wanted.items(), MAX_FETCHED_IDS))
            source, answer = await self._fetch(peer, asked)
            self._hold(peer, answer, gathered)
            wanted = await self._take(source, wanted, answer, gathered)
            if all(wanted.get(tx_id) == indexes for tx_id, indexes in asked.items()):
                raise BadResolution(source, "it answered none of the transactions asked for")
            if len(gathered.fetched) > MAX_ANCESTORS:
                raise BadResolution(peer, f"more than {MAX_ANCESTORS} ancestors")

    async def _fetch(self, peer: str, asked: Indexes) -> tuple[str, FetchAnswer]:
        """From ``peer``; what it knows by an attestation only, from who has the audit copy: an issuer, a registrar.

        The one that answered comes with its answer, and is to be blamed for it.
        """
        whole_only = self._policy is HistoryPolicy.WHOLE
        wanted = tuple(WantedOutputs(tx_id, () if whole_only else tuple(sorted(asked[tx_id]))) for tx_id in asked)
        body = peer_codec.encode_fetch_request(wanted)
        keepers = dict.fromkeys((*self._directory.names_with(Role.ISSUER), *self._directory.names_with(Role.REGISTRAR)))
        auditors = [name for name in keepers if name != peer]
        *earlier, last = (peer, *auditors)
        for source in earlier:
            try:
                return source, await self._fetch_from(source, body)
            except RemoteCallerError as error:
                if error.reason != TransactionUnknown.reason:
                    raise
        return last, await self._fetch_from(last, body)

    async def _fetch_from(self, source: str, body: bytes) -> FetchAnswer:
        answer = await self._network.request(source, peer_codec.FETCH_TRANSACTIONS, body, FETCH_TIMEOUT_S)
        return peer_codec.decode_fetch_response(answer)

    async def _placed(self, signed: SignedTransaction) -> tuple[SignedTransaction, int]:
        """Confirmed where that is needed, with its journal position: from the notary where this node publishes it.

        Elsewhere it is not known; a peer's word would be believed by whoever asks how far the journal has come.
        """
        signed = await self._confirmed(signed)
        if self._position_of is None or not signed.wire.provable_writes:
            return signed, 0
        self._verifier.verify_signatures(signed)
        return signed, await self._position_of(signed)

    async def _lacking(self, used: Indexes) -> dict[bytes, frozenset[int]]:
        perhaps = {tx_id: indexes for tx_id, indexes in used.items() if tx_id not in self._verifier.recorded}
        return await self._database.look_up(partial(self._lacking_here, used=perhaps)) if perhaps else {}

    def _lacking_here(self, connection: Connection, used: Indexes) -> dict[bytes, frozenset[int]]:
        unknown = {tx_id: used[tx_id] for tx_id in unknown_transactions(connection, used)}
        if not unknown or self._policy is HistoryPolicy.WHOLE:
            return unknown
        return lacking_outputs(connection, unknown)

    async def _take(
        self, peer: str, wanted: Indexes, answer: FetchAnswer, gathered: _Gathered
    ) -> dict[bytes, frozenset[int]]:
        """Accept what was wanted, or became so by a transaction before it; returns what is still wanted."""
        still = dict(wanted)
        for item in answer.transactions:
            signed = decoded(item)
            tx_id = bytes(signed.id)
            if tx_id in gathered.fetched:  # it came along with a delivery, which its sender does not count as sent
                continue
            if tx_id not in still:
                raise BadResolution(peer, f"it sent {tx_id.hex()}, which is no ancestor asked for")
            del still[tx_id]
            gathered.fetched[tx_id] = signed
            for dependency, indexes in signed.wire.outputs_used.items():
                if dependency not in gathered.fetched and still.get(dependency, indexes):  # else: wanted whole
                    still[dependency] = still.get(dependency, frozenset()) | indexes
        for data in answer.attested:
            if self._policy is HistoryPolicy.WHOLE:
                raise BadResolution(peer, "it sent attested outputs where whole transactions were asked for")
            attested = take_attested(peer, data, still, self._verifier.attesting)
            gathered.attested.append(attested)
        shown = {output.ref for attested in gathered.attested for output in attested.outputs}
        return await self._lacking(_without(still, shown))

    def _hold(self, peer: str, answer: FetchAnswer, gathered: _Gathered) -> None:
        size_bytes = sum(map(len, answer.transactions)) + sum(map(len, answer.attested))
        gathered.size_bytes += size_bytes
        self._held_bytes[peer] += size_bytes
        if self._held_bytes[peer] > MAX_HELD_BYTES:
            raise BadResolution(peer, f"more than {MAX_HELD_BYTES} bytes of ancestors that are not verified yet")

    def _verify_and_record(self, connection: Connection, batch: Batch, also: AlsoRecorded) -> None:
        """A peer may send what is recorded here already: its contracts are not verified again, perhaps nobody could."""
        unknown = set(unknown_transactions(connection, [bytes(signed.id) for signed, _ in batch]))
        for signed, position in batch:
            self._verifier.verify_signatures(signed)
            if bytes(signed.id) in unknown:
                self._verifier.verify_contracts(connection, signed.wire)
            self._recorder.record(connection, signed, position, self._clock.now_ms())
            self._also(connection, signed)
            also(connection, signed)


def _keep_all(connection: Connection, *, attested: list[AttestedOutputs]) -> None:
    for item in attested:
        keep_attested(connection, item)


def _without(wanted: Indexes, shown: set[StateRef]) -> dict[bytes, frozenset[int]]:
    """What is left of the wanted outputs; a transaction of which only the whole will do is left as it is."""
    left = {
        tx_id: frozenset(index for index in indexes if StateRef(Hash32(tx_id), index) not in shown)
        for tx_id, indexes in wanted.items()
    }
    return {tx_id: indexes for tx_id, indexes in left.items() if indexes or not wanted[tx_id]}


def _ancestors_first(fetched: Fetched) -> list[SignedTransaction]:
    """Topological order. A cycle cannot exist: a transaction is named by its hash."""
    ordered: dict[bytes, SignedTransaction] = {}
    pending = list(fetched)
    while pending:
        tx_id = pending[-1]
        open_parents = [
            parent for parent in fetched[tx_id].wire.outputs_used if parent in fetched and parent not in ordered
        ]
        if open_parents and tx_id not in ordered:
            pending.extend(open_parents)
            continue
        ordered.setdefault(tx_id, fetched[tx_id])
        pending.pop()
    return list(ordered.values())
