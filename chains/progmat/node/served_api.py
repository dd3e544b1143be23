"""``ServedApi``: one gRPC service of a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc.aio


@dataclass(frozen=True)
class ServedApi:
    """A gRPC service of a node: its name in ``crossdvp.ledger.v1``, generated registration, and servicer."""

    name: str
    add: Callable[..., Any]
    servicer: object

    def serve(self, server: grpc.aio.Server) -> str:
        """Register it; its full name."""
        self.add(self.servicer, server)
        return f"crossdvp.ledger.v1.{self.name}"
