"""A trade desk that dies after its n-th effect: what it did stands, what it would have done next never happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from chains.progmat.market.trades.desk import TradeDesk
from chains.progmat.node.roles import VaultRole


class DeskKilled(BaseException):
    """The process is gone."""


@dataclass
class Lifetime:
    """How many effects are left."""

    effects: int

    async def spend(self, effect: Awaitable[Any]) -> Any:  # noqa: ANN401 # any effect's result
        result = await effect
        self.effects -= 1
        if self.effects < 0:
            raise DeskKilled
        return result


@dataclass
class _Mortal:
    """Whatever the desk uses, of which the named method is an effect."""

    inner: Any
    method: str
    life: Lifetime

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 # any attribute
        found = getattr(self.inner, name)
        if name != self.method:
            return found

        async def mortal(*args: Any, **named: Any) -> Any:  # noqa: ANN401 # as the method
            return await self.life.spend(found(*args, **named))

        return mortal


def mortal_desk(role: VaultRole, flows: Any, effects: int) -> TradeDesk:  # noqa: ANN401 # the node's operations
    """A second desk over a node's real database, network and flows, which dies after ``effects`` of its effects."""
    life = Lifetime(effects)
    parts = role.node.parts
    never: Callable[[], asyncio.Event] = asyncio.Event
    return TradeDesk(
        parts.me.name,
        _Mortal(parts.database, "submit", life),  # type: ignore[arg-type] # the real one within
        _Mortal(parts.network, "request", life),
        _Mortal(flows, "submit", life),
        parts.clock,
        never,
    )
