"""The registry is filled once and sealed; the mock behaves like a light client and never gets into production."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from chains.progmat.node.light_client_kinds import CHAIN_READERS, production_package
from ibc.errors import ClientExpired, ClientFrozen, InvalidHeader, InvalidProof
from ibc.light_client import ConsensusAt, LightClientStatus, TimeBounds
from light_clients.errors import DuplicateClientType, TestClientRefused, UnknownClientType
from light_clients.mock import (
    MockClientState,
    MockConsensusState,
    MockLightClient,
    absence_proof,
    encode_client_state,
    encode_consensus_state,
    encode_header,
    presence_proof,
)
from light_clients.progmat import ProgmatLightClient
from light_clients.qbft import QbftLightClient
from light_clients.registry import LightClientRegistry, RegistryProfile
from primitives.errors import DecodeError

ROOT = b"\x07" * 32
CLIENT = MockLightClient()
STATE = encode_client_state(MockClientState(latest_height=5, trusting_period_s=100, frozen=False))
CONSENSUS = MockConsensusState(timestamp_s=1000, root=ROOT)
TRUSTED = ConsensusAt(5, encode_consensus_state(CONSENSUS))
NOW = TimeBounds.at(1010)


def test_a_production_registry_refuses_the_mock() -> None:
    with pytest.raises(TestClientRefused):
        LightClientRegistry.builder(RegistryProfile.PRODUCTION).register(MockLightClient())
    with pytest.raises(TestClientRefused):
        LightClientRegistry.builder().register(MockLightClient())


def test_a_registry_knows_what_was_registered_and_nothing_else() -> None:
    qbft, progmat = QbftLightClient(), ProgmatLightClient()
    registry = LightClientRegistry.builder().register(qbft).register(progmat).seal()
    assert registry.client_types == ("progmat", "qbft")
    assert registry.get("qbft") is qbft
    with pytest.raises(UnknownClientType, match="progmat, qbft"):
        registry.get("mock")


def test_one_type_is_registered_once() -> None:
    builder = LightClientRegistry.builder().register(QbftLightClient())
    with pytest.raises(DuplicateClientType):
        builder.register(QbftLightClient())


def test_a_sealed_registry_does_not_change_with_its_builder() -> None:
    builder = LightClientRegistry.builder(RegistryProfile.TEST).register(QbftLightClient())
    registry = builder.seal()
    builder.register(MockLightClient())
    assert registry.client_types == ("qbft",)
    with pytest.raises(FrozenInstanceError):
        registry._by_type = {}  # type: ignore[misc]  # that it is refused is the point
    with pytest.raises(TypeError):
        registry._by_type["mock"] = MockLightClient()  # type: ignore[index]  # as above


def test_the_mock_follows_the_protocols_rules() -> None:
    message = encode_header(5, 6, MockConsensusState(1001, bytes(32)))
    assert CLIENT.initialise(STATE, TRUSTED.consensus_state) == 5
    CLIENT.verify_client_message(STATE, TRUSTED, message, NOW)
    assert (CLIENT.trusted_height(message), CLIENT.message_height(message)) == (5, 6)
    (known,) = CLIENT.update_state(STATE, message).consensus_states
    assert known == ConsensusAt(6, encode_consensus_state(MockConsensusState(1001, bytes(32))))
    fork = encode_header(5, 6, MockConsensusState(1001, ROOT))
    assert CLIENT.check_for_misbehaviour(STATE, known, fork)
    assert not CLIENT.check_for_misbehaviour(STATE, known, message)
    assert CLIENT.status(CLIENT.freeze(STATE), TRUSTED, 1001) is LightClientStatus.FROZEN
    assert CLIENT.status(STATE, TRUSTED, 1100) is LightClientStatus.EXPIRED
    assert CLIENT.status(STATE, TRUSTED, 1099) is LightClientStatus.ACTIVE


def test_the_mock_refuses_what_a_light_client_refuses() -> None:
    for trusted_height, height in ((4, 6), (5, 5), (5, 4)):
        with pytest.raises(InvalidHeader):
            CLIENT.verify_client_message(STATE, TRUSTED, encode_header(trusted_height, height, CONSENSUS), NOW)
    message = encode_header(5, 6, CONSENSUS)
    with pytest.raises(ClientFrozen):
        CLIENT.verify_client_message(CLIENT.freeze(STATE), TRUSTED, message, NOW)
    with pytest.raises(ClientExpired):
        CLIENT.verify_client_message(STATE, TRUSTED, message, TimeBounds.at(1100))
    with pytest.raises(DecodeError):
        CLIENT.verify_client_message(STATE, TRUSTED, message + b"\0", NOW)
    with pytest.raises(DecodeError):
        CLIENT.initialise(STATE[:-1] + b"\2", TRUSTED.consensus_state)


def test_the_mocks_proofs_bind_root_path_and_value() -> None:
    proof = presence_proof(ROOT, b"path", b"value")
    assert CLIENT.verify_membership(STATE, TRUSTED, proof, b"path", b"value", NOW) == 1000
    assert CLIENT.verify_non_membership(STATE, TRUSTED, absence_proof(ROOT, b"path"), b"path", NOW) == 1000
    with pytest.raises(InvalidProof):
        CLIENT.verify_membership(STATE, TRUSTED, proof, b"path", b"other", NOW)
    with pytest.raises(InvalidProof):
        CLIENT.verify_non_membership(STATE, TRUSTED, proof, b"path", NOW)


def test_no_production_package_of_the_ledger_knows_the_mock_and_no_node_reads_earmarks_through_it() -> None:
    assert "mock" not in production_package().light_clients.client_types
    assert "mock" not in production_package(frozenset({b"\x01" * 32})).light_clients.client_types
    assert set(CHAIN_READERS) <= set(production_package().light_clients.client_types)
