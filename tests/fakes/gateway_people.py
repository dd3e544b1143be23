"""People of platforms, each with a certificate of his own: what calls' tokens say where a gateway asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from relayer.gateway.access import Role, Speaker, Speakers
from relayer.gateway.tenants import Tenant

EVERY_ROLE = frozenset(Role)


@dataclass(frozen=True)
class Person:
    """Somebody of a platform, and what he may do."""

    platform: str
    roles: frozenset[Role] = EVERY_ROLE


class People(Speakers):
    """Speakers whose certificate names are those of people."""

    def __init__(self, tenants: Mapping[str, Tenant], people: Mapping[str, Person]) -> None:
        super().__init__({})
        self._tenants.update(tenants)
        self._people = dict(people)

    @property
    def callers(self) -> tuple[str, ...]:
        """See Speakers."""
        return (*super().callers, *self._people)

    def tenant(self, caller: str) -> Tenant:
        """See Speakers: a person is of his platform, with his own roles."""
        person = self._people.get(caller)
        if person is None:
            return super().tenant(caller)
        return replace(super().tenant(person.platform), roles=person.roles)

    def platform(self, caller: str) -> Speaker:
        """See Speakers."""
        person = self._people.get(caller)
        if person is None:
            return super().platform(caller)
        return replace(super().platform(person.platform), user=caller, roles=person.roles)
