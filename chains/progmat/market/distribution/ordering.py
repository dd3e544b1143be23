"""The registrar's side: an order fixes the holders of a record date, stores their lines and opens its parts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from chains.progmat.contracts.distribution import DistributionMedium
from chains.progmat.contracts.distribution_lines import Line
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.distribution_errors import DistributionUnderWay, DistributionUnknown
from chains.progmat.flows.distribution_parts import PartStatus, parts_of
from chains.progmat.flows.distribution_requests import CancelDistribution, OpenDistribution
from chains.progmat.flows.errors import NodeRoleMissing, PartyUnknown
from chains.progmat.flows.seams import Directory, NodeSelf, Role
from chains.progmat.flows.steps import FlowStep
from chains.progmat.market.distribution import store
from chains.progmat.market.distribution.arithmetic import Due
from chains.progmat.market.distribution.errors import PartNotOpened
from chains.progmat.market.distribution.flows_of import FlowsOf
from chains.progmat.market.distribution.payees import PayeeCheck
from chains.progmat.market.distribution.planning import (
    HeldLine,
    OrderPart,
    Sizes,
    Totals,
    held_of,
    parts_of_lines,
    subject_of,
)
from chains.progmat.market.distribution.store import Order
from chains.progmat.market.distribution.terms import Terms
from chains.progmat.market.people import audit
from chains.progmat.market.people.acts import Act, require_two
from chains.progmat.market.register.errors import RecordDateNotOver
from chains.progmat.market.register.model import RecordDateSnapshot, Register
from chains.progmat.market.register.moments import AsOf, Moment
from chains.progmat.market.register.reading import register_at
from chains.progmat.market.register.snapshots import take_snapshot
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.model import Party
from chains.progmat.vault.indexing import Asset

NETWORK_OF = {DistributionMedium.COIN: BusinessNetwork.SC, DistributionMedium.UTILITY: BusinessNetwork.UT}


@dataclass(frozen=True, slots=True)
class Preview:
    """What an order would pay, and the lines that it would hold."""

    totals: Totals
    unpayable: list[HeldLine]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for an act: the program by its certificate, and two members of staff by their ids."""

    program: str
    author: str
    approver: str


class DistributionDesk:
    """One registrar's. All methods raise ``StorageFailed`` and its like when the database does."""

    def __init__(
        self,
        me: NodeSelf,
        database: NodeDatabase,
        directory: Directory,
        clock: Clock,
        flows: FlowsOf,
        payees: PayeeCheck,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self.sizes = Sizes()
        self._me = me
        self._database = database
        self._directory = directory
        self._clock = clock
        self._flows = flows
        self._payees = payees
        self._random_bytes = random_bytes

    async def preview(self, terms: Terms) -> Preview:
        """No side effects. Raises as ``order``."""
        self._require_registrar()
        register = await self._database.read(partial(self._register_now, terms=terms))
        dues = await asyncio.to_thread(_dues, terms, register)
        return Preview(Totals.of(dues), held_of(dues, await self._unpayable(terms, dues)))

    async def order(self, terms: Terms, caller: Caller) -> Order:
        """Store the order and open its parts; an order that is here already goes on where it stands.

        Raises ``NodeRoleMissing``, ``RecordDateNotOver``, ``SecurityUnknown``, ``NothingToDistribute``, ``BadRate``,
        ``PartyUnknown``, ``DistributionIdReused``, ``PartNotOpened``, leaves of ``ActRefused``, and what peers raise.
        """
        self._require_registrar()
        distribution_id = terms.distribution_id(self._me.name)
        if await self._database.read(partial(store.find_order, distribution_id=distribution_id)) is None:
            snapshot = await self._database.submit(partial(self._snapshot, terms=terms, caller=caller))
            dues = await asyncio.to_thread(_dues, terms, snapshot)
            unpayable = await self._unpayable(terms, dues)
            parts = await asyncio.to_thread(self._parts, terms, dues, unpayable)
            held = held_of(dues, unpayable)
            order = self._order(terms, caller, snapshot, Totals.of(dues))
            await self._database.submit(partial(self._enter, caller=caller, order=order, parts=parts, held=held))
        order = await self._database.submit(partial(self._same_order, terms=terms))
        await self.open_parts(distribution_id)
        return order

    async def open_parts(self, distribution_id: bytes | None = None) -> int:
        """Open what is ordered and not on the ledger yet; returns how many parts. Raises ``PartNotOpened``."""
        ordered = await self._database.read(partial(store.unopened_parts, distribution_id=distribution_id))
        for part in ordered:
            await self._open(part)
        return len(ordered)

    async def release(self, distribution_id: bytes, caller: Caller) -> int:
        """Open further parts for held lines that can be paid by now; returns how many.

        Raises ``DistributionUnknown``, ``PartNotOpened``, leaves of ``ActRefused``, and what peers raise.
        """
        self._require_registrar()
        order = await self._known(distribution_id)
        terms = Terms.decode(order.terms)
        held = await self._database.read(partial(store.held_lines, distribution_id=distribution_id))
        nodes = {line.node for line in held}
        still = await self._payees.unpayable(self._payer_name(terms), NETWORK_OF[terms.medium], nodes)
        releasing = partial(self._release, terms=terms, caller=caller, nodes=nodes - still)
        await self._database.submit(releasing)
        return await self.open_parts(distribution_id)

    async def cancel(self, distribution_id: bytes, caller: Caller) -> int:
        """Take back the parts of which nothing is paid; returns how many.

        Raises ``DistributionUnknown``, ``DistributionUnderWay`` (there is no such part), leaves of ``ActRefused``.
        """
        self._require_registrar()
        await self._known(distribution_id)
        parts = await self._database.submit(partial(self._begin_cancel, distribution_id=distribution_id, caller=caller))
        cancelled = 0
        for part in parts:
            base = f"distribution/{distribution_id.hex()}/{part}/cancel"
            wanted = partial(CancelDistribution, distribution_id=distribution_id, part=part)
            record = await self._flows.through(base, wanted)
            cancelled += record.step is not FlowStep.FAILED
        return cancelled

    # ---- parts ----

    def _require_registrar(self) -> None:
        if Role.REGISTRAR not in self._me.roles:
            has = tuple(sorted(role.value for role in self._me.roles))
            raise NodeRoleMissing(Role.REGISTRAR.value, has)

    async def _known(self, distribution_id: bytes) -> Order:
        order = await self._database.read(partial(store.find_order, distribution_id=distribution_id))
        if order is None:
            raise DistributionUnknown(distribution_id)
        return order

    async def _unpayable(self, terms: Terms, dues: list[Due]) -> frozenset[str]:
        nodes = {due.account[0] for due in dues}
        return await self._payees.unpayable(self._payer_name(terms), NETWORK_OF[terms.medium], nodes)

    def _payer_name(self, terms: Terms) -> str:
        return terms.keeper if terms.payer is None else terms.payer.node

    def _party(self, name: str) -> Party:
        found = self._directory.party(name)
        if found is None:
            raise PartyUnknown(name)
        return found

    def _security(self, terms: Terms) -> Asset:
        return Asset(BusinessNetwork.ST.name, terms.security_id, self._me.name)

    def _register_now(self, connection: Connection, *, terms: Terms) -> Register:
        now_ms = self._clock.now_ms()
        if now_ms < terms.cut_off_s * 1000:
            raise RecordDateNotOver(terms.record_date, terms.cut_off_s * 1000, now_ms)
        return register_at(connection, self._security(terms), Moment(AsOf.BEFORE_MS, terms.cut_off_s * 1000))

    def _snapshot(self, connection: Connection, *, terms: Terms, caller: Caller) -> RecordDateSnapshot:
        require_two(connection, "OrderDistribution", caller.author, caller.approver)
        cut_off_ms, now_ms = terms.cut_off_s * 1000, self._clock.now_ms()
        return take_snapshot(connection, self._security(terms), terms.record_date, cut_off_ms, now_ms, caller.author)

    def _parts(self, terms: Terms, dues: list[Due], unpayable: frozenset[str]) -> list[OrderPart]:
        """What can be paid; of ten thousands of holders the hashes take a second."""
        subject = subject_of(terms, self._me.party, self._party(self._payer_name(terms)))
        payable = [(due.account[0], Line(due.account[1], due.net)) for due in dues if due.account[0] not in unpayable]
        return parts_of_lines(subject, payable, self.sizes)

    def _order(self, terms: Terms, caller: Caller, snapshot: RecordDateSnapshot, totals: Totals) -> Order:
        return Order(
            terms.distribution_id(self._me.name),
            terms.name,
            terms.encode(),
            totals,
            snapshot.hash,
            caller.author,
            caller.approver,
            self._clock.now_ms(),
        )

    def _enter(
        self, connection: Connection, *, caller: Caller, order: Order, parts: list[OrderPart], held: list[HeldLine]
    ) -> None:
        act = require_two(connection, "OrderDistribution", caller.author, caller.approver)
        if store.enter_order(connection, order, parts, held):
            self._audit(connection, "OrderDistribution", act, caller, order.distribution_id)

    def _same_order(self, connection: Connection, *, terms: Terms) -> Order:
        """The stored one, if its terms are these."""
        found = store.find_order(connection, terms.distribution_id(self._me.name))
        if found is None:
            raise DistributionUnknown(terms.distribution_id(self._me.name))
        store.require_same(found, terms.encode())
        return found

    def _release(self, connection: Connection, *, terms: Terms, caller: Caller, nodes: set[str]) -> None:
        act = require_two(connection, "ReleaseHeldLines", caller.author, caller.approver)
        subject = subject_of(terms, self._me.party, self._party(self._payer_name(terms)))
        lines = store.take_held(connection, subject.distribution_id, nodes)
        first = len(store.ordered_parts(connection, subject.distribution_id))
        store.enter_parts(connection, parts_of_lines(subject, lines, self.sizes, first))
        self._audit(connection, "ReleaseHeldLines", act, caller, subject.distribution_id)

    def _begin_cancel(self, connection: Connection, *, distribution_id: bytes, caller: Caller) -> list[int]:
        act = require_two(connection, "CancelDistribution", caller.author, caller.approver)
        parts = parts_of(connection, distribution_id)
        unpaid = [it.state.part for it in parts if it.status is PartStatus.OPEN and it.state.next_batch == 0]
        if not unpaid:
            raise DistributionUnderWay(distribution_id, 0, max((it.state.next_batch for it in parts), default=0))
        self._audit(connection, "CancelDistribution", act, caller, distribution_id)
        return unpaid

    def _audit(self, connection: Connection, act: str, by: Act, caller: Caller, distribution_id: bytes) -> None:
        audit.append(
            connection,
            act,
            by,
            f"distribution/{distribution_id.hex()}",
            at_s=self._clock.now_ms() // 1000,
            salt=self._random_bytes(audit.SALT_BYTES),
            caller=caller.program,
        )

    async def _open(self, part: OrderPart) -> None:
        subject = part.state.subject
        state, lines = part.state.encode(), part.lines.encode()
        base = f"distribution/{subject.distribution_id.hex()}/{part.state.part}/open"
        record = await self._flows.through(base, partial(OpenDistribution, state=state, lines=lines))
        if record.step is FlowStep.FAILED:
            raise PartNotOpened(part.state.part, record.last_error_reason, record.last_error)


def _dues(terms: Terms, register: Register | RecordDateSnapshot) -> list[Due]:
    return terms.dues({(line.node, line.key): line.units for line in register.lines})
