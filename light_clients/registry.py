"""Which light clients a verification may use.

The registry is filled once, where a process is put together, and sealed; the sealed registry is an argument of contract
verification and part of what a contract package is. There is no way to add to it afterwards, and no global one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Self

from ibc.light_client import LightClient
from light_clients.errors import DuplicateClientType, TestClientRefused, UnknownClientType

MOCK_CLIENT_TYPE = "mock"


class RegistryProfile(Enum):
    """What the registry is for; only TEST admits the mock light client."""

    PRODUCTION = "production"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class LightClientRegistry:
    """The sealed registry: a fixed set of light clients by type."""

    _by_type: Mapping[str, LightClient]

    @staticmethod
    def builder(profile: RegistryProfile = RegistryProfile.PRODUCTION) -> LightClientRegistryBuilder:
        """An empty registry to fill."""
        return LightClientRegistryBuilder(profile)

    def get(self, client_type: str) -> LightClient:
        """The light client of a type; UnknownClientType names those there are."""
        light_client = self._by_type.get(client_type)
        if light_client is None:
            known = ", ".join(self.client_types) or "none"
            raise UnknownClientType(
                f"no light client of type {client_type!r} is registered; there are: {known}", client_type=client_type
            )
        return light_client

    @property
    def client_types(self) -> tuple[str, ...]:
        """The registered types, sorted."""
        return tuple(sorted(self._by_type))


@dataclass(slots=True)
class LightClientRegistryBuilder:
    """Collects light clients; ``seal`` ends it."""

    profile: RegistryProfile
    _by_type: dict[str, LightClient] = field(default_factory=dict)

    def register(self, light_client: LightClient) -> Self:
        """Add one; TestClientRefused or DuplicateClientType say why not."""
        client_type = light_client.client_type
        if client_type == MOCK_CLIENT_TYPE and self.profile is RegistryProfile.PRODUCTION:
            raise TestClientRefused(
                "the mock light client proves nothing; use RegistryProfile.TEST in tests only", client_type=client_type
            )
        if client_type in self._by_type:
            raise DuplicateClientType(f"type {client_type!r} is registered already", client_type=client_type)
        self._by_type[client_type] = light_client
        return self

    def seal(self) -> LightClientRegistry:
        """The registry as it stands; later additions to this builder do not reach it."""
        return LightClientRegistry(MappingProxyType(dict(self._by_type)))
