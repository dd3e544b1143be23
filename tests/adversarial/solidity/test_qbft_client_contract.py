"""Attacks on the Solidity client of a QBFT chain: seals, sets, heights, time, evidence, proofs; Python judges alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_abi import abi as eth_abi
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.evm.client.qbft_messages import (
    HEADER_TYPE,
    HeaderEvidence,
    VerifiedBlock,
    evidence_message,
    header_message,
    storage_message,
)
from ibc.light_client import TimeBounds
from light_clients.qbft import IBC_STORE_SLOT, QbftHeader, QbftLightClient, read_qbft_header
from light_clients.qbft.codec import encode_header
from primitives.errors import Refusal
from primitives.rlp import encode, join_list, split_list
from primitives.secp256k1 import ORDER
from tests.fakes.evm_sandbox import Account, EvmSandbox, Reverted
from tests.fakes.qbft_client import (
    ABSENT_PATH,
    DRIFT_S,
    OTHER_PATH,
    PATH,
    SHORT_PATH,
    SHORT_VALUE,
    TRUSTED_HEIGHT,
    TRUSTING_PERIOD_S,
    VALUE,
)
from tests.fakes.qbft_contract_bench import (
    MISBEHAVIOUR,
    NO_OP,
    NOW_S,
    PASSER,
    UPDATE,
    QbftContractBench,
    qbft_contract_bench,
    verified,
)
from tests.fakes.qbft_headers import TIME_0_S, QbftBlockBuilder, RouterState, validator_keys
from tests.fakes.trie_probe import require_named, trie_probe

VECTORS = Path(__file__).parents[2] / "vectors" / "evm_headers"


@pytest.fixture
def bench() -> QbftContractBench:
    return qbft_contract_bench()


def refused(bench: QbftContractBench, message: bytes, error: str) -> None:
    with pytest.raises(Reverted) as refusal:
        bench.update(message)
    assert refusal.value.error == error


def next_block(bench: QbftContractBench) -> QbftBlockBuilder:
    return bench.scenario.next_block


# ------------------------------------------------------------------------------------------------------------- seals


@pytest.mark.parametrize("count", range(1, 23))
def test_a_quorum_is_two_thirds_rounded_up_and_one_seal_fewer_is_refused(count: int) -> None:
    keys = validator_keys(count)
    trusted = [key.address for key in keys]
    quorum = -(-2 * count // 3)
    block = QbftBlockBuilder(keys)
    trie_probe().call("checkSeals", block.sealed_by(keys[:quorum]), trusted)
    with pytest.raises(Reverted, match="QbftQuorumNotReached"):
        trie_probe().call("checkSeals", block.sealed_by(keys[: quorum - 1]), trusted)


@pytest.mark.parametrize("count", range(1, 23))
def test_a_new_set_with_exactly_a_third_of_the_trusted_one_is_refused_and_one_more_is_enough(count: int) -> None:
    old = validator_keys(count)
    fresh = validator_keys(2 * count + 2, "fresh")
    for shared, enough in ((count // 3, False), (count // 3 + 1, True)):
        block = QbftBlockBuilder(tuple(sorted((*old[:shared], *fresh), key=lambda key: key.address)))
        sealed = block.sealed_by(block.validators)
        if enough:
            trie_probe().call("checkSeals", sealed, [key.address for key in old])
        else:
            with pytest.raises(Reverted, match="QbftOverlapTooSmall"):
                trie_probe().call("checkSeals", sealed, [key.address for key in old])


def high_s(seal: bytes) -> bytes:
    s = ORDER - int.from_bytes(seal[32:64], "big")
    return seal[:32] + s.to_bytes(32, "big") + bytes([seal[64] ^ 1])


BAD_SEALS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "one twice": (lambda seals: [*seals[:2], seals[0]], "QbftSealDuplicate"),
    "one twice beside a quorum": (lambda seals: [*seals, seals[0]], "QbftSealDuplicate"),
    "malleated to a high s": (lambda seals: [*seals[:3], high_s(seals[3])], "QbftSealForeign"),
    "padded": (lambda seals: [*seals[:3], seals[3] + b"\0"], "QbftSealForeign"),
    "cut": (lambda seals: [*seals[:3], seals[3][:-1]], "QbftSealForeign"),
    "empty": (lambda seals: [*seals[:3], b""], "QbftSealForeign"),
    "zeros": (lambda seals: [*seals[:3], bytes(65)], "QbftSealForeign"),
    "v of 27": (lambda seals: [*seals[:3], seals[3][:64] + bytes([seals[3][64] + 27])], "QbftSealForeign"),
    "v with s in its place": (lambda seals: [*seals[:3], seals[3][:32] + b"\x80" + seals[3][33:]], "QbftSealForeign"),
    "none at all": (lambda _: [], "QbftQuorumNotReached"),
    "by a stranger": (lambda seals: [*seals[:3], validator_keys(1, "stranger")[0].seal(bytes(32))], "QbftSealForeign"),
}


@pytest.mark.parametrize(("bend", "error"), BAD_SEALS.values(), ids=BAD_SEALS.keys())
def test_a_list_of_seals_that_an_honest_block_has_not_is_refused(
    bench: QbftContractBench, bend: Callable[[list[bytes]], list[bytes]], error: str
) -> None:
    block = next_block(bench)
    sealed = block.header_rlp(bend(block.seals_by(block.validators)))
    refused(bench, header_message(HeaderEvidence(sealed, bench.scenario.state.account_proof()), bench.trusted), error)


def test_seals_in_any_order_are_good(bench: QbftContractBench) -> None:
    assert bench.update(bench.message(next_block(bench), bench.scenario.keys[::-1])) == UPDATE


def test_a_seal_of_one_round_is_none_of_another(bench: QbftContractBench) -> None:
    block = next_block(bench)
    seals = block.seals_by(block.validators)
    in_round_1 = replace(block, round=1).header_rlp(seals)
    message = header_message(HeaderEvidence(in_round_1, bench.scenario.state.account_proof()), bench.trusted)
    refused(bench, message, "QbftSealForeign")
    assert bench.update(bench.message(replace(block, round=3))) == UPDATE


def test_a_set_that_lists_somebody_twice_or_nobody_is_refused(bench: QbftContractBench) -> None:
    keys = bench.scenario.keys
    for validators in ((*keys, keys[0]), ()):
        block = replace(next_block(bench), validators=validators)
        refused(bench, bench.message(block, keys), "QbftValidatorsInvalid")


# --------------------------------------------------------------------------------------------------- height and time


@pytest.mark.parametrize("number", [TRUSTED_HEIGHT - 1, TRUSTED_HEIGHT, 0])
def test_a_header_not_above_the_one_it_builds_on_is_refused(bench: QbftContractBench, number: int) -> None:
    refused(bench, bench.message(replace(next_block(bench), number=number)), "QbftHeightNotAbove")


@pytest.mark.parametrize("timestamp_s", [TIME_0_S, TIME_0_S - 1, 0])
def test_a_header_not_later_than_the_one_it_builds_on_is_refused(bench: QbftContractBench, timestamp_s: int) -> None:
    refused(bench, bench.message(replace(next_block(bench), timestamp_s=timestamp_s)), "QbftTimestampNotAfter")


def test_drift_and_trusting_period_end_on_the_second(bench: QbftContractBench) -> None:
    latest = replace(next_block(bench), timestamp_s=NOW_S + DRIFT_S)
    refused(bench, bench.message(replace(latest, timestamp_s=NOW_S + DRIFT_S + 1)), "QbftHeaderFromFuture")
    with bench.sandbox.undone():
        assert bench.update(bench.message(latest)) == UPDATE
    bench.sandbox.now_s = TIME_0_S + TRUSTING_PERIOD_S
    refused(bench, bench.message(next_block(bench)), "QbftConsensusExpired")
    with pytest.raises(Reverted, match="QbftConsensusExpired"):
        bench.member(bench.proof(PATH), PATH, VALUE)
    bench.sandbox.now_s -= 1
    assert bench.member(bench.proof(PATH), PATH, VALUE) == TIME_0_S
    assert bench.update(bench.message(next_block(bench))) == UPDATE


def test_time_that_goes_back_with_height_freezes_and_time_that_stands_still_is_refused(
    bench: QbftContractBench,
) -> None:
    block = next_block(bench)
    assert bench.update(bench.message(block.at(TRUSTED_HEIGHT + 5, TIME_0_S + 5))) == UPDATE
    for number in (6, 4):
        refused(bench, bench.message(block.at(TRUSTED_HEIGHT + number, TIME_0_S + 5)), "QbftTimestampNotAfter")
    for number, timestamp_s in ((6, 4), (4, 6)):
        with bench.sandbox.undone():
            assert (
                bench.update(bench.message(block.at(TRUSTED_HEIGHT + number, TIME_0_S + timestamp_s))) == MISBEHAVIOUR
            )
            assert bench.frozen
    assert bench.update(bench.message(block.at(TRUSTED_HEIGHT + 4, TIME_0_S + 4))) == UPDATE
    assert (bench.latest_height, bench.frozen) == (TRUSTED_HEIGHT + 5, False)


# ------------------------------------------------------------------------------------------------ what is built upon


def test_a_consensus_state_that_was_never_verified_is_not_built_upon(bench: QbftContractBench) -> None:
    block, thieves = next_block(bench), validator_keys(4, "thieves")
    invented = verified(replace(block, validators=thieves), bench.scenario.state)
    later = replace(block, validators=thieves).at(block.number + 1, block.timestamp_s + 1)
    refused(bench, bench.message(later, trusted=invented), "QbftConsensusUnknown")
    bent = replace(bench.trusted, validators=tuple(key.address for key in thieves))
    refused(bench, bench.message(replace(block, validators=thieves), trusted=bent), "QbftConsensusMismatch")
    under_another = replace(bench.trusted, height=TRUSTED_HEIGHT - 1)
    refused(bench, bench.message(block, trusted=under_another), "QbftConsensusUnknown")


def test_a_height_whose_place_was_taken_is_gone_and_never_written_again(bench: QbftContractBench) -> None:
    block = next_block(bench)
    above = block.at(TRUSTED_HEIGHT + 256, TIME_0_S + 6)
    assert bench.update(bench.message(above)) == UPDATE
    with pytest.raises(Reverted, match="QbftConsensusUnknown"):
        bench.member(bench.proof(PATH), PATH, VALUE)
    refused(bench, bench.message(above.at(above.number + 1, TIME_0_S + 7)), "QbftConsensusUnknown")
    on_new = verified(above, bench.scenario.state)
    next_above = replace(above, parent_hash=on_new.block_hash).at(above.number + 1, TIME_0_S + 7)
    assert bench.update(bench.message(next_above, trusted=on_new)) == UPDATE


def test_a_smaller_height_never_takes_the_place_of_a_greater_one(bench: QbftContractBench) -> None:
    block = next_block(bench)
    low, high = block.at(TRUSTED_HEIGHT + 1, TIME_0_S + 1), block.at(TRUSTED_HEIGHT + 257, TIME_0_S + 7)
    assert bench.update(bench.message(high)) == UPDATE
    refused(bench, bench.message(low), "QbftHeightPruned")


def test_a_set_that_rotates_step_by_step_is_followed_and_an_old_set_is_of_no_use(bench: QbftContractBench) -> None:
    old, fresh = bench.scenario.keys, validator_keys(4, "fresh")
    trusted, block = bench.trusted, next_block(bench)
    for step in range(1, 5):
        validators = tuple(sorted((*old[step:], *fresh[:step]), key=lambda key: key.address))
        block = replace(block, validators=validators, parent_hash=trusted.block_hash)
        block = block.at(TRUSTED_HEIGHT + step, TIME_0_S + step)
        assert bench.update(bench.message(block, trusted=trusted)) == UPDATE
        trusted = verified(block, bench.scenario.state)
    again = replace(block, validators=old).at(TRUSTED_HEIGHT + 9, TIME_0_S + 9)
    refused(bench, bench.message(again, trusted=trusted), "QbftOverlapTooSmall")


# ---------------------------------------------------------------------------------------------------------- evidence


def test_two_blocks_of_one_height_freeze_for_ever(bench: QbftContractBench) -> None:
    block = next_block(bench)
    bench.report(block, replace(block, transactions_root=b"\x01" * 32))
    assert bench.frozen
    refused(bench, bench.message(block), "QbftClientFrozen")
    with pytest.raises(Reverted, match="QbftClientFrozen"):
        bench.member(bench.proof(PATH), PATH, VALUE)
    with pytest.raises(Reverted, match="QbftClientFrozen"):
        bench.report(block, replace(block, transactions_root=b"\x02" * 32))


def test_a_header_unlike_the_one_verified_at_its_height_freezes(bench: QbftContractBench) -> None:
    block, other_state = next_block(bench), RouterState({})
    assert bench.update(bench.message(block)) == UPDATE
    assert bench.update(bench.message(block)) == NO_OP
    assert bench.update(bench.message(replace(block, round=2))) == NO_OP
    assert bench.update(bench.message(block, state=other_state)) == MISBEHAVIOUR
    assert bench.frozen


def test_a_block_that_does_not_name_the_verified_one_below_it_freezes(bench: QbftContractBench) -> None:
    unlinked = replace(next_block(bench), parent_hash=b"\x01" * 32)
    assert bench.update(bench.message(unlinked)) == MISBEHAVIOUR
    assert bench.frozen


@pytest.mark.parametrize(("above", "later_s"), [(1, 1), (5, -1)], ids=["a broken link", "time gone back"])
def test_two_heights_that_cannot_be_of_one_chain_freeze(bench: QbftContractBench, above: int, later_s: int) -> None:
    block = replace(next_block(bench), timestamp_s=TIME_0_S + 2)
    other = block.at(block.number + above, block.timestamp_s + later_s)
    for pair in ((block, other), (other, block)):
        with bench.sandbox.undone():
            bench.report(*pair)
            assert bench.frozen


def test_a_proposer_who_is_no_validator_is_refused(bench: QbftContractBench) -> None:
    fields = split_list(next_block(bench).header_rlp(()))
    strangers = join_list([*fields[:2], encode(b"\x07" * 20), *fields[3:]])
    with pytest.raises(Reverted, match="QbftProposerForeign"):
        trie_probe().call("readHeader", strangers)


def test_evidence_that_proves_nothing_freezes_nothing(bench: QbftContractBench) -> None:
    block = next_block(bench)
    in_another_round = replace(block, round=1)
    linked = replace(block, parent_hash=block.block_hash).at(block.number + 1, TIME_0_S + 2)
    far_above = block.at(block.number + 5, block.timestamp_s)
    for one, two in ((block, block), (block, in_another_round), (block, linked), (far_above, block)):
        with pytest.raises(Reverted, match="QbftEvidenceConsistent"):
            bench.report(one, two)
    forged = replace(block, validators=validator_keys(4, "thieves"))
    with pytest.raises(Reverted, match="QbftOverlapTooSmall"):
        bench.report(block, forged)
    assert not bench.frozen


def test_a_stranger_passes_nothing_on(bench: QbftContractBench) -> None:
    stranger = Account.named("stranger")
    with pytest.raises(Reverted, match="QbftCallerNotRouter"):
        bench.update(bench.message(next_block(bench)), sender=stranger)
    block = next_block(bench)
    with pytest.raises(Reverted, match="QbftCallerNotRouter"):
        bench.report(block, replace(block, transactions_root=b"\x01" * 32), sender=stranger)


# ------------------------------------------------------------------------------------------------------------ proofs


def test_presence_and_absence_are_shown_with_the_blocks_time(bench: QbftContractBench) -> None:
    assert bench.member(bench.proof(PATH), PATH, VALUE) == TIME_0_S
    assert bench.member(bench.proof(SHORT_PATH), SHORT_PATH, SHORT_VALUE) == TIME_0_S
    assert bench.absent(bench.proof(ABSENT_PATH), ABSENT_PATH) == TIME_0_S


def test_a_false_claim_about_a_path_is_refused(bench: QbftContractBench) -> None:
    proof = bench.proof(PATH)
    for value in (bytes(32), VALUE[:31], VALUE + b"\0", b"", SHORT_VALUE):
        with pytest.raises(Reverted, match="QbftCommitmentMismatch"):
            bench.member(proof, PATH, value)
    with pytest.raises(Reverted, match="QbftCommitmentMismatch"):
        bench.member(bench.proof(ABSENT_PATH), ABSENT_PATH, bytes(32))
    with pytest.raises(Reverted, match="QbftCommitmentMismatch"):
        bench.absent(proof, PATH)
    with pytest.raises(Reverted, match="Mpt"):
        bench.member(proof, OTHER_PATH, VALUE)


def test_a_proof_under_another_root_time_or_height_is_refused(bench: QbftContractBench) -> None:
    empty = RouterState({})
    bent = replace(bench.trusted, storage_root=empty.storage_root)
    with pytest.raises(Reverted, match="QbftConsensusMismatch"):
        bench.absent(bench.proof(PATH, bent, empty), PATH)
    with pytest.raises(Reverted, match="QbftConsensusMismatch"):
        bench.member(bench.proof(PATH, replace(bench.trusted, timestamp_s=TIME_0_S + 1)), PATH, VALUE)
    with pytest.raises(Reverted, match="QbftConsensusUnknown"):
        bench.member(bench.proof(PATH), PATH, VALUE, height=TRUSTED_HEIGHT + 256)
    with pytest.raises(Reverted, match="QbftRevisionInvalid"):
        bench.client.call("verifyMembership", (bench.proof(PATH), (1, TRUSTED_HEIGHT), [PATH], VALUE))
    with pytest.raises(Reverted, match="QbftPathInvalid"):
        bench.client.call("verifyMembership", (bench.proof(PATH), (0, TRUSTED_HEIGHT), [b"", PATH], VALUE))


def test_the_account_of_another_contract_does_not_stand_for_the_router(bench: QbftContractBench) -> None:
    mine = RouterState({}, contract=b"\x66" * 20)
    block = replace(next_block(bench), state_root=mine.state_root)
    message = header_message(HeaderEvidence(block.sealed_by(block.validators), mine.account_proof()), bench.trusted)
    with pytest.raises(Reverted, match="Mpt"):
        bench.update(message)


BENT_BYTES: dict[str, Callable[[bytes], bytes]] = {
    "a byte after the end": lambda data: data + b"\0",
    "a word after the end": lambda data: data + bytes(32),
    "cut": lambda data: data[:-32],
    "nothing": lambda _: b"",
    "another first offset": lambda data: (64).to_bytes(32, "big") + data[32:],
    "dirty padding": lambda data: data[:-1] + b"\x01",
    "an offset beyond all": lambda data: data[:32] + b"\xff" * 32 + data[64:],
    "an offset into what came before": lambda data: data[:32] + b"\xff" * 31 + b"\x20" + data[64:],
}


@pytest.mark.parametrize("bend", BENT_BYTES.values(), ids=BENT_BYTES.keys())
def test_a_message_that_is_not_its_one_encoding_is_refused(
    bench: QbftContractBench, bend: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(Reverted):
        bench.update(bend(bench.message(next_block(bench))))
    with pytest.raises(Reverted):
        bench.member(bend(bench.proof(PATH)), PATH, VALUE)
    block = next_block(bench)
    headers = [b.sealed_by(b.validators) for b in (block, replace(block, transactions_root=b"\x01" * 32))]
    evidence = evidence_message(headers[0], headers[1], bench.trusted)
    with pytest.raises(Reverted):
        bench.client.transact("misbehaviour", bend(evidence), sender=PASSER)
    bench.client.transact("misbehaviour", evidence, sender=PASSER)


# -------------------------------------------------------------------------------------------------- Python and others


def recorded() -> list[Any]:
    found = []
    for path in sorted(VECTORS.glob("*.json")):
        document = json.loads(path.read_text())
        names = ("header_a", "header_b") if "trusted" in document else ("",)
        found += [pytest.param(document[name] if name else document, id=path.stem + name) for name in names]
    return found


@pytest.mark.parametrize("vector", recorded())
def test_recorded_headers_are_read_as_recorded_and_those_of_other_engines_are_refused(vector: dict[str, Any]) -> None:
    header_rlp, expected = bytes.fromhex(vector["header_rlp"].removeprefix("0x")), vector["expected"]
    if vector["kind"] != "qbft":
        with pytest.raises(Reverted, match=r"Qbft|Rlp"):
            trie_probe().call("readHeader", header_rlp)
        return
    _, _, _, block_hash, seal_digest, validators = trie_probe().call("readHeader", header_rlp)
    assert "0x" + block_hash.hex() == expected["block_hash"]
    assert "0x" + seal_digest.hex() == expected["commit_seal_digest"]
    assert [validator.lower() for validator in validators] == [address.lower() for address in expected["validators"]]
    trie_probe().call("checkSeals", header_rlp, validators)


LIVE = json.loads((VECTORS / "besu_qbft_e2e_blocks27_28_4vals_with_proofs.json").read_text())


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def live_block(name: str) -> VerifiedBlock:
    sealed = read_qbft_header(unhex(LIVE[name]["header_rlp"]))
    header, storage_root = sealed.header, unhex(LIVE[name]["account"]["storage_root"])
    hashes = (header.state_root, storage_root, sealed.block_hash)
    return VerifiedBlock(header.number, header.timestamp_s, *hashes, sealed.validators)


def test_the_contract_follows_the_live_chain_of_others_and_reads_its_commitments() -> None:
    start, router = LIVE["trusted"], unhex(LIVE["header_a"]["account"]["address"])
    sandbox = EvmSandbox(now_s=int(LIVE["header_b"]["header"]["timestamp"], 16))
    validators = tuple(unhex(validator) for validator in start["validators"])
    # the first block is not recorded, only what is trusted of it: the client's words about it are free
    hashes = (
        bytes(32),
        unhex(start["storage_root"]),
        read_qbft_header(unhex(LIVE["header_a"]["header_rlp"])).header.parent_hash,
    )
    trusted = VerifiedBlock(start["height"], start["timestamp"], *hashes, validators)
    trust = (start["trusting_period"], start["max_clock_drift"])
    config = (PASSER.address, 1337, router, *trust, trusted.height, trusted.values)
    client = sandbox.deploy("QbftLightClient", config, IBC_STORE_SLOT)
    for name in ("header_a", "header_b"):
        proof = tuple(unhex(node) for node in LIVE[name]["account"]["proof"])
        message = header_message(HeaderEvidence(unhex(LIVE[name]["header_rlp"]), proof), trusted)
        assert int.from_bytes(client.transact("updateClient", message, sender=PASSER).output, "big") == UPDATE
        trusted = live_block(name)
    at = (0, trusted.height)
    present, absent = (
        (storage_message(trusted, [unhex(node) for node in LIVE[kind]["proof"]]), unhex(LIVE[kind]["path"]))
        for kind in ("membership", "non_membership")
    )
    value = unhex(LIVE["membership"]["value"])
    assert client.call("verifyMembership", (present[0], at, [present[1]], value)) == trusted.timestamp_s
    assert client.call("verifyNonMembership", (absent[0], at, [absent[1]])) == trusted.timestamp_s
    with pytest.raises(Reverted, match="QbftCommitmentMismatch"):
        client.call("verifyNonMembership", (present[0], at, [present[1]]))
    with pytest.raises(Reverted, match="QbftCommitmentMismatch"):
        client.call("verifyMembership", (absent[0], at, [absent[1]], value))


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_random_header_whole_or_mutated_gets_the_verdict_of_the_python_client(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 7), "validators")
    bench = qbft_contract_bench(count)
    pool = (*bench.scenario.keys, *validator_keys(3, "fresh"))
    chosen = data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=8, unique=True), "set")
    block = QbftBlockBuilder(
        chosen,
        number=TRUSTED_HEIGHT + data.draw(st.integers(-1, 300), "number"),
        timestamp_s=TIME_0_S + data.draw(st.integers(-1, 25), "time"),
        round=data.draw(st.sampled_from([0, 1, 127, 128, 2**32 - 1]), "round"),
        vote=data.draw(st.sampled_from([(), (b"\x01" * 20, b"\xff"), (b"\x01" * 20, b""), (b"\x01" * 20, b"\x01")])),
        trailing=tuple(data.draw(st.lists(st.sampled_from([b"", b"\x07", bytes(32), bytes(33)]), max_size=10))),
        state_root=bench.scenario.state.state_root,
        parent_hash=bench.trusted.block_hash,
    )
    signers = data.draw(st.lists(st.sampled_from(pool), max_size=8), "signers")
    header_rlp = block.sealed_by(signers or chosen)
    if data.draw(st.booleans(), "mutate"):
        bit = data.draw(st.integers(0, 8 * len(header_rlp) - 1), "bit")
        header_rlp = (int.from_bytes(header_rlp, "big") ^ 1 << bit).to_bytes(len(header_rlp), "big")
    proof = bench.scenario.state.account_proof()
    message = encode_header(QbftHeader(header_rlp, TRUSTED_HEIGHT, proof))
    try:
        scenario = bench.scenario
        now = TimeBounds.at(NOW_S)
        QbftLightClient().verify_client_message(scenario.client_state, scenario.trusted, message, now)
        python = True
    except Refusal:
        python = False
    try:
        solidity = bench.update(header_message(HeaderEvidence(header_rlp, proof), bench.trusted)) == UPDATE
    except Reverted as refusal:
        require_named(refusal, "Qbft", "Rlp", "Mpt")
        solidity = False
    assert python == solidity


def test_the_message_type_is_the_contracts_own() -> None:
    bench = qbft_contract_bench()
    decoded = eth_abi.decode([HEADER_TYPE], bench.message(next_block(bench)))[0]
    assert decoded[1] == TRUSTED_HEIGHT
