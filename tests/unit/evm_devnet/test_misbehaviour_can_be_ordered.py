from __future__ import annotations

import rlp

from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.qbft import QbftClientState, QbftConsensusState, QbftLightClient, read_qbft_header
from light_clients.qbft.codec import encode_client_state, encode_consensus_state
from primitives.keccak import keccak256
from tests.fakes.evm_devnet_world import CHAIN_ID, DevnetWorld, hex_of
from tests.fakes.qbft_headers import evidence_of


def data_of(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def test_an_equivocation_freezes_a_light_client() -> None:
    world = DevnetWorld()
    world.mine(3)
    chain = world.devnet.chain
    headers = [chain.blocks.header_at(height) for height in (1, 3)]
    trusted, true_header = (rlp.encode(header) for header in headers)
    false_header = data_of(world.rpc("devnet_equivocate", "0x3")["headerRlp"])
    sealed = read_qbft_header(trusted)
    client_state = encode_client_state(
        QbftClientState(CHAIN_ID, b"\x01" * 20, b"\x02" * 32, 1, 86_400, 15, frozen=False)
    )
    consensus = ConsensusAt(
        1,
        encode_consensus_state(
            QbftConsensusState(
                sealed.header.timestamp_s,
                sealed.header.state_root,
                b"\x03" * 32,
                sealed.validators,
                sealed.block_hash,
            )
        ),
    )
    light_client = QbftLightClient()
    evidence = evidence_of(1, true_header, false_header)
    now = TimeBounds.at(chain.head.timestamp)
    light_client.verify_client_message(client_state, consensus, evidence, now)
    assert light_client.check_for_misbehaviour(client_state, None, evidence)


def test_the_false_header_never_becomes_part_of_the_chain() -> None:
    world = DevnetWorld()
    world.mine(2)
    true_hash = world.block("0x2")["hash"]
    false_header = world.rpc("devnet_equivocate", "latest")["header"]
    assert false_header["hash"] != true_hash
    assert world.rpc("eth_getBlockByHash", false_header["hash"]) is None
    assert world.block("0x2")["hash"] == true_hash


def test_the_false_claim_can_be_chosen() -> None:
    world = DevnetWorld()
    world.mine()
    root = keccak256(b"another world")
    claimed = world.rpc("devnet_equivocate", "latest", {"stateRoot": hex_of(root), "timestamp": "0x7fffffff"})["header"]
    assert (claimed["stateRoot"], claimed["timestamp"]) == (hex_of(root), "0x7fffffff")
