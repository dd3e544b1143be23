"""Attacks on evidence, proofs and bytes of the Solidity client of a QBFT chain; Python and others judge alike."""

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
from tests.fakes.evm_sandbox import Account, EvmSandbox, Reverted
from tests.fakes.qbft_client import (
    ABSENT_PATH,
    OTHER_PATH,
    PATH,
    SHORT_PATH,
    SHORT_VALUE,
    TRUSTED_HEIGHT,
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
)
from tests.fakes.qbft_headers import TIME_0_S, QbftBlockBuilder, RouterState, validator_keys
from tests.fakes.trie_probe import require_named, trie_probe

VECTORS = Path(__file__).parents[2] / "vectors" / "evm_headers"


@pytest.fixture
def bench() -> QbftContractBench:
    return qbft_contract_bench()


# ---------------------------------------------------------------------------------------------------------- evidence


def test_two_blocks_of_one_height_freeze_for_ever(bench: QbftContractBench) -> None:
    block = bench.next_block
    bench.report(block, replace(block, transactions_root=b"\x01" * 32))
    assert bench.frozen
    bench.refuses(bench.message(block), "QbftClientFrozen")
    with pytest.raises(Reverted, match="QbftClientFrozen"):
        bench.member(bench.proof(PATH), PATH, VALUE)
    with pytest.raises(Reverted, match="QbftClientFrozen"):
        bench.report(block, replace(block, transactions_root=b"\x02" * 32))


def test_a_header_unlike_the_one_verified_at_its_height_freezes(bench: QbftContractBench) -> None:
    block, other_state = bench.next_block, RouterState({})
    assert bench.update(bench.message(block)) == UPDATE
    assert bench.update(bench.message(block)) == NO_OP
    assert bench.update(bench.message(replace(block, round=2))) == NO_OP
    assert bench.update(bench.message(block, state=other_state)) == MISBEHAVIOUR
    assert bench.frozen


def test_a_block_that_does_not_name_the_verified_one_below_it_freezes(bench: QbftContractBench) -> None:
    unlinked = replace(bench.next_block, parent_hash=b"\x01" * 32)
    assert bench.update(bench.message(unlinked)) == MISBEHAVIOUR
    assert bench.frozen


@pytest.mark.parametrize(("above", "later_s"), [(1, 1), (5, -1)], ids=["a broken link", "time gone back"])
def test_two_heights_that_cannot_be_of_one_chain_freeze(bench: QbftContractBench, above: int, later_s: int) -> None:
    block = replace(bench.next_block, timestamp_s=TIME_0_S + 2)
    other = block.at(block.number + above, block.timestamp_s + later_s)
    for pair in ((block, other), (other, block)):
        with bench.sandbox.undone():
            bench.report(*pair)
            assert bench.frozen


def test_a_proposer_who_is_no_validator_is_refused(bench: QbftContractBench) -> None:
    fields = split_list(bench.next_block.header_rlp(()))
    strangers = join_list([*fields[:2], encode(b"\x07" * 20), *fields[3:]])
    with pytest.raises(Reverted, match="QbftProposerForeign"):
        trie_probe().call("readHeader", strangers)


def test_evidence_that_proves_nothing_freezes_nothing(bench: QbftContractBench) -> None:
    block = bench.next_block
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
        bench.update(bench.message(bench.next_block), sender=stranger)
    block = bench.next_block
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
    block = replace(bench.next_block, state_root=mine.state_root)
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
        bench.update(bend(bench.message(bench.next_block)))
    with pytest.raises(Reverted):
        bench.member(bend(bench.proof(PATH)), PATH, VALUE)
    block = bench.next_block
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
    decoded = eth_abi.decode([HEADER_TYPE], bench.message(bench.next_block))[0]
    assert decoded[1] == TRUSTED_HEIGHT
