"""A node of the in-process ledger, served over real mTLS as its own process serves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc.aio

from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.vault_client import VaultClient
from chains.progmat.node.peers import PeerTls, server_options
from chains.progmat.node.people_part import PeoplePart
from chains.progmat.node.roles import VaultRole
from chains.progmat.node.rpc_node_service import STATUS_CODES
from chains.rpc_guard import ErrorStatusInterceptor
from tests.fakes.ledger_parties import LedgerParty
from tests.fakes.rpc_parties import tls_of
from tests.integration.ledger.network import OPERATIONS_NAME, LedgerNetwork


@dataclass
class ServedVault:
    """Where a node's API listens."""

    party: LedgerParty
    port: int

    @property
    def endpoint(self) -> ApiEndpoint:
        """The address and the name to be found there."""
        return ApiEndpoint(self.party.name, f"127.0.0.1:{self.port}")

    @asynccontextmanager
    async def client(self, caller: str = OPERATIONS_NAME) -> AsyncIterator[VaultClient]:
        """A client with ``caller``'s certificate."""
        client = VaultClient(ApiEndpoint(self.party.name, f"127.0.0.1:{self.port}"), tls_of(caller))
        try:
            yield client
        finally:
            await client.close()

    def options(self, folder: Path, caller: str = OPERATIONS_NAME) -> list[str]:
        """What the command line needs to come as ``caller``."""
        tls = tls_of(caller)
        files = {"authority": tls.authority, "certificate": tls.certificate, "private-key": tls.private_key}
        arguments = ["--target", f"127.0.0.1:{self.port}", "--node", self.party.name]
        for name, content in files.items():
            (folder / f"{caller}-{name}.pem").write_bytes(content)
            arguments += [f"--{name}", str(folder / f"{caller}-{name}.pem")]
        return arguments


@asynccontextmanager
async def served(ledger: LedgerNetwork, party: LedgerParty, port: int = 0) -> AsyncIterator[ServedVault]:
    """Serve a running node's API."""
    own = tls_of(party.name)
    tls = PeerTls(authority=own.authority, certificate=own.certificate, private_key=own.private_key)
    role = ledger.nodes[party.name].role
    interceptors: list[Any] = [ErrorStatusInterceptor(STATUS_CODES)]
    if isinstance(role, VaultRole):
        interceptors.append(role.part(PeoplePart).acting)
    server = grpc.aio.server(interceptors=interceptors, options=server_options())
    role.serve(server)
    bound = server.add_secure_port(f"127.0.0.1:{port}", tls.server_credentials())
    await server.start()
    try:
        yield ServedVault(party, bound)
    finally:
        await server.stop(0)
