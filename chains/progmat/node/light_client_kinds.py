"""Which light clients this ledger's contracts may use: the one place of the ledger that names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.ibc_host.earmark import ChainReader
from chains.progmat.node.package_hash import package_hash
from light_clients import enclave, qbft
from light_clients.enclave.attestation.roots import PRODUCTION_ROOT_PINS
from light_clients.enclave.codec import decode_client_state as decode_enclave_client
from light_clients.hub import HubChain, HubLightClient
from light_clients.hub.codec import decode_client_state as decode_hub_client
from light_clients.qbft.codec import decode_client_state as decode_qbft_client
from light_clients.registry import LightClientRegistry, RegistryProfile

THROUGH_QBFT_HUB: Final = HubLightClient(HubChain(qbft.QbftLightClient(), qbft.verify_storage_at))
"""The client of an EVM chain behind a hub that is a QBFT chain, too."""

CHAIN_READERS: Final[Mapping[str, ChainReader]] = {
    "qbft": ChainReader(qbft.verify_storage_at, lambda client_state: decode_qbft_client(client_state).chain_id),
    "enclave": ChainReader(
        enclave.verify_stated_storage, lambda client_state: decode_enclave_client(client_state).chain_id
    ),
    "hub": ChainReader(
        THROUGH_QBFT_HUB.verify_storage_at, lambda client_state: decode_hub_client(client_state).chain_id
    ),
}
"""Light clients that can read any contract's storage and say which EVM chain they follow."""


def production_package(attestation_roots: frozenset[bytes] = frozenset()) -> ContractPackage:
    """This code base's contracts over the production light clients, named by the hash of their sources.

    ``attestation_roots`` are pinned beside the makers' (a simulation's): they decide verdicts, so the hash covers them.
    """
    builder = LightClientRegistry.builder(RegistryProfile.PRODUCTION)
    builder.register(qbft.QbftLightClient())
    builder.register(THROUGH_QBFT_HUB)
    builder.register(enclave.EnclaveLightClient(PRODUCTION_ROOT_PINS | attestation_roots))
    return replace(standard_package(builder.seal()), hash=package_hash(attestation_roots))
