"""The contracts, the Python twins and the recorded values say the same of packets, terms, proofs and checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_abi import abi as eth_abi
from hypothesis import given, settings
from hypothesis import strategies as st

from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.dvp import (
    CashAccount,
    CashLeg,
    LeadLeg,
    SecurityLeg,
    SettlementTerms,
    dvp_payload_of,
    packet_of,
    terms_hash,
    trade_cancelled_value,
    trade_path,
)
from ibc.packet import Packet, encode_packet, packet_commitment, packet_receipt_value
from light_clients.progmat import Checkpoint, ValidatorSet, decode_header
from light_clients.progmat.client_state import decode_client_state
from primitives.signatures import SignatureScheme, SoftwareSigner
from primitives.sparse_merkle import MemoryNodeStore, SparseMerkleTree, encode_smt_proof
from primitives.types import address
from tests.fakes import ibc_oracle
from tests.fakes.dvp_deployment import BUYER, CLIENT_ID, LEDGER_CLIENT_ID, SELLER, deploy_dvp
from tests.fakes.evm_sandbox import CHAIN_ID, GENESIS_TIME_S, Account, Contract, EvmSandbox
from tests.fakes.progmat_client_bench import TREE, client_bench
from tests.fakes.progmat_oracle import Tree, keccak, sha

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
CHECKPOINTS = json.loads((VECTORS / "progmat" / "checkpoints.json").read_text())["checkpoints"]
SMT = json.loads((VECTORS / "smt" / "ics23_smt.json").read_text())
MEMO = b'{"denom":"uatom","amount":"1000000","sender":"sender","receiver":"receiver","memo":"memo"}'
ICS20 = ("transfer", "transfer", "ics20-1", "application/json", MEMO)


@pytest.fixture(scope="module")
def probe() -> Contract:
    return EvmSandbox().deploy("LibraryProbe")


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def test_the_published_check_values_hold(probe: Contract) -> None:
    packet = ibc_oracle.Packet(1, "07-tendermint-0", "07-tendermint-1", 100, (ICS20,))
    commitment = "a096722aa6534040a0efbdae05765132a7b223ad306d6512f3734821bd046505"
    assert packet.commitment.hex() == commitment
    assert probe.call("encodePacket", packet.abi)[1].hex() == commitment
    some, error = probe.call("acknowledgementCommitment", b"some bytes"), ack_commitment([UNIVERSAL_ERROR_ACK])
    assert some.hex() == "f03b4667413e56aaf086663267913e525c442b56fa1af4fa3f3dab9f37044c5b"
    assert error.hex() == "e2fb30dfbf7abdeaca82d426534d2b3a9d5444dd2a87fa16d38b77ba1a13ced7"
    assert probe.call("acknowledgementCommitment", UNIVERSAL_ERROR_ACK) == error


def settlement_terms(adapter: bytes, token: bytes) -> SettlementTerms:
    """Terms as the ledger knows them."""
    keys = [SoftwareSigner.from_seed(SignatureScheme.ED25519, bytes([n]) * 32).public_key.encoded() for n in (1, 2)]
    return SettlementTerms(
        trade_id=keccak(b"twin trade"),
        security=SecurityLeg(
            CHAIN_ID, address(token), address(adapter), 25, address(SELLER.address), address(BUYER.address)
        ),
        cash=CashLeg(
            "progmat-test",
            "JPYC",
            "SN",
            1_000_000,
            CashAccount("CN-A", keys[0]),
            CashAccount("CN-B", keys[1]),
            bytes(32),
        ),
        lead_leg=LeadLeg.CASH,
        lock_by_s=GENESIS_TIME_S + 1800,
        settle_by_s=GENESIS_TIME_S + 3600,
    )


def test_a_settlement_written_by_the_ledgers_twins_settles_on_the_contracts() -> None:
    """Terms, packet, commitment, receipt and acknowledgement all come from `ibc`."""
    dvp = deploy_dvp()
    terms = settlement_terms(dvp.adapter.address, dvp.token.address)
    values = eth_abi.decode(ibc_oracle.TERMS_TYPES, dvp_payload_of(terms).encode())
    assert dvp.app.call("termsHashOf", values) == terms_hash(terms)
    dvp.token.transact("approve", dvp.adapter.address, 25, sender=SELLER)
    dvp.app.transact("earmark", values, sender=SELLER)
    assert dvp.app.call("earmarkOf", terms.trade_id) == terms_hash(terms)

    packet = packet_of(terms, 1, LEDGER_CLIENT_ID, CLIENT_ID)
    on_chain = oracle_packet(packet)
    dvp.writes[on_chain.commitment_path] = packet_commitment(packet)
    dvp.update()
    dvp.receive(on_chain)
    assert dvp.balances() == (975, 25, 0)
    stored = dvp.router.call("getCommitment", keccak(on_chain.receipt_path))
    assert stored == packet_receipt_value(packet)
    acknowledged = dvp.router.call("getCommitment", keccak(on_chain.ack_path))
    assert acknowledged == ack_commitment([terms_hash(terms)])


def test_a_cancellation_written_by_the_ledgers_twins_releases_the_earmark() -> None:
    dvp = deploy_dvp()
    terms = settlement_terms(dvp.adapter.address, dvp.token.address)
    values = eth_abi.decode(ibc_oracle.TERMS_TYPES, dvp_payload_of(terms).encode())
    dvp.token.transact("approve", dvp.adapter.address, 25, sender=SELLER)
    dvp.app.transact("earmark", values, sender=SELLER)
    path = trade_path(terms.trade_id)
    dvp.writes[path] = trade_cancelled_value(terms_hash(terms))
    dvp.update()
    dvp.app.transact("releaseCancelled", values, dvp.proof(path), (0, dvp.height))
    assert dvp.balances() == (1000, 0, 0)


def oracle_packet(packet: Packet) -> ibc_oracle.Packet:
    payload = packet.payloads[0]
    fields = (payload.source_port, payload.destination_port, payload.version, payload.encoding, payload.value)
    twin = ibc_oracle.Packet(
        packet.sequence, packet.source_client, packet.destination_client, packet.timeout_s, (fields,)
    )
    assert encode_packet(packet) == twin.encoded
    return twin


@given(st.sets(st.integers(0, 400), max_size=24), st.integers(0, 400))
@settings(max_examples=15, deadline=None)
def test_the_ledgers_tree_and_the_oracle_give_the_same_root_and_proof_bytes(numbers: set[int], asked: int) -> None:
    entries = {b"key %d" % number: b"value %d" % number for number in numbers}
    twin, tree = SparseMerkleTree(MemoryNodeStore()), Tree(entries)
    for key, value in entries.items():
        twin.set(key, value)
    assert twin.root == tree.root
    assert encode_smt_proof(twin.prove(b"key %d" % asked)) == tree.prove(b"key %d" % asked).encode()


@pytest.mark.parametrize("case", SMT["present"], ids=lambda case: case["name"])
def test_recorded_ics23_proofs_of_presence_give_the_recorded_root(probe: Contract, case: dict[str, Any]) -> None:
    proof = proof_bytes(0, case["siblings"])
    key, value = bytes.fromhex(case["key"]), bytes.fromhex(case["value"])
    assert probe.call("rootOfPresence", proof, key, value).hex() == case["root"]
    assert probe.call("rootOfPresencePlain", proof, key, value).hex() == case["root"]


def proof_bytes(kind: int, siblings: list[dict[str, str]]) -> bytes:
    """Siblings of the vectors, leaf first, as proof bytes; their sides follow from the key."""
    hashes = [bytes.fromhex(entry["sibling"]) for entry in siblings]
    bitmap = sum(1 << (255 - level) for level, sibling in enumerate(reversed(hashes)) if sibling != bytes(32))
    listed = b"".join(sibling for sibling in hashes if sibling != bytes(32))
    return bytes([kind]) + len(hashes).to_bytes(2, "big") + bitmap.to_bytes(32, "big") + listed


@pytest.mark.parametrize("case", CHECKPOINTS, ids=lambda case: case["name"])
def test_recorded_checkpoint_headers_are_accepted_by_the_contract(case: dict[str, Any]) -> None:
    fields, recorded = case["checkpoint"], case["validator_set"]
    sandbox = EvmSandbox(now_s=fields["timestamp_s"])
    router = Account.named("router")
    initial = (max(1, fields["height"] - 1), sandbox.now_s, bytes(32), unhex(recorded["hash"]))
    client = sandbox.deploy("ProgmatLightClient", router.address, fields["ledger_id"], 3600, 30, *initial)
    checkpoint = client.call("verifiedCheckpoint", unhex(case["header"]))
    assert checkpoint == (
        fields["height"],
        fields["timestamp_s"],
        unhex(fields["root"]),
        unhex(fields["journal_hash"]),
        unhex(fields["next_validator_set_hash"]),
    )


def test_a_header_of_the_oracle_is_read_by_the_twin_as_by_the_contract() -> None:
    bench = client_bench()
    header = bench.header(bench.checkpoint())
    decoded = decode_header(header, "progmat-test")
    trusted = ValidatorSet(3, tuple(validator.address for validator in bench.validators.validators))
    assert decoded.validator_set == trusted
    assert trusted.hash() == bench.validators.hash == bench.state[5]
    height, timestamp_s, root, journal_hash, next_set = bench.client.call("verifiedCheckpoint", header)
    assert decoded.checkpoint == Checkpoint("progmat-test", height, timestamp_s, root, journal_hash, next_set)
    assert root == TREE.root


def test_the_client_state_is_read_by_the_twin() -> None:
    bench = client_bench()
    state = decode_client_state(bench.client.call("getClientState"))
    read = (
        state.ledger_id,
        state.latest_height,
        state.trusting_period_s,
        state.max_clock_drift_s,
        state.frozen,
        state.validator_set_hash,
    )
    assert read == bench.state


def test_the_trade_path_and_value_are_those_the_app_expects() -> None:
    trade_id, digest = keccak(b"trade"), keccak(b"terms")
    assert trade_path(trade_id) == b"trade/" + trade_id
    assert trade_cancelled_value(digest) == sha(b"cancelled" + digest)
