"""Handing recorded transactions to those who may see them, with their ancestors.

Need to know: a peer may fetch a transaction it takes part in, and the ancestors of what this node has sent it (Corda's
``ResolveTransactionsFlow`` grants the same). Who was sent what is kept in memory, bounded for each peer, so that nobody
makes this node forget what others may fetch: a delivery that is retried after a restart grants it again. Validators
verify whole transactions before signing and may fetch any. Whoever takes attested outputs gets no more than those of a
transaction that is not its own (see ``attested_history``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sqlalchemy import Connection

from chains.progmat.flows import peer_codec
from chains.progmat.flows.attested_history import AttestingEpoch, Indexes, answer_attested
from chains.progmat.flows.errors import NotAParticipant, TransactionUnknown
from chains.progmat.flows.of_peers import OfPeers
from chains.progmat.flows.peer_codec import MAX_FETCH_RESPONSE_BYTES, FetchAnswer
from chains.progmat.flows.seams import Directory, Recording, Role
from chains.progmat.flows.signed_records import decoded
from chains.progmat.node.peers.seam import PeerIdentity
from chains.progmat.node.storage import NodeDatabase, stored_transactions
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction

MAX_DISCLOSED: Final = 32_768
MAX_SENT: Final = 8_192
MAX_WITH_ANCESTORS_BYTES: Final = 256 * 1024
"""Up to this size an answer carries ancestors that were not asked for: a short chain comes in one answer."""
MAX_GENERATION: Final = 512
MAX_AT_HAND: Final = 2
_OVERHEAD_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class _Whole:
    """A recorded transaction."""

    signed: SignedTransaction
    signed_bytes: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.signed_bytes) + _OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class _Shown:
    """Attested outputs in the place of a transaction."""

    encoded: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.encoded) + _OVERHEAD_BYTES


_Part = _Whole | _Shown


@dataclass
class _Answer:
    """Parts by transaction id, and what the whole ones among them use."""

    parts: dict[bytes, _Part] = field(default_factory=dict)
    following: dict[bytes, frozenset[int]] = field(default_factory=dict)
    size_bytes: int = 0
    is_full: bool = False

    def add(self, parts: Iterable[tuple[bytes, _Part]], limit_bytes: int) -> None:
        """As many as fit; the first of all always does."""
        self.following = {}
        for tx_id, part in parts:
            self.size_bytes += part.size_bytes
            if self.parts and self.size_bytes > limit_bytes:
                self.is_full = True
                return
            self.parts[tx_id] = part
            if isinstance(part, _Whole):
                for parent, indexes in part.signed.wire.outputs_used.items():
                    self.following[parent] = self.following.get(parent, frozenset()) | indexes

    @property
    def whole(self) -> list[_Whole]:
        return [part for part in self.parts.values() if isinstance(part, _Whole)]

    def as_fetch_answer(self) -> FetchAnswer:
        shown = tuple(part.encoded for part in self.parts.values() if isinstance(part, _Shown))
        whole = tuple(part.signed_bytes for part in self.whole)
        return FetchAnswer(whole, shown)


class Disclosing:
    """The answering side of back-chain resolution for one node."""

    def __init__(
        self, database: NodeDatabase, directory: Directory, recorder: Recording, attesting: AttestingEpoch
    ) -> None:
        self._database = database
        self._directory = directory
        self._recorder = recorder
        self._attesting = attesting
        self._disclosed = OfPeers(MAX_DISCLOSED)
        self._sent = OfPeers(MAX_SENT)

    def disclose(self, peer: str, wire: WireTransaction) -> None:
        """``peer`` knows ``wire``, so it may fetch what that uses."""
        self.disclose_ids(peer, wire.outputs_used)

    def disclose_ids(self, peer: str, tx_ids: Collection[bytes]) -> None:
        """``peer`` may fetch these transactions."""
        self._disclosed.add(peer, tx_ids)

    async def handle_fetch(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``node.fetch_transactions``. Raises ``NotAParticipant``, ``TransactionUnknown``."""
        wanted = {item.tx_id: frozenset(item.indexes) for item in peer_codec.decode_fetch_request(body)}
        answer = await self._answer(asker.name, wanted)
        for part in answer.whole:
            self.disclose(asker.name, part.signed.wire)
            self._sent.add(asker.name, (bytes(part.signed.id),))
        return peer_codec.encode_fetch_response(answer.as_fetch_answer())

    async def _answer(self, asker: str, wanted: Indexes) -> _Answer:
        """A coin's newest step is answered at once; what brings a history along, by a reader."""
        if len(wanted) <= MAX_AT_HAND:
            answer = await self._database.look_up(partial(self._asked_for, asker=asker, wanted=wanted))
            if answer.is_full or not self._unsent(asker, answer):
                return answer
        return await self._database.read(partial(self._with_ancestors, asker=asker, wanted=wanted))

    def _asked_for(self, connection: Connection, asker: str, wanted: Indexes) -> _Answer:
        """As many as fit into an answer."""
        asked = list(self._parts(connection, asker, wanted, takes_attested=any(wanted.values())))
        for tx_id, part in asked:
            self._check_need_to_know(connection, asker, tx_id, part)
        answer = _Answer()
        answer.add(asked, MAX_FETCH_RESPONSE_BYTES)
        return answer

    def _with_ancestors(self, connection: Connection, asker: str, wanted: Indexes) -> _Answer:
        """Those asked for, then ancestors not sent to this peer lately, breadth first, until the answer is full."""
        takes_attested = any(wanted.values())
        answer = self._asked_for(connection, asker, wanted)
        while not answer.is_full and (ahead := self._unsent(asker, answer)):
            answer.add(self._parts(connection, asker, ahead, takes_attested=takes_attested), MAX_WITH_ANCESTORS_BYTES)
        return answer

    def _unsent(self, asker: str, answer: _Answer) -> dict[bytes, frozenset[int]]:
        unsent = [
            (tx_id, indexes)
            for tx_id, indexes in answer.following.items()
            if tx_id not in answer.parts and (asker, tx_id) not in self._sent
        ]
        return dict(unsent[:MAX_GENERATION])

    def _parts(
        self, connection: Connection, asker: str, wanted: Indexes, *, takes_attested: bool
    ) -> Iterator[tuple[bytes, _Part]]:
        """Each wanted transaction, or the outputs wanted of it; raises ``TransactionUnknown``."""
        stored = stored_transactions(connection, wanted)
        shown: dict[bytes, bytes] = {}
        if takes_attested:
            wires = {tx_id: decoded(kept.signed_bytes).wire for tx_id, kept in stored.items()}
            shown = answer_attested(connection, wanted, wires, self._attesting)
            for tx_id in [tx_id for tx_id in shown if tx_id in wires]:
                if asker in self._recorder.participants(connection, wires[tx_id]):  # its own: it may keep it whole
                    del shown[tx_id]
        for tx_id in wanted:
            if tx_id in shown:
                yield tx_id, _Shown(shown[tx_id])
            elif tx_id in stored:
                kept = stored[tx_id]
                yield tx_id, _Whole(decoded(kept.signed_bytes), kept.signed_bytes)
            else:
                raise TransactionUnknown(tx_id)

    def _check_need_to_know(self, connection: Connection, asker: str, tx_id: bytes, part: _Part) -> None:
        if asker in self._directory.names_with(Role.VALIDATOR) or (asker, tx_id) in self._disclosed:
            return
        if isinstance(part, _Shown) or asker not in self._recorder.participants(connection, part.signed.wire):
            raise NotAParticipant(asker, tx_id)
