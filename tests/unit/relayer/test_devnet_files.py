"""The files a devnet is made of: they load, and give each broker its own side and no other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chains.evm.devnet.config import load_config as load_chain_config
from chains.progmat.bootstrap import BadNetworkSpec, NetworkSpec, create_network
from chains.progmat.node.config import NodeConfig, load_node_config
from chains.progmat.transactions.network_parameters import NetworkParameters
from light_clients.progmat import ValidatorSet
from primitives.types import Address
from relayer.config import GatewayConfig, RelayerConfig, load_config
from relayer.devnet.config_files import network_spec, write_evm, write_hub, write_relayer_and_gateway
from relayer.devnet.layout import BROKERS, JOURNAL_NOTARY, NODES, SECOND_NOTARY, Notaries
from relayer.gateway.access import Speakers
from relayer.peer_config import Peer

PORTS = {name: 20_000 + index for index, name in enumerate(NODES)}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, NodeConfig]:
    folder = tmp_path_factory.mktemp("devnet") / "network"
    create_network(NetworkSpec.model_validate(network_spec(PORTS)), folder, datetime.now(UTC))
    assert all((folder / broker / "certificate.pem").exists() for broker in BROKERS.values())
    return {name: load_node_config(folder / name / "node.toml") for name in NODES}


def test_each_custodian_listens_to_its_own_brokers_platform(nodes: dict[str, NodeConfig]) -> None:
    platforms = {name: node.platforms for name, node in nodes.items() if node.platforms}
    assert platforms == {"cn-a": {"broker-a"}, "cn-b": {"broker-b"}}


def test_no_gateway_is_a_platform_or_an_operator(nodes: dict[str, NodeConfig]) -> None:
    for node in nodes.values():
        assert node.gateways == {"gateway"}
        assert node.gateways.isdisjoint(node.platforms | node.operators)


def test_at_the_gateway_each_broker_speaks_for_its_node_and_nobody_else_instructs(tmp_path: Path) -> None:
    peers = {name: Peer(name=name, target=f"127.0.0.1:{port}") for name, port in PORTS.items()}
    relayer, gateway = (Peer(name=name, target="127.0.0.1:1") for name in ("relayer", "gateway"))
    validators = ValidatorSet(3, tuple(Address(bytes([number]) * 20) for number in range(1, 5)))
    write_relayer_and_gateway(tmp_path, "http://127.0.0.1:2", peers, validators, relayer, gateway)
    tenants = load_config(GatewayConfig, tmp_path / "gateway.toml").tenants
    speakers = Speakers.of_tenants({name: section.tenant() for name, section in tenants.items()})
    spoken_for = {caller: speakers.speaker(caller).nodes for caller in speakers.callers}
    assert spoken_for == {"broker-a": {"cn-a"}, "broker-b": {"cn-b"}, "operator": {"cn-a", "cn-b"}}
    assert load_config(RelayerConfig, tmp_path / "relayer.toml").callers == ("operator", "relayer")


def test_the_hub_is_another_chain_with_validators_of_its_own(tmp_path: Path) -> None:
    write_evm(tmp_path, 20_000, 1)
    write_hub(tmp_path, 20_001, 1)
    chain, hub = (load_chain_config(tmp_path / name) for name in ("evm.toml", "hub.toml"))
    assert chain.chain_id != hub.chain_id
    assert set(chain.validator_keys()).isdisjoint(hub.validator_keys())
    assert (chain.port, hub.port, hub.block_period_ms) == (20_000, 20_001, 1000)


def test_a_second_notary_is_open_beside_the_journals(tmp_path: Path) -> None:
    ports = {name: 20_000 + index for index, name in enumerate(Notaries.TWO.nodes)}
    create_network(NetworkSpec.model_validate(network_spec(ports)), tmp_path / "network", datetime.now(UTC))
    parameters = NetworkParameters.decode((tmp_path / "network" / "parameters.bin").read_bytes())
    assert [notary.name for notary in parameters.notaries] == [JOURNAL_NOTARY, SECOND_NOTARY]
    assert all(map(parameters.serves, parameters.notaries))


def test_of_several_notaries_one_has_to_be_the_journals(tmp_path: Path) -> None:
    ports = {name: 20_000 + index for index, name in enumerate(Notaries.TWO.nodes)}
    for journal in ("", "cn-a", "nobody"):
        spec = NetworkSpec.model_validate(network_spec(ports) | {"journal_notary": journal})
        with pytest.raises(BadNetworkSpec):
            create_network(spec, tmp_path / f"network {journal}", datetime.now(UTC))
