"""The load of a coupon: a registrar with many holders orders it, a payer's node pays it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import partial
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, func, select

from chains.progmat.contracts import holdings as holding_rules
from chains.progmat.contracts.distribution import DistributionMedium
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.names import SECURITY_TOKEN
from chains.progmat.contracts.token import TokenState
from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.signed_records import with_signed
from chains.progmat.flows.steps import FlowStep
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.market.distribution.ordering import Caller
from chains.progmat.market.distribution.planning import Sizes
from chains.progmat.market.distribution.store import Mandate
from chains.progmat.market.distribution.terms import AmountKind, Terms
from chains.progmat.node.distribution_part import DistributionPart
from chains.progmat.node.roles import VaultRole
from chains.progmat.transactions.model import Command, TimeWindow
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.vault.queries import membership
from chains.progmat.vault.schema import holdings
from ibc.dvp import CashAccount
from primitives.public_key import PublicKey, SignatureScheme
from primitives.types import UnixSeconds
from scripts.bench.ledger_net.native_trades import SECURITY
from scripts.bench.ledger_net.network import COIN, ISSUER, REGISTRAR

OUTPUTS: Final = 200
LOOK_S: Final = 0.05
STAFF: Final = Caller("bench", "clerk", "approver")
RATE: Final = Fraction(25, 2)

Ended = Callable[[FlowRecord], Awaitable[FlowRecord]]


class CouponLoad:
    """Commands about coupons to one node."""

    def __init__(self, vault: Callable[[], VaultRole], ended: Ended) -> None:
        self._vault = vault
        self._ended = ended
        self.commands: dict[str, Callable[..., Awaitable[Any]]] = {
            "register_holders": self.register_holders,
            "give_mandate": self.give_mandate,
            "order_coupon": self.order_coupon,
            "coupon_paid": self.coupon_paid,
            "received": self.received,
        }

    async def register_holders(self, node: str, count: int, seed: int) -> int:
        """So many new holders at a node, with 1 to 7 units each; returns all their units."""
        keys = [_key(seed + number) for number in range(count)]
        units = [1 + number % 7 for number in range(count)]
        for start in range(0, count, OUTPUTS):
            some = list(zip(keys[start : start + OUTPUTS], units[start : start + OUTPUTS], strict=True))
            await self._ended(await self._node.engine.submit(await self._built(f"holders-{seed}-{start}", some, node)))
        return sum(units)

    async def give_mandate(self, account: str) -> None:
        """The account pays what the registrar distributes."""
        key = bytes.fromhex(account)
        mandate = Mandate(key, REGISTRAR, SECURITY, COIN, ISSUER, 10**12, STAFF.author, STAFF.approver, 0)
        await self._vault().part(DistributionPart).distributions.mandate(mandate, STAFF)

    async def order_coupon(
        self, name: str, payer_node: str, payer: str, part_lines: int, batch_lines: int
    ) -> dict[str, Any]:
        """12.5 yen for each unit; the id, the sum, and how long the order itself took."""
        begun_s = time.monotonic()
        distributions = self._vault().part(DistributionPart).distributions
        distributions.desk.sizes = Sizes(part_lines, batch_lines)
        terms = Terms(
            name=name,
            security_id=SECURITY,
            record_date=date(2026, 9, 30),
            cut_off_s=int(time.time()),
            amount_kind=AmountKind.PER_UNIT,
            amount=RATE,
            medium=DistributionMedium.COIN,
            asset_id=COIN,
            keeper=ISSUER,
            payer=CashAccount(payer_node, bytes.fromhex(payer)),
        )
        order, view = await distributions.order(terms, STAFF)
        ordered_s = time.monotonic() - begun_s
        totals = {"net": order.totals.net, "holders": order.totals.holders, "parts": len(view.parts)}
        return {"id": order.distribution_id.hex(), "ordered_s": ordered_s, **totals}

    async def coupon_paid(self, distribution_id: str) -> int:
        """Return when this node has recorded every batch of every part; how many parts."""
        distributions = self._vault().part(DistributionPart).distributions
        while not (view := await distributions.view(bytes.fromhex(distribution_id))).is_paid:  # noqa: ASYNC110 - as a user
            await asyncio.sleep(LOOK_S)
        return len(view.parts)

    async def received(self, payer: str) -> dict[str, int]:
        """What accounts but the payer's hold of the coin in this vault: how many, how much."""
        held: dict[str, int] = await self._node.parts.database.read(partial(_held, but=bytes.fromhex(payer)))
        return held

    @property
    def _node(self) -> Any:  # noqa: ANN401 - a ledger node
        return self._vault().node

    async def _built(self, flow_id: str, holders: list[tuple[PublicKey, int]], node: str) -> FlowRecord:
        """A flow at BUILT that issues to many: the API's request for an issue knows one holder only."""
        parts = self._node.parts
        me, verifier, now_ms = parts.me.party, parts.verifier, parts.clock.now_ms()
        notary = verifier.parameters.notary
        found = [
            await parts.database.look_up(
                partial(membership, network=BusinessNetwork.ST.name, party=name, notary=notary.name)
            )
            for name in (me.name, node)
        ]
        signer = parts.keys.signer(me.key)
        if None in found or signer is None:
            raise RuntimeError(f"{me.name} is no registrar, or {node} no custodian")
        made = (TokenState(BusinessNetwork.ST, SECURITY, me, units, key, node) for key, units in holders)
        built = replace(
            TransactionFrame(verifier.parameters, verifier.package.hash).start(),
            outputs=tuple(token.as_output(notary) for token in made),
            commands=(Command(SECURITY_TOKEN, holding_rules.ISSUE, b"", (me.key,)),),
            references=tuple(member.ref for member in found),
            time_window=TimeWindow(None, UnixSeconds(now_ms // 1000 + 120)),
        )
        wire = built.to_wire(secrets.token_bytes(32))
        await parts.database.look_up(lambda connection: verifier.verify_contracts(connection, wire))
        signed = SignedTransaction.of(wire, [sign_transaction(signer, wire.id)])
        record = FlowRecord(flow_id, FlowKind.ISSUE_TOKEN, b"", FlowStep.BUILT, now_ms, now_ms, now_ms)
        return with_signed(record, signed)


def _held(connection: Connection, *, but: bytes) -> dict[str, int]:
    wanted = (holdings.c.asset_id == COIN, holdings.c.consumed.is_(False), holdings.c.owner_key != but)
    query = select(func.count(func.distinct(holdings.c.owner_key)), func.coalesce(func.sum(holdings.c.amount), 0))
    accounts, yen = connection.execute(query.where(*wanted)).one()
    return {"accounts": int(accounts), "yen": int(yen)}


def _key(number: int) -> PublicKey:
    private = Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))
    return PublicKey(SignatureScheme.ED25519, private.public_key().public_bytes_raw())
