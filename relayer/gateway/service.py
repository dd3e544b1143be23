"""A gRPC service of the gateway's process, and what is served beside settlements."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from relayer.gateway.service_tables import NamedAccount


@dataclass(frozen=True)
class Service:
    """A servicer, its generated function that adds it to a server, and what it is called."""

    add: Callable[[Any, Any], None]
    servicer: object
    descriptor: ServiceDescriptor


@dataclass(frozen=True)
class MoreServices:
    """What is served beside settlements, and what runs for it until the process stops."""

    services: tuple[Service, ...] = ()
    loops: Mapping[str, Callable[[asyncio.Event], Coroutine[None, None, None]]] = field(default_factory=dict)
    listed: Callable[[str], Collection[NamedAccount]] = lambda _platform: ()


def service_of(messages: ModuleType, stubs: ModuleType, servicer: object) -> Service:
    """The one service of a .proto file."""
    (descriptor,) = messages.DESCRIPTOR.services_by_name.values()
    return Service(getattr(stubs, f"add_{descriptor.name}Servicer_to_server"), servicer, descriptor)
