"""States that a node's flows reference: those in its vault, and their keeper's latest when one is lacking.

What a node lacks (a membership made before it joined, the gate of a security it never held) or holds outdated (the
notary refused a reference to it) it asks the keeper's node for, and verifies it like any other transaction. What is
known is kept in memory, so that a payment does not query for it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import Connection

from chains.progmat.flows import peer_codec
from chains.progmat.flows.back_chain import BackChain
from chains.progmat.flows.recorded import RecordedStates
from chains.progmat.node.peers.seam import PeerNetwork
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.model import StateAndRef, StateRef
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.vault.indexing import Indexed
from chains.progmat.vault.queries import VaultState
from primitives.errors import CrossDvpError

FETCH_TIMEOUT_S: Final = 15.0
MAX_OUTDATED: Final = 4096

NeedT = TypeVar("NeedT")
NeedT_contra = TypeVar("NeedT_contra", contravariant=True)
IndexedT = TypeVar("IndexedT", bound=Indexed)


class ReferencedKind(Protocol[NeedT_contra, IndexedT]):
    """One kind of state that transactions reference: how it is found, who keeps it, what it means to lack it."""

    def name_of(self, need: NeedT_contra) -> Hashable:
        """By which the state is known."""
        ...

    def rows(self, connection: Connection, need: NeedT_contra) -> Sequence[VaultState[IndexedT]]:
        """States of that name that this vault has not seen consumed, at any notary."""
        ...

    def will_do(self, need: NeedT_contra, known: VaultState[IndexedT]) -> bool:
        """Whether the state is what is needed; if not, the keeper may have a newer one."""
        ...

    def keeper_of(self, need: NeedT_contra) -> str | None:
        """The node that is asked; None: this one keeps it, or nobody is known to."""
        ...

    def question(self, need: NeedT_contra) -> tuple[str, bytes]:
        """Peer method and body; the answer names transactions."""
        ...

    def outdated(self, need: NeedT_contra) -> CrossDvpError:
        """It is spent, and the keeper has no newer one yet."""
        ...

    def unfit(self, need: NeedT_contra, found: VaultState[IndexedT] | None, notary: str) -> CrossDvpError | None:
        """There is none, or not as it is needed. None: let the contracts say so."""
        ...


class OutdatedStates:
    """Referenced states that the notary calls spent; shared by all books of one node.

    ``contracts`` are those whose states are referenced; ``add_book`` is told to look again.
    """

    def __init__(self, database: NodeDatabase, recorded: RecordedStates, contracts: frozenset[str]) -> None:
        self._database = database
        self.recorded = recorded
        self._contracts = contracts
        self._outdated: OrderedDict[StateRef, None] = OrderedDict()
        self._forget: list[Callable[[], None]] = []

    def __contains__(self, ref: StateRef) -> bool:
        """Whether the notary said so."""
        return ref in self._outdated

    def add_book(self, forget: Callable[[], None]) -> None:
        """A book that keeps such states in memory."""
        self._forget.append(forget)

    def forget(self) -> None:
        """One was recorded: look again. May be called from any thread."""
        for forget in self._forget:
            forget()

    async def note(self, refs: Sequence[StateRef]) -> bool:
        """The notary says that these states are spent; whether all of them are referenced ones that this node knows."""
        states = await self._database.read(partial(self.recorded.of, refs=refs))
        if not refs or any(ref not in states or states[ref].contract not in self._contracts for ref in refs):
            return False
        for ref in refs:
            self._outdated[ref] = None
            self._outdated.move_to_end(ref)
        while len(self._outdated) > MAX_OUTDATED:
            self._outdated.popitem(last=False)
        self.forget()
        return True


class CurrentStates(Generic[NeedT, IndexedT]):
    """Finds states of one kind to reference."""

    def __init__(
        self,
        kind: ReferencedKind[NeedT, IndexedT],
        database: NodeDatabase,
        network: PeerNetwork,
        back_chain: BackChain,
        outdated: OutdatedStates,
    ) -> None:
        self._kind = kind
        self._database = database
        self._network = network
        self._back_chain = back_chain
        self._outdated = outdated
        self._known: dict[tuple[Hashable, str], VaultState[IndexedT]] = {}
        outdated.add_book(self._look_again)

    def at_hand(self, needs: Iterable[NeedT], notary: str) -> dict[Any, StateAndRef] | None:
        """The states needed at a notary by name, if all are known and will do. May be called from any thread."""
        known, found = self._known, {}
        for need in needs:
            name = self._kind.name_of(need)
            state = known.get((name, notary))
            if state is None or not self._kind.will_do(need, state):
                return None
            found[name] = state.state_and_ref
        return found

    async def find(self, needs: Iterable[NeedT], notary: str) -> dict[Any, StateAndRef]:
        """The states needed at a notary by name, fetched where the vault's will not do.

        Raises the kind's ``unfit`` when the keeper has no better one either, its ``outdated`` and other
        ``UnavailableError`` when that cannot be said now.
        """
        found: dict[Any, StateAndRef] = {}
        for need in needs:
            name = self._kind.name_of(need)
            known = self._known.get((name, notary))
            if known is None or not self._kind.will_do(need, known):
                known = await self._look_up(need, notary)
            found[name] = known.state_and_ref
        return found

    def _look_again(self) -> None:
        self._known = {}

    async def _look_up(self, need: NeedT, notary: str) -> VaultState[IndexedT]:
        found = await self._current(need, notary)
        keeper = self._kind.keeper_of(need)
        if keeper is not None and (found is None or not self._kind.will_do(need, found)):
            await self._fetch(keeper, need)
            found = await self._current(need, notary)
        if found is None and await self._is_known(need, notary):
            raise self._kind.outdated(need)
        if found is None or not self._kind.will_do(need, found):
            error = self._kind.unfit(need, found, notary)
            if error is not None:
                raise error
        if found is None:
            raise self._kind.outdated(need)
        self._known[self._kind.name_of(need), notary] = found
        return found

    async def _is_known(self, need: NeedT, notary: str) -> bool:
        rows = await self._database.read(partial(self._at_notary, need=need, notary=notary))
        return bool(rows)

    async def _current(self, need: NeedT, notary: str) -> VaultState[IndexedT] | None:
        rows = await self._database.read(partial(self._at_notary, need=need, notary=notary))
        current = [row for row in rows if row.ref not in self._outdated]
        return next((row for row in current if self._kind.will_do(need, row)), current[0] if current else None)

    def _at_notary(self, connection: Connection, need: NeedT, notary: str) -> list[VaultState[IndexedT]]:
        """From the vault; the transactions that made them are at hand from then on."""
        rows = [row for row in self._kind.rows(connection, need) if row.state.notary.name == notary]
        self._outdated.recorded.of(connection, [row.ref for row in rows])
        return rows

    async def _fetch(self, keeper: str, need: NeedT) -> None:
        method, body = self._kind.question(need)
        answer = await self._network.request(keeper, method, body, FETCH_TIMEOUT_S)
        await self._back_chain.fetch(keeper, peer_codec.decode_ids_of_transactions(answer), _nothing_more)


def _nothing_more(_connection: Connection, _signed: SignedTransaction) -> None:
    """Recorded, and that is all."""
