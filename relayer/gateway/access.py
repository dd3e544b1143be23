"""Who may speak for whom: a caller stands for the custodian nodes whose customers' accounts it looks after.

The caller is the name in its certificate. It instructs for a side whose cash account is at one of its nodes, cancels
and sees settlements with one of its nodes on either side; of all others it does not learn that they exist.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from ibc.dvp import SettlementTerms
from relayer.gateway.errors import NotYourSide, RoleMissing, SettlementUnknown
from relayer.gateway.matching import Side
from relayer.gateway.model import Settlement


class Role(Enum):
    """What a person of a platform may do at a gateway."""

    PROPOSER = "proposer"
    AFFIRMER = "affirmer"
    OPERATOR = "operator"
    AUDITOR = "auditor"


@dataclass(frozen=True)
class Speaker:
    """A caller of the gateway and the custodian nodes it speaks for.

    ``name`` is the platform: the name in its certificate. ``user`` is its person or program, from the call's token;
    the platform itself where calls need no token.
    """

    name: str
    nodes: frozenset[str]
    user: str = ""
    roles: frozenset[Role] = frozenset(Role)

    def require_role(self, role: Role) -> None:
        """Raises ``RoleMissing`` unless this caller has the role."""
        if role not in self.roles:
            raise RoleMissing(self.user or self.name, role.value)

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


class Speakers:
    """The callers a gateway knows."""

    def __init__(self, speaks_for: Mapping[str, Collection[str]]) -> None:
        self._speaks_for = {caller: frozenset(nodes) for caller, nodes in speaks_for.items()}

    @property
    def callers(self) -> tuple[str, ...]:
        """Every certificate name that may call."""
        return tuple(self._speaks_for)

    def speaker(self, caller: str) -> Speaker:
        """What a certificate name stands for; a name that is not listed stands for nobody."""
        return Speaker(caller, self._speaks_for.get(caller, frozenset()))
