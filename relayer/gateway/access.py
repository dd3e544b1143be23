"""Who may speak for whom: a caller stands for the custodian nodes whose customers' accounts it looks after.

The caller is the name in its certificate. It instructs for a side whose cash account is at one of its nodes, cancels
and sees settlements with one of its nodes on either side; of all others it does not learn that they exist.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from ibc.dvp import SettlementTerms
from relayer.gateway.errors import NotYourSide, RoleMissing, SettlementUnknown
from relayer.gateway.matching import Side
from relayer.gateway.model import Settlement
from relayer.gateway.tenants import Role, Tenant, TokenPolicy
from relayer.rpc.callers import CallerNotAuthorised

__all__ = ["Role", "Speaker", "Speakers", "admit"]


@dataclass(frozen=True)
class Speaker:
    """A caller of the gateway and the custodian nodes it speaks for.

    ``name`` is the platform: the name in its certificate. ``user`` is its person or program, from the call's token;
    empty where the call has none. ``four_eyes_above_yen``: see ``Tenant``.
    """

    name: str
    nodes: frozenset[str]
    user: str = ""
    roles: frozenset[Role] = frozenset(Role)
    four_eyes_above_yen: int | None = None

    def require_role(self, role: Role) -> None:
        """Raises ``RoleMissing`` unless this caller has the role."""
        self.require_one_of(frozenset({role}))

    def require_one_of(self, roles: frozenset[Role]) -> None:
        """Raises ``RoleMissing`` unless this caller has one of the roles."""
        if self.roles.isdisjoint(roles):
            raise RoleMissing(self.user or self.name, " or ".join(role.value for role in Role if role in roles))

    def require_side(self, side: Side, terms: SettlementTerms) -> None:
        """Raises ``NotYourSide`` unless this caller speaks for the node that keeps that side's cash account."""
        node = side.account_in(terms).node
        if node not in self.nodes:
            raise NotYourSide(self.name, side.value, node)

    def require_either(self, settlement: Settlement) -> Settlement:
        """The settlement, if this caller speaks for one of its sides. Raises ``SettlementUnknown``, as if it was not.

        Trade ids are public once earmarked: an answer of another kind would tell strangers who settles here.
        """
        if self.nodes.isdisjoint(settlement.nodes):
            raise SettlementUnknown(settlement.name)
        return settlement


_admitted: ContextVar[Speaker | None] = ContextVar("admitted_speaker", default=None)


def admit(speaker: Speaker) -> None:
    """Say who makes the call that is being answered, once its certificate, token and role have been checked."""
    _admitted.set(speaker)


class Speakers:
    """The platforms a gateway knows. From ``speaks_for`` alone: their nodes, no tokens, every role."""

    def __init__(self, speaks_for: Mapping[str, Collection[str]]) -> None:
        self._tenants = {caller: Tenant(frozenset(nodes)) for caller, nodes in speaks_for.items()}

    @classmethod
    def of_tenants(cls, tenants: Mapping[str, Tenant]) -> Speakers:
        """As ``[tenants]`` describes them."""
        speakers = cls({})
        speakers._tenants.update(tenants)
        return speakers

    @property
    def callers(self) -> tuple[str, ...]:
        """Every certificate name that may call."""
        return tuple(self._tenants)

    def tenant(self, caller: str) -> Tenant:
        """The platform of a certificate name. Raises ``CallerNotAuthorised``."""
        found = self._tenants.get(caller)
        if found is None:
            raise CallerNotAuthorised(caller)
        return found

    def platform(self, caller: str) -> Speaker:
        """What a certificate alone stands for: nobody if it is not listed, no role if its calls need tokens."""
        tenant = self._tenants.get(caller)
        if tenant is None:
            return Speaker(caller, frozenset(), roles=frozenset())
        roles = frozenset[Role]() if tenant.tokens is TokenPolicy.REQUIRED else tenant.roles
        return Speaker(caller, tenant.nodes, "", roles, tenant.four_eyes_above_yen)

    def speaker(self, caller: str) -> Speaker:
        """Who makes the call that is being answered: as it was admitted; else what its certificate stands for."""
        admitted = _admitted.get()
        return admitted if admitted is not None and admitted.name == caller else self.platform(caller)
