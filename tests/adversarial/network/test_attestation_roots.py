"""A root that vouches for enclaves decides verdicts: nodes that pin others are another package, and are told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chains.progmat.bootstrap import NetworkSpec, NodeSpec, create_network
from chains.progmat.node.config import BadNodeConfig, load_node_config
from chains.progmat.node.config_check import check_configuration
from chains.progmat.node.light_client_kinds import production_package
from chains.progmat.node.package_hash import package_hash
from light_clients.enclave.errors import UntrustedRoot
from tests.fakes.enclave_world import ROOT, EnclaveScenario

PINS = frozenset({ROOT.pin})
SCENARIO = EnclaveScenario()


def test_the_simulated_root_is_pinned_by_no_production_package() -> None:
    enclave = production_package().light_clients.get("enclave")
    with pytest.raises(UntrustedRoot):
        enclave.initialise(SCENARIO.client_state, SCENARIO.trusted.consensus_state)


def test_a_network_that_pins_it_is_another_package_and_says_so() -> None:
    simulated = production_package(PINS)
    assert simulated.hash == package_hash(PINS) != production_package().hash == package_hash()
    enclave = simulated.light_clients.get("enclave")
    assert enclave.initialise(SCENARIO.client_state, SCENARIO.trusted.consensus_state) == 10


def test_a_node_that_pins_other_roots_than_its_network_is_stopped_at_the_check(tmp_path: Path) -> None:
    nodes = (
        NodeSpec(name="sn", roles=("SN", "BNO"), port=7001),
        NodeSpec(name="nn", roles=("NN",), port=7002),
        NodeSpec(name="v1", roles=("VALIDATOR",), port=7003),
    )
    spec = NetworkSpec(ledger_id="roots", threshold=1, nodes=nodes, attestation_roots=(ROOT.pin.hex(),))
    create_network(spec, tmp_path / "files", datetime.now(UTC))
    file = tmp_path / "files" / "sn" / "node.toml"
    assert not [each.problem for each in check_configuration(load_node_config(file)) if each.problem]
    text = file.read_text()
    file.write_text(text.replace(f'attestation_roots = ["{ROOT.pin.hex()}"]', "attestation_roots = []"))
    problems = [each.problem for each in check_configuration(load_node_config(file)) if each.problem]
    assert any("pin the same roots" in problem for problem in problems)
    file.write_text(text.replace(ROOT.pin.hex(), "simulated"))
    with pytest.raises(BadNodeConfig):
        load_node_config(file)
