"""The ``[proof]`` section: direct unless said otherwise, and no nonsense."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayer.config import GatewayConfig, PathSection, RelayerConfig, load_config
from relayer.devnet.enclave_files import INSIDE, RENEW_BEFORE_S, THRESHOLD, DevnetOperator, enclave_names, proof_section
from relayer.peer_config import ConfigInvalid
from relayer.proof_config import Architecture, EnclaveProof, HubProof, architecture_of
from tests.fakes.process_files import FOR_GATEWAY, certified_folder, write_config

OPERATORS = tuple(DevnetOperator(f"operator-{number}", bytes([number]) * 20) for number in (1, 2))
PORTS = {name: 20_000 + index for index, name in enumerate(enclave_names())}
SECTION = proof_section(OPERATORS, PORTS)
HUB = '[proof]\nkind = "hub"\nrpc_url = "http://127.0.0.1:1"\ndeployment_file = "hub.json"\nhub_key_file = "h.hex"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return certified_folder(tmp_path)


def relayer_with(folder: Path, section: str) -> PathSection:
    path = write_config(folder)
    path.write_text(path.read_text() + section.replace("[proof", "[paths.proof"))
    return load_config(RelayerConfig, path).paths[0]


def test_without_a_section_proofs_are_direct(folder: Path) -> None:
    assert architecture_of(relayer_with(folder, "").proof) is Architecture.DIRECT
    gateway = load_config(GatewayConfig, write_config(folder, **FOR_GATEWAY))
    assert architecture_of(gateway.proof) is Architecture.DIRECT


def test_a_devnets_sections_are_read_with_files_beside_them(folder: Path) -> None:
    enclaves = relayer_with(folder, SECTION).proof
    assert isinstance(enclaves, EnclaveProof)
    assert enclaves.threshold == THRESHOLD
    assert {each.answer_file for each in enclaves.operators.values()} == {
        folder / "operator-1.answer",
        folder / "operator-2.answer",
    }
    hub = relayer_with(folder, HUB).proof
    assert isinstance(hub, HubProof)
    assert (hub.deployment_file, hub.hub_key_file) == (folder / "hub.json", folder / "h.hex")


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ('[proof]\nkind = "oracle"\n', "proof"),
        ('[proof]\nkind = "direct"\nthreshold = 2\n', "proof.direct.threshold"),
        (HUB.replace('hub_key_file = "h.hex"\n', ""), "hub_key_file"),
        (HUB.replace("http://", "ftp://"), "rpc_url"),
        (SECTION.replace("threshold = 2", "threshold = 1"), "proof.enclave.threshold"),
        (SECTION.replace("threshold = 2", "threshold = 3"), "3 signatures cannot come from 2 operators"),
        (SECTION.replace("02" * 20, "01" * 20), "two of them have the same address"),
        (SECTION.replace("127.0.0.1:20001", "127.0.0.1:20000"), "two of them have the same enclave"),
        (SECTION.replace("operator-2.answer", "operator-1.answer"), "two of them have the same answer_file"),
        (SECTION.replace("127.0.0.1:20001", "10.0.0.1:20001"), "operator-2.enclave"),
        (
            SECTION.replace(f"renew_before_s = {RENEW_BEFORE_S}", f"renew_before_s = {INSIDE.trusting_period_s // 3}"),
            "a key could expire unrenewed",
        ),
        (SECTION + "accept_simulation = true\n", "accept_simulation"),
    ],
)
def test_nonsense_is_refused_and_named(folder: Path, section: str, named: str) -> None:
    with pytest.raises(ConfigInvalid, match=named):
        relayer_with(folder, section)


def test_a_mock_consensus_goes_with_direct_proofs_alone(folder: Path) -> None:
    path = write_config(folder, profile='"test"', evm__consensus='"mock"')
    assert architecture_of(load_config(RelayerConfig, path).paths[0].proof) is Architecture.DIRECT
    path.write_text(path.read_text() + HUB.replace("[proof", "[paths.proof"))
    with pytest.raises(ConfigInvalid, match="verify qbft alone"):
        load_config(RelayerConfig, path)
