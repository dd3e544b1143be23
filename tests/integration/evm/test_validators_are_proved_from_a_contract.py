"""A contract on the devnet holds the validators; a header sealed by them is verified with the devnet's own proofs."""

from __future__ import annotations

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount, created_address
from chains.evm.client.proofs import QbftProver, TrustTerms
from chains.evm.client.rpc import EvmRpc
from chains.evm.devnet.app import Devnet
from chains.evm.devnet.config import MiningMode, Prefunded, derive_secret
from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.qbft import (
    ConsensusEngine,
    EngineEra,
    QbftConsensusState,
    QbftHeader,
    QbftLightClient,
    ValidatorContract,
    read_qbft_header,
)
from light_clients.qbft.codec import decode_client_state, encode_client_state, encode_consensus_state, encode_header
from primitives.secp256k1 import address_of
from tests.fakes.bft_engines import ContractModeBlockBuilder, array_storage
from tests.fakes.evm_devnet_world import (
    CHAIN_ID,
    STORE_AND_LOG_CODE,
    TurnableClock,
    creation_of,
    devnet_config,
    hex_of,
)
from tests.fakes.qbft_headers import RouterState, validator_keys

KEYS = validator_keys(7)
SECRET = derive_secret("actors", 0)
SLOT = bytes(31) + b"\x03"
TIMEOUT_S = 10.0


async def test_the_devnets_proofs_of_an_array_name_the_validators_of_the_next_block() -> None:
    prefunded = (Prefunded(address=hex_of(address_of(SECRET))),)
    config = devnet_config(mining=MiningMode.INSTANT, prefunded=prefunded)
    async with Devnet(config, TurnableClock()) as devnet, EvmRpc(devnet.url) as rpc:
        account = EvmAccount(rpc, SECRET, CHAIN_ID)
        await account.execute(EvmCall(b"", creation_of(STORE_AND_LOG_CODE)), TIMEOUT_S)
        contract = ValidatorContract(created_address(account.address, 0), SLOT)
        for slot, word in array_storage([key.address.rjust(32, b"\0") for key in KEYS], SLOT).items():
            await account.execute(EvmCall(contract.address, slot + word), TIMEOUT_S)
        head = await rpc.block_number()
        eras = (EngineEra(0, ConsensusEngine.QBFT), EngineEra(head + 1, ConsensusEngine.QBFT, contract))
        prover = QbftProver(rpc, contract.address, eras=eras)
        initial = await prover.initial_state(CHAIN_ID, TrustTerms(86_400, 15), head)
        proof = await prover.validators_proof(contract, head)
        parent = await rpc.get_block(head)
    router = RouterState({}, contract=contract.address)
    block = ContractModeBlockBuilder(
        KEYS,
        number=head + 1,
        timestamp_s=parent.timestamp_s + 1,
        state_root=router.state_root,
        parent_hash=read_qbft_header(parent.header_rlp).block_hash,
    )
    header = QbftHeader(block.sealed_by(KEYS[:5]), head, router.account_proof(), proof)
    trusted = ConsensusAt(initial.height, initial.consensus_state)
    now = TimeBounds.at(block.timestamp_s)

    QbftLightClient().verify_client_message(initial.client_state, trusted, encode_header(header), now)

    assert decode_client_state(initial.client_state).eras == eras
    (kept,) = QbftLightClient().update_state(initial.client_state, encode_header(header)).consensus_states
    expected = QbftConsensusState(
        block.timestamp_s,
        router.state_root,
        router.storage_root,
        tuple(key.address for key in KEYS),
        block.block_hash,
    )
    assert kept.consensus_state == encode_consensus_state(expected)
    assert encode_client_state(decode_client_state(initial.client_state)) == initial.client_state
