"""Whatever single bytes of a client message are changed, it is refused by name and nothing crashes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from light_clients.qbft import ConsensusEngine, EngineEra, QbftLightClient
from light_clients.qbft.codec import decode_client_message, decode_client_state, decode_consensus_state, encode_header
from primitives.errors import PeerError
from tests.fakes.bft_engines import CONTRACT_ERA, ContractModeBlock, Ibft1BlockBuilder, Ibft2BlockBuilder
from tests.fakes.qbft_client import NOW, TRUSTED_HEIGHT, QbftScenario
from tests.fakes.qbft_headers import TIME_0_S, QbftBlockBuilder

CLIENT = QbftLightClient()
BUILDERS = {"qbft": QbftBlockBuilder, "ibft2": Ibft2BlockBuilder, "ibft1": Ibft1BlockBuilder}
CONTRACT_MODE = "contract"


def scenario_of(kind: str) -> tuple[QbftScenario, bytes]:
    """A client and an honest message for it, sealed by exactly a quorum."""
    if kind == CONTRACT_MODE:
        scenario = QbftScenario(eras=(CONTRACT_ERA,))
        block = ContractModeBlock(scenario.keys, TRUSTED_HEIGHT + 5, TIME_0_S + 2, scenario.state)
        return scenario, encode_header(block.header(TRUSTED_HEIGHT, scenario.keys[:3]))
    scenario = QbftScenario(eras=(EngineEra(0, ConsensusEngine(kind)),))
    base = scenario.next_block
    fields = {name: getattr(base, name) for name in ("number", "timestamp_s", "state_root", "parent_hash")}
    return scenario, scenario.message(BUILDERS[kind](base.validators, **fields), scenario.keys[:3])


HONEST = {kind: scenario_of(kind) for kind in (*BUILDERS, CONTRACT_MODE)}


@pytest.mark.parametrize("kind", HONEST)
def test_the_honest_message_is_accepted(kind: str) -> None:
    scenario, message = HONEST[kind]
    CLIENT.verify_client_message(scenario.client_state, scenario.trusted, message, NOW)


@settings(max_examples=150)
@given(kind=st.sampled_from(sorted(HONEST)), data=st.data())
def test_a_changed_byte_anywhere_is_refused(kind: str, data: st.DataObject) -> None:
    scenario, message = HONEST[kind]
    place = data.draw(st.integers(0, len(message) - 1))
    changed = message[:place] + bytes([message[place] ^ data.draw(st.integers(1, 255))]) + message[place + 1 :]
    with pytest.raises(PeerError):
        CLIENT.verify_client_message(scenario.client_state, scenario.trusted, changed, NOW)


@settings(max_examples=100)
@given(kind=st.sampled_from(sorted(HONEST)), data=st.data())
def test_a_cut_or_doubled_piece_is_refused(kind: str, data: st.DataObject) -> None:
    scenario, message = HONEST[kind]
    begin = data.draw(st.integers(0, len(message) - 1))
    end = data.draw(st.integers(begin + 1, len(message)))
    for changed in (message[:begin] + message[end:], message[:end] + message[begin:]):
        with pytest.raises(PeerError):
            CLIENT.verify_client_message(scenario.client_state, scenario.trusted, changed, NOW)


@settings(max_examples=100)
@given(junk=st.binary(max_size=400))
def test_junk_is_refused_by_every_decoder(junk: bytes) -> None:
    for decode in (decode_client_state, decode_consensus_state):
        with pytest.raises(PeerError):
            decode(junk)
    try:
        decode_client_message(junk)
    except PeerError:
        return
    scenario, _ = HONEST["qbft"]
    with pytest.raises(PeerError):
        CLIENT.verify_client_message(scenario.client_state, scenario.trusted, junk, NOW)


def test_a_client_state_of_before_eras_is_refused() -> None:
    """No schedule is assumed: bytes without one are no client state."""
    scenario, _ = HONEST["qbft"]
    packed = scenario.client_state
    assert packed.endswith(b"\x42\x04\x10\x01\x28\x01")
    with pytest.raises(PeerError):
        decode_client_state(packed[:-6])
    assert decode_client_state(packed) == replace(scenario.client)
