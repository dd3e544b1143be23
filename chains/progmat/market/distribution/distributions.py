"""Distributions at one node: the registrar's desk, the payer, the answers to other nodes; begun and ended together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection

from chains.progmat.flows.clock import Clock
from chains.progmat.flows.seams import NodeSelf
from chains.progmat.market.distribution.looking import list_views, view_of
from chains.progmat.market.distribution.ordering import Caller, DistributionDesk, Preview
from chains.progmat.market.distribution.payees import CHECK_PAYEES, PayeeCheck
from chains.progmat.market.distribution.paying import DistributionPayer
from chains.progmat.market.distribution.store import Mandate, Order, give_mandate
from chains.progmat.market.distribution.terms import Terms
from chains.progmat.market.distribution.views import DistributionView
from chains.progmat.market.people import audit
from chains.progmat.market.people.acts import require_two
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.storage import NodeDatabase


class Distributions:
    """All methods raise ``StorageFailed`` and its like when the database does."""

    def __init__(
        self,
        me: NodeSelf,
        database: NodeDatabase,
        clock: Clock,
        desk: DistributionDesk,
        payer: DistributionPayer,
        payees: PayeeCheck,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._me = me
        self._database = database
        self._clock = clock
        self.desk = desk
        self._payer = payer
        self._payees = payees
        self._random_bytes = random_bytes

    def answer_peers(self, router: PeerRouter) -> None:
        """Register this noun's peer methods."""
        router.register(CHECK_PAYEES, self._payees.handle)

    async def start(self) -> None:
        """Go on paying what is open. Orders go on when they are asked for again."""
        self._payer.start()

    async def stop(self) -> None:
        """Stop paying."""
        await self._payer.stop()

    async def preview(self, terms: Terms) -> Preview:
        """As ``DistributionDesk.preview``."""
        return await self.desk.preview(terms)

    async def order(self, terms: Terms, caller: Caller) -> tuple[Order, DistributionView]:
        """As ``DistributionDesk.order``."""
        order = await self.desk.order(terms, caller)
        self._payer.wake()
        return order, await self.view(order.distribution_id)

    async def release(self, distribution_id: bytes, caller: Caller) -> tuple[int, DistributionView]:
        """As ``DistributionDesk.release``."""
        opened = await self.desk.release(distribution_id, caller)
        self._payer.wake()
        return opened, await self.view(distribution_id)

    async def cancel(self, distribution_id: bytes, caller: Caller) -> int:
        """As ``DistributionDesk.cancel``."""
        return await self.desk.cancel(distribution_id, caller)

    async def mandate(self, mandate: Mandate, caller: Caller) -> None:
        """Enter a mandate and pay what it covers. Raises leaves of ``ActRefused``."""
        giving = partial(self._give, mandate=mandate, caller=caller)
        await self._database.submit(giving, heard=lambda _ended: self._payer.wake())

    async def view(self, distribution_id: bytes) -> DistributionView:
        """One distribution; raises ``DistributionUnknown``."""
        looking = partial(view_of, distribution_id=distribution_id, waiting=dict(self._payer.waiting))
        return await self._database.read(looking)

    async def views(self, security_id: str, limit: int) -> list[DistributionView]:
        """Distributions that this node takes part in."""
        waiting = dict(self._payer.waiting)
        return await self._database.read(partial(list_views, security_id=security_id, limit=limit, waiting=waiting))

    def _give(self, connection: Connection, *, mandate: Mandate, caller: Caller) -> None:
        act = require_two(connection, "GiveMandate", caller.author, caller.approver)
        give_mandate(connection, mandate)
        audit.append(
            connection,
            "GiveMandate",
            act,
            f"mandate/{mandate.account_key.hex()}",
            at_s=self._clock.now_ms() // 1000,
            salt=self._random_bytes(audit.SALT_BYTES),
            caller=caller.program,
            detail=f"{mandate.registrar} {mandate.security_id}, {mandate.asset_id} of {mandate.keeper}: {mandate.most}",
        )
