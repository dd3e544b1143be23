"""A chain that changes its engine inside one client, and headers that pretend to be of another engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.qbft import ConsensusEngine, EngineEra, ProposerCheck, QbftLightClient, ValidatorContract
from light_clients.qbft.codec import decode_client_state, decode_consensus_state, encode_client_state, encode_header
from light_clients.qbft.errors import ForeignProposer, ForeignSeal, MalformedHeader, MalformedSeal, WrongEngine
from light_clients.qbft.verify import quorum_of
from primitives.errors import DecodeError, PeerError
from tests.fakes.bft_engines import CONTRACT, VALIDATORS_SLOT, Ibft1BlockBuilder, Ibft2BlockBuilder
from tests.fakes.qbft_client import NOW, QbftScenario
from tests.fakes.qbft_headers import TIME_0_S, QbftBlockBuilder, validator_keys

CLIENT = QbftLightClient()
BUILDERS = {
    ConsensusEngine.QBFT: QbftBlockBuilder,
    ConsensusEngine.IBFT2: Ibft2BlockBuilder,
    ConsensusEngine.IBFT1: Ibft1BlockBuilder,
}
IBET_MIGRATION = 77_792_450
"""The block at which a live network of this kind went from IBFT1 to QBFT."""
ENGINES = tuple(ConsensusEngine)


def world_of(engine: ConsensusEngine, count: int = 4) -> QbftScenario:
    return QbftScenario(keys=validator_keys(count), eras=(EngineEra(0, engine),))


def block_of(scenario: QbftScenario, engine: ConsensusEngine, **change: object) -> QbftBlockBuilder:
    base = scenario.next_block
    fields = {name: getattr(base, name) for name in ("number", "timestamp_s", "state_root", "parent_hash")}
    return BUILDERS[engine](base.validators, **{**fields, **change})


def verify(scenario: QbftScenario, message: bytes, now: TimeBounds = NOW) -> None:
    CLIENT.verify_client_message(scenario.client_state, scenario.trusted, message, now)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_light_client_follows_each_engine_and_keeps_its_block_hash(engine: ConsensusEngine) -> None:
    scenario = world_of(engine)
    block = block_of(scenario, engine)
    message = scenario.message(block, scenario.keys[:3])
    verify(scenario, message)
    (consensus,) = CLIENT.update_state(scenario.client_state, message).consensus_states
    assert decode_consensus_state(consensus.consensus_state).block_hash == block.block_hash


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("fields", range(15, 22))
def test_headers_of_fifteen_to_twenty_one_fields_are_sealed_as_they_stand(engine: ConsensusEngine, fields: int) -> None:
    scenario = world_of(engine)
    block = block_of(scenario, engine, trailing=(b"\x07" * 32,) * (fields - 15))
    verify(scenario, scenario.message(block))
    changed = replace(block, trailing=(*block.trailing[:-1], b"\x08" * 32)) if fields > 15 else block
    seals = block.seals_by(block.validators)
    forged = replace(scenario.header(block), header_rlp=changed.header_rlp(seals))
    if fields > 15:
        with pytest.raises((ForeignSeal, ForeignProposer)):
            verify(scenario, encode_header(forged))


@pytest.mark.parametrize("schedule_says", ENGINES)
@pytest.mark.parametrize("header_is", ENGINES)
def test_a_header_in_another_engines_format_is_refused_by_name(
    schedule_says: ConsensusEngine, header_is: ConsensusEngine
) -> None:
    scenario = world_of(schedule_says)
    message = scenario.message(block_of(scenario, header_is))
    if schedule_says is header_is:
        verify(scenario, message)
        return
    with pytest.raises(WrongEngine, match=rf"expected {schedule_says.value}.*found {header_is.value}"):
        verify(scenario, message)


@pytest.mark.parametrize("migration", [12, IBET_MIGRATION])
def test_one_client_crosses_a_migration_from_ibft1_to_qbft_block_by_block(migration: int) -> None:
    keys = validator_keys(7)
    scenario = QbftScenario(
        keys=keys, eras=(EngineEra(0, ConsensusEngine.IBFT1), EngineEra(migration, ConsensusEngine.QBFT))
    )
    client_state, trusted = scenario.client_state, scenario.trusted
    parent_hash = decode_consensus_state(trusted.consensus_state).block_hash
    for step, number in enumerate(range(migration - 1, migration + 2), 1):
        engine = ConsensusEngine.IBFT1 if number < migration else ConsensusEngine.QBFT
        block = block_of(scenario, engine, number=number, timestamp_s=TIME_0_S + step, parent_hash=parent_hash)
        header = replace(scenario.header(block, keys[: quorum_of(7)]), trusted_height=trusted.height)
        message = encode_header(header)
        CLIENT.verify_client_message(client_state, trusted, message, NOW)
        assert not CLIENT.check_for_misbehaviour(client_state, trusted, message)
        result = CLIENT.update_state(client_state, message)
        client_state, (trusted,) = result.client_state, result.consensus_states
        parent_hash = block.block_hash
    assert decode_client_state(client_state).latest_height == migration + 1


@pytest.mark.parametrize("number", [99, 100])
def test_old_seals_in_the_new_format_and_new_seals_in_the_old_are_refused_at_the_migration(number: int) -> None:
    eras = (EngineEra(0, ConsensusEngine.IBFT1), EngineEra(100, ConsensusEngine.QBFT))
    scenario = QbftScenario(eras=eras)
    wrong = ConsensusEngine.QBFT if number < 100 else ConsensusEngine.IBFT1
    with pytest.raises(WrongEngine):
        verify(scenario, scenario.message(block_of(scenario, wrong, number=number)))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_header_that_a_stranger_proposed_is_refused(engine: ConsensusEngine) -> None:
    scenario = world_of(engine)
    (stranger,) = validator_keys(1, name="stranger")
    change = {"proposer": stranger} if engine is ConsensusEngine.IBFT1 else {"beneficiary": stranger.address}
    with pytest.raises(ForeignProposer):
        verify(scenario, scenario.message(block_of(scenario, engine, **change)))


def test_a_stranger_in_an_ibft1_coinbase_proves_nothing_either_way() -> None:
    scenario = world_of(ConsensusEngine.IBFT1)
    verify(scenario, scenario.message(block_of(scenario, ConsensusEngine.IBFT1, beneficiary=b"\x55" * 20)))


def test_a_beneficiarys_coinbase_is_accepted_only_where_the_schedule_says_so() -> None:
    paid = (EngineEra(0, ConsensusEngine.QBFT, proposer_check=ProposerCheck.NONE),)
    scenario = QbftScenario(eras=paid)
    verify(scenario, scenario.message(replace(scenario.next_block, beneficiary=b"\x55" * 20)))
    with pytest.raises(MalformedHeader):
        EngineEra(0, ConsensusEngine.IBFT1, proposer_check=ProposerCheck.NONE)


def test_a_malleated_proposer_seal_of_ibft1_is_refused() -> None:
    scenario = world_of(ConsensusEngine.IBFT1)
    block = block_of(scenario, ConsensusEngine.IBFT1)
    header = scenario.header(block)
    seal = block._proposer_seal  # type: ignore[attr-defined]  # the very bytes to change
    for changed in (seal[:64] + b"\x1b", seal[:32] + bytes(32) + seal[64:]):
        with pytest.raises(MalformedSeal):
            verify(scenario, encode_header(replace(header, header_rlp=header.header_rlp.replace(seal, changed))))


def test_a_proposer_seal_does_not_count_as_a_commit_seal() -> None:
    scenario = world_of(ConsensusEngine.IBFT1)
    block = block_of(scenario, ConsensusEngine.IBFT1)
    seals = [*block.seals_by(scenario.keys[1:3]), block._proposer_seal]  # type: ignore[attr-defined]  # the very bytes
    forged = replace(scenario.header(block), header_rlp=block.header_rlp(seals))
    with pytest.raises(ForeignSeal):
        verify(scenario, encode_header(forged))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_commit_seal_of_one_engine_is_none_of_another_over_the_same_block(engine: ConsensusEngine) -> None:
    """Each engine's seal signs something of its own, so that a migration cannot be played twice."""
    scenario = world_of(engine)
    block = block_of(scenario, engine)
    for other in ENGINES:
        seals = block_of(scenario, other).seals_by(scenario.keys)
        if other is not engine:
            with pytest.raises(ForeignSeal):
                verify(scenario, encode_header(replace(scenario.header(block), header_rlp=block.header_rlp(seals))))


def test_a_sister_chain_of_the_same_validators_is_told_apart_only_by_its_contradiction() -> None:
    """A header names no chain: validators that run two chains under one set of keys can freeze the client, or worse."""
    scenario = QbftScenario()
    message = scenario.message(scenario.next_block)
    (known,) = CLIENT.update_state(scenario.client_state, message).consensus_states
    sister = scenario.message(replace(scenario.next_block, transactions_root=b"\2" * 32))
    verify(scenario, sister)
    assert CLIENT.check_for_misbehaviour(scenario.client_state, known, sister)


@pytest.mark.parametrize("engine", [ConsensusEngine.QBFT, ConsensusEngine.IBFT2])
@pytest.mark.parametrize("round_number", [1, 200, 65_536])
def test_the_same_seals_under_another_round_are_refused(engine: ConsensusEngine, round_number: int) -> None:
    scenario = world_of(engine)
    block = block_of(scenario, engine)
    later = replace(block, round=round_number)
    verify(scenario, scenario.message(later))
    forged = replace(scenario.header(later), header_rlp=later.header_rlp(block.seals_by(block.validators)))
    with pytest.raises(ForeignSeal):
        verify(scenario, encode_header(forged))


@pytest.mark.parametrize("engine", [ConsensusEngine.QBFT, ConsensusEngine.IBFT2])
@pytest.mark.parametrize("vote", [(b"\x44" * 20, b"\xff"), (b"\x44" * 20, b"")], ids=["add", "drop"])
def test_a_vote_is_sealed_with_the_header(engine: ConsensusEngine, vote: tuple[bytes, ...]) -> None:
    scenario = world_of(engine)
    voted = block_of(scenario, engine, vote=vote)
    verify(scenario, scenario.message(voted))
    unvoted = replace(voted, vote=())
    forged = replace(scenario.header(voted), header_rlp=voted.header_rlp(unvoted.seals_by(voted.validators)))
    with pytest.raises(ForeignSeal):
        verify(scenario, encode_header(forged))


@pytest.mark.parametrize(
    "eras",
    [
        (),
        (EngineEra(1, ConsensusEngine.QBFT),),
        (EngineEra(0, ConsensusEngine.IBFT1), EngineEra(0, ConsensusEngine.QBFT)),
        (EngineEra(0, ConsensusEngine.IBFT1), EngineEra(9, ConsensusEngine.QBFT), EngineEra(5, ConsensusEngine.QBFT)),
        tuple(EngineEra(number, ConsensusEngine.QBFT) for number in range(17)),
    ],
    ids=["none", "late", "doubled", "descending", "too many"],
)
def test_a_schedule_that_does_not_cover_every_block_once_is_refused(eras: Sequence[EngineEra]) -> None:
    with pytest.raises(MalformedHeader):
        replace(QbftScenario().client, eras=tuple(eras))


def test_schedules_survive_their_encoding_and_unknown_engines_do_not() -> None:
    contract = EngineEra(50, ConsensusEngine.QBFT, ValidatorContract(CONTRACT, VALIDATORS_SLOT))
    eras = (EngineEra(0, ConsensusEngine.IBFT1), EngineEra(7, ConsensusEngine.IBFT2), contract)
    client = replace(QbftScenario().client, eras=eras)
    assert decode_client_state(encode_client_state(client)) == client
    packed = encode_client_state(QbftScenario().client)
    assert packed.endswith(b"\x42\x04\x10\x01\x28\x01")
    for engine, check in ((4, 1), (1, 3), (9, 9)):
        with pytest.raises(DecodeError):
            decode_client_state(packed[:-3] + bytes((engine, 0x28, check)))


def test_only_qbft_has_a_validator_contract() -> None:
    for engine in (ConsensusEngine.IBFT1, ConsensusEngine.IBFT2):
        with pytest.raises(MalformedHeader):
            EngineEra(0, engine, ValidatorContract(CONTRACT, VALIDATORS_SLOT))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("count", range(1, 23))
def test_one_seal_below_the_quorum_is_refused_by_every_engine(engine: ConsensusEngine, count: int) -> None:
    scenario = world_of(engine, count)
    block = block_of(scenario, engine)
    verify(scenario, scenario.message(block, scenario.keys[: quorum_of(count)]))
    with pytest.raises(PeerError):
        verify(scenario, scenario.message(block, scenario.keys[: quorum_of(count) - 1]))


@pytest.mark.parametrize("engine", ENGINES)
def test_two_blocks_of_one_height_are_misbehaviour_in_every_engine(engine: ConsensusEngine) -> None:
    scenario = world_of(engine)
    block = block_of(scenario, engine)
    evidence = scenario.evidence(block, replace(block, transactions_root=b"\1" * 32))
    verify(scenario, evidence)
    assert CLIENT.check_for_misbehaviour(scenario.client_state, None, evidence)


def test_a_consensus_state_under_a_wrong_height_does_not_vouch() -> None:
    scenario = QbftScenario()
    message = scenario.message(scenario.next_block)
    elsewhere = ConsensusAt(scenario.trusted.height - 1, scenario.trusted.consensus_state)
    with pytest.raises(PeerError, match="another height"):
        CLIENT.verify_client_message(scenario.client_state, elsewhere, message, NOW)
