"""People of platforms, each with a certificate of his own: what calls' tokens say where a gateway asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relayer.gateway.access import Role, Speaker, Speakers

EVERY_ROLE = frozenset(Role)


@dataclass(frozen=True)
class Person:
    """Somebody of a platform, and what he may do."""

    platform: str
    roles: frozenset[Role] = EVERY_ROLE


class People(Speakers):
    """Speakers whose certificate names are those of people."""

    def __init__(self, speaks_for: Mapping[str, tuple[str, ...]], people: Mapping[str, Person]) -> None:
        super().__init__(speaks_for)
        self._people = dict(people)

    @property
    def callers(self) -> tuple[str, ...]:
        """See Speakers."""
        return (*super().callers, *self._people)

    def speaker(self, caller: str) -> Speaker:
        """See Speakers."""
        person = self._people.get(caller)
        if person is None:
            return super().speaker(caller)
        platform = super().speaker(person.platform)
        return Speaker(platform.name, platform.nodes, caller, person.roles)
